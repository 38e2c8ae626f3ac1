# check.sh: grades lab 4 by what lies on the disks: layers, subvolumes, snapshots, and the roots of running containers as /proc shows them.

# --- by hand ---

overlay_is_mounted()
{
	local options
	options=$(findmnt --noheadings --types overlay --output OPTIONS --mountpoint "$LAB/hand/merged") || return
	[[ $options =~ (^|,)lowerdir=([^,:]*/)?lower/*, && $options =~ ,upperdir=([^,]*/)?upper/*, && $options =~ ,workdir=([^,]*/)?work/*(,|$) ]]
}

# A whiteout is a character device 0,0. A directory in upper that hides what lies below without a whiteout in it can only be opaque.
deleted_and_replaced()
{
	overlay_is_mounted && [ ! -e hand/merged/secret ] && [ -f hand/lower/secret ] &&
		[ "$(stat -c '%F %t,%T' hand/upper/secret)" = 'character special file 0,0' ] &&
		[ "$(ls -A hand/merged/shelf)" = new ] && [ "$(ls -A hand/upper/shelf)" = new ] && [ "$(echo hand/lower/shelf/*)" = 'hand/lower/shelf/a hand/lower/shelf/b hand/lower/shelf/c' ]
}

copied_up()
{
	overlay_is_mounted && [ "$(stat -c %a hand/merged/big hand/upper/big hand/lower/big | tr '\n' ' ')" = '600 600 644 ' ] && answer_is 3 "$(stat -c %b hand/upper/big)"
}

# field SUBVOLUME NAME: of `btrfs subvolume show`.
field()
{
	btrfs subvolume show "$1" | awk -F: -v name="$2" '{ gsub(/^[ \t]+|[ \t]+$/, "", $1) } $1 == name { gsub(/[ \t]/, "", $2); print $2 }'
}

subvolume_by_hand()
{
	local of
	of=$(field disk/image UUID) && [ -n "$of" ] && [ "$(field disk/mine 'Parent UUID')" = "$of" ] &&
		[ "$(cat disk/image/etc/motd)" = 'This is the image.' ] && ! cmp -s disk/image/etc/motd disk/mine/etc/motd
}

# --- containers ---

# runs_on ID DIRECTORY: with a layer of its own over it.
runs_on()
{
	is_running "$1" && [ "$(realpath "$(minirun state "$1" | jq -r .rootfs)")" = "$(realpath "$2")" ] && ! [ "/proc/$(pid_of "$1")/root/" -ef "$2" ]
}

# note_of ID: a link would lead the reader astray, and out of the container.
note_of()
{
	local note
	note=/proc/$(pid_of "$1")/root/note
	[ -f "$note" ] && [ ! -L "$note" ] && head -n 1 "$note"
}

two_containers()
{
	runs_on one rootfs && runs_on two rootfs && [ "$(note_of one)" = one ] && [ "$(note_of two)" = two ] && [ ! -e rootfs/note ] && [ -e rootfs/bin/vi ] &&
		minirun snapshot diff one | grep -qx 'D /bin/vi' && ! minirun snapshot diff two | grep -q '/bin/vi'
}

committed()
{
	[ -x new/rootfs/bin/busybox ] && [ "$(cat new/rootfs/note)" = one ] && [ ! -e new/rootfs/bin/vi ] && [ ! -e rootfs/note ] &&
		runs_on three new/rootfs && [ "$(note_of three)" = one ]
}

task 1 'an overlay of hand/lower, hand/upper and hand/work is mounted on hand/merged' overlay_is_mounted 'look at "findmnt hand/merged"; its options are lowerdir, upperdir and workdir'
task 2 'in hand/merged, secret is gone and shelf has nothing but the file new; hand/lower has them as before' deleted_and_replaced 'delete in hand/merged alone; of shelf the directory itself, then make it again: "ls -lR hand/upper" shows what that left'
task 3 'hand/merged/big has mode 600, and answer 3 says what that has cost in hand/upper' copied_up 'stat -c %b gives the 512-byte blocks of a file; "answer 3 NUMBER" keeps the number'
task 4 'disk/mine is a snapshot of disk/image, and its etc/motd is another one' subvolume_by_hand 'compare "Parent UUID" in "btrfs subvolume show" of mine with the UUID of image; a copy (cp) has none'
task 5 'one and two run on the image of this bundle; the note of each is its own, one has no /bin/vi, and the image is as it was' two_containers 'write /note from inside (minirun exec) and compare "minirun snapshot diff one" with that of two'
task 6 'new/rootfs is what one has made of the image, and three runs from the bundle new' committed 'minirun snapshot commit makes the directory; three is to be started from the bundle new'
