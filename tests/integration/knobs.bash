# knobs.bash: the knobs that steer the kernel's work on the whole machine (interrupts, workqueues, watchdog) as copies of this test's own, so that a test neither moves the
# interrupts of the machine that it runs on nor depends on which of them can be moved. To be sourced behind lib.sh; the mount namespace is the test's.

KNOB_FILES='/proc/irq/default_smp_affinity /sys/devices/virtual/workqueue/cpumask /proc/sys/kernel/watchdog_cpumask'

private_knobs()
{
	local file
	mkdir /run/knobs
	mount -t tmpfs tmpfs /run/knobs
	cp -r --no-preserve=all /proc/irq /run/knobs/irq 2>/dev/null
	mount --bind /run/knobs/irq /proc/irq
	for file in $KNOB_FILES; do
		[[ $file != /proc/irq/* && -e $file ]] || continue
		cat "$file" >"/run/knobs/${file##*/}"
		mount --bind "/run/knobs/${file##*/}" "$file"
	done
	# What is asked for stands in another file from Linux 6.6 on.
	file=/sys/devices/virtual/workqueue/cpumask_requested
	[ ! -e $file ] || mount --bind /run/knobs/cpumask $file
	# And the threads of the kernel: none is found.
	[ ! -e /proc/2/task/2/children ] || mount --bind /dev/null /proc/2/task/2/children
	umount -l /run/knobs
	rmdir /run/knobs
}

# The knobs with their values.
knobs()
{
	grep -H . /proc/irq/*/smp_affinity_list $KNOB_FILES 2>/dev/null
}
