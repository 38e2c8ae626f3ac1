# snapshot_kinds.sh: the kinds of snapshots on real file systems: overlays of several layers, btrfs, reflink on xfs; limits that are reached; what is left afterwards: nothing.
# limit: 400
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
. "$REPOSITORY/tests/integration/disk.bash"

# All that a file has, but extended attributes: content, mode, owner, times, links, holes.
hash_of()
{
	(cd "$1" && find . -printf '%p %y %m %U %G %T@ %l %n %b\n' | sort && find . -type f -exec sha256sum {} + | sort) | sha256sum
}

# An image with everything that a copy can lose.
full_image()
{
	make_rootfs "$1"
	mkdir "$1/all"
	(
		cd "$1/all"
		echo content >file
		ln file other-name
		ln -s file link
		mknod node c 1 3
		mkfifo pipe
		truncate -s 1M holes
		echo end >>holes
		chown 5:6 file
		chown -h 7:8 link
		chmod 4755 file
		chmod 1777 .
		touch -hd '2001-02-03 04:05:06.789' link file .
	)
}

# planned OPTIONS...: the snapshot's line of `minirun plan`.
planned()
{
	"$MINIRUN" plan "$@" | sed -n 's/^ *[0-9]* parent snapshot *//p'
}

# on_image PATH SCRIPT [OPTION...]
on_image()
{
	local image=$1 script=$2
	shift 2
	run_sh "$script" '.root.path = "'"$image"'"' "$@"
}

# --- overlay ---

layers()
{
	mkdir -p low/etc high/etc
	echo low | tee low/etc/both >low/etc/low
	echo high >high/etc/both
	run_sh 'cat /etc/both /etc/low; echo x >/etc/both; rm /etc/low; ls /bin/sh' . --snapshot "overlay,lower=$PWD/low,lower=$PWD/high"
	expect_equal "$out" $'high\nlow\n/bin/sh'
	expect_equal "$(cat low/etc/both low/etc/low high/etc/both)" $'low\nlow\nhigh'
	# Awkward and many: by their fds.
	local list=overlay n
	for n in 1 2 3 4 5 6 7 8 9 10 11; do
		mkdir -p "a:b $n/etc"
		echo "$n" >"a:b $n/etc/top"
		list+=",lower=$PWD/a:b $n"
	done
	run_sh 'cat /etc/top' . --snapshot "$list"
	expect_equal "$out" 11
	run_sh true . --snapshot "overlay,lower=$PWD/absent"
	expect_error 125 "the layer $PWD/absent: No such file"
}
check 'layers over the image, the last one on top' layers

tmpfs_of_its_own()
{
	local before
	before=$(cat /proc/self/mountinfo)
	run_sh 'dd if=/dev/zero of=/big bs=64k count=64 2>&1; wc -c </big; echo x >/dev/shm/x && echo else' . --snapshot overlay,size=1m
	expect_contains "$out" 'No space left on device'
	expect_contains "$out" else
	[ "$(sed -n 's/^\([0-9]*\)$/\1/p' <<<"$out")" -le 1048576 ]
	expect_equal "$(cat /proc/self/mountinfo)" "$before"
	[ ! -e /run/minirun/shell ] || fail 'something is left'
	expect_contains "$(planned --snapshot overlay,size=1m shell)" 'writable layer on a tmpfs'
	run_sh true . --keep --snapshot overlay,upper=tmpfs
	expect_error 125 '--keep is given, but the writable layer would be a tmpfs'
	# While it runs, nobody sees the tmpfs.
	bundle long sh -c 'echo x >/x; touch /dev/shm/up; sleep 60'
	run_minirun run --detach --snapshot overlay,upper=tmpfs --bundle long long
	expect_status 0
	expect_equal "$(cat /proc/self/mountinfo)" "$before"
	wait_until 30 "$MINIRUN" exec long ls /dev/shm/up
	expect_equal "$(ls /run/minirun/long/snapshot)" tmpfs # a mark
	run_minirun snapshot ls --format json
	expect_equal "$(jq -c '.[] | [.id, .backend]' <<<"$out")" '["long","overlay"]'
	"$MINIRUN" delete --force long
	expect_equal "$(cat /proc/self/mountinfo)" "$before"
}
check 'a tmpfs with a size for the upper layer: full is full, and nobody else sees it' tmpfs_of_its_own

