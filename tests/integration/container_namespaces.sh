# container_namespaces.sh: namespaces new and joined, id mappings, names, sysctls, clocks: what the payload sees against what the config asked.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

each_new_namespace_is_new()
{
	local name
	see '.linux.namespaces += [{type: "time"}, {type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 4294967295}] | .linux.gidMappings = .linux.uidMappings'
	for name in cgroup ipc mnt net pid time user uts; do
		[ "$(json "$out" ".namespaces.$name")" != "$(namespace_of $name)" ] || fail "the $name namespace is the host's"
	done
	saw .pid 1
	saw .ppid 0
	saw .cgroup '"/"'
}
check 'each new namespace is a new one' each_new_namespace_is_new

what_is_not_listed_is_kept()
{
	local name
	see '.linux.namespaces = [{type: "mount"}] | del(.hostname)'
	for name in cgroup ipc net pid time user uts; do
		expect_equal "$(json "$out" ".namespaces.$name")" "$(namespace_of $name)" "$name"
	done
	[ "$(json "$out" .namespaces.mnt)" != "$(namespace_of mnt)" ] || fail "the mount namespace is the host's"
	expect_equal "$(json "$out" .hostname)" "$(uname -n)"
}
check 'namespaces that are not listed are the host'"'"'s' what_is_not_listed_is_kept

# $holder: a process in namespaces of its own, one of each kind; it ends with the check.
hold()
{
	unshare --ipc --net --uts --pid --time --cgroup --mount --fork --kill-child sh -c 'hostname held; sleep 60' &
	trap 'kill -KILL $!' EXIT
	wait_until 30 pgrep -P $! sh
	holder=$(pgrep -P $!)
	wait_until 30 sh -c "nsenter -t $holder -u hostname | grep -q held"
}

