# docker_life.sh: what docker 20.10 does to containers that run: exec, stop, kill, pause, restart policies, health, stats, copies; build and commit.
# limit: 240
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/docker.bash"

exec_attached()
{
	detach x1
	client docker exec --env A=b --workdir /tmp x1 sh -c 'echo "$A $PWD"; echo error >&2; exit 5'
	expect_status 5
	expect_equal "$out|$err" 'b /tmp|error'
	expect_equal "$(docker exec --user 1234:5 x1 id -u)" 1234
	expect_equal "$(echo typed | docker exec --interactive x1 cat)" typed
	# docker 20.10 has 126 for both here, unlike for run.
	client docker exec x1 nonexistent
	expect_status 126
	expect_contains "$out$err" 'executable file not found in $PATH'
	client docker exec x1 /etc/passwd
	expect_status 126
	expect_contains "${out,,}${err,,}" 'permission denied'
	client docker exec x1 sh -c 'for kind in cgroup ipc mnt net pid uts; do [ "$(readlink /proc/self/ns/$kind)" = "$(readlink /proc/1/ns/$kind)" ] || echo $kind; done'
	expect_equal "$out" ''
	expect_equal "$(docker exec x1 grep CapEff: /proc/self/status)" "$(docker exec x1 grep CapEff: /proc/1/status)"
	# The filter of system calls stays the container's, so only the capabilities tell.
	(((0x$(docker exec --privileged x1 sed -n 's/^CapEff:.//p' /proc/self/status) >> 21) & 1))
	remove x1
}
check 'exec: exit codes, 126 for what cannot be run, output, input, --env, --workdir, --user, --privileged' exec_attached

exec_terminal()
{
	detach x2
	WAIT_FOR='# ' on_terminal 40 100 $'until stty size | grep 40.100; do usleep 20000; done; tty; exit 9\n' docker exec --interactive --tty x2 sh
	expect_status 9
	expect_contains "$out" /dev/pts/0
	expect_contains "$out" $'\n40 100'
	remove x2
}
check 'exec -it: a shell on a terminal' exec_terminal

exec_detached()
{
	detach x3
	docker exec --detach x3 sh -c 'echo in >/started; exec sleep 2000'
	wait_until 30 docker exec x3 test -s /started
	expect_equal "$(docker top x3 -o pid,args | tail -n +2 | awk '{ print $2, $3 }' | sort)" $'sleep 1000\nsleep 2000'
	remove x3
	wait_until 30 no_process 'sleep 2000'
}
check 'exec --detach, top; all ends with the container' exec_detached

exec_numbered()
{
	docker exec x4 sh -c "exit $((40 + $1))"
}
exec_storm()
{
	detach x4
	all_at_once 8 exec_numbered
	remove x4
}
check 'exec: eight at the same time, each with its exit code' exec_storm

attach()
{
	docker create --interactive --name at --network none "$IMAGE" cat >/dev/null
	expect_equal "$(echo through | docker start --attach --interactive at)" through
	remove at
	detach --interactive --tty at2 sh
	WAIT_FOR='# ' on_terminal 40 100 $'\necho answer $((6 * 7)); exit 4\n' docker attach at2
	expect_status 4
	expect_contains "$out" 'answer 42'
	remove at2
}
check 'create, start --attach; attach to a terminal' attach

logs()
{
	detach lo sh -c 'echo first; echo second >&2; echo third'
	wait_until 30 has_state lo .State.Status exited
	client docker logs lo
	expect_equal "$out|$err" $'first\nthird|second'
	expect_equal "$(docker logs --tail 2 lo 2>&1 | wc -l)" 2
	remove lo
}
check 'logs' logs

# ready NAME COUNT: it has been started so often, and has said "ready" each time
ready()
{
	[ "$(docker logs "$1" | grep -c ready)" = "$2" ]
}
stop_kill()
{
	detach s1 sh -c 'trap "exit 7" TERM; echo ready; while :; do usleep 20000; done'
	wait_until 30 ready s1 1
	docker stop --time 10 s1
	expect_equal "$(inspect s1 '{{.State.Status}} {{.State.ExitCode}}')" 'exited 7'
	docker start s1
	docker kill s1
	expect_equal "$(docker wait s1)" 137
	docker start s1
	wait_until 30 ready s1 3
	docker kill --signal TERM s1
	expect_equal "$(docker wait s1)" 7
	# One that does not care for TERM is killed.
	detach s2
	docker stop --time 0 s2
	expect_equal "$(inspect s2 '{{.State.ExitCode}}')" 137
	client docker kill s2
	expect_status 1
	expect_contains "$err" 'is not running'
	detach s3 probe signal-report
	wait_until 30 ready s3 1
	docker kill --signal RTMIN+3 s3
	expect_equal "$(inspect s3 '{{.State.Status}}')" running
	remove s1 s2 s3
}
check 'stop, kill, wait, start again' stop_kill

