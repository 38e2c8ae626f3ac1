# pin.sh: `minirun pin` with the threads of real containers, which are named as VPP's and DPDK's are. Where a check says which CPUs have which role, it
# replaces the claim that the start has written.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/claim.bash"

threads_are_pinned_by_name()
{
	start c vpp_main vpp_wk_0 vpp_stats
	claim c "mains $FIRST" "workers $SECOND"
	wait_until 30 has_thread c vpp_stats
	run_minirun pin c
	expect_status 0
	expect_equal "$err" ''
	[ "$FIRST" = "$SECOND" ] || expect_equal "$(awk '{print $3, $5, $6}' <<<"$out" | sort)" "NAME TO RULE
vpp_main $FIRST vpp_main=main
vpp_wk_0 $SECOND *_wk_[0-9]*=workers"
	expect_equal "$(allowed c vpp_main)" "$FIRST"
	expect_equal "$(allowed c vpp_wk_0)" "$SECOND"
	run_minirun pin c
	expect_status 0
	expect_equal "$out$err" 'nothing to change: 3 threads, 2 of them under a rule'
	run_minirun pin --format json c
	expect_equal "$out" '{"id":"c","threads":3,"matched":2,"crowded":0,"changes":[],"problems":[]}'
}

rules_of_the_claim_and_of_the_option()
{
	start c main w1 w0
	claim c "mains $FIRST" "workers $SECOND" 'thread w?=workers' 'thread *=main'
	wait_until 30 has_thread c w0
	run_minirun pin --format json c
	expect_status 0
	expect_equal "$(json "$out" '.matched')" 3
	expect_equal "$(allowed c w0)$(allowed c main)" "$SECOND$FIRST"
	# Two workers on one CPU are told, and told apart from what is right.
	expect_equal "$(json "$out" '.crowded')" 1
	expect_contains "$err" '1 worker threads share a CPU'
	run_minirun pin --thread 'w1=main' --thread "m*=$SECOND" c
	expect_status 0
	expect_equal "$(allowed c w1)$(allowed c main)$(allowed c w0)" "$FIRST$SECOND$SECOND"
}

late_threads_are_pinned_as_they_appear()
{
	local watcher
	start c vpp_main vpp_wk_0+300 vpp_wk_1+100
	claim c "mains $FIRST" "workers $FIRST,$SECOND"
	"$MINIRUN" pin --watch --format json c >watched 2>watched.err &
	watcher=$!
	wait_until 30 is_on c vpp_wk_0 "$FIRST"
	# The later one has the lower number, and the first worker CPU.
	wait_until 30 is_on c vpp_wk_1 "$SECOND"
	"$MINIRUN" kill c KILL
	wait $watcher
	expect_equal "$(cat watched.err)" ''
	[ "$FIRST" = "$SECOND" ] || expect_equal "$(jq -rs '[.[].changes[].name] | unique | join(" ")' watched)" 'vpp_main vpp_wk_0 vpp_wk_1'
}

# leaf ID NAME: the last component of the thread's cgroup.
leaf()
{
	local comm
	for comm in "/proc/$(pid_of "$1")"/task/*/comm; do
		[ "$(cat "$comm")" != "$2" ] || sed -n 's,^0::.*/,,p' "${comm%comm}cgroup"
	done
}

# Leaves as the container's start makes them where cgroup v2 has the cpuset controller; the move needs none.
threads_are_held_by_leaves()
{
	local name
	start c vpp_main vpp_wk_0 vpp_stats other
	claim c "mains $FIRST" "workers $SECOND" "housekeeping $FIRST" 'enforce yes' 'thread vpp_main=main' 'thread vpp_wk_*=workers' 'thread vpp_*=housekeeping'
	wait_until 30 has_thread c other
	run_minirun pin c
	expect_error 1 'cannot open the leaf'
	expect_contains "$err" '3 of 3 threads are not where they belong'
	for name in hk main wk0; do
		mkdir "$TEST_CGROUP/minirun-c/$name"
		echo threaded >"$TEST_CGROUP/minirun-c/$name/cgroup.type"
	done
	run_minirun pin --format json c
	expect_status 0
	expect_equal "$(json "$out" '[.changes[] | select(.held)] | length')" 3
	expect_equal "$(leaf c vpp_main) $(leaf c vpp_wk_0) $(leaf c vpp_stats) $(leaf c other)" 'main wk0 hk minirun-c'
	expect_equal "$(allowed c vpp_wk_0)" "$SECOND"
	run_minirun pin c
	expect_equal "$out$err" 'nothing to change: 4 threads, 3 of them under a rule'
	# Who has left his leaf is brought back.
	pid_of c >"$TEST_CGROUP/minirun-c/hk/cgroup.threads"
	run_minirun pin c
	expect_status 0
	expect_equal "$(leaf c vpp_main)" main
}

