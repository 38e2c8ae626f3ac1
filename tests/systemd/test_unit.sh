# test_unit.sh: `minirun run` as ExecStart= of a unit with Delegate=yes: examples/systemd/minirun@.service, with this binary.
# limit: 900
# machine: systemd
. "$(dirname "$0")/../vm/containers.bash"

unit=minirun@box.service
bundle=/var/lib/minirun/box
below=/sys/fs/cgroup/system.slice/system-minirun.slice/$unit

# install_unit [SED-PROGRAM]: the example and its bundle.
install_unit()
{
	mkdir -p /var/lib/minirun
	sed -e "s,/usr/local/bin/minirun,$MINIRUN," ${1+-e "$1"} "$REPOSITORY/examples/systemd/minirun@.service" >/run/systemd/system/minirun@.service
	systemctl daemon-reload
	trap 'systemctl stop $unit; systemctl reset-failed $unit || true; rm -rf /var/lib/minirun /run/systemd/system/minirun@.service; systemctl daemon-reload' EXIT
	make_bundle $bundle "${program[@]}"
	edit_config $bundle '.linux.resources = {memory: {limit: 67108864, swap: 67108864}, pids: {limit: 20}, cpu: {quota: 50000, period: 100000}}'
}
# Says when it is up, and how it ends.
program=(sh -c 'trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.1; done')

# By the name of the program, since journald tells the unit of a line from the cgroup of who wrote it, which need not be below the unit.
is_up()
{
	journalctl --identifier=minirun --output=cat --since="@$1" | grep -q '^up$'
}

start_unit()
{
	local since
	since=$(date +%s)
	systemctl start $unit
	wait_until 60 is_up "$since"
}

cgroup_is_below_the_unit()
{
	local pid
	install_unit
	start_unit
	pid=$(json "$("$MINIRUN" state box)" .pid)
	expect_equal "$(cat "/proc/$pid/cgroup")" "0::${below#/sys/fs/cgroup}/minirun-box"
	expect_equal "$(cat "$below/minirun-box/memory.max")" 67108864
	expect_equal "$(cat "$below/minirun-box/pids.max")" 20
	expect_equal "$(cat "$below/minirun-box/cpu.max")" '50000 100000'
	# minirun itself made room.
	expect_equal "$(cat "$below/supervisor/cgroup.procs")" "$(systemctl show --property=MainPID --value $unit)"
	expect_equal "$(cat "$below/cgroup.procs")" ''
	systemctl daemon-reload
	expect_equal "$(cat "$below/minirun-box/memory.max")" 67108864
}

stop_is_passed_on()
{
	local begin
	install_unit
	start_unit
	begin=$(date +%s)
	systemctl stop $unit
	expect_equal "$(systemctl show --property=Result --value $unit)" success
	expect_equal "$(systemctl show --property=ExecMainStatus --value $unit)" 0
	journalctl --sync
	expect_contains "$(journalctl --unit=$unit --output=cat --since="@$begin")" bye
	[ ! -d "$below" ] || fail 'the cgroup of the unit is left'
	[ ! -e /run/minirun/box ] || fail 'state is left'
}

exit_code_is_the_result()
{
	install_unit '/^Restart=/d'
	edit_config $bundle '.process.args = ["sh", "-c", "exit 7"]'
	systemctl start $unit
	wait_until 60 systemctl --quiet is-failed $unit
	expect_equal "$(systemctl show --property=ExecMainStatus --value $unit)" 7
	systemctl reset-failed $unit
}

# The program is killed, then minirun itself: systemd starts the unit again, under the same id.
restarts()
{
	local since
	install_unit 's/^Restart=.*/&\nRestartSec=0/'
	start_unit
	since=$(($(date +%s) + 1))
	sleep 1
	"$MINIRUN" kill box KILL
	wait_until 60 is_up "$since"
	since=$(($(date +%s) + 1))
	sleep 1
	kill -KILL "$(systemctl show --property=MainPID --value $unit)"
	wait_until 60 is_up "$since"
	expect_equal "$(systemctl show --property=NRestarts --value $unit)" 2
	expect_equal "$(cat "$below/minirun-box/memory.max")" 67108864
}

