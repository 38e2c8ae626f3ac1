# lib.sh: what the tests of real clients (podman, buildah, containerd, docker) share: the runtime under test, a machine of pure cgroup v2, and
# directories of their own. Sourced by tests/clients/*.sh instead of tests/lib.sh, which it includes.
#
#   CLIENT_RUNTIME=minirun|crun|runc tests/run tests/clients/podman.sh
#
# The same checks run with each runtime: minirun's must all pass, the others' are counted beside them (tests/clients/table.sh).
# All that a client writes outside $TEST_TMP goes to places of the test's own mount and network namespaces (tests/isolate): /run is a
# tmpfs already, `own_directory` covers others.

# Where the machine is shared with systemd (tests/isolate --systemd), mounts and links are the test's own nevertheless.
if [ -e /run/systemd/system ] && [ -z "${OWN_NAMESPACES-}" ]; then
	OWN_NAMESPACES=1 exec unshare --mount --net --propagation private bash "$0"
fi
ip link set lo up

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

RUNTIME_NAME=${CLIENT_RUNTIME:-minirun}
# What a client is told to call. First in PATH as well, since ctr calls `runc` by name when it maps users, so there is no other of this name.
RUNTIME=$TEST_TMP/bin/$RUNTIME_NAME
mkdir "$TEST_TMP/bin"
PATH=$TEST_TMP/bin:$PATH
chmod 711 "$TEST_TMP"

# has_capability NUMBER: effective ones of this shell.
has_capability()
{
	local set
	set=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
	(((0x$set >> $1) & 1))
}
CAP_SYS_RESOURCE=24

place_runtime()
{
	case $RUNTIME_NAME in
	minirun) ln -s "$MINIRUN" "$RUNTIME" ;;
	crun)
		# crun 1.8.1 raises RLIMIT_MEMLOCK before it loads a device filter, as kernels before 5.11 need, and gives up if it may not.
		if has_capability $CAP_SYS_RESOURCE; then
			ln -s /usr/bin/crun "$RUNTIME"
		else
			printf '#!/bin/sh\nLD_PRELOAD=%s exec /usr/bin/crun "$@"\n' "$BUILD/tests/clients/keep_memlock.so" >"$RUNTIME"
			chmod 755 "$RUNTIME"
		fi
		;;
	runc) ln -s /usr/sbin/runc "$RUNTIME" ;;
	*) echo "lib.sh: there is no runtime '$RUNTIME_NAME'" >&2; exit 2 ;;
	esac
}
place_runtime

# cgroup2 alone on /sys/fs/cgroup, as clients of today expect it; on a hybrid machine only in this mount namespace.
if [ "$(stat --file-system --format %T /sys/fs/cgroup)" != cgroup2fs ]; then
	umount --recursive /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	TEST_LEAF=/sys/fs/cgroup/${TEST_LEAF#"$TEST_CGROUP/"}
	TEST_CGROUP=/sys/fs/cgroup
fi

# A /dev of this test's own: peers have been seen to give /dev/null, where it is a container's standard stream, to an id of its user namespace, for everybody.
own_devices()
{
	local devices=$TEST_TMP/dev mounted
	mkdir "$devices"
	mount -t tmpfs -o mode=755 tmpfs "$devices"
	cp -ax /dev/. "$devices"
	for mounted in /dev/*/; do
		! mountpoint -q "$mounted" || mount --rbind "$mounted" "$devices/${mounted#/dev/}"
	done
	mount --move "$devices" /dev
	rmdir "$devices"
}
own_devices

# own_directory DIRECTORY...: an empty one of this test's own over it.
own_directory()
{
	local directory
	for directory; do
		mkdir -p "$directory"
		mount -t tmpfs -o mode=755 tmpfs "$directory"
	done
}

# remove_cgroups NAME...: below the hierarchy's root. Engines leave their empty parents behind (/libpod_parent), tests/isolate would complain.
remove_cgroups()
{
	local name
	for name; do
		[ ! -d "$TEST_CGROUP/$name" ] || find "$TEST_CGROUP/$name" -depth -type d -exec rmdir {} +
	done
}

# at_end FUNCTION: called when the test ends, however it ends; last registered, first called. (An EXIT trap of the test's own would replace that
# of tests/lib.sh, which makes a failed check the exit status.)
AT_END=()
at_end()
{
	AT_END=("$1" "${AT_END[@]}")
}

end_of_test()
{
	local status=$? function
	for function in "${AT_END[@]}"; do
		"$function" >>"$TEST_TMP/at_end.log" 2>&1 || echo "# $function: exit status $?"
	done
	[ $status -ne 0 ] || exit $LIB_FAILED
	exit $status
}
trap end_of_test EXIT
