# script.sh: the container that the script of `minirun script` builds under bash is the one of `minirun run`, seen from inside by the probe: equal but for what the script itself announces.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/script.bash"

as_spec_writes()
{
	bundle c1 probe
	(cd c1 && mv config.json usual.json && "$MINIRUN" spec)
	jq --slurpfile usual c1/usual.json '.root.path = $usual[0].root.path | .process.args = ["probe"] | .process.terminal = false' c1/config.json >c1/new.json
	mv c1/new.json c1/config.json
	same_container c1
}

attributes='.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_NPROC", soft: 1000, hard: 2000}]
	| .process.user = {uid: 1000, gid: 1001, additionalGids: [5, 6], umask: 63} | .process.oomScoreAdj = 300 | .process.cwd = "/var/work"
	| .process.env += ["QUOTE=it'"'"'s", "EMPTY=", "TWO=a\nb", "DOLLAR=$HOME `id`"]
	| .process.args += ["report", "kernel.hostname", "net.ipv4.ip_forward"]
	| .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} | .process.scheduler = {policy: "SCHED_BATCH", nice: 5}
	| .hostname = "by-hand" | .domainname = "example.org" | .linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}
	| .linux.personality = {domain: "LINUX32"}'

capabilities='.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_NET_RAW", "CAP_SETPCAP", "CAP_KILL"], permitted: ["CAP_NET_RAW", "CAP_KILL"], effective: ["CAP_NET_RAW"], inheritable: ["CAP_NET_RAW"],
	ambient: ["CAP_NET_RAW"]} | .process.user.uid = 1000 | .process.noNewPrivileges = false'

mounts='.mounts += [
		{destination: "/bound", type: "bind", source: "/proc/self/../sys", options: ["rbind", "ro"]},
		{destination: "/data", type: "bind", source: $dir, options: ["bind", "ro", "nosuid", "nodev", "noexec"]},
		{destination: "/etc/a file", type: "bind", source: ($dir + "/a file"), options: ["bind"]},
		{destination: "/etc", type: "tmpfs", source: "copy", options: ["tmpcopyup", "size=1m"]},
		{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]},
		{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]},
		{destination: "/new/deep", type: "tmpfs", source: "tmpfs", options: ["ro", "noatime", "size=64k", "mode=1777"]},
		{destination: "/private", type: "bind", source: $dir, options: ["rbind", "rprivate"]}
	] | .mounts |= map(select(.destination != "/bound"))'

with_mounts()
{
	mkdir data
	echo text >'data/a file'
	bundle c1 probe
	edit_config c1 "$mounts" --arg dir "$PWD/data"
	same_container c1
}

devices='.linux.devices = [{path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 432, uid: 1, gid: 2}, {path: "/dev/net/tun", type: "c", major: 10, minor: 200},
	{path: "/dev/pipe", type: "p", fileMode: 384}]'
paths='.linux.maskedPaths = ["/proc/kcore", "/proc/acpi", "/sys/firmware", "/not/there"] | .linux.readonlyPaths = ["/proc/sys", "/proc/bus", "/proc/irq", "/not/there"]'

mapped()
{
	bundle c1 probe
	cp -a "$IMAGE" owned
	chmod 711 .
	chown -R 100000:100000 owned
	edit_config c1 '.root.path = $root | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts += [{destination: "/data", type: "bind", source: $root, options: ["rbind", "ro"]}]' --arg root "$PWD/owned"
	same_container c1 "$@"
}

net()
{
	ip link add br-there type bridge
	MACS=true same . "$@"
	ip link del br-there
}

of_kind()
{
	local known=yes
	ip link add try-parent type bridge
	ip link add try-kind link try-parent type "$1" || known=
	ip link del try-parent # and what lies on it
	[ -z "$(ip -o link show try-kind 2>/dev/null)" ] || ip link del try-kind
	[ -n "$known" ] || skip_without_kernel "no links of kind $1"
	net "${@:2}"
}

