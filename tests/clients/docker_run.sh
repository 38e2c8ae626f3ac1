# docker_run.sh: `docker run` of docker 20.10 with its options; dockerd knows the runtime by --add-runtime's setting.
# limit: 240
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/docker.bash"

the_runtime()
{
	local id
	expect_equal "$(docker info --format '{{.DefaultRuntime}}')" "$RUNTIME_NAME"
	detach rt
	id=$(inspect rt '{{.Id}}')
	expect_equal "$("$RUNTIME" --root "$STATES" state "$id" | jq -r '"\(.status) \(.pid)"')" "running $(inspect rt '{{.State.Pid}}')"
	remove rt
	[ ! -e "$STATES/$id" ]
	[ ! -e "$TEST_CGROUP/docker/$id" ]
}
check 'a container of docker is one of this runtime, and gone with it' the_runtime

exit_codes()
{
	local code
	for code in 0 3 125 255; do
		run_rm sh -c "exit $code"
		expect_status $code
	done
	run_rm sh -c 'echo to out; echo to err >&2'
	expect_equal "$out|$err" 'to out|to err'
	run_rm nonexistent
	expect_status 127
	expect_contains "$err" 'executable file not found in $PATH'
	run_rm /no/such/file
	expect_status 127
	run_rm /etc/passwd
	expect_status 126
	expect_contains "$err" 'permission denied'
	run_rm /tmp
	expect_status 126
	expect_equal "$(ls "$STATES")" ''
}
check 'run: exit codes, 127 for a program that is not there, 126 for one that may not be run' exit_codes

standard_input()
{
	expect_equal "$(echo typed | docker run --rm --interactive --network none "$IMAGE" cat)" typed
}
check 'run --interactive: standard input' standard_input

terminal()
{
	WAIT_FOR='# ' on_terminal 40 100 $'until stty size | grep 40.100; do usleep 20000; done; tty; exit 9\n' \
		docker run --rm --interactive --tty --network none "$IMAGE" sh
	expect_status 9
	expect_contains "$out" /dev/pts/0
	expect_contains "$out" $'\n40 100'
	WAIT_FOR=waiting RESIZE=50x120 on_terminal 40 100 $'\n' docker run --rm --interactive --tty --network none "$IMAGE" \
		sh -c 'until stty size | grep 40.100; do usleep 20000; done; echo waiting; until stty size | grep 50.120; do usleep 20000; done'
	expect_status 0
}
check 'run -it: a shell on a terminal, and the new size of the window' terminal

environment()
{
	run_ok --env=ONE=1 --workdir=/not/there --hostname=named sh -c 'echo "$ONE|$PWD|$(hostname)|$HOME"'
	expect_equal "$out" '1|/not/there|named|/root'
}
check 'run --env --workdir --hostname' environment

users()
{
	run_ok --user=1000:1001 --group-add=5 probe
	expect_equal "$(json "$out" '[.uid, .gid, (.groups | map(select(. == 5)) | length), .status.CapEff] | map(tostring) | join(" ")')" '1000 1001 1 0000000000000000'
}
check 'run --user --group-add' users

volumes()
{
	mkdir here
	echo content >here/file
	docker volume create kept >/dev/null
	run_ok --volume="$PWD/here:/ro:ro" --volume="$PWD/here:/rw" --volume=kept:/kept sh -c 'cat /ro/file; touch /ro/x 2>/dev/null || echo read-only; echo w >/rw/written; echo k >/kept/file'
	expect_equal "$out" $'content\nread-only'
	expect_equal "$(cat here/written)" w
	run_ok --volume=kept:/kept cat /kept/file
	expect_equal "$out" k
	# An anonymous one is filled from the image.
	run_ok --volume=/etc sh -c 'cut -d : -f 1 /etc/passwd; grep -c " /etc " /proc/mounts'
	expect_equal "$out" $'root\n1'
	docker volume remove kept >/dev/null
}
check 'run --volume: directories, named and anonymous volumes' volumes

