# errors.sh: broken bundles and command lines. Each row says what is broken, the exit status, and the message: what was being done, to what, why it
# failed, the way out. After each row the host is what it was.
# limit: 300
. "$(dirname "$0")/../lib.sh"

# --- how a row is run ---

# GOOD works; rows break a copy of its config.
GOOD=$TEST_TMP/good
chmod 711 "$TEST_TMP"
make_bundle "$GOOD" sh -c 'echo must not run'
edit_config "$GOOD" '.root.path = $p' --arg p "$GOOD/rootfs"
cat >"$GOOD/rootfs/bin/script" <<-'END'
	#!/opt/interpreter -x
END
printf '#!/bin/sh\necho script' >"$GOOD/rootfs/bin/not-executable"
printf 'garbage' >"$GOOD/rootfs/bin/garbage"
chmod 755 "$GOOD/rootfs/bin/script" "$GOOD/rootfs/bin/garbage"
# A dynamically linked program without its loader, and one of another architecture (e_machine at byte 18).
cp /bin/true "$GOOD/rootfs/bin/dynamic"
cp "$GOOD/rootfs/bin/busybox" "$GOOD/rootfs/bin/foreign"
printf '\xb7' | dd of="$GOOD/rootfs/bin/foreign" bs=1 seek=18 conv=notrunc status=none
mkdir -m 0700 "$GOOD/rootfs/private"
ln -s /nowhere "$GOOD/rootfs/dangling"
ln -s loop "$GOOD/rootfs/loop"

# In the VM, where a row takes seconds, only those that see another machine than on the host: the limits.
row()
{
	[ -z "${TEST_VM-}" ] || [[ $1 =~ limit|CPU|memory ]] || return 0
	check "$@"
}

# broken WHAT STATUS MESSAGE JQ-EDIT [OPTION...]: `run` of the good bundle with its config edited. MESSAGE is fragments with '|' between.
broken()
{
	row "$1" broken_row "${@:2}"
}

broken_row()
{
	local expected_status=$1 message=$2 edit=$3
	shift 3
	mkdir b
	jq "$edit" "$GOOD/config.json" >b/config.json
	run_minirun run "$@" --bundle b c1
	expect_failure "$expected_status" "$message"
}

# broken_text WHAT STATUS MESSAGE TEXT: the config.json is that text.
broken_text()
{
	row "$1" broken_text_row "${@:2}"
}

broken_text_row()
{
	mkdir b
	printf '%s' "$3" >b/config.json
	run_minirun run --bundle b c1
	expect_failure "$1" "$2"
}

# wrong WHAT STATUS MESSAGE ARGUMENT...: a command line as it stands.
wrong()
{
	row "$1" wrong_row "${@:2}"
}

wrong_row()
{
	local expected_status=$1 message=$2
	shift 2
	run_minirun "$@"
	expect_failure "$expected_status" "$message"
}

# Every message is one line that begins with the program's name, and nothing else is printed; warnings may precede it.
expect_failure()
{
	local fragment message
	expect_status "$1"
	expect_equal "$out" '' stdout
	message=$(grep -v '^minirun: [^ ]*: warning: ' "$TEST_TMP/stderr")
	[[ $message == 'minirun: '* && $message != *$'\n'* ]] || fail "not one line of minirun's: $message"
	IFS='|'
	for fragment in $2; do
		expect_contains "$message" "$fragment"
	done
	unset IFS
	expect_host_as "$before" "$GOOD"
}

# Once, so that what stays for good (state root, lock file, filter cache) is there before the rows are compared with it.
mkdir warm-up
jq '.process.args = ["true"] | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}' "$GOOD/config.json" >warm-up/config.json
"$MINIRUN" run --net eth0:veth,bridge=br-warm --bundle warm-up warm-up || { echo "not ok - the good bundle runs"; exit 1; }
rm -r warm-up
before=$(host_state "$GOOD")

# --- the text of config.json ---

