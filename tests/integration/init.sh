# init.sh: `run --init`: a reaper as the container's first process.
# limit: 180
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
bundle "$TEST_TMP/first"
"$MINIRUN" run "$TEST_TMP/first" >/dev/null # what stays for good is there before anything is compared
before=$(host_state "$IMAGE")

exit_codes()
{
	run_sh 'exit 7' . --init
	expect_status 7
	run_sh 'kill -USR1 $$' . --init
	expect_status 138
	run_sh 'sleep 0.05; exit 0' . --init
	expect_status 0
	bundle missing no-such-program
	run_minirun run --init missing
	expect_status 127
	expect_contains "$err" 'exec: "no-such-program": executable file not found in $PATH'
	bundle directory /etc
	run_minirun run --init directory
	expect_status 126
	expect_contains "$err" 'permission denied'
	expect_host_as "$before" "$IMAGE"
}
check 'exit codes are the program'"'"'s, and it is not found or not executable in the usual words' exit_codes

first_process()
{
	run_sh 'cat /proc/1/comm /proc/1/cmdline | tr "\0" " "; cut -d" " -f1,4,5,6 /proc/self/stat; echo $$' . --init
	expect_status 0
	expect_contains "$out" $'minirun-init\nminirun-init 2 '
	expect_contains "$out" $'\n2'
	bundle group sh -c 'read -r _ _ _ parent group session _ </proc/$$/stat; echo $parent $group $session'
	run_minirun run --init group
	expect_equal "$out" '1 2 1' 'parent, process group and session'
	run_sh 'cat /proc/1/comm; true'
	expect_equal "$out" sh 'process 1 without --init'
}
check 'the reaper is process 1, the program a process group of its own' first_process

# state_of PID KEY...: lines of /proc/PID/status
state_of()
{
	local pid=$1
	shift
	grep -E "^($(tr ' ' '|' <<<"$*")):" "/proc/$pid/status"
}

# The set-up with a filter before the credentials (without no_new_privs) and after them.
confined()
{
	local pid child edit
	for edit in true false; do
		rm -rf d
		bundle d sleep 100
		edit_config d '.process.noNewPrivileges = $n | .process.user = {uid: 7, gid: 8, additionalGids: [9], umask: 63} | .linux.seccomp = {
			defaultAction: "SCMP_ACT_ALLOW",
			syscalls: [{names: ["wait4", "waitid", "kill", "rt_sigtimedwait", "execveat", "close_range", "memfd_create"], action: "SCMP_ACT_ERRNO"}]
		}' --argjson n $edit
		"$MINIRUN" run --init --detach --pid-file pid d
		pid=$(cat pid)
		wait_until 30 grep -q . "/proc/$pid/task/$pid/children"
		child=$(cat "/proc/$pid/task/$pid/children")
		expect_equal "$(readlink "/proc/$pid/exe")" '/memfd:minirun-init (deleted)'
		! echo x 2>/dev/null >"/proc/$pid/exe" || fail 'the reaper can be overwritten'
		expect_equal "$(state_of "$pid" Uid Gid Groups 'Cap...')" "$(state_of "${child% }" Uid Gid Groups 'Cap...')" 'credentials of the reaper'
		expect_equal "$(state_of "$pid" Seccomp NoNewPrivs | tr -s '[:space:]' ' ')" 'NoNewPrivs: 1 Seccomp: 2 '
		expect_equal "$(ls "/proc/$pid/fd" | tr '\n' ' ')" '0 1 2 '
		expect_equal "$(readlink "/proc/$pid/cwd")" /
		"$MINIRUN" kill d TERM
		wait_until 30 test ! -e "/proc/$pid"
		"$MINIRUN" delete d
		rm -r /run/minirun/.seccomp # the compiled filter, which is kept
	done
	expect_host_as "$before" "$IMAGE"
}
check "the program's filter does not stop the reaper, which has the program's rights and a filter of its own" confined

# In the container the program is root and may trace; the reaper must not become a way around the filter.
reaper_is_closed()
{
	run_sh 'cat /proc/1/mem >/dev/null 2>&1 && echo mem; ls -l /proc/1/exe 2>/dev/null | grep -q memfd && echo exe; ls /proc/1/fd >/dev/null 2>&1 && echo fd; true' \
		'.process.user.uid = 5' --init
	expect_status 0
	expect_equal "$out" '' 'what is open of process 1'
}
check 'nothing of the reaper can be read from inside' reaper_is_closed

running()
{
	[ "$(json "$("$MINIRUN" state "$1" 2>/dev/null)" .status)" = running ]
}

# A first process without handlers ignores TERM; with the reaper it ends.
term_ends_sleep()
{
	local pid
	bundle s sleep 100
	"$MINIRUN" run --init s &
	pid=$!
	wait_until 30 running s
	kill -TERM $pid
	status=0
	wait $pid || status=$?
	expect_equal $status 143
	"$MINIRUN" run --init --detach s
	"$MINIRUN" kill s
	wait_until 30 eval '! running s'
	"$MINIRUN" delete s
	expect_host_as "$before" "$IMAGE"
}
check 'TERM ends a program without handlers' term_ends_sleep

