# test_update.sh: `update` of running and created containers: every option in its file, what depends on each other, all or nothing, and a limit that is felt.
# limit: 600
. "$(dirname "$0")/containers.bash"

update()
{
	run_minirun update "$@"
	expect_status 0
	expect_equal "$out$err" ''
}

# update_json ID JSON, from stdin.
update_json()
{
	"$MINIRUN" update --resources - "$1" <<<"$2"
}

# The container had no limit, so its parent passes on no controller: update enables them.
options_are_in_their_files()
{
	make_bundle b sleep 1000
	start u b
	update --memory 64m --memory-swap 96M --memory-reservation 33554432 --pids-limit 33 --cpu-share 1024 --cpu-period 50000 --cpu-quota 25000 --cpu-burst 5000 u
	expect_file u memory.max 67108864
	expect_file u memory.swap.max 33554432
	expect_file u memory.low 33554432
	expect_file u pids.max 33
	expect_file u cpu.weight 100
	expect_file u cpu.max '25000 50000'
	expect_file u cpu.max.burst 5000
	update --cpuset-cpus 1 --cpuset-mems 0 u
	expect_file u cpuset.cpus 1
	expect_file u cpuset.mems 0
	update --blkio-weight 500 u
	expect_contains "$(cgroup_file u io.weight; cgroup_file u io.bfq.weight 2>/dev/null || true)" 'default '
	update --cpu-burst 0 --cpu-idle 1 u
	expect_file u cpu.idle 1
	update --cpu-idle 0 --cpu-share 512 u
	expect_file u cpu.idle 0
	between 50 "$(cgroup_file u cpu.weight)" 65
	# -1 takes limits away.
	update --memory -1 --pids-limit -1 --cpu-quota -1 u
	expect_file u memory.max max
	expect_file u memory.swap.max max
	expect_file u pids.max max
	expect_file u cpu.max 'max 50000'
}
check 'every option is in its file, and -1 takes it away' options_are_in_their_files

# What is not named is kept, also where one file holds two values.
kept_in_force()
{
	make_bundle b sleep 1000
	edit_config b '.linux.resources = {cpu: {quota: 20000, period: 50000, burst: 15000}, memory: {limit: 67108864, swap: 100663296}}'
	start k b
	update --cpu-quota 30000 k
	expect_file k cpu.max '30000 50000'
	update --cpu-period 100000 k
	expect_file k cpu.max '30000 100000'
	# The burst in force is above the new quota: it has to go first.
	update --cpu-quota 10000 --cpu-burst 1000 k
	expect_file k cpu.max '10000 100000'
	expect_file k cpu.max.burst 1000
	update --cpu-quota 40000 --cpu-burst 30000 k
	expect_file k cpu.max.burst 30000
	update --memory-swap 128m k
	expect_file k memory.max 67108864
	expect_file k memory.swap.max 67108864
	update --memory 32m k
	expect_file k memory.max 33554432
	expect_file k memory.swap.max 67108864
}
check 'values that are not named stay in force' kept_in_force

json_of_engines()
{
	make_bundle b sleep 1000
	run_minirun create --bundle b j
	expect_status 0
	trap 'delete_all' EXIT
	started=j
	# docker, by containerd: what is not changed is 0 or empty.
	update_json j '{"devices":null,"memory":{"limit":67108864,"swap":67108864},"cpu":{"shares":512,"cpus":"","mems":""},"pids":{"limit":44},"blockIO":{"weight":0}}'
	expect_file j memory.max 67108864
	expect_file j memory.swap.max 0
	expect_file j pids.max 44
	# podman, from a file.
	echo '{"unified":{"memory.high":"50331648"},"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}' >resources
	update --resources="$PWD/resources" j
	expect_file j memory.high 50331648
	expect_file j hugetlb.2MB.max 4194304
	"$MINIRUN" start j
	update_json j '{"pids":{"limit":55}}'
	expect_file j pids.max 55
	"$MINIRUN" pause j
	update_json j '{"pids":{"limit":66}}'
	expect_file j pids.max 66
}
check 'created, running and paused containers take the JSON of engines' json_of_engines

