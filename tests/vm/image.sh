#!/bin/sh
# image.sh DIRECTORY: makes DIRECTORY/image.ext4, the root file system of the machine `systemd`: a Debian of this machine's release with
# systemd as PID 1 and the packages of `tests/packages.sh --list machine`, from this machine's own package sources. Made once, and anew
# when that list or this script changes. Nothing is enabled but D-Bus: a test starts the services that it needs.
set -eu

directory=$1
here=$(cd "$(dirname "$0")/.." && pwd)
packages=$("$here/packages.sh" --list machine)
wanted=$(printf '%s\n' "$packages" && cat "$0")
size=8G # sparse

[ -e "$directory/complete" ] && [ "$(cat "$directory/complete")" = "$wanted" ] && exit 0
rm -rf --one-file-system "$directory"
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
root=$directory/root
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

# unshare: no mount of mmdebstrap's own is left behind on the host, whatever happens.
"$here/apt-sources.sh" | unshare --mount mmdebstrap --quiet --variant=minbase --mode=root --aptopt='Acquire::Retries "2"' --aptopt='APT::Install-Recommends "false"' \
	--include="$(printf '%s\n' $packages | paste -sd ,)" "$release" "$root" - >"$directory/log" 2>&1 || {
	cat "$directory/log" >&2
	echo 'image.sh: mmdebstrap failed' >&2
	exit 1
}

# What packages start by themselves would make each boot longer and each count different.
rm -rf "$root"/etc/systemd/system/*.wants
# Its vhangup would cut what the console shows; nobody logs in.
ln -sf /dev/null "$root/etc/systemd/system/serial-getty@ttyS0.service"
ln -sf /dev/null "$root/etc/systemd/system/getty@tty1.service"
ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# The repository may be shared below /tmp, which is not to be tidied up.
: >"$root/etc/tmpfiles.d/tmp.conf"
: >"$root/etc/fstab"
echo vm >"$root/etc/hostname"
printf '127.0.0.1 localhost vm\n::1 localhost\n' >"$root/etc/hosts"
# An empty machine-id would make each boot a first one, which does more.
echo 00000000000000000000000000000001 >"$root/etc/machine-id"
# Somebody without privileges, with ids of his own to give away (mmdebstrap runs no adduser for him).
chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash user

mke2fs -q -t ext4 -m 0 -O ^has_journal -E root_owner=0:0 -d "$root" "$directory/image.ext4" "$size"
rm -rf --one-file-system "$root" "$directory/log"
printf '%s' "$wanted" >"$directory/complete"
