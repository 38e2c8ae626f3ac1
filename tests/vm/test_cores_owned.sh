# test_cores_owned.sh: CPUs of a container's own: who owns them, how far the kernel keeps others off, threads that cannot leave, other CPUs while it runs, and that all is
# given back however the container ends. What runs on them is test_cores_proof.sh's.
# machine: numa numa-isolated numa-new numa-new-isolated
# limit: 600
. "$(dirname "$0")/cores.bash"
make_bundle "$TEST_TMP/sleep" sleep 1000
sleeper=$TEST_TMP/sleep
TWO='count=2,main=1,smt=any'

# isolated_now CPUS: those that partitions have now are these; only newer kernels tell.
isolated_now()
{
	[ -n "$ISOLCPUS" ] || [ ! -e "$TEST_CGROUP/cpuset.cpus.isolated" ] || expect_equal "$(cat "$TEST_CGROUP/cpuset.cpus.isolated")" "$1" 'CPUs of isolated partitions'
}

# in_force ID LEVEL: what the ledger says, the kernel says, too.
in_force()
{
	local cpus
	cpus=$(claim_of "$1" cpus)
	expect_equal "$(claim_of "$1" level)" "$2"
	[ "$2" != partition ] || {
		expect_file "$1" cpuset.cpus "$cpus"
		expect_file "$1" cpuset.cpus.effective "$cpus"
		expect_file "$1" cpuset.cpus.partition isolated
	}
}

best_level()
{
	[ -n "$ISOLCPUS" ] && echo isolcpus || echo partition
}

has_one_owner()
{
	local cpus other cpu
	start one "$sleeper" --cpus "$TWO"
	cpus=$(claim_of one cpus)
	in_force one "$(best_level)"
	isolated_now "$cpus"
	# A partition keeps off whoever insists, and who was there before, as this shell; isolcpus only whom the scheduler would place.
	if [ -z "$ISOLCPUS" ]; then
		# shellcheck disable=SC2046 # words
		expect_equal "$(grep -H ^Cpus_allowed_list: /proc/self/status | those_with $(expand "$cpus"))" ''
		for cpu in $(expand "$cpus"); do
			! taskset -c "$cpu" true 2>refused || fail "a foreign task may use CPU $cpu"
			expect_contains "$(<refused)" 'Invalid argument'
		done
	fi
	run_minirun run --cpus "$cpus" --bundle "$sleeper" second
	expect_error 125 'owned by one'
	# By request another one is found.
	start two "$sleeper" --cpus 'count=1,smt=any'
	other=$(claim_of two cpus)
	[[ " $(expand "$cpus") " != *" $other "* ]] || fail "CPU $other is owned twice"
	delete_all
	given_back
}

# Linux 6.1 makes partitions directly below the root only: it says why, and the container runs with what there is, unless more is demanded.
deeper_in_the_tree()
{
	local slice=$TEST_CGROUP/minirun-test-slice
	cp -r "$sleeper" deep
	edit_config deep '.linux.cgroupsPath = "/minirun-test-slice/deep"'
	mkdir "$slice"
	if new_kernel; then
		start deep deep --cpus 'count=1,smt=any,from=any,partition=isolated'
		expect_equal "$(cat "$slice/deep/cpuset.cpus.partition")" isolated
		expect_equal "$(cat "$slice/cpuset.cpus.exclusive")" "$(claim_of deep cpus)"
		isolated_now "$(claim_of deep cpus)"
		delete_all
		expect_equal "$(cat "$slice/cpuset.cpus.exclusive")" ''
	else
		run_minirun run --cpus 'count=1,smt=any,from=any,partition=isolated' --bundle deep deep
		expect_error 125 'before Linux 6.7 a partition is made directly below the root'
		start deep deep --cpus 'count=1,smt=any,from=any'
		expect_equal "$(claim_of deep level)" "$([ -n "$ISOLCPUS" ] && echo isolcpus || echo affinity-only)"
		delete_all
	fi
	rmdir "$slice"
	given_back
}

# placed: its threads have the CPUs that the ledger says.
placed()
{
	is_allowed sized vpp_main "$(claim_of sized mains)" && is_allowed sized 'vpp_wk_*' "$(expand "$(claim_of sized workers)")"
}

