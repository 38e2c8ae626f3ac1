# test_events.sh: `events` with all controllers: the numbers are the kernel's, and a kill for lack of memory is an event.
# limit: 600
. "$(dirname "$0")/containers.bash"

numbers_are_the_kernels()
{
	make_bundle b sh -c 'head -c 20971520 /dev/zero >/dev/shm/filled; echo done >/filled; sleep 1000'
	edit_config b '.linux.resources = {memory: {limit: 67108864, swap: 100663296}, pids: {limit: 33}, cpu: {quota: 50000, period: 100000, cpus: "1"}, blockIO: {weight: 100},
		hugepageLimits: [{pageSize: "2MB", limit: 4194304}]}'
	start e b
	wait_until 60 filled
	run_minirun events --stats e
	expect_status 0
	expect_equal "$(jq -c '.data | [.memory.usage.limit, .memory.swap.limit, (.pids.current > 0), .pids.limit, .cpuset.cpus, .cpuset.mems, .hugetlb["2MB"].usage, .hugetlb["2MB"].limit]' <<<"$out")" \
		'[67108864,100663296,true,33,[1],[0],0,4194304]'
	jq -e '.data.memory | .usage.usage > 20000000 and .usage.usage <= .usage.limit and .raw.shmem > 20000000 and .cache >= .raw.shmem and .event_count.oom_kill == 0' <<<"$out"
	jq -e '.data.cpu.throttling.periods > 0' <<<"$out"
	jq -e '.data.memory.psi.full.avg300 >= 0 and .data.blkio.psi.some.total >= 0' <<<"$out"
}
filled()
{
	[ "$(sed -n 's/^shmem //p' "$(cgroup_of e)/memory.stat")" -gt 20000000 ]
}
check 'statistics are what the cgroup files say' numbers_are_the_kernels

kills_are_events()
{
	local pid
	make_bundle b sh -c 'while [ ! -e /go ]; do sleep 0.2; done; probe alloc 128; sleep 2; probe alloc 128; sleep 1000'
	edit_config b '.linux.resources.memory = {limit: 67108864, swap: 67108864}'
	start o b
	"$MINIRUN" events --interval 1h o >output &
	pid=$!
	# It listens when it has opened the file.
	wait_until 60 opened "$pid"
	touch "/proc/$(json "$("$MINIRUN" state o)" .pid)/root/go"
	wait_until 100 kills_are 2
	expect_equal "$(sort -u output)" '{"type":"oom","id":"o"}'
	expect_equal "$(wc -l <output)" 2
	delete_all
	wait $pid
}
opened()
{
	ls -l "/proc/$1/fd" | grep -q memory.events
}
kills_are()
{
	[ "$(wc -l <output)" -ge "$1" ]
}
check 'each kill for lack of memory is an event, at once' kills_are_events

# An update while events watches: the next statistics have it.
update_is_seen()
{
	make_bundle b sleep 1000
	edit_config b '.linux.resources.pids.limit = 33'
	start u b
	"$MINIRUN" events --interval 500ms u >output &
	wait_until 60 seen 33
	"$MINIRUN" update --pids-limit 44 u
	wait_until 60 seen 44
	delete_all
	wait
}
seen()
{
	jq -e -s "any(.data.pids.limit == $1)" output
}
check 'statistics show an update' update_is_seen
