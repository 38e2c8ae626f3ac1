# namespaces.sh: what users of runc and crun rely on in namespaces, ids, clocks and kernel settings, where no other test of this repository speaks of it.
. "$(dirname "$0")/common.bash"

chmod 711 "$TEST_TMP" # mapped ids go through

# with ARGUMENT... -- JQ [JQ-ARGUMENT...]: the arguments in a container whose config is changed so.
with()
{
	local arguments=()
	while [ "$1" != -- ]; do
		arguments+=("$1")
		shift
	done
	shift
	chmod 711 .
	make_bundle b "${arguments[@]}"
	edit_config b "$@"
	run_minirun run --bundle b c1
}

# The program's root is the owner of its image.
map_ids='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65534}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65534}]'

the_whole_of_another_container()
{
	chmod 711 .
	live "$map_ids"' | .linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7881, nanosecs: 2718281}, boottime: {secs: 1337, nanosecs: 3141519}}'
	pid=$("$MINIRUN" state c1 | jq .pid)
	make_bundle second sh -c 'cat /proc/self/uid_map /proc/self/gid_map /proc/self/timens_offsets; ps -o args | grep -c "^sleep 1000"'
	edit_config second '.linux.namespaces = [["pid", "pid"], ["network", "net"], ["ipc", "ipc"], ["uts", "uts"], ["cgroup", "cgroup"], ["user", "user"], ["time", "time"] | {type: .[0], path: ("/proc/" + $p + "/ns/" + .[1])}]
		+ [{type: "mount"}] | .hostname = null' --arg p "$pid"
	edit_config second 'del(.hostname)'
	expect_equal "$("$MINIRUN" run --bundle second c2 | tr -s ' \n' ' ')" ' 0 100000 65534 0 200000 65534 monotonic 7881 2718281 boottime 1337 3141519 1 '
	expect_contains "$(inside cat /proc/self/timens_offsets | tr -s ' \n' ' ')" 'monotonic 7881 2718281 boottime 1337 3141519'
}

# The user namespace is held by a mount; the network belongs to another one, so sysfs cannot be mounted and the host's is bound.
a_namespace_of_another_owner()
{
	chmod 711 .
	live "$map_ids"
	touch user net
	mount --bind "/proc/$("$MINIRUN" state c1 | jq .pid)/ns/user" user
	unshare --net sleep 1000 &
	wait_until 30 sh -c '[ "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$1/ns/net)" ]' sh $!
	mount --bind "/proc/$!/ns/net" net
	kill $!
	"$MINIRUN" delete --force c1
	make_bundle second sh -c 'readlink /proc/self/ns/user; readlink /proc/self/ns/net'
	edit_config second '.linux.namespaces |= map(if .type == "network" then .path = $d + "/net" else . end) | .linux.namespaces += [{type: "user", path: ($d + "/user")}]
		| .mounts |= map(if .type == "sysfs" then {destination, type: "bind", source: "/sys", options: ["rbind"]} else . end)' --arg d "$PWD"
	expect_equal "$("$MINIRUN" run --bundle second c2)" "user:[$(stat -c %i user)]"$'\n'"net:[$(stat -c %i net)]"
	umount user net
}

without_root_among_the_ids()
{
	chmod 711 .
	make_bundle b sh -c 'id -u; id -g; cat /proc/self/uid_map'
	edit_config b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 1000, hostID: 100000, size: 1}] | .linux.gidMappings = [{containerID: 1000, hostID: 200000, size: 1}]
		| .process.user = {uid: 1000, gid: 1000}'
	expect_equal "$("$MINIRUN" run --snapshot none --bundle b c1 | tr -s ' \n' ' ')" '1000 1000 1000 100000 1 '
	edit_config b '.process.args = ["sleep", "1000"]'
	trap '"$MINIRUN" delete --force c1' EXIT
	"$MINIRUN" run --detach --snapshot none --bundle b c1 </dev/null >out 2>err || { cat err; return 1; }
	expect_equal "$(inside sh -c 'id -u; id -g' | tr '\n' ' ')" '1000 1000 '
}