# The last of several limits is refused by the kernel: the ones before are as they were.
all_or_nothing()
{
	make_bundle b sleep 1000
	edit_config b '.linux.resources = {memory: {limit: 67108864}, pids: {limit: 33}, cpu: {cpus: "1", shares: 2048}}'
	start n b
	local before
	before=$(cd "$(cgroup_of n)" && head memory.max memory.swap.max pids.max cpu.weight cpu.max cpuset.cpus cpuset.mems.effective)
	for resources in \
		'{"memory":{"limit":134217728,"swap":134217728},"pids":{"limit":44},"cpu":{"cpus":"0-1","mems":"0","quota":50000},"unified":{"cpu.max.burst":"60000"}}' \
		'{"pids":{"limit":44},"cpu":{"shares":100},"hugepageLimits":[{"pageSize":"64KB","limit":0}]}' \
		'{"cpu":{"shares":100,"cpus":"0"},"unified":{"memory.max":"50331648","memory.nonsense":"1"}}' \
		'{"pids":{"limit":44},"cpu":{"cpus":"77"}}'; do
		status=0
		update_json n "$resources" 2>stderr || status=$?
		expect_equal "$status" 1
		expect_contains "$(cat stderr)" 'cannot update container "n": cannot set linux.resources.'
		expect_lacks "$(cat stderr)" 'could not be set back'
		expect_equal "$(cd "$(cgroup_of n)" && head memory.max memory.swap.max pids.max cpu.weight cpu.max cpuset.cpus cpuset.mems.effective)" "$before"
	done
}
check 'one limit refused: all are as before' all_or_nothing

disks_set_back()
{
	local device
	modprobe zram num_devices=1
	device=$(cat /sys/block/zram0/dev)
	make_bundle b sleep 1000
	start d b
	update_json d "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${device%:*},\"minor\":${device#*:},\"rate\":1048576}]}}"
	expect_file d io.max "$device rbps=1048576 wbps=max riops=max wiops=max"
	if update_json d "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${device%:*},\"minor\":${device#*:},\"rate\":2097152}]},\"unified\":{\"memory.nonsense\":\"1\"}}" 2>stderr; then fail accepted; fi
	expect_file d io.max "$device rbps=1048576 wbps=max riops=max wiops=max"
	update_json d "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${device%:*},\"minor\":${device#*:},\"rate\":0}]}}"
	if update_json d "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${device%:*},\"minor\":${device#*:},\"rate\":2097152}]},\"unified\":{\"memory.nonsense\":\"1\"}}" 2>stderr; then fail accepted; fi
	expect_lacks "$(cat stderr)" 'could not be set back'
	expect_file d io.max ''
}
check 'limits of disks are set back, too' disks_set_back

felt()
{
	make_bundle b sh -c 'while [ ! -e /go ]; do sleep 0.2; done; probe alloc 128; echo $?; sleep 1000'
	"$MINIRUN" run --id f b >output &
	trap 'delete_all' EXIT
	started=f
	wait_until 60 is_running f
	update --memory 64m --memory-swap 64m f
	expect_equal "$(cgroup_stat f memory.events oom_kill)" 0
	touch "/proc/$(json "$("$MINIRUN" state f)" .pid)/root/go"
	wait_until 60 grep -q '^oom_kill 1$' "$(cgroup_of f)/memory.events"
	delete_all
	wait
}
is_running()
{
	[ "$(json "$("$MINIRUN" state "$1")" .status)" = running ]
}
check 'a memory limit that came later is felt' felt

checked_before()
{
	make_bundle b sh -c 'head -c 50331648 /dev/zero >/dev/shm/filled; sleep 1000'
	start c b
	wait_until 60 uses_much c
	if update_json c '{"memory":{"limit":8388608,"checkBeforeUpdate":true}}' 2>stderr; then fail accepted; fi
	expect_contains "$(cat stderr)" 'cannot set linux.resources.memory.limit to 8388608: '
	expect_file c memory.max max
}
uses_much()
{
	[ "$(cgroup_file "$1" memory.current)" -gt 41943040 ]
}
check 'checkBeforeUpdate refuses a limit below the use' checked_before
