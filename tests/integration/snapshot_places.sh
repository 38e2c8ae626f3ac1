# snapshot_places.sh: where the image, the state and the root of the machine lie: / shared or private, / read-only, the image on another file system or on one without a place beside it;
# and disks that are full. Each in a mount namespace of its own.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

mkdir -p -m 700 /run/minirun # stays when the last container goes

# A kept snapshot that everything is done with; and nothing is left on the machine.
SCRIPT='echo new >/etc/passwd; rm -r /bin/probe; mkdir /d; echo x >/d/x'
CHANGES='D /bin/probe
A /d
A /d/x
C /etc
C /etc/passwd'

# life IMAGE DIRECTORY [OPTION...]: run, look, copy to the directory, delete.
life()
{
	local image=$1 to=$2 before
	shift 2
	before=$(host_state)
	run_sh "$SCRIPT" ".root.path = \"$image\"" --keep "$@"
	expect_status 0
	run_minirun snapshot diff shell
	expect_contains "$(sort -k 2 <<<"$out")" "$CHANGES"
	run_minirun snapshot commit shell "$to/copy"
	expect_status 0
	expect_equal "$(cat "$to/copy/etc/passwd")" new
	run_minirun snapshot export shell -o "$to/copy.tar"
	expect_status 0
	tar -tf "$to/copy.tar" ./d/x >/dev/null
	run_minirun snapshot mount shell /mnt
	expect_status 0
	expect_equal "$(cat /mnt/d/x)" x
	umount /mnt
	run_minirun snapshot rm shell
	expect_status 0
	"$MINIRUN" delete shell
	rm -r "$to/copy" "$to/copy.tar"
	expect_host_as "$before"
}

# in_namespace PROPAGATION CHECK: the check's function in a mount namespace whose mounts are all so.
in_namespace()
{
	local propagation=$1 check=$2
	export -f life run_sh bundle run_minirun edit_config make_rootfs make_bundle expect_status expect_equal expect_contains expect_lacks expect_error expect_host_as host_state orphans fail $check
	export IMAGE SCRIPT CHANGES MINIRUN TEST_TMP TEST_CGROUP TEST_LEAF ROOTFS
	# Only what is shared with somebody can be made a slave.
	unshare --mount --propagation shared bash -c 'unshare --mount --propagation "$1" bash -eEu -o pipefail -c "$2"; exit $?' bash "$propagation" "$check"
}

shared_root()
{
	grep -q ' / / .*shared:' /proc/self/mountinfo
	life "$IMAGE" "$PWD"
	life "$IMAGE" "$PWD" --snapshot "overlay,store=$PWD/store"
	# Nothing of a container comes to the machine, which would see it if its / were shared with it.
	local before
	before=$(cat /proc/self/mountinfo)
	bundle long sleep 100
	"$MINIRUN" run --detach --snapshot overlay,size=1m --id long long
	expect_equal "$(cat /proc/self/mountinfo)" "$before"
	"$MINIRUN" delete --force long
}
check 'the root of the machine is shared, as systemd makes it' in_namespace shared shared_root

private_root()
{
	! grep -q ' / / .*shared:' /proc/self/mountinfo
	life "$IMAGE" "$PWD"
}
check 'it is private' in_namespace private private_root

slave_root()
{
	grep -q ' / / .*master:' /proc/self/mountinfo
	life "$IMAGE" "$PWD"
}
check 'it is a slave' in_namespace slave slave_root

readonly_root()
{
	mkdir out
	mount -t tmpfs tmpfs out
	mount --bind "$TEST_TMP" "$TEST_TMP" # where this test writes its own files; the image is on it
	mount --bind out out
	mount --make-rslave /
	mount -o remount,bind,ro /
	! touch /x 2>/dev/null
	cd "$TEST_TMP/$(basename "$PWD")"
	life "$IMAGE" "$PWD/out"
	# An image that is on the read-only file system itself.
	mkdir image
	make_rootfs image
	mount --bind image image
	mount -o remount,bind,ro image
	! touch image/x 2>/dev/null
	life "$PWD/image" "$PWD/out"
	run_sh true ".root.path = \"$PWD/image\"" --snapshot none
	expect_status 0
	run_sh 'touch /x' ".root.path = \"$PWD/image\"" --snapshot none
	expect_contains "$err" 'Read-only file system'
	# A store that would be on it.
	run_sh true . --snapshot overlay,upper=disk
	expect_error 125 'on a read-only file system'
	expect_lacks "$err" 'No such file'
	run_sh true . --snapshot overlay,store=/nowhere
	expect_error 125 'on a read-only file system'
}
check 'the root of the machine, and the image, are read-only' in_namespace private readonly_root

# disk NAME SIZE MKFS...
disk()
{
	local name=$1 size=$2
	shift 2
	truncate -s "$size" "$name.image"
	"$@" "$name.image" >/dev/null 2>&1
	mkdir "$name"
	mount -o loop "$name.image" "$name"
	trap 'umount "$PWD/'"$name"'"' EXIT
}

