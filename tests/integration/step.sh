# step.sh: `run --step`: each step is asked for on the terminal, and can be looked at, from inside, from outside and from another terminal.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/step.bash"

# All chapters: namespaces, a cgroup with limits, a snapshot, a link on a bridge, a filter, hooks, devices, masks.
course()
{
	make_bundle b "$@"
	edit_config b '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}] | .linux.maskedPaths = ["/proc/kcore"] | .linux.readonlyPaths = ["/proc/sys"]
		| .linux.sysctl = {"net.ipv4.ip_forward": "0"} | .hooks.createRuntime = [{path: "/bin/true"}] | .hooks.createContainer = [{path: "/bin/true"}] | .hooks.poststart = [{path: "/bin/true"}]
		| .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["reboot"], action: "SCMP_ACT_ERRNO"}]}'
	has_controller pids && edit_config b '.linux.resources.pids.limit = 100' || true
	COURSE=(--snapshot overlay --net eth0:veth,bridge=mrstep,address=10.77.0.2/24 --init --id c1 b)
}

last_of()
{
	step_number exec "${COURSE[@]}"
}

# Up to a shell of `s` that runs inside, in the last stop.
step_into_shell()
{
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b exec'
	step_at "$(last_of)"
	step_type 's echo $((40 + 2)); sleep 1000'
	step_see $'\n42'
}

# What stays after any container: the state root, and the compiled filter.
(mkdir first && cd first && course true && "$MINIRUN" run --id c1 b) >/dev/null 2>&1 </dev/null || echo 'not ok - a first run'

enter_all_the_way()
{
	local before last i
	course sh -c 'echo payload; read -r line; echo "heard $line"; exit 7'
	before=$(host_state)
	last=$(last_of)
	step_begin "${COURSE[@]}"
	step_at 0
	step_see "made in $((last + 1)) steps, 0 to $last;"
	for ((i = 0; i <= last; i++)); do
		step_at $i
		step_type ''
	done
	step_see payload
	step_type words
	step_see 'heard words'
	step_end 7
	for ((i = 0; i < last; i++)); do
		[ "$(step_screen | grep -c "^    done   \[$i\] in [0-9.]* ms")" = 1 ] || fail "step $i has not been told as done once"
	done
	# In the order of the plan, whoever takes them.
	expect_equal "$(step_screen | sed -n 's/^    done   \[\([0-9]*\)\].*/\1/p' | sort -nc 2>&1)" ''
	step_screen >shown
	grep -q "first process is [0-9]* here" shown
	grep -q '^    why ' shown
	step_host_as "$before"
}
check 'enter takes one step after the other, in the order of the plan, up to the program' enter_all_the_way

leaves_nothing()
{
	local before last i
	course true
	before=$(host_state)
	last=$(last_of)
	for ((i = 0; i <= last; i += ${TEST_SANITIZED:+3} + 1)); do
		step_begin "${COURSE[@]}"
		step_at 0
		[ $i = 0 ] || step_type "b $i"
		step_at $i
		step_type q
		step_end 125
		step_see "left before step $i "
		step_host_as "$before"
	done
}
check 'q before each step leaves the host as it was' leaves_nothing

# What the course above has not: a user namespace, a terminal, hooks of the other kinds, no --init, no snapshot. The first step of each kind that is.
leaves_nothing_mapped()
{
	local before number name
	make_bundle b true
	edit_config b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings | .process.terminal = true
		| .hooks = {prestart: [{path: "/bin/true"}], createRuntime: [{path: "/bin/true"}], createContainer: [{path: "/bin/true"}], startContainer: [{path: "/bin/true"}]}'
	chmod 711 "$TEST_TMP" . # for the id that root is there
	chown -R 100000:100000 b/rootfs
	COURSE=(--snapshot none --pid-file "$PWD/pid" --net eth0:veth,bridge=mrstep,address=10.77.0.2/24 --id c1 b)
	before=$(host_state b)
	"$MINIRUN" plan "${COURSE[@]}" | awk '$1 ~ /^[0-9]+$/ && !seen[$3]++ { print $1, $3 }' >steps
	grep -q start-container steps
	while read -r number name; do
		[ -z "${TEST_SANITIZED-}" ] || ((number % 4 == 0)) || continue
		step_begin "${COURSE[@]}"
		step_at 0
		[ "$number" = 0 ] || step_type "b $number"
		step_at "$number"
		step_type q
		step_end 125
		[ ! -e pid ] || fail "a pid file is left before $name"
		wait_until 30 step_link_gone
		expect_host_as "$before" b
	done <steps
}
check 'q leaves nothing of a container in a user namespace either, with a terminal and hooks' leaves_nothing_mapped

