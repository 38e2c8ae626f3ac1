# containerd_limits.sh: limits with real controllers and metrics of `ctr run`, as plain cgroups and as scopes of systemd. In the virtual machine whose
# PID 1 is systemd, where each command takes seconds.
# machine: systemd
# limit: 400
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/containerd.bash"

metric()
{
	"${CTR[@]}" tasks metrics --format json "$1" | jq -r "$2"
}

# limits_hold ID CGROUP [OPTION...]: the limits of a container with these options are in this cgroup and in its metrics.
limits_hold()
{
	local id=$1 cgroup=$TEST_CGROUP$2 pair
	shift 2
	detach --memory-limit=67108864 --cpus=0.5 --cpu-shares=512 "$@" "$id"
	expect_equal "$(cat "$cgroup/memory.max")" 67108864
	expect_equal "$(cat "$cgroup/cpu.max")" '50000 100000'
	# Runtimes convert shares in two ways: 20 until 2025, 59 since.
	expect_contains '20 59' "$(cat "$cgroup/cpu.weight")"
	for pair in .memory.usage_limit=67108864 .pids.current=1; do
		expect_equal "$(metric "$id" "${pair%%=*}")" "${pair#*=}" "${pair%%=*}"
	done
	[ "$(metric "$id" .cpu.usage_usec)" -gt 0 ]
	exec_in "$id" cat /proc/self/cgroup
	expect_equal "$out" "0::${cgroup#"$TEST_CGROUP"}"
	"${CTR[@]}" tasks pause "$id"
	expect_contains "$(cat "$cgroup/cgroup.events")" 'frozen 1'
	remove "$id"
	[ ! -e "$cgroup" ]
}

oom_kills()
{
	[ "$(metric "$1" .memory_events.oom_kill)" = 1 ]
}

# What the shim reads is the cgroup's own.
memory_is_felt()
{
	local id=$1
	shift
	detach --memory-limit=33554432 "$@" "$id" sh -c 'probe alloc 200; sleep 1000'
	wait_until 60 oom_kills "$id"
	remove "$id"
}

SCOPE=(--runc-systemd-cgroup --cgroup=lab-ctr.slice:ctr:box)

in_a_scope()
{
	limits_hold box /lab.slice/lab-ctr.slice/ctr-box.scope "${SCOPE[@]}"
	expect_equal "$(systemctl list-units --all --plain --no-legend 'ctr-*.scope')" ''
	memory_is_felt felt --runc-systemd-cgroup --cgroup=lab-ctr.slice:ctr:felt
	systemctl stop lab.slice lab-ctr.slice
}

check 'cgroupfs: run --memory-limit --cpus --cpu-shares; metrics; pause' limits_hold box /t/box
check 'cgroupfs: --memory-limit is felt, and the metrics tell' memory_is_felt felt
check 'run --runc-systemd-cgroup: the same limits in a scope of systemd'\''s' in_a_scope
