# operations.sh: the OCI's operations: create, start, state, kill, delete, and what they may and may not do.
. "$(dirname "$0")/common.bash"

create_operation()
{
	make_bundle b true
	run_minirun create
	expect_error 2 'no container id is given'
	run_minirun create --bundle nosuch c1
	expect_error 1 'cannot open the bundle'
	mkdir empty
	run_minirun create --bundle empty c1
	expect_error 1 'config.json'
	create c1
	run_minirun create --bundle b c1
	expect_error 1 'exists already'
	"$MINIRUN" delete c1
	edit_config b '.linux.namespaces[0].type = "nosuch"'
	refuse 'unknown namespace'
}

start_operation()
{
	make_bundle b sh -c 'echo x >>ran; sleep 1000'
	trap '"$MINIRUN" delete --force c1' EXIT
	run_minirun start
	expect_error 2 'no container id is given'
	run_minirun start nosuch
	expect_error 1 'does not exist'
	create c1
	[ ! -e b/rootfs/ran ]
	"$MINIRUN" start c1
	wait_until 30 test -e b/rootfs/ran
	run_minirun start c1
	expect_error 1 'already running'
	expect_equal "$(status_of c1)" running
	expect_equal "$(cat b/rootfs/ran)" x
	"$MINIRUN" delete --force c1
	edit_config b 'del(.process)'
	run_minirun create --bundle b c2
	expect_error 1 'config.json has no process'
}

state_operation()
{
	make_bundle b sleep 1000
	edit_config b '.annotations = {"org.example.key": "value"}'
	trap '"$MINIRUN" delete --force c1' EXIT
	run_minirun state
	expect_error 2 'no container id is given'
	run_minirun state c1
	expect_error 1 'does not exist'
	create c1
	state=$("$MINIRUN" state c1)
	expect_equal "$(json "$state" '[.id, .status, .bundle, .annotations["org.example.key"]] | join(" ")')" "c1 created $PWD/b value"
	json "$state" '.ociVersion' | grep -E '^1\.[0-9]+\.[0-9]+$'
	[ -d "/proc/$(json "$state" .pid)" ]
	"$MINIRUN" start c1
	expect_equal "$("$MINIRUN" state c1 | jq -r '.status + " " + (.pid | tostring)')" "running $(json "$state" .pid)"
}

kill_operation()
{
	make_bundle b sh -c 'trap "echo got >caught; exit 0" TERM; echo >ready; while :; do sleep 0.1; done'
	run_minirun kill
	expect_error 2 'no container id is given'
	run_minirun kill nosuch TERM
	expect_error 1 'does not exist'
	create c1
	"$MINIRUN" kill c1 KILL
	wait_until 30 is_stopped c1
	run_minirun kill c1 KILL
	expect_error 1 'container not running'
	"$MINIRUN" delete c1
	create c2
	"$MINIRUN" start c2
	wait_until 30 test -e b/rootfs/ready
	"$MINIRUN" kill c2 TERM
	wait_until 30 test -e b/rootfs/caught
	wait_until 30 is_stopped c2
	"$MINIRUN" delete c2
}

kill_has_no_effect()
{
	make_bundle b true
	create c1
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	before=$("$MINIRUN" state c1)
	run_minirun kill c1 KILL
	expect_status 1
	expect_equal "$("$MINIRUN" state c1)" "$before"
	"$MINIRUN" delete c1
}

# Each signal that can be caught, by name and by number, the real-time ones too.
kill_with_every_signal()
{
	make_bundle b probe signal-report
	trap '"$MINIRUN" delete --force c1' EXIT
	create c1
	"$MINIRUN" start c1
	wait_until 30 grep -q ready out
	for signal in HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 USR2 PIPE ALRM CHLD CONT TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS; do
		"$MINIRUN" kill c1 "$signal"
		wait_until 30 grep -qw "$signal" out
	done
	"$MINIRUN" kill c1 SIGRTMIN+3
	wait_until 30 grep -q 'RTMIN+3' out
	"$MINIRUN" kill c1 15
	wait_until 30 is_stopped c1
}

delete_operation()
{
	make_bundle b sleep 1000
	trap '"$MINIRUN" delete --force c1' EXIT
	run_minirun delete
	expect_error 2 'no container id is given'
	run_minirun delete nosuch
	expect_error 1 'does not exist'
	create c1
	"$MINIRUN" start c1
	run_minirun delete c1
	expect_error 1 'running'
	expect_equal "$(status_of c1)" running
	"$MINIRUN" kill c1 KILL
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	create c1
	"$MINIRUN" delete c1 # created: as runc, and as containerd relies on; the specification would have an error
	run_minirun state c1
	expect_error 1 'does not exist'
}

delete_removes_what_create_made()
{
	make_bundle b true
	edit_config b '.linux.cgroupsPath = "/minirun-conformance"'
	before=$(host_state)
	create c1
	[ -n "$(find "$TEST_CGROUP" -name minirun-conformance)" ]
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	expect_host_as "$before"
}

delete_removes_nothing_else()
{
	make_bundle b true
	mkdir "$TEST_CGROUP/theirs"
	edit_config b '.linux.cgroupsPath = $p' --arg p "$(sed -n 's/^0:://p' /proc/self/cgroup | sed 's|/[^/]*$||')/theirs"
	play c1
	[ -d "$TEST_CGROUP/theirs" ]
	rmdir "$TEST_CGROUP/theirs"
	[ -d b/rootfs ]
}

config_updates_have_no_effect()
{
	make_bundle b sh -c 'cat /proc/sys/kernel/hostname'
	create c1
	edit_config b '.hostname = "changed" | .process.args = ["false"]'
	"$MINIRUN" start c1
	wait_until 30 is_stopped c1
	"$MINIRUN" delete c1
	expect_equal "$(cat out)" bundle
}

a_pid_file()
{
	make_bundle b true
	create c1 --pid-file pid
	expect_equal "$(cat pid)" "$("$MINIRUN" state c1 | jq .pid)"
	"$MINIRUN" delete c1
}

unknown_and_invalid_properties()
{
	make_bundle b true
	edit_config b '.annotations = {"org.nobody.knows": ""}'
	play c1
	edit_config b '.unknown = "unknown" | .linux.unknown = {a: [1]} | .process.unknown = 1'
	play c1
	edit_config b '.ociVersion = "invalid"'
	refuse 'ociVersion: "invalid" is not a semantic version'
}

check 'create' create_operation
check 'start' start_operation
check 'state' state_operation
check 'kill' kill_operation
check 'kill_no_effect' kill_has_no_effect
check 'killsig' kill_with_every_signal
check 'delete' delete_operation
check 'delete_resources' delete_removes_what_create_made
check 'delete_only_create_resources' delete_removes_nothing_else
check 'config_updates_without_affect' config_updates_have_no_effect
check 'pidfile' a_pid_file
check 'misc_props' unknown_and_invalid_properties