joins()
{
	local pair type name
	hold
	for pair in network:net ipc:ipc uts:uts cgroup:cgroup time:time; do
		type=${pair%:*} name=${pair#*:}
		rm -rf seen
		bundle seen probe
		edit_config seen '.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}] | if $type == "uts" then del(.hostname) else . end' \
			--arg type "$type" --arg path "/proc/$holder/ns/$name"
		run_minirun run --bundle seen seen
		expect_status 0
		expect_equal "$(json "$out" ".namespaces.$name")" "$(stat -L -c %i "/proc/$holder/ns/$name")" "$type"
	done
}
check 'a namespace given by path is joined' joins

join_pid()
{
	hold
	bundle seen probe
	edit_config seen '.linux.namespaces |= map(if .type == "pid" then .path = $path else . end)' --arg path "/proc/$holder/ns/pid"
	run_minirun run --bundle seen seen
	expect_status 0
	expect_equal "$(json "$out" .namespaces.pid)" "$(stat -L -c %i "/proc/$holder/ns/pid")"
	[ "$(json "$out" .pid)" -gt 1 ] || fail 'pid 1 is the holder'
	# The host's own init is not to be seen there.
	run_sh 'ls /proc | grep -c "^[0-9]"' '.linux.namespaces |= map(if .type == "pid" then .path = "/proc/'"$holder"'/ns/pid" else . end)'
	[ "$out" -lt 8 ] || fail "$out processes are in sight"
}
check 'a pid namespace is joined' join_pid

join_mount()
{
	hold
	bundle seen /bin/probe
	edit_config seen 'del(.mounts) | .linux.namespaces |= map(if .type == "mount" then .path = $path else . end)' --arg path "/proc/$holder/ns/mnt"
	run_minirun run --snapshot none --bundle seen seen
	# There is no /proc below that root, so the probe knows little; that it runs from that root tells enough.
	expect_status 0
	expect_equal "$(json "$out" .pid)" 1
	run_minirun run --bundle seen seen
	expect_status 125
	expect_contains "$err" 'use --snapshot none'
}
check 'a mount namespace is joined' join_mount

join_user()
{
	unshare --user sleep 60 &
	trap 'kill -KILL $!' EXIT
	wait_until 30 grep -q sleep "/proc/$!/comm"
	echo 0 100000 1000 >"/proc/$!/uid_map"
	echo 0 100000 1000 >"/proc/$!/gid_map"
	bundle seen probe
	edit_config seen '.linux.namespaces += [{type: "user", path: $path}]' --arg path "/proc/$!/ns/user"
	run_minirun run --bundle seen seen
	expect_status 0
	expect_equal "$(json "$out" .namespaces.user)" "$(stat -L -c %i "/proc/$!/ns/user")"
	saw .uid 0
}
check 'a user namespace is joined' join_user

id_maps()
{
	run_sh 'cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u:%g /bin/busybox; touch /tmp/mine; stat -c %u:%g /tmp/mine; cat /proc/self/setgroups' \
		'.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 5000, hostID: 0, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 10}]'
	expect_status 0
	expect_equal "$(tr -s ' ' <<<"$out")" $' 0 100000 1000\n 5000 0 1\n 0 200000 10\n0\n5000:65534\n0:0\nallow'
}
check 'uid and gid mappings are as the config says' id_maps

# The mapped root may not search the one directory, whoever runs minirun not the other: that takes the capability that a user namespace does not have.
closed_sources()
{
	mkdir -p theirs/data ours/data
	echo theirs >theirs/data/file
	echo ours >ours/data/file
	chmod 700 theirs ours
	chmod 711 . "$TEST_TMP"
	chown -R 100000:100000 theirs
	bundle seen sh -c 'cat /var/file /root/file; mount -o remount,bind,rw /run 2>/dev/null && echo unlocked || echo locked'
	mkdir locked
	mount -t tmpfs -o ro tmpfs locked
	edit_config seen '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
		| .process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .process.capabilities.effective += ["CAP_SYS_ADMIN"] | .process.capabilities.permitted += ["CAP_SYS_ADMIN"]
		| .mounts |= map(select(.type != "sysfs"))
		| .mounts += [["var", "\($d)/theirs/data"], ["root", "\($d)/ours/data"], ["run", "\($d)/locked"]
			| {destination: "/\(.[0])", source: .[1], type: "bind", options: ["rbind"]}]' --arg d "$PWD"
	run_minirun run --bundle seen seen
	umount locked
	expect_status 0
	expect_equal "$(echo $out)" 'theirs ours locked'
}
check 'a user namespace: sources of bind mounts behind closed directories' closed_sources

user_in_a_user_namespace()
{
	see '.process.user = {uid: 7, gid: 8, additionalGids: [9]} | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
	saw '[.uid, .euid, .gid, .egid, .groups]' '[7,7,8,8,[9]]'
}
check 'a user of a user namespace' user_in_a_user_namespace

names()
{
	see '.hostname = "n" * 64 | .domainname = "example.org"'
	saw .hostname "\"$(printf 'n%.0s' {1..64})\""
	saw .domainname '"example.org"'
	[ "$(uname -n)" != "$(printf 'n%.0s' {1..64})" ] || fail 'the host was renamed'
}
check 'host and domain name' names

sysctls()
{
	rm -rf seen
	bundle seen probe report net.ipv4.ip_forward kernel.shmmax kernel.msgmax net.ipv4.ping_group_range fs.mqueue.msg_max
	edit_config seen '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "123456", "kernel/msgmax": "4096", "net.ipv4.ping_group_range": "0 5", "fs.mqueue.msg_max": "17"}'
	run_minirun run --bundle seen seen
	expect_status 0
	saw '.sysctls | map_values(gsub("\\s+"; " "))' '{"net.ipv4.ip_forward":"1","kernel.shmmax":"123456","kernel.msgmax":"4096","net.ipv4.ping_group_range":"0 5","fs.mqueue.msg_max":"17"}'
	[ "$(cat /proc/sys/kernel/shmmax)" != 123456 ] || fail "the host's sysctl was set"
}
check 'sysctls of the namespaces' sysctls

# The offsets are between the two reports, give or take what passes meanwhile.
clocks()
{
	local monotonic boottime
	see '.'
	monotonic=$(json "$out" .clocks.monotonic) boottime=$(json "$out" .clocks.boottime)
	see '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 86400, nanosecs: 0}, boottime: {secs: 604800, nanosecs: 5}}'
	monotonic=$(($(json "$out" .clocks.monotonic) - monotonic)) boottime=$(($(json "$out" .clocks.boottime) - boottime))
	[ $monotonic -ge 86400 ] && [ $monotonic -lt 86460 ] || fail "monotonic is off by $monotonic s"
	[ $boottime -ge 604800 ] && [ $boottime -lt 604860 ] || fail "boottime is off by $boottime s"
}
check 'clocks of a time namespace' clocks
