# One right way through lab 5, as it can be typed in the labs' shell.

# 1: a new root by hand. The new root has to be a mount point, so it is bound on itself; unshare has made all mounts private, in the new namespace only. --pid, so that /proc is the new root's
# own. The old root goes in one piece: umount -l takes a mount off with all that is mounted on it, and no superblock is changed.
unshare --mount --pid --fork sh -c '
	mount --bind rootfs rootfs
	cd rootfs
	mkdir -p old
	pivot_root . old
	cd /
	mount -t proc proc /proc
	umount -l /old
	exec sleep 1000000
' >/dev/null 2>&1 </dev/null &

# 2: each script, and why. try-a: old is beside rootfs, not below it; try-b: it has made its mounts shared; try-c: rootfs is a directory like any other there; try-d: after chroot the root is no mount.
for try in ./try-a ./try-b ./try-c ./try-d; do $try || true; done
answer 2 outside shared plain chrooted

# 3: stands before the step until somebody types something else. (On a terminal: minirun run --step --id stepped . and then b pivot-root, Ctrl-Z to get back here.)
(echo 'b pivot-root'; exec sleep 1000000) | script -qfec 'minirun run --step --id stepped .' /dev/null >/dev/null 2>&1 &

# 4: the same program, first where only the root directory was changed, with a directory left open, then in a container. A mount namespace keeps what it mounts to itself.
unshare --mount chroot rootfs /bin/break-out 7</ >tried-in-chroot
minirun run --detach --id jail .
minirun exec jail break-out 7</ >tried-in-jail
cat tried-in-chroot tried-in-jail

# 5: nothing is above a root that was pivoted to; only the container's own processes are in its /proc; minirun closes what it was started with; the cgroup's device filter refuses the open.
answer 5 pivot pid close filter
