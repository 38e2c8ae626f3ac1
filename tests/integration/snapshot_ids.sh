# snapshot_ids.sh: snapshots of containers with a user namespace: what is committed and exported has the owners that the container sees, not those on the host's disk:
# of files, of file capabilities, and in access control lists; whether the image's ids are mapped or it was given the host's with chown.
# limit: 300
. "$(dirname "$0")/../lib.sh"

chmod 711 "$TEST_TMP"
MAPS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}, {containerID: 1000, hostID: 300000, size: 1000}]
	| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 2000}] | .process.capabilities |= map_values(. + ["CAP_CHOWN", "CAP_FOWNER", "CAP_DAC_OVERRIDE", "CAP_SETFCAP"])'
CAPABILITY=0x0100000200200000000000000000000000000000 # cap_net_raw=ep, revision 2
ACL=0x0200000001000600ffffffff020004000500000004000400ffffffff080004000a00000010000400ffffffff20000000ffffffff # user 5, group 10

# An image with the ids that it has inside, as it is unpacked.
make_image()
{
	make_rootfs "$1"
	mkdir -p "$1/d/e"
	echo one >"$1/d/file"
	echo two >"$1/d/e/other"
	ln "$1/d/file" "$1/d/hard"
	ln -s file "$1/d/link"
	echo capable >"$1/capable"
	echo listed >"$1/listed"
	chown 3:4 "$1/d/file"
	chown 1005:1006 "$1/d/e/other"
	chown -h 7:8 "$1/d/link"
	setfattr -n security.capability -v $CAPABILITY "$1/capable"
	setfattr -n system.posix_acl_access -v $ACL "$1/listed"
}

# The same with the ids of the host, as who has no idmapped mounts does it.
shift_ids()
{
	find "$1" -printf '%U %G %p\n' | while read -r uid gid path; do
		[ "$uid" -ge 1000 ] && uid=$((uid + 299000)) || uid=$((uid + 100000))
		chown -h "$uid:$((gid + 200000))" "$path"
	done
	setfattr -n security.capability -v "0x01000003${CAPABILITY:10}a0860100" "$1/capable"
	local acl=${ACL/05000000/a5860100}
	setfattr -n system.posix_acl_access -v "${acl/0a000000/4a0d0300}" "$1/listed"
}

# in_user_namespace PID COMMAND...: the host's program as root of the container.
in_user_namespace()
{
	local pid=$1
	shift
	nsenter --user --target "$pid" --setuid 0 --setgid 0 "$@"
}

SCRIPT='echo new >/new; chown 5:6 /new; mkdir /dir; chown 1007:1008 /dir; ln -s x /l; chown -h 9:10 /l; chmod 4711 /d/e/other; echo more >>/d/file; rm -r /d/e; mkdir /d/e; echo y >/d/e/y; chown 1999:1999 /d/e/y
	echo x >/capable-too; echo x >/listed-too; chmod 600 /capable'
OWNERS='find / -xdev \( -path /proc -o -path /sys -o -path /dev \) -prune -o -print | sort | xargs stat -c "%n %F %a %u:%g"'

# leave ID IMAGE [OPTION...]: a container that has written all that; `seen` has what it looks like inside.
leave()
{
	local id=$1 image=$2 pid
	shift 2
	"$MINIRUN" delete --force "$id" # of a check that has failed
	rm -rf "${id:?}"
	make_bundle "$id" sh -c "$SCRIPT; touch /ready; until [ -e /go ]; do sleep 0.05; done; rm /go /ready; $OWNERS"
	edit_config "$id" "$MAPS"' | .root.path = $image' --arg image "$image"
	rm -r "$id/rootfs"
	"$MINIRUN" run --keep "$@" --id "$id" "$id" >seen 2>err &
	wait_until 60 "$MINIRUN" exec "$id" ls /ready || { cat err; return 1; }
	pid=$("$MINIRUN" state "$id" | jq .pid)
	in_user_namespace "$pid" setfattr -n security.capability -v $CAPABILITY "/proc/$pid/root/capable-too"
	in_user_namespace "$pid" setfattr -n system.posix_acl_access -v $ACL "/proc/$pid/root/listed-too"
	in_user_namespace "$pid" getfattr -n security.capability -e hex "/proc/$pid/root/capable" "/proc/$pid/root/capable-too" 2>/dev/null | grep ^security >>attributes
	expect_equal "$(cat attributes)" "security.capability=$CAPABILITY"$'\n'"security.capability=$CAPABILITY"
	rm attributes
	touch "/proc/$pid/root/go" 2>/dev/null || "$MINIRUN" exec "$id" touch /go
	wait $! || { cat err; fail "$id failed"; }
	[ "$(wc -l <seen)" -gt 40 ] || fail 'there is nothing to compare'
}