broken_text 'JSON: a missing quote' 125 'b/config.json|line 3, column 3|quoted object property name expected' $'{\n  "ociVersion": "1.0.2",\n  root: {}\n}'
broken_text 'JSON: a comma too many' 125 'line 1, column 24' '{"ociVersion": "1.0.2",}'
broken_text 'JSON: it ends too early' 125 'line 2, column 1|ends before the JSON value is complete' $'{"ociVersion": "1.0.2",\n'
broken_text 'JSON: a comment' 125 'line 1, column 3' '{ // a bundle'
broken_text 'JSON: an empty file' 125 'line 1, column 1|ends before' ''
broken_text 'JSON: not an object' 125 'must be one JSON object' '[1, 2]'
broken_text 'JSON: a key twice' 125 'line 1, column 18|"a" is given twice' '{"a": 1, "b": 2, "a": 3}'
broken_text 'JSON: not UTF-8' 125 'not UTF-8' $'{"ociVersion": "1.0.\xff"}'
broken_text 'JSON: too large a number' 125 'does not fit in 64 bits' '{"a": 99999999999999999999}'
broken_text 'nothing in it' 125 'ociVersion: missing, but mandatory' '{}'

# --- fields ---

broken 'a wrong type: an array' 125 'process.args: expected an array, found a string' '.process.args = "sh"'
broken 'a wrong type: deep inside' 125 'linux.resources.memory.limit: expected an integer, found a string' '.linux.resources.memory.limit = "64M"'
broken 'a wrong type: in an array' 125 'process.args[1]: expected a string, found an integer' '.process.args[1] = 1'
broken 'a fraction where an integer belongs' 125 'process.oomScoreAdj: expected an integer, found a number with a fraction' '.process.oomScoreAdj = 1.5'
broken 'a number out of range' 125 'process.user.uid: must be between 0 and 4294967294, not 4294967296' '.process.user.uid = 4294967296'
broken 'the process is missing' 125 'config.json has no process' 'del(.process)'
broken 'process.args is missing' 125 'process.args: must name at least the program to run' 'del(.process.args)'
broken 'process.cwd is missing' 125 'process.cwd: missing, but mandatory' 'del(.process.cwd)'
broken 'process.cwd is relative' 125 'process.cwd: must be absolute, not "tmp"' '.process.cwd = "tmp"'
broken 'the program has no name' 125 'process.args[0]|must not be empty' '.process.args = [""]'
broken 'root.path is missing' 125 'root.path: missing, but mandatory' '.root = {}'
broken "the root is the host's own" 125 "root.path: \"/\" is the host's own root directory" '.root.path = "/"'
broken 'a version of the future' 125 'ociVersion: "2.0.0" is not supported|1.0 to 1.3' '.ociVersion = "2.0.0"'
broken 'no version at all' 125 'ociVersion: "latest" is not a semantic version' '.ociVersion = "latest"'
broken 'an unknown rlimit' 125 'process.rlimits[0].type: unknown resource limit "RLIMIT_FOO"; see getrlimit(2)' '.process.rlimits = [{type: "RLIMIT_FOO", soft: 1, hard: 1}]'
broken 'an rlimit twice' 125 'RLIMIT_CORE is given twice' '.process.rlimits = [{type: "RLIMIT_CORE", soft: 1, hard: 1}, {type: "RLIMIT_CORE", soft: 2, hard: 2}]'
broken 'a soft limit above the hard one' 125 'process.rlimits[0].soft: |above the hard limit' '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 9, hard: 3}]'
broken 'a namespace twice' 125 'linux.namespaces[6].type: pid is given twice' '.linux.namespaces += [{type: "pid"}]'
broken 'an unknown namespace' 125 'linux.namespaces[6].type: unknown namespace "net"; known are pid, network, mount' '.linux.namespaces += [{type: "net"}]'
broken 'a host name without a UTS namespace' 125 'hostname requires the UTS namespace; add {"type": "uts"} to linux.namespaces' '.linux.namespaces |= map(select(.type != "uts"))'
broken 'a host name of 65 bytes' 125 'hostname: |is longer than 64 bytes' '.hostname = "h" * 65'
broken 'mounts without a mount namespace' 125 'mounts: needs a new mount namespace, or it would change the host' '.linux.namespaces |= map(select(.type != "mount"))'
broken 'id mappings without a user namespace' 125 'linux.uidMappings: needs a user namespace; add {"type": "user"}' '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}]'
broken 'a user namespace without mappings' 125 'linux.uidMappings: missing, but a new user namespace needs them' '.linux.namespaces += [{type: "user"}]'
broken 'a sysctl of the whole machine' 125 'linux.sysctl.vm.swappiness: belongs to no namespace|set it on the host with sysctl(8)' '.linux.sysctl = {"vm.swappiness": "1"}'
broken 'a sysctl that does not exist' 125 "cannot set sysctl net/ipv4/no_such_thing to '1': No such file or directory; this kernel has no such setting (/proc/sys/net/ipv4/no_such_thing)" '.linux.sysctl = {"net.ipv4.no_such_thing": "1"}'
broken 'a sysctl with a bad value' 125 "cannot set sysctl net/ipv4/ip_forward to 'yes': Invalid argument" '.linux.sysctl = {"net.ipv4.ip_forward": "yes"}'
broken 'a sysctl without its namespace' 125 'linux.sysctl.kernel.shmmax: needs a namespace|{"type": "ipc"}' '.linux.sysctl = {"kernel.shmmax": "1"} | .linux.namespaces |= map(select(.type != "ipc"))'
for hook in prestart createRuntime createContainer startContainer poststart poststop; do
	broken "hooks.$hook with a relative path" 125 "hooks.$hook[1].path: must be absolute, not \"bin/true\"" ".hooks.$hook = [{path: \"/bin/true\"}, {path: \"bin/true\"}]"
	broken "hooks.$hook with a timeout of 0" 125 "hooks.$hook[0].timeout: must be between 1 and 2147483647, not 0" ".hooks.$hook = [{path: \"/bin/true\", timeout: 0}]"