# exec'd processes come in beside the control threads.
exec_is_on_housekeeping()
{
	run_minirun exec "$1" grep ^Cpus_allowed_list: /proc/self/status
	expect_equal "$out" "$(printf 'Cpus_allowed_list:\t%s' "$(claim_of "$1" housekeeping)")"
}

# Leaves of the CPUs that there are, each with its own.
expect_leaves()
{
	local leaf
	expect_file sized cgroup.type 'domain threaded'
	expect_equal "$(cd "$(cgroup_of sized)" && echo */)" "$*"
	for leaf; do
		expect_file sized "$leaf/cgroup.type" threaded
		expect_file sized "$leaf/cpuset.cpus.effective" "$(cgroup_file sized "$leaf/cpuset.cpus")"
	done
}

# From outside and by itself, to its neighbour's CPU and to one of the machine's: "Invalid argument".
threads_cannot_leave()
{
	local mine tid _ cpu
	threads sized 'vpp_wk_*' >workers
	while read -r _ _ mine tid; do
		for cpu in 0 $(claim_of sized mains) $(expand "$(claim_of sized workers)"); do
			[ "$cpu" != "$mine" ] || continue
			! taskset -pc "$cpu" "$tid" >unpin 2>&1 || fail "thread $tid left CPU $mine for $cpu"
			expect_contains "$(<unpin)" 'Invalid argument'
		done
	done <workers
	run_minirun exec sized probe unpin "$(claim_of sized workers)"
	expect_equal "$(jq -c '[.ok, .errno]' <<<"$out")" '[false,"EINVAL"]'
}

all_commands_reach_held_threads()
{
	run_minirun pause sized
	expect_status 0
	run_minirun resume sized
	expect_status 0
	run_minirun ps sized
	expect_contains "$out" vpp_main
	run_minirun events --stats sized
	expect_status 0
}

# resized [WORD]: three CPUs become two and three again.
resized()
{
	local level freed three words="smt=any,cross_node=yes"
	make_bundle b probe named vpp_main vpp_wk_0 vpp_wk_1
	start sized b --cpus "count=3,$words${1:+,$1}" --thread 'vpp_main=main' --thread 'vpp_wk_*=workers' --thread '*=housekeeping'
	level=$(best_level)
	three=$(claim_of sized cpus)
	in_force sized "$level"
	wait_until 60 placed
	if [ -n "${1-}" ]; then
		expect_leaves hk/ main/ wk0/ wk1/
		threads_cannot_leave
		all_commands_reach_held_threads
	fi
	exec_is_on_housekeeping sized
	run_minirun update --cpus "count=2,$words" sized
	expect_status 0
	expect_contains "$err" '1 worker threads share a CPU with another one'
	in_force sized "$level"
	isolated_now "$(claim_of sized cpus)"
	[ -z "${1-}" ] || expect_leaves hk/ main/ wk0/
	wait_until 60 is_allowed sized 'vpp_wk_*' "$(claim_of sized workers) $(claim_of sized workers)"
	# What has become free is the next one's, and then not to be had again.
	freed=$(comm -23 <(expand "$three" | tr ' ' '\n' | sort) <(expand "$(claim_of sized cpus)" | tr ' ' '\n' | sort))
	start taker "$sleeper" --cpus "$freed"
	run_minirun update --cpus "cpus=$three,housekeeping=main" sized
	expect_error 1 taker
	in_force sized "$level"
	"$MINIRUN" delete --force taker
	run_minirun update --cpus "count=3,$words" sized
	expect_equal "$status $err" '0 '
	expect_equal "$(claim_of sized cpus)" "$three"
	in_force sized "$level"
	wait_until 60 placed
	[ -z "${1-}" ] || expect_leaves hk/ main/ wk0/ wk1/
	on_plan --seconds 0.2 sized
	run_minirun kill sized KILL
	expect_status 0
	wait_until 60 is_stopped sized
	started=' sized'
	delete_all
	given_back
}

