# containerd.bash: what the tests of containerd share: a daemon with an image, and its client ctr, which has the runtime under test called by the
# shim io.containerd.runc.v2. Sourced after lib.sh.

. "$REPOSITORY/tests/clients/engine.bash"

SOCKET=$ENGINE/containerd.sock
# The shim's --root is the directory of the containerd name space, t, in this one.
STATES=$ENGINE/runtime
CTR=(ctr --address "$SOCKET" --namespace t)
RUN=("${CTR[@]}" run --runtime io.containerd.runc.v2 --runc-binary "$RUNTIME" --runc-root "$STATES")
# ctr asks for cpu.shares 1024 if it is told nothing; 0 is "not set" to every runtime.
has_controller cpu || RUN+=(--cpu-shares 0)

start_containerd()
{
	# ctr drops --runc-binary when it is given --uidmap: the shim then takes the `runc` of the daemon's PATH.
	PATH=$ENGINE/bin:$PATH start_daemon containerd containerd --config "$ENGINE/containerd.toml"
	wait_until 30 "${CTR[@]}" version
}

remove_everything()
{
	stop_containerd t elsewhere
}

own_machine
mkdir "$ENGINE/bin"
ln -s "$RUNTIME" "$ENGINE/bin/runc"
cat >"$ENGINE/containerd.toml" <<END
version = 2
root = "$ENGINE/root"
state = "$ENGINE/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$SOCKET"
END
start_containerd
at_end remove_everything
make_image "$IMAGE" "$ENGINE/image.tar"
"${CTR[@]}" images import "$ENGINE/image.tar" >"$ENGINE/log/import"

# run_rm [OPTION...] COMMAND [ARGUMENT...]: an attached container that is removed afterwards; sets $status, $out and $err. OPTIONs with a value: --o=v.
run_rm()
{
	local options=()
	while [[ $1 = -* ]]; do
		options+=("$1")
		shift
	done
	client "${RUN[@]}" --rm "${options[@]}" "$IMAGE" "$BASHPID-$RANDOM" "$@"
}

# detach [OPTION...] ID [COMMAND...]: a container that runs until it is removed, by default sleeping; it is running when this returns.
detach()
{
	local options=() id
	while [[ $1 = -* ]]; do
		options+=("$1")
		shift
	done
	id=$1
	shift
	[ $# -gt 0 ] || set -- sleep 1000
	client "${RUN[@]}" --detach "${options[@]}" "$IMAGE" "$id" "$@"
	expect_status 0
	expect_equal "$(status_of "$id")" RUNNING
}

# What containerd says of the task; nothing if there is none.
status_of()
{
	"${CTR[@]}" tasks list | awk -v id="$1" '$1 == id { print $3 }'
}
has_status()
{
	[ "$(status_of "$1")" = "$2" ]
}
pid_of()
{
	"${CTR[@]}" tasks list | awk -v id="$1" '$1 == id { print $2 }'
}
# exec_in ID COMMAND [ARGUMENT...]: as client; each with an exec id of its own.
exec_in()
{
	client "${CTR[@]}" tasks exec --exec-id "e$BASHPID-$RANDOM" "$@"
}
remove()
{
	"${CTR[@]}" tasks delete --force "$1" || true
	"${CTR[@]}" containers delete "$1"
}
