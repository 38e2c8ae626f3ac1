# labs.sh: examples/labs at a learner's hands: no task of a lab is done before its solution and all are after it, the check sees what is really there; the labs' shell, on a terminal, leaves the
# host as it was however it ends, and says what is wrong when it cannot begin.
# limit: 900
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/step.bash"

# On a tmpfs of the test's own; /tmp may be on an overlay, which cannot carry the labs' layers.
export MINIRUN LABS=/run/labs PAGER=cat
LABS_SH=$REPOSITORY/examples/labs/labs.sh

# A first life makes what stays for good.
"$LABS_SH" test 1 >/dev/null
before=$(host_state)

host_as_before()
{
	[ ! -e "$LABS" ] || fail "left: $(find "$LABS")"
	wait_until 20 no_loop
	expect_host_as "$before"
}

no_loop()
{
	! losetup -l -n -O BACK-FILE | grep -F "$LABS"
}

lab_is_solved()
{
	status=0
	"$LABS_SH" test "$1" >out 2>&1 || status=$?
	[ $status != 77 ] || [[ $(tail -n 1 out) != kernel:\ * ]] || { host_as_before && skip_without_kernel "$(tail -n 1 out | cut -c 9-)"; }
	[ $status = 0 ] || fail "$(cat out)"
	grep -qE '^all [3-6] tasks: lab [0-9]+ is done$' out || fail "$(cat out)"
	host_as_before
}
for page in "$REPOSITORY"/examples/labs/[1-9]*-*/; do
	name=$(basename "$page")
	check "lab $name: nothing is done before the solution, all is after it, and the host is as before" lab_is_solved "${name%%-*}"
done

# shell_begin: the labs' shell on a terminal, at its first prompt.
shell_begin()
{
	step_terminal "$LABS_SH"
	trap 'kill -TERM "$(cat "$LABS/pid")" && wait_until 60 test ! -e "$LABS"' EXIT # of a check that fails
	shell_ready
}

# shell_ready: until it asks for a command, with nothing typed.
shell_ready()
{
	wait_until 60 shell_asks || {
		step_screen
		return 1
	}
}

