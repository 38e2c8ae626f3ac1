# prepare.sh: limits take cgroup v2's own controllers. Where they are with v1, or were not passed down to here, this lab has nothing to show.

# controllers_here: the names in cgroup.controllers where cgroup v2 is mounted.
controllers_here()
{
	local mount
	mount=$(findmnt -n -r -t cgroup2 -o TARGET | head -n 1)
	[ -n "$mount" ] && cat "$mount/cgroup.controllers" || echo
}

if ! need_cgroup2; then
	say "Lab 2 sets limits, and this machine cannot: they need the controllers cpu, memory and pids in cgroup v2, which has here: '$(controllers_here)'."
	v1=$(findmnt -n -r -t cgroup -o TARGET | head -n 1)
	if [ -n "$v1" ]; then
		say "cgroup v1 holds them (it is mounted on $v1), and a controller is in one hierarchy only." \
			"What to do: boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line (without systemd: cgroup_no_v1=all, and cgroup2 mounted); most distributions need neither."
	else
		say 'No cgroup v1 holds them, so whoever runs this machine did not pass them down: it is a container itself, or cgroup_disable= is on the kernel command line.' \
			'What to do: take a whole machine, real or virtual.'
	fi
	say 'Its page can be read all the same: lab page 2. The other labs do not need it.'
	cannot 'kernel: the controllers cpu, memory and pids are not in cgroup v2 here'
fi