# An absolute cgroupsPath stays what it says.
absolute_path_is_kept()
{
	install_unit
	edit_config $bundle '.linux.cgroupsPath = "/lab-unit-test"'
	start_unit
	expect_equal "$(cat /sys/fs/cgroup/lab-unit-test/memory.max)" 67108864
	expect_equal "$(cat "/proc/$(json "$("$MINIRUN" state box)" .pid)/cgroup")" 0::/lab-unit-test
	# minirun did not have to move.
	expect_equal "$(cat "$below/cgroup.procs")" "$(systemctl show --property=MainPID --value $unit)"
	systemctl stop $unit
	[ ! -d /sys/fs/cgroup/lab-unit-test ] || fail 'the cgroup is left'
}

# The unit has started when the program says so; the service is minirun, whose end is the program's.
readiness()
{
	program=(sh -c 'trap "exit 0" TERM; trap "probe notify READY=1" USR1; probe notify STATUS=waiting; while :; do sleep 0.1; done')
	install_unit 's/^Delegate=yes/&\nType=notify/'
	systemctl start --no-block $unit
	wait_until 60 status_text_is waiting
	expect_equal "$(systemctl show --property=ActiveState --value $unit)" activating
	"$MINIRUN" kill box USR1
	wait_until 60 systemctl --quiet is-active $unit
	expect_equal "$(cat "/proc/$(systemctl show --property=MainPID --value $unit)/comm")" minirun
	systemctl stop $unit
	expect_equal "$(systemctl show --property=Result --value $unit)" success
}
status_text_is()
{
	[ "$(systemctl show --property=StatusText --value $unit)" = "$1" ]
}

# systemd puts the next command into the unit's cgroup itself, which must not hand controllers on any more.
one_after_another()
{
	local begin
	program=(sh -c 'echo "$(cat /sys/fs/cgroup/memory.max 2>/dev/null) up"')
	install_unit 's/^ExecStart=\(.*\)%i \(.*\)/Type=oneshot\nExecStartPre=\/bin\/true\nExecStart=\1one \2\nExecStart=\1two \2\nExecStart=\1three \2/; /^Restart=/d'
	edit_config $bundle '.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["ro"]}]'
	begin=$(date +%s)
	systemctl start $unit
	expect_equal "$(systemctl show --property=Result --value $unit)" success
	journalctl --sync
	expect_equal "$(journalctl --identifier=minirun --output=cat --since="@$begin" | grep -c '^67108864 up$')" 3
	[ ! -d "$below" ] || fail 'the cgroup of the unit is left'
}

# The first one's end does not take the controllers from the second.
side_by_side()
{
	program=(sh -c 'until [ -e /go ]; do sleep 0.1; done')
	install_unit "s,^ExecStart=\\(.*\\)--id.*,ExecStart=/bin/sh -c '\\1 --id box-1 $bundle \\& \\1 --id box-2 $bundle \\& wait',"
	systemctl start $unit
	wait_until 60 has_limit box-1
	wait_until 60 has_limit box-2
	"$MINIRUN" kill box-1 KILL
	wait_until 60 test ! -e "$below/minirun-box-1"
	has_limit box-2
	expect_contains "$(cat "$below/cgroup.subtree_control")" memory
	"$MINIRUN" kill box-2 KILL
	wait_until 60 test ! -e "$below"
}
has_limit()
{
	[ "$(cat "$below/minirun-$1/memory.max")" = 67108864 ]
}

check 'the cgroup is below that of the unit, with its limits' cgroup_is_below_the_unit
check 'systemctl stop is passed on as SIGTERM, and nothing is left' stop_is_passed_on
check 'the exit code is the result of the unit' exit_code_is_the_result
check 'Restart= works when the program or minirun is killed' restarts
check 'an absolute cgroupsPath is kept' absolute_path_is_kept
check 'Type=notify: the unit has started when the program says that it is ready' readiness
check 'several commands in one unit, each with a container with limits' one_after_another
check 'two containers in one unit at the same time' side_by_side
