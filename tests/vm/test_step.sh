# test_step.sh: with limits and a device filter of cgroup v2, `run` does what `explain` says, call by call, and `run --step` stops before each of them and undoes it.
# limit: 600
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/explain_calls.bash"
. "$REPOSITORY/tests/integration/step.bash"

limits='.linux.resources = {pids: {limit: 50}, memory: {limit: 268435456, reservation: 134217728, swap: 268435456}, cpu: {shares: 512, quota: 50000, period: 100000, cpus: "0-1", mems: "0"},
	unified: {"memory.high": "200000000"}, devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rw"}]}'

check 'limits and a device filter, as explained' calls_are_as_explained 60 "$limits"
check 'a cgroup that the program may write to, in a user namespace, as explained' calls_are_as_explained 60 "$limits"' | .linux.namespaces += [{type: "user"}]
	| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings
	| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw", "nosuid"]}]' --snapshot auto,idmap=no # tmpfs has idmapped mounts since Linux 6.3
check 'CPUs of its own, as explained' calls_are_as_explained 60 "$limits | del(.linux.resources.cpu)" --cpus 3

# course COMMAND...: in a bundle with these limits and a link.
course()
{
	bundle b "$@"
	edit_config b "$limits"
	COURSE=(--net eth0:veth,bridge=mrstep,address=10.77.0.2/24 --id c1 b)
	cgroup=$TEST_CGROUP/minirun-c1
}

enter_all_the_way()
{
	local before last i
	course sh -c 'cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max; head -c 1 /dev/zero | wc -c; mknod /dev/mem2 c 1 1; head -c 1 /dev/mem2 || echo refused; exit 7'
	edit_config b '.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}] | .process.capabilities |= map_values(. + ["CAP_MKNOD"])'
	before=$(host_state)
	last=$(step_number exec "${COURSE[@]}")
	step_begin "${COURSE[@]}"
	for ((i = 0; i <= last; i++)); do
		step_at $i
		step_type ''
	done
	step_see $'\n50\n50000 100000\n1\n'
	step_see refused
	step_end 7
	step_host_as "$before"
}
check 'enter takes one step after the other; the limits hold in the program' enter_all_the_way

# The limit is there before there is a process, and goes with the cgroup.
leaves_nothing()
{
	local before step
	course true
	before=$(host_state)
	for step in cgroup-write spawn device-filter-attach exec; do
		step_begin "${COURSE[@]}"
		step_at 0
		step_type "b $step"
		step_at "$(step_number "$step" "${COURSE[@]}")"
		case $step in
		cgroup-write) expect_equal "$(cat "$cgroup/pids.max") $(cat "$cgroup/cgroup.procs")" 'max ' ;;
		spawn) expect_equal "$(cat "$cgroup/pids.max") $(cat "$cgroup/cgroup.procs")" '50 ' ;;
		*) expect_equal "$(cat "$cgroup/cgroup.procs")" "$("$MINIRUN" state c1 | jq .pid)" ;;
		esac
		step_type q
		step_end 125
		[ ! -e "$cgroup" ]
		step_host_as "$before"
	done
}
check 'q before a limit, the process, the filter and the program leaves the host as it was' leaves_nothing
