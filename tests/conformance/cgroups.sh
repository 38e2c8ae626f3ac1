# cgroups.sh: linux.resources at absolute and relative cgroup paths, read back in cgroup v2's files.
# machine: host
# limit: 600
. "$(dirname "$0")/common.bash"

# limits PATH JQ FILE=VALUE...: makes a container with these resources at the cgroupsPath, and reads the files of its cgroup.
limits()
{
	local path=$1 pid directory pair
	make_bundle b true
	edit_config b '.linux.cgroupsPath = $p | '"$2" --arg p "$path"
	shift 2
	create c1
	pid=$("$MINIRUN" state c1 | jq .pid)
	directory=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	case $path in
	/*) expect_contains "$directory" "$path" ;;
	esac
	for pair in "$@"; do
		expect_equal "$(cat "$directory/${pair%%=*}")" "${pair#*=}" "${pair%%=*}"
	done
	"$MINIRUN" delete c1
	[ ! -d "$directory" ]
	rm -r b
}

memory() { limits "$1" '.linux.resources.memory = {limit: 50593792, reservation: 33554432, swap: 50593792}' memory.max=50593792 memory.low=33554432 memory.swap.max=0; }
cpus() { limits "$1" '.linux.resources.cpu = {shares: 1024, quota: 50000, period: 100000, cpus: "0-1", mems: "0"}' 'cpu.max=50000 100000' cpu.weight=100 cpuset.cpus=0-1 cpuset.mems=0; }
pids() { limits "$1" '.linux.resources.pids = {limit: 1000}' pids.max=1000; }
hugetlb() { limits "$1" '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 56623104}]' hugetlb.2MB.max=56623104; }

throttle()
{
	modprobe loop 2>/dev/null || true
	truncate -s 1M disk
	device=$(losetup --find --show disk)
	trap 'losetup -d $device' EXIT
	number=$(stat -c '%Hr %Lr' "$device")
	limits "$1" ".linux.resources.blockIO = {throttleReadBpsDevice: [{major: ${number% *}, minor: ${number#* }, rate: 102400}], throttleWriteIOPSDevice: [{major: ${number% *}, minor: ${number#* }, rate: 300}]}" \
		"io.max=${number% *}:${number#* } rbps=102400 wbps=max riops=max wiops=300"
}

# Rules by their effect: cgroup v2 has no file for them.
devices()
{
	make_bundle b sh -c 'cat /dev/zero </dev/null >/dev/null & sleep 0; head -c 1 /dev/full >/dev/null 2>&1 && echo full; head -c 1 /dev/zero >/dev/null && echo zero; head -c 0 /dev/test 2>&1'
	edit_config b '.linux.cgroupsPath = $p | .linux.devices = [{path: "/dev/test", type: "c", major: 1, minor: 11, fileMode: 438}] | .linux.resources.devices = [{allow: false, access: "rwm"}]' --arg p "$1"
	play c1
	expect_contains "$(cat out)" zero
	expect_contains "$(cat out err)" 'Operation not permitted'
}

# net_cls and net_prio are of cgroup v1 alone: asked for, they are refused by name.
network()
{
	make_bundle b true
	edit_config b '.linux.cgroupsPath = $p | .linux.resources.network = {classID: 255}' --arg p "$1"
	refuse 'linux.resources.network'
	edit_config b '.linux.resources.network = {priorities: [{name: "lo", priority: 10}]}'
	refuse 'linux.resources.network'
}

for kind in blkio cpus devices hugetlb memory network pids; do
	function=$kind
	[ $kind != blkio ] || function=throttle
	check "linux_cgroups_$kind" $function /minirun-conformance
	check "linux_cgroups_relative_$kind" $function conformance/below
done
