# test_smoke.sh: the virtual machine is what the other tests take it for.
. "$(dirname "$0")/../lib.sh"

cgroup_is_v2_alone()
{
	expect_equal "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
	expect_lacks "$(cat /proc/self/mountinfo)" ' - cgroup '
	for controller in cpu cpuset memory pids io hugetlb; do
		has_controller $controller || fail "no $controller"
	done
}

cpus_2_and_3_are_isolated()
{
	expect_equal "$(cat /sys/devices/system/cpu/online)" 0-3
	expect_equal "$(cat /sys/devices/system/cpu/isolated)" 2-3
	expect_equal "$(sed -n 's/^Cpus_allowed_list:\t//p' /proc/1/status)" 0-1
}

a_limit_is_felt()
{
	echo +pids >"$TEST_CGROUP/cgroup.subtree_control"
	mkdir "$TEST_CGROUP/pids"
	echo 2 >"$TEST_CGROUP/pids/pids.max"
	! sh -c 'echo 0 >"$0/cgroup.procs"; sleep 0.1 & sleep 0.1 & wait' "$TEST_CGROUP/pids" || fail 'a third process was made'
	wait_until 30 rmdir "$TEST_CGROUP/pids"
}

overlay_works()
{
	mkdir lower upper work merged
	echo image >lower/file
	mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
	echo changed >merged/file
	expect_equal "$(cat lower/file upper/file)" $'image\nchanged'
	umount merged
}

links_work()
{
	unshare --net sleep 10 &
	wait_until 30 test "/proc/$!/ns/net" -ef "/proc/$!/ns/net"
	ip link add mr0 type bridge
	ip link add h0 type veth peer name c0
	ip link set h0 master mr0 up
	ip addr add 10.9.0.1/24 dev mr0
	ip link set mr0 up
	wait_until 30 sh -c "[ \$(readlink /proc/$!/ns/net) != \$(readlink /proc/self/ns/net) ]"
	ip link set c0 netns $!
	nsenter --net=/proc/$!/ns/net sh -c 'ip link set lo up; ip addr add 10.9.0.2/24 dev c0; ip link set c0 up; ping -c 1 -W 5 10.9.0.1'
	kill $!
}

modules_of_later_tests_are_there()
{
	for module in btrfs loop macvlan tun nf_tables xfs; do
		modprobe "$module"
	done
}

check 'cgroup v2 alone, with its controllers' cgroup_is_v2_alone
check 'four CPUs, 2-3 isolated' cpus_2_and_3_are_isolated
check 'a pids limit is felt' a_limit_is_felt
check 'an overlay keeps its lower layer' overlay_works
check 'a veth over a bridge carries a ping' links_work
check 'kernel modules load' modules_of_later_tests_are_there
