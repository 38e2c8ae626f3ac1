#!/bin/sh
# initramfs.sh KERNEL-DIRECTORY: makes KERNEL-DIRECTORY/initramfs.gz: busybox, tests/vm/init, and the modules needed to reach the
# root file system. All other modules are loaded later from the unpacked kernel package itself.
set -eu

kernel=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
image=$kernel/initramfs.gz
[ "$image" -nt "$here/init" ] && [ "$image" -nt "$0" ] && exit 0

version=$(cat "$kernel/complete")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/lib/modules/$version"
cp /bin/busybox "$tree/bin/busybox"
install -m 0755 "$here/init" "$tree/init"

for module in virtio_pci virtio_console virtio_rng virtio_blk 9pnet_virtio 9p overlay crc32c_generic ext4; do
	modprobe -d "$kernel" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
done | sort -u | while read -r file; do
	target=$tree/${file#"$kernel"/}
	mkdir -p "${target%/*}"
	case $file in
	*.xz) xz -dc "$file" >"${target%.xz}" ;; # busybox's modprobe reads no xz
	*) cp "$file" "$target" ;;
	esac
done
cp "$kernel/lib/modules/$version"/modules.order "$kernel/lib/modules/$version"/modules.builtin* "$tree/lib/modules/$version/"
depmod -b "$tree" "$version"
(cd "$tree" && find . | cpio --quiet -o -H newc) | gzip -1 >"$image.new"
mv "$image.new" "$image"
