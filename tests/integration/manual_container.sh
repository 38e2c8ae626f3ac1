# manual_container.sh: the training page's manual container by one command (examples/labs/manual): it comes up on a btrfs snapshot with the page's marker file and reaches its bridge; what the page
# leaves to the reader holds; nothing is left of it; and the tables of examples/labs/README.md that map the page to steps of the plan are true and complete.
# limit: 400
. "$(dirname "$0")/../lib.sh"

export MINIRUN MANUAL=/run/manual
MANUAL_SH=$REPOSITORY/examples/labs/manual/manual.sh
README=$REPOSITORY/examples/labs/README.md
GOLDEN=$REPOSITORY/tests/unit/golden/explain/manual.plan.txt
mkdir -p /run/mount # mount(8) makes it once
mkdir -p -m 700 /run/minirun

# Of a kernel that has them as modules, the first use makes them be there.
mount -t btrfs none . 2>/dev/null
losetup --find >/dev/null 2>&1
# As on Debian 12.
mount -o remount,nosuid,nodev,noexec /run
before=$(host_state)

need_btrfs()
{
	grep -qw btrfs /proc/filesystems || skip_without_kernel 'no btrfs'
	grep -qw loop /proc/devices || skip_without_kernel 'no loop devices'
}

nothing_is_left()
{
	expect_host_as "$before"
	expect_equal "$(losetup -n -O BACK-FILE | grep -c "^$MANUAL" || true)" 0 'loop devices'
}

# begin: manual.sh with a shell that reads from fd 9; back when the shell has answered.
begin()
{
	need_btrfs
	mkfifo typed
	trap 'exec 9>&-; "$MANUAL_SH" down' EXIT # of a check that fails
	"$MANUAL_SH" <typed >out 2>err &
	script=$!
	exec 9>typed
	echo 'echo ready' >&9
	wait_until 200 eval 'grep -q ready out || ! kill -0 $script'
	grep -q ready out || { cat err; return 1; }
}

# type_in COMMAND: into the shell; what it prints is in ./out then.
type_in()
{
	: >out.before
	cat out >out.before
	echo "$1; echo end of it" >&9
	wait_until 200 eval '[ "$(grep -c "end of it" out)" -gt "$(grep -c "end of it" out.before)" ]'
}

inside()
{
	"$MINIRUN" exec manual "$@"
}

comes_up()
{
	local root pid kind
	begin
	expect_contains "$(cat err)" "manual.sh: minirun run --id manual $MANUAL"
	pid=$("$MINIRUN" state manual | jq .pid)
	for kind in mnt uts ipc net pid; do
		[ "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")" ] || fail "$kind is the host's"
	done
	# The snapshot is btrfs, has the marker and the program writes to it; the image has neither, and the volume is not read-only.
	root=$(echo "$MANUAL"/images/.minirun/*/root)
	[ -e "$root/THIS_IS_TEST_CONTAINER" ] || fail "no marker in $root"
	[ ! -e "$MANUAL/images/busybox/THIS_IS_TEST_CONTAINER" ] || fail 'the marker is in the image'
	btrfs subvolume show "$root" >/dev/null
	expect_equal "$(inside sed -n 's/^[^ ]* \/ \([^ ]*\) .*/\1/p' /proc/mounts)" btrfs
	type_in 'ls / >/written; ps >/processes; ping -c 1 -W 10 10.77.0.1; hostname'
	grep -q THIS_IS_TEST_CONTAINER "$root/written"
	expect_equal "$(awk 'NR == 2 { print $1 }' "$root/processes")" 1
	expect_contains "$(cat out)" ' 0% packet loss'
	grep -qx manual out
	touch "$MANUAL/host-writes-too"
	expect_equal "$(inside grep -c "$MANUAL" /proc/self/mountinfo || true)" 0 "mounts of the host's"
	echo 'exit 7' >&9
	status=0
	wait $script || status=$?
	expect_equal $status 7
	exec 9>&-
	nothing_is_left
}
check 'one command: a shell on a btrfs snapshot with the marker file, which reaches the bridge; then nothing is left' comes_up

# The page's "things to add".
things_to_add()
{
	local pid cgroup
	begin
	pid=$("$MINIRUN" state manual | jq .pid)
	expect_equal "$(sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" 0000000000002021
	expect_equal "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1
	! inside ip link set eth0 down 2>/dev/null || fail 'the interface can be changed'
	! inside sh -c 'echo x >/proc/sys/kernel/hostname' 2>/dev/null || fail '/proc/sys can be written to'
	inside sh -c 'echo x >/dev/null; head -c 1 /dev/urandom >/dev/null'
	# A device that is not among those of config.json is refused also to who may make its node.
	status=0
	"$MINIRUN" exec --cap CAP_MKNOD manual sh -c 'mknod /dev/loop0 b 7 0 && cat /dev/loop0' >seen 2>&1 || status=$?
	expect_equal $status 1
	expect_contains "$(cat seen)" 'Operation not permitted'
	[ -b "/proc/$pid/root/dev/loop0" ] || fail "mknod has failed, not open: $(cat seen)"
	cgroup=$TEST_CGROUP$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
	if has_controller memory && has_controller pids && has_controller cpu; then
		expect_equal "$(cat "$cgroup/memory.max" "$cgroup/pids.max" "$cgroup/cpu.max" | tr '\n' ' ')" '67108864 64 20000 100000 '
		expect_lacks "$(cat err)" 'limit:'
	else
		expect_contains "$(cat err)" 'manual.sh: without its memory limit: '
	fi
	exec 9>&-
	wait $script
	nothing_is_left
}
check 'cgroups, devices and capabilities, which the page leaves to the reader, hold' things_to_add

by_hand()
{
	need_btrfs
	echo 'grep " / " /proc/mounts; ls -d /THIS*; ping -c 1 -W 10 10.77.0.1; exit 3' >typed
	status=0
	"$MANUAL_SH" by-hand <typed >out 2>err || status=$?
	expect_equal $status 3 "$(cat err)"
	grep -q ' / btrfs rw,' out
	grep -qx /THIS_IS_TEST_CONTAINER out
	expect_contains "$(cat out)" ' 0% packet loss'
	nothing_is_left
}
# What the script's own commands make of a sanitized binary's messages is nobody's concern.
[ -n "${TEST_SANITIZED-}" ] || check 'the script that minirun writes makes the same container' by_hand

killed()
{
	local pid
	begin
	kill -KILL $script
	wait $script || true
	! "$MANUAL_SH" plan >out 2>&1 || fail 'two at a time'
	expect_contains "$(cat out)" "is there already, of a manual.sh that runs or was killed"
	"$MANUAL_SH" down
	nothing_is_left
	exec 9>&-
	# And nobody else's container of that name is taken for it.
	make_bundle other sleep 1000
	"$MINIRUN" run --detach --id manual other
	! "$MANUAL_SH" </dev/null >out 2>&1 || fail 'a name for two'
	"$MANUAL_SH" down
	expect_equal "$(status_of manual)" running
	"$MINIRUN" delete --force manual
	nothing_is_left
}
check 'what a killed one has left is taken away by `manual.sh down`, and no more' killed

refusals()
{
	need_btrfs
	! setsid --wait "$MANUAL_SH" step </dev/null >out 2>&1 || fail 'step without a terminal'
	nothing_is_left
	for words in sideways 'down now'; do
		status=0
		# shellcheck disable=SC2086 # words
		"$MANUAL_SH" $words >out 2>&1 || status=$?
		expect_equal $status 2 "$words"
	done
	! MINIRUN=/nowhere "$MANUAL_SH" >out 2>&1
	expect_contains "$(cat out)" 'there is no minirun here'
	nothing_is_left
}
check 'what cannot be done is refused, and leaves nothing' refusals

# --- the tables ---

# steps_of FILE: plan's lines as "KIND WHAT".
steps_of()
{
	sed -E 's/^ *[0-9]+ +(parent|init) +//; s/ +\[waits for [0-9]+\]$//; s/ +/ /; s/ $//' "$1"
}

# The names in the columns "steps" of the section's tables, a line each.
names_in_tables()
{
	sed -n '/^## The manual container/,/^## What fills/p' "$README" | sed 's/\\|/!/g' | awk -F ' *[|] *' '
		/^\| # \|/ { column = 4 }
		/^\| to add \|/ { column = 3 }
		/^\| steps \|/ { column = 2 }
		/^\|/ && !/^\|---/ { print $column }' | grep -o '`[^`]*`' | tr -d '`' | sort -u
}

