# container_cgroup_owner.sh: whose the container's cgroup is, and that it goes all the same (runtime-spec config-linux.md "Cgroup ownership").
# limit: 120
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

USER='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
CGROUP='.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "nodev"]}] | .linux.cgroupsPath = "/owned"'
READ_ONLY='.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "ro"]}] | .linux.cgroupsPath = "/owned"'

# owners EDIT: who has the directory, what the kernel delegates, and what it does not, while the container runs, as the host sees it.
owners()
{
	rm -rf owned
	bundle owned sh -c 'sleep 60'
	edit_config owned "$1"
	run_minirun run --detach --bundle owned owned
	expect_status 0
	owners=$(cd "$TEST_CGROUP/owned" && stat -c %u:%g . cgroup.procs cgroup.threads cgroup.subtree_control cgroup.max.depth cgroup.freeze | uniq | xargs)
	run_minirun delete --force owned
	expect_status 0
	[ ! -e "$TEST_CGROUP/owned" ] || fail 'the cgroup is still there'
}

rules()
{
	local uid='.process.user.uid = 1000' owned
	owners "$CGROUP | $USER"
	expect_equal "$owners" '100000:0 0:0' 'root of a user namespace'
	owners "$CGROUP | $USER | $uid"
	expect_equal "$owners" '101000:0 0:0' 'a user of a user namespace'
	owners "$CGROUP | $uid"
	expect_equal "$owners" '1000:0 0:0' 'without a user namespace'
	owners "$CGROUP"
	expect_equal "$owners" 0:0 "the host's root"
	owners "$READ_ONLY | $uid"
	expect_equal "$owners" 0:0 'a read-only mount'
	owners "$CGROUP | $uid | del(.mounts[-1])"
	expect_equal "$owners" 0:0 'no mount'
	owners "$CGROUP | $uid | .linux.namespaces |= map(select(.type != \"cgroup\"))"
	expect_equal "$owners" 0:0 'no cgroup namespace'
	owners "$CGROUP | $uid | .mounts[-1].destination = \"/cgroup\""
	expect_equal "$owners" 0:0 'mounted elsewhere'
}
check 'who gets the cgroup' rules

joined_user_namespace()
{
	unshare --user sleep 60 &
	holder=$!
	trap 'kill -KILL $holder' EXIT
	wait_until 30 sh -c "[ \$(readlink /proc/$holder/ns/user) != \$(readlink /proc/self/ns/user) ]"
	echo 0 300000 1000 >/proc/$holder/uid_map
	echo 0 300000 1000 >/proc/$holder/gid_map
	owners "$CGROUP"' | .process.user.uid = 7 | .linux.namespaces += [{type: "user", path: "/proc/'$holder'/ns/user"}]'
	expect_equal "$owners" '300007:0 0:0'
}
check 'the mapping of a joined user namespace' joined_user_namespace

# The container fills its own cgroup: sub-cgroups that outlive their makers, with its processes in them.
sub_cgroups()
{
	local edit=$CGROUP user
	for user in "$USER" '.process.user.uid = 1000'; do
		run_sh 'cd /sys/fs/cgroup && mkdir -p a/b/c payload && echo 0 >payload/cgroup.procs && cat /proc/self/cgroup && { echo 5 >cgroup.max.depth; } 2>&1; echo $$ >a/b/cgroup.procs && echo moved' "$edit | $user"
		expect_contains "$out" '0::/payload'
		expect_contains "$out$err" 'Permission denied'
		expect_contains "$out" moved
		[ ! -e "$TEST_CGROUP/owned" ] || fail 'the cgroup is still there'
	done
	rm -rf sub
	bundle sub sh -c 'cd /sys/fs/cgroup; mkdir -p x/y; echo 0 >x/y/cgroup.procs; echo ready; sleep 60'
	edit_config sub "$edit | $USER"
	"$MINIRUN" run --detach --bundle sub sub >ready
	wait_until 30 grep -q ready ready
	run_minirun delete --force sub
	expect_status 0
	[ ! -e "$TEST_CGROUP/owned" ] || fail 'the cgroup is still there'
}
check 'the container makes cgroups, and delete removes them' sub_cgroups

# What minirun did not make gets its owner back.
adopted()
{
	mkdir "$TEST_CGROUP/mine"
	chown 55 "$TEST_CGROUP/mine" "$TEST_CGROUP/mine/cgroup.procs"
	run_sh 'mkdir /sys/fs/cgroup/below && echo made' "$CGROUP | $USER | .linux.cgroupsPath = \"/mine\""
	expect_equal "$out" made
	expect_equal "$(stat -c %u "$TEST_CGROUP/mine")" 55
	[ ! -e "$TEST_CGROUP/mine/below" ] || fail 'below is still there'
	expect_equal "$(getfattr -d -m - "$TEST_CGROUP/mine" 2>/dev/null || true)" ''
	rmdir "$TEST_CGROUP/mine"
}
check 'an adopted cgroup is given back' adopted
