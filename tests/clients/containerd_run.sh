# containerd_run.sh: `ctr run` of containerd 1.6 with its options, through the shim io.containerd.runc.v2.
# limit: 240
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/containerd.bash"

exit_codes()
{
	run_rm sh -c 'echo to out; echo to err >&2; exit 7'
	expect_status 7
	expect_equal "$out" 'to out'
	expect_equal "$err" 'to err'
	run_rm true
	expect_status 0
}
check 'run --rm: exit code, standard output and error of the container' exit_codes

standard_input()
{
	mkdir here
	# ctr forgets an end of its input that comes before the task runs.
	out=$({ echo 'line one'; wait_until 60 test -e here/runs; } |
		"${RUN[@]}" --rm --mount "type=bind,src=$PWD/here,dst=/here,options=bind" "$IMAGE" stdin sh -c 'touch /here/runs; cat; echo end')
	expect_equal "$out" $'line one\nend'
}
check 'run: standard input up to its end' standard_input

terminal()
{
	WAIT_FOR=ready RESIZE=50x120 on_terminal 40 100 $'\n' "${RUN[@]}" --rm --tty "$IMAGE" tty \
		sh -c 'tty; until stty size | grep "40 100"; do usleep 20000; done; echo ready; until stty size | grep "50 120"; do usleep 20000; done; read line; exit 3'
	expect_status 3
	expect_contains "$out" /dev/pts/0
	expect_contains "$out" '40 100'
	expect_contains "$out" '50 120'
}
check 'run --tty: a terminal of the size of the one outside, also when that changes' terminal

detached()
{
	detach d1
	expect_equal "$("$RUNTIME" --root "$STATES/t" state d1 | jq -r '"\(.id) \(.status) \(.pid)"')" "d1 running $(pid_of d1)"
	"${CTR[@]}" tasks kill --signal KILL d1
	wait_until 30 has_status d1 STOPPED
	client "${CTR[@]}" tasks delete d1
	expect_status 0
	expect_contains "$err" 'exit code 137'
	expect_equal "$(status_of d1)" ''
	[ ! -e "$STATES/t/d1" ]
	"${CTR[@]}" containers delete d1
}
check 'run --detach: the task is this runtime'\''s container, ends by a signal, and is deleted with its state' detached

not_found()
{
	run_rm nonexistent
	expect_status 1
	expect_contains "$err" 'executable file not found in $PATH'
	run_rm /no/such/file
	expect_status 1
	expect_contains "${err,,}" 'no such file or directory'
	run_rm /etc/passwd
	expect_status 1
	expect_contains "${err,,}" 'permission denied'
	expect_equal "$(ls "$STATES/t")" ''
	expect_equal "$("${CTR[@]}" tasks list --quiet)" ''
}
check 'run: the words of log.json reach the user of ctr, nothing stays behind' not_found

environment()
{
	printf 'FROM_FILE=f\n' >list
	run_ok --env=ONE=1 --env='TWO=2 and a half' --env-file=list --cwd=/tmp sh -c 'echo "$ONE|$TWO|$FROM_FILE|$PATH|$PWD"'
	expect_equal "$out" '1|2 and a half|f|/bin:/sbin|/tmp'
}
check 'run --env --env-file --cwd' environment

mounts()
{
	mkdir here
	echo content >here/file
	run_ok --mount="type=bind,src=$PWD/here,dst=/ro,options=rbind:ro" --mount="type=bind,src=$PWD/here,dst=/rw/new,options=rbind:rw" \
		--mount=type=tmpfs,src=tmpfs,dst=/small,options=size=64k:nosuid \
		sh -c 'cat /ro/file; touch /ro/x 2>/dev/null || echo read-only; echo w >/rw/new/written; grep " /small " /proc/mounts'
	expect_contains "$out" $'content\nread-only\ntmpfs /small tmpfs rw,nosuid'
	expect_contains "$out" size=64k
	expect_equal "$(cat here/written)" w
}
check 'run --mount: bind read-only and read-write, tmpfs' mounts

read_only_root()
{
	run_ok --read-only sh -c 'touch /x 2>/dev/null || echo refused; touch /dev/shm/x && echo shm'
	expect_equal "$out" $'refused\nshm'
}
check 'run --read-only' read_only_root

namespaces()
{
	ip netns add other
	ip -n other link add given0 type bridge
	run_ok --with-ns=network:/run/netns/other ip link
	expect_contains "$out" given0
	ip netns delete other
	run_ok --net-host ip -o link
	expect_equal "$(grep -c . <<<"$out")" "$(ip -o link | wc -l)"
	detach ns1
	run_ok --with-ns="pid:/proc/$(pid_of ns1)/ns/pid" --with-ns="ipc:/proc/$(pid_of ns1)/ns/ipc" ps
	expect_contains "$out" 'sleep 1000'
	remove ns1
}
check 'run --with-ns, --net-host' namespaces