shell_asks()
{
	[[ $(step_screen | tail -n 1) =~ labs:[^\ ]*#\ $ ]]
}

# shell_do COMMAND: types it, and waits until it has ended; its output is in `said`.
shell_do()
{
	local from
	from=$(step_screen | wc -l)
	step_type "$1; echo said \$?"
	wait_until 60 shell_said "$((from + 1))" || {
		step_screen
		return 1
	}
	step_screen | tail -n +"$((from + 1))" >said
}

# shell_end: after `exit`. What is killed by steps on the way has its time.
shell_end()
{
	wait_until 120 test -e ended || {
		step_screen
		return 1
	}
	step_end 0
}

shell_said()
{
	step_screen | tail -n +"$1" | grep -q '^said [0-9]*$' && shell_asks
}

# refused STATUS TEXT: labs.sh test 99, of which there is none, with the current $LABS.
refused()
{
	status=0
	"$LABS_SH" test 99 >out 2>&1 || status=$?
	expect_equal $status "$1" "$(cat out)"
	grep -qF "$2" out || fail "$(cat out)"
}

at_the_terminal()
{
	shell_begin
	step_screen >shown
	grep -q '^  1 Namespaces: ' shown
	grep -q 'your host is as it was' shown
	shell_do 'lab check 1'
	grep -q 'lab 1 is not begun yet: lab 1' said
	shell_do 'lab 1'
	grep -q '^## Tasks' said
	shell_do pwd
	grep -q "^$LABS/1-namespaces\$" said
	shell_do 'lab check'
	expect_equal "$(grep -c '^not yet ' said)" 6
	grep -q '^said 1$' said
	shell_do 'lab solution >taken && . ./taken >/dev/null 2>&1'
	# What it has put in the background takes a moment.
	shell_do 'for i in $(seq 100); do lab check >checked && break; sleep 0.2; done; cat checked'
	expect_equal "$(grep -c '^ok ' said)" 6 "$(cat said)"
	grep -q '^said 0$' said
	shell_do lab
	grep -q '^  1 Namespaces: .* 6 of 6 done$' said
	# The check looks at what is there, not at what was done.
	shell_do 'minirun delete --force second; lab check'
	grep -q '^not yet 5 ' said
	expect_equal "$(grep -c '^ok ' said)" 5 "$(cat said)"
	shell_do 'answer 2 mnt pid; lab check'
	grep -q '^not yet 2 ' said
	shell_do 'lab reset; minirun list --quiet; ls answers; lab check'
	! grep -qE '^(first|second|2)$' said || fail "$(cat said)"
	grep -q '^not yet 1 ' said
	step_type exit
	shell_end
	host_as_before
}
check 'a learner enters a lab, is graded, solves it, begins it anew, and leaves the host as it was' at_the_terminal

# What follows is the shell's alone.
[ -z "${TEST_SANITIZED-}" ] || exit 0

wrong_words()
{
	shell_begin
	shell_do 'lab 0'
	grep -q "there is no lab '0'" said
	grep -q '^said 1$' said
	shell_do 'lab 99'
	grep -q "there is no lab '99'" said
	shell_do 'lab check ../1'
	grep -q "there is no lab '../1'" said
	shell_do 'lab check'
	grep -q 'which lab?' said
	shell_do 'lab nonsense'
	grep -q '^usage: lab ' said
	shell_do 'answer 1 here'
	grep -q 'not in a lab' said
	shell_do "$LABS_SH </dev/tty"
	grep -q "this is the labs' shell already" said
	step_type exit
	shell_end
	host_as_before
	refused 1 "there is no lab '99'"
	host_as_before
	for words in nonsense --help; do
		status=0
		"$LABS_SH" "$words" >out 2>&1 || status=$?
		expect_equal $status 2 "labs.sh $words"
	done
}
check 'wrong words are told, and change nothing' wrong_words

keys_and_jobs()
{
	local long=1000$BASHPID # a number that no other test sleeps for

	shell_begin
	shell_do 'lab 1 >/dev/null'
	step_type "echo \$((40 + 1)) begun; sleep $long"
	step_see '41 begun'
	printf '\003' >&5
	shell_ready
	shell_do "sleep ${long}1 & setsid sleep ${long}2 & unshare --pid --fork sleep ${long}3 & minirun run . & true"
	step_type "echo \$((40 + 2)) begun; sleep $long"
	step_see '42 begun'
	wait_until 20 pgrep -f "^sleep $long\$" # which has the terminal then
	printf '\032' >&5
	step_see Stopped
	shell_ready
	wait_until 20 pgrep -f "^sleep ${long}3"
	# A first exit tells of the stopped job.
	step_type exit
	step_see 'There are stopped jobs'
	step_type exit
	shell_end
	host_as_before
	! pgrep -f "^sleep $long"
}
check 'Ctrl-C and Ctrl-Z are the programs own, and what still runs is ended with the shell' keys_and_jobs

# $LABS by a link and with a slash at its end, as it may be typed; names with a blank, and a digit after it. /run/precious is on the same file system.
binds()
{
	local LABS=/run/link/labs/

	mkdir -p /run/precious/1-namespaces /run/real
	touch /run/precious/file /run/precious/.begun
	ln -s real /run/link
	shell_begin
	shell_do 'lab 1 >/dev/null; mkdir x "a 1"; mount --bind /run/precious x; mount --bind /run/precious "a 1"; ls -1 "a 1"'
	grep -q '^file$' said || fail "$(cat said)"
	shell_do 'lab reset; ls -1A "$LABS/1-namespaces"'
	grep -q 'lab 1 begins anew' said
	! grep -qE '^(x|a 1|file)$' said || fail "$(cat said)"
	[ -e /run/precious/file ] || fail 'lab reset has gone into a bind mount'
	# The lab's directory itself, twice.
	shell_do 'cd; mount --bind /run/precious "$LABS/1-namespaces"; mount --bind /run/precious "$LABS/1-namespaces"; lab reset 1'
	grep -q 'lab 1 begins anew' said
	[ -e /run/precious/file ] || fail 'lab reset has gone into a bind mount of the lab'
	shell_do 'lab 1 >/dev/null; cd; mkdir "$LABS/b 2"; mount --bind /run/precious "$LABS/b 2"; mount --bind /run/precious "$LABS/1-namespaces"'
	# And where labs.sh itself is.
	mkdir /run/real/labs/y
	nsenter --mount="/proc/$(cat /run/real/labs/pid)/ns/mnt" mount --bind /run/precious /run/real/labs/y
	step_type exit
	shell_end
	expect_equal "$(ls -A /run/precious | tr '\n' ' ')" '.begun 1-namespaces file '
	[ ! -e /run/real/labs ] || fail "left: $(find /run/real/labs)"
	rm -r /run/precious /run/real /run/link
	host_as_before
}
check 'what a learner has bound into a lab outlives lab reset and exit' binds

# All that lab 5 does by hand, without the unshare, and with the umount -a of other recipes; that makes /run read-only if no file there is open for writing, as lab 4's loop file is.
pivoted()
{
	local first
	for first in 'lab 1 >/dev/null; true' 'lab 4 | grep ^kernel:; minirun run --detach --id quick $LABS/4-copy-on-write/on-btrfs'; do
		shell_begin
		shell_do "$first"
		if ! grep -q '^said 0$' said; then
			step_type exit
			shell_end
			grep -q '^kernel:' said && skip_without_kernel 'cannot mount btrfs on a loop device'
			fail "$(cat said)"
		fi
		shell_do 'lab 1 >/dev/null; minirun run --detach --id first . && mount --bind rootfs rootfs && cd rootfs && mkdir old && pivot_root . old && cd / && hash -r'
		grep -q '^said 0$' said || fail "$(cat said)"
		shell_do 'mount -t proc proc /proc; umount -l /old; umount -a; ls /proc'
		grep -q '^said 0$' said || fail "$(cat said)"
		step_type exit
		shell_end
		host_as_before
	done
}
check 'a learner who gives the shell another root, and unmounts all, leaves the host as it was' pivoted

refuses_umount()
{
	shell_begin
	shell_do 'umount -a; umount -fna; umount --all; umount /; umount -f //; cd /; umount .; cd'
	expect_equal "$(grep -c '^umount: not in the labs: ' said)" 6 "$(cat said)"
	[ ! -e /run/labs/x ] && touch /run/labs/x || fail 'read-only'
	shell_do 'mkdir $LABS/m && mount -t tmpfs tmpfs $LABS/m && umount $LABS/m && ! mountpoint -q $LABS/m'
	grep -q '^said 0$' said
	# For the shell alone; a lab that needs it has it again.
	shell_do 'lab 5 >/dev/null; umount $LABS/btrfs; lab 4 >/dev/null; [ ! -e $LABS/4-copy-on-write ] || [ -d $LABS/4-copy-on-write/disk/image ]'
	grep -q '^said 0$' said
	shell_do 'hostname elsewhere'
	step_type exit
	shell_end
	[ "$(hostname)" != elsewhere ]
	host_as_before
}
check 'umount of / and of all is refused, and all else is unmounted for the shell alone' refuses_umount

prompts()
{
	step_screen | grep -c '^labs:'
}

shell_asks_again()
{
	[ "$(prompts)" -gt "$1" ] && shell_asks
}

# The terminal's end, a signal, and Ctrl-D, which would be lost if it came while bash is still busy with Ctrl-C.
ways_out()
{
	local way asked
	for way in terminal TERM INT-then-D; do
		shell_begin
		shell_do 'lab 1 >/dev/null; minirun run --detach --id first .'
		grep -q '^said 0$' said
		case $way in
		terminal)
			kill -KILL "$(pgrep -P $STEP_SCRIPT -x script)"
			wait_until 60 test ! -e "$LABS"
			;;
		TERM) kill -TERM "$(cat "$LABS/pid")" ;;
		*)
			asked=$(prompts)
			printf 'half a line\003' >&5
			wait_until 60 shell_asks_again "$asked"
			printf '\004' >&5
			;;
		esac
		wait_until 60 test -e ended
		exec 5>&-
		wait_until 60 test ! -e "$LABS"
		host_as_before
	done
}
check 'the end of the terminal, SIGTERM and Ctrl-D end all that was made' ways_out

