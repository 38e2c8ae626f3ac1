# refusals.sh: minirun without one capability, step by step: the error names it, says why it is not there, and the host is as before.
# limit: 300
. "$(dirname "$0")/../lib.sh"

BUNDLE=$TEST_TMP/bundle
chmod 711 "$TEST_TMP"
make_bundle "$BUNDLE" true
edit_config "$BUNDLE" '.root.path = $p' --arg p "$BUNDLE/rootfs"

# What stays for good (state root, lock file, bridge lock) is there before anything is compared with it.
"$MINIRUN" run --bundle "$BUNDLE" warm-up || { echo "not ok - the bundle runs"; exit 1; }
before=$(host_state "$BUNDLE")

# under CAPABILITY,... COMMAND...: as root whose bounding set lacks them, as a container engine or a service manager starts it.
under()
{
	local less=-${1//,/,-}
	shift
	status=0
	setpriv --bounding-set "$less" --inh-caps "$less" "$MINIRUN" "$@" >"$TEST_TMP/stdout" 2>"$TEST_TMP/stderr" </dev/null || status=$?
	out=$(cat "$TEST_TMP/stdout")
	err=$(cat "$TEST_TMP/stderr")
}

# expect_refusal STATUS FRAGMENT...: one message with all of them.
expect_refusal()
{
	local fragment
	expect_status "$1"
	shift
	for fragment in "$@"; do
		expect_contains "$(grep -v ': warning: ' <<<"$err")" "$fragment"
	done
	[ "$(grep -c . <<<"$err")" = "$(grep -c '^minirun: ' <<<"$err")" ] || fail "more than messages of one line: $err"
}

# without CAPABILITY WHAT JQ-EDIT [OPTION...]: `run` of the edited bundle fails for want of it, and WHAT is what failed.
without()
{
	local capability=$1 what=$2 edit=$3
	shift 3
	mkdir b
	jq "$edit" "$BUNDLE/config.json" >b/config.json
	under "${capability,,}" run "$@" --bundle b c1
	expect_refusal 125 "$what" "it takes CAP_$capability, which this process has not in its user namespace" \
		'not even root has it here, since it is not in the bounding set that minirun was started with: have a container engine (--cap-add)'
	[ "$(grep -o 'it takes CAP_' <<<"$err" | wc -l)" = 1 ] || fail "the cause is told more than once: $err"
	expect_host_as "$before" "$BUNDLE"
}

check 'CAP_SYS_ADMIN' without SYS_ADMIN 'running this container needs root' .
check 'CAP_NET_ADMIN: loopback' without NET_ADMIN 'cannot bring up the loopback interface: Operation not permitted' .
check 'CAP_NET_ADMIN: a link' without NET_ADMIN 'Operation not permitted' . --net eth0:veth,bridge=br-refused
check 'CAP_SETUID' without SETUID 'cannot become user 7: Operation not permitted' '.process.user.uid = 7'
check 'CAP_SETGID' without SETGID 'cannot set 1 supplementary groups: Operation not permitted' '.process.user.additionalGids = [3]'
check 'CAP_SETPCAP' without SETPCAP 'cannot drop CAP_CHOWN from the bounding set: Operation not permitted' .
check 'CAP_MKNOD' without MKNOD 'cannot make /dev/null: Operation not permitted' .
check 'CAP_CHOWN' without CHOWN 'cannot change the owner of /dev/x: Operation not permitted' '.linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3, uid: 5, gid: 5}]'
check 'CAP_DAC_OVERRIDE' without DAC_OVERRIDE "cannot make the snapshot of $BUNDLE/rootfs: Permission denied" . --snapshot overlay
check 'CAP_SYS_CHROOT' without SYS_CHROOT 'cannot change the root directory: Operation not permitted' \
	'.linux.namespaces |= map(select(.type != "mount")) | del(.mounts) | .linux.maskedPaths = [] | .linux.readonlyPaths = []' --snapshot none
check 'CAP_SYS_RESOURCE: oom_score_adj' without SYS_RESOURCE 'cannot set oom_score_adj to -500: Permission denied' '.process.oomScoreAdj = -500'
rlimit()
{
	ulimit -n 100
	without SYS_RESOURCE 'cannot set RLIMIT_NOFILE to 200:200: Operation not permitted; the hard limit is 100 now' '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 200}]'
}
check 'CAP_SYS_RESOURCE: an rlimit' rlimit
check 'CAP_SYS_NICE' without SYS_NICE 'cannot set the scheduling policy SCHED_FIFO (process.scheduler): Operation not permitted' '.process.scheduler = {policy: "SCHED_FIFO", priority: 1}'
check 'CAP_SYS_TIME' without SYS_TIME 'cannot set the offset of the boottime clock' '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 3}}'
check 'CAP_SETFCAP: id 0 of the host in a user namespace' without SETFCAP 'cannot map container uids 0+65536 to host uids 0+65536' \
	'.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings'

# What the steps do not need is not asked for.
not_needed()
{
	under audit_control,sys_module,sys_rawio,sys_boot,syslog,ipc_lock,net_raw,sys_ptrace,kill,bpf,sys_chroot run --bundle "$BUNDLE" c1
	expect_status 0
	expect_host_as "$before" "$BUNDLE"
}
check 'without what no step needs' not_needed

# --- of a container that runs ---

running()
{
	trap '"$MINIRUN" delete --force other-user' EXIT
	mkdir b
	jq '.process.args = ["sleep", "600"] | .process.user.uid = 7' "$BUNDLE/config.json" >b/config.json
	"$MINIRUN" run --detach --bundle b other-user
	under kill kill other-user TERM
	expect_refusal 1 'cannot send signal 15 to container "other-user" (pid ' 'Operation not permitted; it takes CAP_KILL, which this process has not' 'not even root has it here'
	under sys_admin exec other-user true
	expect_refusal 125 'cannot join the namespaces of the container'"'"'s first process' 'it takes CAP_SYS_ADMIN, which this process has not'
	under sys_chroot exec other-user true
	expect_refusal 125 'cannot join the namespaces of the container'"'"'s first process' 'it takes CAP_SYS_CHROOT, which this process has not'
	expect_equal "$(status_of other-user)" running
}
check 'CAP_KILL, and exec without CAP_SYS_ADMIN and CAP_SYS_CHROOT' running

# --- the capability is there, and does not count ---

USER_NAMESPACE='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'
first_namespace_only()
{
	ulimit -n 100
	mkdir b
	jq "$USER_NAMESPACE"' | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 200}]' "$BUNDLE/config.json" >b/config.json
	run_minirun run --bundle b c1
	expect_refusal 125 'cannot set RLIMIT_NOFILE to 200:200' "it takes CAP_SYS_RESOURCE in the machine's first user namespace; this process has it in another one only"
	expect_lacks "$err" 'bounding set'
	expect_host_as "$before" "$BUNDLE"
}
check 'a right of the first user namespace' first_namespace_only

# above TYPE MOUNT SYSCTL VALUE: runs b in a user namespace with a namespace of that type (linux.namespaces) from outside, and this setting. What mounts that namespace's file system
# is left out.
above()
{
	trap 'umount kept; rm kept' EXIT
	: >kept
	unshare "--${1%work}=kept" true
	mkdir b
	jq "$USER_NAMESPACE"' | .linux.namespaces |= map(if .type == $type then .path = $path else . end) | .linux.sysctl = {($name): $value} | .mounts |= map(select(.type != $mount))' \
		--arg type "$1" --arg path "$PWD/kept" --arg mount "$2" --arg name "$3" --arg value "$4" "$BUNDLE/config.json" >b/config.json
	run_minirun run --bundle b c1
}

owned_above()
{
	above network sysfs net.ipv4.ip_forward 1
	expect_refusal 125 'cannot set sysctl net/ipv4/ip_forward' 'it takes CAP_NET_ADMIN in the user namespace that owns the network namespace, which is above'
}
check 'a network namespace that belongs to a user namespace above' owned_above

# Of other settings than those of a network namespace none is a matter of CAP_NET_ADMIN.
other_sysctl()
{
	above ipc mqueue kernel.msgmax 4096
	expect_refusal 125 'cannot set sysctl kernel/msgmax' "the kernel may keep this setting for root of the machine's first user namespace, or for reading only"
	expect_lacks "$err" CAP_
}
check 'a sysctl of an ipc namespace that belongs to a user namespace above' other_sysctl

# --- what may be a matter of the image ---

# Without a mount of proc, /proc is the image's, from where nothing is read: not a fifo that nobody writes to, nor a file for the administrator's terminal.
of_the_image()
{
	ulimit -n 100
	chmod 711 .
	make_rootfs b/rootfs
	mkdir -p b/rootfs/proc/self/attr b/rootfs/proc/self/ns b/rootfs/proc/sys/kernel
	jq "$USER_NAMESPACE"' | .root.path = "rootfs" | .mounts |= map(select(.type != "proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []
		| .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 200, hard: 200}]' "$BUNDLE/config.json" >b/config.json
	"$1" b/rootfs/proc/self/attr/current
	"$1" b/rootfs/proc/self/ns/user
	"$1" b/rootfs/proc/sys/kernel/apparmor_restrict_unprivileged_userns
	status=0
	timeout -k 5 60 "$MINIRUN" run --bundle b c1 >out 2>err </dev/null || status=$?
	out=$(cat out) err=$(cat err)
	expect_refusal 125 'cannot set RLIMIT_NOFILE to 200:200: Operation not permitted; the hard limit is 100 now' 'CAP_SYS_RESOURCE is there: ' \
		"this is not the machine's first user namespace (which cannot be seen without /proc)"
	expect_lacks "$err" 'of the image'
}
words()
{
	printf '\033[1mof the image\n' >"$1"
}
check 'a /proc of the image with fifos' of_the_image mkfifo
check 'a /proc of the image with words' of_the_image words
