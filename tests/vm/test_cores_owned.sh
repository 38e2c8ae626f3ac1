# test_cores_owned.sh: CPUs of a container's own, on 8 CPUs (two sockets of two cores of two threads, a NUMA node each): owned, isolated, threads placed, given back.
# machine: numa numa-isolated numa-new numa-new-isolated
# limit: 300
. "$(dirname "$0")/containers.bash"
LEDGER=/run/minirun-cores
ISOLCPUS=$(cat /sys/devices/system/cpu/isolated)
# Partitions anywhere in the tree.
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
before=$(host_state)
knobs_before=$(knobs)

given_back()
{
	expect_host_as "$before"
	expect_equal "$(knobs)" "$knobs_before" 'affinity of interrupts and unbound work'
	[ ! -e $LEDGER ] || fail "the ledger is still there: $(ls $LEDGER)"
	# With isolcpus the kernel counts those CPUs, too, and not again once a partition has had them.
	[ -n "$ISOLCPUS" ] || [ ! -e "$TEST_CGROUP/cpuset.cpus.isolated" ] || expect_equal "$(cat "$TEST_CGROUP/cpuset.cpus.isolated")" ''
}

# threads ID NAME-PATTERN: "NAME CPU ALLOWED" of the threads of the container's first process, by name.
threads()
{
	local task name
	for task in "/proc/$("$MINIRUN" state "$1" | jq .pid)"/task/*; do
		name=$(cat "$task/comm")
		# shellcheck disable=SC2053 # a pattern
		[[ $name == $2 ]] || continue
		echo "$name $(sed 's/.*) //' "$task/stat" | cut -d ' ' -f 37) $(awk '/^Cpus_allowed_list/ {print $2}' "$task/status")"
	done | sort
}

# placed ID PATTERN CPUS: the matching threads run on these CPUs, one each, and nowhere else.
placed()
{
	[ "$(threads "$1" "$2" | awk '{print $2 == $3 ? $2 : "-"}' | sort -n | tr '\n' ' ')" = "$3 " ]
}

level_of()
{
	"$MINIRUN" cores --format json | jq -r --arg id "$1" '.owners[] | select(.id == $id) | .level'
}

busy='spin_0! spin_1! spin_2! spin_3!'
four='count=4,main=0,smt=any,cross_node=yes'
data='1 2 3 5'
[ -z "$ISOLCPUS" ] || data='2 3 4 5'

four_threads_on_four_cpus()
{
	# shellcheck disable=SC2086 # words
	make_bundle b probe named calm $busy
	start four b --cpus "$four" --thread 'spin_*=workers'
	wait_until 30 placed four 'spin_*' "$data"
	if [ -n "$ISOLCPUS" ]; then
		expect_equal "$(level_of four)" isolcpus
	else
		expect_equal "$(level_of four)" partition
		expect_file four cpuset.cpus.partition isolated
	fi
	# The kernel's own work is elsewhere.
	for cpu in $data; do
		(((0x$(cat /proc/irq/default_smp_affinity) >> cpu & 1) == 0)) || fail "new interrupts may come to CPU $cpu"
		(((0x$(cat /sys/devices/virtual/workqueue/cpumask) >> cpu & 1) == 0)) || fail "unbound work may come to CPU $cpu"
	done
	delete_all
	given_back
}
check 'four busy threads run on four CPUs' four_threads_on_four_cpus

# What other runtimes give: the list in the cpuset, and no more.
crun_piles_up()
{
	local cpus
	[ -n "$ISOLCPUS" ] || return 0 # the kernel spreads threads over CPUs that are not isolated
	# shellcheck disable=SC2086 # words
	make_bundle b probe named calm $busy
	edit_config b '.linux.resources.cpu.cpus = "2-5" | .process.terminal = false | .ociVersion = "1.0.2"'
	crun --root "$PWD/crun" run --detach --bundle b piled >log 2>&1 || { cat log; false; }
	trap 'crun --root "$PWD/crun" delete --force piled' EXIT
	pid=$(crun --root "$PWD/crun" state piled | jq .pid)
	spinning()
	{
		[ "$(cat "/proc/$pid"/task/*/comm | grep -c spin_)" = 4 ]
	}
	wait_until 30 spinning
	sleep 2 # time enough for a scheduler that wanted to
	cpus=$(for task in "/proc/$pid"/task/*; do grep -q spin_ "$task/comm" && sed 's/.*) //' "$task/stat" | cut -d ' ' -f 37; done | sort -u | wc -l)
	echo "# with crun the four threads of the same container run on $cpus CPU"
	expect_equal "$cpus" 1
}
check 'with a cpuset alone, as crun makes it, isolated CPUs are not used but one' crun_piles_up

one_owner()
{
	make_bundle b sleep 1000
	start one b --cpus 'count=2,smt=any'
	"$MINIRUN" cores --format json | jq -r '.owners[] | select(.id == "one")' >claim
	taken=$(jq -r .cpus claim)
	run_minirun run --detach --id two --cpus "$taken" b
	expect_error 125 one
	# By request another two are found.
	start two b --cpus 'count=1,smt=any'
	other=$("$MINIRUN" cores --format json | jq -r '.owners[] | select(.id == "two") | .cpus')
	[[ ,$taken, != *,$other,* ]] || fail "CPU $other is owned twice"
	delete_all
	given_back
}
check 'a second owner is refused, and finds others' one_owner

demanded()
{
	make_bundle b sleep 1000
	edit_config b '.linux.cgroupsPath = "/deep/down/here"'
	run_minirun run --detach --id deep --cpus 'count=2,smt=any,partition=isolated,from=any' b
	if new_kernel; then
		started+=' deep'
		trap delete_all EXIT
		expect_status 0
		expect_equal "$(cat "$TEST_CGROUP/deep/down/here/cpuset.cpus.partition")" isolated
		delete_all
	else
		expect_error 125 'before Linux 6.7 a partition is made directly below the root'
	fi
	given_back
}
check 'a partition that is demanded is made, or the start fails' demanded

held()
{
	local main worker
	make_bundle b probe named vpp_main vpp_wk_0! vpp_wk_1!
	start held b --cpus 'count=3,smt=any,enforce=yes,cross_node=yes' --thread 'vpp_main=main' --thread 'vpp_wk_*=workers' --thread '*=housekeeping'
	main=$("$MINIRUN" cores --format json | jq -r '.owners[] | select(.id == "held") | .mains')
	workers=$("$MINIRUN" cores --format json | jq -r '.owners[] | select(.id == "held") | .workers' | tr '-' ',')
	workers_run()
	{
		[ "$(threads held 'vpp_wk_*' | awk '{print $3}' | sort -u | wc -l)" = 2 ] && [ "$(threads held vpp_main | awk '{print $3}')" = "$main" ]
	}
	wait_until 30 workers_run
	pid=$("$MINIRUN" state held | jq .pid)
	for task in "/proc/$pid"/task/*; do
		[[ $(cat "$task/comm") = vpp_wk_* ]] || continue
		mine=$(awk '/^Cpus_allowed_list/ {print $2}' "$task/status")
		for cpu in {0..7}; do
			[ "$cpu" != "$mine" ] || continue
			taskset -pc "$cpu" "${task##*/}" >unpin 2>&1 && fail "thread ${task##*/} left CPU $mine for $cpu"
			grep -q 'Invalid argument' unpin || fail "$(cat unpin)"
		done
	done
	# What is exec'd begins beside the control threads.
	run_minirun exec held sh -c 'grep ^Cpus_allowed_list: /proc/self/status'
	expect_status 0
	expect_equal "$(cut -f 2 <<<"$out")" "$("$MINIRUN" cores --format json | jq -r '.owners[] | select(.id == "held") | .housekeeping')"
	delete_all
	given_back
}
check 'enforced threads cannot leave (EINVAL), and exec begins on housekeeping' held