# Without a cgroup by the pid namespace: what `exec` brings in is no child of the container's.
execd_processes_too()
{
	local pid
	start c vpp_main
	claim c "mains $FIRST" "workers $SECOND"
	"$MINIRUN" exec --detach --pid-file "$PWD/pid" c /bin/probe named vpp_wk_7 >execd 2>&1
	wait_until 30 grep -q ready execd
	pid=$(cat pid)
	wait_until 30 grep -q vpp_wk_7 "/proc/$pid/comm"
	run_minirun pin --format json c
	expect_status 0
	expect_equal "$(json "$out" '.threads')" 2
	expect_equal "$(awk '/^Cpus_allowed_list/ {print $2}' "/proc/$pid/status")" "$SECOND"
}

without_a_cgroup()
{
	GLOBAL=(--cgroup-manager disabled)
	execd_processes_too
}

# A name is the program's choice.
names_cannot_spoil_the_output()
{
	start c $'w_\n"\e[2Jé'
	claim c "mains $FIRST" "workers $SECOND" 'thread w_*=workers'
	wait_until 30 has_thread c $'w_\n"\e[2Jé'
	taskset -pc "$FIRST" "$(pid_of c)"
	run_minirun pin c
	expect_status 0
	[ "$FIRST" = "$SECOND" ] || expect_contains "$out" 'w_?"?[2J??'
	taskset -pc "$FIRST" "$(pid_of c)"
	run_minirun pin --format json c
	expect_status 0
	[ "$FIRST" = "$SECOND" ] || expect_equal "$(json "$out" '.changes[0].name')" 'w_?"?[2J??'
}

what_cannot_be_done_is_said()
{
	run_minirun pin nobody
	expect_error 1 nobody
	start_without d vpp_main
	run_minirun pin d
	expect_error 1 'cannot pin the threads of container "d": it has no CPUs of its own; start it with --cpus'
	"$MINIRUN" delete --force d
	rm -r bundle-d
	start c vpp_main
	claim c 'mains 60000' "workers $SECOND"
	run_minirun pin c
	expect_error 1 '(vpp_main): cannot pin it to CPU 60000: the cpuset of its cgroup does not have it'
	expect_contains "$err" '1 of 1 threads are not where they belong'
	claim c "mains $FIRST"
	run_minirun pin --thread nonsense c
	expect_error 1 "'nonsense' is no rule for threads: it has no '='"
	run_minirun pin --thread '*=60000' c
	expect_error 1 'wants CPU 60000, which is none of the container'
	claim c "mains $FIRST" 'enforce yes'
	run_minirun pin --thread '*=all' c
	expect_error 1 "'*=all' cannot be enforced"
	echo nonsense >/run/minirun-cores/+run+minirun+c.claim
	run_minirun pin c
	expect_error 1 'claim /run/minirun-cores/+run+minirun+c.claim cannot be read'
	run_minirun pin
	expect_error 2 'no container id is given'
	run_minirun pin c d
	expect_error 2 'one container id, not more'
	run_minirun pin --format xml c
	expect_error 2 "'table' or 'json', not 'xml'"
	bundle bundle-d true
	run_minirun create --bundle bundle-d d
	expect_status 0
	run_minirun start d
	wait_until 30 is_stopped d
	run_minirun pin d
	expect_error 1 'container not running (it is stopped)'
}

# Beside `run`, as long as it attends its container.
run_pins_what_it_attends()
{
	local runner
	trap '"$MINIRUN" delete --force c' EXIT
	bundle bundle-c /bin/probe named vpp_main vpp_wk_0+100
	"$MINIRUN" run "${CPUS[@]}" --bundle bundle-c c >ready 2>&1 &
	runner=$!
	wait_until 30 grep -q ready ready
	wait_until 30 is_on c vpp_wk_0 "$SECOND"
	wait_until 30 is_on c vpp_main "$FIRST"
	"$MINIRUN" kill c KILL
	wait $runner || status=$?
	expect_equal "$status" 137
	expect_equal "$(tail -n 1 ready)" ready
}

