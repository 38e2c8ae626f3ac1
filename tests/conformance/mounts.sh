# mounts.sh: what users of runc and crun rely on in mounts, root, masks and devices, where no other test of this repository speaks of it.
. "$(dirname "$0")/common.bash"

# sh_in SCRIPT [JQ [ARGUMENT...]]: the output of a shell in the bundle b, changed so.
sh_in()
{
	local script=$1
	shift
	make_bundle b sh -c "$script"
	[ $# -eq 0 ] || edit_config b "$@"
	run_minirun run --bundle b c1
}

# The options of the mount on /m.
options_of_m='sed -n "s,^[^ ]* [^ ]* [^ ]* [^ ]* /m \([^ ]*\).*,\1,p" /proc/self/mountinfo'

relative_source()
{
	sh_in 'ls /tmp/bind/config.json' '.mounts += [{destination: "/tmp/bind", source: ".", options: ["bind"]}]'
	expect_status 0
}

files_of_every_kind()
{
	mkfifo fifo
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	for flags in '[]' '["ro"]' '["rro"]'; do
		sh_in '[ -p /fifo ] && [ -S /socket ]' '.mounts += [{destination: "/fifo", source: ($d + "/fifo"), options: (["bind"] + $f)},
			{destination: "/socket", source: ($d + "/socket"), options: (["bind"] + $f)}]' --arg d "$PWD" --argjson f "$flags"
		expect_status 0
	done
}

# A source that is a link means what it points to; a destination that is one is resolved within the root.
links()
{
	echo content >file
	ln -s file link
	make_bundle b cat /etc/there /conf/stack/in
	mkdir -p b/rootfs/real/conf b/rootfs/etc
	ln -s /real/conf b/rootfs/conf
	edit_config b '.mounts += [{destination: "/etc/there", source: ($d + "/link"), options: ["bind", "ro"]}, {destination: "/conf/stack/in", source: ($d + "/link"), options: ["bind"]}]' --arg d "$PWD"
	expect_equal "$("$MINIRUN" run --bundle b c1 | tr '\n' ' ')" 'content content '
	[ -e b/rootfs/real/conf/stack/in ] || [ ! -L b/rootfs/conf/stack ]
}

many_slashes()
{
	sh_in 'grep -c " /a/b " /proc/self/mountinfo' '.mounts += [{destination: "/a//b/", type: "tmpfs", source: "tmpfs"}]'
	expect_equal "$out" 1
}

a_mount_on_the_root()
{
	mkdir other
	make_rootfs other
	touch other/other-root
	sh_in 'ls -d /other-root /proc/self/stat' '.mounts = [{destination: "/", source: ($d + "/other"), options: ["bind"]}] + .mounts' --arg d "$PWD"
	expect_status 0
	sh_in 'echo x >/bin/written; ls /bin/busybox; stat -f -c %T /' '.mounts = [{destination: "/", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}] + .mounts'
	expect_equal "$out" $'/bin/busybox\ntmpfs'
	[ ! -e b/rootfs/bin/written ]
}

# All bits of a directory's mode, umask or not; also with the mount point made by minirun, and made before.
modes_of_tmpfs()
{
	make_bundle b stat -c %a /m
	edit_config b '.mounts += [{destination: "/m", type: "tmpfs", source: "tmpfs", options: ["mode=0444"]}]'
	for _ in 1 2; do
		expect_equal "$("$MINIRUN" run --snapshot none --bundle b c1)" 444
	done
	chmod 7777 b/rootfs/m
	edit_config b '.mounts[-1].options = ["noexec", "nosuid", "nodev", "rprivate"]'
	expect_equal "$(umask 077; "$MINIRUN" run --bundle b c1)" 7777
	chmod 00710 b/rootfs/m
	expect_equal "$("$MINIRUN" run --bundle b c1)" 710
	edit_config b '.mounts[-1].options = ["mode=0410"]'
	expect_equal "$("$MINIRUN" run --bundle b c1)" 410
}

