# explain_calls.sh: what `run` asks of the kernel is what `explain` says, call by call, in order, for the parent and for init. explain_calls.pl says what is compared and what is left out.
# limit: 240
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
mkdir "$TEST_TMP/spec"
"$MINIRUN" spec --bundle "$TEST_TMP/spec"

check 'a plain container' calls_are_as_explained 60 "$plain"
check 'filter, masks, limits, scheduling, user, sysctls, devices' calls_are_as_explained 80 "$rich"
check 'mounts of all kinds' calls_are_as_explained 80 "$mounts"
check 'links' calls_are_as_explained 70 "$plain" --net 'eth0:veth,bridge=br-x,address=10.9.0.2/24,address=fd09::2/64,gateway=10.9.0.1,mtu=1400' --net eth1:veth,host=explained
check 'few namespaces, ambient capabilities' calls_are_as_explained 50 "$bare"
check 'without a snapshot, without pivot_root' calls_are_as_explained 60 "$plain" --snapshot none --no-pivot
check 'in a user namespace' calls_are_as_explained 60 "$mapped"
check 'a cgroup that the root of a user namespace may write to' calls_are_as_explained 60 "$mapped"' | .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw", "nosuid"]}]'
check 'in its own pid namespace and nothing else' calls_are_as_explained 20 "$chrooted" --snapshot none
check "the cgroup shown without a cgroup namespace" calls_are_as_explained 60 "$shown"
check 'what minirun spec writes' calls_are_as_explained 90 "$(jq -c '{mounts, linux, process: (.process | .terminal = false | del(.args))}' "$TEST_TMP/spec/config.json" | sed 's/^/. * /')"
tmpfs_is_attached_nowhere()
{
	[ "$(printf '6.15\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.15 ] || skip_without_kernel 'an overlay whose upper layer is attached nowhere (6.15)'
	calls_are_as_explained 60 "$plain" --snapshot overlay,upper=tmpfs,size=1m
}
check 'a snapshot on a tmpfs' tmpfs_is_attached_nowhere
attributes()
{
	cp -a "$IMAGE" owned
	setfattr -n user.note -v text owned
	setfattr -n trusted.note -v text owned
	chown 7:8 owned
	chmod 751 owned
	calls_are_as_explained 60 ".root.path = \"$PWD/owned\""
}
check 'an image with an owner, a mode and attributes of its own' attributes
names()
{
	cp -a "$IMAGE" owned
	touch owned/etc/{hosts,hostname,resolv.conf}
	calls_are_as_explained 60 ".root.path = \"$PWD/owned\"" --dns 10.9.0.1 --host other=10.9.0.9
}
check 'name servers and hosts' names
NOTIFY_SOCKET=/run/notify check 'a socket of the service manager' calls_are_as_explained 60 "$plain"
check 'devices and a tmpfs with owners' calls_are_as_explained 60 '.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, uid: 7, gid: 8}] | .mounts += [{destination: "/etc", type: "tmpfs", source: "t", options: ["uid=7"]}, {destination: "/usr", type: "tmpfs", source: "t"}]'
check 'on chosen CPUs' calls_are_as_explained 60 "$plain" --cpus 0,shared=yes

# --- hooks, and what else makes processes ---

# Two of one kind, so that the order within a list shows.
hooks='.hooks = ({prestart: 1, createRuntime: 2, createContainer: 1, poststart: 2} | map_values([range(.)] | map({path: "/bin/true", args: ["true"], timeout: 30}))
	+ {startContainer: [{path: "/bin/true"}], poststop: [{path: "/bin/true"}]})'
filter='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
check 'hooks of each kind' calls_are_as_explained 110 "$hooks"
check 'hooks under a filter, where they themselves change the user' calls_are_as_explained 110 "$hooks | $filter | .process.noNewPrivileges = false | .process.user = {uid: 7, gid: 8}"
check 'with --init' calls_are_as_explained 60 "$plain" --init
check 'with --init, hooks, another user and a filter' calls_are_as_explained 110 "$hooks | $filter | .process.user = {uid: 7, gid: 8, additionalGids: [9]}" --init
check 'with --init in a shared pid namespace' calls_are_as_explained 60 '.linux.namespaces |= [.[] | select(.type != "pid")]' --init

# --- terminals, files and sockets ---

