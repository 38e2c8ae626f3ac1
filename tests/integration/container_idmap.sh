# container_idmap.sh: mounts with mapped ids (idmap, ridmap): owners as the payload and the host see them, with and without a user namespace.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

USER='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
CAPABILITIES='.process.capabilities |= map_values(. + ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'

# The image is root's of the host: a container whose root is another user can make nothing in it.
mkdir "$IMAGE/m"

# make_source NAME: an ext4 file system (tmpfs has idmapped mounts since 6.3 only) with files of some owners and another one below it, at $PWD/NAME.
make_source()
{
	local directory
	chmod 711 . # for a root who is somebody else on the host
	mkdir "$1"
	for directory in "$1" "$1/sub"; do
		truncate -s 4M "${directory//\//_}.image"
		mkfs.ext4 -q "${directory//\//_}.image"
		mount -o loop,nodev "${directory//\//_}.image" "$directory" || skip_without_kernel 'no loop devices'
		[ "$directory" = "$1" ] || continue
		mkdir "$1/sub"
		MOUNTED=$PWD/$1
		trap 'umount -R "$MOUNTED"' EXIT
	done
	for directory in "$1" "$1/sub"; do
		echo content >"$directory/file"
		chown 5:6 "$directory/file"
		chmod 1777 "$directory"
	done
}

# show MOUNT EDIT [SCRIPT]: owners in /m and in /m/sub; OPTIONS etc. of the mount as a JSON fragment.
show()
{
	run_sh "${3-stat -c %u:%g /m/file /m/sub/file 2>&1}" '.mounts += [{destination: "/m", source: "'"$MOUNTED"'"} + '"$1"'] | '"$2"
}

OWN='{uidMappings: [{containerID: 0, hostID: 1000, size: 100}], gidMappings: [{containerID: 0, hostID: 2000, size: 100}]}'

own_mappings()
{
	make_source source
	show '{options: ["bind", "idmap"]} + '"$OWN" .
	expect_equal "$out" $'1005:2006\nstat: can\'t stat '"'/m/sub/file': No such file or directory"
	# The word is not needed; rbind with idmap maps the top only, ridmap all.
	show '{options: ["rbind"]} + '"$OWN" .
	expect_equal "$out" $'1005:2006\n5:6'
	show '{options: ["rbind", "ridmap"]} + '"$OWN" .
	expect_equal "$out" $'1005:2006\n1005:2006'
	# A new file goes the other way, down to the disk; ids without a mapping cannot write.
	show '{options: ["rbind", "ridmap"]} + '"$OWN" '.process.user = {uid: 1007, gid: 2008}' 'echo x >/m/sub/new && stat -c %u:%g /m/sub/new'
	expect_equal "$out" 1007:2008
	expect_equal "$(stat -c %u:%g source/sub/new)" 7:8
	show '{options: ["rbind", "ridmap"]} + '"$OWN" '.process.user = {uid: 3, gid: 3}' 'echo x >/m/sub/other'
	expect_contains "$err" 'Value too large for defined data type'
	# Flags and propagation of the same entry.
	show '{options: ["bind", "idmap", "ro", "noexec"]} + '"$OWN" . 'grep -o " /m [^ ]*" /proc/self/mountinfo; touch /m/x'
	expect_contains "$out" ' /m ro,nodev,noexec'
	expect_contains "$err" 'Read-only file system'
	expect_equal "$(stat -c %u:%g source/file)" 5:6
}
check 'mappings of the mount, without a user namespace' own_mappings

in_a_user_namespace()
{
	make_source source
	# What is mounted below must not be uncovered by a user namespace: so says the kernel of every bind mount there.
	show '{options: ["bind", "idmap"]}' "$USER"
	expect_status 125
	expect_contains "$err" 'must not be uncovered: use rbind'
	# The container's own mapping: owners inside are those on the disk, whatever the host ids of the container.
	show '{options: ["rbind", "idmap"]}' "$USER"
	expect_equal "$out" $'5:6\n65534:65534'
	show '{options: ["rbind", "ridmap"]}' "$USER"
	expect_equal "$out" $'5:6\n5:6'
	show '{options: ["rbind", "ridmap"]}' "$USER | $CAPABILITIES" 'echo x >/m/new && chown 9:10 /m/new && cat /m/file'
	expect_equal "$out" content
	expect_equal "$(stat -c %u:%g source/new)" 9:10
	# Mappings of the mount's own, different from the container's: disk 0-9 as the host's 100500, which is 500 inside.
	show '{options: ["rbind", "idmap"], uidMappings: [{containerID: 0, hostID: 100500, size: 10}], gidMappings: [{containerID: 6, hostID: 200700, size: 1}]}' "$USER"
	expect_contains "$out" $'505:700\n'
	# Without idmap nobody inside is the owner.
	show '{options: ["rbind"]}' "$USER"
	expect_equal "$out" $'65534:65534\n65534:65534'
}
check 'the mapping of the container, and of a mount in such a container' in_a_user_namespace