# A name of one word is a kind of step; of several, the beginning of a line.
is_of()
{
	[[ "$2 " == "$1 "* ]] || [[ $1 == *' '* && $2 == "$1"* ]]
}

# compare_tables PLAN [NAME-THAT-MAY-BE-ABSENT]
compare_tables()
{
	local line name found wrong=0
	steps_of "$1" >lines
	names_in_tables >names
	while IFS= read -r line; do
		found=
		while IFS= read -r name; do
			! is_of "$name" "$line" || found=yes
		done <names
		[ "$found" ] || { echo "no table has the step: $line"; wrong=1; }
	done <lines
	while IFS= read -r name; do
		found=
		while IFS= read -r line; do
			! is_of "$name" "$line" || found=yes
		done <lines
		[ "$found" ] || [[ -n ${2-} && $name == "$2"* ]] || { echo "a table has a step that is not in the plan: $name"; wrong=1; }
	done <names
	[ $(wc -l <lines) -gt 40 ] && [ $(wc -l <names) -gt 30 ] || fail 'hardly anything to compare'
	[ $wrong = 0 ]
}

tables_are_true()
{
	compare_tables "$GOLDEN"
	# All of the page's commands, in its order.
	sed -n '/^## The manual container/,/^## What fills/s/^| \([0-9]*\) | `.*/\1/p' "$README" | diff - <(seq 41)
	# A step that fails to be compared would be told.
	grep -v ' hostname ' "$GOLDEN" >less
	! compare_tables less >told
	expect_equal "$(cat told)" 'a table has a step that is not in the plan: hostname'
	sed 's/ hostname / domainname /' "$GOLDEN" >other
	! compare_tables other >told
	expect_contains "$(cat told)" 'no table has the step: domainname manual'
}
check 'the tables of the page have each step of the plan, and no other' tables_are_true

tables_are_true_here()
{
	need_btrfs
	"$MANUAL_SH" plan >plan 2>err
	compare_tables plan cgroup-write
	"$MANUAL_SH" explain --format json >json 2>err
	diff <(jq -r '.steps[].name' json) <(steps_of plan | cut -d' ' -f1)
	nothing_is_left
}
check 'also the plan that this machine makes' tables_are_true_here

# Pages that the sections lead to.
links_lead_somewhere()
{
	local target
	sed -n '/^## The manual container/,$p' "$README" | grep -oE '\]\([^)#]+' | sed 's/^](//' | sort -u >targets
	[ "$(wc -l <targets)" -gt 5 ]
	while read -r target; do
		[ -e "$REPOSITORY/examples/labs/$target" ] || fail "$target is not there"
	done <targets
}
check 'what the sections lead to is there' links_lead_somewhere
