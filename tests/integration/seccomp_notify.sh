# seccomp_notify.sh: linux.seccomp with SCMP_ACT_NOTIFY: the listener goes to the agent at listenerPath, who answers for the kernel.
. "$(dirname "$0")/../lib.sh"

AGENT=$BUILD/tests/seccomp_agent

start_agent()
{
	"$AGENT" "$PWD/socket" "$PWD/log" &
	agent=$!
	trap 'kill $agent 2>/dev/null' EXIT
	wait_until 30 test -e log.ready
}

# notify_bundle CALLS [ARGUMENT...]: a bundle whose filter notifies of the calls (a JSON list).
notify_bundle()
{
	local calls=$1
	shift
	make_bundle b "$@"
	edit_config b '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $socket, listenerMetadata: "some \"data\"", syscalls: [{names: $calls, action: "SCMP_ACT_NOTIFY"}]}
		| .annotations = {"com.example.key": "value"}' --arg socket "$PWD/socket" --argjson calls "$calls"
}

state_of()
{
	sed -n 's/^state //p' log | sed -n "$1p"
}

SCRIPT='mkdir /pretend && test ! -e /pretend && echo pretended; mkdir /refuse || echo refused; mkdir /real && rmdir /real && echo made'

answers()
{
	local nnp init
	start_agent
	for nnp in true false; do
		for init in false true; do
			: >log
			notify_bundle '["mkdir", "mkdirat"]' sh -c "$SCRIPT"
			edit_config b ".process.noNewPrivileges = $nnp | .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}"
			chmod 777 b/rootfs
			run_minirun run --snapshot none $([ $init = false ] || echo --init) --id c1 b
			expect_status 0
			expect_equal "$(xargs <<<"$out")" 'pretended refused made' "no_new_privs $nnp, init $init"
			expect_contains "$err" 'nvalid cross-device link'
			jq -e --arg bundle "$PWD/b" '(.ociVersion | test("^1\\.")) and .fds == ["seccompFd"] and .metadata == "some \"data\"" and .pid > 0
				and (.state | .id == "c1" and .status == "creating" and .pid > 0 and .bundle == $bundle and .annotations["com.example.key"] == "value")' <<<"$(state_of 1)"
			[ $init = true ] || jq -e '.pid == .state.pid' <<<"$(state_of 1)"
			expect_equal "$(grep -c ^state log)" 1
			rm -r b
		done
	done
}
check 'the agent answers: success without the call, an errno, and the call itself' answers

# Whatever minirun itself does between the filter and the program may be notified of, too.
own_calls()
{
	local calls
	start_agent
	for calls in '["read"]' '["write", "sendmsg", "sendto", "recvmsg"]' '["execve"]' '["close", "openat", "fstat", "newfstatat"]' '["setresuid", "setgroups", "capset", "prctl"]'; do
		for nnp in true false; do
			: >log
			notify_bundle "$calls" sh -c 'echo here'
			edit_config b ".process.noNewPrivileges = $nnp"
			run_minirun run b
			expect_status 0
			expect_equal "$out" here "$calls"
			rm -r b
		done
	done
}
check 'calls that minirun needs may be notified of' own_calls

# The parent waits in a step of its own for what init then has to say, and init ends at once: whichever is first, the reason is told.
fails_before_the_filter()
{
	local i
	start_agent
	notify_bundle '["mkdir", "mkdirat"]' true
	edit_config b '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 4, hard: 4}]'
	for ((i = 0; i < 40; i++)); do
		run_minirun run --id c1 b
		expect_error 125 'linux.seccomp: cannot prepare the listener: Too many open files'
	done
}
check 'what fails right before the filter is told, however fast the process ends' fails_before_the_filter

create_and_start()
{
	start_agent
	notify_bundle '["mkdir", "mkdirat"]' sh -c 'mkdir /pretend; sleep 1000'
	run_minirun create --bundle b c1
	expect_status 0
	expect_equal "$(cat log)" ''
	rm b/config.json
	run_minirun start c1
	expect_status 0
	wait_until 30 grep -q pretend log
	jq -e '.metadata == "some \"data\"" and .state.status == "created" and .pid == .state.pid' <<<"$(state_of 1)"
	expect_equal "$(json "$(state_of 1)" .pid)" "$(json "$("$MINIRUN" state c1)" .pid)"
	# exec has the same filter, and a listener of its own.
	run_minirun exec c1 sh -c "$SCRIPT"
	expect_status 0
	expect_equal "$(xargs <<<"$out")" 'pretended refused made'
	jq -e '.state.status == "running" and .state.id == "c1" and .pid != .state.pid' <<<"$(state_of 2)"
	expect_equal "$(json "$(state_of 2)" .state.pid)" "$(json "$(state_of 1)" .pid)"
	run_minirun delete --force c1
	expect_status 0
}
check 'create, start and exec' create_and_start

