# podman_life.sh: a container of podman from create to rm: signals, exec, logs, pause, restart policies, health, commit, copies.
# limit: 300

. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/podman.bash"

# Programs that work on a container while it runs share this one.
idle shared

# --- create, start, stop ---

created_then_started()
{
	podman create --name c --network none "$IMAGE" sh -c 'echo started; exit 4'
	is_status c created
	try podman start --attach c
	expect_status 4
	expect_equal "$out" started
	is_status c exited
	expect_equal "$(podman inspect --format '{{.State.ExitCode}}' c)" 4
	gone c
}

initialized_then_started()
{
	podman create --name c --network none "$IMAGE" echo started
	podman container init c
	is_status c initialized
	[ "$(podman inspect --format '{{.State.Pid}}' c)" -gt 0 ]
	expect_equal "$(podman start --attach c)" started
	gone c
}

start_says_what_is_missing()
{
	podman create --name c --network none "$IMAGE" no-such-program
	try podman start c
	expect_status 125
	expect_contains "$err" no-such-program
	gone c
}

stop_is_graceful()
{
	idle c
	podman stop --time 20 c
	is_status c exited
	expect_equal "$(podman wait c)" 0
	gone c
}

stop_kills_in_the_end()
{
	podman run --detach --name c --network none "$IMAGE" sleep 1000
	podman stop --time 1 c
	expect_equal "$(podman wait c)" 137
	gone c
}

stop_signal()
{
	podman run --detach --name c --network none --stop-signal USR1 "$IMAGE" sh -c 'trap "exit 6" USR1; echo ready; sleep 1000 & wait'
	wait_until 60 has_logged c ready
	podman stop --time 20 c
	expect_equal "$(podman wait c)" 6
	gone c
}

signals_reach_it()
{
	local signal
	podman run --detach --name c --network none "$IMAGE" probe signal-report
	wait_until 60 has_logged c ready
	for signal in USR1 12 SIGHUP WINCH; do
		podman kill --signal "$signal" c
	done
	for signal in USR1 USR2 HUP WINCH; do
		wait_until 60 has_logged c "$signal"
	done
	podman kill --signal TERM c
	expect_equal "$(podman wait c)" 0
	gone c
}

kill_without_a_signal()
{
	podman run --detach --name c --network none "$IMAGE" sleep 1000
	podman kill c
	expect_equal "$(podman wait c)" 137
	gone c
}

kill_ends_all_processes()
{
	local pids pid
	podman run --detach --name c --network none "$IMAGE" sh -c 'sleep 1000 & setsid sleep 1000 & echo ready; wait'
	wait_until 60 has_logged c ready
	pids=$(podman top c hpid | tail -n +2)
	[ "$(wc -l <<<"$pids")" -eq 3 ]
	podman kill c
	podman wait c
	for pid in $pids; do
		wait_until 60 test ! -e "/proc/$pid"
	done
	gone c
}

end_by_signal()
{
	podman run --detach --name c --network none --init "$IMAGE" sh -c 'kill -SEGV $$'
	expect_equal "$(podman wait c)" 139
	gone c
}

restarted()
{
	local before
	idle c
	before=$(podman inspect --format '{{.State.Pid}}' c)
	podman restart --time 20 c
	is_status c running
	[ "$(podman inspect --format '{{.State.Pid}}' c)" != "$before" ]
	gone c
}

restarted_after_failure()
{
	podman run --detach --name c --network none --restart on-failure:2 "$IMAGE" sh -c 'echo try; exit 1'
	wait_until 30 restarts_are c 2
	wait_until 60 is_status c exited
	expect_equal "$(podman logs c | grep -c try)" 3
	gone c
}

restarts_are()
{
	[ "$(podman inspect --format '{{.RestartCount}}' "$1")" = "$2" ]
}

removed_at_its_end()
{
	idle c --rm
	podman stop --time 20 c
	wait_until 60 eval '! podman container exists c'
}

