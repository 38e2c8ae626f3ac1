# check.sh: lab 5. Mounts are read from outside: /proc/PID/mountinfo shows what is mounted below that process's root, and nothing else.

# made_by_hand: a process in a mount namespace that minirun has not made, whose root is this lab's rootfs, which can be written, with nothing of the host's below it.
made_by_hand()
{
	local pid containers
	containers=" $(minirun list --format json | jq -r '.[]?.pid' | tr '\n' ' ') "
	for pid in $(processes_outside "$(namespace_of self mnt)"); do
		is_of_here "$pid" && [[ $containers != *" $pid "* ]] || continue
		[ "$(stat -L -c %d:%i "/proc/$pid/root")" = "$(stat -c %d:%i rootfs)" ] && only_its_own "$pid" && return
	done
	return 1
}

# only_its_own PID: its root is a mount, not only a directory, of a file system that is not read-only; and all else that is mounted there is of the kinds that a container mounts anew.
only_its_own()
{
	awk '
		{ for (dash = 7; $dash != "-"; dash++); kind = $(dash + 1); super = $(dash + 3) }
		$5 == "/" { root = 1; if (super ~ /(^|,)ro(,|$)/) bad = 1; next }
		kind !~ /^(proc|sysfs|tmpfs|devpts|mqueue|cgroup2)$/ { bad = 1 }
		END { exit !(root && !bad) }
	' "/proc/$1/mountinfo"
}

knows_the_causes()
{
	answer_is 2 'outside shared plain chrooted'
}

stands_before_pivot_root()
{
	minirun state stepped | jq -n -e 'input | .status == "creating" and (.annotations["org.minirun.step"] | test("pivot-root"))'
}

# What was tried is tried again: the container is as it was then.
tried_in_both()
{
	local pid
	pid=$(pid_of jail) && only_its_own "$pid" || return
	[ "$(stat -L -c %d:%i "/proc/$pid/root")" != "$(stat -L -c %d:%i /)" ] || return
	# With the capabilities that the ways need.
	[ $((0x$(awk '$1 == "CapEff:" { print $2 }' "/proc/$pid/status") & (1 << 18 | 1 << 27))) = $((1 << 18 | 1 << 27)) ] || return
	[ "$(grep -c "^\(dotdot\|proc\|fd\) out: $(cat secret)\$" tried-in-chroot)" = 3 ] && grep -q '^disk out: ' tried-in-chroot || return
	all_held tried-in-jail && inside jail break-out | all_held
}

all_held()
{
	[ "$(sed -n 's/ held: .*//p' "$@" | xargs)" = 'dotdot proc fd disk' ]
}

knows_what_holds()
{
	answer_is 5 'pivot pid close filter'
}

task 1 'a process has rootfs as its root, by pivot_root(8), and nothing of the host is mounted there' made_by_hand 'bind, pivot_root, cd /, umount -l; leave a program running in it; findmnt --task PID shows what is still there, and whether its file system is read-only'
task 2 'you know why each of try-a, try-b, try-c and try-d fails' knows_the_causes 'answer 2 WORD WORD WORD WORD, in that order, of: plain, shared, outside, chrooted'
task 3 'a container stepped is half made, and stands before pivot-root' stands_before_pivot_root 'minirun run --step --id stepped . and then b pivot-root; Ctrl-Z leaves it standing there, fg goes back'
task 4 'break-out was tried in a chroot, where all four ways are out, and in the container jail, where none is' tried_in_both 'their output belongs into the files tried-in-chroot and tried-in-jail; way 3 needs a directory that is left open: 7</'
task 5 'you know what holds each of the four' knows_what_holds 'answer 5 WORD WORD WORD WORD, in the order of its output, of: close, filter, pid, pivot'
