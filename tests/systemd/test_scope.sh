# test_scope.sh: --systemd-cgroup: the transient unit, its properties and limits, its end, and what happens when it cannot be.
# limit: 600
# machine: systemd
. "$(dirname "$0")/../vm/containers.bash"

# start ID BUNDLE: as in containers.bash, by systemd's driver.
start()
{
	local id=$1 bundle=$2
	shift 2
	started+=" $id"
	trap 'delete_all' EXIT
	run_minirun --systemd-cgroup run --detach --id "$id" "$@" "$bundle"
	expect_status 0
}

property()
{
	systemctl show --property="$2" --value "$1"
}

expect_property()
{
	expect_equal "$(property "$1" "$2")" "$3" "$2"
}

cgroup_of()
{
	echo "/sys/fs/cgroup$(property "minirun-$1.scope" ControlGroup)"
}

no_unit()
{
	expect_equal "$(systemctl list-units --all --plain --no-legend 'minirun-*.scope' 'lab*')" ''
	[ -z "$(find /sys/fs/cgroup -name 'minirun-*.scope')" ] || fail 'a cgroup of a scope is left'
}

default_scope()
{
	local pid
	make_bundle b sleep 1000
	start box b
	expect_property minirun-box.scope ActiveState active
	expect_property minirun-box.scope Slice system.slice
	expect_property minirun-box.scope Delegate yes
	expect_property minirun-box.scope CollectMode inactive-or-failed
	expect_property minirun-box.scope Transient yes
	expect_property minirun-box.scope ControlGroup /system.slice/minirun-box.scope
	expect_property minirun-box.scope Documentation file:///run/minirun/box
	expect_contains "$(property minirun-box.scope Description)" box
	# The program and nothing else: the placeholder is gone.
	pid=$(json "$("$MINIRUN" state box)" .pid)
	expect_equal "$(cat "$(cgroup_of box)/cgroup.procs")" "$pid"
	expect_equal "$(cat "/proc/$pid/comm")" sleep
	run_minirun kill --all box KILL
	expect_status 0
	wait_until 30 no_unit
	run_minirun delete box
	expect_status 0
	no_unit
}

# What systemd shows, and what the kernel has.
every_limit()
{
	local directory
	make_bundle b sleep 1000
	edit_config b '.linux.resources = {memory: {limit: 67108864, reservation: 33554432, swap: 100663296}, pids: {limit: 33},
		cpu: {shares: 512, quota: 12500, period: 50000, cpus: "1-2", mems: "0"}, blockIO: {weight: 500},
		hugepageLimits: [{pageSize: "2MB", limit: 4194304}], unified: {"memory.high": "60817408", "memory.oom.group": "1"}}'
	start lim b
	for pair in MemoryMax=67108864 MemoryLow=33554432 MemorySwapMax=33554432 MemoryHigh=60817408 TasksMax=33 CPUQuotaPerSecUSec=250ms CPUQuotaPeriodUSec=50ms \
		AllowedCPUs=1-2 AllowedMemoryNodes=0 IOWeight=4950; do
		expect_property minirun-lim.scope "${pair%%=*}" "${pair#*=}"
	done
	limits_are_in_force
	# systemd reads its units again, and writes limits again when it realizes another unit beside.
	systemctl daemon-reload
	systemd-run --quiet --scope --property=CPUWeight=50 --property=MemoryMax=100M --property=AllowedCPUs=0-3 --property=IOWeight=20 true
	systemctl daemon-reload
	limits_are_in_force
	delete_all
	no_unit
}

limits_are_in_force()
{
	for pair in memory.max=67108864 memory.low=33554432 memory.swap.max=33554432 memory.high=60817408 memory.oom.group=1 pids.max=33 'cpu.max=12500 50000' \
		cpu.weight="$(cat "$(cgroup_of lim)/cpu.weight")" cpuset.cpus=1-2 cpuset.mems=0 hugetlb.2MB.max=4194304; do
		expect_file lim "${pair%%=*}" "${pair#*=}"
	done
	expect_equal "$(property minirun-lim.scope CPUWeight)" "$(cgroup_file lim cpu.weight)" CPUWeight
}