veth=eth0:veth,bridge=br-new,address=10.9.0.2/24,gateway=10.9.0.1,mac=02:00:00:00:00:02,mtu=1400
more=lan0:veth,bridge=br-there,address=fd00::2/64,mac=02:00:00:00:00:03
chosen=eth0:veth,bridge=br-new,gateway=10.9.0.1/24,address=auto,mac=02:00:00:00:00:02,masquerade=yes,publish=8080:80
dummy=d0:dummy,address=10.8.0.1/32,mac=02:00:00:00:00:04,route=10.7.0.0/16
macvlan=m0:macvlan,parent=br-there,address=10.6.0.2/24,mac=02:00:00:00:00:05

# A program that goes on until it is told to end; `bash -c 'exit 3'` ends it from inside.
idle()
{
	bundle c1 sh -c 'trap "exit 5" TERM; echo inside; while :; do sleep 1 & wait $!; done'
	edit_config c1 '.linux.seccomp = null | .process.terminal = false'
	before=$(host_state)
	write_script --net "$veth" c1
}

is_inside()
{
	grep -q inside script.out
}

# Ctrl-C on a terminal is INT for all of the foreground's process group, which a job of an interactive shell has for itself.
interrupted()
{
	local status=0
	idle
	set -m
	bash by-hand.sh >script.out 2>script.err </dev/null &
	set +m
	wait_until 20 is_inside
	kill -s "$1" -- "-$!"
	wait $! || status=$?
	expect_equal "$status" "$2"
	expect_equal "$(cat script.err)" ''
	expect_host_as "$before"
}

# Each command of the script in turn is one that does not work: whatever has been made by then is taken away again.
failing()
{
	local line number status first
	idle
	first=$(grep -n '^# ==== Inside' by-hand.sh)
	grep -n "^[	 ]*\($1\)" by-hand.sh | grep -v '()\|{$' >lines || fail "no line has $1"
	while IFS=: read -r number line; do
		[ "$number" -gt "${first%%:*}" ] || continue
		sed "${number}s/^\([	 ]*\).*/\1false/" by-hand.sh >failing.sh
		status=0
		timeout 30 bash failing.sh >script.out 2>script.err </dev/null || status=$?
		[ "$status" != 0 ] && [ "$status" != 124 ] || fail "line $number, $line: status $status"
		is_inside && fail "line $number, $line: the program ran"
		expect_host_as "$before"
	done <lines
}

killed_inside()
{
	local status=0
	bundle c1 sh -c 'kill -KILL $$; exit 7'
	before=$(host_state)
	write_script c1
	bash by-hand.sh </dev/null || status=$?
	expect_equal "$status" 7 # the first process of a pid namespace cannot kill itself
	expect_host_as "$before"
}

limited()
{
	need_controller memory
	same '.linux.resources = {memory: {limit: 67108864}, cpu: {quota: 50000, period: 100000, cpus: "0-1", mems: "0"}, pids: {limit: 20}}
		| .mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}]'
}

# Text that is a command to a shell in any quoting, behind a newline, and behind a comma or a blank. Whatever of it is carried out leaves the canary.
canary=/run/canary
hostile="x'\";(>$canary),\`>$canary\`"'$(>'"$canary)"$'\n'">$canary"

