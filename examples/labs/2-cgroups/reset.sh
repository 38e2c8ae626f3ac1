# reset.sh: takes away the cgroup that the page makes by hand. Processes leave it a moment after they were killed.

for ((try = 0; try < 20; try++)); do
	[ -d /sys/fs/cgroup/hand ] || break
	! rmdir /sys/fs/cgroup/hand 2>/dev/null || break
	sleep 0.1
done
[ ! -d /sys/fs/cgroup/hand ] || say "/sys/fs/cgroup/hand has processes, which its cgroup.procs lists, and is still there: end them, and then rmdir it" >&2