signals_pass()
{
	local pid
	bundle r probe signal-report
	"$MINIRUN" run --init r >report &
	pid=$!
	wait_until 30 grep -q ready report
	kill -USR1 $pid
	wait_until 30 grep -q USR1 report
	kill -WINCH $pid
	wait_until 30 grep -q WINCH report
	kill -TERM $pid
	wait $pid
}
check 'signals are passed on' signals_pass

orphans_are_reaped()
{
	# Each sub-shell leaves an orphan, which ends at once.
	run_sh 'i=0; while [ $i -lt 20 ]; do (true & exec true) ; i=$((i + 1)); done
		i=0; while ps -o stat,ppid | grep -q "^Z.* 1$" && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
		ps -o stat | grep -c ^Z' . --init
	expect_equal "$out" 0 'zombies'
}
check 'orphans are reaped' orphans_are_reaped

on_a_terminal()
{
	mkfifo silence
	bundle t sh -c 'read -r _ _ _ _ group _ _ foreground _ </proc/$$/stat; [ $group = $foreground ] && echo in front; tty; trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.05; done'
	edit_config t '.process.terminal = true'
	status=0
	exec 8<>silence
	script -qec "$MINIRUN run --init t" /dev/null <&8 >shown &
	wait_until 30 grep -q ready shown
	printf '\003' >&8
	wait $! || status=$?
	expect_contains "$(cat shown)" 'in front'
	expect_contains "$(cat shown)" /dev/pts/0
	expect_contains "$(cat shown)" interrupted
	expect_equal $status 9
	expect_host_as "$before" "$IMAGE"
}
check 'the program is in the foreground of its terminal' on_a_terminal

with_minirun_gone()
{
	local pid first
	bundle s sleep 100
	"$MINIRUN" run --init --pid-file first s &
	pid=$!
	wait_until 30 running s
	first=$(cat first)
	kill -KILL $pid
	wait $pid || true
	wait_until 30 test ! -e "/proc/$first"
	"$MINIRUN" delete s
	rm -f first
	expect_host_as "$before" "$IMAGE"
}
check 'a foreground container ends with minirun' with_minirun_gone

# In a joined or shared pid namespace the reaper is not process 1: it adopts orphans all the same, and takes the program with it.
shared_pid_namespace()
{
	local first child edit
	for edit in true false; do
		rm -rf s
		bundle s sh -c '(sh -c "until [ -e /go ]; do sleep 0.05; done" & exec true); exec sleep 100'
		edit_config s '.linux.namespaces |= map(select(.type != "pid")) | .mounts[0] = {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} | .process.noNewPrivileges = $n' --argjson n $edit
		"$MINIRUN" run --init --detach --pid-file first s
		first=$(cat first)
		wait_until 30 eval '[ "$(wc -w <"/proc/$first/task/$first/children")" = 2 ]'
		touch "/proc/$first/root/go"
		wait_until 30 eval '[ "$(wc -w <"/proc/$first/task/$first/children")" = 1 ]'
		child=$(cat "/proc/$first/task/$first/children")
		kill -KILL "$first"
		wait_until 30 eval "! [ -e /proc/$first ] && ! [ -e /proc/${child% } ]"
		"$MINIRUN" delete s
	done
	expect_host_as "$before" "$IMAGE"
}
check 'with the pid namespace of the host' shared_pid_namespace

by_annotation()
{
	run_sh 'cat /proc/1/comm' '.annotations["org.minirun.init"] = "true"'
	expect_equal "$out" minirun-init
	run_sh 'cat /proc/1/comm; true' '.annotations["org.minirun.init"] = "false"'
	expect_equal "$out" sh
	run_sh 'cat /proc/1/comm' '.annotations["org.minirun.init"] = "false"' --init
	expect_equal "$out" minirun-init
	run_sh true '.annotations["org.minirun.init"] = "yes"'
	expect_status 125
	expect_contains "$err" 'annotations.org.minirun.init: it is true or false, not "yes"'
}
check 'the annotation org.minirun.init' by_annotation

created()
{
	mkdir c
	bundle c/b sh -c 'cat /proc/1/comm; sleep 100'
	"$MINIRUN" create --init --bundle c/b --pid-file first c1 >said
	expect_equal "$(cat "/proc/$(cat first)/comm")" 'minirun:[ready]' 'before start'
	"$MINIRUN" start c1
	wait_until 30 grep -q minirun-init said
	expect_equal "$(cat "/proc/$(cat first)/comm")" minirun-init
	"$MINIRUN" kill c1
	wait_until 30 eval '! running c1'
	"$MINIRUN" delete c1
	bundle c/missing no-such-program
	run_minirun create --init --bundle c/missing c1
	expect_contains "$err" 'executable file not found in $PATH'
	rm -f first
	expect_host_as "$before" "$IMAGE"
}
check 'create and start' created