ticks()
{
	local cpu=5 first second
	[ -n "$ISOLCPUS" ] || return 0
	make_bundle b probe named calm spin!
	start tick b --cpus "$cpu,housekeeping=0" --thread 'spin=workers'
	wait_until 30 placed tick spin $cpu
	first=$(awk -v column=$((cpu + 2)) '/LOC:/ {print $column}' /proc/interrupts)
	sleep 3
	second=$(awk -v column=$((cpu + 2)) '/LOC:/ {print $column}' /proc/interrupts)
	echo "# $((second - first)) ticks in 3 s on the busy CPU"
	[ $((second - first)) -lt 100 ] || fail "$((second - first)) timer ticks in 3 s on a CPU of nohz_full"
	delete_all
	given_back
}
check 'a CPU of nohz_full has no ticks while one thread runs' ticks

died()
{
	make_bundle b probe named spin_0! spin_1!
	"$MINIRUN" run --id gone --cpus 'count=2,main=0,smt=any' --thread 'spin_*=workers' b >log 2>&1 &
	alive()
	{
		[ "$("$MINIRUN" state gone | jq -r .status)" = running ]
	}
	wait_until 30 alive || { cat log; false; }
	kill -KILL $!
	wait $! 2>/dev/null || true
	ended()
	{
		! alive
	}
	wait_until 30 ended
	run_minirun delete --force gone
	expect_status 0
	given_back
	# The payload alone: minirun gives back what was its.
	"$MINIRUN" run --id gone --cpus 'count=2,main=0,smt=any' b >log 2>&1 &
	wait_until 30 alive || { cat log; false; }
	kill -KILL "$("$MINIRUN" state gone | jq .pid)"
	status=0
	wait $! || status=$?
	expect_equal $status 137
	given_back
}
check 'all is given back after SIGKILL of minirun, and of the payload' died

