# script_user.sh: the container that an ordinary user's script builds is the one of that user's `minirun run`; what only root can build is refused by both.
# limit: 240
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/script.bash"
. "$REPOSITORY/tests/integration/user.bash"
AS=(as_user)

by_user()
{
	user_bundle c1 probe
	edit_config c1 "$1"
	same_container c1 "${@:2}"
}

# The uids by newuidmap, the own group without a helper: nobody there may drop one.
own_group()
{
	by_user "$WITH_SUBIDS | .linux.gidMappings = [{containerID: 0, hostID: 12345, size: 1}]"
	expect_equal "$(ls "$XDG")" minirun
}

refused()
{
	user_bundle c1 probe
	edit_config c1 "$1"
	user_run script "${@:3}" c1
	expect_error 1 "$2"
	expect_equal "$out" ''
}

# Killed from outside: nothing is left of it in the user's directories.
interrupted()
{
	local status=0 before
	user_bundle c1 sh -c 'trap "exit 5" TERM; echo inside; while :; do sleep 1 & wait $!; done'
	edit_config c1 "$WITH_SUBIDS"
	before=$(host_state "$XDG")
	write_script c1
	set -m
	as_user bash by-hand.sh >out 2>err </dev/null &
	set +m
	wait_until 20 grep -q inside out
	kill -INT -- "-$!"
	wait $! || status=$?
	expect_equal "$status" 130
	expect_host_as "$before" "$XDG"
}

check 'what spec --rootless writes' by_user .
check 'without a snapshot' by_user . --snapshot none
check 'ids of newuidmap and newgidmap' by_user "$WITH_SUBIDS"
check 'uids of newuidmap and the own group' own_group
check 'another user of them' by_user "$WITH_SUBIDS | .process.user = {uid: 33, gid: 34, additionalGids: [5, 6]}"
check 'a network of its own' by_user '.linux.namespaces += [{type: "network"}] | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"]} else . end)'
check 'Ctrl-C' interrupted
check 'no id 0' refused '.linux.uidMappings[0].containerID = 7 | .linux.gidMappings[0].containerID = 7 | .process.user = {uid: 7, gid: 7}' 'linux.uidMappings has no id 0'

umount /etc
rmdir "$SLICE"
