#!/bin/bash
# labs.sh: the labs' shell. `sudo make labs`, or labs.sh as root, opens a shell in mount, network, UTS and IPC namespaces of its own, in which `lab` (lab.sh) leads through the labs;
# leaving it ends all that was made, from outside of the shell's own namespace: whatever the learner did to the mounts there. `labs.sh list` prints the labs, `labs.sh test [N...]` takes their solutions, for the tests.
#
# All files are below $LABS, the containers' state included. $MINIRUN is the program.
set -u

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export HERE
LABS=${LABS:-/run/minirun-labs}
# As the kernel names it where mounts are looked up.
[[ $LABS != /* ]] || LABS=$(realpath -m -- "$LABS")
export LABS
. "$HERE/lib.sh"

die()
{
	printf 'labs: %s\n' "$*" >&2
	exit 1
}

find_minirun()
{
	[ -n "${MINIRUN-}" ] || MINIRUN=$HERE/../../build/minirun
	[ -x "$MINIRUN" ] || MINIRUN=$(command -v minirun) || die "there is no minirun: make it, or name it in \$MINIRUN"
	MINIRUN=$(realpath "$MINIRUN")
	export MINIRUN
}

needs()
{
	local tool
	[ "$(id -u)" = 0 ] || die 'needs root; try: sudo make labs'
	[[ $LABS =~ ^/[A-Za-z0-9._/-]+$ ]] || die "\$LABS is an absolute path of letters, digits and . _ -, not '$LABS'"
	busybox=$(command -v busybox) || die 'needs busybox-static; sudo make packages-labs installs what is missing'
	for tool in jq unshare nsenter mountpoint findmnt ip; do
		command -v $tool >/dev/null || die "needs $tool; sudo make packages-labs installs what is missing"
	done
}

# --- one at a time ---

# What is only in a directory of the labs', and says whether they have made it or found it: "made" or "found".
MARK=.minirun-labs

# The directory itself is the lock, through file 9, which no program of the labs inherits. Who had it before may be on its way out, directory and all.
claim()
{
	local try made
	[ ! -e "$LABS/state" ] || [ "${LABS_SESSION-}" = '' ] || die "this is the labs' shell already; exit leaves it"
	need_safe_parents
	for ((try = 0; try < 20; try++)); do
		made=found
		[ -d "$LABS" ] || { mkdir -m 0755 "$LABS" && made=made; } || [ -d "$LABS" ] || die "cannot make $LABS; another place is: LABS=/somewhere/else"
		is_safe "$LABS" no-one || die "$LABS is not root's, or others may write to it: who may could change what root runs here; another place is: LABS=/somewhere/else"
		exec 9<"$LABS" || die "cannot open $LABS"
		flock -n 9 || die "another labs' shell is open, process $(cat "$LABS/pid" 2>/dev/null), with $LABS; leave that one first, or name another place: LABS=/somewhere/else"
		[ "$(stat -L -c %d:%i "/proc/$$/fd/9")" != "$(stat -c %d:%i "$LABS" 2>/dev/null)" ] || break
	done
	if [ -n "$(ls -A "$LABS")" ]; then
		[ -f "$LABS/$MARK" ] || die "$LABS holds files that are not the labs'; name another place: LABS=/somewhere/else"
		# Of a session that was killed. Its mounts went with its namespace.
		delete_containers
		clear_directory || exit
		made=$(cat "$LABS/$MARK")
	fi
	echo "$made" >"$LABS/$MARK" && return
	rm -f "$LABS/$MARK"
	[ $made = found ] || rmdir "$LABS"
	die "cannot write to $LABS; another place is: LABS=/somewhere/else"
}

# Who may write to a directory above could put another one in the place of $LABS; not so where a sticky bit leaves each his own, as in /tmp.
need_safe_parents()
{
	local directory=$LABS
	while [ "$directory" != / ]; do
		directory=$(dirname "$directory")
		is_safe "$directory" sticky || die "$directory, in which $LABS is to be, is missing, not root's, or others may write to it; another place is: LABS=/somewhere/else"
	done
}

# is_safe DIRECTORY sticky|no-one: root's, and nobody else writes to it, unless it may be sticky and is.
is_safe()
{
	local owner mode
	read -r owner mode < <(stat -c '%u %a' "$1" 2>/dev/null) && [ "$owner" = 0 ] || return
	(((8#$mode & 8#22) == 0)) || { [ "$2" = sticky ] && (((8#$mode & 8#1000) != 0)); }
}

# clear_directory: all but the mark, which goes last, and not as long as anything is mounted there: rm would go into a mount of the same file system.
clear_directory()
{
	local mounted
	mounted=$(mounts_below "$LABS" | head -z -n 1 | tr -d '\0')
	[ -z "$mounted" ] || { say "labs: $mounted is still mounted, so nothing is removed; unmount it, and then remove $LABS" >&2; return 1; }
	find "${LABS:?}" -mindepth 1 -maxdepth 1 ! -name $MARK -exec rm -rf --one-file-system {} +
}

delete_containers()
{
	local id
	for id in $("$MINIRUN" --root "$LABS/state" list --quiet 2>/dev/null); do
		"$MINIRUN" --root "$LABS/state" delete --force "$id" 9<&-
	done
}

# --- a session: all of it in the new namespaces ---

begin()
{
	LABS_SESSION=$$-$RANDOM$RANDOM
	PATH=$LABS/bin:$PATH
	export LABS_SESSION PATH
	trap end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	ip link set lo up
	# /run may be without programs and devices; here, not on the host, it has them.
	mount --bind "$LABS" "$LABS" && mount -o remount,bind,exec,dev,suid "$LABS" || die "cannot mount $LABS on itself"
	cd "$LABS" || die "cannot go to $LABS"
	echo $$ >pid && make_image && make_commands || die "cannot fill $LABS: is there space? another place is: LABS=/somewhere/else"
}

make_image()
{
	local applet
	mkdir -p state image/{bin,sbin,proc,dev,sys,etc,root,run,var,tmp} || return
	chmod 0700 state && chmod 1777 image/tmp && cp "$busybox" image/bin/busybox || return
	for applet in $("$busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "image/bin/$applet" || return
	done
	echo root:x:0:0:root:/root:/bin/sh >image/etc/passwd && echo root:x:0: >image/etc/group
}

make_commands()
{
	mkdir -p bin &&
		printf '#!/bin/sh\nexec %q --root %q "$@"\n' "$MINIRUN" "$LABS/state" >bin/minirun &&
		printf '#!/bin/sh\nexec bash %q "$@"\n' "$HERE/lab.sh" >bin/lab &&
		make_umount >bin/umount &&
		chmod 0755 bin/minirun bin/lab bin/umount
}

# The kernel answers umount2("/") by making the root's superblock read-only, in whichever namespace it was asked (do_umount_root() in fs/namespace.c); umount -a asks it.
make_umount()
{
	printf '#!/bin/bash\nreal=%q\n' "$(type -P umount)"
	cat <<'END'
refuse()
{
	echo "umount: not in the labs: $1 would make the file system of / read-only, and that is the host's, whichever mount namespace this is. Name what is to be unmounted; umount -l takes off all that is mounted below, too." >&2
	exit 1
}
lazy=no
root=
for word; do
	case $word in
	--all) refuse "umount $word" ;;
	--lazy) lazy=yes ;;
	-[!-]*)
		# What follows -t and -O is theirs.
		letters=${word%%[tO]*}
		[[ $letters != *a* ]] || refuse "umount $word"
		[[ $letters != *l* ]] || lazy=yes
		;;
	*) [ "$(realpath -m -- "$word" 2>/dev/null)" != / ] || root=$word ;;
	esac
done
[ -z "$root" ] || [ $lazy = yes ] || refuse "umount $root"
exec "$real" "$@"
END
}

# What was started from the labs' shell has its session in its environment.
processes()
{
	local file pid
	for file in $(grep -lszFx "LABS_SESSION=$LABS_SESSION" /proc/[0-9]*/environ 2>/dev/null); do
		pid=${file#/proc/}
		pid=${pid%/*}
		[ "$pid" = $$ ] || [ "$(ps -o ppid= -p "$pid" 2>/dev/null | tr -d ' ')" = $BASHPID ] || echo "$pid"
	done
}

end_processes()
{
	local signal end sent
	for signal in HUP TERM KILL; do
		end=$((SECONDS + 2))
		sent=no
		while [ $SECONDS -le $end ]; do
			# shellcheck disable=SC2046 # numbers
			set -- $(processes)
			[ $# -gt 0 ] || return
			if [ $sent = no ]; then
				kill -$signal "$@" 2>/dev/null
				kill -CONT "$@" 2>/dev/null # who is stopped hears it only then
				sent=yes
			fi
			sleep 0.1
		done
	done
}

end()
{
	local status=$? made
	trap '' HUP INT TERM
	cd /
	# Where somebody has unmounted his root without -l, it has become read-only.
	[ -w "$LABS" ] || mount -o remount,rw "$LABS"
	delete_containers
	end_processes
	delete_containers # that were on their way
	reset_labs
	unmount_below "$LABS"
	! mountpoint -q "$LABS" || umount "$LABS" 2>/dev/null || umount -l "$LABS"
	[ -f "$LABS/$MARK" ] && clear_directory || exit 1
	made=$(cat "$LABS/$MARK")
	rm -f "$LABS/$MARK"
	[ "$made" = found ] || rmdir "$LABS"
	exit $status
}

# What labs leave elsewhere.
reset_labs()
{
	local begun
	for begun in "$LABS"/[1-9]*/.begun; do
		LAB=${begun%/*}
		PAGE=$HERE/${LAB##*/}
		[ ! -e "$PAGE/reset.sh" ] || (. "$PAGE/reset.sh")
	done
}

# The learner's shell, beside this one, which can then hear signals, and in a mount namespace of its own, so that this one can clean up whatever happens to / there. It gets what is mounted
# on $LABS here (labs_btrfs), and gives nothing back. Bash makes what runs beside it ignore SIGINT; the learner's programs shall not.
shell()
{
	cat >bashrc <<END
PS1='labs:\w# '
HISTFILE=$LABS/history
. "$HERE/lib.sh"
# Only a function can change the directory.
lab()
{
	command lab "\$@" || return
	case \${1-} in
	[1-9]*) cd "\$LABS/\$1"-* ;;
	# The directory that the shell was in is gone; the new one has its name.
	reset) cd "\$PWD" 2>/dev/null || cd "\$LABS" ;;
	esac
}
END
	"$LABS/bin/lab"
	say_how_to_go_on
	mount --make-shared "$LABS" || die "cannot share the mount $LABS"
	trap '' INT
	env --default-signal=INT,QUIT unshare --mount --propagation slave bash --rcfile "$LABS/bashrc" -i <&0 9<&- &
	wait $! # until it ends, or a signal comes
	exit 0
}

