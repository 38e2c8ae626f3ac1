# check.sh: grades lab 8 by what /proc says of each process, and by the ledger of owned CPUs. No number of a CPU is fixed: the machine has those that it has.

# process ID NAME: the process of that name in the container, as the host numbers it.
process()
{
	local first pid
	first=$(pid_of "$1") || return
	for pid in $(processes_in "$(namespace_of "$first" pid)"); do
		[ "$(cat "/proc/$pid/comm")" != "$2" ] || { echo "$pid"; return; }
	done
	return 1
}

# allowed ID NAME: the CPUs on which that process may run.
allowed()
{
	sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$(process "$1" "$2")/status"
}

# claim ID FILTER: what the ledger says of the CPUs that the lab's container owns.
claim()
{
	minirun cores --format json | jq -er --arg directory "$(realpath "$LABS/state")/$1" '.owners[] | select(.alive and .stateDirectory == $directory) | '"$2"
}

one_cpu()
{
	[[ $1 =~ ^[0-9]+$ ]]
}

held_by_affinity()
{
	local cpu
	cpu=$(allowed loose control) && one_cpu "$cpu" && [ "$(allowed loose stats)" = "$cpu" ] && ! claim loose .cpus
}

taken_back()
{
	local cpus
	held_by_affinity && cpus=$(allowed loose worker) && [ -n "$cpus" ] && ! one_cpu "$cpus"
}

what_withholds()
{
	answer_is 3 affinity
}

owner()
{
	local main worker cpus shared
	read -r main worker cpus shared < <(claim data '"\(.mains) \(.workers) \(.cpus) \(.shared)"') && one_cpu "$main" && one_cpu "$worker" && [ "$cpus" = "$(list "$main" "$worker")" ] && [ "$shared" = false ]
}

# list A B: as the kernel writes two CPUs.
list()
{
	local low=$1 high=$2
	[ "$low" -lt "$high" ] || low=$2 high=$1
	[ $((low + 1)) = "$high" ] && echo "$low-$high" || echo "$low,$high"
}

threads_at_their_places()
{
	local main worker rules
	read -r main worker rules < <(claim data '"\(.mains) \(.workers) \(.threads | length)"') && [ "$rules" != 0 ] || return
	[ "$(allowed data control)" = "$main" ] && [ "$(allowed data stats)" = "$main" ] && [ "$(allowed data worker)" = "$worker" ] || return
	# What else verify may find, such as other programs on these CPUs, is this machine's affair.
	minirun verify --seconds 0.1 --format json data | jq -e '(.threads | length) >= 3 and all(.findings[]; .kind != "affinity" and .kind != "crowded")'
}

isolation()
{
	answer_is 6 "$(claim data .level)"
}

task 1 'loose owns nothing, and control and stats are held on one CPU by their affinity' held_by_affinity 'without --cpus; taskset, before minirun or on each process; grep Cpus_allowed_list of /proc/PID/status'
task 2 'worker in loose has taken other CPUs back' taken_back 'taskset works in the container, too: minirun exec loose'
task 3 'what keeps control from another CPU is named' what_withholds 'minirun why loose cpuN; answer 3 WORD'
task 4 'data owns two CPUs, one for its main thread and one for a worker' owner 'minirun run --cpus A,B; minirun cores shows who owns what'
task 5 'worker of data is on the worker CPU, control and stats are on the main CPU, by rules' threads_at_their_places 'minirun run --thread PATTERN=TARGET; minirun verify data'
task 6 'how far data is isolated is told' isolation 'the column LEVEL of minirun cores; answer 6 WORD'