check 'a terminal' calls_are_as_explained 60 '.process.terminal = true | .process.consoleSize = {height: 30, width: 90} | .process.user = {uid: 7, gid: 8}'
check 'a terminal, and --init' calls_are_as_explained 60 '.process.terminal = true' --init
# What is sent waits in the sockets; nobody takes it.
sockets()
{
	local listener
	perl -MSocket -e 'for my $i (0 .. $#ARGV) { socket($s[$i], AF_UNIX, SOCK_STREAM, 0) or die; bind($s[$i], sockaddr_un($ARGV[$i])) or die; listen($s[$i], 9) or die } sleep' console pidfd &
	listener=$!
	trap "kill $listener" EXIT
	wait_until 30 test -S console
	wait_until 30 test -S pidfd
	calls_are_as_explained 60 '.process.terminal = true' --detach --console-socket "$PWD/console" --pidfd-socket "$PWD/pidfd" --pid-file "$PWD/pid"
}
check 'detached, with a pid file, a console socket and a pidfd socket' sockets

# --- namespaces of others ---

# others OPTION...: a process in namespaces of unshare(1)'s options; $other is its pid.
others()
{
	setsid unshare "$@" sh -c 'echo >ready; exec sleep 1000' &
	unshared=$!
	other=$unshared
	trap 'kill -KILL $unshared $other' EXIT
	wait_until 30 test -e ready
	[[ " $* " != *' --fork '* ]] || other=$(pgrep -P $unshared)
}

