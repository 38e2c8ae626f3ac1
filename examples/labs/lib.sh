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

# labs_btrfs: a btrfs file system in a loop file, mounted on $LABS/btrfs. The file is sparse; both go with the labs' shell. Ends (cannot) if there is none.
# It is mounted in the namespace of labs.sh, which ends what lies on it, and comes to the labs' shell from there.
labs_btrfs()
{
	local file=$LABS/disk.btrfs
	! mountpoint -q "$LABS/btrfs" || return 0
	mkdir -p "$LABS/btrfs" || cannot "cannot make $LABS/btrfs"
	if [ ! -e "$file" ]; then
		command -v mkfs.btrfs >/dev/null || cannot 'mkfs.btrfs is missing; sudo make packages-labs installs it'
		truncate -s 256M "$file.new" && mkfs.btrfs -q -f "$file.new" >"$LABS/mkfs.log" 2>&1 && mv "$file.new" "$file" || { cat "$LABS/mkfs.log" >&2; cannot "cannot make a btrfs file system in $file"; }
	fi
	# Unmounted by the shell, for itself: it comes again.
	! in_outer mountpoint -q "$LABS/btrfs" || in_outer umount "$LABS/btrfs" || cannot "cannot mount $LABS/btrfs again"
	in_outer mount -o loop "$file" "$LABS/btrfs" || cannot 'kernel: cannot mount btrfs on a loop device'
	mountpoint -q "$LABS/btrfs" || cannot "$LABS/btrfs is mounted for the labs' shell, and this is another mount namespace; go back to the labs' shell (exit)"
}

# in_outer COMMAND...: in the mount namespace of labs.sh.
in_outer()
{
	nsenter --mount="/proc/${LABS_SESSION%%-*}/ns/mnt" -- "$@"
}

# mounts_below DIRECTORY: the mount points below it in this mount namespace, each with a NUL at its end, the last mounted first. The kernel writes a blank as \040; the digits are three
# always, as printf wants them in a format (and not in %b).
mounts_below()
{
	local target
	# shellcheck disable=SC2002 # tac wants to seek
	cat /proc/self/mountinfo | tac | while read -r _ _ _ _ target _; do
		printf -v target -- "${target//%/%%}"
		[[ $target != "$1"/* ]] || printf '%s\0' "$target"
	done
}

# unmount_below DIRECTORY: all of them. A mount may hide others, which come to light when it is gone. Fails, and names it, if one is left.
unmount_below()
{
	local targets target try
	for ((try = 0; try < 10; try++)); do
		mapfile -d '' targets < <(mounts_below "$1")
		[ ${#targets[@]} -gt 0 ] || return 0
		for target in "${targets[@]}"; do
			umount "$target" 2>/dev/null || umount -l "$target" 2>/dev/null
		done
	done
	say "${targets[0]} is still mounted, and cannot be unmounted" >&2
	return 1
}

# remove_directory DIRECTORY: with all that is mounted on it or below; not if a mount is left, since rm would go into one of the same file system (mount --bind).
remove_directory()
{
	while mountpoint -q "$1"; do
		unmount_below "$1" && umount -l "$1" || { say "so $1 is not removed" >&2; return 1; }
	done
	unmount_below "$1" || { say "so $1 is not removed" >&2; return 1; }
	rm -rf --one-file-system "$1"
}

# need_cgroup2: whether limits can be set here, which takes memory, cpu and pids in cgroup v2.
need_cgroup2()
{
	local mount
	mount=$(findmnt -n -r -t cgroup2 -o TARGET | head -n 1) && [ -n "$mount" ] && grep -qw memory "$mount/cgroup.controllers" && grep -qw cpu "$mount/cgroup.controllers" &&
		grep -qw pids "$mount/cgroup.controllers"
}