# Changed limits are kept by systemd, too.
update_tells_systemd()
{
	make_bundle b sleep 1000
	edit_config b '.linux.resources = {memory: {limit: 67108864, swap: 67108864}, pids: {limit: 33}}'
	start up b
	run_minirun update --memory 96m --memory-swap 96m --pids-limit 44 --cpu-quota 25000 --cpu-period 100000 --cpu-share 2048 --cpuset-cpus 1 up
	expect_status 0
	for pair in MemoryMax=100663296 TasksMax=44 CPUQuotaPerSecUSec=250ms AllowedCPUs=1 "CPUWeight=$(cgroup_file up cpu.weight)"; do
		expect_property minirun-up.scope "${pair%%=*}" "${pair#*=}"
	done
	systemctl daemon-reload
	for pair in memory.max=100663296 pids.max=44 'cpu.max=25000 100000' cpuset.cpus=1; do
		expect_file up "${pair%%=*}" "${pair#*=}"
	done
	run_minirun exec up sh -c 'cat /proc/self/cgroup'
	expect_status 0
	expect_equal "$out" 0::/
	delete_all
	no_unit
}

small_process_limits()
{
	local limit
	make_bundle b sleep 1000
	for limit in 0 1 2; do
		edit_config b ".linux.resources = {pids: {limit: $limit}}"
		start pids b
		expect_file pids pids.max $limit
		delete_all
	done
	no_unit
}

places_by_name()
{
	make_bundle b sleep 1000
	edit_config b '.linux.cgroupsPath = "lab-hosts.slice:pre:box"'
	start one b
	expect_property pre-box.scope ControlGroup /lab.slice/lab-hosts.slice/pre-box.scope
	delete_all
	edit_config b '.linux.cgroupsPath = "::box"'
	start one b
	expect_property box.scope ControlGroup /system.slice/box.scope
	delete_all
	edit_config b '.linux.cgroupsPath = "-.slice:a:b+c"'
	start one b
	expect_property 'a-b\x2bc.scope' ControlGroup '/a-b\x2bc.scope'
	delete_all
	edit_config b '.linux.cgroupsPath = "system.slice:ignored:lab-own.slice" | .linux.resources = {memory: {limit: 67108864}}'
	start one b
	expect_property lab-own.slice ControlGroup /lab.slice/lab-own.slice
	expect_property lab-own.slice MemoryMax 67108864
	expect_equal "$(cat /sys/fs/cgroup/lab.slice/lab-own.slice/cgroup.procs)" "$(json "$("$MINIRUN" state one)" .pid)"
	delete_all
	systemctl stop lab.slice lab-hosts.slice
	no_unit
}

properties_by_annotation()
{
	make_bundle b sleep 1000
	edit_config b '.annotations = ($list | with_entries(.key |= "org.systemd.property." + .))' --argjson list "{\"TimeoutStopUSec\": \"uint64 7000000\", \"KillSignal\": \"10\",
		\"RuntimeMaxSec\": \"3600.5\", \"After\": \"['dbus.service', 'basic.target']\", \"CollectMode\": \"'inactive'\"}"
	start one b
	expect_property minirun-one.scope TimeoutStopUSec 7s
	expect_property minirun-one.scope KillSignal 10
	expect_property minirun-one.scope RuntimeMaxUSec '1h 500ms'
	expect_contains "$(property minirun-one.scope After)" dbus.service
	expect_property minirun-one.scope CollectMode inactive
	delete_all
	for value in "'open" '[1, true]' 'uint32 -1' 'word'; do
		edit_config b '.annotations = {"org.systemd.property.KillSignal": $v}' --arg v "$value"
		run_minirun --systemd-cgroup run b
		expect_status 125
		expect_contains "$err" 'org.systemd.property.KillSignal'
	done
	# What systemd itself refuses is told in its words, and nothing is left.
	edit_config b '.annotations = {"org.systemd.property.NoSuchThing": "true"}'
	run_minirun --systemd-cgroup run b
	expect_status 125
	expect_contains "$err" 'NoSuchThing'
	[ ! -e /run/minirun/b ] || fail 'state is left'
	no_unit
}

# Every way out of `run` takes the unit along.
ends_without_a_unit()
{
	make_bundle b sh -c 'exit 7'
	run_minirun --systemd-cgroup run b
	expect_status 7
	no_unit
	edit_config b '.process.args = ["/no/such/program"]'
	run_minirun --systemd-cgroup run b
	expect_status 127
	no_unit
	edit_config b '.process.args = ["sleep", "1000"] | .mounts += [{destination: "/x", type: "tmpfs", source: "tmpfs", options: ["size=wrong"]}]'
	run_minirun --systemd-cgroup run b
	expect_status 125
	no_unit
	expect_equal "$(ls /run/minirun)" ''
}

