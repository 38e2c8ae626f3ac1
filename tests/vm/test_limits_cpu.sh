# test_limits_cpu.sh: linux.resources.cpu, read back from the kernel and felt.
# limit: 600
. "$(dirname "$0")/containers.bash"

files_of_cpu()
{
	limits_read_back '{cpu: {quota: 20000, period: 50000, burst: 5000, shares: 1024, cpus: "1,3", mems: "0"}}' \
		'cpu.max=20000 50000' cpu.max.burst=5000 cpu.weight=100 cpuset.cpus=1,3 cpuset.mems=0 cpuset.cpus.effective=1,3 cpuset.mems.effective=0
	limits_read_back '{cpu: {period: 200000, idle: 1}}' 'cpu.max=max 200000' cpu.idle=1
	limits_read_back '{cpu: {idle: 0, shares: 262144}}' cpu.idle=0 cpu.weight=10000
}

# 20 % of one CPU: the loop's own share, and what the kernel counted against the wall clock. What a late timer leaves out is not made up for, and
# emulated timers may be late by more than a period: a measurement that was disturbed is repeated.
quota_is_felt()
{
	make_bundle b probe burn 4
	edit_config b '.linux.resources.cpu = {quota: 50000, period: 250000, cpus: "1"}'
	at_most_three_times own_share_is_a_fifth
	edit_config b '.process.args[2] = "1000"'
	start q b
	at_most_three_times used_time_is_a_fifth
	between 3 "$(cgroup_stat q cpu.stat nr_throttled)" 1000
}

own_share_is_a_fifth()
{
	run_minirun run b
	expect_status 0 && between 0.17 "$(json "$out" .share)" 0.23
}

used_time_is_a_fifth()
{
	local begin now before after
	begin=${EPOCHREALTIME/./}
	read -r _ before <"$(cgroup_of q)/cpu.stat"
	sleep 4
	now=${EPOCHREALTIME/./}
	read -r _ after <"$(cgroup_of q)/cpu.stat"
	between 0.17 "$(awk "BEGIN { print ($after - $before) / ($now - $begin) }")" 0.23
}

# At 1 % of a CPU, set-up would take a hundred times as long: the quota comes into force behind it.
quota_does_not_slow_the_set_up()
{
	local late last
	make_bundle b true
	edit_config b '.linux.resources.cpu = {quota: 1000, period: 100000}'
	run_minirun run --trace --format json b
	expect_status 0
	late=$(json "$err" '[.[] | select(.summary | test("cpu.max")) | .beginNs] | first')
	last=$(json "$err" '[.[] | select(.name == "mount" or .name == "pivot-root" or .name == "mask-path") | .beginNs + .tookNs] | max')
	between 1 "$last" "$late"
	expect_equal "$(json "$err" '[.[] | select(.name == "mount" or .name == "pivot-root")] | length > 4')" true
}

weight_is_felt()
{
	make_bundle b probe burn 1000
	edit_config b '.linux.resources = {cpu: {cpus: "3", shares: 1024}}'
	start light b
	edit_config b '.linux.resources = {cpu: {cpus: "3"}, unified: {"cpu.weight": "300"}}'
	start heavy b
	expect_file light cpu.weight 100
	expect_file heavy cpu.weight 300
	at_most_three_times use_is_by_weight
}

use_is_by_weight()
{
	between 2 "$(ratio_of_use light heavy 4)" 4.5
}

idle_is_felt()
{
	make_bundle b probe burn 1000
	edit_config b '.linux.resources.cpu = {cpus: "3", idle: 1}'
	start idle b
	edit_config b '.linux.resources.cpu = {cpus: "3"}'
	start usual b
	expect_file idle cpu.idle 1
	between 10 "$(ratio_of_use idle usual 3)" 1000000000
}

# What was not used in quiet periods may be used on top of the quota, and the kernel counts that.
burst_is_felt()
{
	make_bundle b sh -c 'while :; do sleep 0.5; probe burn 1; done'
	edit_config b '.linux.resources.cpu = {cpus: "3", quota: 20000, period: 100000, burst: 20000}'
	start b b
	wait_until 60 has_burst
}

has_burst()
{
	[ "$(cgroup_stat b cpu.stat nr_bursts)" -gt 0 ]
}

cpuset_is_felt()
{
	make_bundle b probe threads 3 1
	edit_config b '.linux.resources.cpu.cpus = "1"'
	run_minirun run b
	expect_status 0
	expect_equal "$(json "$out" '.threads | flatten | unique | tostring')" '[1]'
	expect_equal "$(json "$out" .first_cpu)" 1
}

values_that_the_kernel_refuses()
{
	local before
	make_bundle b true
	before=$(host_state)
	edit_config b '.linux.resources = {unified: {"cpu.weight": "10001"}}'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.resources.unified["cpu.weight"]'
	expect_contains "$err" '1 to 10000'
	edit_config b '.linux.resources = {cpu: {quota: 999}}'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.resources.cpu.quota: 999 is out of range'
	edit_config b '.linux.resources = {cpu: {idle: 1}, unified: {"cpu.weight": "200"}}'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'none while cpu.idle is 1'
	expect_host_as "$before"
}

check 'every field of cpu is in its file' files_of_cpu
check 'a quota of 20 % is felt' quota_is_felt
check 'the quota comes into force when the set-up is done' quota_does_not_slow_the_set_up
check 'weights 100 and 300 share a CPU 1:3' weight_is_felt
check 'an idle container yields to others' idle_is_felt
check 'a burst is used' burst_is_felt
check 'threads stay in the cpuset' cpuset_is_felt
check 'what the kernel refuses is named, and nothing is left' values_that_the_kernel_refuses
