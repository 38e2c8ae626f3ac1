# exec.sh: one more program in a container: what it is and may do, its terminal, its end, and what is refused.
. "$(dirname "$0")/../lib.sh"


# A container that sleeps, as the first of each check.
sleeper()
{
	make_bundle b sleep 1000
	[ $# -eq 0 ] || edit_config b "$1"
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	"$MINIRUN" start c1
	first=$("$MINIRUN" state c1 | jq .pid)
}

exit_codes()
{
	sleeper
	for code in 0 1 7 255; do
		run_minirun exec c1 sh -c "exit $code"
		expect_status $code
	done
	run_minirun exec c1 sh -c 'kill -TERM $$'
	expect_status 143
	run_minirun exec c1 nosuch
	expect_error 127 'exec: "nosuch": executable file not found in $PATH'
	run_minirun exec c1 /etc
	expect_error 126 'permission denied'
	run_minirun exec --detach --pid-file pid c1 nosuch
	expect_error 127 'executable file not found'
	[ ! -e pid ] || fail 'the pid file of a program that never ran stays'
}

all_namespaces_and_the_cgroup_are_joined()
{
	sleeper
	local own
	for ns in pid net mnt ipc uts cgroup; do
		own=$("$MINIRUN" exec c1 readlink /proc/self/ns/$ns)
		expect_equal "$own" "$(readlink /proc/$first/ns/$ns)" "$ns namespace"
	done
	expect_equal "$("$MINIRUN" exec c1 cat /proc/self/cgroup | grep ^0::)" '0::/'
	expect_equal "$("$MINIRUN" exec c1 sh -c 'echo / /*' | wc -w)" "$(($(ls b/rootfs | wc -l) + 1))"
}

a_user_namespace_and_a_time_namespace_are_joined()
{
	chmod 755 "$TEST_TMP" .
	sleeper '.linux.namespaces += [{type: "user"}, {type: "time"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .mounts |= map(select(.type != "sysfs")) | .linux.timeOffsets = {boottime: {secs: 100000}}'
	expect_equal "$("$MINIRUN" exec c1 cat /proc/self/uid_map | tr -s ' ')" ' 0 100000 65536'
	expect_equal "$("$MINIRUN" exec c1 readlink /proc/self/ns/user)" "$(readlink /proc/$first/ns/user)"
	expect_equal "$("$MINIRUN" exec c1 readlink /proc/self/ns/time)" "$(readlink /proc/$first/ns/time)"
	expect_equal "$("$MINIRUN" exec -u 5:6 c1 id -u)" 5
	[ "$("$MINIRUN" exec c1 cut -d. -f1 /proc/uptime)" -gt 100000 ]
}

flags_say_who_and_where()
{
	sleeper
	expect_equal "$("$MINIRUN" exec --user 5:6 --additional-gids 7 -g 8 c1 id)" 'uid=5 gid=6 groups=7,8'
	expect_equal "$("$MINIRUN" exec --cwd /bin c1 pwd)" /bin
	expect_equal "$("$MINIRUN" exec --env A=b -e PATH=/bin c1 sh -c 'echo $A $PATH')" 'b /bin'
	expect_equal "$("$MINIRUN" exec -e A=b c1 env | grep -c ^PATH=)" 1
	before=$("$MINIRUN" exec c1 sed -n 's/CapEff:\t//p' /proc/self/status)
	after=$("$MINIRUN" exec --cap CAP_SYS_TIME c1 sed -n 's/CapEff:\t//p' /proc/self/status)
	expect_equal "$((0x$after))" "$((0x$before | 1 << 25))"
	expect_equal "$("$MINIRUN" exec c1 sh -c 'echo "$0 $1" -- x' -- y)" '-- y -- x'
	expect_equal "$("$MINIRUN" exec c1 -- echo --help)" --help
}

the_container_s_process_is_the_pattern()
{
	sleeper '.process.user = {uid: 3, gid: 4, umask: 63} | .process.cwd = "/bin" | .process.env += ["A=container"] | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 99}]'
	expect_equal "$("$MINIRUN" exec c1 sh -c 'id -u; id -g; umask; pwd; echo $A; ulimit -n; grep NoNewPrivs /proc/self/status' | tr -s '\t\n' ' ')" '3 4 0077 /bin container 77 NoNewPrivs: 1 '
}

no_new_privs_by_flag()
{
	sleeper '.process.noNewPrivileges = false'
	expect_equal "$("$MINIRUN" exec c1 sed -n 's/NoNewPrivs:\t//p' /proc/self/status)" 0
	expect_equal "$("$MINIRUN" exec --no-new-privs c1 sed -n 's/NoNewPrivs:\t//p' /proc/self/status)" 1
}

a_process_file()
{
	sleeper '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 99}]'
	jq -n '{cwd: "/bin", args: ["sh", "-c", "pwd; id -u; echo $A; ulimit -n; exit 9"], env: ["A=b", "PATH=/bin"], user: {uid: 5, gid: 6}}' >process.json
	run_minirun exec --process process.json c1
	expect_status 9
	expect_equal "$(tr '\n' ' ' <<<"$out")" '/bin 5 b 77 '
	expect_equal "$("$MINIRUN" exec -p process.json -e A=c c1 sh -c 'echo $A')" c
	# Without capabilities of its own it has the container's.
	expect_equal "$("$MINIRUN" exec -p process.json --user 0 c1 sed -n 's/CapBnd:\t//p' /proc/self/status)" "$(sed -n 's/CapBnd:\t//p' /proc/$first/status)"
	echo '{"args": ["true"]}' >bad.json
	run_minirun exec -p bad.json c1
	expect_error 125 'bad.json: process.cwd: missing, but mandatory'
	echo '{' >bad.json
	run_minirun exec -p bad.json c1
	expect_error 125 'bad.json: line '
	jq -n '{cwd: "bin", args: ["true"], user: {uid: 0, gid: 0}}' >bad.json
	run_minirun exec -p bad.json c1
	expect_error 125 'process.cwd: must be absolute'
	run_minirun exec -p nosuch.json c1
	expect_error 125 'nosuch.json: No such file or directory'
}

detached()
{
	sleeper
	"$MINIRUN" exec --detach --pid-file pid c1 sleep 999
	expect_equal "$(tr '\0' ' ' <"/proc/$(cat pid)/cmdline")" 'sleep 999 '
	expect_equal "$(cat /proc/$(cat pid)/cgroup)" "$(cat /proc/$first/cgroup)"
	expect_contains "$("$MINIRUN" ps -f json c1)" "$(cat pid)"
}

stdio_and_nothing_else()
{
	sleeper
	expect_equal "$(echo input | "$MINIRUN" exec c1 cat)" input
	exec 9</etc/passwd
	expect_equal "$("$MINIRUN" exec c1 sh -c 'echo /proc/self/fd/*' 9</etc/passwd)" '/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3'
	echo three >three
	expect_equal "$("$MINIRUN" exec --preserve-fds 1 c1 sh -c 'cat <&3' 3<three)" three
	run_minirun exec --preserve-fds 9 c1 true
	expect_error 125 'is not open'
}

a_terminal()
{
	sleeper
	out=$(script -qec "$MINIRUN exec --tty c1 sh -c 'tty; exit 5'" /dev/null) && status=0 || status=$?
	expect_equal "$status" 5
	expect_contains "$out" /dev/pts/
	run_minirun exec --tty --detach c1 true
	expect_error 125 'cannot detach: the process has a terminal'
	run_minirun exec --console-socket here c1 true
	expect_error 125 'the process has no terminal'
}

# The socket is the host's: the container cannot see it, and the root of its user namespace could not open it.
a_console_socket()
{
	local listener
	mkdir -m 700 closed
	chmod 711 . "$TEST_TMP"
	socat -u UNIX-LISTEN:closed/socket - >received &
	listener=$!
	wait_until 30 test -S closed/socket
	sleeper "$1"
	# Nobody keeps the master here, so whether the program lives to run is a matter of luck.
	run_minirun exec --tty --detach --console-socket closed/socket c1 sleep 1000
	wait $listener
	expect_equal "$(cat received)" /dev/pts/0
	run_minirun exec --tty --detach --console-socket closed/nothing c1 true
	expect_error 125 'cannot connect to the console socket'
}

is_gone()
{
	! kill -0 "$1" 2>/dev/null
}

the_end_of_the_client_is_the_end_of_the_process()
{
	sleeper
	"$MINIRUN" exec --pid-file pid c1 sleep 998 &
	client=$!
	wait_until 30 test -s pid
	kill -KILL $client
	wait $client || true
	wait_until 30 is_gone "$(cat pid)"
	rm pid
	"$MINIRUN" exec --pid-file pid c1 sleep 997 &
	client=$!
	wait_until 30 test -s pid
	kill -TERM $client
	status=0
	wait $client || status=$?
	expect_equal "$status" 143
}

the_end_of_the_container_is_the_end_of_the_process()
{
	sleeper
	"$MINIRUN" exec --pid-file pid c1 sleep 996 &
	client=$!
	wait_until 30 test -s pid
	wait_until 30 sh -c 'grep -qx sleep "/proc/$(cat pid)/comm"'
	"$MINIRUN" kill c1 KILL
	status=0
	wait $client || status=$?
	expect_equal "$status" 137
}

created_stopped_and_unknown_ones()
{
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	expect_equal "$("$MINIRUN" exec c1 echo early)" early
	"$MINIRUN" kill c1 KILL
	wait_until 30 stopped
	run_minirun exec c1 true
	expect_error 125 'cannot exec in a stopped container'
	run_minirun exec nobody true
	expect_error 125 'container "nobody" does not exist'
}

stopped()
{
	[ "$("$MINIRUN" state c1 | jq -r .status)" = stopped ]
}

paused()
{
	sleeper
	"$MINIRUN" pause c1
	run_minirun exec c1 true
	expect_error 125 'cannot exec in a paused container'
	"$MINIRUN" exec --ignore-paused c1 touch /done &
	client=$!
	"$MINIRUN" resume c1
	wait $client
	[ -e b/rootfs/done ]
}

a_filter_holds_for_exec()
{
	sleeper '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
	run_minirun exec c1 mkdir /new
	expect_error 1 'Function not implemented'
}

affinity()
{
	sleeper '.process.execCPUAffinity = {initial: "0", final: "1"}'
	expect_equal "$("$MINIRUN" exec c1 sed -n 's/Cpus_allowed_list:\t//p' /proc/self/status)" 1
	run_minirun exec c1 sh -c 'exit 0'
	expect_status 0
	# The first one holds until the process is in the container; without a last one it has what everybody there has.
	jq -n '{cwd: "/", args: ["grep", "Cpus_allowed_list", "/proc/self/status"], user: {uid: 0, gid: 0}, execCPUAffinity: {initial: "0"}}' >process.json
	expect_equal "$("$MINIRUN" exec -p process.json c1)" "$(taskset -c 0-8191 grep Cpus_allowed_list /proc/self/status)"
	jq -n '{cwd: "/", args: ["true"], user: {uid: 0, gid: 0}, execCPUAffinity: {final: "4095"}}' >process.json
	run_minirun exec -p process.json c1
	expect_error 125 '4095'
}

a_cgroup_below()
{
	sleeper '.linux.cgroupsPath = "/minirun-exec-test"'
	local top
	top=$(dirname "$(find "$TEST_CGROUP" -path '*minirun-exec-test' -type d)")/minirun-exec-test
	mkdir "$top/below"
	expect_contains "$("$MINIRUN" exec --cgroup below c1 cat /proc/self/cgroup)" '0::/below'
	run_minirun exec --cgroup ../.. c1 true
	expect_error 125 '--cgroup is a path below'
	run_minirun exec --cgroup nosuch c1 true
	expect_error 125 'cannot open the container'
}

wrong_words()
{
	sleeper
	run_minirun exec
	expect_error 2 'no container id is given'
	run_minirun exec c1
	expect_error 2 'neither a program nor --process is given'
	run_minirun exec --user root c1 true
	expect_error 2 '--user is UID or UID:GID in numbers'
	run_minirun exec --user 0:x c1 true
	expect_error 2 '--user is UID or UID:GID in numbers'
	run_minirun exec --cap NET_ADMIN c1 true
	expect_error 2 "--cap: 'NET_ADMIN' is no capability"
	run_minirun exec --env A c1 true
	expect_error 2 '--env is NAME=VALUE'
	run_minirun exec --additional-gids -1 c1 true
	expect_error 2 '--additional-gids is a group id'
	run_minirun exec --cwd bin c1 true
	expect_error 125 '--cwd must be absolute'
	run_minirun exec --nosuch c1 true
	expect_error 2 'unknown option --nosuch'
}

# The storm: attached and detached, every exit code right.
storm()
{
	sleeper
	for i in $(seq 200); do
		{
			status=0
			"$MINIRUN" exec c1 sh -c "exit $((i % 120))" || status=$?
			echo "$((i % 120)) $status"
		} &
	done >codes
	for i in $(seq 200); do
		"$MINIRUN" exec --detach c1 touch /tmp-$i || echo "failed $i" >>failed &
	done
	wait $(jobs -p) || true
	expect_equal "$(wc -l <codes)" 200
	expect_equal "$(awk '$1 != $2' codes)" ''
	[ ! -e failed ]
	all_touched() { [ "$(ls b/rootfs | grep -c ^tmp-)" = 200 ]; }
	wait_until 60 all_touched
}

check 'exit codes' exit_codes
check 'all namespaces and the cgroup are joined' all_namespaces_and_the_cgroup_are_joined
check 'a user namespace and a time namespace are joined' a_user_namespace_and_a_time_namespace_are_joined
check 'flags say who and where' flags_say_who_and_where
check "the container's process is the pattern" the_container_s_process_is_the_pattern
check '--no-new-privs' no_new_privs_by_flag
check '--process' a_process_file
check '--detach and --pid-file' detached
check 'stdio, --preserve-fds, and no other file' stdio_and_nothing_else
check '--tty and --console-socket' a_terminal
check '--console-socket: a socket that the container cannot see' a_console_socket .
check '--console-socket: mapped ids' a_console_socket '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
	| .linux.gidMappings = .linux.uidMappings | .mounts |= map(select(.type != "sysfs"))'
check 'the end of the client is the end of the process' the_end_of_the_client_is_the_end_of_the_process
check 'the end of the container is the end of the process' the_end_of_the_container_is_the_end_of_the_process
check 'a created, a stopped, an unknown container' created_stopped_and_unknown_ones
check 'a paused container' paused
check 'the seccomp filter holds' a_filter_holds_for_exec
check 'execCPUAffinity' affinity
check '--cgroup' a_cgroup_below
check 'wrong words' wrong_words
check '200 attached and 200 detached at once' storm
