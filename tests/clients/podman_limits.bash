# podman_limits.bash: limits, statistics and cgroups of podman's containers with real controllers, sourced by podman_cgroupfs.sh and podman_systemd.sh
# with $PODMAN_CGROUPS set to the cgroup manager. In the virtual machine whose PID 1 is systemd, where each command takes seconds.

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

# cgroup_of CONTAINER: the directory with its limits. (Below systemd's scope crun keeps the processes one level further down.)
cgroup_of()
{
	local path
	path=$(podman inspect --format '{{.State.CgroupPath}}' "$1")
	echo "$TEST_CGROUP${path%/container}"
}

limits_are_written()
{
	local cgroup
	idle c --memory 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --pids-limit 33 --cpuset-cpus 1 --cpuset-mems 0 --cpu-shares 512
	cgroup=$(cgroup_of c)
	expect_equal "$(cat "$cgroup/memory.max")" 67108864 memory.max
	expect_equal "$(cat "$cgroup/memory.low")" 33554432 memory.low
	expect_equal "$(cat "$cgroup/memory.swap.max")" 33554432 memory.swap.max
	expect_equal "$(cat "$cgroup/cpu.max")" '50000 100000' cpu.max
	expect_equal "$(cat "$cgroup/pids.max")" 33 pids.max
	expect_equal "$(cat "$cgroup/cpuset.cpus")" 1 cpuset.cpus
	expect_equal "$(cat "$cgroup/cpuset.mems")" 0 cpuset.mems
	# Runtimes convert shares in two ways: 20 until 2025, 59 since.
	expect_contains '20 59' "$(cat "$cgroup/cpu.weight")"
	expect_equal "$(podman exec c grep Cpus_allowed_list /proc/self/status | cut -f 2)" 1
	gone c
}

# Not .State.OOMKilled: in this machine Debian's conmon does not notice, with crun either.
memory_is_felt()
{
	podman run --detach --network none --name c --memory 32m --memory-swap 32m "$IMAGE" sh -c 'probe alloc 128; echo "ended with $?"; sleep 1000'
	wait_until 60 has_logged c 'ended with 137'
	grep -q '^oom_kill 1$' "$(cgroup_of c)/memory.events"
	gone c
}

processes_are_counted()
{
	try podman run --rm --network none --pids-limit 10 "$IMAGE" sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done'
	expect_status 2
	expect_contains "$err" "can't fork"
}

statistics()
{
	idle c --memory 64m
	out=$(podman stats --no-stream --format json c)
	expect_equal "$(json "$out" '.[0].name')" c
	expect_contains "$(json "$out" '.[0].mem_usage')" 67.11MB
	[ "$(json "$out" '.[0].pids')" -ge 2 ]
	gone c
}

updated_while_it_runs()
{
	idle c --memory 64m
	podman update --memory 128m --cpus 0.25 c
	expect_equal "$(cat "$(cgroup_of c)/memory.max")" 134217728
	expect_equal "$(cat "$(cgroup_of c)/cpu.max")" '25000 100000'
	gone c
}

unified_settings()
{
	idle c --cgroup-conf memory.high=50331648
	expect_equal "$(cat "$(cgroup_of c)/memory.high")" 50331648
	gone c
}

frozen()
{
	idle c
	podman pause c
	expect_contains "$(cat "$(cgroup_of c)/cgroup.events")" 'frozen 1'
	podman unpause c
	expect_contains "$(cat "$(cgroup_of c)/cgroup.events")" 'frozen 0'
	podman stop --time 60 c
	expect_equal "$(podman wait c)" 0
	gone c
}

# A second name of /dev/kmsg; CAP_SYSLOG since kernel.dmesg_restrict would refuse it otherwise.
devices_are_filtered()
{
	try podman run --rm --network none --cap-add SYSLOG "$IMAGE" sh -c 'mknod /tmp/kmsg c 1 11 && head -c 0 /tmp/kmsg'
	expect_status 1
	expect_contains "$err" 'not permitted'
	run --cap-add SYSLOG --device-cgroup-rule 'c 1:11 r' "$IMAGE" sh -c 'mknod /tmp/kmsg c 1 11 && head -c 0 /tmp/kmsg'
}

exec_is_in_the_cgroup()
{
	idle c --cgroupns host --memory 64m
	expect_equal "$(podman exec c cat /proc/self/cgroup)" "$(podman exec c cat /proc/1/cgroup)"
	gone c
}

rlimits_of_podman()
{
	run --ulimit nofile=1048576:1048576 "$IMAGE" sh -c 'ulimit -n'
	expect_equal "$out" 1048576
	run --oom-score-adj -500 "$IMAGE" cat /proc/self/oom_score_adj
	expect_equal "$out" -500
}

engine_check "$PODMAN_CGROUPS: --memory --cpus --pids-limit --cpuset-cpus --cpu-shares" limits_are_written
engine_check "$PODMAN_CGROUPS: --memory is felt" memory_is_felt
engine_check "$PODMAN_CGROUPS: --pids-limit is felt" processes_are_counted
engine_check "$PODMAN_CGROUPS: stats" statistics
engine_check "$PODMAN_CGROUPS: update" updated_while_it_runs
engine_check "$PODMAN_CGROUPS: --cgroup-conf" unified_settings
engine_check "$PODMAN_CGROUPS: pause, unpause, stop" frozen
engine_check "$PODMAN_CGROUPS: device filter, --device-cgroup-rule" devices_are_filtered
engine_check "$PODMAN_CGROUPS: exec is in the container's cgroup" exec_is_in_the_cgroup
engine_check "$PODMAN_CGROUPS: --ulimit and --oom-score-adj with CAP_SYS_RESOURCE" rlimits_of_podman