done
broken 'an unknown seccomp action' 125 'linux.seccomp.defaultAction|SCMP_ACT_FOO' '.linux.seccomp = {defaultAction: "SCMP_ACT_FOO"}'
broken 'a cgroup path that leaves the tree' 125 'linux.cgroupsPath: "/a/../../b" is not a path below a cgroup mount' '.linux.cgroupsPath = "/a/../../b"'
broken 'an own annotation that does not exist' 125 'annotations.org.minirun.cpu: unknown; minirun'"'"'s annotations are org.minirun.snapshot, org.minirun.cpus' '.annotations = {"org.minirun.cpu": "1"}'

broken 'a network device that is not there' 125 "cannot move the network device eth9: the host's network namespace has none of that name" '.linux.netDevices = {eth9: {}}'
broken 'resctrl on a machine without it' 125 'linux.intelRdt: no resctrl file system is mounted; mount -t resctrl resctrl /sys/fs/resctrl' '.linux.intelRdt = {closID: "a"}'
broken 'tmpcopyup on a bind mount' 125 'mounts[5] (/m): the mount option tmpcopyup is for a new tmpfs' '.mounts += [{destination: "/m", source: "/tmp", options: ["bind", "tmpcopyup"]}]'
broken 'tmpcopyup on another file system' 125 'cannot mount mqueue on /m: |tmpcopyup is for type tmpfs only' '.mounts += [{destination: "/m", type: "mqueue", options: ["tmpcopyup"]}]'
broken 'idmap without a mapping' 125 'mounts[5] (/m): the option ridmap needs a mapping; give the mount uidMappings and gidMappings, or the container a user namespace' '.mounts += [{destination: "/m", source: "/tmp", options: ["rbind", "ridmap"]}]'
broken 'idmap of a file system that cannot' 125 'cannot bind /proc on /m: cannot map the ids of the mount: Invalid argument; the file system, or one below it (ridmap), does not support idmapped mounts' \
	'.mounts += [{destination: "/m", source: "/proc", options: ["bind"], uidMappings: [{containerID: 0, hostID: 1, size: 1}], gidMappings: [{containerID: 0, hostID: 1, size: 1}]}]'
broken 'idmap of a source that does not exist' 125 'cannot bind /no/such/thing on /m: cannot open the source: No such file' \
	'.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 9, size: 9}] | .linux.gidMappings = .linux.uidMappings | .mounts += [{destination: "/m", source: "/no/such/thing", options: ["bind", "idmap"]}]'

# --- the bundle ---

wrong 'the bundle does not exist' 125 'cannot open the bundle |/there: No such file or directory' run "$TEST_TMP/there"
no_config()
{
	mkdir empty
	run_minirun run empty
	expect_failure 125 "cannot|$PWD/empty/config.json|No such file or directory|minirun spec"
}
row 'config.json is missing' no_config
broken 'the root file system is missing' 125 'cannot use the root file system |/b/nowhere (root.path "nowhere"): No such file or directory; put one there' '.root.path = "nowhere"'
root_is_a_file()
{
	: >file
	broken_row 125 'cannot use the root file system|(root.path "../file"): it is not a directory' '.root.path = "../file"'
}
row 'the root file system is a file' root_is_a_file
config_is_a_directory()
{
	mkdir -p b/config.json
	run_minirun run b
	expect_failure 125 'config.json|Is a directory'
}
row 'config.json is a directory' config_is_a_directory

