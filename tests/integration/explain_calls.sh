# explain_calls.sh: what `run` asks of the kernel is what `explain` says, call by call, in order, for the parent and for init. explain_calls.pl says what is compared and what is left out.
# limit: 180
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/explain_calls.bash"

plain='.'
# As `minirun spec` has it, and what else a config can ask for.
rich='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}
	| .linux.maskedPaths = ["/proc/keys", "/proc/acpi", "/proc/no-such-file"] | .linux.readonlyPaths = ["/proc/bus", "/proc/no-such-file"] | .root.readonly = true
	| .process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .process.oomScoreAdj = 100 | .domainname = "lab"
	| .linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmax": "4096"} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 4} | .process.scheduler = {policy: "SCHED_OTHER", nice: 3}
	| .linux.personality = {domain: "LINUX"} | .process.user = {uid: 7, gid: 8, additionalGids: [9, 10], umask: 63}
	| .linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229}] | .linux.rootfsPropagation = "private"'
mounts='.mounts += [
	{destination: "/tmp", type: "bind", source: "/tmp", options: ["rbind", "ro"]}, {destination: "/a", type: "bind", source: "/tmp", options: ["rbind", "rro", "nosuid", "rprivate"]},
	{destination: "/b", type: "bind", source: "/tmp", options: ["bind"]}, {destination: "/c", type: "tmpfs", source: "c", options: ["ro", "size=4k", "mode=700"]},
	{destination: "/d", type: "tmpfs", source: "d", options: ["noatime", "mode=700", "slave"]}, {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro", "nosuid"]},
	{destination: "/e", type: "mqueue", source: "e", options: ["nodev"]}, {destination: "/c", type: "tmpfs", options: ["remount", "noexec"]}]'
# Ambient capabilities, no namespace but two, none of the pids.
bare='.linux.namespaces = [{type: "mount"}, {type: "uts"}] | .mounts = [.mounts[] | select(.destination != "/sys")] | .process.capabilities.inheritable = ["CAP_KILL"]
	| .process.capabilities.ambient = ["CAP_KILL"] | .process.noNewPrivileges = false'
mapped='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 0, size: 65536}]'
chrooted='.linux.namespaces = [{type: "pid"}] | .mounts = [] | del(.hostname)'
shown='.linux.namespaces = [.linux.namespaces[] | select(.type != "cgroup")] | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid"]}]'
vpp=$(jq -c '{hostname, process: (.process | del(.args)), mounts: [.mounts[] | select(.type != "bind")], linux}' "$REPOSITORY/examples/vpp/config.json" | sed 's/^/. * /')
mkdir "$TEST_TMP/spec"
"$MINIRUN" spec --bundle "$TEST_TMP/spec"

check 'a plain container' calls_are_as_explained 60 "$plain"
check 'filter, masks, limits, scheduling, user, sysctls, devices' calls_are_as_explained 80 "$rich"
check 'mounts of all kinds' calls_are_as_explained 80 "$mounts"
check 'links' calls_are_as_explained 70 "$plain" --net 'eth0:veth,bridge=br-x,address=10.9.0.2/24,address=fd09::2/64,gateway=10.9.0.1,mtu=1400' --net eth1:veth,host=explained
check 'few namespaces, ambient capabilities' calls_are_as_explained 50 "$bare"
check 'without a snapshot, without pivot_root' calls_are_as_explained 60 "$plain" --snapshot none --no-pivot
check 'in a user namespace' calls_are_as_explained 60 "$mapped"
check 'in its own pid namespace and nothing else' calls_are_as_explained 20 "$chrooted" --snapshot none
check "the cgroup shown without a cgroup namespace" calls_are_as_explained 60 "$shown"
check 'what minirun spec writes' calls_are_as_explained 90 "$(jq -c '{mounts, linux, process: (.process | .terminal = false | del(.args))}' "$TEST_TMP/spec/config.json" | sed 's/^/. * /')"
check 'the example with VPP, without VPP' calls_are_as_explained 60 "$vpp"
tmpfs_is_attached_nowhere()
{
	[ "$(printf '6.15\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.15 ] || skip_without_kernel 'an overlay whose upper layer is attached nowhere (6.15)'
	calls_are_as_explained 60 "$plain" --snapshot overlay,upper=tmpfs,size=1m
}
check 'a snapshot on a tmpfs' tmpfs_is_attached_nowhere
check 'on chosen CPUs' calls_are_as_explained 60 "$plain" --cpus 0,shared=yes

# The comparison finds a call too many, one too few, and another argument.
lies_are_found()
{
	local lie
	bundle b true
	"$MINIRUN" explain --format json b | jq -r '.steps[] | [.number, .actor, .name, .call] | @tsv' >steps
	strace -f -y -v -s 4096 -o trace "$MINIRUN" run b
	perl "$REPOSITORY/tests/integration/explain_calls.pl" steps trace
	for lie in 's/sethostname\("bundle"\)/sethostname("bundles")/' 's/; umount2\("\.", MNT_DETACH\)//' 's/setsid\(\)/setsid(); setsid()/' 's/MS_SLAVE/MS_PRIVATE/' '/cgroup-create/d' 's/, S_IFCHR/, S_IFBLK/' 's/CLONE_NEWUTS/CLONE_NEWTIME/'; do
		sed -E "$lie" steps >lies
		! diff -q steps lies
		if perl "$REPOSITORY/tests/integration/explain_calls.pl" lies trace >said; then fail "not found: $lie"; fi
	done
}
[ -n "${TEST_SANITIZED-}" ] || check 'a lie of explain is found' lies_are_found
