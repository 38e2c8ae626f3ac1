# test_limits_paths.sh: where in the hierarchy a container's cgroup is, what is made and enabled on the way, and what is left of it.
# limit: 600
. "$(dirname "$0")/containers.bash"

passes_on()
{
	grep -qw "$2" "$TEST_CGROUP$1/cgroup.subtree_control" || fail "$1 does not pass on $2"
}

some_limits='{memory: {limit: 67108864}, pids: {limit: 20}, cpu: {shares: 1024}}'

every_level_passes_controllers_on()
{
	local level
	make_bundle b sleep 1000
	edit_config b ".linux.resources = $some_limits | .linux.cgroupsPath = \"/one/two/three/leaf\""
	[ ! -s "$TEST_CGROUP/cgroup.subtree_control" ] || grep -q '^$' "$TEST_CGROUP/cgroup.subtree_control" || fail 'the test begins with controllers enabled'
	start c b
	for level in '' /one /one/two /one/two/three; do
		passes_on "$level" memory
		passes_on "$level" pids
		passes_on "$level" cpu
	done
	expect_equal "$(cat "$TEST_CGROUP/one/two/three/leaf/memory.max")" 67108864
	expect_equal "$(cat "$TEST_CGROUP/one/two/three/leaf/pids.max")" 20
	delete_all
	[ ! -e "$TEST_CGROUP/one" ] || fail '/one is left'
}

# birthplace BUNDLE [OPTION...]: the first thing that the program reads of itself.
birthplace()
{
	run_minirun run --id c "$@"
	expect_status 0
	place=$(json "$out" .cgroup)
}

born_in_its_cgroup()
{
	make_bundle b probe
	birthplace b
	expect_equal "$place" /
	edit_config b '.linux.namespaces |= map(select(.type != "cgroup"))'
	birthplace b
	expect_equal "$place" /minirun-c
	edit_config b '.linux.cgroupsPath = "/one/two"'
	birthplace b
	expect_equal "$place" /one/two
	edit_config b '.linux.cgroupsPath = "relative/path"'
	birthplace b
	expect_equal "$place" /minirun/relative/path
	[ ! -e "$TEST_CGROUP/minirun" ] && [ ! -e "$TEST_CGROUP/one" ] || fail 'parents are left'
}

# A parent that minirun made goes with the last container below it; one that others made stays.
parents_are_removed_by_who_made_them()
{
	mkdir "$TEST_CGROUP/others"
	make_bundle b sleep 1000
	edit_config b ".linux.resources = $some_limits | .linux.cgroupsPath = \"/others/ours/a\""
	start a b
	edit_config b '.linux.cgroupsPath = "/others/ours/b"'
	start b b
	"$MINIRUN" delete --force a
	[ -d "$TEST_CGROUP/others/ours/b" ] && [ ! -e "$TEST_CGROUP/others/ours/a" ] || fail 'deleting a touched b'
	"$MINIRUN" delete --force b
	started=
	[ ! -e "$TEST_CGROUP/others/ours" ] || fail 'its own parent is left'
	[ -d "$TEST_CGROUP/others" ] || fail 'a parent of others is gone'
	rmdir "$TEST_CGROUP/others"
}

made_before_is_used_and_left()
{
	mkdir "$TEST_CGROUP/made"
	make_bundle b sh -c 'grep -o "0::.*" /proc/self/cgroup; sleep 1000'
	edit_config b ".linux.resources = $some_limits | .linux.cgroupsPath = \"/made\" | .linux.namespaces |= map(select(.type != \"cgroup\"))"
	start c b
	expect_equal "$(cat "$TEST_CGROUP/made/memory.max")" 67108864
	grep -q . "$TEST_CGROUP/made/cgroup.procs" || fail 'the program is not in it'
	run_minirun run --id d b
	expect_status 125
	expect_contains "$err" 'it belongs to container'
	delete_all
	[ -d "$TEST_CGROUP/made" ] || fail 'it was removed'
	expect_equal "$(cat "$TEST_CGROUP/made/cgroup.procs")" ''
	rmdir "$TEST_CGROUP/made"
}

cgroup_in_use_is_refused()
{
	local sleeper
	mkdir "$TEST_CGROUP/used"
	sleep 1000 &
	sleeper=$!
	echo $sleeper >"$TEST_CGROUP/used/cgroup.procs"
	make_bundle b true
	edit_config b '.linux.cgroupsPath = "/used"'
	run_minirun run b
	expect_status 125
	expect_contains "$err" "processes are in it (pid $sleeper)"
	# Nor can anything below it have controllers: "no internal processes".
	edit_config b ".linux.cgroupsPath = \"/used/c\" | .linux.resources = $some_limits"
	run_minirun run b
	expect_status 125
	expect_contains "$err" "processes are in /used itself (pid $sleeper)"
	kill $sleeper
	wait $sleeper || true
	wait_until 30 rmdir "$TEST_CGROUP/used"
}

# What the program makes below its own cgroup, through a mount of it, goes with the container.
cgroups_of_the_program_are_removed()
{
	make_bundle b sh -c 'mkdir -p /sys/fs/cgroup/s/t && echo $$ >/sys/fs/cgroup/s/t/cgroup.procs && sleep 1000 & sleep 1000'
	edit_config b '.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "rw"]}]'
	start c b
	wait_until 30 grep -q . "$(cgroup_of c)/s/t/cgroup.procs"
	delete_all
	[ ! -e "$(cgroup_of c)" ] || fail 'it is left'
}

check 'controllers are enabled on every level' every_level_passes_controllers_on
check 'the program is born in its cgroup' born_in_its_cgroup
check 'parents are removed by who made them' parents_are_removed_by_who_made_them
check 'a cgroup made before is used and left' made_before_is_used_and_left
check 'a cgroup in use is refused' cgroup_in_use_is_refused
check 'cgroups made by the program are removed' cgroups_of_the_program_are_removed