heirs()
{
	make_bundle b sleep 1000
	"$MINIRUN" run --id late --cpus 'count=2,main=0,smt=any' b >log 2>&1 &
	wait_until 30 alive_late || { cat log; false; }
	taken=$("$MINIRUN" cores --format json | jq -r '.owners[] | select(.id == "late") | .cpus')
	kill -KILL $!
	wait $! 2>/dev/null || true
	# Nobody deletes it: the next who wants these CPUs gets them, with what was isolated cleared away.
	wait_until 30 "$MINIRUN" run --detach --id heir --cpus "$taken" b
	started=' heir late'
	trap delete_all EXIT
	delete_all
	given_back
}
# What isolates them is the container's cgroup, whatever the ledger can say of it.
damaged()
{
	make_bundle b sleep 1000
	start one b --cpus 'count=2,smt=any'
	echo damage >$LEDGER/+run+minirun+one.claim
	run_minirun run --id two --cpus 'count=2,smt=any' b
	expect_error 125 'delete that container'
	run_minirun delete --force one
	expect_status 0
	trap - EXIT
	started=
	given_back
}
check 'all is given back where the claim cannot be read' damaged

alive_late()
{
	[ "$("$MINIRUN" state late | jq -r .status)" = running ]
}
check 'the CPUs of an owner that died go to the next' heirs

claim_of()
{
	"$MINIRUN" cores --format json | jq -r --arg id "$1" ".owners[] | select(.id == \$id) | .$2"
}

# in_force LEVEL: what the ledger says, the kernel and the threads do, too.
in_force()
{
	local main workers cpus
	main=$(claim_of sized mains) workers=$(claim_of sized workers) cpus=$(claim_of sized cpus)
	expect_equal "$(claim_of sized level)" "$1"
	if [ "$1" = partition ]; then
		expect_file sized cpuset.cpus.partition isolated
		expect_file sized cpuset.cpus.effective "$cpus"
	fi
	all_placed()
	{
		[ "$(threads sized vpp_main | awk '{print $3}')" = "$main" ] &&
			[ "$(threads sized 'vpp_wk_*' | awk '{print $3}' | sort -nu | paste -sd ,)" = "$(expand "$workers")" ]
	}
	wait_until 60 all_placed
}

# expand LIST: "2-3,5" is 2,3,5.
expand()
{
	local part
	tr ',' '\n' <<<"$1" | while read -r part; do seq "${part%-*}" "${part#*-}"; done | paste -sd ,
}

