# docker_cgroupfs.sh: limits with real controllers, docker's containers as plain cgroups.
# machine: systemd
# limit: 600

DOCKER_CGROUPS=cgroupfs
. "$(dirname "$0")/docker_limits.bash"

# By the first process and by what exec starts.
profile_is_in_force()
{
	[ -e /sys/kernel/security/apparmor ] || skip_without_kernel 'AppArmor is not enabled'
	detach box
	expect_equal "$(docker exec box cat /proc/1/attr/current)" 'docker-default (enforce)'
	expect_equal "$(docker exec box cat /proc/self/attr/current)" 'docker-default (enforce)'
	# The profile, not the capability, is in the way.
	run_rm --cap-add=SYS_ADMIN --security-opt=seccomp=unconfined mount -t tmpfs x /tmp
	expect_status 255
	expect_contains "$err" 'Permission denied'
	run_ok --cap-add=SYS_ADMIN --security-opt=seccomp=unconfined --security-opt=apparmor=unconfined sh -c 'mount -t tmpfs x /tmp && cat /proc/self/attr/current'
	expect_equal "$out" unconfined
	remove box
}

processes_are_counted()
{
	run_rm --pids-limit=10 sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done'
	expect_status 2
	expect_contains "$err" "can't fork"
}

# A second name of /dev/kmsg; CAP_SYSLOG since kernel.dmesg_restrict would refuse it otherwise.
devices_are_filtered()
{
	run_rm --cap-add=SYSLOG sh -c 'mknod /tmp/kmsg c 1 11 && head -c 0 /tmp/kmsg'
	expect_status 1
	expect_contains "$err" 'not permitted'
	run_ok --cap-add=SYSLOG --device-cgroup-rule='c 1:11 r' sh -c 'mknod /tmp/kmsg c 1 11 && head -c 0 /tmp/kmsg'
}

rlimits()
{
	run_ok --ulimit=nofile=1048576:1048576 --oom-score-adj=-500 sh -c 'ulimit -n; cat /proc/self/oom_score_adj'
	expect_equal "$out" $'1048576\n-500'
}

check "cgroupfs: --pids-limit is felt" processes_are_counted
check "cgroupfs: device filter, --device-cgroup-rule" devices_are_filtered
check "cgroupfs: --ulimit and --oom-score-adj with CAP_SYS_RESOURCE" rlimits
check 'cgroupfs: the AppArmor profile docker-default, and none' profile_is_in_force
