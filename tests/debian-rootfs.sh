#!/bin/sh
# debian-rootfs.sh DIRECTORY: a Debian of this machine's release, minbase (apt and perl-base are in it), from this machine's own
# package sources, unpacked into DIRECTORY/rootfs; made once, DIRECTORY/complete says that it is whole.
set -eu

directory=$1
here=$(cd "$(dirname "$0")" && pwd)
[ -e "$directory/complete" ] && exit 0
rm -rf --one-file-system "$directory"
mkdir -p "$directory"
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
# unshare: no mount of its own is left behind on the host, whatever happens.
"$here/apt-sources.sh" | unshare --mount mmdebstrap --quiet --variant=minbase --mode=root "$release" "$directory/rootfs" -
date -R >"$directory/complete"