# resized [WORD]: three CPUs become two and three again, with threads that run all the time.
resized()
{
	local level freed three words="smt=any,cross_node=yes"
	make_bundle b probe named vpp_main vpp_wk_0! vpp_wk_1!
	make_bundle other sleep 1000
	start sized b --cpus "count=3,$words${1:+,$1}" --thread 'vpp_main=main' --thread 'vpp_wk_*=workers' --thread '*=housekeeping'
	level=$(claim_of sized level)
	three=$(claim_of sized cpus)
	in_force "$level"
	run_minirun update --cpus "count=2,$words" sized
	expect_status 0
	expect_contains "$err" '1 worker threads share a CPU with another one'
	in_force "$level"
	[ -z "${1-}" ] || [ ! -e "$(cgroup_of sized)/wk1" ] || fail 'the leaf of a worker CPU that has gone is still there'
	# What has become free is the next one's, and then not to be had again.
	freed=$(comm -23 <(expand "$three" | tr ',' '\n' | sort) <(expand "$(claim_of sized cpus)" | tr ',' '\n' | sort))
	start taker other --cpus "$freed"
	run_minirun update --cpus "cpus=$three,housekeeping=main" sized
	expect_error 1 taker
	in_force "$level"
	"$MINIRUN" delete --force taker
	run_minirun update --cpus "count=3,$words" sized
	expect_equal "$status $err" '0 '
	expect_equal "$(claim_of sized cpus)" "$three"
	in_force "$level"
	run_minirun exec sized sh -c 'grep ^Cpus_allowed_list: /proc/self/status'
	expect_equal "$(cut -f 2 <<<"$out")" "$(claim_of sized housekeeping)"
	started=' sized'
	delete_all
	given_back
}
check 'CPUs are taken and given while threads run' resized
check 'so are those of held threads' resized enforce=yes

# allowed PID: the CPUs that the kernel lets it run on.
allowed()
{
	awk '/^Cpus_allowed_list/ {print $2}' "/proc/$1/status"
}

# Kernels from 6.2 keep the mask that a thread was once given: what the list in the config left there must not cut a later one.
another_list()
{
	make_bundle b sleep 1000
	edit_config b '.linux.resources.cpu.cpus = "1-2"'
	start list b
	expect_equal "$(allowed "$("$MINIRUN" state list | jq .pid)")" 1-2
	"$MINIRUN" update --cpuset-cpus 2-4 list
	expect_equal "$(allowed "$("$MINIRUN" state list | jq .pid)")" 2-4
	# Whatever the caller of exec may use, and whatever it is at first.
	expect_equal "$(taskset -c 2 "$MINIRUN" exec list awk '/^Cpus_allowed_list/ {print $2}' /proc/self/status)" 2-4
	taskset -c 2 "$MINIRUN" exec --detach --pid-file pid list sleep 1000
	"$MINIRUN" update --cpuset-cpus 0,5 list
	expect_equal "$(allowed "$(cat pid)")" 0,5
	delete_all
	given_back
}
check 'a list that is changed later is not cut by the first one' another_list

invalidated()
{
	[ -z "$ISOLCPUS" ] && ! new_kernel || return 0 # from 6.7 on the kernel keeps others out instead
	make_bundle b sleep 1000
	"$MINIRUN" run --id watched --cpus 'count=2,main=0,smt=any' b >log 2>&1 &
	minirun=$!
	trap 'rmdir "$TEST_CGROUP/thief"; "$MINIRUN" delete --force watched' EXIT
	partition()
	{
		[ "$(cgroup_file watched cpuset.cpus.partition)" = isolated ]
	}
	wait_until 30 partition
	mkdir "$TEST_CGROUP/thief"
	cgroup_file watched cpuset.cpus >"$TEST_CGROUP/thief/cpuset.cpus"
	wait_until 30 grep -q 'the CPUs are no longer isolated: cpuset.cpus.partition is .isolated invalid' log
	rmdir "$TEST_CGROUP/thief"
	run_minirun delete --force watched
	expect_status 0
	wait $minirun || true
	trap - EXIT
	given_back
}
check 'a partition that is lost is told while run attends' invalidated