# Linux before 6.15 takes no layer that is attached nowhere.
without_detached_layers()
{
	local before call error
	before=$(cat /proc/self/mountinfo)
	make_bundle old sh -c 'cat /proc/self/mountinfo; dd if=/dev/zero of=/big bs=64k count=64'
	run=("$MINIRUN" run --snapshot overlay,size=1m old)
	strace -e trace=fsconfig -o calls "${run[@]}" || true
	call=$(grep '^fsconfig' calls | grep -n -m 1 FSCONFIG_SET_FD | cut -d : -f 1)
	[ -n "$call" ] || skip_without_kernel 'layers of overlayfs by fd'
	for error in EINVAL EOPNOTSUPP; do # the second one before 6.5
		strace -e trace=fsconfig -e inject=fsconfig:error=$error:when="$call" -o calls "${run[@]}" >out 2>&1 || true
		expect_contains "$(cat out)" 'upperdir=/run/minirun/old/snapshot/upper'
		expect_contains "$(cat out)" 'No space left on device'
		expect_equal "$(grep -c FSCONFIG_SET_FD calls)" 1
		expect_equal "$(cat /proc/self/mountinfo)" "$before"
	done
}
[ -n "${TEST_SANITIZED-}" ] || check 'a kernel that wants layers attached: a helper does it, out of sight' without_detached_layers

on_disk()
{
	mkdir -p /var/lib
	mount -t tmpfs tmpfs /var/lib
	trap 'umount /var/lib' EXIT
	run_sh 'echo x >/x; grep " / " /proc/self/mountinfo' . --snapshot overlay,upper=disk
	expect_contains "$out" 'upperdir=/var/lib/minirun/snapshots/shell@'
	expect_contains "$out" volatile
	expect_equal "$(ls -A /var/lib/minirun/snapshots)" ''
	run_sh 'echo x >/x; grep " / " /proc/self/mountinfo' . --keep --snapshot overlay,store=$PWD/store
	expect_lacks "$out" volatile
	expect_equal "$(cat store/shell@*/upper/x)" x
	expect_equal "$(readlink store/shell@*/owner) $(readlink store/shell@*/image)" "/run/minirun/shell $IMAGE"
	"$MINIRUN" delete shell
	expect_equal "$(ls -A store)" ''
	mkdir -m 777 open
	run_sh true . --snapshot overlay,store=$PWD/open
	expect_error 125 "$PWD/open of the snapshot can be written by others"
	[ ! -e /run/minirun/shell ]
}
check 'the upper layer on disk, in a store' on_disk

quota()
{
	run_sh true . --snapshot overlay,size=1m,store=$PWD/store
	expect_error 125 'enforces no project quotas; mount it with prjquota'
	[ ! -e store ] || fail 'a store was made'
	OPTIONS=prjquota disk quota 32M mkfs.ext4 -q -O quota,project
	run_sh 'dd if=/dev/zero of=/big bs=64k count=64 2>&1; wc -c </big; rm /big; dd if=/dev/zero of=/big bs=64k count=8 2>&1' . --snapshot "overlay,size=1m,store=$PWD/quota/store"
	expect_contains "$out" 'Disk quota exceeded'
	expect_contains "$out" '8+0 records out'
	expect_equal "$(ls -A quota/store)" ''
	repquota -P quota 2>/dev/null | grep -E '^#18' && fail 'a limit is left'
	true
}
check 'size= on disk by a project quota (kernel: CONFIG_QFMT_V2), or the reason why not' quota

# Where no layer can be written: the state directory is on an overlay.
on_an_overlay()
{
	mkdir low up work state
	mount -t overlay overlay -o "lowerdir=$PWD/low,upperdir=$PWD/up,workdir=$PWD/work" state
	trap 'umount state' EXIT
	bundle shell sh -c true
	run_minirun --root "$PWD/state" run shell
	expect_error 125 'is itself on an overlay'
	run_minirun --root "$PWD/state" run --snapshot auto shell
	expect_error 125 'on an overlay, which cannot hold one; btrfs: '
	run_minirun --root "$PWD/state" run --snapshot overlay,size=1m shell
	expect_status 0
	expect_equal "$(ls state)" ''
}
check 'a state directory on an overlay: refused with the reasons; a tmpfs does' on_an_overlay

