# test_cores.sh: exact cores, on CPUs 2-3 that the kernel isolates (isolcpus), where the scheduler moves nothing by itself.
# limit: 600
. "$(dirname "$0")/containers.bash"

pinned_by_flag_and_by_spec()
{
	make_bundle b sh -c 'grep ^Cpus_allowed_list: /proc/self/status; probe threads 4 1; probe unpin 0-1; probe unpin 0-3'
	run_minirun run --cpus 2-3 b
	expect_status 0
	expect_pinned
	edit_config b '.linux.resources.cpu.cpus = "2-3"'
	run_minirun run b
	expect_status 0
	expect_pinned
	# The flag wins.
	run_minirun run --cpus 3 b
	expect_status 0
	expect_contains "$out" $'Cpus_allowed_list:\t3'
}

# Nobody leaves: outside of the cpuset is EINVAL, a superset is cut to it.
expect_pinned()
{
	expect_contains "$out" $'Cpus_allowed_list:\t2-3'
	expect_equal "$(sed -n 2p <<<"$out" | jq -c '[.threads | flatten | unique[] | select(. != 2 and . != 3)]')" '[]'
	expect_equal "$(sed -n 3p <<<"$out" | jq -c '[.ok, .errno, .allowed]')" '[false,"EINVAL",[2,3]]'
	expect_equal "$(sed -n 4p <<<"$out" | jq -c '[.ok, .allowed]')" '[true,[2,3]]'
}

cpuset_is_in_the_kernel()
{
	make_bundle b sleep 1000
	start c b --cpus 2-3
	expect_file c cpuset.cpus 2-3
	expect_file c cpuset.cpus.effective 2-3
	expect_equal "$(grep ^Cpus_allowed_list: "/proc/$(head -n 1 "$(cgroup_of c)/cgroup.procs")/status")" $'Cpus_allowed_list:\t2-3'
}

# Wherever minirun itself runs, the program's first instruction is on the first core of the list. A hundred times, and nothing is left of them.
first_core_a_hundred_times()
{
	local before i cpu
	make_bundle b probe threads 1 0
	before=$(host_state)
	for ((i = 0; i < 100; i++)); do
		cpu=$((i % 4))
		run_minirun_on $cpu run --cpus 2-3 b
		expect_status 0
		expect_contains "$out" '"first_cpu":2,'
	done
	expect_host_as "$before"
}

# run_minirun_on CPU ARGUMENT...
run_minirun_on()
{
	local cpu=$1
	shift
	status=0
	taskset -c "$cpu" "$MINIRUN" "$@" >output 2>errors || status=$?
	out=$(<output)
	err=$(<errors)
}

first_core_of_other_lists()
{
	make_bundle b probe threads 1 0
	run_minirun run --cpus 3 b
	expect_contains "$out" '"first_cpu":3,'
	run_minirun run --cpus 1-3 b
	expect_contains "$out" '"first_cpu":1,'
	# As it is written: the first is the main one.
	run_minirun run --cpus 3,1 b
	expect_contains "$out" '"first_cpu":3,'
}

# waited_share PID SECONDS: how long it was kept waiting for a CPU, per time that it ran: proc(5), /proc/PID/schedstat. About 1 where two busy
# processes have one CPU. Both are the guest's time: how long the host lets each virtual CPU run is not in it.
waited_share()
{
	local ran waited ran_before waited_before rest
	read -r ran_before waited_before rest <"/proc/$1/schedstat"
	sleep "$2"
	read -r ran waited rest <"/proc/$1/schedstat"
	[ "$ran" -gt "$ran_before" ] || fail "process $1 did not run in $2 s"
	awk -v ran=$((ran - ran_before)) -v waited=$((waited - waited_before)) 'BEGIN { print waited / ran }'
}

containers_have_cores_of_their_own()
{
	local pid pair
	make_bundle b probe burn 1000
	start two b --cpus 2
	start three b --cpus 3
	for pair in two=2 three=3; do
		pid=$(head -n 1 "$(cgroup_of "${pair%=*}")/cgroup.procs")
		# The 39th field is the CPU it ran on last: proc_pid_stat(5).
		wait_until 30 eval '[ "$(sed "s/.*) //" "/proc/$pid/stat" | cut -d " " -f 37)" = "${pair#*=}" ]'
		between 0 "$(waited_share "$pid" 3)" 0.4
	done
}

what_the_machine_lacks_is_refused()
{
	local before
	make_bundle b true
	before=$(host_state)
	run_minirun run --cpus 2-9 b
	expect_status 125
	expect_contains "$err" '--cpus: CPU 4 is not on this machine; online are 0-3'
	edit_config b '.linux.resources.cpu.cpus = "8"'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.resources.cpu.cpus 8: cannot use CPU 8'
	edit_config b '.linux.resources.cpu = {mems: "1"}'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.resources.cpu.mems: cannot use memory node 1: this machine has 0'
	expect_host_as "$before"
}

# A parent that may use less than the machine has: the kernel's word, with what is allowed.
what_a_cgroup_above_withholds()
{
	make_bundle b sh -c 'grep ^Cpus_allowed_list: /proc/self/status'
	echo +cpuset >"$TEST_CGROUP/cgroup.subtree_control"
	mkdir "$TEST_CGROUP/narrow"
	echo 0-2 >"$TEST_CGROUP/narrow/cpuset.cpus"
	edit_config b '.linux.cgroupsPath = "/narrow/c"'
	run_minirun run --cpus 2 b
	expect_status 0
	expect_equal "$out" $'Cpus_allowed_list:\t2'
	run_minirun run --cpus 3 b
	expect_status 125
	expect_contains "$err" 'CPU'
	expect_contains "$err" 3
	[ ! -e "$TEST_CGROUP/narrow/c" ] || fail 'a failed run left its cgroup'
	rmdir "$TEST_CGROUP/narrow"
}

check 'flag and spec pin, and no thread leaves' pinned_by_flag_and_by_spec
check 'the cpuset is in the kernel' cpuset_is_in_the_kernel
check 'a program starts on the first core, 100 times' first_core_a_hundred_times
check 'the first core of other lists' first_core_of_other_lists
check 'two containers have a core each' containers_have_cores_of_their_own
check 'CPUs and memory nodes outside of the machine are refused' what_the_machine_lacks_is_refused
check 'CPUs outside of the cgroup above are refused' what_a_cgroup_above_withholds
