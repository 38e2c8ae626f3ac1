# update.sh: `update` refused: wrong words, wrong values, containers that do not run, controllers that are not in cgroup v2. What it does is in tests/vm/test_update.sh.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"
bundle "$TEST_TMP/sleeper" sleep 1000
"$MINIRUN" run --detach --bundle "$TEST_TMP/sleeper" u
trap '"$MINIRUN" delete --force u' EXIT

# refused NAME STATUS TEXT ARGUMENT...: with the JSON in $input on stdin.
refused()
{
	check "$1" refusal "${@:2}"
}

refusal()
{
	local expected=$1 text=$2
	shift 2
	status=0
	"$MINIRUN" update "$@" <<<"${input-}" >out 2>err || status=$?
	out=$(cat out)
	err=$(cat err)
	expect_status "$expected"
	expect_contains "$err" "$text"
	expect_equal "$out" ''
}

refused 'no id' 2 'update: no container id is given'
refused 'two ids' 2 'one container id, not more' u v
refused 'an unknown container' 1 'container "nothing" does not exist' --pids-limit 5 nothing
refused 'a word for a number' 2 "--cpu-share is a number, not 'many'" --cpu-share many u
refused 'a negative share' 2 "--cpu-share is a number, not '-5'" --cpu-share=-5 u
refused 'a wrong unit' 2 "--memory is a number of bytes, as in 512m, or -1, not '5x'" --memory 5x u
refused 'a file that is not there' 1 'cannot read the resources from /nowhere: No such file or directory' --resources /nowhere u
input='{"memory":{"limit":"much"}}' refused 'JSON of a wrong type' 1 'resources from standard input: memory.limit: expected an integer, found a string' --resources - u
input='{"memory":' refused 'JSON that is cut off' 1 'resources from standard input: line ' --resources=- u
input='[]' refused 'JSON that is no object' 1 'resources from standard input' -r - u
input='{"cpu":{"quota":500}}' refused 'a quota that the kernel does not take' 1 'cannot update container "u": linux.resources.cpu.quota: 500 is out of range' -r - u
refused 'what cgroup v1 only has' 1 'linux.resources.cpu.realtimeRuntime: cgroup v2 has no such limit' --cpu-rt-runtime 5000 u
refused 'a swap bound without limit' 1 'linux.resources.memory.swap' --memory-swap 64m u

refused 'schemata of a container without intelRdt' 1 'cannot update container "u": its config.json has no linux.intelRdt' --l3-cache-schema L3:0=f u
input='{}' refused 'schemata beside a file' 1 'its config.json has no linux.intelRdt' --mem-bw-schema MB:0=50 --resources - u

nothing_to_do()
{
	run_minirun update u
	expect_status 0
	for input in '{}' '{"memory":{"limit":0},"cpu":{"shares":0,"quota":0,"cpus":""},"pids":{"limit":0},"blockIO":{"weight":0}}' '{"devices":[{"allow":false,"access":"rwm"}]}' '{"pids":null,"unknown":1}'; do
		echo "$input" >resources.json
		run_minirun update --resources=resources.json u
		expect_status 0
		expect_equal "$err" ''
	done
	run_minirun update --kernel-memory 5m u
	expect_status 0
	expect_contains "$err" 'warning: --kernel-memory is ignored'
}
check 'zeros, empty lists and device rules change nothing' nothing_to_do

not_running()
{
	bundle b true
	trap '"$MINIRUN" delete --force k' EXIT
	run_minirun run --keep --bundle b k
	run_minirun update --pids-limit 5 k
	expect_status 1
	expect_contains "$err" 'cannot update container "k": container not running'
	run_minirun delete k
	run_minirun --cgroup-manager disabled run --detach --bundle "$TEST_TMP/sleeper" k
	run_minirun update --pids-limit 5 k
	expect_status 1
	expect_contains "$err" 'it has no cgroup'
}
check 'update of a container that does not run, or has no cgroup' not_running

controller_elsewhere()
{
	has_controller memory && return
	run_minirun update --memory 64m u
	expect_status 1
	expect_contains "$err" 'cannot update container "u": cannot set linux.resources.memory.limit: '
}
check 'a limit whose controller is not in cgroup v2 is refused by name' controller_elsewhere
