# container_attributes.sh: what the program has from its config beside its identity, read back from inside: keyring, scheduling, I/O priority, NUMA policy,
# execution domain, security labels.
# limit: 300
. "$(dirname "$0")/../lib.sh"
. "$REPOSITORY/tests/integration/container.bash"

# --- the session keyring ---

USERNS='.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = .linux.uidMappings'

keyring()
{
	local own
	own=$("$PROBE" | jq -c .keyring.id)
	see '.'
	saw '[.keyring.name, .keyring.permissions]' '["_ses.seen","3f1b0000"]'
	[ "$(json "$out" .keyring.id)" != "$own" ] || fail 'it is the keyring of the caller'
	see "$USERNS"
	saw .keyring.name '"_ses.seen"'
	see '.process.user = {uid: 1000, gid: 1000}'
	saw .keyring.name '"_ses.seen"'
	see '.' --no-new-keyring
	saw .keyring.id "$own"
}
check 'a session keyring of its own, unless --no-new-keyring' keyring

# --- process.scheduler ---

# scheduled SCHEDULER EXPECTED [EDIT [OPTION...]]: [policy, flags, nice, priority, runtime, deadline, period] inside; those of SCHED_DEADLINE for it alone.
scheduled()
{
	local scheduler=$1 expected=$2 edit=${3-.}
	shift $(($# > 2 ? 3 : 2))
	see ".process.scheduler = $scheduler | $edit" "$@"
	saw '.scheduler | [.policy, .flags, .nice, .priority] + if .policy == "DEADLINE" then [.runtime, .deadline, .period] else [] end' "$expected"
}

policies()
{
	scheduled '{policy: "SCHED_OTHER", nice: 5}' '["OTHER",0,5,0]'
	scheduled '{policy: "SCHED_OTHER", nice: -20}' '["OTHER",0,-20,0]'
	scheduled '{policy: "SCHED_BATCH", priority: 0, nice: 19}' '["BATCH",0,19,0]'
	scheduled '{policy: "SCHED_IDLE"}' '["IDLE",0,0,0]'
	scheduled '{policy: "SCHED_FIFO", priority: 10}' '["FIFO",0,0,10]'
	scheduled '{policy: "SCHED_RR", priority: 1, flags: ["SCHED_FLAG_RESET_ON_FORK"]}' '["RR",1,0,1]'
	scheduled '{policy: "SCHED_FIFO", flags: ["SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS"]}' '["OTHER",0,0,0]'
}
check 'each scheduling policy with its values, read back inside' policies

# Without a period it is the deadline; what runs so cannot fork, but may be told to.
deadline()
{
	scheduled '{policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, period: 40000000}' '["DEADLINE",0,0,0,10000000,20000000,40000000]'
	scheduled '{policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000}' '["DEADLINE",0,0,0,10000000,20000000,20000000]'
	scheduled '{policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, nice: 19, flags: ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]}' \
		'["DEADLINE",7,0,0,10000000,20000000,20000000]'
	# Little time is enough: set-up is not done within it.
	scheduled '{policy: "SCHED_DEADLINE", runtime: 200000, deadline: 2000000}' '["DEADLINE",0,0,0,200000,2000000,2000000]'
	run_sh 'echo $(echo forked)' '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000, flags: ["SCHED_FLAG_RESET_ON_FORK"]}'
	expect_equal "$out" forked
}
check 'SCHED_DEADLINE: reserved time, its flags, a period of its own' deadline

# Neither the user, nor a user namespace, nor lacking capabilities, nor a filter of the container is in the way: the parent sets it.
scheduled_whoever()
{
	local no_call='.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["sched_setattr", "ioprio_set"], action: "SCMP_ACT_ERRNO"}]}' edit
	for edit in '.process.user.uid = 1000' "$USERNS" '.process.capabilities = {}' "$no_call" "$no_call | .process.noNewPrivileges = false"; do
		scheduled '{policy: "SCHED_RR", priority: 3}' '["RR",0,0,3]' "$edit | .process.ioPriority = {class: \"IOPRIO_CLASS_RT\", priority: 2}"
		saw .io_priority '{"class":"RT","priority":2}'
	done
}
check 'a real-time policy for any user, in a user namespace, under a filter' scheduled_whoever

deadline_or_cpus()
{
	local before
	[ "$(nproc --all)" -gt 1 ] || skip_without_kernel 'one CPU: no affinity leaves one out'
	before=$(host_state)
	bundle b true
	edit_config b '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 10000000, deadline: 20000000}'
	run_minirun run --cpus 0 b
	expect_status 125
	expect_contains "$err" 'cannot set the scheduling policy SCHED_DEADLINE (process.scheduler): Operation not permitted; CAP_SYS_NICE is there: the kernel gives it only to a process that may run on every CPU'
	expect_host_as "$before"
	# All of them are no restriction.
	run_minirun run --cpus "0-$(($(nproc --all) - 1))" b
	expect_status 0
	# Another policy goes with any CPUs.
	scheduled '{policy: "SCHED_FIFO", priority: 2}' '["FIFO",0,0,2]' . --cpus 0
}
check 'SCHED_DEADLINE cannot be used together with some of the CPUs' deadline_or_cpus

scheduler_of_a_detached_one()
{
	bundle b sleep 1000
	edit_config b '.process.scheduler = {policy: "SCHED_BATCH", nice: 7} | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	run_minirun run --detach --pid-file pid b
	expect_status 0
	trap '"$MINIRUN" delete --force b' EXIT
	expect_contains "$(chrt -p "$(cat pid)")" SCHED_BATCH
	expect_equal "$(ionice -p "$(cat pid)")" idle
}
check 'scheduling and I/O priority of a detached container, seen from the host' scheduler_of_a_detached_one

# --- process.ioPriority ---

io_priorities()
{
	local io_class
	for io_class in RT BE; do
		see ".process.ioPriority = {class: \"IOPRIO_CLASS_$io_class\", priority: 4}"
		saw .io_priority "{\"class\":\"$io_class\",\"priority\":4}"
	done
	see '.process.ioPriority = {class: "IOPRIO_CLASS_IDLE"}'
	saw .io_priority.class '"IDLE"'
	see '.process.ioPriority = {class: "IOPRIO_CLASS_BE"}'
	saw .io_priority '{"class":"BE","priority":0}'
	see '.'
	saw .io_priority "$("$PROBE" | jq -c .io_priority)"
}
check 'each I/O class, read back inside' io_priorities

# --- linux.personality ---

personalities()
{
	local machine
	machine=$(uname -m)
	see '.linux.personality = {domain: "LINUX"}'
	saw '[.personality, .machine]' "[0,\"$machine\"]"
	see '.linux.personality = {domain: "LINUX32", flags: []}'
	saw .personality 8
	[ "$machine" != x86_64 ] || saw .machine '"i686"'
	# A filter that forbids the call comes later.
	see '.linux.personality = {domain: "LINUX32"} | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["personality"], action: "SCMP_ACT_ERRNO"}]}'
	[ "$machine" != x86_64 ] || saw .machine '"i686"'
	# The caller's own one is not inherited where the config has one.
	rm -rf seen
	bundle seen probe
	edit_config seen '.linux.personality = {domain: "LINUX"}'
	expect_equal "$(setarch linux32 "$MINIRUN" run seen | jq -r .machine)" "$machine"
}
check 'the execution domain: uname inside' personalities

# --- linux.memoryPolicy ---

# remembered POLICY EXPECTED: what get_mempolicy(2) tells inside; flags: 1 << 13 balancing, 14 relative, 15 static.
remembered()
{
	see ".linux.memoryPolicy = $1"
	saw '.memory_policy | [.mode, .flags, .nodes]' "$2"
}

memory_policies()
{
	[ -e /proc/self/numa_maps ] || skip_without_kernel CONFIG_NUMA
	remembered '{mode: "MPOL_DEFAULT"}' '[0,0,[]]'
	remembered '{mode: "MPOL_DEFAULT", nodes: ""}' '[0,0,[]]'
	remembered '{mode: "MPOL_PREFERRED", nodes: "0"}' '[1,0,[0]]'
	remembered '{mode: "MPOL_BIND", nodes: "0"}' '[2,0,[0]]'
	remembered '{mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}' '[2,32768,[0]]'
	remembered '{mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES"]}' '[2,24576,[0]]'
	remembered '{mode: "MPOL_INTERLEAVE", nodes: "0", flags: []}' '[3,0,[0]]'
	remembered '{mode: "MPOL_PREFERRED_MANY", nodes: "0"}' '[5,0,[0]]'
	remembered '{mode: "MPOL_LOCAL", nodes: ""}' '[4,0,[]]'
	run_sh 'head -n 1 /proc/self/numa_maps' '.linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0", flags: ["MPOL_F_RELATIVE_NODES"]}'
	expect_contains "$out" 'prefer=relative:0'
	run_sh 'head -n 1 /proc/self/numa_maps' '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"} | .process.user.uid = 1000'
	expect_contains "$out" 'interleave:0'
}
check 'each memory policy, read back inside' memory_policies

weighted_interleave()
{
	[ -e /sys/kernel/mm/mempolicy/weighted_interleave ] || skip_without_kernel 'MPOL_WEIGHTED_INTERLEAVE (Linux 6.9)'
	remembered '{mode: "MPOL_WEIGHTED_INTERLEAVE", nodes: "0"}' '[6,0,[0]]'
}
check 'weighted interleaving' weighted_interleave

no_such_node()
{
	local before
	before=$(host_state)
	bundle b true
	edit_config b '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0,1023"}'
	run_minirun run b
	expect_status 125
	expect_contains "$err" 'linux.memoryPolicy.nodes: cannot use memory node 1023: this machine has '
	expect_host_as "$before"
}
check 'a node that the machine has not is refused before anything is made' no_such_node

# --- exec ---

# What the config says for the container goes for exec too; what the exec's own process has, wins.
exec_has_them_too()
{
	local config='.process.scheduler = {policy: "SCHED_BATCH", nice: 19} | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 4} | .linux.personality = {domain: "LINUX32"}'
	rm -rf b
	bundle b sleep 1000
	[ ! -e /proc/self/numa_maps ] || config+=' | .linux.memoryPolicy = {mode: "MPOL_PREFERRED", nodes: "0", flags: ["MPOL_F_STATIC_NODES"]}'
	edit_config b "$config"
	run_minirun run --detach --id attributed b
	expect_status 0
	trap '"$MINIRUN" delete --force attributed' EXIT
	run_minirun exec attributed probe
	expect_status 0
	saw '[.scheduler.policy, .scheduler.nice, .personality, .keyring.name]' '["BATCH",19,8,"_ses.attributed"]'
	saw .io_priority '{"class":"BE","priority":4}'
	[ ! -e /proc/self/numa_maps ] || saw .memory_policy '{"mode":1,"flags":32768,"nodes":[0]}'
	echo '{"cwd": "/", "args": ["/bin/probe"], "ioPriority": {"class": "IOPRIO_CLASS_IDLE"},
		"scheduler": {"policy": "SCHED_DEADLINE", "flags": ["SCHED_FLAG_RESET_ON_FORK"], "nice": 19, "priority": 0, "runtime": 420000, "deadline": 1000000, "period": 10000000}}' >process.json
	run_minirun exec --process process.json attributed
	expect_status 0
	saw '.scheduler | [.policy, .flags, .runtime, .deadline, .period]' '["DEADLINE",1,420000,1000000,10000000]'
	saw .io_priority.class '"IDLE"'
}
check 'exec has the same, or its own' exec_has_them_too

# --- security labels; what they do is for the virtual machines (tests/vm/test_apparmor.sh) ---

# refused_label EDIT MESSAGE
refused_label()
{
	local before
	before=$(host_state)
	rm -rf b
	bundle b true
	edit_config b "$1"
	run_minirun run b
	expect_status 125
	expect_contains "$err" "$2"
	expect_host_as "$before"
}

labels_without_a_module()
{
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] ||
		refused_label '.process.apparmorProfile = "lab"' 'cannot set process.apparmorProfile lab: an apparmor profile is specified, but apparmor is disabled or not supported by this kernel; boot with'
	[ -e /sys/fs/selinux/policy ] && return
	refused_label '.process.selinuxLabel = "a:b:c:s0"' 'cannot set process.selinuxLabel a:b:c:s0: a selinux label is specified, but selinux is disabled or not supported by this kernel'
	refused_label '.linux.mountLabel = "a:b:c:s0"' 'cannot set linux.mountLabel a:b:c:s0: a selinux label is specified, but selinux is disabled'
	# Empty is none, as engines write it.
	bundle c true
	edit_config c '.process.apparmorProfile = "" | .process.selinuxLabel = "" | .linux.mountLabel = ""'
	run_minirun run c
	expect_status 0
}
check 'a label that the kernel has no module for is refused before anything is made' labels_without_a_module

# exec asks by itself, since its process may be another's.
exec_labels_without_a_module()
{
	[ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" != Y ] || return 0
	rm -rf b
	bundle b sleep 1000
	run_minirun run --detach --id unlabelled b
	expect_status 0
	trap '"$MINIRUN" delete --force unlabelled' EXIT
	run_minirun exec --apparmor lab unlabelled true
	[ "$status" != 0 ] || fail 'it ran'
	expect_contains "$err" 'cannot set process.apparmorProfile lab: an apparmor profile is specified'
}
check 'exec refuses such labels, too' exec_labels_without_a_module
