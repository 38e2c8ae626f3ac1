# lib.sh: what the scripts of a lab (prepare.sh, check.sh, solution.sh) call, and what the learner's shell has as functions. Sourced by bash; defines functions and nothing else.
#
# $LABS is the directory of all labs, $LAB the current one's (the working directory, too), $PAGE where the lab's page and scripts are.
# minirun is on the PATH, with the labs' own state root.

say()
{
	printf '%s\n' "$*"
}

# cannot REASON: in prepare.sh, the lab cannot run on this machine. "kernel: ..." where it is the kernel's doing.
cannot()
{
	say "$*"
	exit 77
}

# --- grading ---

# task N TEXT FUNCTION HINT: one line of the check. The function looks at the system and changes nothing; it runs in a subshell, without errexit, its output is not shown.
task()
{
	TASKS=$((${TASKS-0} + 1))
	if ("$3") >/dev/null 2>&1 </dev/null; then
		TASKS_OK=$((${TASKS_OK-0} + 1))
		say "ok   $1 $2"
	else
		say "not yet $1 $2: $4"
	fi
}

# answer N TEXT...: the learner's answer to question N of the current lab.
answer()
{
	[[ ${1-} =~ ^[0-9]+$ && $# -ge 2 ]] || { say 'usage: answer N TEXT' >&2; return 2; }
	local lab=${LAB-} number=$1
	# In the learner's shell the lab is where the shell is.
	[ -n "$lab" ] || lab=$(expr "$PWD/" : "\($LABS/[1-9][^/]*\)/") || { say 'answer: not in a lab; lab N goes to one' >&2; return 1; }
	shift
	mkdir -p "$lab/answers" && say "$*" >"$lab/answers/$number"
}

# answer_is N TEXT: blanks, line ends and case do not count.
answer_is()
{
	local given wanted
	given=$(tr -d '[:space:]' <"$LAB/answers/$1") || return
	wanted=$(tr -d '[:space:]' <<<"$2")
	[ "${given,,}" = "${wanted,,}" ]
}

# --- containers ---

# pid_of ID: the first process of a running container, as the host numbers it.
pid_of()
{
	local pid
	pid=$(minirun state "$1" | jq -r 'select(.status == "running") | .pid') && [ -n "$pid" ] && echo "$pid"
}

is_running()
{
	pid_of "$1" >/dev/null 2>&1
}

# inside ID COMMAND...: runs it in the container.
inside()
{
	minirun exec "$@"
}

# --- namespaces ---

# namespace_of PID KIND: "mnt:[4026532177]"; KIND is a name of /proc/PID/ns. The number is the same whoever asks.
namespace_of()
{
	readlink "/proc/$1/ns/$2"
}

# host_namespace KIND: of the host itself, not of the labs' shell, which has mounts and a network of its own.
host_namespace()
{
	namespace_of 1 "$1"
}

# is_of_here PID: whether it was started from this labs' shell, and not from another one or elsewhere on the machine. Programs of containers have an environment of their own, and are not.
is_of_here()
{
	grep -qszFx "LABS_SESSION=$LABS_SESSION" "/proc/$1/environ"
}

# processes_in LINK: the processes in the namespace "net:[4026532177]"; processes_outside LINK: those in another of its kind.
processes_in()
{
	processes_by "$1"
}

processes_outside()
{
	processes_by "$1" !
}

processes_by()
{
	local number=${1##*[}
	find /proc/[0-9]*/ns/"${1%%:*}" -maxdepth 0 ${2-} -lname "${1%%:*}:\\[${number%]}\\]" 2>/dev/null | cut -d/ -f3
}

# --- machines ---

# labs_btrfs: a btrfs file system in a loop file, mounted on $LABS/btrfs. The file is sparse; both go with the labs' shell.
labs_btrfs()
{
	mountpoint -q "$LABS/btrfs" && return
	mkdir -p "$LABS/btrfs"
	truncate -s 256M "$LABS/disk.btrfs" && { mkfs.btrfs -q -f "$LABS/disk.btrfs" >"$LABS/mkfs.log" 2>&1 || { cat "$LABS/mkfs.log" >&2; false; }; } && mount -o loop "$LABS/disk.btrfs" "$LABS/btrfs"
}

# need_cgroup2: whether limits can be set here, which takes memory and cpu in cgroup v2.
need_cgroup2()
{
	local mount
	mount=$(findmnt -n -r -t cgroup2 -o TARGET | head -n 1) && [ -n "$mount" ] && grep -qw memory "$mount/cgroup.controllers" && grep -qw cpu "$mount/cgroup.controllers"
}