# joins LEAST EDIT KIND... [-- OPTION...]: the container joins these of $other's; all other kinds stay as they are.
joins()
{
	local least=$1 edit=$2 kinds='[]'
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		kinds=$(jq -c '. + [$kind]' --arg kind "$1" <<<"$kinds")
		shift
	done
	calls_are_as_explained "$least" "$edit | $kinds as \$kinds | {network: \"net\", mount: \"mnt\"} as \$files | .linux.namespaces |= ([.[] | select(.type | IN(\$kinds[]) | not)]
		+ [\$kinds[] | {type: ., path: \"/proc/$other/ns/\(\$files[.] // .)\"}])" "${@:2}"
}

joined_by_stepping_in()
{
	others --net --ipc --uts --pid --fork
	joins 60 . network ipc uts pid
}
check 'joined network, ipc, uts and pid namespaces' joined_by_stepping_in
joined_without_pid()
{
	others --net --ipc --uts
	joins 60 . network ipc uts
}
check 'joined network, ipc and uts namespaces' joined_without_pid
joined_as_tracer()
{
	others --pid --fork --mount-proc
	joins 60 '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])' pid
}
check 'a joined pid namespace, by one who may trace in it' joined_as_tracer
joined_mounts()
{
	others --net --uts --mount --cgroup
	joins 25 '.mounts = [] | del(.hostname)' network mount uts cgroup -- --snapshot none
}
check 'joined mount and cgroup namespaces' joined_mounts
joined_user()
{
	others --user --map-root-user --net --uts
	joins 50 '.mounts |= [.[] | select(.type != "devpts")]' user network uts -- --snapshot none
}
check 'a joined user namespace, where groups are denied' joined_user
check 'clocks of its own' calls_are_as_explained 60 '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 100}, boottime: {secs: 200, nanosecs: 7}}'
check 'a time namespace as it is' calls_are_as_explained 60 '.linux.namespaces += [{type: "time"}]'

# --- mapped ids ---

high='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
check 'in a user namespace of high ids' calls_are_as_explained 60 "$high | .mounts += [{destination: \"/tmp\", type: \"bind\", source: \"/tmp\", options: [\"rbind\", \"ro\"]}]"
mapped_with_all()
{
	chmod 711 . # for a hook in it
	calls_are_as_explained 110 "$high | $hooks | $rich" --init
}
check 'in a user namespace, with hooks, --init, devices and masks' mapped_with_all
check 'in a user namespace without an id 0' calls_are_as_explained 60 '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 7, hostID: 100000, size: 1}] | .linux.gidMappings = [{containerID: 8, hostID: 100000, size: 1}]
	| .process.user = {uid: 7, gid: 8} | .mounts |= [.[] | select(.type != "devpts")]'
check 'a mount with mapped ids' calls_are_as_explained 60 '.mounts += [{destination: "/m", type: "bind", source: "/tmp", options: ["bind"], uidMappings: [{containerID: 0, hostID: 1000, size: 10}], gidMappings: [{containerID: 0, hostID: 1000, size: 10}]}]'

# --- without privileges ---

# A user of the test's own, in this mount namespace only, with a state root where the comparison looks.
ordinary_user()
{
	mkdir -p /run/etc/upper /run/etc/work "$TEST_TMP/bin" /run/minirun/user
	mountpoint -q /etc || mount -t overlay -o lowerdir=/etc,upperdir=/run/etc/upper,workdir=/run/etc/work overlay /etc
	echo 'ordinary:x:12345:12345::/:/bin/sh' >>/etc/passwd
	echo 'ordinary:x:12345:' >>/etc/group
	echo 'ordinary:200000:65536' | tee /etc/subuid >/etc/subgid
	install -m 0755 "$MINIRUN" "$TEST_TMP/bin/minirun"
	chown 12345:12345 /run/minirun/user
	chmod 711 . "$TEST_TMP" /run/minirun
	chmod 700 /run/minirun/user
	AS=(setpriv --reuid 12345 --regid 12345 --clear-groups)
	TRACE_AS=(-u ordinary)
	MINIRUN_CALLED=("$TEST_TMP/bin/minirun" --root /run/minirun/user)
}

# rootless LEAST EDIT [OPTION...]: what `spec --rootless` writes, on the image.
rootless()
{
	local least=$1 edit=$2
	shift 2
	ordinary_user
	mkdir -m 777 spec
	"${AS[@]}" "${MINIRUN_CALLED[@]}" spec --rootless --bundle spec
	calls_are_as_explained "$least" "$(jq -c '{mounts, linux, process: (.process | .terminal = false | del(.args))}' spec/config.json | sed 's/^/. * /') | $edit" "$@"
}
check 'without privileges' rootless 60 .
check 'without privileges, without a snapshot, with a terminal and --init' rootless 60 '.process.terminal = true' --snapshot none --init
check 'without privileges, with granted ids and hooks' rootless 90 "$hooks"' | .linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}, {containerID: 1, hostID: 200000, size: 65535}] | .linux.gidMappings = .linux.uidMappings'

# --- the examples ---

# Theirs, but for what needs their image, this machine's devices, or controllers that cgroup v2 has not here.
example()
{
	local edit
	edit=$(jq -c '{mounts: [(.mounts // [])[] | select(.type != "bind")], linux, hooks: (.hooks // {})} + ({hostname, domainname} | with_entries(select(.value)))
		+ {process: (.process | del(.args, .apparmorProfile, .selinuxLabel))}' "$1" | sed 's/^/. * /')
	[ -n "${TEST_VM-}" ] || edit+=' | del(.linux.resources.memory, .linux.resources.pids, .linux.resources.cpu, .linux.resources.blockIO)'
	calls_are_as_explained 40 "$edit"
}
for config in "$REPOSITORY"/examples/*/config.json "$REPOSITORY"/examples/*/*/config.json; do
	[ ! -e "$config" ] || check "the example ${config#"$REPOSITORY/examples/"}" example "$config"
done

# The comparison finds a call too many, one too few, and another argument.
lies_are_found()
{
	local lie
	bundle b true
	edit_config b "$hooks"
	explained --init
	strace -f -y -v -s 4096 --decode-pids=pidns -o trace "$MINIRUN" run --init b
	compared
	for lie in 's/sethostname\("bundle"\)/sethostname("bundles")/' 's/; umount2\("\.", MNT_DETACH\)//' 's/setsid\(\)/setsid(); setsid()/' 's/MS_SLAVE/MS_PRIVATE/' '/cgroup-create/d' 's/, S_IFCHR/, S_IFBLK/' 's/CLONE_NEWUTS/CLONE_NEWTIME/' \
		's/(createRuntime|create-runtime)(.*); close_range\(3, ~0, CLOSE_RANGE_CLOEXEC\)/\1\2/' 's/(start-container.*)bin.true/\1bin\/false/' 's/; execveat\([^)]*\)//' \
		's/; fchown\(<upper>[^;]*;/;/' 's/; fchmod\(<upper>[^;]*;/;/' 's/; fsetxattr\(<cgroup>[^)]*\)//' 's/"made:/"adopted:/' '/poststart/d' 's/(reaper.*): prctl\(PR_SET_PDEATHSIG/\1: prctl(PR_SET_DUMPABLE/'; do
		sed -E "$lie" steps >lies
		! diff -q steps lies
		if compared lies; then fail "not found: $lie"; fi
	done
}
[ -n "${TEST_SANITIZED-}" ] || check 'a lie of explain is found' lies_are_found
