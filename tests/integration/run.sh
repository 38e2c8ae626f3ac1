# run.sh: `run` as people and service managers use it: input and output, exit codes, signals, --detach, --pid-file, --keep, delete, kill, state, list.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
bundle "$TEST_TMP/first"
"$MINIRUN" run "$TEST_TMP/first" >/dev/null # what stays for good is there before anything is compared
before=$(host_state "$IMAGE")

running()
{
	[ "$(json "$("$MINIRUN" state "$1")" .status)" = running ]
}

# --- input, output, exit code ---

a_megabyte_through_a_pipe()
{
	head -c 1000000 /dev/urandom >data
	bundle cat cat
	"$MINIRUN" run --bundle cat c1 <data >copy
	cmp data copy
	cat data | "$MINIRUN" run --bundle cat c1 | cmp data -
	"$MINIRUN" run --bundle cat c1 <data 2>&1 | head -c 10 >/dev/null || true # the reader goes early
	expect_host_as "$before" "$IMAGE"
}
check 'a megabyte passes through unchanged' a_megabyte_through_a_pipe

closed_stdio()
{
	bundle seen probe
	"$MINIRUN" run --bundle seen seen <&- >out
	expect_equal "$(jq -c '.fds | map([.fd, .target]) | .[0]' out)" '[0,"/dev/null"]'
	expect_equal "$(jq '.fds | length' out)" 3
	bundle loud sh -c 'echo to stdout; echo to stderr >&2; exit 5'
	status=0
	"$MINIRUN" run --bundle loud c1 >&- 2>err || status=$?
	expect_equal $status 5
	expect_equal "$(cat err)" 'to stderr'
	status=0
	"$MINIRUN" run --bundle loud c1 <&- >&- 2>&- || status=$?
	expect_equal $status 5
	expect_host_as "$before" "$IMAGE"
}
check 'closed stdin and stdout' closed_stdio

stdout_and_stderr_are_apart()
{
	run_sh 'echo out; echo err >&2'
	expect_equal "$out" out
	expect_equal "$err" err
}
check 'stdout and stderr are apart, and nothing else is written' stdout_and_stderr_are_apart

exit_codes()
{
	local code codes='0 1 2 3 63 64 124 125 126 127 128 129 137 143 200 254 255'
	[ -n "${TEST_VM-}" ] || codes=$(seq 0 255)
	bundle shell probe exit CODE
	mv shell/config.json template
	for code in $codes; do
		sed "s/CODE/$code/" template >shell/config.json
		run_minirun run shell
		expect_equal "$status" $code
		expect_equal "$err" ''
	done
}
check 'exit codes are passed on' exit_codes

# The payload must not be PID 1 of its namespace: what it does not catch would not end it.
death_by_signal()
{
	local name
	bundle sleep sleep 60
	edit_config sleep '.linux.namespaces |= map(select(.type != "pid"))'
	for name in HUP INT QUIT ABRT KILL SEGV PIPE ALRM TERM USR1 XCPU SYS RTMIN+3; do
		"$MINIRUN" run --bundle sleep "death-$name" 2>err &
		wait_until 30 running "death-$name"
		"$MINIRUN" kill "death-$name" "$name"
		status=0
		wait $! || status=$?
		expect_equal "$status" $((128 + $(kill -l "$name"))) "$name"
		expect_equal "$(cat err)" ''
	done
	expect_host_as "$before" "$IMAGE"
}
check 'death by signal n is exit code 128 + n' death_by_signal

# --- signals ---