removed_while_running()
{
	local id
	idle c
	id=$(podman inspect --format '{{.Id}}' c)
	podman rm --force --time 0 c
	[ -z "$(find "$TEST_CGROUP" -name "libpod-$id*")" ]
	expect_lacks "$(cat /proc/self/mountinfo)" "$id"
}

replaced()
{
	local before
	idle c
	before=$(podman inspect --format '{{.Id}}' c)
	idle c --replace --stop-timeout 5
	[ "$(podman inspect --format '{{.Id}}' c)" != "$before" ]
	gone c
}

renamed_while_running()
{
	idle c
	podman rename c d
	expect_equal "$(podman exec d echo here)" here
	gone d
}

cgroups_disabled()
{
	podman run --detach --name c --network none --cgroups disabled "$IMAGE" sh -c 'trap "exit 0" TERM; echo ready; sleep 1000 & wait'
	wait_until 60 has_logged c ready
	expect_equal "$(podman exec c echo here)" here
	[ -z "$(find "$TEST_CGROUP" -name "libpod-$(podman inspect --format '{{.Id}}' c)*")" ]
	podman stop --time 20 c
	gone c
}

cgroup_parent()
{
	idle c --cgroup-parent /libpod_parent/of/mine
	[ -n "$(find "$TEST_CGROUP/libpod_parent/of/mine" -name "libpod-$(podman inspect --format '{{.Id}}' c)")" ]
	gone c
}

twenty_at_once()
{
	local i
	for ((i = 0; i < 20; i++)); do
		podman run --rm --network none "$IMAGE" sh -c "exit $i" >>"errors" 2>&1 &
		pids[i]=$!
	done
	for ((i = 0; i < 20; i++)); do
		status=0
		wait "${pids[i]}" || status=$?
		expect_equal $status $i "$(cat errors)"
	done
}

engine_check 'create, start --attach: output and exit code' created_then_started
engine_check 'create, init, start' initialized_then_started
engine_check 'start: says which program is missing' start_says_what_is_missing
engine_check 'stop: SIGTERM and the exit code' stop_is_graceful
engine_check 'stop: SIGKILL after the time is up' stop_kills_in_the_end
engine_check 'run --stop-signal' stop_signal
engine_check 'kill: USR1, by number, SIGHUP, WINCH' signals_reach_it
engine_check 'kill: SIGKILL, 137' kill_without_a_signal
engine_check 'kill: no process outlives it' kill_ends_all_processes
engine_check 'wait: 128+n of a signal' end_by_signal
engine_check 'restart' restarted
engine_check 'run --restart on-failure' restarted_after_failure
engine_check 'run --rm of a container in the background' removed_at_its_end
engine_check 'rm --force: cgroup and mounts are gone' removed_while_running
engine_check 'run --replace' replaced
engine_check 'rename while it runs' renamed_while_running
[ "$RUNTIME_NAME" = runc ] || engine_check 'run --cgroups=disabled: life and exec' cgroups_disabled
engine_check 'run --cgroup-parent' cgroup_parent
engine_check 'twenty at once: every exit code' twenty_at_once

# --- exec ---

exec_exit_codes()
{
	try podman exec shared sh -c 'echo x; exit 5'
	expect_status 5
	try podman exec shared no-such-program
	expect_status 127
	try podman exec shared /etc/passwd
	expect_status 126
}

exec_streams()
{
	expect_equal "$(echo typed | podman exec --interactive shared cat)" typed
	try podman exec shared sh -c 'echo to-out; echo to-err >&2'
	expect_equal "$out" to-out
	expect_equal "$err" to-err
}

exec_terminal()
{
	on_terminal podman exec --interactive --tty shared sh -c 'until [ "$(stty size)" = "40 100" ]; do sleep 0.1; done; tty; exit 5'
	expect_status 5
	expect_contains "$out" /dev/pts/0
}

exec_identity()
{
	try podman exec --user 1000:1001 --workdir /etc --env A='b c' shared probe
	expect_status 0
	expect_seen .uid 1000
	expect_seen .gid 1001
	expect_seen .cwd /etc
	expect_seen '.env | index("A=b c") != null' true
}