every_id()
{
	with sh -c 'cat /proc/self/uid_map /proc/self/gid_map' -- '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 4294967295}] | .linux.gidMappings = .linux.uidMappings'
	expect_equal "$(tr -s ' \n' ' ' <<<"$out")" ' 0 0 4294967295 0 0 4294967295 '
	with sh -c 'wc -l </proc/self/uid_map' -- '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}, {containerID: 1000, hostID: 1000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	expect_equal "$out" 2
	with true -- '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: -1, size: 1}] | .linux.gidMappings = .linux.uidMappings'
	expect_contains "$err" 'uidMappings'
	[ "$status" -ne 0 ]
}

groups_in_a_user_namespace()
{
	with id -G -- "$map_ids"' | .process.user.additionalGids = [1, 2, 3]'
	expect_equal "$out" '0 1 2 3'
}

offsets_of_clocks()
{
	with cat /proc/self/timens_offsets -- '.linux.timeOffsets = {boottime: {secs: 1}}'
	[ "$status" -ne 0 ]
	expect_contains "$err" timeOffsets
	with cat /proc/self/timens_offsets -- '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = null'
	expect_equal "$(tr -s ' \n' ' ' <<<"$out")" 'monotonic 0 0 boottime 0 0 '
}

names_of_the_host()
{
	with true -- '.linux.namespaces |= map(select(.type != "uts"))'
	[ "$status" -ne 0 ]
	expect_contains "$err" hostname
	with true -- '.linux.namespaces |= map(select(.type != "uts")) | del(.hostname) | .domainname = "x"'
	[ "$status" -ne 0 ]
	expect_contains "$err" domainname
	with sh -c 'hostname; cat /proc/sys/kernel/domainname' -- '.hostname = "one" | .domainname = "two.example"'
	expect_equal "$out" $'one\ntwo.example'
	with cat /proc/sys/kernel/domainname -- '.linux.sysctl = {"kernel.domainname": "foo"}'
	expect_equal "$out" foo
	# Said twice, it must be the same.
	with cat /proc/sys/kernel/domainname -- '.domainname = "foo" | .linux.sysctl = {"kernel.domainname": "foo"}'
	expect_equal "$out" foo
	with cat /proc/sys/kernel/domainname -- '.domainname = "bar" | .linux.sysctl = {"kernel.domainname": "foo"}'
	[ "$status" -ne 0 ] || fail "two domain names: $out"
}

names_of_sysctls()
{
	for name in net/../kernel/sysrq net/..//kernel/sysrq /net/ipv4/ip_forward .net.ipv4.ip_forward net..ipv4; do
		with true -- '.linux.sysctl = {($n): "1"}' --arg n "$name"
		[ "$status" -ne 0 ] || fail "taken: $name"
		expect_contains "$err" 'not the name of a sysctl'
	done
	with cat /proc/sys/net/ipv4/ip_forward -- "$map_ids"' | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
	expect_equal "$out" 1
}

missing_namespaces()
{
	with true -- '.linux.namespaces |= map(if .type == "network" then .path = "/proc/99999999/ns/net" else . end)'
	[ "$status" -ne 0 ]
	expect_contains "$err" /proc/99999999/ns/net
}

pid_1_and_no_parent()
{
	with sed -n 's/^P*Pid:\t//p' /proc/1/status -- .
	expect_equal "$out" $'1\n0'
}

# sysfs shows the network of its mount's user namespace only, so with the host's network only the host's /sys can be there.
sysfs_of_the_hosts_network()
{
	with ls /sys/class/net/lo -- "$map_ids"' | .linux.namespaces |= map(select(.type != "network"))'
	[ "$status" -eq 0 ] || expect_contains "$err" 'bind the host'"'"'s /sys'
	with ls -d /sys/class/net/lo -- "$map_ids"' | .linux.namespaces |= map(select(.type != "network")) | .mounts |= map(if .type == "sysfs" then {destination, type: "bind", source: "/sys", options: ["rbind", "rro"]} else . end)'
	expect_equal "$out" /sys/class/net/lo
}

domains_of_exec()
{
	live '.linux.personality = {domain: "LINUX32", flags: []} | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO"}]}'
	expect_equal "$(inside uname -m)" i686
}