# Killed without a word: the program dies, systemd drops the empty scope, and the next run of the id clears the record.
killed_minirun()
{
	make_bundle b sh -c 'echo up; exec sleep 1000'
	"$MINIRUN" --systemd-cgroup run --id gone b >output &
	wait_until 60 grep -q up output
	kill -KILL $!
	wait $! || true
	wait_until 60 no_unit
	edit_config b '.process.args = ["sh", "-c", "exit 3"]'
	run_minirun --systemd-cgroup run --id gone b
	expect_status 3
	no_unit
	# A helper whose minirun dies ends, and the placeholder with it.
	if pgrep --list-full 'minirun-scope|minirun-systemd'; then fail 'a helper is left'; fi
}

# Also with a program that does not want to go, at once: systemd alone would wait 90 s.
delete_is_quick()
{
	local begin
	make_bundle b sh -c 'trap "" TERM INT HUP; while :; do sleep 1; done'
	start stubborn b
	begin=$SECONDS
	delete_all
	[ $((SECONDS - begin)) -lt 30 ] || fail "delete took $((SECONDS - begin)) s"
	no_unit
}

# systemctl stop is a way to end a container, too.
stopped_by_systemctl()
{
	make_bundle b sleep 1000
	edit_config b '.linux.namespaces |= map(select(.type != "pid")) | .process.args = ["sh", "-c", "trap \"exit 0\" TERM; while :; do sleep 0.1; done"]'
	start stop b
	systemctl stop minirun-stop.scope
	expect_equal "$(json "$("$MINIRUN" state stop)" .status)" stopped
	run_minirun delete stop
	expect_status 0
	no_unit
}

# A unit of that name that is not ours stays as it is.
foreign_unit_is_left_alone()
{
	systemd-run --quiet --unit=minirun-taken.scope --scope sleep 1000 &
	trap 'systemctl stop minirun-taken.scope' EXIT
	wait_until 30 systemctl --quiet is-active minirun-taken.scope
	make_bundle b true
	run_minirun --systemd-cgroup run --id taken b
	expect_status 125
	expect_contains "$err" 'minirun-taken.scope'
	expect_contains "$err" 'choose another id or cgroupsPath'
	expect_property minirun-taken.scope ActiveState active
	[ ! -e /run/minirun/taken ] || fail 'state is left'
}

wrong_paths()
{
	local path
	make_bundle b true
	for path in /lab/box lab.slice:box a:b:c:d lab:pre:box -lab.slice:pre:box a--b.slice:pre:box lab.slice:pre:; do
		edit_config b '.linux.cgroupsPath = $p' --arg p "$path"
		run_minirun --systemd-cgroup run b
		expect_status 125
		expect_contains "$err" 'linux.cgroupsPath'
	done
	no_unit
}

# Nothing but the container changes: the journal has no complaint of systemd's about the unit.
journal_is_clean()
{
	make_bundle b true
	journalctl --sync
	journalctl --quiet --show-cursor --lines=0 | sed -n 's/^-- cursor: //p' >cursor
	run_minirun --systemd-cgroup run b
	expect_status 0
	journalctl --sync
	expect_equal "$(journalctl --quiet --after-cursor="$(cat cursor)" --priority=warning --output=cat)" ''
	systemctl is-active systemd-journald
}

check 'a scope in system.slice, delegated, with the program alone in it' default_scope
check 'every limit is a property and a value in the cgroup, also after daemon-reload' every_limit
check 'update tells systemd, and exec joins the unit' update_tells_systemd
check 'process limits of 0, 1 and 2' small_process_limits
check 'slice:prefix:name chooses slice and unit' places_by_name
check 'annotations set properties' properties_by_annotation
check 'neither the end nor a failure leaves a unit' ends_without_a_unit
check 'a killed minirun leaves no unit, and its id is free' killed_minirun
check 'delete does not wait for a program that ignores signals' delete_is_quick
check 'systemctl stop ends the container' stopped_by_systemctl
check 'a unit of the same name that is not ours is left alone' foreign_unit_is_left_alone
check 'a wrong cgroupsPath is explained' wrong_paths
check 'the journal has no complaint' journal_is_clean
