# containerd_tasks.sh: `ctr tasks` of containerd 1.6: exec, kill, pause, metrics, deletion, and what becomes of a container whose daemon or shim ends.
# limit: 240
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/containerd.bash"

exec_attached()
{
	detach x1
	exec_in --cwd /tmp x1 sh -c 'pwd; echo error >&2; exit 5'
	expect_status 5
	expect_equal "$out" /tmp
	expect_equal "$err" error
	exec_in --user 1234 x1 id
	expect_contains "$out" uid=1234
	expect_equal "$(echo typed | "${CTR[@]}" tasks exec --exec-id in x1 cat)" typed
	exec_in x1 nonexistent
	expect_status 1
	expect_contains "$err" 'executable file not found in $PATH'
	exec_in x1 /etc/passwd
	expect_status 1
	expect_contains "${err,,}" 'permission denied'
	# In the container's cgroup and name spaces.
	exec_in x1 sh -c 'for kind in cgroup ipc mnt net pid uts; do [ "$(readlink /proc/self/ns/$kind)" = "$(readlink /proc/1/ns/$kind)" ] || echo $kind; done; cmp /proc/self/cgroup /proc/1/cgroup'
	expect_status 0
	expect_equal "$out" ''
	remove x1
}
check 'tasks exec: exit code, output, input, --cwd, --user, the words of its errors' exec_attached

exec_detached()
{
	detach x2
	exec_in --detach x2 sh -c 'touch /started; exec sleep 2000'
	expect_status 0
	wait_until 30 "${CTR[@]}" tasks exec --exec-id look x2 test -e /started
	expect_equal "$("${CTR[@]}" tasks ps x2 | grep -c '[0-9]')" 2
	remove x2
}
check 'tasks exec --detach; tasks ps counts both' exec_detached

exec_terminal()
{
	detach x3
	WAIT_FOR='# ' on_terminal 40 100 $'until stty size | grep 40.100; do usleep 20000; done; tty; exit 9\n' "${CTR[@]}" tasks exec --exec-id t --tty x3 sh
	expect_status 9
	expect_contains "$out" /dev/pts/0
	expect_contains "$out" $'\n40 100'
	remove x3
}
check 'tasks exec --tty: a shell to type into' exec_terminal

exec_killed()
{
	detach x4
	exec_in --detach --exec-id victim x4 sleep 3000
	expect_equal "$("${CTR[@]}" tasks ps x4 | grep -c '[0-9]')" 2
	"${CTR[@]}" tasks kill --exec-id victim --signal KILL x4
	wait_until 30 one_process x4
	expect_equal "$(status_of x4)" RUNNING
	remove x4
}
one_process()
{
	[ "$("${CTR[@]}" tasks ps "$1" | grep -c '[0-9]')" = 1 ]
}
check 'tasks kill --exec-id: the one process' exec_killed

signals()
{
	local shm
	# 37 is RTMIN+3 as libc counts.
	detach s1 sh -c 'for s in USR1 12 37; do trap "echo $s >>/dev/shm/got" $s; done; trap "exit 0" TERM; touch /dev/shm/ready; while :; do usleep 20000; done'
	shm=/proc/$(pid_of s1)/root/dev/shm
	wait_until 30 test -e "$shm/ready"
	"${CTR[@]}" tasks kill --signal USR1 s1
	wait_until 30 grep -qx USR1 "$shm/got"
	"${CTR[@]}" tasks kill --signal 12 s1
	wait_until 30 grep -qx 12 "$shm/got"
	"${CTR[@]}" tasks kill --signal SIGRTMIN+3 s1
	wait_until 30 grep -qx 37 "$shm/got"
	expect_equal "$(status_of s1)" RUNNING
	"${CTR[@]}" tasks kill s1 # TERM
	wait_until 30 has_status s1 STOPPED
	client "${CTR[@]}" tasks delete s1
	expect_status 0
	"${CTR[@]}" containers delete s1
	client "${CTR[@]}" tasks kill s1
	expect_status 1
	expect_contains "$err" 'not found'
}
check 'tasks kill: by name, by number, real-time, TERM by itself' signals

