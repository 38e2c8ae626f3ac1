# lifecycle.sh: create, start, kill, delete as the OCI specification and the engines have them.
. "$(dirname "$0")/../lib.sh"

created_then_running_then_stopped()
{
	make_bundle b sh -c 'echo started >out; sleep 1000'
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create --bundle b --pid-file pid c1
	expect_equal "$(status_of c1)" created
	[ ! -e b/rootfs/out ]
	[ -d "/proc/$(cat pid)" ]
	expect_equal "$("$MINIRUN" state c1 | jq .pid)" "$(cat pid)"
	"$MINIRUN" start c1
	expect_equal "$(status_of c1)" running
	wait_until 30 grep -q started b/rootfs/out
	run_minirun start c1
	expect_error 1 'cannot start an already running container'
	expect_equal "$(status_of c1)" running
	run_minirun delete c1
	expect_error 1 'it is running as pid'
	"$MINIRUN" kill c1 KILL
	wait_until 30 is_stopped c1
	run_minirun start c1
	expect_error 1 'cannot start a container that has stopped'
	run_minirun kill c1 KILL
	expect_error 1 'container not running'
	"$MINIRUN" delete c1
	run_minirun state c1
	expect_error 1 'container "c1" does not exist'
	[ -s pid ] || fail 'delete has taken the pid file of who created the container'
}

the_bundle_is_the_current_directory()
{
	make_bundle b true
	cd b
	"$MINIRUN" create c1
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
}

a_created_container_is_deleted_and_leaves_nothing()
{
	make_bundle b sh -c 'echo started >out'
	before=$(host_state)
	"$MINIRUN" create -b b c1
	"$MINIRUN" delete c1
	expect_host_as "$before"
	[ ! -e b/rootfs/out ]
}

later_edits_have_no_effect()
{
	make_bundle b sh -c 'echo first >out'
	"$MINIRUN" create -b b c1
	edit_config b '.process.args[2] = "echo second >out"'
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	expect_equal "$(cat b/rootfs/out)" first
	"$MINIRUN" delete c1
}

an_id_is_taken_until_it_is_deleted()
{
	make_bundle b true
	"$MINIRUN" create -b b c1
	run_minirun create -b b c1
	expect_error 1 'container "c1" exists already'
	expect_equal "$(status_of c1)" created
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	run_minirun create -b b c1
	expect_error 1 'container "c1" exists already'
	"$MINIRUN" delete c1
	"$MINIRUN" create -b b c1
	"$MINIRUN" delete c1
}

a_missing_program_fails_create()
{
	make_bundle b nosuch
	before=$(host_state)
	run_minirun create -b b c1
	expect_error 1 'exec: "nosuch": executable file not found in $PATH'
	make_bundle b2 /etc
	run_minirun create -b b2 c1
	expect_error 1 'permission denied'
	expect_host_as "$before"
}

# The program is there at create and gone at start.
a_failed_execve_fails_start()
{
	make_bundle b /program
	cp "$PROBE" b/rootfs/program
	"$MINIRUN" create -b b c1
	rm b/rootfs/program
	run_minirun start c1
	expect_error 1 'exec: "/program"'
	expect_error 1 'no such file or directory'
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
}

# With and without no_new_privs the filter is at another place of the plan.
a_filter_does_not_stop_the_wait()
{
	make_bundle b true
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["accept4", "recvfrom", "connect"], action: "SCMP_ACT_KILL_PROCESS"}]}'
	for privileges in true false; do
		edit_config b '.process.noNewPrivileges = $n' --argjson n $privileges
		"$MINIRUN" create -b b c1
		"$MINIRUN" start c1
		wait_until 30 is_stopped c1
		"$MINIRUN" delete c1
	done
}

only_one_start_wins()
{
	make_bundle b sh -c 'echo once >>out; sleep 1000'
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	for i in 1 2 3 4 5 6 7 8; do
		{ "$MINIRUN" start c1 2>/dev/null && echo won >>winners; } &
	done
	wait $(jobs -p) || true
	expect_equal "$(cat winners)" won
	wait_until 30 test -s b/rootfs/out
	expect_equal "$(cat b/rootfs/out)" once
}

