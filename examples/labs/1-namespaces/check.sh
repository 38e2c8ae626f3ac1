# check.sh: lab 1. Namespaces are compared by the links in /proc/PID/ns, as the host sees them.

KINDS='cgroup ipc mnt net pid time user uts'

# shares PID KIND: with this shell.
shares()
{
	[ "$(namespace_of "$1" "$2")" = "$(namespace_of self "$2")" ]
}

# Of this bundle: any container may be called first.
first_runs()
{
	is_running first && [ "$(minirun state first | jq -r .bundle)" -ef "$LAB" ]
}

shared_kinds()
{
	local pid kind
	pid=$(pid_of first) || return
	for kind in $KINDS; do
		! shares "$pid" $kind || echo $kind
	done
}

knows_what_is_shared()
{
	first_runs && answer_is 2 "$(shared_kinds)"
}

# Another host name, process 1 of a PID namespace of its own, and a /proc that shows that namespace.
made_by_hand()
{
	local pid
	for pid in $(processes_outside "$(namespace_of self uts)"); do
		is_of_here "$pid" || continue
		shares "$pid" pid || shares "$pid" mnt && continue
		[ "$(nsenter --uts --target "$pid" hostname)" = byhand ] || continue
		[ "$(awk '$1 == "NSpid:" { print $NF }' "/proc/$pid/status")" = 1 ] || continue
		[ "$(readlink "/proc/$pid/root/proc/1/ns/pid")" != "$(namespace_of "$pid" pid)" ] || return 0
	done
	return 1
}

in_its_network_only()
{
	local first pid kind
	first=$(pid_of first) || return
	for pid in $(processes_in "$(namespace_of "$first" net)"); do
		is_of_here "$pid" || continue
		for kind in $KINDS; do
			[ $kind = net ] || shares "$pid" $kind || continue 2
		done
		return 0
	done
	return 1
}

second_has_the_network_of_first()
{
	local first second kind
	first=$(pid_of first) && second=$(pid_of second) || return
	[ "$(namespace_of "$first" net)" = "$(namespace_of "$second" net)" ] || return
	for kind in pid mnt ipc uts; do
		[ "$(namespace_of "$first" $kind)" != "$(namespace_of "$second" $kind)" ] || return
	done
}

kept_without_a_process()
{
	[ "$(findmnt -n -o FSTYPE --mountpoint "$LAB/kept")" = nsfs ] && findmnt -n -o FSROOT --mountpoint "$LAB/kept" | grep -q '^net:' && [ -z "$(processes_in "net:[$(stat -c %i "$LAB/kept")]")" ]
}

task 1 'a container first runs, of this bundle' first_runs 'minirun run, detached, with an id, in this directory'
task 2 'you know which kinds of namespace it shares with your shell' knows_what_is_shared 'compare the links in /proc/PID/ns with those in /proc/self/ns; answer 2 KIND KIND... in alphabetical order'
task 3 'a process made by hand is number 1 of its own PID namespace, with the host name byhand and a /proc that shows it' made_by_hand 'unshare(1) has --uts, --pid, --fork and --mount-proc; leave it running in the background'
task 4 "a process of your shell's is in first's network namespace and in no other namespace of its" in_its_network_only 'nsenter(1) goes into one kind at a time; the process must go on running'
task 5 'a container second has the network namespace of first, and all others of its own' second_has_the_network_of_first 'see --net container:ID'
task 6 'a network namespace without any process in it is kept on the file kept' kept_without_a_process 'unshare(1) can leave a namespace on a file; the program that it runs may end at once'