# What the container saw, of a tree on the host.
owners()
{
	(cd "$1" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev \) -prune -o -print | sed 's/^\.$/.\//; s/^\.//' | LC_ALL=C sort | while read -r path; do stat -c "$path %F %a %u:%g" ".$path"; done)
}

expect_as_seen()
{
	local file
	owners "$1" >got
	LC_ALL=C sort seen >sorted
	LC_ALL=C sort got | diff sorted -
	for file in capable capable-too; do
		expect_equal "$(getfattr --absolute-names -n security.capability -e hex "$1/$file" | sed -n "s/^security.capability=//p")" "$CAPABILITY" "$1/$file"
	done
	for file in listed listed-too; do
		expect_equal "$(getfattr --absolute-names -n system.posix_acl_access -e hex "$1/$file" | sed -n 's/^system.posix_acl_access=//p')" "$ACL" "$1/$file"
	done
	expect_equal "$(cat "$1/d/file")" $'one\nmore'
}

# copies ID NAME: commit and export.
copies()
{
	run_minirun snapshot commit "$1" "committed-$2"
	expect_status 0
	expect_as_seen "committed-$2"
	run_minirun snapshot export -o "$2.tar" "$1"
	expect_status 0
	mkdir "exported-$2"
	tar --xattrs --xattrs-include='*' --numeric-owner -C "exported-$2" -xpf "$2.tar"
	expect_as_seen "exported-$2"
}

CHANGES='C /capable
A /capable-too
C /d
C /d/e
D /d/e/other
A /d/e/y
C /d/file
A /dir
A /l
A /listed-too
A /new'

mapped()
{
	make_image image
	chmod 711 .
	leave c1 "$PWD/image"
	grep -q 'mapped' <(ls /run/minirun/c1/snapshot) || fail 'the ids are not mapped'
	copies c1 mapped
	# What was only copied up has the host's ids above and the image's below: that is no change.
	run_minirun snapshot diff c1
	expect_equal "$out" "$CHANGES"
	mkdir look
	run_minirun snapshot mount c1 look
	expect_status 0
	expect_equal "$(stat -c %u:%g look/new look/capable look/bin)" $'100005:200006\n100000:200000\n100000:200000'
	umount look
	# And the image made of it is run like the first one, by itself.
	make_bundle c2 sh -c 'stat -c %u:%g /new /d/e/y /bin'
	edit_config c2 "$MAPS"' | .root.path = $image' --arg image "$PWD/committed-mapped"
	run_minirun run c2
	expect_equal "$out" $'5:6\n1999:1999\n0:0'
	"$MINIRUN" delete c1
}
check 'an image with mapped ids: a copy has the ids of the container' mapped

layered()
{
	make_image image
	mkdir -p layer/d
	echo layer >layer/layer
	chown 11:12 layer/layer
	chmod 711 .
	leave c1 "$PWD/image" --snapshot "overlay,lower=$PWD/layer"
	grep -q '^/layer regular file 644 11:12$' seen
	copies c1 layered
	run_minirun snapshot diff c1
	expect_equal "$out" "$CHANGES"
	"$MINIRUN" delete c1
}
check 'so it is with further layers' layered

chowned()
{
	make_image image
	shift_ids image
	chmod 711 .
	leave c1 "$PWD/image"
	! grep -q 'mapped' <(ls /run/minirun/c1/snapshot) || fail 'the ids are mapped'
	grep -q '^/d/e/y regular file 644 1999:1999$' seen
	copies c1 chowned
	run_minirun snapshot diff c1
	expect_equal "$out" "$CHANGES"
	"$MINIRUN" delete c1
}
check 'an image with the ids of the host: a copy has those of the container, too' chowned