# What the host's mount does not allow stays so for a root in a user namespace, as with any bind mount.
locked_flags()
{
	make_source source
	mount -o remount,bind,ro,nosuid,nodev source
	show '{options: ["rbind", "idmap", "rw", "dev", "suid"]}' "$USER | $CAPABILITIES" 'grep -o " /m [^ ]*" /proc/self/mountinfo; mount -o remount,bind,rw /m && echo changed; touch /m/x'
	expect_contains "$out" ' /m ro,nosuid,nodev'
	expect_lacks "$out" changed
	expect_contains "$err" 'Read-only file system'
	# With the whole of the host's ids the same: it is a user namespace all the same.
	show '{options: ["rbind", "ridmap", "rslave"]}' '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 4294967295}] | .linux.gidMappings = .linux.uidMappings'
	expect_equal "$out" $'5:6\n5:6'
}
check 'flags of the host stay locked' locked_flags

joined_user_namespace()
{
	local edit
	make_source source
	unshare --user sleep 60 &
	holder=$!
	trap 'kill -KILL $holder; umount -R "$MOUNTED"' EXIT
	wait_until 30 sh -c "[ \$(readlink /proc/$holder/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo 0 100000 65536 >/proc/$holder/uid_map
	echo 0 200000 65536 >/proc/$holder/gid_map
	edit='.linux.namespaces += [{type: "user", path: "/proc/'$holder'/ns/user"}]'
	show '{options: ["rbind", "ridmap"]}' "$edit"
	expect_equal "$out" $'5:6\n5:6'
}
check 'the mapping of a user namespace that is joined' joined_user_namespace

several_mounts()
{
	make_source source
	run_sh 'stat -c %u:%g /a/file /b/file /c/file; ls -l /proc/self/fd | wc -l' '.mounts += [
		{destination: "/a", source: "'"$MOUNTED"'", options: ["bind", "idmap"]} + '"$OWN"',
		{destination: "/b", source: "'"$MOUNTED"'", options: ["bind"]},
		{destination: "/c", source: "'"$MOUNTED"'", options: ["rbind", "idmap"]} + '"$OWN"']'
	expect_status 0
	expect_contains "$out" $'1005:2006\n5:6\n1005:2006\n'
	# One user namespace serves both.
	run_minirun plan --bundle shell shell
	expect_equal "$(grep -c ' id-mapping ' <<<"$out")" 1
	expect_equal "$(grep -c ' idmap ' <<<"$out")" 2
}
check 'several of them' several_mounts

propagation_of_the_clone()
{
	make_source source
	mount --make-shared source
	see '.mounts += [{destination: "/m", source: "'"$MOUNTED"'", options: ["bind", "idmap"]} + '"$OWN"', {destination: "/p", source: "'"$MOUNTED"'", options: ["bind", "idmap", "private"]} + '"$OWN"']'
	saw '.mounts[] | select(.point == "/m") | .propagation | split(":")[0]' '"master"'
	saw '.mounts[] | select(.point == "/p") | .propagation' '"private"'
	see '.linux.rootfsPropagation = "private" | .mounts += [{destination: "/m", source: "'"$MOUNTED"'", options: ["bind", "idmap"]} + '"$OWN"']'
	saw '.mounts[] | select(.point == "/m") | .propagation' '"private"'
}
check 'a mapped clone of a shared mount is no peer of the host' propagation_of_the_clone

# What fails on the way leaves neither processes nor mounts.
nothing_is_left()
{
	local before
	make_source source
	before=$(host_state)
	show '{options: ["bind", "idmap"], destination: "/proc/x"} + '"$OWN" .
	expect_status 125
	show '{options: ["bind", "idmap"]} + '"$OWN" '.mounts += [{destination: "/n", type: "no-such-type"}]'
	expect_status 125
	expect_host_as "$before"
}
check 'a failure leaves nothing' nothing_is_left