tmpfs()
{
	run_ok --tmpfs=/small:size=64k,mode=700 --shm-size=1m sh -c 'grep -E " (/small|/dev/shm) " /proc/mounts; stat -c %a /small'
	expect_contains "$out" size=64k
	expect_contains "$out" size=1024k
	expect_contains "$out" $'\n700'
}
check 'run --tmpfs --shm-size' tmpfs

read_only()
{
	run_ok --read-only --tmpfs=/tmp sh -c 'touch /x 2>/dev/null || echo refused; touch /tmp/x && echo tmp'
	expect_equal "$out" $'refused\ntmp'
}
check 'run --read-only' read_only

init()
{
	run_ok --init sh -c 'cat /proc/1/comm; sh -c "true & exec sleep 0"; echo $$'
	expect_contains "$out" docker-init
}
check 'run --init: docker-init is the first process' init

capabilities()
{
	run_ok --cap-drop=CHOWN --cap-add=SYS_ADMIN probe
	expect_equal "$(capability 0) $(capability 1) $(capability 21)" 'no yes yes'
	run_ok --cap-drop=ALL probe
	expect_equal "$(json "$out" '.status | .CapEff + .CapBnd + .CapPrm')" 000000000000000000000000000000000000000000000000
}
check 'run --cap-add --cap-drop' capabilities

security()
{
	run_ok sh -c 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status; unshare -m true 2>&1 || true'
	expect_contains "$out" $'Seccomp:\t2'
	expect_contains "$out" $'NoNewPrivs:\t0'
	expect_contains "$out" 'Operation not permitted'
	run_ok --security-opt=seccomp=unconfined --security-opt=no-new-privileges sh -c 'grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status'
	expect_equal "$out" $'NoNewPrivs:\t1\nSeccomp:\t0'
	same_profile --security-opt=seccomp="$PWD/profile.json"
}
check 'run --security-opt: the default profile, none, one of one'\''s own, no-new-privileges' security

check 'run --privileged' same_privileged

devices()
{
	mknod mine c 10 237 # loop-control, which no container has by itself
	run_ok --device="$PWD/mine:/dev/mine:r" sh -c 'for how in r w; do probe open /dev/mine $how || true; done; probe mknod /tmp/mem c 1 1 || true'
	expect_equal "$(grep -c . <<<"$out") $(grep -n EPERM <<<"$out" | cut -d : -f 1 | xargs)" '3 2 3'
}
check 'run --device: read-only, and no other' devices

limits()
{
	run_ok --ulimit=nofile=100:200 --sysctl=net.ipv4.ip_forward=0 --sysctl=kernel.msgmax=4096 sh -c 'ulimit -Sn; ulimit -Hn; cat /proc/sys/kernel/msgmax'
	expect_equal "$out" $'100\n200\n4096'
	run_ok --oom-score-adj=500 cat /proc/self/oom_score_adj
	expect_equal "$out" 500
}
check 'run --ulimit --sysctl --oom-score-adj' limits

namespaces()
{
	detach --ipc=shareable joined
	run_ok --pid=container:joined --ipc=container:joined ps
	expect_contains "$out" 'sleep 1000'
	expect_equal "$(docker run --rm --network container:joined "$IMAGE" readlink /proc/self/ns/net)" "$(docker exec joined readlink /proc/self/ns/net)"
	run_ok --pid=host --uts=host --ipc=host sh -c 'readlink /proc/self/ns/pid; readlink /proc/self/ns/uts; readlink /proc/self/ns/ipc'
	expect_equal "$out" "$(readlink /proc/self/ns/pid; readlink /proc/self/ns/uts; readlink /proc/self/ns/ipc)"
	run_ok --cgroupns=host cat /proc/self/cgroup
	expect_contains "$out" 0::/docker/
	run_ok --cgroupns=private sh -c 'grep ^0 /proc/self/cgroup'
	expect_equal "$out" 0::/
	remove joined
}
check 'run --pid, --ipc, --uts, --cgroupns: of another container and of the machine' namespaces

numbered()
{
	docker run --rm --network none "$IMAGE" sh -c "exit $((40 + $1))"
}
check 'six containers at the same time, each with its exit code' all_at_once 6 numbered