copied_up_modes()
{
	make_bundle b stat -c %a /dir/sub
	mkdir -p b/rootfs/dir/sub
	chmod 777 b/rootfs/dir/sub
	edit_config b '.mounts += [{destination: "/dir", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
	expect_equal "$(umask 022; "$MINIRUN" run --bundle b c1)" 777
}

readonly_dev()
{
	sh_in 'grep "^tmpfs /dev " /proc/mounts; [ -c /dev/null ]' '.mounts |= map(if .destination == "/dev" then .options += ["ro"] else . end)'
	expect_status 0
	expect_contains "$out" ' ro,'
}

# GHSA-m8cg-xc2p-r3fc: whatever the namespaces, a cgroup mount that is asked for as read-only is.
readonly_cgroup()
{
	for types in '[]' '["cgroup"]' '["cgroup", "network"]'; do
		for type in cgroup cgroup2; do
			sh_in 'grep " /sys/fs/cgroup " /proc/mounts | tail -n 1; ! mkdir /sys/fs/cgroup/x' '.linux.namespaces |= map(select(IN(.type; $t[]) | not))
				| .mounts += [{destination: "/sys/fs/cgroup", type: $k, source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}]' --argjson t "$types" --arg k "$type"
			expect_status 0
			expect_contains "$out" ' ro,'
		done
	done
}

own_cgroup_only()
{
	sh_in 'find /sys/fs/cgroup/ -type d | wc -l' '.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]'
	expect_equal "$out" 1
}

# A path made read-only keeps what its mount forbids.
readonly_paths_keep_flags()
{
	mkdir outer inner
	sh_in 'grep -E " (/m/in|/proc/bus) " /proc/mounts | cut -d " " -f 2,4' '.mounts |= map(if .destination == "/proc" then .options = ["nosuid", "noexec", "nodev"] else . end)
		| .mounts += [{destination: "/m", source: ($d + "/outer"), options: ["rbind", "nosuid", "noexec", "nodev"]}, {destination: "/m/in", source: ($d + "/inner"), options: ["rbind", "nosuid", "noexec", "nodev"]}]
		| .linux.readonlyPaths = ["/m/in", "/proc/bus"]' --arg d "$PWD"
	expect_contains "$out" '/m/in ro,nosuid,nodev,noexec'
	expect_contains "$out" '/proc/bus ro,nosuid,nodev,noexec'
}

# Where the program has the rights to try, too.
masks_stay()
{
	make_bundle b sh -c 'cat /file; ls /dir; for what in "rm -f /file" "umount /file" "touch /dir/x" "rm -rf /dir" "umount /dir"; do $what && echo "done: $what"; done; stat -c %d /dir /dir2 | sort -u | wc -l'
	mkdir b/rootfs/dir b/rootfs/dir2
	echo secret | tee b/rootfs/file b/rootfs/dir/secret >b/rootfs/dir2/secret
	for readonly in false true; do
		edit_config b '.linux.maskedPaths = ["/file", "/dir", "/dir2"] | .root.readonly = $r' --argjson r $readonly
		run_minirun run --bundle b c1
		expect_lacks "$out" secret
		expect_lacks "$out" 'done:'
		expect_contains "$err" 'Read-only'
	done
}

flags_of_one_mount()
{
	for fs in tmpfs bind; do
		for flag in ro noexec nosuid nodev noatime nodiratime; do
			sh_in "$options_of_m" '.mounts += [{destination: "/m", type: $t, source: (if $t == "bind" then $d else $t end), options: ([if $t == "bind" then "bind" else empty end] + [$f])}]' \
				--arg d "$PWD" --arg t $fs --arg f $flag
			expect_contains ",$out," ",$flag,"
		done
	done
	sh_in 'grep " /m " /proc/mounts' '.mounts += [{destination: "/m", type: "tmpfs", source: "tmpfs", options: ["sync", "dirsync"]}]'
	expect_contains "$out" 'sync,dirsync'
}