# Of this test's mount namespace: another one may run at the same time.
watcher_of()
{
	local pid
	for pid in $(pgrep -f "^minirun --root /run/minirun .*pin --watch $1\$"); do
		[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] || echo "$pid"
	done | grep .
}

has_no_watcher()
{
	! watcher_of "$1"
}

# Rules given make a watcher, which keeps neither the caller's output nor the container.
watched()
{
	local watcher
	trap '"$MINIRUN" delete --force c' EXIT
	bundle bundle-c /bin/probe named one two+100
	"$@" >ready 2>&1
	wait_until 30 grep -q ready ready
	wait_until 30 is_on c two "$SECOND"
	wait_until 30 is_on c one "$FIRST"
	watcher=$(watcher_of c)
	expect_equal "$(readlink "/proc/$watcher/fd/0" "/proc/$watcher/fd/1" "/proc/$watcher/fd/2" "/proc/$watcher/cwd" | sort -u | paste -sd ' ')" '/ /dev/null'
	expect_equal "$(awk '/^SigBlk/ {print $2}' "/proc/$watcher/status")" 0000000000000000
	"$MINIRUN" kill c KILL
	wait_until 30 has_no_watcher c
}

create_and_start()
{
	"$MINIRUN" create "${CPUS[@]}" "${RULES[@]}" --bundle bundle-c c
	has_no_watcher c
	"$MINIRUN" start c
}
RULES=(--thread one=main --thread two=workers)

# More workers than CPUs: nobody listens to the watcher who says so.
its_words_are_found()
{
	local LOG=$1 GLOBAL=("${@:2}") CPUS=("${CPUS[@]}" --thread one=workers --thread two=workers --thread three=workers)
	start c one two three
	wait_until 30 grep -q 'worker threads share a CPU' "$LOG"
	expect_contains "$(cat "$LOG")" "$WORDS"
	[ ! -s /run/minirun/c/pin.log ] || [ "$LOG" = /run/minirun/c/pin.log ] || fail 'it is told twice'
	"$MINIRUN" kill c KILL
	wait_until 30 has_no_watcher c
	[ "$LOG" != /run/minirun/c/pin.log ] || { "$MINIRUN" delete c; [ ! -e /run/minirun/c ]; }
}

# In a pid namespace that the container shares, the watcher's binary is one that nobody can write to.
watcher_is_sealed()
{
	local pid
	trap '"$MINIRUN" delete --force c' EXIT
	bundle bundle-c /bin/probe named one two+100
	edit_config bundle-c 'del(.linux.namespaces[] | select(.type == "pid"))'
	"$@" >ready 2>&1
	wait_until 30 is_on c one "$FIRST"
	wait_until 30 watcher_of c
	pid=$(watcher_of c)
	wait_until 30 cannot_be_touched "$pid"
	"$MINIRUN" kill c KILL
	wait_until 30 has_no_watcher c
}

cannot_be_touched()
{
	[[ $(touch -c "/proc/$1/exe" 2>&1) == *'Read-only file system' ]]
}

# The device tells the lowest latency that anybody on the machine asks for.
latency_is()
{
	[ "$(od -An -td4 -N4 /dev/cpu_dma_latency | tr -d ' ')" = "$1" ]
}

latency_is_not()
{
	! latency_is "$1"
}

latency_is_held_with_the_container()
{
	local runner
	[ -e /dev/cpu_dma_latency ] || skip_without_kernel '/dev/cpu_dma_latency'
	trap '"$MINIRUN" delete --force c d' EXIT
	bundle bundle-c sleep 1000
	"$MINIRUN" run "${CPUS[0]}" "${CPUS[1]},latency=0" --bundle bundle-c c >/dev/null 2>&1 &
	runner=$!
	wait_until 30 latency_is 0
	expect_contains "$(readlink /proc/$runner/fd/* | paste -sd ' ')" /dev/cpu_dma_latency
	"$MINIRUN" kill c KILL
	wait $runner || true
	wait_until 30 latency_is_not 0
	# Detached, without rules.
	"$MINIRUN" run "${CPUS[0]}" "${CPUS[1]},latency=0" --detach --bundle bundle-c d >/dev/null 2>&1
	wait_until 30 latency_is 0
	expect_contains "$(readlink "/proc/$(watcher_of d)"/fd/* | paste -sd ' ')" /dev/cpu_dma_latency
	"$MINIRUN" delete --force d
	wait_until 30 latency_is_not 0
}