pause_unpause()
{
	local before pid
	detach p1 sh -c 'i=0; while :; do i=$((i + 1)); echo $i >/dev/shm/new; mv /dev/shm/new /dev/shm/tick; done'
	pid=$(inspect p1 '{{.State.Pid}}')
	wait_until 30 test -s "/proc/$pid/root/dev/shm/tick"
	docker pause p1
	expect_equal "$(inspect p1 '{{.State.Status}}')" paused
	before=$(cat "/proc/$pid/root/dev/shm/tick")
	busybox usleep 200000
	expect_equal "$(cat "/proc/$pid/root/dev/shm/tick")" "$before"
	client docker exec p1 true
	expect_status 1
	docker unpause p1
	wait_until 30 moved_on "/proc/$pid/root/dev/shm/tick" "$before"
	docker pause p1
	# Also a paused one can be removed.
	remove p1
	wait_until 30 test ! -e "/proc/$pid"
}
moved_on()
{
	[ "$(cat "$1")" -gt "$2" ]
}
check 'pause, unpause, rm --force of a paused one' pause_unpause

restart()
{
	detach --restart=on-failure:2 again sh -c 'echo run; exit 5'
	wait_until 30 has_state again '.RestartCount}}{{.State.Status' 2exited
	expect_equal "$(docker logs again)" $'run\nrun\nrun'
	expect_equal "$(inspect again '{{.State.ExitCode}}')" 5
	detach --restart=on-failure:2 fine true
	wait_until 30 has_state fine .State.Status exited
	expect_equal "$(inspect fine '{{.RestartCount}}')" 0
	detach --restart=always always
	kill -KILL "$(inspect always '{{.State.Pid}}')"
	wait_until 30 has_state always '.RestartCount}}{{.State.Status' 1running
	docker restart --time 0 always
	expect_equal "$(inspect always '{{.State.Status}}')" running
	remove again fine always
}
check 'run --restart on-failure:2 and always; restart' restart

health()
{
	detach --health-cmd='test -e /well' --health-interval=200ms --health-retries=1 he
	wait_until 60 has_state he .State.Health.Status unhealthy
	docker exec he touch /well
	wait_until 60 has_state he .State.Health.Status healthy
	remove he
}
check 'run --health-cmd: unhealthy, then healthy' health

stats()
{
	detach st
	client docker stats --no-stream --format '{{.Name}} {{.PIDs}}' st
	expect_status 0
	expect_contains "$out" 'st '
	remove st
}
check 'stats' stats

update()
{
	detach up
	docker update --restart unless-stopped up
	expect_equal "$(inspect up '{{.HostConfig.RestartPolicy.Name}}')" unless-stopped
	remove up
}
check 'update' update

copies()
{
	detach cp
	mkdir -p tree/below
	echo inside >tree/below/file
	docker cp tree cp:/tmp/
	expect_equal "$(docker exec cp cat /tmp/tree/below/file)" inside
	docker exec cp sh -c 'echo changed >/tmp/tree/below/file'
	docker cp cp:/tmp/tree/below/file back
	expect_equal "$(cat back)" changed
	expect_contains "$(docker diff cp)" 'A /tmp/tree/below/file'
	remove cp
}
check 'cp in both directions, diff' copies

build()
{
	cat >Dockerfile <<-END
	FROM $IMAGE
	ENV GREETING=hello
	RUN echo "\$GREETING from the build" >/greeting && ! grep -q eth0 /proc/net/dev
	COPY more /more
	USER 1000
	WORKDIR /work
	ENTRYPOINT ["sh", "-c"]
	CMD ["cat /greeting /more; id -u; pwd"]
	END
	echo copied >more
	DOCKER_BUILDKIT=0 docker build --network none --quiet --tag local/built .
	IMAGE=local/built client docker run --rm --network none local/built
	expect_equal "$out" $'hello from the build\ncopied\n1000\n/work'
	printf 'FROM %s\nRUN exit 6\n' "$IMAGE" >Dockerfile
	DOCKER_BUILDKIT=0 client docker build --network none .
	expect_status 6
	expect_contains "$err$out" 'returned a non-zero code: 6'
	docker image rm local/built
}
check 'build (classic): RUN, COPY, USER; a step that fails' build

commit()
{
	docker run --name co --network none "$IMAGE" sh -c 'echo kept >/file'
	docker commit --change 'CMD cat /file' co local/committed
	expect_equal "$(docker run --rm --network none local/committed)" kept
	docker rm co
	docker image rm local/committed
}
check 'commit: an image of a container' commit

remove_running()
{
	local id
	detach r1
	id=$(inspect r1 '{{.Id}}')
	client docker rm r1
	expect_status 1
	docker rm --force r1
	[ ! -e "$STATES/$id" ]
	[ ! -e "$TEST_CGROUP/docker/$id" ]
	expect_equal "$(docker ps --all --quiet --filter name=r1)" ''
}
check 'rm: refused while it runs, --force' remove_running

shim_dies()
{
	local pid id
	detach z1
	pid=$(inspect z1 '{{.State.Pid}}')
	id=$(inspect z1 '{{.Id}}')
	kill -KILL $(ps -o ppid= -p "$pid")
	wait_until 60 has_state z1 .State.Status exited
	wait_until 60 has_ended "$pid"
	wait_until 60 test ! -e "$STATES/$id"
	docker start z1
	expect_equal "$(inspect z1 '{{.State.Status}}')" running
	remove z1
}
check 'a shim that is killed: the container has ended, and can be started again' shim_dies
