#!/bin/sh
# manual.sh: the manual container of a well-known training page (btrfs snapshot, unshare, pivot_root, veth by hand) by one command, and without what goes wrong there (../README.md).
#
#   sudo ./manual.sh            a loop file with btrfs, an image in a subvolume, the container with a shell in it; nothing is left when the shell ends
#   sudo ./manual.sh explain    each step of it: what, the kernel's call, why, the shell's words for it, how to look at it; nothing is run
#   sudo ./manual.sh plan       the steps, a line each
#   sudo ./manual.sh step       runs it and stops before each step
#   sudo ./manual.sh script     the same container as a bash script, to read
#   sudo ./manual.sh by-hand    the same container, made by that script
#   sudo ./manual.sh down       takes away what one that was killed has left
#
# Further words are options of minirun's: manual.sh explain --format markdown.
# Needs root, busybox-static, btrfs-progs and jq. All that it makes is below one directory ($MANUAL, /run/minirun-manual; below the labs' in their shell), which is the bundle, too.
# shellcheck disable=SC2016 # the dollars are jq's
set -eu

here=$(cd "$(dirname "$0")" && pwd)
place=/run/minirun-manual
# The labs' shell has a minirun with a state root of its own, and takes away what is below its directory.
[ -z "${LABS_SESSION-}" ] || place=$LABS/manual MINIRUN=$LABS/bin/minirun
place=${MANUAL:-$place}
# SELinux: the type of processes in containers, and of their files, in Fedora's and Debian's policies with container-selinux.
process_label=system_u:system_r:container_t:s0
file_label=system_u:object_r:container_file_t:s0

terminal=no

usage() {
	echo 'usage: manual.sh [run | explain | plan | step | script | by-hand [OPTION OF MINIRUN]...]' >&2
	echo '       manual.sh down                                        ($MINIRUN: the program; $MANUAL: the directory, /run/minirun-manual)' >&2
	exit 2
}

say() {
	echo "manual.sh: $*" >&2
}

die() {
	say "$*"
	exit 1
}

# Who has built minirun and not installed it.
find_minirun() {
	minirun=${MINIRUN:-$(command -v minirun || echo "$here/../../../build/minirun")}
	[ -x "$minirun" ] || die "there is no minirun here: 'make' builds it, 'make install' puts it where it is found, MINIRUN= says where it is"
}

check_tools() {
	[ "$(id -u)" = 0 ] || die "needs root, for the mounts and the links: sudo $0"
	for tool in busybox:busybox-static mkfs.btrfs:btrfs-progs btrfs:btrfs-progs jq:jq; do
		command -v "${tool%:*}" >/dev/null || die "needs ${tool%:*}: apt-get install ${tool#*:}"
	done
}

# The image: a subvolume, so that a snapshot of it is one call whatever its size. $image is what is in it.
make_image() {
	mkdir "$place"
	truncate -s 256M "$place.btrfs"
	mkfs.btrfs -q "$place.btrfs" >/dev/null 2>&1 || die "mkfs.btrfs $place.btrfs fails: is there room?"
	mount -o loop "$place.btrfs" "$place" 2>/dev/null || die "cannot mount a loop file: does the kernel have btrfs and loop devices (modprobe -a btrfs loop)?"
	mkdir "$place/images"
	image=$place/images/busybox
	btrfs subvolume create "$image" >/dev/null
	(cd "$image" && mkdir bin dev etc proc root sys tmp)
	cp "$(command -v busybox)" "$image/bin/busybox"
	chroot "$image" /bin/busybox --install -s /bin 2>/dev/null || die "$(command -v busybox) does not run alone: apt-get install busybox-static"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$image/etc/passwd"
}

edit_config() {
	jq "$@" "$place/config.json" >"$place/config.new"
	mv "$place/config.new" "$place/config.json"
}

# What this machine cannot do is left out, and said. A limit without its controller is an error of minirun's, which names it.
make_config() {
	cp "$here/config.json" "$place/config.json"
	[ "$terminal" = yes ] || edit_config '.process.terminal = false'
	if has_label "$process_label" && has_label "$file_label"; then
		edit_config '.process.selinuxLabel = $process | .linux.mountLabel = $file' --arg process "$process_label" --arg file "$file_label"
	fi
	until "$minirun" plan --id manual "$place" >/dev/null 2>"$place/error"; do
		limit=$(sed -n 's/.*cannot set linux\.resources\.\(cpu\|memory\|pids\)\..*/\1/p' "$place/error")
		[ -n "$limit" ] || die "$(cat "$place/error")"
		say "without its $limit limit: $(sed 's/^minirun: //; s/.*cannot set [^ ]* //' "$place/error")"
		edit_config 'del(.linux.resources[$limit])' --arg limit "$limit"
	done
	rm "$place/error"
}

# has_label LABEL: SELinux is on, and its policy knows it.
has_label() {
	[ -e /sys/fs/selinux/context ] && { printf %s "$1" >/sys/fs/selinux/context; } 2>/dev/null
}

make_bundle() {
	! { [ -e "$place" ] || [ -e "$place.btrfs" ]; } || die "$place is there already, of a manual.sh that runs or was killed; '$0 down' takes it away"
	trap 'end $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	make_image
	make_config
}

end() {
	trap '' INT TERM HUP
	down || exit 1
	exit "$1"
}

# command_line WORD...: a command of minirun's, shown, then run.
command_line() {
	say "minirun $*"
	"$minirun" "$@"
}

# Somebody else's container may have the same id.
down() {
	if [ "$("$minirun" state manual 2>/dev/null | jq -r .bundle)" = "$place" ]; then
		"$minirun" delete --force manual
	fi
	if mountpoint -q "$place"; then
		umount "$place" || { say "somebody is still in $place; leave it, then: $0 down"; return 1; }
	fi
	rm -rf --one-file-system "$place" "$place.btrfs"
}

action=${1-run}
[ $# = 0 ] || shift
! { [ -t 0 ] && [ -t 1 ]; } || terminal=yes
case $action in
explain | plan | script) terminal=yes ;; # as it is for who reads them
run | step | by-hand) ;;
down) [ $# = 0 ] || usage ;;
*) usage ;;
esac
find_minirun
check_tools
[ "$action" = down ] || make_bundle
case $action in
run)
	say "in another terminal: minirun state manual; minirun net ls; ls $place/images/.minirun/*/root"
	command_line run "$@" --id manual "$place"
	;;
step) command_line run --step "$@" --id manual "$place" ;;
explain | plan | script) command_line "$action" "$@" --id manual "$place" ;;
by-hand)
	command_line script "$@" --id manual "$place" >"$place/by-hand.sh"
	say "bash $place/by-hand.sh"
	bash "$place/by-hand.sh"
	;;
down) down ;;
esac
