# cores.bash: what the tests of containers with CPUs of their own share, on the machines with 8 CPUs (two sockets of two cores of two threads, a NUMA node each).
# Threads that never sleep slow the whole emulated machine down: only what is about running threads has any, and not for long.
. "$(dirname "${BASH_SOURCE[0]}")/containers.bash"

LEDGER=/run/minirun-cores
ISOLCPUS=$(cat /sys/devices/system/cpu/isolated)
# Linux 6.7: partitions anywhere in the tree.
new_kernel()
{
	[[ $(uname -r) != 6.1.* ]]
}

# A first life makes what stays for good.
make_bundle "$TEST_TMP/first" true
"$MINIRUN" run "$TEST_TMP/first" >/dev/null
knobs()
{
	cat /proc/irq/default_smp_affinity /sys/devices/virtual/workqueue/cpumask /proc/sys/kernel/watchdog_cpumask
	grep . /proc/irq/*/smp_affinity_list 2>/dev/null
}
# The kernel's own threads that may be moved, "FILE:Cpus_allowed_list: LIST": field 9 of stat has PF_KTHREAD without PF_NO_SETAFFINITY (include/linux/sched.h).
kernel_threads()
{
	local pid stat files=()
	for pid in $(</proc/2/task/2/children); do
		read -r stat <"/proc/$pid/stat" || continue
		# shellcheck disable=SC2206 # words, behind the name
		stat=(${stat##*) })
		(((stat[6] & 0x04200000) != 0x00200000)) || files+=("/proc/$pid/status")
	done
	grep -Hs ^Cpus_allowed_list: "${files[@]}"
}

# those_with CPU...: of the lines of stdin those whose last word is a list with one of the CPUs.
those_with()
{
	awk -F '[ :\t]+' -v cpus="$*" 'BEGIN { count = split(cpus, wanted, " ") }
		{
			parts = split($NF, part, ",")
			for (i = 1; i <= parts; i++) {
				split(part[i], range, "-")
				last = range[2] == "" ? range[1] : range[2]
				for (j = 1; j <= count; j++)
					if (wanted[j] + 0 >= range[1] + 0 && wanted[j] + 0 <= last + 0) { print; next }
			}
		}'
}
before=$(host_state)
knobs_before=$(knobs)

# All that a container with CPUs of its own takes is there again.
given_back()
{
	expect_host_as "$before"
	expect_equal "$(knobs)" "$knobs_before" 'affinity of interrupts and unbound work'
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	# With isolcpus the kernel counts those CPUs, too, and not again once a partition has had them.
	[ -n "$ISOLCPUS" ] || [ ! -e "$TEST_CGROUP/cpuset.cpus.isolated" ] || expect_equal "$(cat "$TEST_CGROUP/cpuset.cpus.isolated")" ''
}

# claim_of ID KEY: as the ledger has it: cpus, mains, workers, housekeeping, level, pid, ...
claim_of()
{
	sed -n "s/^$2 //p" "$LEDGER"/*+"$1".claim
}

# threads ID PATTERN: "NAME CPU ALLOWED TID" of the threads of the container's first process that are named so, by name.
threads()
{
	local task name stat line
	for task in "/proc/$(claim_of "$1" pid)"/task/*; do
		read -r name <"$task/comm"
		# shellcheck disable=SC2053 # a pattern
		[[ $name == $2 ]] || continue
		read -r stat <"$task/stat"
		# shellcheck disable=SC2206 # words, behind the name; the 39th of all is the CPU: proc_pid_stat(5)
		stat=(${stat##*) })
		while read -r line; do
			[[ $line != Cpus_allowed_list:* ]] || echo "$name ${stat[36]} ${line#*:?} ${task##*/}"
		done <"$task/status"
	done | sort
}

# allowed ID PATTERN: the lists of those threads, in one line.
allowed()
{
	echo $(threads "$1" "$2" | cut -d ' ' -f 3)
}

is_allowed()
{
	[ "$(allowed "$1" "$2")" = "$3" ]
}

# on_plan ARGUMENT...: of verify, whose JSON is in $out. A moment of one of the CPU's own kernel threads is long when it is emulated, so what is about time alone gets five attempts.
on_plan()
{
	local attempt
	for attempt in {1..5}; do
		run_minirun verify --format json "$@"
		[ "$status" -ne 0 ] || return 0
		! jq -e 'any(.findings[]; .offPlan and .kind != "delay" and .kind != "preemption")' <<<"$out" >/dev/null || break
	done
	fail "off plan, attempt $attempt: $(jq -c .findings <<<"$out")"
}

# expand LIST: "2-3,5" is "2 3 5".
expand()
{
	local part
	echo $(tr ',' '\n' <<<"$1" | while read -r part; do seq "${part%-*}" "${part#*-}"; done)
}

# For wait_until.
is_running()
{
	[ "$(status_of "$1")" = running ]
}

# attend ID BUNDLE [OPTION...]: a `run` that stays, in the background; its pid is in $minirun, what it says in the file log.
attend()
{
	local id=$1 bundle=$2
	shift 2
	started+=" $id"
	trap delete_all EXIT
	"$MINIRUN" run --id "$id" "$@" "$bundle" >log 2>&1 </dev/null &
	minirun=$!
	wait_until 30 is_running "$id" || { cat log; false; }
}

# kill_minirun: it cannot say good-bye.
kill_minirun()
{
	kill -KILL "$minirun"
	wait "$minirun" 2>/dev/null || true
}
