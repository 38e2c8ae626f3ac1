# rootless.sh: minirun as an ordinary user: id maps, root file systems, cgroups, state, and what cannot be had without privileges.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/user.bash"

user_bundle_first()
{
	user_bundle first true
	user_run run first
	expect_status 0
}
check 'the config of spec --rootless runs' user_bundle_first
mkdir -m 700 /run/minirun # root's own
before=$(host_state "$IMAGE" "$XDG")

default_bundle()
{
	user_bundle b sh -c 'id -u; id -g; cat /proc/self/uid_map; touch /made /root/made && ls /made; hostname; ls /dev/null /dev/pts/ptmx; cat /proc/kcore | wc -c; echo x 2>/dev/null >/proc/sys/kernel/panic || echo closed; exit 3'
	user_run run b
	expect_status 3
	expect_equal "$(tr -s '[:space:]' ' ' <<<"$out")" '0 0 0 12345 1 /made minirun /dev/null /dev/pts/ptmx 0 closed '
	expect_contains "$err" 'the container gets no cgroup of its own: none is delegated to this user (minirun is in /user)'
	[ ! -e "$IMAGE/made" ] || fail 'the image was written to'
	edit_config b '.process.args = ["probe"]'
	user_run run b
	expect_status 0
	expect_equal "$(jq -c '[.fds | map(.fd)]' <<<"$out")" '[[0,1,2]]'
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a default bundle: ids, snapshot, masks, devices' default_bundle

write_through()
{
	user_bundle b sh -c 'echo hello >/hello; mkdir /d; touch /d/f'
	user_run run --snapshot none b
	expect_status 0
	expect_equal "$(cat "$IMAGE/hello")" hello
	expect_equal "$(stat -c %u "$IMAGE/d/f")" $ME
	rm -r "$IMAGE/hello" "$IMAGE/d"
	touch -r "$IMAGE/bin" "$IMAGE"
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'without a snapshot' write_through

many_ids()
{
	user_bundle b sh -c 'cat /proc/self/uid_map /proc/self/gid_map; id; mkdir /private; touch /private/file; chown -R 33:34 /private; chmod 700 /private; stat -c %u:%g /private/file'
	edit_config b "$WITH_SUBIDS"' | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}' --argjson c '["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"]'
	user_run run b
	expect_status 0
	expect_contains "$(tr -s ' ' <<<"$out")" ' 0 12345 1'
	expect_contains "$(tr -s ' ' <<<"$out")" ' 1 200000 65535'
	expect_contains "$out" '33:34'
	# Another user of the namespace, with groups.
	edit_config b '.process.user = {uid: 33, gid: 34, additionalGids: [5, 6]} | .process.args = ["sh", "-c", "id -u; id -G; cat /proc/self/setgroups"]'
	user_run run b
	expect_status 0
	expect_equal "$(tr '\n' ' ' <<<"$out")" '33 34 5 6 allow '
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check '65536 ids by newuidmap and newgidmap; the snapshot of all of them is removed' many_ids

# An image of root's, which the user may only read: its owner has no id in the container.
image_of_somebody_else()
{
	make_rootfs image
	chmod 755 .
	user_bundle b sh -c 'stat -c %u /bin; echo x >/new && cat /new; mkdir /d; echo y >/d/e; rm -r /d; mkdir /d; rm /new; test ! -e /new && touch /etc/no 2>/dev/null || echo not mine'
	edit_config b '.root.path = $p' --arg p "$PWD/image"
	user_run run b
	expect_status 0
	expect_contains "$out" 65534
	expect_contains "$out" $'x\nnot mine'
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a snapshot of an image that belongs to root' image_of_somebody_else

# Files of other ids in it, which the user may neither read nor remove.
kept_snapshot()
{
	user_bundle b sh -c 'mkdir -m 700 /d; echo x >/d/file; chown -R 33:34 /d; rm -r /etc'
	edit_config b "$WITH_SUBIDS"' | .process.capabilities = {bounding: $c, effective: $c, permitted: $c}' --argjson c '["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"]'
	user_run run --keep --id k b
	expect_status 0
	user_run snapshot ls
	expect_status 0
	expect_contains "$(tr -s ' ' <<<"$out")" 'k overlay '
	expect_lacks "$(tr -s ' ' <<<"$out")" 'k overlay - '
	user_run snapshot diff k
	expect_status 0
	expect_equal "$out" $'A /d\nA /d/file\nD /etc'
	user_run snapshot export k -o k.tar
	expect_status 0
	expect_equal "$(tar --numeric-owner -tvf k.tar ./d/file ./bin/busybox | awk '{ print $2, $6 }')" $'0/0 ./bin/busybox\n33/34 ./d/file'
	user_run snapshot rm k
	expect_status 0
	user_run delete k
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'the snapshot of 65536 ids is measured, compared and removed' kept_snapshot

# EACCES is a matter of the modes of files, whatever rights there are to mount.
source_out_of_reach()
{
	mkdir -p locked/source
	chmod 700 locked
	user_bundle b true
	edit_config b '.mounts += [{destination: "/mnt", type: "bind", source: $s, options: ["bind"]}]' --arg s "$PWD/locked/source"
	user_run run b
	expect_status 125
	expect_contains "$err" 'cannot open the source: Permission denied'
	expect_lacks "$err" CAP_
	expect_lacks "$err" 'locked here'
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a source behind a directory that the user may not search' source_out_of_reach

# A program that is not root, with ids of which none is.
without_id_0()
{
	local edit
	for edit in '.linux.uidMappings = [{containerID: 7, hostID: 12345, size: 1}]' '.linux.uidMappings = [{containerID: 7, hostID: 12345, size: 1}, {containerID: 8, hostID: 200000, size: 9}]'; do
		rm -rf b
		user_bundle b sh -c 'mkdir -m 700 /d; echo x >/d/file; id -u'
		edit_config b "$edit | .linux.gidMappings = .linux.uidMappings"' | .process.user = {uid: 7, gid: 7} | .process.capabilities = {}'
		user_run run b
		expect_status 0
		expect_equal "$out$err" "7$err"
		expect_host_as "$before" "$IMAGE" "$XDG"
		user_run run --keep --id k b
		expect_status 0
		user_run snapshot diff k
		expect_equal "$out" $'A /d\nA /d/file'
		user_run delete --force k
		expect_status 0
		expect_host_as "$before" "$IMAGE" "$XDG"
		# One that does not come to run.
		edit_config b '.process.args = ["no-such-program"]'
		user_run run b
		expect_status 127
		expect_host_as "$before" "$IMAGE" "$XDG"
	done
}
check 'maps without an id 0: the snapshot is compared and removed' without_id_0

network_of_its_own()
{
	user_bundle b sh -c 'ip -o link 2>/dev/null | wc -l; ip addr show lo | grep -o "inet 127.0.0.1"; cat /proc/sys/net/ipv4/ip_forward; mount | grep -c "sysfs on /sys "'
	edit_config b '.linux.namespaces += [{type: "network"}] | .linux.sysctl = {"net.ipv4.ip_forward": "1"} |
		.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]} else . end)'
	user_run run b
	expect_status 0
	expect_equal "$(tr '\n' ' ' <<<"$out")" '1 inet 127.0.0.1 1 1 '
	user_run run --net eth0:veth b
	expect_status 125
	expect_contains "$err" 'cannot give the container link eth0 without privileges'
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a network namespace with lo, its sysctls and its sysfs' network_of_its_own

with_a_terminal()
{
	user_bundle b sh -c 'tty; stty size; exit 5'
	edit_config b '.process.terminal = true'
	mkfifo silence
	chmod 666 silence
	status=0
	as_user script -qec "stty rows 40 cols 132; $MINIRUN run b" /dev/null <>silence >shown || status=$?
	expect_contains "$(cat shown)" /dev/pts/0
	expect_contains "$(cat shown)" '40 132'
	expect_equal $status 5
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a terminal' with_a_terminal

exit_codes()
{
	user_bundle b sh -c 'kill -9 $$'
	user_run run --init b
	expect_status 137
	edit_config b '.process.args = ["no-such-program"]'
	user_run run b
	expect_status 127
	expect_contains "$err" 'exec: "no-such-program": executable file not found in $PATH'
	edit_config b '.process.args = ["/etc"]'
	user_run run b
	expect_status 126
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'exit codes' exit_codes

is()
{
	[ "$(as_user "$MINIRUN" state "$1" 2>/dev/null | jq -r .status)" = "$2" ]
}

# The whole life by commands, two containers at once; root sees nothing of them.
life()
{
	local id
	user_bundle b sleep 100
	edit_config b "$WITH_SUBIDS"
	for id in r1 r2; do
		user_run create --bundle b $id
		expect_status 0
		is $id created
		user_run start $id
		expect_status 0
		is $id running
	done
	expect_equal "$(as_user "$MINIRUN" list --quiet | tr '\n' ' ')" 'r1 r2 '
	run_minirun list --quiet
	expect_equal "$out" ''
	expect_equal "$(stat -c '%u %a' "$XDG/minirun")" "$ME 700"
	user_run delete r1
	expect_status 1
	user_run kill r1 KILL
	expect_status 0
	wait_until 30 is r1 stopped
	user_run delete r1
	expect_status 0
	user_run delete --force r2
	expect_status 0
	expect_equal "$(as_user "$MINIRUN" list --quiet)" ''
	user_run run --detach --init --id r3 b
	expect_status 0
	user_run kill r3
	wait_until 30 is r3 stopped
	user_run delete r3
	expect_status 0
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'create, start, state, list, kill, delete of two at once' life

exec_in_it()
{
	local edit
	for edit in . "$WITH_SUBIDS"; do
		rm -rf b
		user_bundle b sleep 100
		edit_config b "$edit | .process.oomScoreAdj = 300"
		user_run create --bundle b e1
		user_run start e1
		user_run exec e1 sh -c 'id -u; cat /proc/self/oom_score_adj; [ "$(readlink /proc/self/ns/user /proc/self/ns/mnt)" = "$(readlink /proc/1/ns/user /proc/1/ns/mnt)" ] && echo same; ls -d /sbin; exit 6'
		expect_status 6
		expect_equal "$(tr '\n' ' ' <<<"$out")" '0 300 same /sbin '
		user_run exec e1 no-such-program
		expect_status 127
		user_run delete --force e1
		expect_status 0
	done
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'exec' exec_in_it

# As the containers of a pod: the second is in the user, network, ipc and uts namespaces of the first.
pod()
{
	local pid type
	user_bundle p sleep 100
	edit_config p "$WITH_SUBIDS"' | .linux.namespaces += [{type: "network"}] | .mounts |= map(select(.destination != "/sys" and .destination != "/sys/fs/cgroup"))'
	user_run run --detach --id p1 p
	expect_status 0
	pid=$(as_user "$MINIRUN" state p1 | jq .pid)
	user_bundle q sh -c 'hostname; readlink /proc/self/ns/net; readlink /proc/self/ns/user; echo $$; touch /made'
	edit_config q '.mounts |= map(select(.destination != "/sys" and .destination != "/sys/fs/cgroup")) | del(.hostname) | del(.linux.uidMappings, .linux.gidMappings) |
		.linux.namespaces = [{type: "pid"}, {type: "mount"}, ("user", "network", "ipc", "uts" | {type: ., path: ("/proc/'"$pid"'/ns/" + {user: "user", network: "net", ipc: "ipc", uts: "uts"}[.])})]'
	user_run run --snapshot none --id p2 q
	expect_status 0
	expect_equal "$(tr '\n' ' ' <<<"$out")" "minirun $(readlink "/proc/$pid/ns/net") $(readlink "/proc/$pid/ns/user") 1 "
	rm "$IMAGE/made"
	touch -r "$IMAGE/bin" "$IMAGE"
	user_run delete --force p1
	expect_status 0
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a second container in the namespaces of the first' pod

# --- where the state is ---

state_roots()
{
	rm -rf /tmp/minirun-$ME
	user_bundle b true
	status=0
	as_user env -u XDG_RUNTIME_DIR "$MINIRUN" run --detach b 2>err || status=$?
	expect_equal $status 0 "$(cat err)"
	expect_equal "$(stat -c '%u %a' /tmp/minirun-$ME)" "$ME 700"
	as_user env -u XDG_RUNTIME_DIR "$MINIRUN" delete --force b
	rm -r /tmp/minirun-$ME
	mkdir -m 777 /tmp/minirun-$ME # somebody else was there before
	! as_user env -u XDG_RUNTIME_DIR "$MINIRUN" run b 2>err || fail 'a state root that others can write to was used'
	expect_contains "$(cat err)" 'others can write to it'
	rmdir /tmp/minirun-$ME
	mkdir -p -m 755 /run/user
	install -d -m 700 -o $ME -g $ME /run/user/$ME
	as_user env -u XDG_RUNTIME_DIR "$MINIRUN" run --detach b 2>err
	[ -d /run/user/$ME/minirun/b ] || fail 'not in /run/user'
	as_user env -u XDG_RUNTIME_DIR "$MINIRUN" delete --force b
	rm -r /run/user
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'XDG_RUNTIME_DIR, /run/user/UID, /tmp/minirun-UID' state_roots

# --- cgroups ---

delegate()
{
	chown $ME:$ME "$1" "$1/cgroup.procs" "$1/cgroup.subtree_control" "$1/cgroup.threads"
}

delegated()
{
	delegate "$SLICE"
	user_bundle b sleep 100
	user_run run --detach --id d1 b
	expect_status 0
	expect_equal "$err" ''
	expect_equal "$(cat "$SLICE"/minirun-*-d1/cgroup.procs)" "$(as_user "$MINIRUN" state d1 | jq .pid)"
	user_run kill --all d1 KILL
	expect_status 0
	wait_until 30 is d1 stopped
	user_run delete d1
	expect_status 0
	user_run run --detach --id d2 b
	expect_status 0
	user_run delete --force d2
	expect_status 0
	# Below its own cgroup namespace the container sees its own cgroup as the root.
	edit_config b '.process.args = ["sh", "-c", "cat /proc/self/cgroup | grep ^0; cat /sys/fs/cgroup/cgroup.procs"]'
	user_run run b
	expect_status 0
	expect_contains "$out" '0::/'
	expect_contains "$out" $'\n1'
	chown 0:0 "$SLICE" "$SLICE"/cgroup.{procs,subtree_control,threads}
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a delegated cgroup: the container is born below it' delegated

limits_without_delegation()
{
	user_bundle b true
	edit_config b '.linux.resources.pids.limit = 7'
	user_run run b
	expect_status 125
	expect_contains "$err" 'cannot set linux.resources.pids.limit: no cgroup is delegated to this user; minirun is in /user, which is not the user'"'"'s to write to'
	expect_contains "$err" 'systemd-run --user --scope -p Delegate=yes'
	delegate "$SLICE"
	user_run run b
	if has_controller pids; then
		expect_status 125 # the test's own processes are in it
		expect_contains "$err" 'pids'
	else
		expect_status 125
		expect_contains "$err" 'the pids controller'
	fi
	chown 0:0 "$SLICE" "$SLICE"/cgroup.{procs,subtree_control,threads}
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'a limit without a delegated cgroup is refused' limits_without_delegation

# As systemd --user has it: minirun in a cgroup of its own below the delegated one, which holds no processes itself and so can pass controllers on.
limits()
{
	need_controller hugetlb
	echo +hugetlb >"$TEST_CGROUP/cgroup.subtree_control"
	mkdir "$SLICE/session"
	delegate "$SLICE"
	delegate "$SLICE/session"
	user_bundle b sh -c 'cat /sys/fs/cgroup/hugetlb.2MB.max; sleep 100'
	edit_config b '.linux.resources.hugepageLimits = [{pageSize: "2MB", limit: 4194304}]'
	PLACE=$SLICE/session
	user_run create --bundle b l1
	expect_status 0
	expect_equal "$err" ''
	expect_equal "$(cat "$SLICE"/minirun-*-l1/hugetlb.2MB.max)" 4194304
	user_run start l1
	user_run exec l1 sh -c 'cat /sys/fs/cgroup/hugetlb.2MB.max; grep ^0: /proc/self/cgroup'
	expect_equal "$out" $'4194304\n0::/'
	edit_config b '.linux.resources.memory.limit = 1048576'
	has_controller memory || user_run run --id l2 b
	has_controller memory || expect_contains "$err" 'the memory controller'
	# A container in the group of its shell, where limits would need the group to be empty.
	edit_config b 'del(.linux.resources) | .process.args = ["true"]'
	user_run run --id l2 b
	expect_status 0
	user_run delete --force l1
	expect_status 0
	unset PLACE
	rmdir "$SLICE/session"
	echo -hugetlb >"$SLICE/cgroup.subtree_control"
	[ -n "${TEST_VM-}" ] || echo -hugetlb >"$TEST_CGROUP/cgroup.subtree_control"
	chown 0:0 "$SLICE" "$SLICE"/cgroup.{procs,subtree_control,threads}
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'limits in a delegated cgroup' limits

# --- what cannot work says so ---

refused()
{
	local words=$1 edit=$2
	shift 2
	rm -rf b
	user_bundle b true
	edit_config b "$edit"
	user_run run "$@" b
	expect_status 125
	expect_contains "$err" "$words"
	expect_host_as "$before" "$IMAGE" "$XDG"
}

refusals()
{
	refused 'linux.namespaces has no user namespace' '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	refused 'minirun spec --rootless' '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	refused 'newuidmap: uid range' '.linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}, {containerID: 1, hostID: 300000, size: 9}]'
	refused 'usermod --add-subuids' '.linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}, {containerID: 1, hostID: 300000, size: 9}]'
	refused 'usermod --add-subgids' '.linux.gidMappings = [{containerID: 0, hostID: 12345, size: 1}, {containerID: 1, hostID: 300000, size: 9}]'
	refused 'leave additionalGids out' '.process.user.additionalGids = [7]'
	refused 'it has no mapping in the user namespace (linux.uidMappings)' '.process.user.uid = 7'
	refused 'in a user namespace sysfs needs a network namespace' '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs"} else . end)'
	refused "cannot open the host's /dev/nothing" '.linux.devices = [{path: "/dev/nothing", type: "c", major: 10, minor: 200}]'
	refused 'oom_score_adj' '.process.oomScoreAdj = -500'
}
check 'what cannot work without privileges says so, and the way out' refusals

without_newuidmap()
{
	user_bundle b true
	edit_config b "$WITH_SUBIDS"
	mkdir empty
	status=0
	as_user env PATH="$PWD/empty" "$MINIRUN" run b 2>err || status=$?
	expect_equal $status 125
	expect_contains "$(cat err)" 'cannot run newuidmap, which maps ids for users without privileges'
	expect_contains "$(cat err)" 'package uidmap'
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'without newuidmap' without_newuidmap

# --- root of a user namespace: capabilities decide, not the uid ---

in_a_user_namespace()
{
	user_bundle b sh -c 'id -u; touch /x; cat /proc/self/uid_map; exit 4'
	edit_config b '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	status=0
	as_user unshare --user --map-root-user "$MINIRUN" run b >out 2>err || status=$?
	expect_equal $status 4 "$(cat err)"
	expect_contains "$(tr -s ' ' <out)" ' 0 12345 1'
	# And with a user namespace in it.
	rm -r b
	user_bundle b sh -c 'cat /proc/self/uid_map; exit 4'
	edit_config b '.linux.uidMappings[0].hostID = 0 | .linux.gidMappings[0].hostID = 0'
	status=0
	as_user unshare --user --map-root-user "$MINIRUN" run b >out 2>err || status=$?
	expect_equal $status 4 "$(cat err)"
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'as root of a user namespace' in_a_user_namespace

flag()
{
	user_bundle b true
	user_run --rootless=true run b
	expect_status 0
	user_run --rootless=perhaps run b
	expect_status 2
	expect_contains "$err" "--rootless is 'auto', 'true' or 'false', not 'perhaps'"
	user_run --rootless false run b
	expect_status 125
	# Root may ask for it, too.
	make_bundle r true
	run_minirun --rootless true run r
	expect_status 0
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check 'the global option --rootless' flag

# In a pid namespace that others are in, the user's own binary must not be within reach (CVE-2019-5736).
shared_pid_namespace()
{
	user_bundle b sleep 100
	install -m 0755 -o $ME -g $ME "$MINIRUN" own
	edit_config b '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)'
	status=0
	as_user sh -c './own run b 2>err & echo $! >pid; wait $!' &
	wait_until 30 is b running
	expect_contains "$(readlink "/proc/$(cat pid)/exe")" /memfd:minirun
	user_run kill b KILL
	wait $! || status=$?
	expect_equal $status 137
	rm -f pid
	expect_host_as "$before" "$IMAGE" "$XDG"
}
check "a pid namespace that is shared: minirun runs from a sealed copy of itself" shared_pid_namespace

. "$REPOSITORY/tests/integration/step.bash"

# The half-made container of an ordinary user: its user namespace is entered with the user's own rights.
by_steps()
{
	local last
	user_bundle b sh -c 'echo payload'
	{
		echo '#!/bin/bash'
		declare -p PATH XDG SLICE ME TEST_TMP
		[ -z "${TEST_SANITIZED-}" ] || declare -p TEST_SANITIZED ASAN_OPTIONS UBSAN_OPTIONS
		declare -f as_user
		printf 'as_user %q "$@"\n' "$MINIRUN"
	} >"$TEST_TMP/bin/as-me"
	chmod 755 "$TEST_TMP/bin/as-me"
	MINIRUN=$TEST_TMP/bin/as-me
	last=$(step_number exec --id c1 b)
	step_begin --id c1 b
	step_at 0
	step_type 'b session'
	step_at "$(step_number session --id c1 b)"
	step_type 's echo early $(cat /proc/self/uid_map | xargs)'
	step_see 'early 0 12345 1'
	step_type 'b pivot-root'
	step_at "$(step_number pivot-root --id c1 b)"
	step_type 's echo $(id -u) middle $(ls -d /bin/probe)'
	step_see '0 middle /bin/probe'
	step_type 'b exec'
	step_at "$last"
	step_type 's echo $(id -u) late $(hostname)'
	step_see '0 late '
	step_type ''
	step_see payload
	step_end 0
}
check 'run --step of an ordinary user, and the shell in its user namespace' by_steps

umount /etc
rmdir "$SLICE"