# --- btrfs ---

# A subvolume `image` and a directory `plain` on ./btrfs.
btrfs_disk()
{
	disk btrfs 256M mkfs.btrfs -q
	btrfs -q subvolume create btrfs/image 2>/dev/null || btrfs subvolume create btrfs/image
	make_rootfs btrfs/image
	make_rootfs btrfs/plain
	before=$(hash_of btrfs/image)
}

btrfs_nothing_left()
{
	expect_equal "$(btrfs subvolume list btrfs | sed 's/.* path //')" image
	expect_equal "$(ls -A btrfs | tr '\n' ' ')" 'image plain '
	expect_equal "$(hash_of btrfs/image)" "$before"
}

btrfs_subvolume()
{
	btrfs_disk
	on_image "$PWD/btrfs/image" 'echo x >/etc/passwd; rm -r /bin/probe; echo y >/new; cat /new; grep -o " / .* - btrfs" /proc/self/mountinfo' --trace
	expect_contains "$out" y
	expect_contains "$out" ' - btrfs'
	expect_contains "$err" '(auto: the image is a subvolume of btrfs)'
	btrfs_nothing_left
	expect_contains "$(planned shell)" "btrfs snapshot $PWD/btrfs/.minirun/shell@"
	btrfs_nothing_left
	# Kept, and what the container may make: subvolumes in subvolumes, read-only ones, too.
	on_image "$PWD/btrfs/image" 'echo y >/new' --keep
	local root
	root=$(echo btrfs/.minirun/shell@*/root)
	expect_equal "$(cat $root/new)" y
	btrfs -q subvolume create $root/tmp/sub
	btrfs -q subvolume create $root/tmp/sub/deep
	btrfs -q subvolume snapshot -r $root/tmp/sub $root/var/frozen
	"$MINIRUN" snapshot ls | grep -q 'shell *btrfs'
	"$MINIRUN" delete shell
	btrfs_nothing_left
}
check 'btrfs: a snapshot of a subvolume, removed with those in it' btrfs_subvolume

btrfs_limit()
{
	btrfs_disk
	on_image "$PWD/btrfs/image" true --snapshot btrfs,size=8m
	expect_error 125 'and they are off; turn them on: btrfs quota enable'
	btrfs_nothing_left
	btrfs quota enable btrfs
	on_image "$PWD/btrfs/image" 'dd if=/dev/zero of=/big bs=64k count=512 conv=fsync 2>&1; wc -c </big' --snapshot btrfs,size=8m
	expect_contains "$out" 'Disk quota exceeded'
	btrfs_nothing_left
	# The kernel removes the qgroup when it has cleaned the subvolume away.
	btrfs subvolume sync btrfs
	wait_until 30 sh -c '! btrfs qgroup show btrfs | grep -q -E "^0/(25[7-9]|2[6-9])"' || skip_without_kernel 'qgroups outlive their subvolumes'
}
check 'btrfs: a limit, by EDQUOT' btrfs_limit

btrfs_elsewhere()
{
	btrfs_disk
	expect_contains "$(planned --snapshot auto "$(on_image "$PWD/btrfs/plain" true >&2; echo shell)")" '(auto: the image is not a btrfs subvolume)'
	on_image "$PWD/btrfs/plain" true --snapshot btrfs
	expect_error 125 'is a directory of btrfs, no subvolume; use --snapshot reflink'
	on_image "$IMAGE" true --snapshot btrfs
	expect_error 125 'is on no btrfs'
	mkdir store
	on_image "$PWD/btrfs/image" true --snapshot "btrfs,store=$PWD/store"
	expect_error 125 'on another file system than the image'
	# A subvolume that is mounted by itself has no place beside it.
	mkdir alone
	mount -o loop,subvol=image btrfs.image alone
	trap 'umount "$MOUNTED" "${MOUNTED%/*}/alone"' EXIT
	on_image "$PWD/alone" 'grep -o " / .* - [a-z]*" /proc/self/mountinfo' --trace
	expect_contains "$out" '- overlay'
	expect_contains "$err" 'auto: btrfs does not fit: the snapshot would lie in '
	on_image "$PWD/alone" 'grep -o " / .* - [a-z]*" /proc/self/mountinfo' --snapshot "btrfs,store=$PWD/btrfs/store"
	expect_contains "$out" '- btrfs'
	rmdir btrfs/store
	umount alone
	trap 'umount "$MOUNTED"' EXIT
	# Read-only, and shared with the host.
	mount -o remount,ro btrfs
	on_image "$PWD/btrfs/image" 'echo x >/x && cat /x; grep -o " / .* - [a-z]*" /proc/self/mountinfo' --trace
	expect_contains "$out" '- overlay'
	expect_contains "$err" 'on a read-only file system'
	mount -o remount,rw btrfs
	mount --make-shared btrfs
	on_image "$PWD/btrfs/image" 'echo x >/x && cat /x'
	expect_equal "$out" x
	btrfs_nothing_left
}
[ -n "${TEST_VM-}" ] || check 'btrfs: where it does not fit, and why' btrfs_elsewhere

