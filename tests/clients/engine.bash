# engine.bash: what the tests of containerd and docker share: a place of their own for all that a daemon writes, an image without a registry,
# daemons that are ended, clients with a terminal. Sourced after lib.sh.

# A tmpfs: every umount of an overlay whose upper directory is on a disk waits for that disk.
ENGINE=$TEST_TMP/engine
# $ROOTFS as an image, as `ctr image import` and `docker load` name it.
IMAGE=docker.io/local/base:1

# own_machine: to be called once, first. What daemons write below /etc, /opt and /var goes to the tmpfs.
own_machine()
{
	local directory
	mkdir "$ENGINE"
	mount -t tmpfs -o mode=711 tmpfs "$ENGINE"
	mkdir "$ENGINE/log" "$ENGINE/over" "$ENGINE/work"
	for directory in etc opt var; do
		mkdir "$ENGINE/over/$directory" "$ENGINE/work/$directory"
		mount -t overlay -o "lowerdir=/$directory,upperdir=$ENGINE/over/$directory,workdir=$ENGINE/work/$directory" overlay "/$directory"
	done
}

# make_image NAME FILE [COMMAND...]: a docker-archive of one image, whose only layer is the root file system of the test bundles; runs sh by default.
make_image()
{
	local name=$1 file=$2 work=$ENGINE/image sum config
	shift 2
	[ $# -gt 0 ] || set -- sh
	mkdir "$work"
	cp "$ROOTFS" "$work/layer.tar"
	sum=$(sha256sum "$ROOTFS")
	jq --null-input --arg layer "sha256:${sum%% *}" '{
		architecture: "amd64", os: "linux", created: "2020-01-01T00:00:00Z",
		config: {Env: ["PATH=/bin:/sbin"], Cmd: $ARGS.positional},
		rootfs: {type: "layers", diff_ids: [$layer]},
		history: [{created: "2020-01-01T00:00:00Z"}]
	}' --args -- "$@" >"$work/config"
	sum=$(sha256sum "$work/config")
	config=${sum%% *}.json
	mv "$work/config" "$work/$config"
	jq --null-input --arg name "$name" --arg config "$config" '[{Config: $config, RepoTags: [$name], Layers: ["layer.tar"]}]' >"$work/manifest.json"
	tar -C "$work" -cf "$file" manifest.json "$config" layer.tar
	rm -r "$work"
}

# start_daemon NAME COMMAND [ARGUMENT...]: its output goes to $ENGINE/log/NAME, its pid to $ENGINE/NAME.pid.
start_daemon()
{
	local name=$1
	shift
	"$@" >>"$ENGINE/log/$name" 2>&1 </dev/null &
	echo $! >"$ENGINE/$name.pid"
}

# stop_daemon NAME: by SIGTERM. One that does not end is killed, which is an error.
stop_daemon()
{
	local pid
	pid=$(cat "$ENGINE/$1.pid")
	kill "$pid"
	wait_until 30 has_ended "$pid" || { kill -KILL "$pid"; return 1; }
}

# stop_containerd CGROUP...: the daemon with its tasks, which "${CTR[@]}" knows; and the cgroups that it leaves.
stop_containerd()
{
	local id
	for id in $("${CTR[@]}" tasks list --quiet); do
		"${CTR[@]}" tasks delete --force "$id"
	done
	stop_daemon containerd
	remove_cgroups "$@"
}

# has_ended PID: it is gone, or waits only to be reaped.
has_ended()
{
	local state
	state=$(ps -o stat= -p "$1") || return 0
	[[ $state = Z* ]]
}

# no_process COMMAND-LINE: it is exactly that of no process.
no_process()
{
	! ps -eo args | grep -qx "$1"
}

# client COMMAND [ARGUMENT...]: sets $status, $out and $err; never fails itself, so follow it with expect_status.
client()
{
	status=0
	"$@" >"$TEST_TMP/client.out" 2>"$TEST_TMP/client.err" </dev/null || status=$?
	out=$(cat "$TEST_TMP/client.out")
	err=$(cat "$TEST_TMP/client.err")
}

# on_terminal ROWS COLUMNS TYPED COMMAND [ARGUMENT...]: as client, but on a terminal; $out is what that shows. TYPED goes in when the client has
# written $WAIT_FOR; $RESIZE: see terminal.py.
on_terminal()
{
	local rows=$1 columns=$2 typed=$3
	shift 3
	status=0
	printf %s "$typed" | "$REPOSITORY/tests/clients/terminal.py" "$rows" "$columns" "$@" >"$TEST_TMP/client.out" 2>"$TEST_TMP/client.err" || status=$?
	out=$(cat "$TEST_TMP/client.out")
	err=$(cat "$TEST_TMP/client.err")
}

# run_ok [OPTION...] COMMAND [ARGUMENT...]: as run_rm of docker.bash and containerd.bash, for what has to end with 0.
run_ok()
{
	run_rm "$@"
	expect_status 0
}

# capability BIT: of the CapEff in the probe's report in $out.
capability()
{
	(((0x$(json "$out" .status.CapEff) >> $1) & 1)) && echo yes || echo no
}

# all_at_once COUNT COMMAND [ARGUMENT...]: so many at the same time, each with its number as one argument more; number I has to end with 40+I.
all_at_once()
{
	local count=$1 i pids=() codes= expected=
	shift
	for ((i = 1; i <= count; i++)); do
		"$@" $i &
		pids+=($!)
	done
	for ((i = 1; i <= count; i++)); do
		status=0
		wait "${pids[i - 1]}" || status=$?
		codes+=" $status"
		expected+=" $((40 + i))"
	done
	expect_equal "$codes" "$expected"
}

# What the tests of `run` ask of docker and ctr in the same words.
same_profile()
{
	# errno 13
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}]}' >profile.json
	run_ok "$@" sh -c 'mkdir /new 2>&1 || true'
	expect_contains "$out" 'Permission denied'
}
same_privileged()
{
	run_ok --privileged probe
	expect_equal "$(capability 21) $(json "$out" '.status | .CapEff == .CapBnd')" 'yes true'
	run_ok --privileged sh -c 'mount -t tmpfs x /tmp && mknod /tmp/m c 1 3 && echo >/tmp/m && [ -w /proc/sys ] && echo all'
	expect_equal "$out" all
}