stdio_is_that_of_create()
{
	make_bundle b sh -c 'cat; echo error >&2'
	echo input | "$MINIRUN" create -b b c1 >out 2>err
	"$MINIRUN" start c1 </dev/null
	wait_until 30 is_stopped c1
	expect_equal "$(cat out)" input
	expect_equal "$(cat err)" error
	"$MINIRUN" delete c1
}

a_terminal_needs_a_console_socket()
{
	make_bundle b true
	edit_config b '.process.terminal = true'
	before=$(host_state)
	run_minirun create -b b c1
	expect_error 1 'cannot detach: process.terminal is true'
	expect_host_as "$before"
}

a_killed_created_container_is_stopped()
{
	make_bundle b true
	"$MINIRUN" create -b b c1
	"$MINIRUN" kill c1 KILL
	wait_until 30 is_stopped c1
	run_minirun start c1
	expect_error 1 'cannot start a container that has stopped'
	"$MINIRUN" delete c1
}

wrong_words()
{
	run_minirun create
	expect_error 2 'no container id is given'
	run_minirun create a b
	expect_error 2 "too many words: 'b'"
	run_minirun create ../a
	expect_error 2 "'../a' is no container id"
	run_minirun start
	expect_error 2 'no container id is given'
	run_minirun start nobody
	expect_error 1 'container "nobody" does not exist'
}

nothing_stays_in_memory()
{
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	"$MINIRUN" start c1
	pid=$("$MINIRUN" state c1 | jq .pid)
	for exe in /proc/[0-9]*/exe; do
		[ "$(readlink "$exe" || true)" != "$(readlink -f "$MINIRUN")" ]
	done
	expect_equal "$(cat /proc/$pid/comm)" sleep
}

tracing='(.process.capabilities.bounding, .process.capabilities.effective, .process.capabilities.permitted) += ["CAP_SYS_PTRACE"]'

# CVE-2019-5736: what waits for `start` is minirun, and `exec` brings others to it. Those that may trace find a sealed binary.
the_sealed_binary_is_out_of_reach()
{
	cp "$MINIRUN" "$TEST_TMP/minirun"
	MINIRUN=$TEST_TMP/minirun
	trap '"$MINIRUN" delete --force c1' EXIT
	make_bundle b sleep 1000
	edit_config b "$tracing"
	"$MINIRUN" create -b b c1
	"$MINIRUN" exec -d c1 sh -c 'exec 9</proc/1/exe; echo >holds; until [ -e go ]; do :; done; (: >/proc/self/fd/9) && echo written >result || echo refused >result' >log 2>&1
	wait_until 30 test -e b/rootfs/holds
	"$MINIRUN" start c1
	echo >b/rootfs/go # nobody executes the binary any more
	wait_until 30 test -s b/rootfs/result
	expect_equal "$(cat b/rootfs/result)" refused
}