# --- the command line ---

wrong 'no command' 2 'unknown command|see minirun --help' frobnicate
wrong 'an unknown global option' 2 'unknown option --frobnicate; see --help' --frobnicate run
wrong 'an unknown log format' 2 "--log-format is 'text' or 'json', not 'xml'" --log-format xml list
wrong 'a log file that cannot be opened' 2 'cannot open the log file /nowhere/log: No such file or directory' --log /nowhere/log list
wrong 'run: no bundle' 2 'run: no bundle is given; usage: minirun run [options] BUNDLE' run
wrong 'run: an unknown option' 2 'run: unknown option --frobnicate; see --help; usage: minirun run' run --frobnicate "$GOOD"
wrong 'run: an option without value' 2 'run: option --cpus needs a value: --cpus CPUS' run "$GOOD" --cpus
wrong 'run: a flag with a value' 2 "run: option --detach takes no value, but 'yes' is given" run "$GOOD" --detach=yes
wrong 'run: a word too many' 2 "run: too many words: 'again'" run "$GOOD" again
wrong 'run: the id twice' 2 "the id is given twice: 'a' and 'b'" run --bundle "$GOOD" --id a b
wrong 'run: an unknown trace format' 2 "--format is 'text' or 'json', not 'xml'" run "$GOOD" --trace --format xml
wrong 'an id with a path' 2 "'../x' is no container id: use 1 to 255 of the characters" run --bundle "$GOOD" ../x
wrong 'an id with a slash' 2 "'a/b' is no container id" run --bundle "$GOOD" a/b
wrong 'an empty id' 2 "'' is no container id" run --bundle "$GOOD" ''
wrong 'an id with a leading dot' 2 "'.hidden' is no container id|no leading dot" run --bundle "$GOOD" .hidden
wrong 'an id with a newline' 2 'is no container id' run --bundle "$GOOD" $'a\nb'
wrong 'an id of 300 characters' 2 'is no container id: use 1 to 255' run --bundle "$GOOD" "$(printf 'a%.0s' {1..300})"
wrong 'an unknown kind of snapshot' 125 '--snapshot: unknown kind of snapshot "btrsf"; known are auto, overlay, btrfs, reflink and none' run "$GOOD" --snapshot btrsf
broken 'detached with a terminal that nobody holds' 125 'cannot detach: process.terminal is true, and nobody would hold the terminal; give --console-socket' '.process.terminal = true' --detach
wrong 'a console socket without a terminal' 125 '--console-socket is given, but process.terminal is false; set it to true' run "$GOOD" --console-socket "$TEST_TMP/socket"
broken 'a console socket that is not there' 125 'cannot connect to the console socket /nowhere/socket: No such file or directory' '.process.terminal = true' --console-socket /nowhere/socket
wrong 'a pid file that cannot be written' 125 'cannot write the pid file /nowhere/pid: No such file or directory' run "$GOOD" --pid-file /nowhere/pid

# --- processors ---

wrong 'CPUs: backwards' 125 "'3-1' is no list of CPU or node numbers: a range runs backwards; write it as in 0-3,8" run "$GOOD" --cpus 3-1
wrong 'CPUs: letters' 125 "--cpus: 'a' in the CPU request 'a' is no word for CPUs; known are a list of CPUs" run "$GOOD" --cpus a
wrong 'CPUs: empty' 125 '--cpus: the CPU request is empty; write a list as in 2-4, or count=3' run "$GOOD" --cpus ''
wrong 'CPUs: outside of the machine' 125 "--cpus: CPU 4095 is not on this machine; online are $(cat /sys/devices/system/cpu/online)" run "$GOOD" --cpus 4095
wrong 'CPUs: more than there are' 125 '--cpus: ' run "$GOOD" --cpus count=4000
wrong 'CPUs: a device that does not exist' 125 '--cpus: node=dev:nosuch0' run "$GOOD" --cpus count=1,node=dev:nosuch0
wrong 'CPUs: a rule for threads without CPUs' 125 '--thread: rules for threads need CPUs' run "$GOOD" --thread 'a=main'
wrong 'CPUs: a rule without target' 125 '--thread: ' run "$GOOD" --cpus 0 --thread 'a'
wrong 'CPUs: a rule for a CPU that is not the container'"'"'s' 125 '--thread: ' run "$GOOD" --cpus 0 --thread 'a=4095'
broken 'CPUs of the config: outside of the machine' 125 'linux.resources.cpu.cpus 0,4095: cannot use CPU 4095' '.linux.resources.cpu.cpus = "0,4095"'
broken 'memory nodes: outside of the machine' 125 'linux.resources.cpu.mems: cannot use memory node 1023: this machine has ' '.linux.resources.cpu.mems = "1023"'