every_signal_is_forwarded()
{
	local name names='HUP INT QUIT TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM STKFLT CONT URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN RTMIN+5 RTMAX-1 RTMAX'
	bundle report probe signal-report
	# A shell starts what is in its background with these two ignored, and what is ignored is not forwarded (nohup).
	env --default-signal=INT,QUIT "$MINIRUN" run --bundle report c1 >seen 2>err &
	trap 'kill -KILL $!' EXIT
	wait_until 30 grep -q ready seen
	# One by one, since signals have no order.
	for name in $names TERM; do
		kill -$name $!
		case $name in
		IO) name=POLL ;;
		RTMAX) name=RTMIN+30 ;;
		RTMAX-1) name=RTMIN+29 ;;
		RTMIN) name=RTMIN+0 ;;
		esac
		wait_until 30 grep -qx -e "$name" -e "${name%+0}" seen || { cat seen err; fail "$name did not arrive"; }
	done
	status=0
	wait $! || status=$?
	trap - EXIT
	expect_equal $status 0
	expect_host_as "$before" "$IMAGE"
}
check 'every signal that can be caught is forwarded' every_signal_is_forwarded

sigkill_of_minirun()
{
	bundle sleep sleep 60
	"$MINIRUN" run --net eth0:veth,bridge=brk --bundle sleep killed &
	wait_until 30 running killed
	payload=$(json "$("$MINIRUN" state killed)" .pid)
	kill -KILL $!
	wait $! 2>/dev/null || true
	wait_until 30 test ! -e "/proc/$payload"
	# `run` of the same id clears by itself what is left.
	bundle true true
	run_minirun run --bundle true killed
	expect_status 0
	expect_host_as "$before" "$IMAGE"
	"$MINIRUN" run --net eth0:veth,bridge=brk --bundle sleep killed &
	wait_until 30 running killed
	kill -KILL $!
	wait $! 2>/dev/null || true
	run_minirun delete killed || run_minirun delete --force killed
	run_minirun delete --force killed
	expect_status 0
	expect_host_as "$before" "$IMAGE"
}
check 'SIGKILL of minirun leaves nothing that the next run or delete does not clear' sigkill_of_minirun

# --- detach ---

detached()
{
	local pid
	bundle sleep sleep 60
	run_minirun run --detach --pid-file "$PWD/pid" --bundle sleep d1
	trap '"$MINIRUN" delete --force d1' EXIT
	expect_status 0
	expect_equal "$out$err" ''
	pid=$(cat pid)
	expect_equal "$(tr '\0' ' ' <"/proc/$pid/cmdline")" 'sleep 60 '
	out=$("$MINIRUN" state d1)
	saw '[.id, .status, .ociVersion, .bundle, .annotations]' "[\"d1\",\"running\",\"1.3.0\",\"$PWD/sleep\",{}]"
	expect_equal "$(json "$out" .pid)" "$pid"
	jq -e '.created | test("^20[0-9-]+T[0-9:.]+Z$")' <<<"$out"
	out=$("$MINIRUN" list --format json)
	saw 'map([.id, .status])' '[["d1","running"]]'
	expect_equal "$("$MINIRUN" list --quiet)" d1
	expect_contains "$("$MINIRUN" list)" "$(printf '%-12s%-12d%s' d1 "$pid" running)"
	run_minirun delete d1
	expect_status 1
	kill -0 "$pid"
	# By name and by number; KILL ends it.
	run_minirun kill d1 CONT
	expect_status 0
	run_minirun kill d1 9
	expect_status 0
	wait_until 30 stopped d1
	expect_equal "$("$MINIRUN" state d1 | jq .pid)" 0
	run_minirun kill d1
	expect_status 1
	run_minirun delete d1
	expect_status 0
	[ ! -e pid ] || fail 'the pid file is still there'
	trap - EXIT
	expect_host_as "$before" "$IMAGE"
}
stopped()
{
	[ "$(json "$("$MINIRUN" state "$1")" .status)" = stopped ]
}
check 'detached: pid file, state, list, kill, delete' detached

a_dead_id_is_cleared_by_itself()
{
	bundle true true
	run_minirun run --detach --bundle true dead
	expect_status 0
	wait_until 30 stopped dead
	run_minirun run --bundle true dead
	expect_status 0
	expect_host_as "$before" "$IMAGE"
}
check 'run clears a dead container of its id' a_dead_id_is_cleared_by_itself