real_time_scheduling_is_warned_of()
{
	[ "$(cat /proc/sys/kernel/sched_rt_runtime_us)" -ge 0 ] || skip_without_kernel 'real-time throttling (sched_rt_runtime_us is -1)'
	run_sh true '.process.scheduler = {policy: "SCHED_FIFO", priority: 1}' "${CPUS[@]}"
	expect_contains "$err" "threads of SCHED_FIFO on CPUs"
	expect_contains "$err" "kernel.sched_rt_runtime_us is $(cat /proc/sys/kernel/sched_rt_runtime_us)"
	run_sh true . "${CPUS[@]}"
	expect_lacks "$err" SCHED_FIFO
}

# Where the kernel has none the start says so.
a_cookie_or_no_start()
{
	run_sh 'echo started' . "${CPUS[0]}" "${CPUS[1]},core_sched=yes"
	if [ "$status" = 0 ]; then
		expect_equal "$out" started
	else
		expect_status 125
		[[ $err == *CONFIG_SCHED_CORE* || $err == *'SMT siblings'* ]] || fail "$err"
		[ ! -e /run/minirun-cores ] || fail "the CPUs are still owned: $(ls /run/minirun-cores)"
	fi
	# exec joins the one that the state tells of, on such a kernel or not.
	start c calm
	"$MINIRUN" exec c true
	jq -c '.coreCookie = true' /run/minirun/c/state.json >marked.json
	cat marked.json >/run/minirun/c/state.json
	run_minirun exec c true
	if [ "$status" != 0 ]; then
		expect_error 125 'cannot join the core scheduling cookie of process 1'
		[[ $err == *CONFIG_SCHED_CORE* || $err == *'SMT siblings'* ]] || fail "$err"
	fi
	"$MINIRUN" delete --force c
	run_minirun explain "${CPUS[0]}" "${CPUS[1]},core_sched=yes" shell
	expect_contains "$out" 'PR_SCHED_CORE_CREATE'
	expect_contains "$out" 'coresched new'
}

without_rules_nobody_stays()
{
	start c vpp_main
	has_no_watcher c
}

check 'threads go where their names belong, and stay there' threads_are_pinned_by_name
check 'the rules are those of the claim, or those of the option' rules_of_the_claim_and_of_the_option
check 'threads that appear late are found by --watch, which ends with the container' late_threads_are_pinned_as_they_appear
check 'threads are moved into the leaf of their role and brought back' threads_are_held_by_leaves
check 'processes of exec are the container'"'"'s too' execd_processes_too
check 'a container without a cgroup is found by its pid namespace' without_a_cgroup
check 'a thread cannot spoil the output by its name' names_cannot_spoil_the_output
check 'what cannot be pinned is said, and why' what_cannot_be_done_is_said
check 'run pins the threads of the container that it attends' run_pins_what_it_attends
check 'run --detach with rules leaves a watcher, which ends with the container' watched "$MINIRUN" run --detach "${CPUS[@]}" "${RULES[@]}" --bundle bundle-c c
check 'start does, too' watched create_and_start
WORDS='level=warning msg="' check 'what the watcher has to say is beside the state' its_words_are_found /run/minirun/c/pin.log
WORDS='level=warning msg="' check 'or in the file of --log' its_words_are_found "$TEST_TMP/log" --log "$TEST_TMP/log"
WORDS='{"level":"warning","msg":"' check 'in the form of --log-format' its_words_are_found "$TEST_TMP/log.json" --log "$TEST_TMP/log.json" --log-format json
check 'a watcher that the container sees is sealed' watcher_is_sealed "$MINIRUN" run --detach "${CPUS[@]}" "${RULES[@]}" --bundle bundle-c c
check 'also that of start' watcher_is_sealed create_and_start
check 'without rules nobody stays' without_rules_nobody_stays
check 'the wake-up latency is held as long as the container runs' latency_is_held_with_the_container
check 'real-time scheduling on CPUs of its own is warned of' real_time_scheduling_is_warned_of
check 'SMT siblings are kept from others, or there is no start' a_cookie_or_no_start