killed()
{
	shell_begin
	shell_do 'lab 1 >/dev/null; minirun run --detach --id first .'
	kill -KILL "$(cat "$LABS/pid")"
	wait_until 60 test -e ended
	exec 5>&-
	[ -d "$LABS/state/first" ] || fail 'the killed session has left nothing'
	refused 1 "there is no lab '99'"
	host_as_before
}
check 'what a killed session leaves, the next one takes away' killed

one_at_a_time()
{
	shell_begin
	for words in '' 'test 1'; do
		rm -f second
		# shellcheck disable=SC2086 # words
		script -qfec "$(printf '%q ' "$LABS_SH" $words)" /dev/null >second 2>&1 </dev/null && fail 'a second session'
		grep -q "another labs' shell is open, process $(cat "$LABS/pid"), with $LABS; leave that one first" second || fail "$(cat second)"
	done
	# Another place is another session.
	LABS=$TEST_TMP/others refused 1 "there is no lab '99'"
	shell_do true
	step_type exit
	shell_end
	host_as_before
}
check 'a second session in the same place is refused' one_at_a_time

no_place()
{
	mkdir full readonly
	mount -t tmpfs -o size=64k tmpfs full
	LABS=$PWD/full/labs refused 1 'is there space?'
	expect_equal "$(ls full)" ''
	umount full
	mount -t tmpfs -o ro tmpfs readonly
	LABS=$PWD/readonly/labs refused 1 "cannot make $PWD/readonly/labs"
	umount readonly
	mkdir mine
	echo mine >mine/file
	LABS=$PWD/mine refused 1 "holds files that are not the labs'"
	expect_equal "$(cat mine/file)" mine
	# What other programs call so, too.
	mkdir -p alike/state alike/image
	LABS=$PWD/alike refused 1 "holds files that are not the labs'"
	[ -d alike/image ]
	LABS=/dev/null refused 1 'cannot make /dev/null'
	LABS='/tmp/a b' refused 1 'is an absolute path'
	LABS=labs refused 1 'is an absolute path'
	MINIRUN=$PWD/none PATH=/usr/bin:/bin refused 1 'there is no minirun'
	host_as_before
}
check 'a place that is full, cannot be written or is not the labs is refused' no_place