# Whose record is gone: the store's directory knows the maps itself.
orphaned()
{
	local name
	make_image image
	chmod 711 .
	leave c1 "$PWD/image" --snapshot "overlay,store=$PWD/store"
	rm -r /run/minirun/c1
	rmdir "$TEST_CGROUP/minirun-c1"
	name=$(basename store/c1@*)
	run_minirun snapshot commit --store "$PWD/store" "$name" committed
	expect_status 0
	expect_as_seen committed
	run_minirun snapshot rm --store "$PWD/store" "$name"
	expect_status 0
	expect_equal "$(ls -A store)" ''
}
check 'and when the container is forgotten' orphaned

# disk FILESYSTEM: on ./d, gone with the check.
disk()
{
	grep -qw "$1" /proc/filesystems || skip_without_kernel "no $1"
	truncate -s 400M disk
	mkfs."$1" -q disk
	mkdir d
	mount -o loop disk d
	trap 'umount "$PWD/d"' EXIT
}

on_btrfs()
{
	disk btrfs
	chmod 711 .
	btrfs -q subvolume create d/image
	make_image d/image
	leave c1 "$PWD/d/image"
	expect_equal "$("$MINIRUN" snapshot ls --format json | jq -r '.[0].backend')" btrfs
	copies c1 btrfs
	"$MINIRUN" delete c1
	shift_ids d/image
	leave c2 "$PWD/d/image"
	run_minirun snapshot commit c2 d/second
	expect_status 0
	expect_as_seen d/second
	btrfs subvolume show d/second >/dev/null
	"$MINIRUN" delete c2
}
check 'btrfs: mapped, and chowned' on_btrfs

on_xfs()
{
	disk xfs
	chmod 711 .
	make_image d/image
	leave c1 "$PWD/d/image" --snapshot reflink
	copies c1 xfs
	"$MINIRUN" delete c1
	shift_ids d/image
	leave c2 "$PWD/d/image" --snapshot reflink
	copies c2 xfs2
	"$MINIRUN" delete c2
}
check 'reflink: mapped, and chowned' on_xfs

# What belongs to nobody inside is nobody's in the copy; a capability that the container does not have is not in it.
unmapped()
{
	make_image image
	shift_ids image
	chown 0:0 image/listed
	setfattr -n security.capability -v "0x01000003${CAPABILITY:10}01000000" image/capable
	chmod 711 .
	make_bundle c1 sh -c "stat -c %u:%g /listed"
	edit_config c1 "$MAPS"' | .root.path = $image' --arg image "$PWD/image"
	run_minirun run --keep --id c1 c1
	expect_equal "$out" 65534:65534
	run_minirun snapshot commit c1 committed
	expect_status 0
	expect_equal "$(stat -c %u:%g committed/listed committed/capable)" $'65534:65534\n0:0'
	expect_equal "$(getfattr --absolute-names -m - -d committed/capable)" ''
	"$MINIRUN" delete c1
}
check 'what is not mapped is nobody'"'"'s' unmapped

# A namespace that is there already has maps that nobody has told.
joined()
{
	make_image image
	chmod 711 .
	unshare --user sleep 100 &
	wait_until 30 sh -c "[ \$(readlink /proc/$!/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo 0 100000 1000 >/proc/$!/uid_map
	echo 0 200000 1000 >/proc/$!/gid_map
	make_bundle c1 sh -c 'stat -c %u:%g /bin; echo x >/x'
	edit_config c1 '.linux.namespaces += [{type: "user", path: $path}] | .root.path = $image' --arg image "$PWD/image" --arg path /proc/$!/ns/user
	run_minirun run --keep --snapshot overlay,idmap=yes --id c1 c1
	kill $!
	expect_equal "$out" 0:0
	run_minirun snapshot diff c1
	expect_contains "$out" 'A /x'
	run_minirun snapshot commit c1 committed
	expect_error 1 'cannot commit the snapshot of "c1": the ids of its image are mapped by a user namespace that is somebody else'
	run_minirun snapshot export -o c1.tar c1
	expect_error 1 'cannot export the snapshot of "c1": the ids of its image are mapped'
	[ ! -e committed ] && [ ! -e c1.tar ]
	"$MINIRUN" delete c1
}
check 'a user namespace of somebody else: compared, and refused to be copied' joined