delete_by_force()
{
	bundle bomb sh -c 'trap "" TERM; for i in 1 2 3 4 5; do sleep 60 & done; (setsid sleep 60 &); wait'
	run_minirun run --detach --net eth0:veth,bridge=brd --bundle bomb f1
	expect_status 0
	run_minirun run --detach --bundle bomb f2
	expect_status 0
	run_minirun kill f1 TERM
	expect_status 0
	running f1
	run_minirun kill --all f1 KILL
	expect_status 0
	run_minirun delete --force f1 f2 never-was
	expect_status 0
	expect_host_as "$before" "$IMAGE"
}
check 'delete --force ends all processes and takes everything' delete_by_force

# Without a pid namespace of its own the death of the first process ends nothing: the cgroup does.
processes_without_pid_namespace()
{
	run_sh 'sleep 60 & sleep 60 & setsid sleep 60 & exit 4' '.linux.namespaces |= map(select(.type != "pid"))'
	expect_status 4
	expect_host_as "$before" "$IMAGE"
}
check 'processes that outlive the first one are ended' processes_without_pid_namespace

# --- keep ---

kept()
{
	run_sh 'echo data >/kept; exit 6' . --keep
	expect_status 6
	out=$("$MINIRUN" state shell)
	saw '[.status, .pid]' '["stopped",0]'
	expect_equal "$(cat /run/minirun/shell/snapshot/upper/kept)" data
	run_minirun delete shell
	expect_status 0
	expect_host_as "$before" "$IMAGE"
}
check '--keep keeps state and snapshot until delete' kept

# --- ids and state roots ---

two_roots_with_one_id()
{
	bundle sleep sleep 60
	run_minirun --root "$PWD/one" run --detach --net eth0:veth,bridge=brt --bundle sleep same
	expect_status 0
	run_minirun --root "$PWD/two" run --detach --net eth0:veth,bridge=brt --bundle sleep same
	expect_status 0
	run_minirun run --detach --net eth0:veth,bridge=brt --bundle sleep same
	expect_status 0
	run_minirun --root "$PWD/one" delete --force same
	expect_status 0
	expect_equal "$(json "$("$MINIRUN" --root "$PWD/two" state same)" .status)" running
	running same
	ip link show brt >/dev/null
	run_minirun --root "$PWD/two" delete --force same
	expect_status 0
	running same
	run_minirun delete --force same
	expect_status 0
	rmdir one two
	expect_host_as "$before" "$IMAGE"
}
check 'two state roots may have the same id' two_roots_with_one_id

ids_of_bundles()
{
	bundle 'my box' sleep 60
	run_minirun run --detach 'my box'
	expect_status 0
	run_minirun run --detach 'my box'
	expect_status 0
	expect_equal "$("$MINIRUN" list --quiet | tr '\n' ' ')" 'my_box my_box-2 '
	run_minirun delete --force my_box my_box-2
	expect_host_as "$before" "$IMAGE"
}
check 'a bundle without id gets a free one of its name' ids_of_bundles

many_at_once()
{
	local i pids=
	bundle quick sh -c 'echo $0'
	for i in {1..20}; do
		"$MINIRUN" run --net eth0:veth,bridge=brm --bundle quick "many$i" >"out$i" 2>&1 &
		pids+=" $!"
	done
	for i in $pids; do
		wait "$i"
	done
	cat out* | sort | uniq -c
	expect_equal "$(cat out* | sort -u)" sh
	expect_host_as "$before" "$IMAGE"
}
check 'twenty at once on one bridge' many_at_once

one_id_once()
{
	local i won=0 lost=0 pids=
	bundle hold sleep 6
	for i in {1..8}; do
		"$MINIRUN" run --bundle hold contested >"out$i" 2>&1 &
		pids+=" $!"
	done
	for i in $pids; do
		if wait "$i"; then won=$((won + 1)); else lost=$((lost + 1)); fi
	done
	expect_equal "$won $lost" '1 7'
	expect_equal "$(cat out* | grep -c 'container "contested" exists already')" 7
	expect_host_as "$before" "$IMAGE"
}
check 'one id is given once' one_id_once