# The others find nothing: the process is not dumpable, also not for all capabilities of a user namespace of its own.
hidden()
{
	chmod 755 "$TEST_TMP" .
	make_bundle b sleep 1000
	edit_config b "$@"
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	pid=$("$MINIRUN" state c1 | jq .pid)
	expect_equal "$(readlink /proc/$pid/exe)" "$(readlink -f "$MINIRUN")" # no clone, which has no path
	"$MINIRUN" exec c1 sh -c 'for file in /proc/1/exe /proc/1/mem /proc/1/maps /proc/1/environ; do (exec 9<$file) 2>/dev/null && echo "$file is open"; done
		for link in /proc/1/exe /proc/1/root /proc/1/cwd /proc/1/fd/* /proc/1/map_files/*; do readlink $link; done; exit 0' >output 2>/dev/null
	expect_equal "$(cat output)" ''
	"$MINIRUN" start c1
	expect_equal "$("$MINIRUN" exec c1 readlink /proc/1/exe)" /bin/busybox
}

the_hidden_binary_is_out_of_reach()
{
	hidden .
}

the_hidden_binary_is_out_of_reach_of_a_user_namespace()
{
	hidden "$tracing"' | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
}

# ... and `exec` makes nobody who could.
no_exec_traces_before_start()
{
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	run_minirun exec --cap CAP_SYS_PTRACE c1 true
	expect_error 125 'cannot exec with CAP_SYS_PTRACE, which container "c1" itself does not have, before its start'
	expect_equal "$("$MINIRUN" exec --cap CAP_SYS_TIME c1 echo ran)" ran
	"$MINIRUN" start c1
	expect_equal "$("$MINIRUN" exec --cap CAP_SYS_PTRACE c1 readlink /proc/1/exe)" /bin/busybox
}

# state.json goes first, and without it there is no container.
a_killed_removal_leaves_the_id()
{
	make_bundle half cat /etc/hosts
	mkdir -p /run/minirun/half
	chmod 700 /run/minirun/half
	echo old | tee /run/minirun/half/config.json /run/minirun/half/hosts >/run/minirun/half/hostname
	run_minirun run --host db=10.9.0.7 --bundle half half
	expect_status 0
	expect_contains "$out" $'10.9.0.7\tdb'
	expect_lacks "$out" old
	[ ! -e /run/minirun/half ]
}

# A `start` that was killed between its claim and its word to the first process.
a_killed_start_leaves_its_turn()
{
	local sockets
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" create -b b c1
	sockets=$(dirname "$(find /run -name start.sock)")
	mv "$sockets/start.sock" "$sockets/claimed.sock"
	perl -MSocket -e 'chdir $ARGV[0]; socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0); connect($s, pack_sockaddr_un("claimed.sock")) or die' "$sockets"
	"$MINIRUN" start c1
	run_minirun start c1
	expect_error 1 'cannot start an already running container'
	[ -z "$(find /run -name '*.sock')" ]
}

force_does_not_wait_for_start()
{
	local start
	make_bundle b sleep 1000
	edit_config b '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c", "echo >/here; sleep 1000"]}]'
	"$MINIRUN" create -b b c1
	"$MINIRUN" start c1 2>start.err &
	start=$!
	wait_until 30 test -e b/rootfs/here
	timeout 30 "$MINIRUN" delete --force c1 || { kill $start; fail 'it waits'; }
	! wait $start
	run_minirun state c1
	expect_error 1 'does not exist'
}

check "exec that may trace cannot write to minirun's binary in a created container" the_sealed_binary_is_out_of_reach
# Another container in the same pid namespace, which may trace there.
a_tracer_does_not_join_before_the_start()
{
	make_bundle a sleep 1000
	make_bundle b sh -c 'readlink /proc/1/exe'
	trap '"$MINIRUN" delete --force a1 b1' EXIT
	"$MINIRUN" create -b a a1
	edit_config b "$tracing"' | (.linux.namespaces[] | select(.type == "pid")).path = $p' --arg p "/proc/$("$MINIRUN" state a1 | jq .pid)/ns/pid"
	run_minirun run -b b b1
	expect_error 125 'cannot join, with CAP_SYS_PTRACE, the pid namespace of a container that waits for its start'
	"$MINIRUN" start a1
	run_minirun run -b b b1
	expect_status 0
	expect_equal "$out" /bin/busybox
}
check 'who may trace joins no pid namespace before its start' a_tracer_does_not_join_before_the_start
check "exec into a created container cannot get at minirun's binary" the_hidden_binary_is_out_of_reach
check "exec into a created container with a user namespace cannot get at minirun's binary" the_hidden_binary_is_out_of_reach_of_a_user_namespace
check 'exec gives nobody the right to trace what waits for start' no_exec_traces_before_start
check 'a start that was killed leaves its turn to the next' a_killed_start_leaves_its_turn
check 'delete --force does not wait for a start that hangs' force_does_not_wait_for_start
check 'created, running, stopped, gone' created_then_running_then_stopped
check 'create takes the current directory as the bundle' the_bundle_is_the_current_directory
check 'a created container is deleted without --force and leaves nothing' a_created_container_is_deleted_and_leaves_nothing
check 'later edits of config.json have no effect' later_edits_have_no_effect
check 'an id is taken until it is deleted' an_id_is_taken_until_it_is_deleted
check 'a missing program is an error of create' a_missing_program_fails_create
check 'what a removal that was killed has left does not keep the id' a_killed_removal_leaves_the_id
check 'a failed execve is an error of start' a_failed_execve_fails_start
check 'a seccomp filter does not stop the wait for start' a_filter_does_not_stop_the_wait
check 'of eight starts at once one wins' only_one_start_wins
check 'the program has the stdio of create' stdio_is_that_of_create
check 'a terminal needs --console-socket' a_terminal_needs_a_console_socket
check 'a created container can be killed' a_killed_created_container_is_stopped
check 'wrong words' wrong_words
check 'nothing of minirun stays in memory' nothing_stays_in_memory