# --- reflink ---

used() { btrfs filesystem sync "$1" 2>/dev/null || sync -f "$1"; df --output=used -B1 "$1" | tail -n 1; }

reflink_xfs()
{
	disk xfs 400M mkfs.xfs -q
	full_image xfs/image
	head -c 20M /dev/urandom >xfs/image/large
	local before
	before=$(hash_of xfs/image)
	local space
	space=$(used xfs)
	on_image "$PWD/xfs/image" 'echo x >/new; cat /all/other-name' --keep --snapshot reflink
	expect_equal "$out" content
	# Shared: a copy would be 20 MB.
	[ $(($(used xfs) - space)) -lt 8000000 ] || fail "$space before, $(used xfs) after"
	rm xfs/.minirun/shell@*/root/new
	touch -r xfs/image xfs/.minirun/shell@*/root
	expect_equal "$(hash_of xfs/.minirun/shell@*/root)" "$before"
	echo changed >xfs/.minirun/shell@*/root/all/file
	expect_equal "$(hash_of xfs/image)" "$before"
	"$MINIRUN" snapshot ls | grep -q 'shell *reflink'
	"$MINIRUN" delete shell
	expect_equal "$(ls -A xfs)" image
	# Where no overlay can be had it is what auto takes: by a look for those who ask, after the first failure for who does not.
	mkdir low up work state
	mount -t overlay overlay -o "lowerdir=$PWD/low,upperdir=$PWD/up,workdir=$PWD/work" state
	trap 'umount "$MOUNTED/../state" "$MOUNTED"' EXIT
	run_minirun --root "$PWD/state" plan shell
	expect_contains "$out" 'that shares its blocks (auto: an overlay does not fit: '
	run_minirun --root "$PWD/state" run --trace shell
	expect_status 0
	expect_equal "$out" content
	expect_contains "$err" '(auto: an overlay does not fit: the writable layer would be '
	expect_equal "$(ls -A xfs state)" $'state:\n\nxfs:\nimage'
	on_image "$IMAGE" true --snapshot reflink
	expect_error 125 'has no files that share blocks'
}
check 'reflink on xfs: the same in all, nothing copied; auto takes it where no overlay can be' reflink_xfs

reflink_btrfs()
{
	btrfs_disk
	full_image btrfs/full
	on_image "$PWD/btrfs/full" 'cat /all/other-name; echo x >/all/file' --snapshot reflink
	expect_equal "$out" content
	expect_equal "$(cat btrfs/full/all/file)" content
	rm -r btrfs/full
	on_image "$PWD/btrfs/plain" true --snapshot reflink,size=1m
	expect_error 125 'btrfs can limit subvolumes'
	btrfs_nothing_left
}
[ -n "${TEST_VM-}" ] || check 'reflink in a directory of btrfs' reflink_btrfs

no_reflink()
{
	disk old 64M mkfs.ext4 -q
	make_rootfs old/image
	on_image "$PWD/old/image" true --snapshot reflink
	expect_error 125 'has no files that share blocks, as xfs and btrfs have'
	umount old
	trap - EXIT
	disk xfs 400M mkfs.xfs -q -m reflink=0
	make_rootfs xfs/image
	on_image "$PWD/xfs/image" true --snapshot reflink
	expect_error 125 'mkfs.xfs -m reflink=1'
	expect_equal "$(ls -A xfs)" image
}
[ -n "${TEST_VM-}" ] || check 'reflink where it cannot be' no_reflink

