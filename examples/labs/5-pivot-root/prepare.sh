# prepare.sh: lab 5. A file and a disk of the host's for break-out to reach for, and four ways to get EINVAL of pivot_root.

make_targets()
{
	local device
	device=$(findmnt -n -o SOURCE --mountpoint "$LABS/btrfs") &&
		head -c 8 /dev/urandom | od -A n -t x1 | tr -d ' \n' >secret &&
		sed -e "s|@SECRET@|$LAB/secret|" -e "s|@MAJOR@|$((0x$(stat -c %t "$device")))|" -e "s|@MINOR@|$((0x$(stat -c %T "$device")))|" "$PAGE/break-out" >rootfs/bin/break-out &&
		chmod 0755 rootfs/bin/break-out
}

# try NAME COMMANDS: a script that runs them in a mount namespace of its own, in which nothing is shared with this shell.
try()
{
	printf '#!/bin/sh\n# %s. Run it as it is; it has a mount namespace of its own.\n[ -n "$APART" ] || APART=yes exec unshare --mount --propagation private "$0"\n%s\n' "$1" "$2" >"$1" &&
		chmod 0755 "$1"
}

make_tries()
{
	# image.d is what try-d calls chroot with: a root that is only a directory, with a mount below.
	mkdir old rootfs/old && cp -a rootfs image.d && mkdir image.d/rootfs &&
		try try-a 'mount --bind rootfs rootfs
cd rootfs
pivot_root . ../old' &&
		try try-b 'mount --bind rootfs rootfs
mount --make-rshared /
cd rootfs
pivot_root . old' &&
		try try-c 'cd rootfs
pivot_root . old' &&
		try try-d 'mount --bind rootfs image.d/rootfs
chroot image.d /bin/sh -c "cd /rootfs && pivot_root . old"'
}

labs_btrfs && make_targets && make_tries
