# test_script.sh: `minirun script` where limits can be set and links of all kinds can be made: what is in the cgroup's files, and dummy, ipvlan and vlan links, devices and CPUs, beside the container of `minirun run`.
# limit: 600
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/script.bash"

# The probe sees its cgroup's files below its own cgroup namespace.
limits()
{
	same '.linux.resources = {memory: {limit: 67108864, swap: 100663296, reservation: 33554432}, cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0-1", mems: "0"}, pids: {limit: 20},
			unified: {"memory.high": "60000000"}, devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]}
		| .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 432, uid: 1, gid: 2}]
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}]'
	jq -e '.cgroup_files["memory.max"] == "67108864" and .cgroup_files["cpu.max"] == "50000 100000"' script.json >/dev/null || { jq .cgroup_files script.json; fail 'the limits are not there'; }
	expect_contains "$(cat by-hand.sh)" ' - device filter: none.'
}

links()
{
	ip link add below type veth peer name far
	ip link set below up
	ip link set far up
	MACS=true FORGET='.addresses |= map(select(.address | startswith("fe80:") | not))' same . "$@"
}

check 'limits, as the container sees them' limits
check 'links: a dummy with a route, and an ipvlan' links --net d0:dummy,address=10.8.0.1/32,mac=02:00:00:00:00:04,route=10.7.0.0/16 --net i0:ipvlan,parent=below,address=10.6.0.2/24
check 'CPUs of its own, in a partition' same . --cpus 2-3,main=1
