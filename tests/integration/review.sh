# review.sh: attacks and odd surroundings, each of which once got through: what a container's files, ids, environment or a damaged
# state directory must not achieve.
. "$(dirname "$0")/../lib.sh"

# --- CVE-2024-21626: until execve has found the program, an open directory of the host is a way out ---

# A program that can run anywhere, in a place that only the host has.
make_host_program()
{
	cp "$PROBE" "$TEST_TMP/host-program"
	make_bundle b "$1"
	[ $# -lt 2 ] || edit_config b "$2"
}

no_program_by_an_open_directory()
{
	local fd namespaces
	make_host_program x
	for namespaces in . 'map(select(.type != "pid"))'; do
		edit_config b ".linux.namespaces |= $namespaces"
		for fd in {3..24}; do
			edit_config b '.process.args = [$p]' --arg p "/proc/self/fd/$fd/../../../../../../..$TEST_TMP/host-program"
			run_minirun run b
			[[ $status = 12[67] ]] || fail "fd $fd: status $status, out: $out"
		done
	done
}
check 'no program of the host is reached by /proc/self/fd/N of the set-up' no_program_by_an_open_directory

no_program_by_a_leaked_directory()
{
	make_host_program x
	edit_config b '.process.args = [$p]' --arg p "/proc/self/fd/9/host-program"
	exec 9<"$TEST_TMP"
	run_minirun run b
	expect_status 127
	edit_config b '.process.args = ["sh", "-c", "exit 3"] | .process.cwd = "/proc/self/fd/9"'
	run_minirun run b
	expect_status 125
	exec 9<&-
}
check 'nor by a directory that the caller has leaked' no_program_by_a_leaked_directory

no_cwd_by_an_open_directory()
{
	local fd
	make_bundle b sh -c 'exit 3'
	for fd in {3..24}; do
		edit_config b '.process.cwd = $p' --arg p "/proc/self/fd/$fd"
		run_minirun run b
		expect_status 125
		edit_config b '.process.cwd = $p' --arg p "/proc/self/fd/$fd/.."
		run_minirun run b
		expect_status 125
	done
}
check 'no directory of the host becomes the cwd by /proc/self/fd/N' no_cwd_by_an_open_directory

# --- user namespaces, missing namespaces ---

USER_NAMESPACE='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'

oom_score_in_a_user_namespace()
{
	chmod 755 "$TEST_TMP" .
	make_bundle b cat /proc/self/oom_score_adj
	chown -R 100000:100000 b/rootfs
	edit_config b "$USER_NAMESPACE | .process.oomScoreAdj = 321"
	run_minirun run b
	expect_status 0
	expect_equal "$out" 321
}
check 'oomScoreAdj is set in a user namespace, where the file is not of the first process' oom_score_in_a_user_namespace

terminal_without_a_mount_namespace()
{
	make_bundle b /bin/sh -c 'test -t 0 && exit 5'
	edit_config b '.process.terminal = true | .mounts = [] | .linux.namespaces |= map(select(.type != "mount"))'
	run_minirun run --snapshot none b
	expect_status 5
}
check 'a terminal without a mount namespace of its own' terminal_without_a_mount_namespace

warns_once()
{
	make_bundle b true
	edit_config b '.linux.namespaces |= map(select(.type != "pid")) | .process.capabilities.bounding += ["CAP_OF_NOBODY"]'
	run_minirun run b
	expect_status 0
	expect_equal "$(grep -c CAP_OF_NOBODY <<<"$err")" 1
}
check 'a warning is given once, also when minirun starts itself anew' warns_once

speaks_under_a_filter()
{
	make_bundle b /bin/absent
	edit_config b '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sendto", "sendmsg"], action: "SCMP_ACT_ERRNO"}]}'
	run_minirun run b
	expect_status 127
	expect_contains "$err" 'no such file or directory'
}
check 'a missing program is reported although the filter forbids sending' speaks_under_a_filter

# --- state ---

refuses_a_state_root_of_others()
{
	make_bundle b true
	mkdir victim state
	touch victim/file
	mkdir -m 700 state/c1
	jq -n '{id: "c1", owner: "x", bundle: "/", undo: [["snapshot", $v]]}' --arg v "$PWD/victim" >state/c1/state.json
	chmod 1777 state
	run_minirun --root "$PWD/state" run --id c1 b
	expect_status 125
	expect_contains "$err" 'others can write to it'
	run_minirun --root "$PWD/state" delete --force c1
	expect_status 1
	[ -e victim/file ] || fail 'a record written by somebody else was believed'
}
check 'a state directory that others can write to is not believed' refuses_a_state_root_of_others

survives_damaged_records()
{
	local record
	make_bundle b true
	for record in '{}' '' '[' null '{"id":null}' '{"id":"c1","owner":"x","bundle":"/","undo":[[null,null],["snapshot",null],7,["x"]],"annotations":{"a":null}}' \
		'{"id":"c1","owner":"x","bundle":"/","created":9223372036854775807,"pid":-1,"undo":null}' \
		'{"id":"../../etc","owner":"x","bundle":"/"}' '{"id":"other","owner":"x","bundle":"/","pid":1,"pidStart":0}'; do
		for words in 'list' 'list --format json' 'state c1' 'kill c1' 'delete c1' 'delete --force c1'; do
			mkdir -p -m 700 /run/minirun /run/minirun/c1
			printf %s "$record" >/run/minirun/c1/state.json
			run_minirun $words
			[ "$status" -le 1 ] || fail "$words of $record: status $status"
		done
		[ ! -e /run/minirun/c1 ] || fail "delete --force leaves $record"
		mkdir -m 700 /run/minirun/c1
		printf %s "$record" >/run/minirun/c1/state.json
		timeout 10 "$MINIRUN" run --id c1 b || fail "run over $record"
	done
}
check 'a damaged record crashes nothing, and delete --force and run get over it' survives_damaged_records

# --- the container's own cgroup ---

removes_cgroups_with_long_names()
{
	local before
	# shellcheck disable=SC2016 # the container's
	make_bundle b sh -c 'n=$(head -c 3000 /dev/zero | tr "\0" A); mkdir /sys/fs/cgroup/$n && mkdir /sys/fs/cgroup/$n/x && exit 3'
	edit_config b '.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup"}]'
	mkdir -p /run/minirun -m 700
	before=$(host_state)
	run_minirun run b
	expect_status 3
	expect_host_as "$before"
}
check 'cgroups with names longer than NAME_MAX, made by the container, are removed' removes_cgroups_with_long_names

takes_the_longest_id_and_root()
{
	local id root
	make_bundle b true
	id=$(printf 'a%.0s' {1..255})
	run_minirun run --id "$id" b
	expect_status 0
	root=$PWD/$(printf 'r%.0s' {1..200})/$(printf 'r%.0s' {1..200})
	run_minirun --root "$root" run --detach --id c1 b
	expect_status 0
	run_minirun --root "$root" delete --force c1
	expect_status 0
	[ -z "$(find "$TEST_CGROUP" -name 'minirun-*-c1')" ] || fail 'its cgroup is left'
}
check 'the longest id and a long state root' takes_the_longest_id_and_root

# --- odd machines ---

says_that_sys_is_missing()
{
	make_bundle b true
	edit_config b '.mounts |= map(select(.type != "sysfs"))'
	# shellcheck disable=SC2016 # the inner shell's
	run_minirun_in_a_shell 'umount -R /sys; exec "$0" run --cpus 0 b'
	expect_status 125
	expect_contains "$err" 'mount -t sysfs sysfs /sys'
	# shellcheck disable=SC2016
	run_minirun_in_a_shell 'umount -R /sys; exec "$0" run b'
	expect_status 0
}

# In a mount namespace of its own.
run_minirun_in_a_shell()
{
	status=0
	err=$(unshare -m sh -c "$1" "$MINIRUN" 2>&1 >/dev/null </dev/null) || status=$?
	out=
}
check 'without /sys a list of CPUs is refused for that reason, and the rest runs' says_that_sys_is_missing

# --- terminals ---

end_of_input_survives_a_change_of_mode()
{
	make_bundle b sh -c 'stty raw -echo; sleep 0.5; stty sane; cat; exit 4'
	edit_config b '.process.terminal = true'
	status=0
	echo x | timeout -s KILL 8 "$MINIRUN" run b || status=$?
	expect_equal $status 4
}
check 'the end of the input reaches a program that changes the mode of its terminal' end_of_input_survives_a_change_of_mode

# --- one after the other ---

runs_right_after_a_killed_run()
{
	local i pid
	make_bundle b sh -c 'echo begun; sleep 100'
	for i in {1..12}; do
		# A process of some size takes a moment to end.
		"$MINIRUN" run --id c1 b >out 2>err &
		pid=$!
		wait_until 30 grep -q begun out || fail "run $i: $(cat err)"
		kill -KILL $pid
		wait $pid || true
		: >out
	done
	timeout 5 "$MINIRUN" delete c1
}
check 'the next run, or delete, of an id begins while the payload of a killed run is ending' runs_right_after_a_killed_run
