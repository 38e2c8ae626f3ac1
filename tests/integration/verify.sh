# verify.sh: `minirun verify` with the threads of real containers. The claims are written by hand, so that each can be on plan or off it as a check wants; this machine's
# CPUs are nobody's alone, hence shared=yes where a container is to be on plan.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/claim.bash"

# verify ARGUMENT...: of container c, in JSON.
verify()
{
	run_minirun verify --format json "$@" c
}

# shared_claim [LINE...]: one that keeps nobody off.
shared_claim()
{
	claim c "$@"
	sed -i 's/^shared no/shared yes/' /run/minirun-cores/+run+minirun+c.claim
}

# kinds: of the findings that are off plan.
kinds()
{
	jq -r '[.findings[] | select(.offPlan) | .kind] | unique | join(" ")' <<<"$out"
}

threads_at_their_places_are_on_plan()
{
	start c vpp_main 'vpp_wk_0!' vpp_stats
	shared_claim "mains $FIRST" "workers $SECOND" 'level affinity-only'
	wait_until 30 has_thread c vpp_stats
	run_minirun pin c
	expect_status 0
	taskset -apc "$FIRST,$SECOND" "$(pid_of c)" >/dev/null
	run_minirun pin c
	verify --seconds 0.5
	expect_equal "$(kinds)" ''
	expect_status 0
	expect_equal "$(json "$out" '.onPlan')" true
	expect_equal "$(jq -r '.threads[] | select(.name == "vpp_wk_0") | "\(.planned) \(.allowed) \(.processor) \(.ran) \(.rule)"' <<<"$out")" "$SECOND $SECOND $SECOND true *_wk_[0-9]*=workers"
	expect_equal "$(jq -r '.threads[] | select(.name == "vpp_main") | "\(.ran) \(.processor)"' <<<"$out")" 'false null'
	expect_equal "$(json "$out" '.kernel')" "$(uname -r)"
	expect_equal "$(json "$out" '.commandLine')" "$(cat /proc/cmdline)"
	expect_equal "$(json "$out" '.plan.isolation')" affinity-only
	jq -e '.cpus | length >= 1' <<<"$out"

	run_minirun verify --seconds 0.2 c
	expect_status 0
	expect_contains "$out" 'on plan: 3 threads'
	expect_contains "$out" "kernel $(uname -r): $(cat /proc/cmdline)"
	expect_equal "$err" ''
}

a_thread_off_its_place_is_named()
{
	start c vpp_main 'vpp_wk_0!'
	shared_claim "mains $FIRST" "workers $SECOND"
	wait_until 30 has_thread c vpp_wk_0
	run_minirun pin c
	taskset -pc "$FIRST,$SECOND" "$(tid_of c vpp_main)"
	[ "$FIRST" != "$SECOND" ] || skip_without_kernel 'a second CPU'
	verify --seconds 0.2
	expect_status 1
	expect_equal "$(kinds)" affinity
	expect_contains "$err" 'container "c" is off plan (1): thread vpp_main (tid '
	expect_contains "$err" "may run on $(allowed c vpp_main), but belongs on $FIRST (rule vpp_main=main)"
	# One that runs on another CPU than its own is told twice: for where it may run, and for where it did.
	taskset -pc "$FIRST" "$(tid_of c vpp_wk_0)"
	run_minirun verify --seconds 0.2 c
	expect_status 1
	expect_contains "$out" "OFF PLAN: processor: thread vpp_wk_0"
	expect_contains "$out" "ran on CPU $FIRST, but belongs on $SECOND"
}

tid_of()
{
	local comm
	for comm in "/proc/$(pid_of "$1")"/task/*/comm; do
		[ "$(cat "$comm")" != "$2" ] || basename "${comm%/comm}"
	done
}

who_disturbs_is_named()
{
	start c vpp_main 'vpp_wk_0!'
	claim c "mains $FIRST" "workers $SECOND"
	wait_until 30 has_thread c vpp_wk_0
	run_minirun pin c
	# A name of its own, so that it is told from the rest of the machine.
	cp "$(command -v dd)" noisy_dd
	taskset -c "$SECOND" ./noisy_dd if=/dev/zero of=/dev/null bs=1 &
	noise=$!
	trap 'kill $noise; "$MINIRUN" delete --force c; rm -rf /run/minirun-cores' EXIT
	verify --seconds 1
	expect_status 1
	jq -e --argjson cpu "$SECOND" '.findings[] | select(.kind == "foreign" and .name == "noisy_dd" and .cpu == $cpu and .offPlan)' <<<"$out"
	jq -e --argjson cpu "$SECOND" '.findings[] | select(.kind == "delay" and .name == "vpp_wk_0" and .cpu == $cpu and .offPlan)' <<<"$out"
	kill -STOP $noise
	wait_until 30 grep -q 'T (stopped)' "/proc/$noise/status"
	verify --seconds 0.2
	jq -e '[.findings[] | select(.name == "noisy_dd")] == []' <<<"$out"
	kill -CONT $noise
}

more_workers_than_cpus_are_told()
{
	start c vpp_main vpp_wk_0 vpp_wk_1
	shared_claim "mains $FIRST" "workers $SECOND"
	wait_until 30 has_thread c vpp_wk_1
	run_minirun pin c
	verify --seconds 0.1
	expect_status 1
	expect_equal "$(kinds)" crowded
}

names_of_links_are_harmless()
{
	local queue=$'links/a\e[31m/queues/rx-0'
	mkdir -p "$queue"
	echo ffffffff >"$queue/rps_cpus"
	mount --bind links /sys/class/net
	start c vpp_main
	shared_claim "mains $FIRST"
	run_minirun verify --seconds 0.1 c
	umount /sys/class/net
	expect_contains "$out" 'receive steering (RPS) of a?[31m rx-0'
	expect_lacks "$out" $'\e'
}

what_cannot_be_verified_is_said()
{
	run_minirun verify nobody
	expect_error 1 nobody
	start_without d vpp_main
	run_minirun verify --seconds 0.1 d
	expect_error 1 'cannot verify the CPUs of container "d": it has no CPUs of its own'
	run_minirun verify
	expect_error 2 'no container id is given'
	run_minirun verify c d
	expect_error 2 "'d' is one word too many"
	run_minirun verify --seconds -1 c
	expect_error 2 '--seconds is a number of seconds'
	run_minirun verify --format xml c
	expect_error 2 "'table' or 'json', not 'xml'"
	start c vpp_main
	claim c "mains $FIRST"
	# It ends between the two readings.
	(sleep 0.5 && "$MINIRUN" kill c KILL) &
	run_minirun verify --seconds 5 c
	expect_status 1
	expect_contains "$err" 'cannot verify the CPUs of container "c"'
	wait
}

check 'threads at their places are on plan' threads_at_their_places_are_on_plan
check 'a thread that is off its place is named, and the exit code is 1' a_thread_off_its_place_is_named
check 'a task that takes time from the container is named, and the thread that waited' who_disturbs_is_named
check 'more workers than CPUs are told' more_workers_than_cpus_are_told
check 'a link with a strange name does nothing to the terminal' names_of_links_are_harmless
check 'what cannot be verified is said, and why' what_cannot_be_verified_is_said