keys_that_leave()
{
	local before key
	course true
	before=$(host_state)
	for key in '\003' '\004'; do
		step_begin "${COURSE[@]}"
		step_at 0
		step_type 'b mount'
		step_see '> b mount'
		step_at "$(step_number mount "${COURSE[@]}")"
		printf "$key" >&5
		step_end 125
		step_host_as "$before"
	done
	step_see 'no more input'
}
check 'Ctrl-C and Ctrl-D undo all and leave' keys_that_leave

# A terminal that is closed: the kernel hangs it up. minirun's end is nobody's to wait for then; its state goes last.
end_of_terminal()
{
	kill -KILL "$(pgrep -P $STEP_SCRIPT -x script)"
	step_end 137
	wait_until 60 test ! -e /run/minirun/c1
}

terminal_goes()
{
	local before
	course true
	before=$(host_state)
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b pivot-root'
	step_at "$(step_number pivot-root "${COURSE[@]}")"
	end_of_terminal
	step_host_as "$before"
	# While its shell runs in the half-made container.
	step_into_shell
	end_of_terminal
	step_host_as "$before"
}
check 'the end of the terminal undoes all' terminal_goes

size_is()
{
	[ "$(stty -F "$1" size)" = "$2" ]
}

# Whoever draws the window tells the terminal; the kernel tells minirun by SIGWINCH.
window_changes()
{
	local terminal maker
	make_bundle b sh -c 'stty size'
	edit_config b '.process.terminal = true'
	step_begin --id c1 b
	step_at 0
	step_type ''
	step_at 1
	maker=$("$MINIRUN" explain --format json c1 | jq .standing.maker)
	terminal=/dev/$(ps -o tty= -p "$maker" | tr -d ' ')
	stty -F "$terminal" rows 31 cols 61
	wait_until 30 size_is "$terminal" '31 61'
	step_type 'b mount'
	step_at "$(step_number mount b)"
	stty -F "$terminal" rows 33 cols 53
	kill -WINCH "$maker"
	step_type '?'
	step_see 'undo all that was made, and leave'
	step_type 'b exec'
	step_at "$(step_number exec b)"
	step_type ''
	step_see '33 53'
	step_end 0
	step_screen >shown
	# What is told is as wide as the window is then.
	sed -n '/> ?$/,/> b exec/p' shown | grep '^ ' >told
	grep -q 'go on to that step' told
	[ "$(wc -L <told)" -le 53 ] || fail 'wider than the window'
}
check "the window's size may change at any stop" window_changes

