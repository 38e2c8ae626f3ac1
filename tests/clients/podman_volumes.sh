# podman_volumes.sh: mounts of every kind, and user namespaces with what they make of the owners of files.
# limit: 300

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

# --- bind mounts and volumes ---

bind_mount()
{
	mkdir data
	echo outside >data/file
	run --volume "$PWD/data:/data" "$IMAGE" sh -c 'cat /data/file; echo inside >/data/new'
	expect_equal "$out" outside
	expect_equal "$(cat data/new)" inside
}

read_only_bind_mount()
{
	mkdir data
	try podman run --rm --network none --volume "$PWD/data:/data:ro" "$IMAGE" touch /data/x
	expect_status 1
	expect_contains "$err" 'Read-only file system'
}

read_only_is_recursive_for_mount()
{
	mkdir -p data/sub
	mount -t tmpfs tmpfs data/sub
	run --volume "$PWD/data:/data:ro,rbind" "$IMAGE" grep ' /data/sub ' /proc/mounts
	umount data/sub
}

options_of_a_bind_mount()
{
	mkdir data
	cp /bin/busybox data/tool
	try podman run --rm --network none --volume "$PWD/data:/data:noexec,nosuid,nodev" "$IMAGE" sh -c 'grep " /data " /proc/mounts; /data/tool true'
	expect_contains "$out" nosuid,nodev,noexec
	expect_status 126
}

label_options_are_ignored()
{
	mkdir data
	run --volume "$PWD/data:/data:z" "$IMAGE" touch /data/shared
	run --volume "$PWD/data:/data:Z" "$IMAGE" touch /data/private
	[ -e data/shared ] && [ -e data/private ]
}

owner_is_changed()
{
	mkdir data
	run --user 1000:1001 --volume "$PWD/data:/data:U" "$IMAGE" touch /data/x
	expect_equal "$(stat -c %u:%g data)" 1000:1001
}

single_file()
{
	echo text >file
	run --volume "$PWD/file:/etc/deep/er/file:ro" "$IMAGE" cat /etc/deep/er/file
	expect_equal "$out" text
}

missing_source()
{
	try podman run --rm --network none --volume "$PWD/missing:/data" "$IMAGE" true
	expect_status 125
	expect_contains "$err" 'no such file or directory'
}

propagation()
{
	local pid
	mkdir data
	mount -t tmpfs -o mode=755 tmpfs data
	mount --make-shared data
	mkdir data/sub
	idle c --volume "$PWD/data:/slave:rslave" --volume "$PWD/data:/private:rprivate"
	mount -t tmpfs tmpfs data/sub
	out=$(podman exec c cat /proc/mounts)
	umount data/sub
	expect_contains "$out" ' /slave/sub '
	expect_lacks "$out" ' /private/sub '
	gone c
	umount data
}

overlay_volume()
{
	mkdir data
	echo old >data/file
	run --volume "$PWD/data:/data:O" "$IMAGE" sh -c 'echo new >/data/file; cat /data/file'
	expect_equal "$out" new
	expect_equal "$(cat data/file)" old
}

named_volume()
{
	podman volume create kept
	run --volume kept:/data "$IMAGE" sh -c 'echo once >/data/file'
	run --volume kept:/data:ro "$IMAGE" cat /data/file
	expect_equal "$out" once
	podman volume rm kept
}

volume_begins_with_the_images_files()
{
	run --volume filled:/etc "$IMAGE" cat /etc/passwd
	expect_contains "$out" root
	[ -e "$(podman volume inspect --format '{{.Mountpoint}}' filled)/passwd" ]
	podman volume rm filled
}

volumes_of_another()
{
	podman create --name c --network none --volume /anonymous "$IMAGE" true
	run --volumes-from c "$IMAGE" grep ' /anonymous ' /proc/mounts
	podman rm --volumes c
}

tmpfs_option()
{
	run --tmpfs /scratch:size=2m,mode=1770,noexec "$IMAGE" sh -c 'grep " /scratch " /proc/mounts; stat -c %a /scratch; df -k /scratch | tail -n 1'
	expect_contains "$out" noexec
	expect_contains "$out" 1770
	expect_contains "$out" 2048
}

tmpfs_begins_with_the_images_files()
{
	run --tmpfs /etc "$IMAGE" cat /etc/passwd
	expect_contains "$out" root
}

mount_option()
{
	mkdir data
	echo text >data/file
	run --mount "type=bind,source=$PWD/data,target=/data,ro=true" --mount type=tmpfs,target=/scratch,tmpfs-size=1m --mount type=devpts,target=/other-pts \
		"$IMAGE" sh -c 'cat /data/file; touch /scratch/x; grep -c -E " /(scratch|other-pts) (tmpfs|devpts) " /proc/mounts'
	expect_equal "$(echo $out)" 'text 2'
}

image_as_a_mount()
{
	run --mount "type=image,source=$IMAGE,target=/image" "$IMAGE" test -x /image/bin/busybox
}

shared_memory_size()
{
	run --shm-size 3m "$IMAGE" df -k /dev/shm
	expect_contains "$out" 3072
}