# Root's programs are run from there.
whose_place()
{
	mkdir theirs open beside beside/labs sticky mine-empty
	chown 65534 theirs
	LABS=$PWD/theirs refused 1 "theirs is not root's"
	LABS=$PWD/theirs/labs refused 1 "theirs, in which"
	chmod 1777 open sticky
	LABS=$PWD/open refused 1 "others may write to it"
	chmod 0775 beside
	LABS=$PWD/beside/labs refused 1 "beside, in which"
	for directory in theirs open beside/labs; do
		expect_equal "$(ls -A $directory)" ''
	done
	LABS=$PWD/sticky/labs refused 1 "there is no lab '99'"
	expect_equal "$(ls -A sticky)" ''
	# Who had the directory keeps it.
	LABS=$PWD/mine-empty refused 1 "there is no lab '99'"
	[ -d mine-empty ] || fail 'a directory that was there before is gone'
	expect_equal "$(ls -A mine-empty)" ''
	host_as_before
}
check "a place that is not root's alone is refused, and one that was there stays" whose_place

without_a_terminal()
{
	"$LABS_SH" >out </dev/null
	grep -q '^  1 Namespaces: ' out
	grep -q 'sudo make labs' out
	"$LABS_SH" list >list
	expect_equal "$(grep -c '^  [1-9]' list)" "$(ls -d "$REPOSITORY"/examples/labs/[1-9]*-*/ | wc -l)"
	status=0
	# The repository may be where only root may enter.
	mkdir /run/everybody
	cp "$REPOSITORY"/examples/labs/{labs,lab,lib}.sh /run/everybody
	(cd / && MINIRUN=/bin/true setpriv --reuid 65534 --clear-groups /run/everybody/labs.sh test 1) >out 2>&1 || status=$?
	rm -r /run/everybody
	expect_equal $status 1 "$(cat out)"
	grep -q 'needs root' out
	host_as_before
}
check 'without a terminal the labs are listed, and who is not root is told' without_a_terminal