inside_early_middle_late()
{
	local spawn attach pivot
	course true
	spawn=$(step_number spawn "${COURSE[@]}")
	attach=$(step_number attach-root "${COURSE[@]}")
	pivot=$(step_number pivot-root "${COURSE[@]}")
	step_begin "${COURSE[@]}"
	step_at 0
	step_type s
	step_see 'there is nothing to go into yet'
	step_type "b $((spawn + 1))"
	step_at $((spawn + 1))
	# Nobody, who may do nothing, on what is still the host's root.
	step_type 's echo $(id -u) pid $$ $(grep -c . /proc/net/dev) $(grep CapBnd /proc/self/status) end'
	step_see '65534 pid '
	step_see '0000000000000000 end'
	step_type 's touch /run/of-the-host'
	step_see '(exit status 1)'
	[ ! -e /run/of-the-host ]
	step_type "b $((attach + 1))"
	step_at $((attach + 1))
	# Root of what is to be its root; the host's files cannot be reached, although its mounts are still there.
	step_type 's echo $(id -u) root $(ls -d /bin/probe /var/lib/dpkg | xargs); grep CapEff /proc/self/status || echo no proc'
	step_see $'\n0 root /bin/probe\n'
	step_see 'no proc'
	step_type "b $((pivot + 1))"
	step_at $((pivot + 1))
	step_type s
	step_see 'exit'
	step_type 'echo name $(hostname), pid $$; grep -E "Cap(Eff|Bnd)|NoNew" /proc/self/status; cat /proc/self/cgroup'
	step_see 'name bundle, pid '
	step_see $'CapEff:\t0000000020000420'
	step_see $'CapBnd:\t0000000020000420'
	step_see $'NoNewPrivs:\t1'
	step_see '0::/'
	step_type 'exit 3'
	step_see '(exit status 3)'
	step_type q
	step_end 125
}
check 's goes into what there is of the container early, in the middle and late' inside_early_middle_late

shell_asks()
{
	[[ $(step_screen | tail -n 1) == *'# ' ]]
}

in_a_user_namespace()
{
	local spawn
	course true
	edit_config b '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
	chmod 711 "$TEST_TMP" . # for the id that root is there
	spawn=$(step_number spawn "${COURSE[@]}")
	step_begin "${COURSE[@]}"
	step_at 0
	step_type "b $((spawn + 1))"
	step_at $((spawn + 1))
	# No maps yet.
	step_type 's echo $(id -u) early, $(wc -l </proc/self/uid_map) maps; grep CapEff /proc/self/status'
	step_see '65534 early, 0 maps'
	step_see $'CapEff:\t0000000000000000'
	step_type 'b exec'
	step_at "$(last_of)"
	step_type 's echo $(id -u) late, $(xargs </proc/self/uid_map)'
	step_see '0 late, 0 100000 65536'
	step_type ''
	step_end 0
}
check 'the shell inside is root of a user namespace once it has one' in_a_user_namespace

job_control()
{
	local long=$((1000000 + BASHPID)) # another run of this test may be on
	course true
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b exec'
	step_at "$(last_of)"
	step_type s
	wait_until 30 shell_asks
	step_type "echo begin; sleep $long"
	step_see $'\nbegin'
	wait_until 30 pgrep -f "^sleep $long\$" # which has the terminal then
	printf '\032' >&5
	step_see Stopped
	wait_until 30 shell_asks
	step_type 'jobs; kill -KILL %1; wait; echo $((40 + 2)) jobs'
	step_see '42 jobs'
	wait_until 30 shell_asks
	step_type 'echo $((40 + 1)) cat; cat; echo cat ended'
	step_see '41 cat'
	printf '\003' >&5
	wait_until 30 shell_asks
	step_type 'echo $((40 + 3)) alive'
	step_see '43 alive'
	wait_until 30 shell_asks
	step_type exit
	step_at "$(last_of)"
	step_type ''
	step_end 0
}
check 'the shell inside has job control, and Ctrl-C is its own' job_control

lent_busybox()
{
	make_bundle b /bin/probe
	find b/rootfs -name busybox -delete
	rm -f b/rootfs/bin/sh
	step_begin --snapshot overlay --id c1 b
	step_at 0
	step_type 'b exec'
	step_at "$(step_number exec --snapshot overlay b)"
	step_type 's ls -d /bin/probe; echo $((40 + 2)) lent'
	step_see $'\n/bin/probe'
	step_see '42 lent'
	step_type s
	step_see "the host's busybox, lent"
	step_type 'readlink /proc/self/exe; exit'
	step_see 'memfd:busybox'
	step_type q
	step_end 125
	! find b/rootfs -name busybox | grep .
	# A host without one says what to install.
	mount --bind /dev/null /bin/busybox
	step_begin --snapshot overlay --id c1 b
	step_at 0
	step_type 'b exec'
	step_at "$(step_number exec --snapshot overlay b)"
	step_type s
	step_see 'no static busybox to lend'
	step_type q
	umount /bin/busybox
	step_end 125
}
check "an image without a shell is lent the host's static busybox, in memory" lent_busybox