# kept_off CPU...: neither the interrupts $irqs, as far as it is decided where they go, nor the kernel's threads, new devices or unbound work come there.
kept_off()
{
	local irq cpu come
	come=$( (for irq in $irqs; do grep -H . "/proc/irq/$irq/smp_affinity_list"; done && kernel_threads) | those_with "$@")
	[ -z "$come" ] || fail "these may come to CPUs $*: $come"
	for cpu; do
		(((0x$(</proc/irq/default_smp_affinity) >> cpu & 1) == 0)) || fail "new interrupts may come to CPU $cpu"
		(((0x$(</sys/devices/virtual/workqueue/cpumask) >> cpu & 1) == 0)) || fail "unbound work may come to CPU $cpu"
	done
}

# happened CPU...: how often virtio devices have interrupted these CPUs.
happened()
{
	awk -v cpus="$*" 'BEGIN { count = split(cpus, columns, " ") } /virtio/ { for (i = 1; i <= count; i++) sum += $(columns[i] + 2) } END { print sum }' /proc/interrupts
}

# The repository is read over virtio, uncached. An interrupt that is not remapped moves when it happens next (IRQD_SETAFFINITY_PENDING in include/linux/irq.h).
disk_interrupts_others()
{
	local here all
	cat "$REPOSITORY/README.md" >copy
	here=$(happened "$@") all=$(happened {0..7})
	cat "$REPOSITORY/README.md" >copy
	[ "$(happened {0..7})" -gt "$all" ] && [ "$(happened "$@")" = "$here" ]
}

# The devices' own interrupts, allowed everywhere, and the kernel's threads go elsewhere and come back although minirun was killed.
interrupts_leave_and_come_back()
{
	local irq irqs cpus
	irqs=$(sed -n 's/^ *\([0-9]*\):.* virtio.*-.*/\1/p' /proc/interrupts)
	[ "$(wc -w <<<"$irqs")" -ge 4 ]
	for irq in $irqs; do
		cat "/proc/irq/$irq/smp_affinity_list" >"$irq.before"
		echo 0-7 >"/proc/irq/$irq/smp_affinity_list"
	done
	knobs_before=$(knobs)
	kernel_threads >threads.before
	attend steered "$sleeper" --cpus "$TWO"
	cpus=$(expand "$(claim_of steered cpus)")
	# shellcheck disable=SC2086 # words
	kept_off $cpus
	# shellcheck disable=SC2086 # words
	wait_until 30 disk_interrupts_others $cpus
	kill_minirun
	wait_until 30 is_stopped steered
	# shellcheck disable=SC2086 # words
	kept_off $cpus # until somebody says what shall be
	delete_all
	given_back
	# A partition's end sets all of them anew, wherever they were.
	[ -z "$ISOLCPUS" ] || diff threads.before <(kernel_threads)
	for irq in $irqs; do
		cat "$irq.before" >"/proc/irq/$irq/smp_affinity_list"
	done
}

# Neither minirun nor the payload can say good-bye: nobody deletes it, and the next who wants these CPUs gets them, with what was isolated cleared away.
heirs()
{
	local cpus status=0
	attend late "$sleeper" --cpus "$TWO"
	cpus=$(claim_of late cpus)
	kill_minirun
	wait_until 30 is_stopped late
	attend heir "$sleeper" --cpus "cpus=$cpus,housekeeping=main"
	in_force heir "$(best_level)"
	isolated_now "$cpus"
	kill -KILL "$(claim_of heir pid)"
	wait "$minirun" || status=$?
	expect_equal $status 137
	[ ! -e "$(cgroup_of heir)" ] || fail "what minirun's container had is still there"
	started=' late'
	delete_all
	given_back
}

check 'CPUs have one owner, and the kernel keeps others off' has_one_owner
check 'deeper in the tree there is a remote partition, or the reason why not' deeper_in_the_tree
check 'CPUs are taken and given while threads run' resized
check 'threads that are held cannot leave (EINVAL), wherever their CPUs are; exec, pause, ps, events and kill as ever' resized enforce=yes
check 'interrupts and threads of the kernel leave the CPUs, and come back after SIGKILL of minirun' interrupts_leave_and_come_back
check 'CPUs of an owner that died go to the next; all is given back after SIGKILL of minirun, and of the payload' heirs