# --- limits ---

# Where a controller is mounted as cgroup v1 the error says where; on a machine with cgroup v2 alone there is nothing to refuse.
limit_without_controller()
{
	local controller=$1 field=$2 edit=$3 mount
	mount=$(awk -v name="$controller" '$(NF - 2) == "cgroup" && $NF ~ "(^|,)"name"(,|$)" { print $5; exit }' /proc/self/mountinfo)
	if [ -z "$mount" ]; then
		make_bundle ok true
		edit_config ok "$edit"
		run_minirun run ok
		expect_status 0
	else
		broken_row 125 "cannot set $field: the $controller controller is mounted as cgroup v1 on $mount; boot with cgroup_no_v1=$controller|or remove the limit" "$edit"
	fi
}
row 'a memory limit without the controller' limit_without_controller memory linux.resources.memory.limit '.linux.resources.memory.limit = 67108864'
row 'a cpu limit without the controller' limit_without_controller cpu linux.resources.cpu.quota '.linux.resources.cpu = {quota: 20000, period: 100000}'
row 'a pids limit without the controller' limit_without_controller pids linux.resources.pids.limit '.linux.resources.pids.limit = 100'
broken 'a limit that cgroup v2 does not have' 125 'linux.resources.memory.kernel' '.linux.resources.memory.kernel = 1048576'
broken 'swap below memory' 125 'linux.resources.memory.swap' '.linux.resources.memory = {limit: 1048576, swap: 1024}'
broken 'a unified file with a slash' 125 'linux.resources.unified' '.linux.resources.unified = {"../cgroup.procs": "1"}'
broken 'a device rule of an unknown type' 125 'linux.resources.devices[0]' '.linux.resources.devices = [{allow: true, type: "x"}]'

# --- network ---

wrong 'a bridge of 16 characters' 125 "--net: network link 'eth0:veth,bridge=abcdefghijklmnop': bridge 'abcdefghijklmnop' is longer than the 15 characters" run "$GOOD" --net eth0:veth,bridge=abcdefghijklmnop
wrong 'a link without kind' 125 "--net: network link 'eth0': there is no ':' behind the interface name; the form is NAME:KIND" run "$GOOD" --net eth0
wrong 'a link of an unknown kind' 125 "'wire' is not a known kind; known kinds: veth, dummy, macvlan, ipvlan, vlan, tap" run "$GOOD" --net eth0:wire
wrong 'an unknown key' 125 "'gw' is not a known key; the form is" run "$GOOD" --net eth0:veth,gw=10.9.0.1
wrong 'an address without length' 125 "address '10.9.0.2' has no prefix length; for example 10.9.0.2/24" run "$GOOD" --net eth0:veth,address=10.9.0.2
wrong 'an address twice' 125 "address '10.9.0.2' is given twice" run "$GOOD" --net eth0:veth,address=10.9.0.2/24,address=10.9.0.2/24
wrong 'an address of two links' 125 'network links eth0 and eth1: address 10.9.0.2 is given twice' run "$GOOD" --net eth0:veth,address=10.9.0.2/24 --net eth1:veth,address=10.9.0.2/16
wrong "a network's own address" 125 "address '10.9.0.0/24'" run "$GOOD" --net eth0:veth,address=10.9.0.0/24
wrong 'a gateway outside' 125 "gateway '10.8.0.1' is in none of the link's networks; choose a prefix length that covers both" run "$GOOD" --net eth0:veth,address=10.9.0.2/24,gateway=10.8.0.1
wrong 'a mac twice' 125 'mac 02:00:00:00:00:01 is given twice' run "$GOOD" --net eth0:veth,mac=02:00:00:00:00:01 --net eth1:veth,mac=02:00:00:00:00:01
wrong 'an mtu of 10' 125 "mtu '10' is not a number from 68 to 65535" run "$GOOD" --net eth0:veth,mtu=10
wrong 'two links of one name' 125 'network links eth0 and eth0: interface name eth0 is given twice' run "$GOOD" --net eth0:veth --net eth0:veth
broken 'a link without network namespace' 125 "cannot give the container link eth0: linux.namespaces has no network namespace|add {\"type\": \"network\"}" '.linux.namespaces |= map(select(.type != "network"))' --net eth0:veth
bridge_is_no_bridge()
{
	ip link add dummy9 type veth peer name dummy10
	trap 'ip link del dummy9' EXIT
	before=$(host_state "$GOOD")
	run_minirun run "$GOOD" --net eth0:veth,bridge=dummy9
	expect_failure 125 'cannot use dummy9 as a bridge: the host has an interface of that name, of kind veth; choose another bridge=NAME'
}
row 'the bridge is another kind of link' bridge_is_no_bridge
host_name_taken()
{
	ip link add taken type veth peer name taken2
	trap 'ip link del taken' EXIT
	before=$(host_state "$GOOD")
	run_minirun run "$GOOD" --net eth0:veth,host=taken
	expect_failure 125 'cannot make veth eth0 (host end taken)|the host has an interface taken already; choose another host=NAME'
}
row 'the name of the host end is taken' host_name_taken

