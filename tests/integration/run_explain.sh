# run_explain.sh: `run --explain` tells the steps of a real run on stderr, with what is true of them, and leaves the program, its output and its exit code alone.
# limit: 180
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
RICH='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} | .linux.maskedPaths = ["/proc/kcore"] | .linux.readonlyPaths = ["/proc/bus"] | .root.readonly = true
	| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .process.oomScoreAdj = 123 | .process.user = {uid: 7, gid: 8, additionalGids: [9]}'
bundle "$TEST_TMP/first"
edit_config "$TEST_TMP/first" "$RICH"
"$MINIRUN" run "$TEST_TMP/first" >/dev/null # what stays for good is there before anything is compared
before=$(host_state "$IMAGE")

# told NAME: what was seen of the step; the last one of that name.
told()
{
	awk -v name="$1" '/^ *[0-9]+ (parent|init)/ { on = $3 == name } on && /^    done / { seen = $0 } END { print seen }' <<<"$err"
}

a_run()
{
	local namespaces pid
	bundle b sh -c 'for n in pid mnt net ipc uts cgroup; do readlink /proc/self/ns/$n; done; cat; exit 7'
	edit_config b "$RICH"
	status=0
	"$MINIRUN" run --explain --pid-file "$PWD/pid" --net eth0:veth,bridge=br-r,address=10.9.0.2/24 b >out 2>err < <(printf 'a\0b\n') || status=$?
	err=$(cat err)
	expect_status 7
	# The output is the program's to the byte, and each step is told once, in the order of the plan, with its end.
	cmp <(tail -c 4 out) <(printf 'a\0b\n')
	"$MINIRUN" plan --pid-file "$PWD/pid" --net eth0:veth,bridge=br-r,address=10.9.0.2/24 b >plan
	diff plan <(grep -E '^ *[0-9]+ (parent|init) ' <<<"$err")
	expect_equal "$(grep -cE '^    done  (in [0-9]+\.[0-9]{3} ms|process [0-9]+ is the program now)' <<<"$err")" "$(wc -l <plan)"
	# What it says is so.
	for namespaces in $(head -n 5 out); do
		expect_contains "$(told spawn)" "$namespaces"
	done
	expect_contains "$(told cgroup-namespace)" "$(sed -n 6p out)"
	pid=$(sed -n 's/^    done  .*first process is \([0-9]*\) here.*/\1/p' <<<"$err")
	expect_contains "$(told exec)" "process $pid is the program now"
	expect_contains "$err" "write(openat2(<proc>, \"$pid/oom_score_adj\"), \"123\")"
	expect_lacks "$(grep -A 1 ' oom-score ' <<<"$err")" '<pid>'
	expect_contains "$(told oom-score)" 'oom_score_adj: 123'
	expect_contains "$(told rlimit)" 'RLIMIT_NOFILE: soft 100, hard 200'
	expect_contains "$(told user)" 'Uid: 7 7 7 7; Gid: 8 8 8 8; Groups: 9'
	expect_contains "$(told bounding-set)" 'CapBnd: 0000000020000420'
	expect_contains "$(told no-new-privs)" 'NoNewPrivs: 1'
	expect_contains "$(told seccomp)" 'Seccomp: 2'
	expect_contains "$(told readonly-path)" 'proc on /proc/bus (ro'
	expect_contains "$(told attach-root)" ": overlay on $IMAGE ("
	expect_contains "$(told mount)" " on $IMAGE/"
	[[ $(told pivot-root) =~ ': overlay on / ('.*'), mount id '[0-9]+', one of '[0-9]+' mounts' ]]
	expect_contains "$err" 'The program has ended with exit code 7'
	expect_contains "$err" 'undone snapshot /run/minirun/b/snapshot'
	expect_contains "$err" 'undone bridge br-r'
	expect_host_as "$before" "$IMAGE"
}
check 'each step is told in order, with what is true of it, and the output is the program’s alone' a_run

a_failure()
{
	bundle b /no/such/program
	run_minirun run --explain b
	expect_status 127
	expect_equal "$out" ''
	expect_contains "$err" $'    failed\nminirun: b: exec: "/no/such/program"'
	bundle c true
	edit_config c '.mounts += [{destination: "/x", type: "bind", source: "/no/such/source", options: ["bind"]}]'
	run_minirun run --explain c
	expect_status 125
	expect_contains "$err" $'    failed\nminirun: c: cannot bind /no/such/source on /x'
	expect_lacks "$err" ' pivot-root '
	expect_host_as "$before" "$IMAGE"
}
check 'a step that fails is the last one, and all is undone' a_failure

other_ways()
{
	# A filter that forbids to tell; a process that forks; hooks; one that is left running.
	bundle b true
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["write", "read", "sendto"], action: "SCMP_ACT_ERRNO"}]}'
	run_minirun run --explain b
	expect_status 0
	expect_contains "$err" 'is the program now'
	local before # with this filter in the cache
	before=$(host_state "$IMAGE")
	bundle c sh -c 'exit 9'
	edit_config c '.hooks = {createRuntime: [{path: "/bin/true"}], poststart: [{path: "/bin/true"}]}'
	run_minirun run --explain --init c
	expect_status 9
	expect_contains "$err" 'exit code 9'
	bundle d sleep 1000
	run_minirun run --explain --detach d
	expect_status 0
	expect_lacks "$err" 'The program has ended'
	expect_equal "$(status_of d)" running
	expect_contains "$err" "process $("$MINIRUN" state d | jq .pid) is the program now"
	"$MINIRUN" delete --force d
	run_minirun run --explain --step b
	expect_error 2 '--explain and --step are given'
	expect_host_as "$before" "$IMAGE"
}
check 'whatever filter, hooks, reaper; detached; not with --step' other_ways

# On a terminal of its own the program's output goes to the pty as ever.
with_a_terminal()
{
	bundle b sh -c 'tty; echo payload'
	edit_config b '.process.terminal = true'
	script -qec "'$MINIRUN' run --explain b 2>err" /dev/null </dev/null | tr -d '\r' >out
	cat out err
	grep -q 'payload$' out
	grep -q '/dev/' out
	[ "$(wc -l <out)" -le 3 ]
	grep -q 'is the program now' err
}
check 'with a terminal' with_a_terminal