# Each field that may hold any text holds it, and the container is still that of minirun.
hostile_config()
{
	mkdir -p data
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" "$TEXT" >"%s/hook"\n' "$PWD" >hook.sh
	chmod +x hook.sh
	bundle c1 probe
	edit_config c1 '.process.args += ["report", $text] | .process.env += ["TEXT=" + $text, "IFS=/", "PWD=/not/there", "UID=1"] | .process.cwd = "/work/" + $text | .annotations = {"a": $text, ($text): "b"}
		| .mounts += [{destination: ("/tmpfs" + $text), type: "tmpfs", source: $text, options: ["size=64k"]}, {destination: "/dash", type: "tmpfs", source: "--bind"},
			{destination: ("/data" + $text), type: "bind", source: $data, options: ["bind", "ro"]}]
		| .linux.maskedPaths = ["/tmpfs" + $text, "/not/" + $text] | .linux.readonlyPaths = ["/data" + $text, "/not/" + $text]
		| .hooks.createRuntime = [{path: $hook, args: ["hook", $text], env: ["false", "-Sfalse=", "TEXT=" + $text]}] | .hooks.poststop = .hooks.createRuntime' \
		--arg text "$hostile" --arg data "$PWD/data" --arg hook "$PWD/hook.sh"
	same_container c1
	expect_equal "$(cat hook)" "$hostile"$'\n'"$hostile"
	[ ! -e "$canary" ] || fail 'a text of the config was carried out'
}

# What a command or the kernel may refuse: the script ends there.
hostile_setting()
{
	local before
	bundle c1 probe
	edit_config c1 "$1" --arg text "$hostile"
	before=$(host_state)
	write_script "${@:2}" c1
	bash by-hand.sh >script.out 2>&1 </dev/null || true
	[ ! -e "$canary" ] || fail 'a text of the config was carried out'
	expect_host_as "$before"
}

# Neither a word that env(1) would take for the program or an option, nor one that the host's loader obeys.
hostile_environment()
{
	printf '#!/bin/sh\n>%s\n' "$canary" >helper
	chmod +x helper
	printf '#include <fcntl.h>\n__attribute__((constructor)) static void made(void) { creat("%s", 0600); }\n' "$canary" >preload.c
	gcc -shared -fPIC -o preload.so preload.c
	hostile_setting '.process.env += ["'"$PWD"'/helper", "-S'"$PWD"'/helper", "--", "LD_PRELOAD='"$PWD"'/preload.so"]'
	expect_contains "$(cat script.out)" '"env"'
}

# The settings of an end whose other end is in another container go through a shell of their own.
hostile_peer()
{
	unshare --net sleep infinity &
	peer=$!
	trap 'kill "$peer"' EXIT
	wait_until 20 eval '[ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]'
	mkdir bin
	printf '#!/bin/sh\necho "{\\"pid\\": %s}"\n' "$peer" >bin/minirun
	chmod +x bin/minirun
	PATH=$PWD/bin:$PATH hostile_setting . --net "eth0:veth,peer=other:eth0,sysctl.ipv4.rp_filter=1'\"\$(>$canary)\`>$canary\`;>$canary"
	expect_contains "$(cat script.out)" 'bash: line 1: echo: write error'
}

# A link of the image leads nobody to the host's files: neither to make, change or mask one.
linked()
{
	local before status=0 was
	mkdir -p outside
	: >outside/file
	was=$(stat -c '%n %u %a %h' outside outside/file)
	make_bundle c1 probe
	ln -s "$PWD/outside" c1/rootfs/link
	ln -s "$PWD/outside/file" c1/rootfs/file
	edit_config c1 "$1"
	before=$(host_state)
	write_script c1
	bash by-hand.sh >script.out 2>script.err </dev/null || status=$?
	[ "$status" != 0 ] || fail 'the script followed the link'
	expect_contains "$(cat script.err)" 'is a symbolic link, or behind one'
	expect_equal "$(stat -c '%n %u %a %h' outside outside/*)" "$was"
	expect_host_as "$before"
}

# HOME is then what minirun makes of it, and nobody complains.
without_passwd()
{
	make_rootfs image
	rm image/etc/passwd
	same '.root.path = "'"$PWD"'/image" | .process.env = ["PATH=/bin"]'
}

without_start_container()
{
	bundle c1 probe
	edit_config c1 '.hooks.startContainer = [{path: "/bin/true"}]'
	run_minirun script c1
	expect_error 1 'cannot write a script for hooks.startContainer'
	expect_equal "$out" ''
}

