# test_machine.sh: the virtual machine with systemd is what the other tests take it for.
# machine: systemd
. "$(dirname "$0")/../lib.sh"

systemd_is_up()
{
	expect_equal "$(cat /proc/1/comm)" systemd
	wait_until 60 systemctl is-system-running
	expect_equal "$(systemctl --failed --plain --no-legend)" '' 'failed units'
	busctl --system status org.freedesktop.systemd1 >/dev/null
}

cgroup_is_v2_alone()
{
	expect_equal "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
	expect_lacks "$(cat /proc/self/mountinfo)" ' - cgroup '
	for controller in cpu cpuset memory pids io; do
		has_controller $controller || fail "no $controller"
	done
	expect_equal "$(cat /proc/self/cgroup)" "0::${TEST_LEAF#/sys/fs/cgroup}"
	case $TEST_LEAF in /sys/fs/cgroup/system.slice/*.scope) ;; *) fail "$TEST_LEAF is no scope" ;; esac
}

a_container_runs()
{
	make_bundle b sh -c 'exit 7'
	edit_config b '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}, cpu: {quota: 20000, period: 100000}}'
	run_minirun run b
	expect_status 7
}

check 'systemd is PID 1, with its bus, and no unit has failed' systemd_is_up
check 'cgroup v2 alone, the test in a scope' cgroup_is_v2_alone
check 'a container runs with limits by the cgroupfs driver' a_container_runs