root_directory()
{
	make_rootfs tree
	try podman run --rm --network none --rootfs "$PWD/tree" echo from-a-directory
	expect_status 0
	expect_equal "$out" from-a-directory
}

hostile_symlink()
{
	mkdir data outside
	make_rootfs tree
	ln -s "$PWD/outside" tree/data
	mkdir -p "tree$PWD/outside"
	try podman run --rm --network none --volume "$PWD/data:/data/made" --rootfs "$PWD/tree" true
	[ ! -e outside/made ]
}

engine_check 'run --volume: bind mount' bind_mount
engine_check 'run --volume :ro' read_only_bind_mount
engine_check 'run --volume :rbind: mounts below' read_only_is_recursive_for_mount
engine_check 'run --volume :noexec,nosuid,nodev' options_of_a_bind_mount
engine_check 'run --volume :z :Z without SELinux' label_options_are_ignored
engine_check 'run --volume :U' owner_is_changed
engine_check 'run --volume: a file, into directories to be made' single_file
engine_check 'run --volume: missing source' missing_source
engine_check 'run --volume :rslave :rprivate' propagation
engine_check 'run --volume :O' overlay_volume
engine_check 'run --volume: named' named_volume
engine_check 'run --volume: named, with the files of the image' volume_begins_with_the_images_files
engine_check 'run --volumes-from' volumes_of_another
engine_check 'run --tmpfs: options' tmpfs_option
engine_check 'run --tmpfs: with the files of the image' tmpfs_begins_with_the_images_files
engine_check 'run --mount: bind, tmpfs, devpts' mount_option
engine_check 'run --mount type=image' image_as_a_mount
engine_check 'run --shm-size' shared_memory_size
engine_check 'run --rootfs' root_directory
engine_check 'run --volume: a symlink of the image does not lead outside' hostile_symlink

# --- user namespaces ---

map='--uidmap 0:100000:1000 --gidmap 0:200000:1000'

mapped_ids()
{
	run $map "$IMAGE" sh -c 'cat /proc/self/uid_map /proc/self/gid_map; id -u; stat -c %u:%g /etc/passwd'
	expect_equal "$(echo $out)" '0 100000 1000 0 200000 1000 0 0:0'
}

mapped_ids_of_files()
{
	mkdir data
	chown 100005:200006 data
	run $map --user 5:6 --volume "$PWD/data:/data" "$IMAGE" touch /data/x
	expect_equal "$(stat -c %u:%g data/x)" 100005:200006
}

mapped_with_mounts()
{
	run $map --tmpfs /scratch --shm-size 1m --read-only "$IMAGE" sh -c 'touch /scratch/x /dev/shm/x /tmp/x && cat /proc/self/cgroup /dev/null && ls /sys/fs/cgroup'
}

mapped_exec()
{
	idle c $map
	expect_equal "$(podman exec c id -u)" 0
	expect_equal "$(podman exec --user 7 c id -u)" 7
	expect_equal "$(echo $(podman exec c cat /proc/self/uid_map))" '0 100000 1000'
	podman stop --time 20 c
	gone c
}

mapped_terminal()
{
	on_terminal podman run --rm --interactive --tty --network none $map "$IMAGE" tty
	expect_status 0
	expect_contains "$out" /dev/pts/0
}

automatic_map()
{
	run --userns auto:size=2000 "$IMAGE" cat /proc/self/uid_map
	expect_contains "$out" 2000
	expect_lacks "$(echo $out)" '0 0 '
}

namespace_of_another()
{
	idle c $map
	expect_equal "$(podman run --rm --network none --userns container:c "$IMAGE" readlink /proc/self/ns/user)" "$(podman exec c readlink /proc/self/ns/user)"
	gone c
}

mapped_rights()
{
	see $map --cap-add SYS_ADMIN --security-opt seccomp=unconfined
	expect_seen '.status.CapEff' 00000000a82425fb
	expect_seen .status.Seccomp 0
}

mapped_network()
{
	try podman run --rm $map --sysctl net.ipv4.ip_forward=1 --network none "$IMAGE" cat /proc/sys/net/ipv4/ip_forward
	expect_status 0
	expect_equal "$out" 1
}

idmapped_volume()
{
	mkdir data
	touch data/of-root
	run $map --volume "$PWD/data:/data:idmap" "$IMAGE" sh -c 'stat -c %u:%g /data/of-root; touch /data/new'
	expect_equal "$out" 0:0
	expect_equal "$(stat -c %u:%g data/new)" 0:0
}

engine_check 'run --uidmap --gidmap' mapped_ids
engine_check 'run --uidmap: files on a volume' mapped_ids_of_files
engine_check 'run --uidmap: tmpfs, shm, read-only root' mapped_with_mounts
engine_check 'run --uidmap: exec and stop' mapped_exec
engine_check 'run --uidmap -it' mapped_terminal
engine_check 'run --uidmap: capabilities' mapped_rights
engine_check 'run --uidmap --sysctl' mapped_network
engine_check 'run --userns=auto' automatic_map
engine_check 'run --userns=container:' namespace_of_another
engine_check 'run --volume :idmap' idmapped_volume
