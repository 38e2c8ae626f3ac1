# test_cores_proof.sh: what runs on the CPUs of a container: four busy threads on four CPUs, beside what a cpuset alone gives, and `verify` and `jitter` on CPUs that really are
# the container's alone: on plan, and off it for every reason that can be made here, named.
# machine: numa numa-isolated numa-new numa-new-isolated
# limit: 600
. "$(dirname "$0")/cores.bash"
level=partition
data='1 2 3 5'
[ -z "$ISOLCPUS" ] || level=isolcpus data='2 3 4 5'
busy='spin_0! spin_1! spin_2! spin_3!'

# verify [ARGUMENT...]: of container c, in JSON.
verify()
{
	run_minirun verify --format json "$@" c
}

# holds JQ-PROGRAM [OPTION...]: of what verify has printed.
holds()
{
	jq -e "$@" <<<"$out" >/dev/null || fail "not so: $* in: $out"
}

# found KIND NAME CPU: verify has failed, with a finding that is off plan.
found()
{
	expect_status 1
	holds --arg kind "$1" --arg name "$2" --argjson cpu "$3" 'any(.findings[]; .offPlan and .kind == $kind and (.name // "") == $name and (.cpu // -1) == $cpu)'
}

on_one_cpu_each()
{
	[ "$(threads c 'spin_*' | awk '{ print $2 == $3 ? $2 : "-" }' | sort -n | paste -sd ' ')" = "$data" ]
}

four_threads_on_four_cpus()
{
	# shellcheck disable=SC2086 # words
	make_bundle b probe named calm $busy
	start c b --cpus 'count=4,main=0,smt=any,cross_node=yes' --thread 'spin_*=workers'
	wait_until 30 on_one_cpu_each
	on_plan --seconds 2 c
	holds --arg level "$level" '.onPlan and .plan.isolation == $level and ([.threads[] | select(.ran and .ranPercent > 1 and .migrations == 0) | .processor] | sort | map(tostring) | join(" ")) == $data' --arg data "$data"
	holds --arg kernel "$(uname -r)" --arg line "$(cat /proc/cmdline)" '.kernel == $kernel and .commandLine == $line'
	# The tick of a CPU with nohz_full stops while it has one thread to run, and is counted where it does not.
	if [ -n "$ISOLCPUS" ]; then
		holds 'all(.cpus[] | select(.cpu >= 2 and .cpu <= 5); .nohzFull and .isolcpus and (.interrupts.LOC // 0) < 20)'
	else
		holds 'all(.cpus[]; (.nohzFull | not) and (.isolcpus | not)) and any(.cpus[]; .interrupts.LOC > 20)'
		holds '.isolationNow == "partition"'
	fi
	jq -r '[.threads[] | select(.name | startswith("spin")) | .processor] | join(" ")' <<<"$out" >"$TEST_TMP/minirun.cpus"
	delete_all
	given_back
}

