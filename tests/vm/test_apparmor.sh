# test_apparmor.sh: process.apparmorProfile with a real AppArmor: what the profile denies is denied, and the kernel names the profile inside.
# limit: 600
. "$(dirname "$0")/containers.bash"

chmod 711 "$TEST_TMP"
mountpoint -q /sys/kernel/security || mount -t securityfs securityfs /sys/kernel/security

apparmor_is_on()
{
	expect_equal "$(cat /sys/module/apparmor/parameters/enabled)" Y
	expect_contains "$(cat /sys/kernel/security/lsm)" apparmor
	printf '%s\n' >profiles 'profile minirun-test flags=(attach_disconnected,mediate_deleted) { file, capability, network, signal, ptrace, deny /etc/secret r, }' \
		'profile minirun-strict flags=(attach_disconnected,mediate_deleted) { file, capability, network, signal, ptrace, deny /etc/** r, }' \
		'profile minirun-lenient flags=(attach_disconnected,mediate_deleted,complain) { / r, }'
	apparmor_parser --replace --skip-cache profiles
}
check 'AppArmor is on, and takes profiles' apparmor_is_on

# confined EDIT EXPECTED: the label and what can be read, in a container whose config is edited so.
LOOK='read -r label </proc/1/attr/current; echo "$label"; read -r own </proc/self/attr/apparmor/current; [ "$own" = "$label" ] && echo same; cat /etc/secret; cat /etc/open'
confined()
{
	rm -rf b
	make_bundle b sh -c "$LOOK"
	chmod 711 . # for user namespaces
	echo secret >"$image/etc/secret"
	echo open >"$image/etc/open"
	edit_config b "$1"
	run_minirun run b
	echo "$err"
	expect_equal "$out" "$2" "$1"
}

FILTER='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
USERNS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
INSIDE=$'minirun-test (enforce)\nsame\nopen'

what_is_denied()
{
	confined . $'unconfined\nsame\nsecret\nopen'
	confined '.process.apparmorProfile = "minirun-test"' "$INSIDE"
	expect_contains "$err" '/etc/secret'
	expect_contains "$err" 'Permission denied'
	confined '.process.apparmorProfile = "unconfined"' $'unconfined\nsame\nsecret\nopen'
	confined '.process.apparmorProfile = "minirun-lenient"' $'minirun-lenient (complain)\nsame\nsecret\nopen'
}
check 'a profile denies a file that is readable without it; /proc/1/attr/current names the profile' what_is_denied

# With and without no_new_privs, whose exec may not change profiles otherwise; as another user, who could not open what root has opened.
in_all_orders()
{
	local edit
	for edit in "$FILTER" "$FILTER | .process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000}" "$USERNS"; do
		confined ".process.apparmorProfile = \"minirun-test\" | $edit" "$INSIDE"
	done
}
check 'with and without no_new_privs and filter, as a user, in a user namespace' in_all_orders

not_loaded()
{
	local before
	make_bundle b true
	edit_config b '.process.apparmorProfile = "minirun-absent"'
	before=$(host_state)
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'cannot put the program under the AppArmor profile minirun-absent (process.apparmorProfile): No such file or directory; no profile of that name is loaded; apparmor_parser -r'
	expect_host_as "$before"
}
check 'a profile that is not loaded is an error, with the host as before' not_loaded

# What the container mounts in its /proc does not take the write (CVE-2019-16884, CVE-2025-52881): the program is confined, or not started.
covered_by_the_container()
{
	local place
	echo nothing >cover
	for place in /proc/1/attr/apparmor/exec /proc/1/attr/exec /proc/1/attr; do
		rm -rf b
		make_bundle b sh -c "$LOOK"
		if [ "$place" = /proc/1/attr ]; then
			edit_config b ".mounts += [{destination: \"$place\", type: \"tmpfs\", source: \"tmpfs\"}]"
		else
			edit_config b ".mounts += [{destination: \"$place\", source: \"$PWD/cover\", options: [\"bind\"]}]"
		fi
		edit_config b '.process.apparmorProfile = "minirun-test"'
		run_minirun run b
		echo "$place: $status: $out: $err"
		expect_lacks "$out" secret
		[ "$status" = 125 ] || expect_contains "$out" open
		expect_equal "$(cat cover)" nothing
	done
}
check 'mounts of the container over /proc/1/attr leave the program confined' covered_by_the_container

exec_is_confined()
{
	make_bundle b sleep 1000
	edit_config b '.process.apparmorProfile = "minirun-test"'
	start confined b
	expect_equal "$(cat /proc/$("$MINIRUN" state confined | jq .pid)/attr/current)" 'minirun-test (enforce)'
	run_minirun exec confined sh -c 'cat /proc/self/attr/current; cat /etc/secret'
	expect_equal "$out" 'minirun-test (enforce)'
	run_minirun exec --apparmor minirun-strict confined sh -c 'read -r label </proc/self/attr/current; echo "$label"; cat /etc/open'
	expect_equal "$out" 'minirun-strict (enforce)'
	run_minirun exec --apparmor minirun-absent confined true
	[ "$status" != 0 ] || fail 'it ran without its profile'
	expect_contains "$err" 'no profile of that name is loaded'
}
check 'exec is under the profile of the container, or its own' exec_is_confined
