# test_limits_memory.sh: linux.resources.memory, pids and hugepageLimits, read back and felt.
# limit: 600
. "$(dirname "$0")/containers.bash"

files_of_memory()
{
	limits_read_back '{memory: {limit: 67108864, reservation: 33554432, swap: 100663296}}' \
		memory.max=67108864 memory.low=33554432 memory.swap.max=33554432
	limits_read_back '{memory: {limit: -1}, pids: {limit: -1}}' memory.max=max memory.swap.max=max pids.max=max
	limits_read_back '{memory: {limit: 67108864, swap: 67108864}, pids: {limit: 33}}' memory.max=67108864 memory.swap.max=0 pids.max=33
	limits_read_back '{memory: {limit: 67108864}, unified: {"memory.high": "50331648", "memory.oom.group": "1", "memory.max": "62914560"}}' \
		memory.high=50331648 memory.oom.group=1 memory.max=62914560
}

# The program itself is killed: 137. A child of it is: the cgroup counts it, and the container lives on.
allocation_is_killed()
{
	make_bundle b probe alloc 256
	edit_config b '.linux.resources.memory = {limit: 67108864, swap: 67108864}'
	run_minirun run b
	expect_status 137
	expect_contains "$err" '32 MiB'
	expect_lacks "$err" '64 MiB'

	edit_config b '.process.args = ["sh", "-c", "probe alloc 256; sleep 1000"]'
	start m b
	wait_until 30 grep -q '^oom_kill 1$' "$(cgroup_of m)/memory.events"
	between 1 "$(cgroup_file m memory.current)" 67108864
}

# Slowed down instead of killed; the kernel counts how often.
high_is_felt()
{
	make_bundle b sh -c 'probe alloc 64; sleep 1000'
	edit_config b '.linux.resources = {unified: {"memory.high": "33554432"}}'
	start h b
	wait_until 30 grep -q '^high [1-9]' "$(cgroup_of h)/memory.events"
	expect_equal "$(cgroup_stat h memory.events oom_kill)" 0
}

# 48 MiB in 32 MiB of memory: with swap they fit, without they do not.
swap_is_felt()
{
	modprobe zram num_devices=1
	echo 128M >/sys/block/zram0/disksize
	mkswap /dev/zram0
	swapon /dev/zram0
	trap 'swapoff /dev/zram0; echo 1 >/sys/block/zram0/reset' EXIT
	make_bundle b probe alloc 48
	edit_config b '.linux.resources.memory = {limit: 33554432, swap: 134217728}'
	run_minirun run b
	expect_status 0
	edit_config b '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
	run_minirun run b
	expect_status 137
}

fork_bomb_is_stopped()
{
	make_bundle b sh -c 'probe forkbomb 100; sleep 1000'
	edit_config b '.linux.resources.pids.limit = 12'
	"$MINIRUN" run --id bomb b >output &
	trap 'delete_all' EXIT
	started=bomb
	wait_until 60 grep -q made output
	# The shell and the probe are two of the twelve.
	expect_equal "$(cat output)" '{"made":10,"errno":"EAGAIN"}'
	between 1 "$(cgroup_stat bomb pids.events max)" 1000
	delete_all
	wait
}

# Processes in sessions of their own that ignore every signal they can and never stop forking: with and without a pid namespace whose end would take them along.
bomb_that_resists_is_removed()
{
	local begin namespaces
	make_bundle b probe bomb
	edit_config b '.linux.resources.pids.limit = 40'
	for namespaces in '.linux.namespaces' '[.linux.namespaces[] | select(.type != "pid")]'; do
		edit_config b ".linux.namespaces = $namespaces"
		"$MINIRUN" run --id bomb b &
		started=bomb
		trap 'delete_all' EXIT
		wait_until 60 bomb_is_full
		kill -TERM $! # passed on, and ignored
		begin=$SECONDS
		delete_all
		[ $((SECONDS - begin)) -le 60 ] || fail "the bomb took $((SECONDS - begin)) s to remove"
		[ ! -e "$(cgroup_of bomb)" ] || fail 'its cgroup is left'
		wait || true
		if pgrep -f '^probe bomb'; then fail 'processes of the bomb are left'; fi
	done
}

bomb_is_full()
{
	[ "$(cgroup_stat bomb pids.events max)" -gt 3 ]
}

huge_pages()
{
	local before
	before=$(cat /proc/sys/vm/nr_hugepages)
	echo 16 >/proc/sys/vm/nr_hugepages
	trap "echo $before >/proc/sys/vm/nr_hugepages" EXIT
	make_bundle b probe hugepages 10
	run_minirun run b
	expect_equal "$out" '{"made":10,"errno":null}'
	edit_config b '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 6291456}]'
	run_minirun run b
	expect_equal "$out" '{"made":3,"errno":"ENOMEM"}'
	limits_read_back '{hugepageLimits: [{pageSize: "2MB", limit: 6291456}]}' hugetlb.2MB.max=6291456 hugetlb.2MB.rsvd.max=6291456
}

page_size_that_the_machine_lacks()
{
	local before
	make_bundle b true
	before=$(host_state)
	edit_config b '.linux.resources.hugepageLimits = [{pageSize: "64KB", limit: 65536}]'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.resources.hugepageLimits[0].limit'
	expect_contains "$err" 'hugetlb.64KB.max'
	expect_host_as "$before"
}

check 'every field of memory and pids is in its file' files_of_memory
check 'an allocation over the limit is killed' allocation_is_killed
check 'memory.high slows down and does not kill' high_is_felt
check 'the swap limit is felt' swap_is_felt
check 'a fork bomb is stopped by pids.max' fork_bomb_is_stopped
check 'a fork bomb that ignores signals and changes sessions is removed' bomb_that_resists_is_removed
check 'huge pages are limited' huge_pages
check 'a size of huge pages that the machine lacks is named' page_size_that_the_machine_lacks
