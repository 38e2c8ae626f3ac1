# test_isolation.sh: containers with CPUs of their own, on two nodes with SMT: how far the kernel keeps others off, read back; given back however the container ends.
# machine: numa numa-new
# limit: 400
. "$(dirname "$0")/containers.bash"

LEDGER=/run/minirun-cores
remote=
[ "$(uname -r | cut -d. -f1)" -gt 6 ] || [ "$(uname -r | cut -d. -f1,2)" = 6.12 ] && remote=yes
make_bundle "$TEST_TMP/sleep" sleep 1000
sleeper=$TEST_TMP/sleep

isolated_now()
{
	[ -z "$remote" ] || cat "$TEST_CGROUP/cpuset.cpus.isolated"
}

# claim_of ID KEY
claim_of()
{
	sed -n "s/^$2 //p" "$LEDGER"/*+"$1".claim
}

partition_is_read_back()
{
	local cpus
	start p "$sleeper" --cpus count=2,main=1,smt=any,partition=isolated
	cpus=$(cgroup_file p cpuset.cpus)
	expect_file p cpuset.cpus.partition isolated
	expect_file p cpuset.cpus.effective "$cpus"
	expect_equal "$(claim_of p level)" partition
	[ -z "$remote" ] || expect_equal "$(isolated_now)" "$cpus"
	# All others are elsewhere, this shell too.
	expect_equal "$(comm -12 <(cpus_of_self) <(list "$cpus"))" ''
	run_minirun run --cpus "$cpus" --bundle "$sleeper" second
	expect_status 125
	expect_contains "$err" 'owned by p'
	run_minirun exec p grep Cpus_allowed_list: /proc/self/status
	expect_status 0
	delete_all
	expect_equal "$(isolated_now)" ''
	expect_equal "$(ls "$LEDGER" 2>/dev/null | grep claim || true)" ''
}

# A list as lines, and the CPUs that this shell may use.
list()
{
	tr , '\n' <<<"$1" | awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }' | sort
}
cpus_of_self()
{
	list "$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/self/status)"
}

# Linux 6.1 makes partitions directly below the root only: it says why, and the container runs with what there is, unless more is demanded.
deeper_in_the_tree()
{
	make_bundle deep sleep 1000
	edit_config deep '.linux.cgroupsPath = "/minirun-test-slice/deep"'
	mkdir "$TEST_CGROUP/minirun-test-slice"
	trap 'delete_all; rmdir "$TEST_CGROUP/minirun-test-slice"' EXIT
	if [ -n "$remote" ]; then
		start deep deep --cpus count=1,partition=isolated
		trap 'delete_all; rmdir "$TEST_CGROUP/minirun-test-slice"' EXIT
		expect_equal "$(cat "$TEST_CGROUP/minirun-test-slice/deep/cpuset.cpus.partition")" isolated
		expect_equal "$(cat "$TEST_CGROUP/minirun-test-slice/cpuset.cpus.exclusive")" "$(isolated_now)"
		delete_all
		expect_equal "$(cat "$TEST_CGROUP/minirun-test-slice/cpuset.cpus.exclusive")" ''
		expect_equal "$(isolated_now)" ''
	else
		run_minirun run --cpus count=1,partition=isolated --bundle deep deep
		expect_status 125
		expect_contains "$err" 'before Linux 6.7 a partition is made directly below the root'
		start deep deep --cpus count=1
		trap 'delete_all; rmdir "$TEST_CGROUP/minirun-test-slice"' EXIT
		expect_equal "$(claim_of deep level)" affinity-only
	fi
}

held_threads_cannot_leave()
{
	local cpus others
	make_bundle b sh -c 'probe unpin 0; probe unpin 0-7'
	run_minirun run --cpus count=2,main=1,smt=any,enforce=yes b
	expect_status 0
	expect_equal "$(sed -n 1p <<<"$out" | jq -c '[.ok, .errno]')" '[false,"EINVAL"]'
	expect_equal "$(sed -n 2p <<<"$out" | jq '.allowed | length')" 1
	start h "$sleeper" --cpus count=3,main=1,smt=any,enforce=yes
	expect_equal "$(cd "$(cgroup_of h)" && ls -d */ | tr -d '/\n')" hkmainwk0wk1
	expect_file h cgroup.type 'domain threaded'
	expect_file h hk/cgroup.type threaded
	for leaf in main wk0 wk1; do
		expect_equal "$(cgroup_file h $leaf/cpuset.cpus)" "$(cgroup_file h $leaf/cpuset.cpus.effective)"
	done
	# What is exec'd comes in through housekeeping, and all that acts on the container still does.
	run_minirun exec h grep Cpus_allowed_list: /proc/self/status
	expect_equal "$out" "$(printf 'Cpus_allowed_list:\t%s' "$(cgroup_file h hk/cpuset.cpus.effective)")"
	run_minirun pause h
	expect_status 0
	run_minirun resume h
	expect_status 0
	run_minirun ps h
	expect_status 0
	expect_contains "$out" sleep
	run_minirun events --stats h
	expect_status 0
	run_minirun kill h KILL
	expect_status 0
	wait_until 60 stopped h
	delete_all
	expect_equal "$(ls -d "$(cgroup_of h)" 2>/dev/null || true)" ''
}

stopped()
{
	[ "$("$MINIRUN" state "$1" | jq -r .status)" = stopped ]
}

# Neither minirun nor the payload can say good-bye: the next owner takes over.
given_back_after_a_crash()
{
	local pid cpus
	"$MINIRUN" run --cpus count=2,smt=any,partition=isolated --bundle "$sleeper" crash >/dev/null 2>&1 </dev/null &
	pid=$!
	started=' crash'
	trap delete_all EXIT
	wait_until 60 running crash
	cpus=$(cgroup_file crash cpuset.cpus)
	kill -KILL "$pid"
	wait_until 60 stopped crash
	run_minirun run --cpus "cpus=$cpus,partition=isolated" --bundle "$sleeper" --detach next
	started+=' next'
	expect_status 0
	expect_file next cpuset.cpus "$cpus"
	expect_file next cpuset.cpus.partition isolated
	"$MINIRUN" state next | jq -r .pid >pid
	kill -KILL "$(cat pid)"
	wait_until 60 stopped next
	delete_all
	expect_equal "$(isolated_now)" ''
	expect_equal "$(ls "$LEDGER" 2>/dev/null | grep claim || true)" ''
	expect_equal "$(ls -d "$TEST_CGROUP"/minirun-{crash,next} 2>/dev/null || true)" ''
}

running()
{
	[ "$("$MINIRUN" state "$1" 2>/dev/null | jq -r .status)" = running ]
}

check 'a partition is what the kernel says it is, and has one owner' partition_is_read_back
check 'deeper in the tree there is a remote partition, or the reason why not' deeper_in_the_tree
check 'threads that are held cannot leave; exec, pause, ps, events and kill as ever' held_threads_cannot_leave
check 'CPUs are given back after SIGKILL of minirun and of the payload' given_back_after_a_crash
