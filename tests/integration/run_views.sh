# run_views.sh: plan, explain and run --trace are views of one list; the first two need no root and touch nothing.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
bundle "$TEST_TMP/first"
edit_config "$TEST_TMP/first" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
"$MINIRUN" run "$TEST_TMP/first" >/dev/null # what stays for good is there before anything is compared
before=$(host_state "$IMAGE")
OPTIONS=(--net eth0:veth,bridge=br-v,address=10.9.0.2/24,gateway=10.9.0.1 --cpus 0)

one_list()
{
	bundle b true
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"} | .linux.maskedPaths = ["/proc/kcore"] | .process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}] | .root.readonly = true'
	"$MINIRUN" plan "${OPTIONS[@]}" --bundle b v1 | sed 's/  \[waits for [0-9]*\]$//; s/  *$//' >plan
	"$MINIRUN" explain "${OPTIONS[@]}" --bundle b v1 | grep '^ *[0-9]' | sort -n | sed 's/  \[waits for [0-9]*\]$//; s/  *$//' >explain
	"$MINIRUN" run --trace --format json "${OPTIONS[@]}" --bundle b v1 2>&1 >/dev/null | sed '/^minirun: /d' >trace.json
	jq -r '.[] | [.step, .actor, .name, .summary] | @tsv' trace.json | awk -F '\t' '{ printf "%3d %-6s %-20s %s\n", $1, $2, $3, $4 }' | sed 's/  *$//' >trace
	[ "$(wc -l <plan)" -gt 30 ] || fail 'hardly a plan'
	diff plan explain
	diff plan trace
	# Every step was performed and took its time.
	jq -e 'all(.[]; .beginNs > 0 and .tookNs > 0 and .tookNs < 10000000000)' trace.json
	jq -e '[.[] | select(.actor == "init") | .beginNs] == ([.[] | select(.actor == "init") | .beginNs] | sort)' trace.json
	jq -e '[.[] | select(.actor == "parent") | .beginNs] == ([.[] | select(.actor == "parent") | .beginNs] | sort)' trace.json
	expect_host_as "$before" "$IMAGE"
}
check 'plan, explain and trace show the same steps' one_list

trace_as_text()
{
	bundle b echo payload
	run_minirun run --trace --bundle b v1
	expect_status 0
	expect_equal "$out" payload
	expect_contains "$err" 'step actor   begin us   took us  what'
	expect_equal "$(grep -c '^ *[0-9]' <<<"$err")" "$("$MINIRUN" plan b | wc -l)"
}
check 'the trace as text, beside the output' trace_as_text

explained()
{
	bundle b true
	out=$("$MINIRUN" explain "${OPTIONS[@]}" b)
	expect_equal "$(grep -c '^    call  .' <<<"$out")" "$("$MINIRUN" plan "${OPTIONS[@]}" b | wc -l)"
	expect_equal "$(grep -c '^    why   .' <<<"$out")" "$(grep -c '^    call  ' <<<"$out")"
	expect_equal "$(grep -c '^    shell .' <<<"$out")" "$(grep -c '^    call  ' <<<"$out")"
	expect_contains "$out" 'clone3({flags=CLONE_NEWPID|'
	expect_contains "$out" 'ip addr add 10.9.0.2/24 dev eth0'
	expect_contains "$out" "lowerdir=$IMAGE"
	# The words for a shell are words for a shell.
	sed -n 's/^    shell \([^(].*\)/\1/p' <<<"$out" | sh -n
}
check 'explain has call, reason and shell command for each step' explained

# plan and explain only look: no system call of theirs makes, moves or removes anything.
only_looking()
{
	local command calls
	bundle b true
	for command in plan explain; do
		# The leak sanitizer of an instrumented binary does not work under strace.
		ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -f -qq -o calls "$MINIRUN" $command "${OPTIONS[@]}" b >/dev/null 2>&1 || { cat calls | tail -3; fail "strace $command"; }
		calls=$(sed -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/' calls | sort -u | tr '\n' ' ')
		expect_lacks "$(grep -E '^[0-9 ]*(mkdir|mkdirat|mount|umount2|clone|clone3|fork|vfork|unshare|setns|socket|bpf|unlink|unlinkat|rename|renameat|renameat2|symlink|symlinkat|mknodat|fsopen|open_tree|move_mount|mount_setattr|seccomp|chdir|setxattr|fsetxattr|ftruncate|fchmod|fchown|kill|setuid|prlimit64\(0, [A-Z_]*, \{)\(' calls) x" '(' || fail "$command: $calls"
		! grep -E 'open(at|at2)?\(.*(O_WRONLY|O_RDWR|O_CREAT)' calls
	done
	expect_host_as "$before" "$IMAGE"
}
check 'plan and explain touch nothing' only_looking

# Not even an id in use or a machine without room keeps one from looking.
without_root()
{
	bundle b true
	chmod 755 b
	chmod 711 .
	cp "$MINIRUN" "$TEST_TMP/minirun-for-all"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$TEST_TMP/minirun-for-all" --root /run/minirun plan --bundle "$PWD/b" v1 >nobody
	"$MINIRUN" plan --bundle b v1 >root
	diff nobody root
}
check 'plan gives a user the plan that root would play' without_root

help_and_version()
{
	local command
	run_minirun --version
	expect_status 0
	[[ $out == 'minirun version '[0-9]*$'\ncommit: v'[0-9]*$'\nspec: 1.3.0' ]] || fail "$out"
	run_minirun --help
	expect_status 0
	for command in run plan explain spec state list kill delete; do
		expect_contains "$out" "  $command "
		"$MINIRUN" $command --help | grep -q "^usage: minirun \[global options\] $command " || fail "$command --help"
	done
	run_minirun
	expect_status 2
}
check 'help and version' help_and_version

spec_writes_a_config_that_runs()
{
	mkdir b
	run_minirun spec --bundle b
	expect_status 0
	ln -s "$IMAGE" b/rootfs
	edit_config b '.process.terminal = false | .process.args = ["sh", "-c", "echo $$; hostname"]'
	run_minirun run b
	expect_status 0
	expect_equal "$out" $'1\nminirun'
	jq -e '.process.noNewPrivileges and .linux.seccomp.defaultAction == "SCMP_ACT_ERRNO" and any(.linux.namespaces[]; .type == "cgroup")' b/config.json
}
check 'the config that spec writes runs' spec_writes_a_config_that_runs