# What is behind a chroot only, before pivot_root, cannot be reached; nor can anything be typed for the user of the terminal.
no_way_out()
{
	local attach
	course true
	edit_config b '.process.capabilities |= map_values(. + ["CAP_SYS_CHROOT", "CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_NET_RAW"])'
	attach=$(step_number attach-root "${COURSE[@]}")
	step_begin "${COURSE[@]}"
	step_at 0
	step_type "b $((attach + 1))"
	step_at $((attach + 1))
	step_type 's chroot / true && echo chrooted; mount -t tmpfs none /tmp && echo mounted; echo $((40 + 2)) tried'
	step_see '42 tried'
	step_type 'b exec'
	step_at "$(last_of)"
	# With a root of its own they are there again. TIOCSTI is 0x5412, its filter the only one.
	step_type 's chroot / echo $((40 + 3)) chrooted; grep Seccomp /proc/self/status'
	step_see '43 chrooted'
	step_see $'Seccomp:\t2'
	step_screen >shown
	! grep -qE '^(chrooted|mounted)' shown
	step_type q
	step_end 125
}
check 'the shell inside has no way out of the container' no_way_out

looks()
{
	local last i
	course true
	last=$(last_of)
	step_begin "${COURSE[@]}"
	for ((i = 0; i <= last; i++)); do
		step_at $i
		if [ $i -gt 0 ]; then
			step_type 'l -'
			step_see "$i/$last> l -"
			wait_until 30 looked $i
		fi
		[ $i = "$last" ] || step_type ''
	done
	step_type 'l state'
	step_see '"pidStart":'
	step_type 'l nonsense'
	step_see "'nonsense' is none of the steps of this plan"
	step_type 'l record'
	step_see '"org.minirun.step":'
	step_type 'l attach-root'
	step_see $'\n/      overlay'
	step_type q
	step_end 125
	# Up to pivot-root "/" is the host's; what is looked at is the container's all the same.
	"$MINIRUN" plan "${COURSE[@]}" | awk '$3 == "pivot-root" { exit } $3 ~ /^(attach-root|mount|device)$/ { print $1, $3 }' >early
	grep -q ' mount$' early
	grep -q ' device$' early
	while read -r i name; do
		looked_at $((i + 1)) | grep -v '^    \$' >seen
		grep -qE "^$PWD/b/rootfs|root$PWD/b/rootfs/dev" seen || fail "step $i, $name, is not looked at in the container: $(cat seen)"
		! grep 'exit status' seen || fail "step $i, $name, is not seen"
	done <early
	step_screen >shown
	! grep -E 'minirun: not found|is being made step by step' shown
	grep -qE "/run/minirun/c1/snapshot/upper$" shown
	# What is not on this machine is the shell's 127.
	step_screen | grep -B 1 '(exit status' | sed 's/^/look: /'
}

# What `l -` has shown before step $1, up to the next prompt.
looked_at()
{
	step_screen | sed -n "/^$1\/.*> l -/,/^$1\/.*> /p" | tail -n +2
}

looked()
{
	looked_at "$1" | grep -q "^$1/.*> "
}
check "l runs a step's look command" looks

going_on()
{
	course true
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b'
	step_see 'which step?'
	step_see ' 1 host-fds, 2 snapshot,'
	step_type 'b pivot'
	step_see "'pivot' is none of the steps to come"
	step_see 'pivot-root,'
	step_type x
	step_see "there is no 'x' here"
	step_type '?'
	step_see 'undo all that was made, and leave'
	step_type 'b pivot-root'
	step_at "$(step_number pivot-root "${COURSE[@]}")"
	step_type 'b spawn'
	step_see "'spawn' is none of the steps to come"
	step_type 'b exec'
	step_at "$(last_of)"
	step_type ''
	step_end 0
}
check 'b goes on to a step by number or name, and says which there are' going_on