# --- the program ---

broken 'the program is not found in PATH' 127 'exec: "no-such-program": executable file not found in $PATH; the container'"'"'s PATH is "/bin:/sbin"' '.process.args = ["no-such-program"]'
broken 'the program is not found at its path' 127 'exec: "/bin/no-such-program": no such file or directory' '.process.args = ["/bin/no-such-program"]'
broken 'the program is not executable' 126 'exec: "/bin/not-executable": permission denied; /bin/not-executable is not executable (mode 0644)' '.process.args = ["/bin/not-executable"]'
broken 'the program is a directory' 126 '/etc|directory' '.process.args = ["/etc"]'
broken "the script's interpreter is missing" 127 '/bin/script|/opt/interpreter' '.process.args = ["/bin/script"]'
broken 'the ELF interpreter is missing' 127 '/bin/dynamic|/lib64/ld-linux-x86-64.so.2' '.process.args = ["/bin/dynamic"]'
broken 'the program is of another architecture' 126 'exec: "/bin/foreign": exec format error; /bin/foreign is a program for AArch64; this machine is x86_64' '.process.args = ["/bin/foreign"]'
broken 'the program is neither ELF nor script' 126 '/bin/garbage|#!' '.process.args = ["/bin/garbage"]'
broken 'cwd is a file' 125 'cannot change to the working directory /etc/passwd (process.cwd): Not a directory' '.process.cwd = "/etc/passwd"'
broken 'cwd is a loop of links' 125 'working directory /loop|symbolic links' '.process.cwd = "/loop"'
broken 'cwd is closed to the user' 125 'cannot change to the working directory /private/in (process.cwd): Permission denied' '.annotations = {"org.minirun.snapshot": "overlay,idmap=no"} | .process.cwd = "/private/in" | .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {} | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
broken 'groups that the user namespace does not map' 125 'user|70000' '.process.user = {uid: 70000, gid: 0} | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'

# --- namespaces by path ---

broken 'a namespace path that is not there' 125 '/run/netns/nowhere|No such file or directory' '.linux.namespaces |= map(if .type == "network" then .path = "/run/netns/nowhere" else . end)'
broken 'a namespace path that is no namespace' 125 '/etc/passwd|not a namespace' '.linux.namespaces |= map(if .type == "network" then .path = "/etc/passwd" else . end)'
broken 'a namespace path of another type' 125 '/proc/self/ns/uts|network|uts' '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
broken 'a relative namespace path' 125 'linux.namespaces[1].path: must be absolute, not "netns"' '.linux.namespaces[1].path = "netns"'

# --- mounts, devices, masks ---

