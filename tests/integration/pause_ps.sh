# pause_ps.sh: ps, pause and resume: what they show and do, in every status, and what they refuse.
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# start ID ARGUMENT...: a detached container; all are removed when the check ends.
start()
{
	local id=$1
	shift
	trap '"$MINIRUN" delete --force a b c' EXIT
	[ -d "bundle-$id" ] || bundle "bundle-$id" "$@"
	run_minirun run --detach --bundle "bundle-$id" "$id"
	expect_status 0
}

is()
{
	[ "$(status_of "$1")" = "$2" ]
}

# Counts in a file of the host as long as it runs.
counter='i=0; while :; do i=$((i + 1)); echo $i >/count/now; sleep 0.02; done'

counting()
{
	local before
	before=$(cat count/now)
	wait_until 30 changed "$before"
}

changed()
{
	[ -s count/now ] && [ "$(cat count/now)" != "$1" ]
}

start_counter()
{
	mkdir -p count
	bundle bundle-a sh -c "$counter"
	edit_config bundle-a '.mounts += [{destination: "/count", source: $s, options: ["bind"]}]' --arg s "$PWD/count"
	start a
	wait_until 30 test -s count/now
}

paused_stands_still()
{
	local stood
	start_counter
	counting
	run_minirun pause a
	expect_status 0
	expect_equal "$out$err" ''
	expect_equal "$(status_of a)" paused
	expect_equal "$("$MINIRUN" list | awk '$1 == "a" {print $3}')" paused
	# pause has returned, so nothing moves any more.
	stood=$(cat count/now)
	for _ in 1 2 3; do
		sleep 0.1
		expect_equal "$(cat count/now)" "$stood"
	done
	run_minirun pause a
	expect_status 1
	expect_contains "$err" 'cannot pause container "a": container paused already'
	run_minirun resume a
	expect_status 0
	expect_equal "$(status_of a)" running
	counting
	run_minirun resume a
	expect_status 1
	expect_contains "$err" 'cannot resume container "a": container not paused (it is running)'
}
check 'a paused container stands still until it is resumed' paused_stands_still

killed_while_paused()
{
	local before
	before=$(host_state)
	start_counter
	run_minirun pause a
	run_minirun delete a
	expect_status 1
	run_minirun kill a KILL
	expect_status 0
	wait_until 30 is a stopped
	run_minirun resume a
	expect_status 1
	expect_contains "$err" 'container not running (it is stopped)'
	run_minirun delete a
	expect_status 0
	# Another signal waits until it is resumed.
	bundle bundle-b sh -c 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done'
	"$MINIRUN" run --bundle bundle-b b >output &
	wait_until 30 grep -q ready output
	run_minirun pause b
	expect_status 0
	run_minirun kill b TERM
	expect_status 0
	expect_equal "$(status_of b)" paused
	run_minirun resume b
	expect_status 0
	wait $!
	start c sleep 1000
	run_minirun pause c
	run_minirun delete --force c
	expect_status 0
	expect_host_as "$before"
}
check 'SIGKILL and delete --force end a paused container, other signals wait' killed_while_paused

created_and_paused()
{
	bundle bundle-a echo ran
	trap '"$MINIRUN" delete --force a' EXIT
	"$MINIRUN" create --bundle bundle-a a >output
	run_minirun pause a
	expect_status 0
	expect_equal "$(status_of a)" paused
	expect_equal "$("$MINIRUN" list | sed -n 's/^a .* \(paused\) .*/\1/p')" paused
	run_minirun start a
	expect_status 1
	expect_contains "$err" 'cannot start container "a": container paused'
	run_minirun resume a
	expect_status 0
	expect_equal "$(status_of a)" created
	expect_equal "$("$MINIRUN" list | sed -n 's/^a .* \(created\) .*/\1/p')" created
	run_minirun start a
	expect_status 0
	wait_until 30 is a stopped
	expect_equal "$(cat output)" ran
}
check 'a created container can be paused, and starts when it is resumed' created_and_paused

refusals()
{
	local command
	for command in pause resume ps; do
		run_minirun $command nothing
		expect_status 1
		expect_contains "$err" 'container "nothing" does not exist'
		run_minirun $command
		expect_status 2
		expect_contains "$err" 'no container id is given'
	done
	run_minirun pause a b
	expect_status 2
	bundle bundle-a true
	trap '"$MINIRUN" delete --force a' EXIT
	run_minirun run --keep --bundle bundle-a a
	for command in pause resume; do
		run_minirun $command a
		expect_status 1
		expect_contains "$err" 'container not running (it is stopped)'
	done
	run_minirun delete a
	bundle bundle-b sleep 1000
	trap '"$MINIRUN" delete --force b' EXIT
	run_minirun --cgroup-manager disabled run --detach --bundle bundle-b b
	expect_status 0
	run_minirun pause b
	expect_status 1
	expect_contains "$err" 'it has no cgroup to freeze'
	run_minirun ps b
	expect_status 1
	expect_contains "$err" 'it has no cgroup that lists them'
}
check 'what pause, resume and ps refuse' refusals