other_terminal()
{
	local mount before
	course sleep 1000
	before=$(host_state)
	mount=$(step_number mount "${COURSE[@]}")
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b mount'
	step_at "$mount"
	run_minirun state c1
	expect_status 0
	jq -e --arg step "$mount/$(last_of) init: mount " '.status == "creating" and (.annotations["org.minirun.step"] | startswith($step))' <<<"$out"
	[ "$(readlink "/proc/$(jq .pid <<<"$out")/ns/uts")" != "$(readlink /proc/self/ns/uts)" ]
	run_minirun explain c1
	expect_status 0
	expect_contains "$out" "before step $mount of $(last_of)"
	expect_equal "$(grep -c '^done ' <<<"$out")" "$mount"
	grep -qE "^---> +$mount init +mount" <<<"$out"
	expect_contains "$out" "    look  findmnt --task \$PID --mountpoint $PWD/b/rootfs/"
	run_minirun explain --format json c1
	expect_equal "$(jq -r --argjson step "$mount" '.steps[$step] | .look, .lookBeforePivot' <<<"$out" | sed 's/.* //')" "$(printf '%s\n' /proc "$PWD/b/rootfs/proc")"
	expect_equal "$(jq .standing.step <<<"$out")" "$mount"
	# Beside a directory of its name it is the container as long as it stands, here and for diff-config; a path is the directory.
	cp -r b c1
	edit_config c1 '.hostname = "changed"'
	run_minirun explain c1
	expect_status 0
	expect_contains "$out" "before step $mount of $(last_of)"
	expect_contains "$out" 'minirun explain ./c1'
	run_minirun explain ./c1
	expect_status 0
	expect_contains "$out" 'is made in'
	run_minirun diff-config b c1
	expect_status 0
	run_minirun diff-config c1 ./c1
	expect_status 1
	expect_contains "$out" $'--- container c1\n+++ ./c1/config.json\n'
	rm -r c1
	run_minirun list --format json
	expect_equal "$(jq -r '.[0].status' <<<"$out")" creating
	run_minirun delete c1
	expect_error 1 'is being made step by step, and stands at step'
	run_minirun exec c1 true
	[ "$status" != 0 ]
	run_minirun delete --force c1
	expect_status 0
	step_end 125
	step_see "by SIGTERM of process"
	step_host_as "$before"
}
check 'another terminal sees where it stands, and ends it' other_terminal

while_in_the_shell()
{
	local before
	course true
	before=$(host_state)
	step_into_shell
	run_minirun delete --force c1
	expect_status 0
	step_end 125
	step_host_as "$before"
}
check 'delete --force ends it while the shell inside runs' while_in_the_shell

killed_while_it_waits()
{
	local before step
	course true
	before=$(host_state)
	for step in spawn session mount exec; do
		step_begin "${COURSE[@]}"
		step_at 0
		step_type "b $step"
		step_at "$(step_number $step "${COURSE[@]}")"
		kill -KILL "$(jq .standing.maker <<<"$("$MINIRUN" explain --format json c1)")"
		step_end 137
		wait_until 30 is_stopped c1 # init dies with minirun, but not at the same moment
		run_minirun delete --force c1
		expect_status 0
		step_host_as "$before"
	done
}
check 'what a killed minirun leaves, delete --force takes away' killed_while_it_waits

init_dies()
{
	local before
	course true
	before=$(host_state)
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b mount'
	step_at "$(step_number mount "${COURSE[@]}")"
	kill -KILL "$("$MINIRUN" state c1 | jq .pid)"
	step_end 125
	step_see "first process was killed by SIGKILL"
	step_host_as "$before"
}
check "the death of the container's first process is told at once" init_dies

a_step_that_fails()
{
	local before
	course /no/such/program
	before=$(host_state)
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b exec'
	step_see '/no/such/program'
	step_end 127
	course true
	edit_config b '.mounts += [{destination: "/x", type: "bind", source: "/no/such/source", options: ["bind"]}]'
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b exec'
	step_see '/no/such/source'
	step_end 125
	step_host_as "$before"
}
check 'a step that fails says why, and all is undone' a_step_that_fails