broken 'an unknown file system' 125 'cannot mount nosuchfs on /m|nosuchfs' '.mounts += [{destination: "/m", type: "nosuchfs", source: "x"}]'
broken 'a bind of what is missing' 125 '/nowhere/at/all|/m|No such file or directory' '.mounts += [{destination: "/m", source: "/nowhere/at/all", options: ["rbind"]}]'
broken 'a mount without type' 125 'mounts[5].type: missing; only a bind mount' '.mounts += [{destination: "/m", source: "/tmp"}]'
broken 'a type instead of an option' 125 'mounts[5].type: "bind" is no file system; a bind mount is asked for by the option' '.mounts += [{destination: "/m", type: "bind", source: "/tmp"}]'
broken 'an option that the file system does not know' 125 'cannot mount tmpfs on /m|nonsense' '.mounts += [{destination: "/m", type: "tmpfs", source: "t", options: ["nonsense=1"]}]'
broken 'an option that is gone' 125 'mounts[5] (/m): |mand' '.mounts += [{destination: "/m", type: "tmpfs", source: "t", options: ["mand"]}]'
broken 'a mount without a destination' 125 'mounts[5].destination: is empty' '.mounts += [{destination: "", type: "tmpfs", source: "t"}]'
broken 'a directory bound on a file' 125 '/etc/passwd' '.mounts += [{destination: "/etc/passwd", source: "/tmp", options: ["bind"]}]'
broken 'a device where something else is' 125 'cannot make /bin/busybox: what is there is not the character device 1:3; remove it' '.linux.devices = [{path: "/bin/busybox", type: "c", major: 1, minor: 3}]'
broken 'a device of an unknown type' 125 'linux.devices[0].type' '.linux.devices = [{path: "/dev/x", type: "x", major: 1, minor: 3}]'
broken 'a masked path that is relative' 125 'linux.maskedPaths[0]: must be absolute, not "proc"' '.linux.maskedPaths = ["proc"]'
broken 'a masked path that is a loop' 125 'mask /loop|symbolic links' '.linux.maskedPaths = ["/loop"]'
broken 'masking the root' 125 "linux.maskedPaths[0]: \"/proc/..\" is the container's root itself" '.linux.maskedPaths = ["/proc/.."]'

# --- state ---

id_in_use()
{
	local pid
	mkdir b
	trap '"$MINIRUN" delete --force busy' EXIT
	jq '.process.args = ["sleep", "60"]' "$GOOD/config.json" >b/config.json
	run_minirun run --detach --bundle b busy
	expect_status 0
	before=$(host_state "$GOOD")
	pid=$(json "$("$MINIRUN" state busy)" .pid)
	run_minirun run --bundle "$GOOD" busy
	expect_failure 125 "container \"busy\" exists already and is running as pid $pid; choose another id, or \`minirun delete --force busy\` first"
	run_minirun delete busy
	expect_failure 1 "cannot delete container \"busy\": it is running as pid $pid; \`minirun kill busy\` it first, or use --force"
	run_minirun kill busy NONSENSE
	expect_failure 2 "kill: 'NONSENSE' is no signal: give a name (TERM, SIGTERM, RTMIN+3) or a number from 0 to 64"
	run_minirun kill busy 65
	expect_failure 2 "kill: '65' is no signal"
}
row 'an id in use, delete and bad signals of a running container' id_in_use

kill_of_a_stopped_one()
{
	mkdir b
	trap '"$MINIRUN" delete --force kept' EXIT
	jq '.process.args = ["true"]' "$GOOD/config.json" >b/config.json
	run_minirun run --keep --bundle b kept
	expect_status 0
	before=$(host_state "$GOOD")
	run_minirun kill kept
	expect_failure 1 'cannot send signal 15 to container "kept": container not running'
	run_minirun run --bundle b kept
	expect_failure 125 'container "kept" exists already: it has ended and waits for its removal; `minirun delete kept` first'
	run_minirun delete kept
	expect_status 0
}
row 'kill and run of a kept container' kill_of_a_stopped_one

