# docker_limits.bash: limits, statistics and cgroups of docker's containers with real controllers, sourced by docker_cgroupfs.sh and docker_systemd.sh
# with $DOCKER_CGROUPS set to dockerd's cgroup driver. In the virtual machine whose PID 1 is systemd, where each command takes seconds.

DOCKER_NETWORK=none
. "$(dirname "$0")/lib.sh"
. "$REPOSITORY/tests/clients/docker.bash"

# cgroup_of NAME: the directory with its limits. (Below systemd's scope crun keeps the processes one level further down.)
cgroup_of()
{
	local id
	id=$(inspect "$1" '{{.Id}}')
	case $DOCKER_CGROUPS in
	cgroupfs) echo "$TEST_CGROUP/docker/$id" ;;
	systemd) echo "$TEST_CGROUP/system.slice/docker-$id.scope" ;;
	esac
}

# expect_limits NAME FILE=VALUE...
expect_limits()
{
	local cgroup pair
	cgroup=$(cgroup_of "$1")
	shift
	for pair; do
		expect_equal "$(cat "$cgroup/${pair%%=*}")" "${pair#*=}" "${pair%%=*}"
	done
}

the_driver()
{
	expect_equal "$(docker info --format '{{.CgroupDriver}} {{.CgroupVersion}} {{.DefaultRuntime}}')" "$DOCKER_CGROUPS 2 $RUNTIME_NAME"
}

limits_are_written()
{
	detach --memory=64m --memory-reservation=32m --memory-swap=96m --cpus=0.5 --cpu-shares=512 --pids-limit=33 --cpuset-cpus=1 --cpuset-mems=0 box
	expect_limits box memory.max=67108864 memory.low=33554432 memory.swap.max=33554432 'cpu.max=50000 100000' pids.max=33 cpuset.cpus=1 cpuset.mems=0
	# Runtimes convert shares in two ways: 20 until 2025, 59 since.
	expect_contains '20 59' "$(cat "$(cgroup_of box)/cpu.weight")"
	# In them are the first process and what exec starts.
	expect_equal "$(docker exec box grep Cpus_allowed_list /proc/self/status | cut -f 2)" 1
	expect_equal "$(docker stats --no-stream --format '{{.MemUsage}} {{.PIDs}}' box | sed 's/.*\(\/.*\)/\1/')" '/ 64MiB 1'
	remove box
}

updated_while_it_runs()
{
	detach --memory=64m --memory-swap=64m --cpus=0.5 --pids-limit=20 --cpuset-cpus=0 box
	docker update --memory 128m --memory-swap 160m --memory-reservation 16m --cpus 1.5 --pids-limit 30 --cpuset-cpus 1-2 box
	expect_limits box memory.max=134217728 memory.swap.max=33554432 memory.low=16777216 'cpu.max=150000 100000' pids.max=30 cpuset.cpus=1-2
	docker update --cpu-shares 2048 box
	expect_limits box memory.max=134217728 'cpu.max=150000 100000' pids.max=30
	expect_contains '79 174' "$(cat "$(cgroup_of box)/cpu.weight")"
	# They outlive a restart, which makes a new cgroup.
	docker restart --time 0 box
	expect_limits box memory.max=134217728 pids.max=30 cpuset.cpus=1-2
	remove box
}

memory_is_felt()
{
	detach --memory=32m --memory-swap=32m box probe alloc 200
	expect_equal "$(docker wait box)" 137
	wait_until 60 has_state box .State.OOMKilled true
	remove box
}

frozen()
{
	detach box
	docker pause box
	expect_contains "$(cat "$(cgroup_of box)/cgroup.events")" 'frozen 1'
	docker unpause box
	expect_contains "$(cat "$(cgroup_of box)/cgroup.events")" 'frozen 0'
	remove box
}

# Below one that the user names, or with systemd in a slice.
parent()
{
	local id parent=/lab
	[ "$DOCKER_CGROUPS" = cgroupfs ] || parent=lab-docker.slice
	detach --cgroup-parent=$parent --memory=64m box
	id=$(inspect box '{{.Id}}')
	case $DOCKER_CGROUPS in
	cgroupfs) expect_equal "$(cat "$TEST_CGROUP/lab/$id/memory.max")" 67108864 ;;
	systemd) expect_equal "$(cat "$TEST_CGROUP/lab.slice/lab-docker.slice/docker-$id.scope/memory.max")" 67108864 ;;
	esac
	remove box
	[ "$DOCKER_CGROUPS" != cgroupfs ] || remove_cgroups lab
	[ "$DOCKER_CGROUPS" != systemd ] || systemctl stop lab.slice lab-docker.slice
}

leaves_no_cgroup()
{
	expect_equal "$(find "$TEST_CGROUP" -type d -name '*docker-*.scope' -o -type d -path '*/docker/*')" ''
}

check "$DOCKER_CGROUPS: the driver, cgroup v2, this runtime" the_driver
check "$DOCKER_CGROUPS: run --memory --cpus --cpu-shares --pids-limit --cpuset-cpus; exec is in them; stats" limits_are_written
check "$DOCKER_CGROUPS: update of a running one, which outlives restart" updated_while_it_runs
check "$DOCKER_CGROUPS: --memory is felt, and docker knows of it" memory_is_felt
check "$DOCKER_CGROUPS: pause, unpause" frozen
check "$DOCKER_CGROUPS: --cgroup-parent" parent
check "$DOCKER_CGROUPS: no cgroup is left" leaves_no_cgroup
