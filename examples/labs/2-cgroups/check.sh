# check.sh: the limits and what the kernel counted, in the files of the containers' cgroups, which are found by the first process's /proc/PID/cgroup.

# limit ID FILE
limit()
{
	local pid path mount
	pid=$(pid_of "$1") && path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup") && mount=$(findmnt -n -r -t cgroup2 -o TARGET | head -n 1) && cat "$mount$path/$2"
}

# count ID FILE KEY: the number behind KEY in a file of "key number" lines.
count()
{
	limit "$1" "$2" | awk -v key="$3" '$1 == key { print $2 }'
}

# The count goes with the cgroup: a container that was started anew begins with 0.
small_was_hit()
{
	[ "$(count small memory.events oom_kill)" -ge 1 ] && [ "$(limit small memory.max)" != max ]
}

small_was_widened()
{
	[ "$(limit small memory.max)" = $((128 << 20)) ] && [ "$(limit small memory.swap.max)" = 0 ] && [ "$(count small memory.events oom_kill)" -ge 1 ]
}

slow_is_throttled()
{
	local quota period
	read -r quota period < <(limit slow cpu.max) && [ "$quota" != max ] && [ $((quota * 5)) = "$period" ] && [ "$(count slow cpu.stat nr_throttled)" -ge 1 ]
}

crowd_is_full()
{
	[ "$(limit crowd pids.max)" = 16 ] && [ "$(count crowd pids.events max)" -ge 1 ]
}

path_is_known()
{
	answer_is 5 0::/
}

flag_is_known()
{
	answer_is 6 CLONE_INTO_CGROUP
}

task 1 "the kernel has killed a process of container 'small' at its memory limit, and the container still runs" small_was_hit 'dd bs=100M takes 100 MiB at once; oom_kill in memory.events counts'
task 2 "the same 'small', never stopped since, may now use 128 MiB of memory, and no swap" small_was_widened 'minirun update --help; a new container would begin with oom_kill 0'
task 3 "container 'slow' gets a fifth of one CPU at most, and has felt it" slow_is_throttled 'cpu.max is "quota period" in microseconds; nr_throttled in cpu.stat counts from when something in it wants more'
task 4 "container 'crowd' may have 16 processes, has tried to have more, and still runs" crowd_is_full 'max in pids.events counts the forks that were refused'
task 5 "answer 5 is what a process in 'small' reads in its own /proc/self/cgroup" path_is_known 'minirun exec small cat /proc/self/cgroup; then answer 5 TEXT'
task 6 "answer 6 names the flag of clone3(2) by which a container's first process is born in its cgroup" flag_is_known 'minirun explain . has the call; then answer 6 NAME'
