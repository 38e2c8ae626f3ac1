# linux.sh: config-linux: namespaces, id mappings, devices, masked and read-only paths, propagation, seccomp, sysctls, labels.
. "$(dirname "$0")/common.bash"

namespaces_without_path()
{
	report '.linux.namespaces = [{type: "pid"}, {type: "network"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}, {type: "cgroup"}]'
	for name in pid net ipc uts mnt cgroup; do
		[ "$(json "$seen" ".namespaces.$name | tostring | gsub(\"[^0-9]\"; \"\")")" != "$(stat -L -c %i /proc/self/ns/$name)" ]
	done
}

namespaces_not_listed_are_inherited()
{
	report '.linux.namespaces |= map(select(.type != "ipc" and .type != "network")) | .mounts |= map(select(.type != "sysfs"))'
	for name in net ipc; do
		expect_equal "$(json "$seen" ".namespaces.$name | tostring | gsub(\"[^0-9]\"; \"\")")" "$(stat -L -c %i /proc/self/ns/$name)" $name
	done
}

namespaces_by_path()
{
	unshare --net --ipc --uts sleep 1000 &
	holder=$!
	trap 'kill $holder' EXIT
	holds() { [ "$(readlink /proc/$holder/ns/net)" != "$(readlink /proc/self/ns/net)" ] && [ "$(cat /proc/$holder/comm)" = sleep ]; }
	wait_until 30 holds
	for pair in 'network net' 'ipc ipc' 'uts uts'; do
		set -- $pair
		report 'del(.hostname) | .linux.namespaces |= map(select(.type != $t)) + [{type: $t, path: $p}]' --arg t "$1" --arg p "/proc/$holder/ns/$2"
		expect_equal "$(json "$seen" ".namespaces.$2 | tostring | gsub(\"[^0-9]\"; \"\")")" "$(stat -L -c %i /proc/$holder/ns/$2)" "$1"
		rm -r b
	done
}

namespaces_of_another_type()
{
	make_bundle b true
	edit_config b '.linux.namespaces |= map(select(.type != "network")) + [{type: "network", path: "/proc/self/ns/uts"}]'
	refuse 'it is a uts namespace'
	edit_config b '.linux.namespaces += [{type: "ipc"}]'
	refuse 'twice'
}

id_mappings()
{
	chmod 755 "$TEST_TMP" .
	report '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 2000}] | .linux.gidMappings = [{containerID: 0, hostID: 3000, size: 2000}] | .mounts |= map(select(.type != "sysfs"))'
	expect_equal "$(json "$seen" .uid)" 0
	make_bundle b sh -c 'cat /proc/self/uid_map /proc/self/gid_map'
	edit_config b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 2000}] | .linux.gidMappings = [{containerID: 0, hostID: 3000, size: 2000}] | .mounts |= map(select(.type != "sysfs"))'
	play c1
	expect_equal "$(tr -s ' \n' ' ' <out)" ' 0 1000 2000 0 3000 2000 '
}

devices()
{
	make_bundle b sh -c 'stat -c "%n %F %t %T %a %u %g" /dev/test1 /dev/test2 /dev/test3 /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty; for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done'
	edit_config b '.linux.devices = [{path: "/dev/test1", type: "c", major: 10, minor: 229, fileMode: 438, uid: 3, gid: 4}, {path: "/dev/test2", type: "b", major: 8, minor: 666, fileMode: 438, uid: 0, gid: 0}, {path: "/dev/test3", type: "p", fileMode: 438}]'
	play c1
	expect_equal "$(cat out)" '/dev/test1 character special file a e5 666 3 4
/dev/test2 block special file 8 29a 666 0 0
/dev/test3 fifo 0 0 666 0 0
/dev/null character special file 1 3 666 0 0
/dev/zero character special file 1 5 666 0 0
/dev/full character special file 1 7 666 0 0
/dev/random character special file 1 8 666 0 0
/dev/urandom character special file 1 9 666 0 0
/dev/tty character special file 5 0 666 0 0
/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx'
	edit_config b '.linux.devices = [{path: "/dev/null", type: "c", major: 1, minor: 5}]'
	refuse '/dev/null'
}

masked_paths()
{
	make_bundle b sh -c 'cat /file; ls /directory; cat /link; cat /plain'
	mkdir b/rootfs/directory
	for name in file directory/inside plain; do echo content >"b/rootfs/$name"; done
	ln -s file b/rootfs/link
	edit_config b '.linux.maskedPaths = ["/file", "/directory", "/nosuch"]'
	play c1
	expect_equal "$(cat out)" content
}

readonly_paths()
{
	make_bundle b sh -c 'for path in /file /directory/x /link; do echo x 2>&1 >$path; done; echo y >/plain && cat /plain'
	mkdir b/rootfs/directory
	echo content >b/rootfs/file
	ln -s file b/rootfs/link
	edit_config b '.linux.readonlyPaths = ["/file", "/directory", "/nosuch"]'
	play c1
	expect_equal "$(grep -c 'Read-only file system' out err | cut -d: -f2 | paste -sd+ | bc)" 3
	expect_contains "$(cat out)" y
}

root_propagation()
{
	for word in shared slave private unbindable; do
		make_bundle b sh -c 'sed -n "s/^[^ ]* [^ ]* [^ ]* [^ ]* \/ [^ ]* \(.*\)- .*/\1/p" /proc/self/mountinfo'
		edit_config b '.linux.rootfsPropagation = $w' --arg w $word
		play c1
		case $word in
		shared) expect_contains "$(cat out)" shared: ;;
		slave) expect_lacks "$(cat out)" shared: ;;
		private) expect_lacks "$(cat out)" : ;;
		unbindable) expect_contains "$(cat out)" unbindable ;;
		esac
		rm -r b
	done
}

seccomp_profile()
{
	make_bundle b sh -c 'getcwd=$(mkdir /new 2>&1); echo "$getcwd"; pwd'
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64"], syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
	play c1
	expect_contains "$(cat out)" 'Operation not permitted'
}

sysctls()
{
	make_bundle b cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced
	edit_config b '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}'
	play c1
	expect_equal "$(tr '\n' ' ' <out)" '1 1 '
}

# No machine of the tests has SELinux: the refusal is what can be seen.
mount_label()
{
	[ ! -d /sys/fs/selinux ] || skip_without_kernel 'SELinux is on here'
	make_bundle b true
	edit_config b '.linux.mountLabel = "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811"'
	refuse 'selinux is disabled'
}

apparmor_profile()
{
	[ ! -e /sys/kernel/security/apparmor ] || skip_without_kernel 'AppArmor is on here: see tests/vm'
	make_bundle b true
	edit_config b '.process.apparmorProfile = "acme_secure_profile"'
	refuse 'apparmor is disabled'
}

check 'linux_ns_nopath' namespaces_without_path
check 'linux_ns_itype' namespaces_not_listed_are_inherited
check 'linux_ns_path' namespaces_by_path
check 'linux_ns_path_type' namespaces_of_another_type
check 'linux_uid_mappings' id_mappings
check 'linux_devices' devices
check 'linux_masked_paths' masked_paths
check 'linux_readonly_paths' readonly_paths
check 'linux_rootfs_propagation' root_propagation
check 'linux_seccomp' seccomp_profile
check 'linux_sysctl' sysctls
check 'linux_mount_label' mount_label
check 'linux_process_apparmor_profile' apparmor_profile