limits_of_exec()
{
	live '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_NPROC", soft: 50, hard: 100}]'
	expect_equal "$(inside sh -c 'ulimit -n; ulimit -H -n; grep -c "^Max processes *50 *100 " /proc/self/limits' | tr '\n' ' ')" '100 200 1 '
	hard=$(ulimit -H -n)
	with sh -c 'ulimit -n; ulimit -H -n' -- '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]' --argjson n $((hard + 1))
	[ "$status" -ne 0 ] || expect_equal "$out" "$((hard + 1))"$'\n'"$((hard + 1))"
}

priorities_of_exec()
{
	live '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 4} | .linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0", flags: ["MPOL_F_RELATIVE_NODES"]}'
	expect_contains "$(inside ionice -p 1)" 'prio 4'
	expect_contains "$(inside ionice)" 'prio 4'
	expect_contains "$(inside head -n 1 /proc/self/numa_maps)" 'prefer=relative:0'
	echo '{"terminal": false, "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0}, "args": ["ionice"], "cwd": "/", "env": ["PATH=/bin"]}' >process
	expect_contains "$("$MINIRUN" exec --process process c1)" idle
}

# A deadline's three values are in order, and there.
deadlines()
{
	for values in '"deadline": 20000000, "period": 20000000' '"runtime": 10000000, "period": 20000000' '"runtime": 0, "deadline": 20000000' \
		'"runtime": 30000000, "deadline": 20000000, "period": 40000000' '"runtime": 10000000, "deadline": 30000000, "period": 20000000' \
		'"runtime": 1023, "deadline": 10000000' '"runtime": 9223372036854775809, "deadline": 9223372036854775810'; do
		with true -- '.process.scheduler = ({policy: "SCHED_DEADLINE"} + $v)' --argjson v "{$values}"
		[ "$status" -ne 0 ] || fail "taken: $values"
		expect_contains "$err" scheduler
	done
}

memory_policies()
{
	for policy in '{}' '{"mode": "INTERLEAVE", "nodes": "0"}' '{"nodes": "0-7"}' '{"mode": "MPOL_INTERLEAVE"}' '{"mode": "MPOL_PREFERRED", "nodes": "bad"}' '{"mode": "MPOL_BIND", "nodes": "0-9876543210"}' \
		'{"mode": "MPOL_PREFERRED", "nodes": "0", "flags": ["MPOL_F_RELATIVE_NODES", "badflag"]}' '{"mode": "MPOL_DEFAULT", "nodes": "0-7", "flags": ["MPOL_F_NUMA_BALANCING", "MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}' \
		'{"mode": "MPOL_PREFERRED", "flags": ["MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"]}' '{"mode": "MPOL_PREFERRED", "flags": ["MPOL_F_NUMA_BALANCING"]}'; do
		with true -- '.linux.memoryPolicy = $v' --argjson v "$policy"
		[ "$status" -ne 0 ] || fail "taken: $policy"
		expect_contains "$err" memoryPolicy
	done
	with head -n 1 /proc/self/numa_maps -- '.linux.memoryPolicy = {mode: "MPOL_DEFAULT"}'
	expect_contains "$out" ' default '
}

check 'all namespaces of another container, its clocks too' the_whole_of_another_container
check 'a network that the user namespace does not own' a_namespace_of_another_owner
check 'a user namespace without root' without_root_among_the_ids
check 'mappings: all ids, two pieces, and a wrong one' every_id
check 'additional groups in a user namespace' groups_in_a_user_namespace
check 'clock offsets need a time namespace, and are 0 without' offsets_of_clocks
check 'host and domain name' names_of_the_host
check 'names that are no sysctl' names_of_sysctls
check 'a namespace whose path is not there' missing_namespaces
check 'process 1 has no parent' pid_1_and_no_parent
check 'sysfs with the network of the host, in a user namespace' sysfs_of_the_hosts_network
check 'exec: execution domain, also under a filter' domains_of_exec
check 'exec: resource limits' limits_of_exec
check 'exec: I/O priority and memory policy' priorities_of_exec
check 'SCHED_DEADLINE: values that cannot be' deadlines
check 'memory policies that cannot be' memory_policies