exec_is_inside()
{
	local inside
	inside=$(podman exec shared sh -c 'for p in 1 self; do for n in pid net ipc uts mnt cgroup; do readlink /proc/$p/ns/$n; done; done')
	expect_equal "$(head -n 6 <<<"$inside")" "$(tail -n 6 <<<"$inside")"
	expect_equal "$(podman exec shared cat /proc/self/cgroup | grep ^0:)" 0::/
}

exec_rights_are_the_containers()
{
	local text='s/^\(CapBnd\|Seccomp\|NoNewPrivs\):\t//p'
	expect_equal "$(podman exec shared sed -n "$text" /proc/self/status)" "$(podman exec shared sed -n "$text" /proc/1/status)"
}

exec_privileged()
{
	local eff
	eff=$(podman exec --privileged shared sed -n 's/^CapEff:\t//p' /proc/self/status)
	expect_equal "$eff" "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)"
}

exec_detached()
{
	podman exec --detach shared sh -c 'echo done >/tmp/detached'
	wait_until 60 podman exec shared grep done /tmp/detached
}

exec_preserves_descriptors()
{
	expect_equal "$(podman exec --preserve-fds 1 shared cat /proc/self/fd/3 3<<<three)" three
}

exec_into_stopped()
{
	podman create --name c --network none "$IMAGE" true
	try podman exec c true
	expect_status 255
	gone c
}

exec_is_killed_with_its_container()
{
	local client
	idle c
	podman exec c sh -c 'touch /tmp/inside; sleep 1000' &
	client=$!
	wait_until 60 podman exec c test -e /tmp/inside
	podman kill c
	status=0
	wait $client || status=$?
	expect_equal $status 137
	gone c
}

execs_at_once()
{
	local i
	for ((i = 0; i < 20; i++)); do
		podman exec shared sh -c "exit $i" &
		pids[i]=$!
	done
	for ((i = 0; i < 20; i++)); do
		status=0
		wait "${pids[i]}" || status=$?
		expect_equal $status $i
	done
}

engine_check 'exec: exit codes, 126, 127' exec_exit_codes
engine_check 'exec -i: streams' exec_streams
engine_check 'exec -it: terminal, window size, exit code' exec_terminal
engine_check 'exec --user --workdir --env' exec_identity
engine_check 'exec: every namespace and the cgroup' exec_is_inside
engine_check 'exec: capabilities and seccomp of the container' exec_rights_are_the_containers
engine_check 'exec --privileged' exec_privileged
engine_check 'exec --detach' exec_detached
engine_check 'exec --preserve-fds' exec_preserves_descriptors
engine_check 'exec: not into a container that does not run' exec_into_stopped
engine_check 'exec: ends with its container' exec_is_killed_with_its_container
engine_check 'exec: twenty at once, every exit code' execs_at_once

# --- looking at it ---

logs()
{
	podman run --name c --network none "$IMAGE" sh -c 'for i in 1 2 3; do echo out-$i; done; echo err >&2'
	expect_equal "$(podman logs c 2>&1 >/dev/null)" err
	expect_equal "$(podman logs --tail 2 c 2>&1 | wc -l)" 2
	expect_equal "$(podman logs c 2>/dev/null | wc -l)" 3
	gone c
}

logs_are_followed()
{
	podman run --detach --name c --network none "$IMAGE" sh -c 'echo first; until [ -e /tmp/go ]; do sleep 0.1; done; echo last'
	podman logs --follow c >followed &
	wait_until 60 grep first followed
	podman exec c touch /tmp/go
	wait $!
	expect_equal "$(echo $(cat followed))" 'first last'
	gone c
}

top_and_inspect()
{
	local pid
	pid=$(podman inspect --format '{{.State.Pid}}' shared)
	expect_contains "$(podman top shared hpid)" "$pid"
	expect_equal "$(podman inspect --format '{{.OCIRuntime}}' shared)" "$RUNTIME_NAME"
	expect_equal "$(podman inspect --format '{{.State.CgroupPath}}' shared)" "/libpod_parent/libpod-$(podman inspect --format '{{.Id}}' shared)"
}