# SIGKILL in the middle of a copy: it is not whole, says so, and goes with the next start or delete.
killed_copy()
{
	disk xfs 400M mkfs.xfs -q
	make_rootfs xfs/image
	(cd xfs/image && mkdir many && cd many && seq 4000 | xargs -n 500 sh -c 'for n; do echo "$n" >"$n"; done' sh)
	bundle shell sh -c 'ls /many | wc -l'
	edit_config shell '.root.path = $p' --arg p "$PWD/xfs/image"
	local again pid
	for again in delete run; do
		"$MINIRUN" run --snapshot reflink --bundle shell shell >killed 2>&1 &
		pid=$!
		wait_until 30 sh -c 'ls -d xfs/.minirun/*/root.partial/many'
		kill -KILL $pid
		wait $pid || true
		[ -e xfs/.minirun/shell@*/root.partial ] || fail 'the copy was ready before the signal'
		[ ! -e xfs/.minirun/shell@*/root ] || fail 'a part bears the name of the whole'
		expect_equal "$(readlink xfs/.minirun/shell@*/owner)" /run/minirun/shell
		case $again in
		delete) "$MINIRUN" delete --force shell ;;
		run)
			run_minirun run --snapshot reflink --bundle shell shell
			expect_equal "$out" 4000
			;;
		esac
		expect_equal "$(ls -A xfs)" image
	done
}
[ -n "${TEST_VM-}" ] || check 'a copy that was killed is not whole, and is removed' killed_copy

# --- user namespaces ---

MAPPED='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'

# can_map DIRECTORY: whether its file system takes an idmapped mount: open_tree(2), mount_setattr(2) with the namespace of a process.
can_map()
{
	local pid result=0
	unshare --user --map-root-user sleep 60 &
	pid=$!
	wait_until 30 grep -q sleep "/proc/$pid/comm"
	perl -e 'open(my $user, "<", $ARGV[0]) or die; my $path = $ARGV[1]; my $tree = syscall(428, -100, $path, 1); $tree >= 0 or die "open_tree: $!";
		my $attributes = pack("Q4", 0x100000, 0, 0, fileno $user); my $empty = ""; syscall(442, $tree, $empty, 0x1000, $attributes, 32) == 0 or die "mount_setattr: $!"' "/proc/$pid/ns/user" "$1" || result=1
	kill -KILL $pid
	wait $pid || true
	return $result
}

mapped_ids()
{
	chmod 711 .
	# tmpfs learned it in Linux 6.3.
	if ! can_map .; then
		make_rootfs image
		run_sh 'stat -c %u:%g /bin' "$MAPPED | .root.path = \"$PWD/image\""
		expect_equal "$out" 65534:65534
		run_sh true "$MAPPED | .root.path = \"$PWD/image\"" --snapshot overlay,idmap=yes
		expect_error 125 'does not support idmapped mounts in this kernel'
		disk ext4 100M mkfs.ext4 -q
		cd ext4
		can_map .
	fi
	make_rootfs image
	chown 3:4 image/etc/passwd
	local before
	before=$(hash_of image)
	local script='stat -c %u:%g / /bin /etc/passwd; echo x >>/etc/passwd && echo y >/new && stat -c %u:%g /new'
	local caps='.process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE"])'
	for snapshot in auto "overlay,lower=$PWD/layer" overlay,size=1m; do
		mkdir -p layer
		run_sh "$script" "$MAPPED | $caps | .root.path = \"$PWD/image\"" --snapshot "$snapshot"
		expect_equal "$out" $'0:0\n0:0\n3:4\n0:0' "$snapshot"
		expect_equal "$(hash_of image)" "$before"
	done
	expect_contains "$(planned shell)" 'ids mapped'
	run_sh "$script" "$MAPPED | .root.path = \"$PWD/image\"" --snapshot overlay,idmap=no
	expect_contains "$out" '65534:65534'
	# One that was given the ids of the mapping is left as it is.
	chown -R 100000:200000 image
	run_sh "$script" "$MAPPED | .root.path = \"$PWD/image\""
	expect_equal "$out" $'0:0\n0:0\n0:0\n0:0'
	expect_lacks "$(planned shell)" 'ids mapped'
	# A file system that cannot: an overlay. Then the ids stay what they are, but not for who has asked.
	mkdir low up work over
	mount -t overlay overlay -o "lowerdir=$PWD/low,upperdir=$PWD/up,workdir=$PWD/work" over
	trap 'umount over; cd /; [ -z "${MOUNTED-}" ] || umount -R "$MOUNTED"' EXIT
	make_rootfs over/image
	run_sh "$script" "$MAPPED | .root.path = \"$PWD/over/image\""
	expect_contains "$out" '65534:65534'
	run_sh "$script" "$MAPPED | .root.path = \"$PWD/over/image\"" --snapshot overlay,idmap=yes
	expect_error 125 'does not support idmapped mounts in this kernel'
	expect_contains "$err" 'with chown, and use idmap=no'
	run_sh "$script" . --snapshot overlay,idmap
	expect_error 125 "idmap=yes maps ids by the container's user namespace, and linux.namespaces has none"
}
check 'a user namespace: the ids of the layers are mapped, nothing is chowned' mapped_ids