wrong 'state of nothing' 1 'container "nothing" does not exist; `minirun list`' state nothing
wrong 'kill of nothing' 1 'container "nothing" does not exist' kill nothing
wrong 'delete of nothing' 1 'container "nothing" does not exist' delete nothing
wrong 'state of a bad id' 1 "'../../etc' is no container id" state ../../etc
wrong 'kill of a bad id' 1 "'..' is no container id" kill ..
wrong 'delete of a bad id' 1 "'a/b' is no container id" delete a/b
wrong 'state without id' 2 'state: no container id is given; usage: minirun state ID' state
wrong 'kill without id' 2 'kill: no container id is given' kill
wrong 'kill with a word too many' 2 "kill: 'more' is one word too many" kill a TERM more
wrong 'delete without id' 2 'delete: no container id is given' delete
wrong 'list with a word' 2 "list: 'x' is one word too many" list x
wrong 'list in an unknown format' 2 "--format is 'table' or 'json', not 'yaml'" list --format yaml
wrong 'spec over an existing config' 1 "$GOOD/config.json exists already; remove it first" spec --bundle "$GOOD"
wrong 'spec in a directory that is not there' 1 'cannot open the bundle directory /nowhere: No such file or directory' spec --bundle /nowhere
wrong 'a state root that is a file' 125 "state directory $GOOD/config.json|Not a directory" --root "$GOOD/config.json" run "$GOOD"
state_root_is_a_link()
{
	mkdir real
	ln -s real link
	run_minirun --root "$PWD/link" run "$GOOD"
	expect_failure 125 "cannot open the state directory $PWD/link"
}
row 'a state root behind a symbolic link' state_root_is_a_link

# A state root on a file system without room: nothing may be left there either. It is taken away before the host is looked at.
full_for_state()
{
	mkdir small
	mount -t tmpfs -o size=4k tmpfs small
	mkdir small/root
	head -c 4096 /dev/zero >small/filler
	run_minirun --root "$PWD/small/root" run --bundle "$GOOD" c1
	find small/root -mindepth 1 >left
	umount small
	expect_equal "$(cat left)" '' 'left in the full state root'
	expect_failure 125 'cannot write state.json of container "c1": No space left on device'
}
row 'a full disk for the state' full_for_state
full_for_snapshot()
{
	mkdir small
	# Inodes: the root, root/, c1/, state.json and its temporary file; the snapshot's directories find none.
	mount -t tmpfs -o nr_inodes=6 tmpfs small
	mkdir small/root
	run_minirun --root "$PWD/small/root" run --bundle "$GOOD" c1
	find small/root -mindepth 1 >left
	umount small
	expect_equal "$(cat left)" '' 'left in the full state root'
	expect_failure 125 "$PWD/small/root/c1/snapshot|No space left on device|free"
}
row 'a full disk for the snapshot' full_for_snapshot

# --- without root ---

as_nobody()
{
	chmod 711 "$TEST_TMP" .
	status=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$MINIRUN" "$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}
can_run_as_nobody()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MINIRUN" || cp "$MINIRUN" "$TEST_TMP/minirun"
	setpriv --reuid 65534 --regid 65534 --clear-groups test -x "$MINIRUN" || MINIRUN=$TEST_TMP/minirun
}
without_root()
{
	can_run_as_nobody
	as_nobody run "$GOOD"
	expect_failure 125 'running this container needs root|try sudo (`minirun plan` and `explain` work as you are)'
	as_nobody plan "$GOOD"
	expect_status 0
	expect_contains "$out" 'pivot-root'
	as_nobody explain "$GOOD"
	expect_status 0
	expect_contains "$out" 'clone3('
	expect_host_as "$before" "$GOOD"
}
row 'without root: run says so, plan and explain work' without_root

# --- not errors ---

unknown_capability()
{
	mkdir b
	jq '.process.args = ["echo", "ran"] | .process.capabilities.bounding += ["CAP_NOT_YET"]' "$GOOD/config.json" >b/config.json
	run_minirun run --bundle b c1
	expect_status 0
	expect_equal "$out" ran
	expect_contains "$err" 'minirun: c1: warning: process.capabilities: CAP_NOT_YET is no capability that is known here; it is left out'
	expect_host_as "$before" "$GOOD"
}
row 'an unknown capability is a warning' unknown_capability

as_json()
{
	run_minirun --log-format json run --bundle "$GOOD" --snapshot what c1
	expect_status 125
	expect_equal "$(json "$err" .level)" error
	expect_contains "$(json "$err" .msg)" 'unknown kind of snapshot "what"'
	run_minirun --log "$PWD/log" --log-format json run --bundle "$GOOD" --snapshot what c1
	expect_contains "$err" 'minirun: --snapshot: unknown kind of snapshot "what"'
	expect_equal "$(jq -r .level log)" error
}
row 'errors as JSON, and in a log file' as_json