attached()
{
	podman run --detach --interactive --name c --network none "$IMAGE" sh -c 'echo ready; read -r line; echo "got $line"; exit 8'
	wait_until 60 has_logged c ready
	expect_equal "$(echo input | podman attach c)" 'got input'
	expect_equal "$(podman wait c)" 8
	gone c
}

paused()
{
	local before
	podman run --detach --name c --network none "$IMAGE" sh -c 'while :; do i=$((i + 1)); echo $i >/tmp/count; [ $i -gt 1 ] || echo ready; done'
	wait_until 60 has_logged c ready
	podman pause c
	is_status c paused
	try podman exec c true
	[ "$status" -ne 0 ]
	before=$(count_of c)
	sleep 0.2
	expect_equal "$(count_of c)" "$before"
	podman unpause c
	is_status c running
	wait_until 60 eval '[ "$(count_of c)" != "'"$before"'" ]'
	gone c
}

# What a container wrote, read from outside, since it may be frozen.
count_of()
{
	cat "/proc/$(podman inspect --format '{{.State.Pid}}' "$1")/root/tmp/count"
}

healthy()
{
	idle c --health-cmd 'test ! -e /tmp/ill' --health-interval disable --health-retries 1
	podman healthcheck run c
	expect_equal "$(podman inspect --format '{{.State.Health.Status}}' c)" healthy
	podman exec c touch /tmp/ill
	try podman healthcheck run c
	expect_status 1
	expect_equal "$(podman inspect --format '{{.State.Health.Status}}' c)" unhealthy
	gone c
}

health_kills()
{
	idle c --health-cmd false --health-interval disable --health-retries 1 --health-on-failure kill
	podman healthcheck run c || true
	expect_equal "$(podman wait c)" 137
	gone c
}

# --sdnotify=container: the program itself says when it is ready, on the socket of whoever called podman.
ready_by_its_own_word()
{
	local receiver
	socat -u "UNIX-RECV:$PWD/notify.sock" - >notes &
	receiver=$!
	wait_until 60 test -S notify.sock
	NOTIFY_SOCKET=$PWD/notify.sock podman run --detach --name c --network none --sdnotify container "$IMAGE" sh -c 'probe notify READY=1; sleep 1000'
	wait_until 60 grep READY=1 notes
	kill $receiver
	expect_contains "$(cat notes)" MAINPID=
	gone c
}

copied_in_and_out()
{
	echo data >file
	podman cp file shared:/tmp/copied
	expect_equal "$(podman exec shared cat /tmp/copied)" data
	podman exec shared sh -c 'mkdir -p /tmp/tree/a && echo deep >/tmp/tree/a/b'
	podman cp shared:/tmp/tree .
	expect_equal "$(cat tree/a/b)" deep
}

committed()
{
	podman exec shared sh -c 'echo kept >/root/kept'
	podman commit --quiet shared committed
	run committed cat /root/kept
	expect_equal "$out" kept
	expect_contains "$(podman diff shared)" /root/kept
	podman export shared | tar -xO root/kept | grep kept
	podman rmi committed
}

mounted()
{
	local directory
	directory=$(podman mount shared)
	[ -x "$directory/bin/busybox" ]
	podman unmount shared
}

events_are_told()
{
	local since
	since=$(date --iso-8601=ns)
	podman run --rm --name told --network none "$IMAGE" true
	out=$(podman events --stream=false --since "$since" --filter container=told --format '{{.Status}}')
	expect_contains "$(echo $out)" 'create init start'
	expect_contains "$out" died
}

engine_check 'logs: streams and --tail' logs
engine_check 'logs --follow' logs_are_followed
engine_check 'top, inspect' top_and_inspect
engine_check 'attach: stdin and output' attached
engine_check 'pause, unpause' paused
engine_check 'healthcheck: healthy and unhealthy' healthy
engine_check 'healthcheck: on failure kill' health_kills
engine_check 'run --sdnotify=container' ready_by_its_own_word
engine_check 'cp: into and out of a running container' copied_in_and_out
engine_check 'commit, diff, export' committed
engine_check 'mount of a running container' mounted
engine_check 'events' events_are_told