say_how_to_go_on()
{
	cat <<END

  lab 1            goes to lab 1 and shows its page (lab page shows it again)
  lab check        grades what you did     answer N TEXT   answers question N
  lab solution     shows one right way     lab reset       begins the lab anew
  exit             leaves, and ends all that was made: your host is as it was

END
}

# --- for the tests ---

# test_lab N: nothing is done before the solution, and all after it. 77 if the lab cannot run on this machine.
test_lab()
{
	local n=$1 output status=0 end
	"$LABS/bin/lab" prepare "$n" || return
	output=$("$LABS/bin/lab" check "$n")
	if [ $? != 1 ] || grep -q '^ok ' <<<"$output"; then
		printf 'lab %s, before the solution:\n%s\n' "$n" "$output"
		return 1
	fi
	"$LABS/bin/lab" solve "$n" >"$LABS/solve.log" 2>&1 </dev/null || status=$?
	# What runs in the background takes a moment to be there.
	end=$((SECONDS + 30))
	until output=$("$LABS/bin/lab" check "$n") || [ $status != 0 ] || [ $SECONDS -ge $end ]; do sleep 0.2; done
	if [ $status != 0 ] || grep -q '^not yet ' <<<"$output"; then
		printf 'lab %s, after the solution (exit status %s):\n%s\n' "$n" $status "$output"
		sed 's/^/    /' "$LABS/solve.log"
		return 1
	fi
	printf '%s\n' "$output"
	"$LABS/bin/lab" end "$n"
}

test_labs()
{
	local n
	# shellcheck disable=SC2046 # numbers
	[ $# -gt 0 ] || set -- $(cd "$HERE" && printf '%s\n' [1-9]*-*/ | cut -d- -f1)
	for n; do
		test_lab "$n" 9<&- || exit
	done
	exit 0
}

action=${1-start}
case $action in
list)
	exec bash "$HERE/lab.sh" list
	;;
start)
	if [ ! -t 0 ] || [ ! -t 1 ]; then
		bash "$HERE/lab.sh" list
		printf '\nThe labs are a shell, so they need a terminal: sudo make labs\n'
		exit 0
	fi
	;;
test | in-start | in-test) ;;
*)
	echo 'usage: labs.sh [list | test [N...]]      ($LABS: the directory, /run/minirun-labs; $MINIRUN: the program)' >&2
	exit 2
	;;
esac
[ $# = 0 ] || shift
find_minirun
needs
case $action in
in-start)
	begin
	shell
	;;
in-test)
	begin
	test_labs "$@"
	;;
*)
	claim
	exec unshare --mount --net --uts --ipc --propagation private bash "$HERE/labs.sh" in-$action "$@"
	;;
esac