mapped_copies()
{
	btrfs_disk
	chmod 711 .
	run_sh 'stat -c %u:%g / /bin; echo y >/new && stat -c %u:%g /new' "$MAPPED | .root.path = \"$PWD/btrfs/image\"" --keep
	expect_equal "$out" $'0:0\n0:0\n0:0'
	expect_equal "$(stat -c %u:%g btrfs/.minirun/shell@*/root/new)" 0:0
	"$MINIRUN" delete shell
	run_sh 'stat -c %u:%g / /bin; echo y >/new && stat -c %u:%g /new' "$MAPPED | .root.path = \"$PWD/btrfs/plain\"" --snapshot reflink
	expect_equal "$out" $'0:0\n0:0\n0:0'
	run_sh 'stat -c %u:%g / /bin; echo y >/new && stat -c %u:%g /new' "$MAPPED | .root.path = \"$PWD/btrfs/plain\"" --snapshot none,idmap
	expect_equal "$out" $'0:0\n0:0\n0:0'
	expect_equal "$(stat -c %u:%g btrfs/plain/new)" 0:0
	btrfs_nothing_left
}
check 'a user namespace on btrfs: what is written has the ids of the image' mapped_copies

# --- without root ---

# as_user COMMAND...: as a user with a state directory and a user namespace of its own.
as_user()
{
	status=0
	setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR="$TEST_TMP/user" HOME="$TEST_TMP/user" "$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}

rootless_kinds()
{
	btrfs_disk
	chmod 711 .
	install -d -o 1000 "$TEST_TMP/user"
	cp "$MINIRUN" "$TEST_TMP/user/program"
	chown -R 1000:1000 btrfs
	before=$(hash_of btrfs/image)
	install -d -o 1000 bundle
	as_user "$TEST_TMP/user/program" spec --rootless --bundle bundle
	edit_config bundle '.root = {path: $p} | .process.terminal = false | .process.args = ["sh", "-c", "mkdir -p /d/e; rm -r /bin/probe; echo x >/d/e/x; grep -o \" / .* - [a-z]*\" /proc/self/mountinfo"]' --arg p "$PWD/btrfs/image"
	local pair
	for pair in auto:btrfs btrfs:btrfs reflink:btrfs overlay,size=1m:overlay "overlay,store=$TEST_TMP/user/store:overlay"; do
		as_user "$TEST_TMP/user/program" run --snapshot "${pair%:*}" bundle
		expect_status 0
		expect_contains "$out" "- ${pair##*:}"
		btrfs_nothing_left
	done
	expect_equal "$(ls -A "$TEST_TMP/user/store")" ''
	# Where it may not write, and what is not its own.
	chown 0 btrfs
	as_user "$TEST_TMP/user/program" run --trace bundle
	expect_contains "$out" '- overlay'
	expect_contains "$err" 'auto: btrfs does not fit: the snapshot would lie in '
	as_user "$TEST_TMP/user/program" run --snapshot btrfs bundle
	expect_error 125 'Permission denied'
	chown 0 btrfs/image
	as_user "$TEST_TMP/user/program" run --snapshot btrfs bundle
	expect_error 125 'only its owner and root may take snapshots of it'
}
check 'without root: every kind, on what is the user'"'"'s own' rootless_kinds