no_agent()
{
	local before
	notify_bundle '["mkdir"]' sh -c 'echo program ran'
	run_minirun run b # the filter is in the cache from now on
	before=$(host_state)
	run_minirun run --id c1 b
	expect_status 125
	expect_contains "$err" "cannot connect to the seccomp agent's socket (linux.seccomp.listenerPath) $PWD/socket: No such file or directory"
	expect_lacks "$out" program
	expect_host_as "$before"
	run_minirun create --bundle b c1
	expect_status 0
	run_minirun start c1
	expect_status 1
	expect_contains "$err" "cannot connect to the seccomp agent's socket"
	wait_until 30 sh -c "'$MINIRUN' state c1 | grep -q stopped"
	run_minirun delete c1
	expect_status 0
	expect_host_as "$before"
	edit_config b '.linux.seccomp.listenerPath = "/etc/passwd"'
	run_minirun run --id c1 b
	expect_status 125
	expect_contains "$err" 'Connection refused'
	expect_host_as "$before"
}
check 'without an agent nothing starts, and nothing is left' no_agent

exec_without_agent()
{
	start_agent
	notify_bundle '["mkdir"]' sleep 1000
	run_minirun run -d --id c1 b
	expect_status 0
	rm socket
	run_minirun exec c1 true
	expect_contains "$err" "cannot connect to the seccomp agent's socket"
	[ "$status" != 0 ]
	expect_equal "$(json "$("$MINIRUN" state c1)" .status)" running
	run_minirun delete --force c1
	expect_status 0
}
check 'exec without an agent fails, and the container goes on' exec_without_agent

# A path longer than sun_path, and a state longer than a socket's buffer.
long()
{
	local directory
	directory=$PWD/$(printf 'x%.0s' {1..100})
	mkdir "$directory"
	start_agent
	notify_bundle '["mkdir", "mkdirat"]' sh -c "$SCRIPT"
	ln "$PWD/socket" "$directory/socket"
	jq -n '[range(2000) | {key: "com.example.key\(.)", value: ("v" * 200)}] | from_entries' >annotations
	edit_config b '.linux.seccomp.listenerPath = $path | .annotations = $a[0]' --arg path "$directory/socket" --slurpfile a annotations
	run_minirun run b
	expect_status 0
	expect_equal "$(xargs <<<"$out")" 'pretended refused made'
	expect_equal "$(state_of 1 | jq '.state.annotations | length')" 2000
}
check 'a long path to the agent, and a long state' long

forbidden_read()
{
	start_agent
	notify_bundle '["mkdir"]' sh -c 'echo program ran'
	edit_config b '.linux.seccomp.syscalls += [{names: ["read"], action: "SCMP_ACT_ERRNO"}]'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'the filter has to allow read(2), or to notify of it'
	expect_lacks "$out" program
}
check 'a filter that forbids read is an error' forbidden_read

wrong_configs()
{
	notify_bundle '["mkdir"]' true
	edit_config b 'del(.linux.seccomp.listenerPath)'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.seccomp.listenerMetadata is given without listenerPath'
	edit_config b 'del(.linux.seccomp.listenerMetadata)'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.seccomp: SCMP_ACT_NOTIFY needs listenerPath'
	# A path that no rule needs is not looked at.
	edit_config b '.linux.seccomp.listenerPath = "/nowhere" | .linux.seccomp.syscalls = []'
	run_minirun run b
	expect_status 0
}
check 'notification and listenerPath belong together' wrong_configs

no_leak()
{
	start_agent
	notify_bundle '["mkdir"]' sh -c 'ls /proc/self/fd | xargs'
	run_minirun run b
	expect_status 0
	expect_equal "$out" '0 1 2 3' # 3 is ls's own
}
check 'the program does not have the listener' no_leak

shown()
{
	notify_bundle '["mkdir"]' true
	run_minirun explain b
	expect_status 0
	expect_contains "$out" "seccomp-listener     $PWD/socket"
	expect_contains "$out" 'pidfd_getfd('
}
check 'plan and explain show the way of the listener' shown