# A process that is in an uninterruptible wait cannot be frozen; vfork's parent is in one until its child ends, and here the child never does.
cannot_be_frozen()
{
	cat >hold.c <<'C'
#include <unistd.h>
int main(void)
{
	if (vfork() == 0) {
		write(1, "held\n", 5);
		for (;;)
			pause();
	}
	return 0;
}
C
	gcc -w -static -o hold hold.c
	bundle bundle-a /bin/hold
	edit_config bundle-a '.mounts += [{destination: "/bin/hold", source: $s, options: ["bind"]}]' --arg s "$PWD/hold"
	trap '"$MINIRUN" delete --force a' EXIT
	"$MINIRUN" run --detach --bundle bundle-a a >output
	wait_until 30 grep -q held output
	run_minirun pause a
	if [ "$status" = 0 ]; then # kernels from 6.1 freeze a parent in vfork
		expect_equal "$(status_of a)" paused
		return
	fi
	expect_contains "$err" 'it was thawed again'
	expect_equal "$(status_of a)" running
}
check 'pause of a process that waits in vfork succeeds, or leaves all as it was' cannot_be_frozen

# --- ps ---

processes_as_json()
{
	local pids
	bundle bundle-a sh -c 'sleep 1000 & sleep 1000 & echo 2 >/ready; wait'
	start a
	wait_until 30 three_of a
	run_minirun ps --format json a
	expect_status 0
	pids=$(sort -n <"$TEST_CGROUP/minirun-a/cgroup.procs" | jq -s -c .)
	expect_equal "$out" "$pids"
	expect_equal "$(jq 'index('"$(json "$("$MINIRUN" state a)" .pid)"')' <<<"$out")" 0
	# Those of sub-cgroups too.
	mkdir "$TEST_CGROUP/minirun-a/below"
	jq '.[1]' <<<"$pids" >"$TEST_CGROUP/minirun-a/below/cgroup.procs"
	run_minirun ps -f json a
	expect_equal "$out" "$pids"
}

three_of()
{
	[ "$("$MINIRUN" ps --format=json "$1" | jq length)" = 3 ]
}
check 'ps --format json is an array of host pids, sorted, with those of sub-cgroups' processes_as_json

processes_as_table()
{
	local pid
	start a sleep 1234
	pid=$(json "$("$MINIRUN" state a)" .pid)
	run_minirun ps a
	expect_status 0
	[[ $out =~ ^UID.*CMD$'\n'[^$'\n']*sleep\ 1234$ ]] || fail "$out"
	run_minirun ps a -o pid,comm
	expect_equal "$(awk '{print $1, $2}' <<<"$out")" "PID COMMAND
$pid sleep"
	# Options of ps that look like our own come behind the id.
	run_minirun ps --format table a -f -p "$pid"
	expect_status 0
	expect_contains "$out" 'sleep 1234'
	run_minirun ps a -o comm
	expect_status 1
	expect_contains "$err" 'ps printed no column PID; ask for it'
	run_minirun ps a --nonsense
	expect_status 1
	expect_contains "$err" 'ps ended with status'
	run_minirun ps --format xml a
	expect_status 2
	mkdir empty
	status=0
	PATH=$PWD/empty "$MINIRUN" ps a 2>stderr || status=$?
	expect_equal "$status" 1
	expect_contains "$(cat stderr)" 'cannot execute ps: No such file or directory; install procps, or use --format json'
}
check 'ps shows what ps(1) says of the container'"'"'s processes' processes_as_table

created_has_processes()
{
	bundle bundle-a sleep 1000
	trap '"$MINIRUN" delete --force a' EXIT
	run_minirun create --bundle bundle-a a
	expect_status 0
	run_minirun ps --format json a
	expect_equal "$out" "[$(json "$("$MINIRUN" state a)" .pid)]"
}
check 'ps of a created container names its first process' created_has_processes

stopped_has_none()
{
	start a sleep 1000
	run_minirun kill a KILL
	wait_until 30 sh -c "'$MINIRUN' state a | grep -q stopped"
	run_minirun ps a
	expect_status 0
	[[ $out =~ ^UID.*CMD$ ]] || fail "$out"
	run_minirun ps --format json a
	expect_status 0
	expect_equal "$out" '[]'
	# Also when its cgroup is gone, as after a restart of the machine.
	rmdir "$TEST_CGROUP/minirun-a"
	run_minirun ps --format json a
	expect_status 0
	expect_equal "$out" '[]'
	run_minirun ps none
	expect_status 1
}
check 'ps of a stopped container shows none, and is no error' stopped_has_none