other_file_systems()
{
	sh_in 'ls -d /dev/mqueue /dev/pts/ptmx && grep -cE " (mqueue|devpts) " /proc/mounts' '.mounts += [{destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]}]'
	expect_status 0
}

modes_and_owners_of_devices()
{
	for mapped in false true; do
		make_bundle b sh -c 'for d in /dev/b /dev/c /dev/p /sub/b; do stat -c "%n %F %a %u:%g" $d; done'
		edit_config b '.linux.devices = [{path: "/dev/b", type: "b", major: 1, minor: 5, uid: 10, gid: 11, fileMode: 111}, {path: "/dev/c", type: "c", major: 251, minor: 1, uid: 3, gid: 4, fileMode: 416},
			{path: "/dev/p", type: "p", uid: 1, gid: 2, fileMode: 432}, {path: "/sub/b", type: "b", major: 10, minor: 229}]'
		[ $mapped = false ] || edit_config b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 4294967295}] | .linux.gidMappings = .linux.uidMappings'
		[ $mapped = false ] || edit_config b '.linux.devices = []' # nodes cannot be made in a user namespace, and these are not on the host
		[ $mapped = true ] || expect_equal "$(umask 022; "$MINIRUN" run --bundle b c1)" \
			$'/dev/b block special file 157 10:11\n/dev/c character special file 640 3:4\n/dev/p fifo 660 1:2\n/sub/b block special file 666 0:0'
	done
}

# What a program of the container may open, its `exec` may, and no more.
devices_of_exec()
{
	live '.linux.resources.devices = [{allow: false, access: "rwm"}] | .linux.devices = [{path: "/dev/kmsg", type: "c", major: 1, minor: 11}]'
	run_minirun exec --cap CAP_SYSLOG c1 sh -c 'cat /dev/kmsg'
	[ "$status" -ne 0 ]
	expect_contains "$err" 'not permitted'
	run_minirun exec c1 sh -c 'echo x >/dev/kmsg'
	[ "$status" -ne 0 ]
	inside sh -c 'echo x >/dev/null'
}

without_mount_namespace()
{
	make_bundle b true
	edit_config b '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", ("echo once >>" + $d + "/ran")]}] | .linux.namespaces |= map(select(.type != "mount")) | .mounts = []' --arg d "$PWD"
	before=$(host_state)
	run_minirun run --bundle b c1
	[ "$status" -ne 0 ] || expect_equal "$(cat ran)" once
	expect_host_as "$before"
}

no_pivot_leaks_nothing()
{
	mkdir here
	mount --bind here here
	make_bundle here/b true
	mount --bind here/b/rootfs here/b/rootfs
	edit_config here/b '.linux.rootfsPropagation = "rshared"'
	before=$(host_state)
	run_minirun run --no-pivot --bundle here/b c1
	expect_status 0
	expect_host_as "$before"
	umount here/b/rootfs here
}

check 'a relative source is below the bundle' relative_source
check 'bind: fifos and sockets, also read-only' files_of_every_kind
check 'bind: links as source and in the destination' links
check 'a destination with many slashes' many_slashes
check 'a mount on / replaces the root' a_mount_on_the_root
check 'tmpfs: modes' modes_of_tmpfs
check 'tmpcopyup keeps modes under any umask' copied_up_modes
check 'a read-only /dev has its devices' readonly_dev
check 'a read-only cgroup mount, with and without namespaces' readonly_cgroup
check 'no cgroup but its own is seen' own_cgroup_only
check 'read-only paths keep the flags of their mounts' readonly_paths_keep_flags
check 'masks cannot be taken away, nor written to' masks_stay
check 'each flag, on tmpfs and bind' flags_of_one_mount
check 'mqueue and devpts' other_file_systems
check 'devices: type, mode, owner' modes_and_owners_of_devices
check 'devices: exec is held by the same rules' devices_of_exec
check 'without a mount namespace nothing is left' without_mount_namespace
check '--no-pivot with a shared root leaves no mount' no_pivot_leaks_nothing