cni()
{
	mkdir -p /etc/cni/net.d /opt/cni
	ln -sfn /usr/lib/cni /opt/cni/bin
	cat >/etc/cni/net.d/10-test.conflist <<-'END'
		{"cniVersion": "0.4.0", "name": "test", "plugins": [
			{"type": "bridge", "bridge": "cni-test0", "isGateway": true, "ipam": {"type": "host-local", "subnet": "10.77.0.0/24", "routes": [{"dst": "0.0.0.0/0"}]}}]}
	END
	run_ok --cni sh -c 'ip -4 -o addr show dev eth0; ping -c 1 -W 5 10.77.0.1'
	expect_contains "$out" 'inet 10.77.0.'
	expect_contains "$out" '1 packets received'
	ip link delete cni-test0
}
check 'run --cni: an address of the bridge, which answers' cni

capabilities()
{
	run_ok --cap-add=CAP_SYS_ADMIN --cap-drop=CAP_CHOWN probe
	expect_equal "$(capability 21) $(capability 0) $(capability 1)" 'yes no yes'
	expect_equal "$(json "$out" .status.NoNewPrivs)" 1
	run_ok --allow-new-privs probe
	expect_equal "$(capability 21) $(capability 0)" 'no yes'
	expect_equal "$(json "$out" .status.NoNewPrivs)" 0
}
check 'run --cap-add --cap-drop --allow-new-privs' capabilities

privileged()
{
	same_privileged
	run_ok --privileged probe
	expect_equal "$(json "$out" .status.CapBnd)" "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)"
}
check 'run --privileged' privileged

seccomp()
{
	run_ok sh -c 'grep Seccomp: /proc/self/status'
	expect_equal "$out" $'Seccomp:\t0'
	run_ok --seccomp sh -c 'grep Seccomp: /proc/self/status; unshare -m true 2>&1 || true'
	expect_contains "$out" $'Seccomp:\t2'
	expect_contains "$out" 'Operation not permitted'
	same_profile --seccomp --seccomp-profile="$PWD/profile.json"
}
check 'run --seccomp, --seccomp-profile' seccomp

apparmor()
{
	[ ! -e /sys/kernel/security/apparmor ] || return 0 # with the module, the profile is loaded first, or this is another error
	run_rm --apparmor-profile=missing true
	expect_status 1
	expect_contains "${err,,}" apparmor
}
check 'run --apparmor-profile is refused, by that name, on a kernel without it' apparmor

user_namespace()
{
	run_ok --uidmap=0:100000:65536 --gidmap=0:200000:65536 sh -c 'cat /proc/self/uid_map /proc/self/gid_map | tr -s " "; id -u; touch /mine && stat -c %u /mine'
	expect_equal "$out" $' 0 100000 65536\n 0 200000 65536\n0\n0'
}
check 'run --uidmap --gidmap' user_namespace

devices()
{
	mknod mine c 10 237 # loop-control, which no container has by itself
	run_ok --device="$PWD/mine" sh -c "probe open '$PWD/mine' rw || true; probe mknod /tmp/mem c 1 1 || true"
	expect_equal "$(grep -c . <<<"$out") $(grep -n EPERM <<<"$out" | cut -d : -f 1)" '2 2'
}
check 'run --device: this one, no other' devices

own_rootfs()
{
	make_rootfs rootfs # without an image there is no PATH either
	client "${RUN[@]}" --rm --rootfs "$PWD/rootfs" own /bin/sh -c 'echo made >/file'
	expect_status 0
	expect_equal "$(cat rootfs/file)" made
	client "${RUN[@]}" --rm --no-pivot --rootfs "$PWD/rootfs" own /bin/cat /file
	expect_status 0
	expect_equal "$out" made
}
check 'run --rootfs, --no-pivot' own_rootfs

annotations()
{
	detach --annotation=org.example.key=value --cgroup=/elsewhere/a1 a1
	expect_equal "$("$RUNTIME" --root "$STATES/t" state a1 | jq -r '.annotations["org.example.key"]')" value
	expect_equal "$(cat "$TEST_CGROUP/elsewhere/a1/cgroup.procs")" "$(pid_of a1)"
	remove a1
	[ ! -e "$TEST_CGROUP/elsewhere/a1" ]
}
check 'run --annotation, --cgroup' annotations

numbered()
{
	"${RUN[@]}" --rm "$IMAGE" "side$1" sh -c "exit $((40 + $1))"
}
check 'eight containers at the same time, each with its exit code' all_at_once 8 numbered
