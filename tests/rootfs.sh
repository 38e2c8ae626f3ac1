#!/bin/sh
# rootfs.sh PROBE OUTPUT.tar: the test bundles' root file system: busybox with its applets as symlinks, the probe, and a minimal /etc.
set -eu

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree"
mkdir bin sbin proc dev sys tmp etc root run var
chmod 755 .
chmod 1777 tmp
cp /bin/busybox bin/busybox
for applet in $(bin/busybox --list); do
	[ "$applet" = busybox ] || ln -s busybox "bin/$applet"
done
cd - >/dev/null
cp "$1" "$tree/bin/probe"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
echo 'root:x:0:' >"$tree/etc/group"
tar -C "$tree" --owner=0 --group=0 --numeric-owner --sort=name -cf "$2" .