# The two steps that overlap: the filter is in force once its listener has been handed on.
overlapping()
{
	local agent
	"$BUILD/tests/seccomp_agent" "$PWD/socket" "$PWD/log" &
	agent=$!
	wait_until 30 test -e log.ready
	course sh -c 'mkdir /pretend && echo pretended'
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $socket, syscalls: [{names: ["mkdir", "mkdirat", "read", "write"], action: "SCMP_ACT_NOTIFY"}]}' \
		--arg socket "$PWD/socket"
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b seccomp'
	step_at "$(step_number seccomp "${COURSE[@]}")"
	step_type ''
	step_at "$(step_number seccomp-listener "${COURSE[@]}")"
	step_type ''
	step_at "$(last_of)"
	step_type ''
	step_see pretended
	step_end 0
	kill $agent
}
check 'a filter with a listener, whose two steps overlap' overlapping

# Stops it before its first mount; sets $maker, its pid. script(1) stops as well, as a shell that has started it would see.
step_stopped()
{
	local script
	step_begin "${COURSE[@]}"
	step_at 0
	step_type 'b mount'
	step_at "$(step_number mount "${COURSE[@]}")"
	maker=$("$MINIRUN" explain --format json c1 | jq .standing.maker)
	printf '\032' >&5
	wait_until 30 grep -q '^State:.T' "/proc/$maker/status"
	script=$(pgrep -P $STEP_SCRIPT -x script)
	wait_until 30 grep -q '^State:.T' "/proc/$script/status"
}

stopped_and_continued()
{
	local maker
	course true
	step_stopped
	pkill -CONT -P $STEP_SCRIPT -x script
	wait_until 30 grep -q '^State:.S' "/proc/$maker/status"
	step_type 'b exec'
	step_at "$(last_of)"
	step_type ''
	step_end 0
}
check 'Ctrl-Z stops it, as any job' stopped_and_continued

stopped_and_deleted()
{
	local maker before
	course true
	before=$(host_state)
	step_stopped
	status=0
	timeout 30 "$MINIRUN" delete --force c1 || status=$?
	expect_equal $status 0
	wait_until 30 grep -q '^State:.Z' "/proc/$maker/status" # script(1) does not notice an end while it is stopped
	end_of_terminal
	step_host_as "$before"
}
check 'delete --force ends it while it is stopped' stopped_and_deleted

other_ways()
{
	local before
	make_bundle b sh -c 'echo payload; test -t 0 && echo has a terminal'
	before=$(host_state)
	# Detached, the program goes on when minirun has gone.
	edit_config b '.process.args = ["sleep", "1000"]'
	step_begin --detach --id c1 b
	step_at 0
	step_type 'b exec'
	step_at "$(step_number exec --detach b)"
	step_type ''
	step_end 0
	expect_equal "$(status_of c1)" running
	run_minirun explain c1
	expect_contains "$out" 'all steps up to its program have been taken'
	cp -r b c1
	run_minirun explain c1
	expect_contains "$out" 'is made in'
	rm -r c1
	run_minirun delete --force c1
	# A program with a terminal of its own.
	edit_config b '.process.terminal = true | .process.args = ["sh", "-c", "test -t 0 && echo pty"]'
	step_begin --id c1 b
	step_at 0
	step_type 'b exec'
	step_at "$(step_number exec b)"
	step_type ''
	step_see pty
	step_end 0
	step_host_as "$before"
}
check 'a detached container, and one with a terminal of its own' other_ways

nowhere_to_ask()
{
	local before
	make_bundle b true
	before=$(host_state)
	status=0
	err=$(setsid -w "$MINIRUN" run --step b 2>&1 </dev/null) || status=$?
	expect_error 125 'needs a terminal'
	run_minirun create --step c1
	expect_status 2
	run_minirun explain c1
	expect_status 1
	step_host_as "$before"
}
check 'without a terminal nothing is made' nowhere_to_ask

no_such_record()
{
	make_bundle b sleep 1000
	run_minirun run --detach --id c1 b
	expect_status 0
	run_minirun explain c1
	expect_error 1 'is not made step by step'
	run_minirun delete --force c1
}
check 'explain of a container that was not made step by step names its bundle' no_such_record
