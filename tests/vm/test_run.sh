# test_run.sh: whole runs on Debian 12's own kernel and pure cgroup v2: the demo, user namespaces, joined ones, many at once, and what SIGKILL leaves.
# limit: 600
. "$(dirname "$0")/containers.bash"

link='eth0:veth,bridge=mr0,address=10.9.0.%d/24,gateway=10.9.0.1'

demo_runs()
{
	local before
	before=$(host_state)
	sh "$REPOSITORY/examples/demo/demo.sh" "$MINIRUN" >output 2>&1 || { cat output; false; }
	for line in 'I am PID 1' '10.9.0.2/24' 'answers my ping' 'on CPU 3 only' 'exit code is 42' 'from start to nothing left'; do
		expect_contains "$(<output)" "$line"
	done
	expect_host_as "$before"
}

# Ids 0 to 65535 of the container are 100000 and up of the host, and no right reaches the host's.
user_namespace()
{
	chmod 755 "$TEST_TMP" .
	make_bundle b sh -c 'id -u; cat /proc/self/uid_map; echo written >/tmp/file && stat -c %u /tmp/file; mkdir /run/x 2>/dev/null || echo refused
		cat /proc/sys/kernel/hostname'
	edit_config b '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}}'
	run_minirun run --cpus 2 --net "$(printf "$link" 2)" b
	expect_status 0
	expect_equal "$(tr -s ' \n' ' ' <<<"$out")" '0 0 100000 65536 0 refused bundle '
	edit_config b '.process.args = ["probe"]'
	run_minirun run --net "$(printf "$link" 2)" b
	expect_status 0
	expect_equal "$(json "$out" '[.links[]? | select(.name == "eth0")] | length')" 1
	[ "$(json "$out" .namespaces.user)" != "$(stat -Lc %i /proc/self/ns/user)" ] || fail 'it has the user namespace of the host'
}

joined_namespaces()
{
	local pid kind
	make_bundle a sleep 1000
	start a a --net "$(printf "$link" 2)"
	pid=$(head -n 1 "$(cgroup_of a)/cgroup.procs")
	make_bundle b probe
	edit_config b '.linux.namespaces = [{type: "mount"}, {type: "cgroup"}, (["network", "net"], ["ipc", "ipc"], ["uts", "uts"], ["pid", "pid"]
		| {type: .[0], path: "/proc/\($pid)/ns/\(.[1])"})] | del(.hostname)' --arg pid "$pid"
	run_minirun run b
	expect_status 0
	for kind in net ipc uts pid; do
		expect_equal "$(json "$out" ".namespaces.$kind")" "$(stat -Lc %i "/proc/$pid/ns/$kind")" "namespace $kind"
	done
	[ "$(json "$out" .pid)" -gt 1 ] || fail 'it is the first process of a pid namespace'
	expect_equal "$(json "$out" .hostname)" bundle
	delete_all
}

# Killed without a word: the program dies with it, and the next run or delete of the id clears the rest.
killed_minirun()
{
	local before clear victim
	make_bundle b sh -c 'echo up; sleep 1000'
	edit_config b ".linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}}"
	before=$(host_state)
	for clear in 'delete --force killed' run; do
		"$MINIRUN" run --id killed --cpus 2-3 --net "$(printf "$link" 2)" b >output &
		victim=$!
		wait_until 30 grep -q up output
		kill -KILL $victim
		wait $victim || true
		wait_until 30 cgroup_is_empty killed
		if [ "$clear" = run ]; then
			edit_config b '.process.args[2] = "exit 7"'
			run_minirun run --id killed --net "$(printf "$link" 2)" b
			expect_status 7
		else
			"$MINIRUN" $clear
		fi
		expect_host_as "$before"
	done
}

cgroup_is_empty()
{
	! grep -q . "$(cgroup_of "$1")/cgroup.procs"
}

# Killed at any moment of the set-up, not only behind it.
killed_at_any_moment()
{
	local before delay victim
	make_bundle b sleep 1000
	edit_config b ".linux.resources = {memory: {limit: 67108864}}"
	before=$(host_state)
	for delay in 0.02 0.05 0.08 0.12 0.16 0.2 0.3 0.4 0.6; do
		"$MINIRUN" run --id killed --net "$(printf "$link" 2)" b &
		victim=$!
		sleep $delay
		kill -KILL $victim
		wait $victim || true
		"$MINIRUN" delete --force killed
	done
	expect_host_as "$before"
}

twenty_at_once()
{
	local before number pids=''
	make_bundle b sh -c 'ping -c 1 -W 30 10.9.0.1 >/dev/null && exit 7'
	edit_config b '.process.capabilities[] += ["CAP_NET_RAW"] | .linux.resources = {memory: {limit: 67108864}, pids: {limit: 20}}'
	before=$(host_state)
	for ((number = 2; number < 22; number++)); do
		"$MINIRUN" run --id "many-$number" --net "$(printf "$link" $number)" b &
		pids+=" $!"
	done
	for number in $pids; do
		status=0
		wait "$number" || status=$?
		expect_equal $status 7 'exit status'
	done
	expect_host_as "$before"
}

check 'the demo runs and leaves nothing' demo_runs
check 'a user namespace' user_namespace
check 'namespaces of another container are joined' joined_namespaces
check 'what a killed minirun leaves is cleared' killed_minirun
check 'a minirun killed during set-up is cleared' killed_at_any_moment
check 'twenty containers at once' twenty_at_once