kill_all()
{
	detach --with-ns=pid:/proc/self/ns/pid k1 sh -c 'trap "" TERM; sleep 4000 & sleep 4000'
	exec_in --detach k1 sleep 4000
	"${CTR[@]}" tasks kill --all --signal KILL k1
	wait_until 30 has_status k1 STOPPED
	wait_until 30 no_process 'sleep 4000'
	remove k1
}
check 'tasks kill --all, in the machine'\''s own pid name space' kill_all

pause_resume()
{
	local before
	detach p1 sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/dev/shm/new; mv /dev/shm/new /dev/shm/tick; done'
	wait_until 30 test -s "/proc/$(pid_of p1)/root/dev/shm/tick"
	"${CTR[@]}" tasks pause p1
	expect_equal "$(status_of p1)" PAUSED
	expect_equal "$("$RUNTIME" --root "$STATES/t" state p1 | jq -r .status)" paused
	before=$(cat "/proc/$(pid_of p1)/root/dev/shm/tick")
	busybox usleep 200000
	expect_equal "$(cat "/proc/$(pid_of p1)/root/dev/shm/tick")" "$before"
	"${CTR[@]}" tasks resume p1
	expect_equal "$(status_of p1)" RUNNING
	wait_until 30 moved_on p1 "$before"
	remove p1
}
moved_on()
{
	[ "$(cat "/proc/$(pid_of "$1")/root/dev/shm/tick")" -gt "$2" ]
}
check 'tasks pause, resume' pause_resume

metrics()
{
	detach m1
	client "${CTR[@]}" tasks metrics --format json m1
	expect_status 0
	if has_controller pids; then
		expect_equal "$(json "$out" .pids.current)" 1
	fi
	if has_controller hugetlb; then
		expect_contains "$(json "$out" '.hugetlb | map(.pagesize) | join(" ")')" 2MB
	fi
	remove m1
}
check 'tasks metrics' metrics

delete_running()
{
	detach r1
	client "${CTR[@]}" tasks delete r1
	expect_status 1
	expect_equal "$(status_of r1)" RUNNING
	client "${CTR[@]}" containers delete r1
	expect_status 1
	"${CTR[@]}" tasks delete --force r1
	"${CTR[@]}" containers delete r1
	[ ! -e "$STATES/t/r1" ]
	[ ! -e "$TEST_CGROUP/t/r1" ]
}
check 'tasks delete: refused while it runs, --force' delete_running

end_of_init()
{
	detach i1 sh -c 'trap "exit 6" TERM; touch /dev/shm/ready; while :; do usleep 20000; done'
	wait_until 30 test -e "/proc/$(pid_of i1)/root/dev/shm/ready"
	exec_in --detach i1 sleep 5000
	"${CTR[@]}" tasks kill i1
	wait_until 30 has_status i1 STOPPED
	wait_until 30 no_process 'sleep 5000'
	client "${CTR[@]}" tasks delete i1
	expect_contains "$err" 'exit code 6'
	"${CTR[@]}" containers delete i1
}
check 'with the first process all others end' end_of_init

create_start()
{
	# No --runc-binary here: the `runc` of the daemon's PATH.
	client "${CTR[@]}" containers create "$IMAGE" c1 probe exit 8
	expect_status 0
	client "${CTR[@]}" tasks start c1
	expect_status 8
	"${CTR[@]}" containers delete c1
}
check 'containers create, tasks start' create_start

survives_daemon()
{
	detach u1
	stop_daemon containerd
	start_containerd
	expect_equal "$(status_of u1)" RUNNING
	exec_in u1 echo again
	expect_equal "$out" again
	remove u1
}
check 'containers outlive a restart of containerd' survives_daemon

shim_of()
{
	ps -o ppid= -p "$(pid_of "$1")"
}
shim_dies()
{
	local pid
	detach z1
	pid=$(pid_of z1)
	kill -KILL $(shim_of z1)
	wait_until 30 has_ended "$pid"
	wait_until 30 test ! -e "$STATES/t/z1"
	wait_until 30 test ! -e "$TEST_CGROUP/t/z1"
	wait_until 30 "${CTR[@]}" containers delete z1
}
check 'a shim that is killed: its container ends and is cleaned up' shim_dies