elsewhere()
{
	disk ext4 64M mkfs.ext4 -q
	make_rootfs ext4/image
	mkdir out
	life "$PWD/ext4/image" "$PWD/out"
	life "$PWD/ext4/image" "$PWD/ext4"
	life "$PWD/ext4/image" "$PWD/out" --snapshot "overlay,store=$PWD/store"
	# The only thing on it, and read-only: there is no place beside it.
	mount -o remount,ro ext4
	life "$PWD/ext4/image" "$PWD/out"
	mount -o remount,rw ext4
	expect_equal "$(ls ext4)" $'image\nlost+found'
	# A squashfs or an erofs, as images are given out, has no writable place at all.
	umount ext4
	mount -o loop,ro ext4.image ext4
	life "$PWD/ext4/image" "$PWD/out"
}
check 'the image is on another file system than the state' elsewhere

# --- full ---

# fill DIRECTORY: up to the last block.
fill()
{
	dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null || true
	dd if=/dev/zero of="$1/rest" bs=512 2>/dev/null || true
}

full_state()
{
	local root=$PWD/state
	mkdir -m 700 state
	mount -t tmpfs -o mode=700,size=1m state state
	trap 'umount "$PWD/state"' EXIT
	bundle shell sh -c 'dd if=/dev/zero of=/big bs=64k count=64; echo "after: $?"'
	# The container itself finds no room, and says so.
	run_minirun --root "$root" run shell
	expect_status 0
	expect_contains "$err" 'No space left on device'
	expect_equal "$out" 'after: 1'
	fill state
	run_minirun --root "$root" run shell
	expect_error 125 'No space left on device'
	rm state/filler state/rest
	run_minirun --root "$root" run shell
	expect_status 0
	expect_equal "$(ls state)" ''
}
check 'the file system of the state is full' full_state

full_store()
{
	disk ext4 16M mkfs.ext4 -q
	make_rootfs ext4/image
	mkdir -m 700 ext4/store
	fill ext4
	run_sh true . --snapshot "overlay,store=$PWD/ext4/store"
	expect_error 125 'No space left on device'
	expect_contains "$err" 'free some space'
	expect_equal "$(ls -A ext4/store)" ''
	rm ext4/rest ext4/filler
	run_sh 'dd if=/dev/zero of=/big bs=64k count=1000' . --snapshot "overlay,store=$PWD/ext4/store"
	expect_contains "$err" 'No space left on device'
	expect_equal "$(ls -A ext4/store)" ''
	# commit and export to it, of a snapshot that lies elsewhere.
	run_sh 'dd if=/dev/zero of=/big bs=64k count=300 2>/dev/null' . --keep
	run_minirun snapshot commit shell ext4/copy
	expect_error 1 'cannot copy the directory'"'"'s content (big): No space left on device; free some space, or name a directory on another file system; nothing is left of it'
	run_minirun snapshot export shell -o ext4/copy.tar
	expect_error 1 'cannot export the snapshot of "shell": cannot write the archive: No space left on device; free some space, or name a file on another file system; nothing is left of it'
	expect_equal "$(ls -A ext4 | tr '\n' ' ')" 'image lost+found store '
	"$MINIRUN" delete shell
}
check 'the file system of the store, or of a copy, is full' full_store

full_btrfs()
{
	disk btrfs 256M mkfs.btrfs -q
	btrfs -q subvolume create btrfs/image
	make_rootfs btrfs/image
	run_sh 'dd if=/dev/zero of=/big bs=1M count=400; echo "after: $?"' ".root.path = \"$PWD/btrfs/image\""
	expect_contains "$err" 'No space left on device'
	expect_equal "$out" 'after: 1'
	expect_equal "$(ls -A btrfs)" image
	# Copies within a limit, by quota.
	btrfs subvolume sync btrfs
	btrfs quota enable btrfs
	run_sh 'dd if=/dev/urandom of=/big bs=1M count=8 2>/dev/null' . --keep
	btrfs -q subvolume create btrfs/limited
	btrfs qgroup limit 2M btrfs/limited
	run_minirun snapshot export shell -o btrfs/limited/copy.tar
	expect_error 1 'Disk quota exceeded; free some space, or name a file on another file system; nothing is left of it'
	expect_equal "$(ls -A btrfs/limited)" ''
	"$MINIRUN" delete shell
}
check 'a full btrfs, and a copy beyond its quota' full_btrfs

full_xfs()
{
	disk xfs 320M mkfs.xfs -q
	make_rootfs xfs/image
	fill xfs
	run_sh true ".root.path = \"$PWD/xfs/image\"" --snapshot reflink
	expect_error 125 'No space left on device'
	expect_contains "$err" 'free some space'
	rm -f xfs/filler xfs/rest
	expect_equal "$(ls -A xfs)" image
}
check 'a full xfs has no room for a reflink copy' full_xfs