# fuse's mount.TYPE would execute its source.
hostile_filesystem()
{
	printf '#!/bin/sh\n>%s\n' "$canary" >helper
	chmod +x helper
	hostile_setting '.mounts += [{destination: "/fuse", type: "fuse", source: "'"$PWD"'/helper#x"}]'
}

check 'any text in the config is text in the script' hostile_config
check 'any text: mount options' hostile_setting '.mounts += [{destination: "/m", type: "tmpfs", source: "m", options: ["size=1m", $text]}]'
check 'any text: options of a remount' hostile_setting '.mounts += [{destination: "/proc", options: ["remount", $text]}]'
check 'any text: type of a file system' hostile_setting '.mounts += [{destination: "/m", type: $text, source: "m"}]'
check 'any text: a sysctl' hostile_setting '.linux.sysctl = {"net.ipv4.ip_forward": "1\nsetpriv \($text)"}'
check 'any text: names of the host' hostile_setting '.hostname = $text | .domainname = $text'
check 'any text: names of the host, as options' hostile_setting '.hostname = "-F/etc/passwd"'
check 'any text: a setting of a link to another container' hostile_peer
check 'no helper of mount(8)' hostile_filesystem
check 'no variable of the program is one of the host' hostile_environment
check 'a link of the image: working directory to be made' linked '.process.cwd = "/link/new"'
check 'a link of the image: working directory' linked '.process.cwd = "/link"'
check 'a link of the image: device' linked '.linux.devices = [{path: "/file", type: "p", uid: 7}]'
check 'a link of the image: directory of a device' linked '.linux.devices = [{path: "/link/new", type: "p", uid: 7}]'
check 'a link of the image: masked path' linked '.linux.maskedPaths = ["/file"]'
check 'a link of the image: read-only path' linked '.linux.readonlyPaths = ["/link"]'
check 'a link of the image: mount' linked '.mounts += [{destination: "/link", type: "tmpfs"}]'
check 'a link of the image: remount' linked '.mounts += [{destination: "/link", options: ["remount", "ro"]}]'
check 'startContainer hooks are refused' without_start_container
check 'limits, as the container sees them' limited
check 'the usual bundle' same .
check 'an image without /etc/passwd' without_passwd
check 'no snapshot' same . --snapshot none
check 'an upper layer on a tmpfs' same . --snapshot overlay,upper=tmpfs,size=8m
check 'a read-only root' same '.root.readonly = true'
check 'what minirun spec writes' as_spec_writes
check 'a filter that is announced as missing' same '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["swapon"], action: "SCMP_ACT_ERRNO"}]}'
check 'attributes of the process' same "$attributes"
check 'capabilities of an ordinary user' same "$capabilities"
check 'mounts with options' with_mounts
check 'devices' same "$devices"
check 'masked and read-only paths' same "$paths"
check 'a user namespace' mapped
check 'a user namespace without snapshot' mapped --snapshot none
check 'links: a pair on a new bridge' net --net "$veth"
check 'links: pairs on two bridges' net --net "$veth" --net "$more"
check 'links: an address that is chosen, masqueraded and published' net --net "$chosen"
check 'links: a dummy with a route' of_kind dummy --net "$dummy"
check 'links: macvlan' of_kind macvlan --net "$macvlan"
check 'name servers and hosts' same . --net "$veth" --dns 10.9.0.1 --host other=10.9.0.9
check 'Ctrl-C leaves the host as it was' interrupted INT 130
check 'and so does TERM' interrupted TERM 143
[ -n "${TEST_SANITIZED-}" ] || check 'a failing step leaves the host as it was: files' failing 'mkdir\|mount\|cd\|mknod\|hostname'
[ -n "${TEST_SANITIZED-}" ] || check 'a failing step leaves the host as it was: network and process' failing 'ip\|nsenter\|umask\|await\|exec\|echo'
check 'the exit code is that of the program' killed_inside
