# events.sh: `events`: statistics once and at intervals, the end with the container, and what is refused. What needs controllers is in tests/vm/test_events.sh.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

start()
{
	trap '"$MINIRUN" delete --force e' EXIT
	bundle b "$@"
	run_minirun run --detach --bundle b e
	expect_status 0
}

once()
{
	start sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; sleep 1000'
	wait_until 30 used_something
	run_minirun events --stats e
	expect_status 0
	expect_equal "$(wc -l <<<"$out")" 1 lines
	expect_equal "$(jq -c '[.type, .id, (.data | keys)]' <<<"$out")" \
		'["stats","e",["blkio","cpu","cpuset","hugetlb","intel_rdt","memory","network_interfaces","pids","rdma"]]'
	jq -e '.data.cpu.usage | .total > 1000000 and .user + .kernel > .total * 0.9 and .user + .kernel < .total * 1.1' <<<"$out"
	jq -e '.data.cpu.throttling == {periods: 0, throttledPeriods: 0, throttledTime: 0}' <<<"$out"
	# What the kernel says is what is printed.
	if [ -r "$TEST_CGROUP/minirun-e/cpu.pressure" ]; then
		jq -e '.data.cpu.psi.some | .avg10 >= 0 and .total >= 0' <<<"$out"
	fi
}
used_something()
{
	[ "$(sed -n 's/^usage_usec //p' "$TEST_CGROUP/minirun-e/cpu.stat")" -gt 1000 ]
}
check 'events --stats prints one object in runc'"'"'s form' once

at_intervals_until_the_end()
{
	local pid
	start sleep 1000
	"$MINIRUN" events --interval 50ms e >output &
	pid=$!
	wait_until 30 lines_are 3
	jq -e -s 'all(.type == "stats" and .id == "e")' output
	jq -e -s 'map(.data.cpu.usage.total) == (map(.data.cpu.usage.total) | sort)' output
	# A paused container has statistics, too.
	"$MINIRUN" pause e
	wait_until 30 lines_are 6
	"$MINIRUN" kill e KILL
	wait $pid
	"$MINIRUN" delete e
}
lines_are()
{
	[ "$(wc -l <output)" -ge "$1" ]
}
check 'statistics come at intervals and end with the container' at_intervals_until_the_end

# As a reader that goes away.
broken_pipe()
{
	start sleep 1000
	"$MINIRUN" events --interval 20ms e | head -n 1 >output || [ $? = 141 ] # SIGPIPE
	expect_equal "$(jq -r .type output)" stats
}
check 'a reader that goes away ends it' broken_pipe

refusals()
{
	local interval
	run_minirun events nothing
	expect_status 1
	expect_contains "$err" 'container "nothing" does not exist'
	run_minirun events
	expect_status 2
	start sleep 1000
	for interval in 0s -1s 5 s 5x 1.2.3s '' 0.0001ms 9999h; do
		run_minirun events --interval="$interval" e
		expect_status 2
		expect_contains "$err" "--interval"
	done
	run_minirun kill e KILL
	wait_until 30 stopped
	run_minirun events e
	expect_status 1
	expect_contains "$err" 'cannot watch container "e": container not running (it is stopped)'
	"$MINIRUN" delete e
	run_minirun --cgroup-manager disabled run --detach --bundle b e
	run_minirun events --stats e
	expect_status 1
	expect_contains "$err" 'it has no cgroup that counts what it uses'
}
stopped()
{
	[ "$(json "$("$MINIRUN" state e)" .status)" = stopped ]
}
check 'what events refuses' refusals