# crun sets the CPUs of the same container's cpuset, and the partition where the machine was booted without isolated CPUs.
crun_piles_up()
{
	local pid task
	# shellcheck disable=SC2086 # words
	make_bundle b probe named calm $busy
	edit_config b '.linux.resources.cpu.cpus = "2-5" | .linux.cgroupsPath = "/minirun-piled" | .ociVersion = "1.0.2"'
	[ -n "$ISOLCPUS" ] || edit_config b '.linux.resources.unified = {"cpuset.cpus.partition": "isolated"}'
	crun --root "$PWD/crun" run --detach --bundle b piled >log 2>&1 || { cat log; false; }
	trap 'crun --root "$PWD/crun" delete --force piled' EXIT
	pid=$(crun --root "$PWD/crun" state piled | jq .pid)
	[ -n "$ISOLCPUS" ] || expect_equal "$(cat "$TEST_CGROUP/minirun-piled/cpuset.cpus.partition")" isolated
	spinning()
	{
		[ "$(cat "/proc/$pid"/task/*/comm | grep -c spin_)" = 4 ]
	}
	wait_until 30 spinning
	sleep 2 # time enough for a scheduler that wanted to
	for task in "/proc/$pid"/task/*; do grep -q spin_ "$task/comm" && sed 's/.*) //' "$task/stat" | cut -d ' ' -f 37; done | paste -sd ' ' >"$TEST_TMP/crun.cpus"
}

# So that the figures are seen.
four_against_one()
{
	expect_equal "$(tr ' ' '\n' <"$TEST_TMP/minirun.cpus" | sort -u | wc -l)" 4
	expect_equal "$(tr ' ' '\n' <"$TEST_TMP/crun.cpus" | sort -u | wc -l)" 1
}

tid_of()
{
	threads c "$1" | cut -d ' ' -f 4
}

# Who takes time from a thread that never waits is named, and so is the thread. Where nobody can be put on its CPU from outside, one is put into its cgroup.
an_intruder_is_named()
{
	local noise
	cp "$(command -v dd)" noisy_dd
	if [ $level = partition ]; then
		! taskset -c "$worker" true 2>refused || fail "a foreign task may use CPU $worker"
		expect_contains "$(<refused)" 'Invalid argument'
		(echo 0 >"$(cgroup_of c)/cgroup.procs" && exec taskset -c "$worker" ./noisy_dd if=/dev/zero of=/dev/null bs=1) 2>/dev/null &
	else
		taskset -c "$worker" ./noisy_dd if=/dev/zero of=/dev/null bs=1 2>/dev/null &
	fi
	noise=$!
	trap "kill $noise; delete_all" EXIT
	verify --seconds 2
	found delay vpp_wk_0 "$worker"
	expect_contains "$err" 'container "c" is off plan'
	[ $level = partition ] || {
		found foreign noisy_dd "$worker"
		# Two to run on one CPU: it ticks.
		found tick LOC "$worker"
	}
	kill $noise
	wait $noise || true
	trap delete_all EXIT
}

# Nobody puts it back while the minirun that attends is stopped.
a_thread_that_was_moved_is_named()
{
	kill -STOP "$minirun"
	taskset -pc "$main" "$(tid_of vpp_wk_0)" >/dev/null
	verify --seconds 0.5
	found affinity vpp_wk_0 -1
	found processor vpp_wk_0 "$main"
	holds --arg text "may run on $main, but belongs on $worker (rule *_wk_[0-9]*=workers)" 'any(.findings[]; .text | contains($text))'
	kill -CONT "$minirun"
	wait_until 30 is_allowed c vpp_wk_0 "$worker"
}

memory_on_the_other_node_is_named()
{
	echo 0 >"$(cgroup_of c)/cpuset.mems" # cgroup v2 moves what is there
	verify --seconds 0.2
	found memory '' -1
	holds 'any(.findings[]; .text | contains("kB of the container'\''s memory lie on node 0, its CPUs on node 1"))'
	echo 1 >"$(cgroup_of c)/cpuset.mems"
}

a_cpu_that_went_is_named()
{
	local knob=/sys/devices/system/cpu/cpu$worker/online
	trap "echo 1 >$knob; delete_all" EXIT
	echo 0 >"$knob"
	verify --seconds 0.2
	found offline '' "$worker"
	echo 1 >"$knob"
	trap delete_all EXIT
	wait_until 30 is_allowed c vpp_wk_0 "$worker"
	on_plan --seconds 1 c
}

# A partition that is lost, since somebody who asks nobody takes a CPU of it: the kernel's words.
a_lost_partition_is_named()
{
	mkdir "$TEST_CGROUP/minirun-thief"
	trap 'rmdir "$TEST_CGROUP/minirun-thief"; delete_all' EXIT
	echo "$worker" >"$TEST_CGROUP/minirun-thief/cpuset.cpus"
	wait_until 30 grep -q 'the CPUs are no longer isolated: cpuset.cpus.partition is .isolated invalid' log
	verify --seconds 0.2
	found isolation '' -1
	holds '.plan.isolation == "partition" and .isolationNow != "partition" and (.isolationReason | contains("isolated invalid"))'
	rmdir "$TEST_CGROUP/minirun-thief"
	trap delete_all EXIT
}

# One container, on the node that the machine did not begin with; after each thing that is off plan it is on plan again.
verify_names_what_is_off_plan()
{
	local main worker
	make_bundle b probe named vpp_main vpp_wk_0!
	attend c b --cpus 'count=2,main=1,smt=any,node=1'
	main=$(claim_of c mains) worker=$(claim_of c workers)
	wait_until 30 is_allowed c vpp_wk_0 "$worker"
	on_plan --seconds 1 c
	holds --arg level "$level" '.onPlan and .plan.isolation == $level and .plan.node == 1 and ([.memory[] | select(.ownKb > 0) | .node] == [1])'
	an_intruder_is_named
	a_thread_that_was_moved_is_named
	memory_on_the_other_node_is_named
	a_cpu_that_went_is_named
	[ $level != partition ] || a_lost_partition_is_named
	delete_all
	wait "$minirun" || true
	given_back
}

jitter_of_isolated_cpus()
{
	run_minirun jitter --cpus 2-3 --seconds 1 --format json --svg drawing.svg
	expect_status 0
	holds --arg kernel "$(uname -r)" '([.cpus[].cpu] == [2, 3]) and .kernel == $kernel and all(.cpus[]; (.histogram | map(.count) | add) == .samples and .samples > 1000)'
	if [ -n "$ISOLCPUS" ]; then
		holds 'all(.cpus[]; ([.interrupts[] | select(.label == "LOC") | .count] | add // 0) < 20)'
	else
		holds 'any(.cpus[]; any(.interrupts[]; .label == "LOC" and .count > 20))'
	fi
	python3 -c 'import xml.dom.minidom; print(len(xml.dom.minidom.parse("drawing.svg").getElementsByTagName("rect")))' >bars
	[ "$(<bars)" -gt 2 ]
	run_minirun jitter --cpus 2 --seconds 0.2
	expect_contains "$out" 'CPU 2, 0.2'
	# Those of a container are its own, and those of a partition out of reach.
	make_bundle b sleep 1000
	start c b --cpus 2,smt=any
	run_minirun jitter --cpus 2 --seconds 0.2
	expect_error 1 'CPU 2 belongs to container "c"'
	run_minirun jitter --cpus 2 --seconds 0.2 --owned
	if [ $level = partition ]; then expect_error 1 'CPU 2'; else expect_status 0; fi
	delete_all
	given_back
}

# What PM QoS holds now, in microseconds.
wake_up_latency()
{
	od -An -td4 -N4 /dev/cpu_dma_latency | tr -d ' '
}
is_latency()
{
	[ "$(wake_up_latency)" = "$1" ]
}

latency_and_core_scheduling()
{
	local usual
	usual=$(wake_up_latency)
	make_bundle b sleep 1000
	start c b --cpus 'count=1,smt=any,latency=7'
	wait_until 30 is_latency 7
	delete_all
	wait_until 30 is_latency "$usual"
	run_minirun run --detach --id c --cpus 'count=1,smt=any,core_sched=yes' b
	if [ "$status" -eq 0 ]; then
		started=' c'
		delete_all
	else
		expect_error 125 CONFIG_SCHED_CORE
	fi
	given_back
}

check 'four busy threads run on four CPUs, and verify proves it' four_threads_on_four_cpus
check 'crun runs the same container with a cpuset alone' crun_piles_up
check "side by side: by minirun four busy threads are on CPUs $(cat minirun.cpus), by crun on $(cat crun.cpus)" four_against_one
check 'verify names what is off plan, on CPUs that are the container'\''s alone' verify_names_what_is_off_plan
check 'jitter measures isolated CPUs, and respects their owner' jitter_of_isolated_cpus
check 'the wake-up latency is held while the container lives; core scheduling, or why not' latency_and_core_scheduling
