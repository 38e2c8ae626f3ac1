// describe.c: names, reasons and one-line summaries of the steps; see describe.h. Pure.
#include "plan/describe.h"

#include "cgroup/cgroup.h"
#include "plan/flags.h"
#include "plan/links_text.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mount.h>

static const struct {
	const char *name;
	const char *why;
} words[] = {
	[STEP_STATE] = {"state", "what is about to be made is recorded first, so that a crash at any later step can be cleaned up"},
	[STEP_CLAIM_CORES] = {"claim-cores", "CPUs have one owner on this machine, whatever the state root; the ledger's lock is held since they were chosen, so that two starts cannot choose the same"},
	[STEP_NAMES] = {"names", "in the state directory, to be bound over the image's files: those stay as they are, and the container's go with it"},
	[STEP_HOST_FDS] = {"host-fds", "the host's /proc and /dev/null are opened before the container's mounts could put something else in their place"},
	[STEP_SNAPSHOT] = {"snapshot", "copy-on-write: what the container writes goes to a place of its own, the image stays as it is"},
	[STEP_CLONE_ROOT] = {"clone-root", "pivot_root needs a mount point; a clone of the tree is one, and does not touch the host's"},
	[STEP_MAPPING] = {"id-mapping", "the kernel takes the id mapping of a mount as a user namespace; nobody lives in this one"},
	[STEP_IDMAP] = {"idmap", "by minirun, since it takes privilege over the source's file system, which no container in a user namespace has; nobody sees the clone before it is attached"},
	[STEP_NOTIFY_SOCKET] = {"notify-socket", "the program tells a socket of minirun's that it is ready, and minirun the service manager: what comes from the container is looked at first"},
	[STEP_NOTIFY_MOUNT] = {"notify-mount", "the program finds the socket's directory there ($NOTIFY_SOCKET)"},
	[STEP_SECCOMP_COMPILE] = {"seccomp-compile", "the profile becomes a BPF program before the process exists; a repeated start takes it from the cache"},
	[STEP_CGROUP_CREATE] = {"cgroup-create", "the cgroup exists before the process, so that the process can be born in it"},
	[STEP_UNIT_START] = {"unit-start", "systemd makes the cgroup and knows the container and its limits; a placeholder process keeps the unit alive, so that the container's first can be born in it"},
	[STEP_UNIT_LEAVE] = {"unit-leave", "the container's first process keeps the unit alive now"},
	[STEP_UNIT_SET] = {"unit-set", "systemd knows these limits too, so that a daemon-reload keeps them"},
	[STEP_CGROUP_ROOM] = {"cgroup-room", "minirun runs in a unit with Delegate=yes, and the container's cgroup is below it: cgroup v2 hands controllers on only where no process is"},
	[STEP_CGROUP_WRITE] = {"cgroup-write", "limits come before the process, so that it never runs without them; cpu.max comes last, since set-up inside a small quota takes seconds"},
	[STEP_PARTITION] = {"partition", "the scheduler keeps everybody else off, and balances nothing there; read back, since the kernel takes the write also where it does not work"},
	[STEP_THREAD_LEAVES] = {"thread-leaves", "a cpuset for each role: a thread in one cannot choose other CPUs, and what is exec'd begins beside the control threads"},
	[STEP_SETTLE_CORES] = {"settle-cores", "the level that was reached is on record, interrupts and the kernel's other movable work leave the CPUs, and the ledger is free for others"},
	[STEP_CGROUP_OPEN] = {"cgroup-open", "the process is born where the container's limits hold"},
	[STEP_INITIAL_AFFINITY] = {"initial-affinity", "execCPUAffinity.initial: where minirun itself runs until the process is in the container's cgroup"},
	[STEP_START_SOCKET] = {"start-socket", "where `minirun start` will knock; it is there as long as the container is \"created\""},
	[STEP_RESCTRL] = {"resctrl", "the share of cache and memory bandwidth is there before the process; one that cannot be had fails early"},
	[STEP_RESCTRL_JOIN] = {"resctrl-join", "before the program starts: what it starts itself follows it into the group"},
	[STEP_SPAWN] = {"spawn", "one call makes the process in its new namespaces and in its cgroup; writing cgroup.procs later would cost milliseconds and leave a gap"},
	[STEP_ID_MAPS] = {"id-maps", "until ids are mapped, nobody in the user namespace owns anything; only a process outside may map other users' ids"},
	[STEP_DEVICE_FILTER_LOAD] = {"device-filter-load", "cgroup v2 has no device files: an eBPF program decides; it is verified while init mounts"},
	[STEP_BRIDGE] = {"bridge", "the host end needs a bridge to reach others; one that minirun makes goes with its last user"},
	[STEP_ADDRESS] = {"address", "an address has one owner on a bridge, whatever the state root; under the lock of the bridges, so that two starts cannot choose the same"},
	[STEP_VETH] = {"veth", "one message makes the pair with the peer already in the container and the host end already on its bridge; nothing has to be moved"},
	[STEP_NAT] = {"nat", "one table of nf_tables that is the container's alone, in one transaction: it goes with one command; the host forwards as long as a container needs it"},
	[STEP_STEER_LINK] = {"steer-link", "without receive steering (RPS) what a worker sends is worked on to the end, through bridge and receiver, by the worker's own CPU"},
	[STEP_PEER] = {"peer", "a pair without a bridge: whichever of the two containers comes second makes and configures both ends, each where it belongs, under a lock; until then the first has no such link"},
	[STEP_LINK_READY] = {"link-ready", "the kernel opens the bridge's port from a work queue; what the program sent before that would be lost"},
	[STEP_NET_DEVICE] = {"net-device", "moved before the program's first instruction; the kernel keeps its attributes and drops its addresses, which are put on again"},
	[STEP_DEVICE_FILTER_ATTACH] = {"device-filter-attach", "before the program can open a device; making nodes, which init does meanwhile, is always allowed"},
	[STEP_PID_FILE] = {"pid-file", "service managers read the program's pid here; it is complete before the program runs"},
	[STEP_RECORD] = {"record", "from here on `state`, `kill` and `delete` find the process; a container in the making until the program runs"},
	[STEP_SCHEDULER] = {"scheduler", "late, since set-up that runs idle or within a deadline takes seconds; by the parent, who has the right to it also where init is in a user namespace"},
	[STEP_IO_PRIORITY] = {"io-priority", "which requests of the disk come first; by the parent, as the scheduling is"},
	[STEP_PIDFD_SOCKET] = {"pidfd-socket", "who watches the process holds it by its fd: a number may be somebody else's by the time it is used"},
	[STEP_CONSOLE] = {"console", "the master goes to --console-socket from outside: exec's process is in the container's mount namespace, and mapped ids may not open the socket"},
	[STEP_SECCOMP_LISTENER] = {"seccomp-listener", "by the parent, who takes the fd out of the process: each call of the process itself may be one that waits for the agent's answer"},
	[STEP_PRESTART_HOOK] = {"prestart", "in the runtime's namespaces, once the container's are made and its mounts done: what it puts into them is there before the program; init waits"},
	[STEP_CREATE_RUNTIME_HOOK] = {"create-runtime", "in the runtime's namespaces, once the container's are made and its mounts done; init waits, and a failure ends the container"},
	[STEP_CREATE_CONTAINER_HOOK] = {"create-container", "in the container's namespaces, while / is still the host's: it can mount host files below the container's root"},
	[STEP_SESSION] = {"session", "a session of its own: the caller's terminal cannot be reached (TIOCSTI), and a foreground container dies with minirun"},
	[STEP_SOURCE] = {"source", "while init is still the user who runs minirun: directories on the way may be closed to the id that the container's root is mapped to"},
	[STEP_BECOME_ROOT] = {"become-root", "id 0 of the user namespace owns the namespaces that are to be set up"},
	[STEP_KEYRING] = {"keyring", "the keys of minirun's caller stay outside: a session keyring is inherited, and keys are in no namespace"},
	[STEP_CGROUP_NAMESPACE] = {"cgroup-namespace", "made inside the cgroup: clone3 would root it at the parent's"},
	[STEP_PROPAGATION] = {"propagation", "no mount of the container may reach the host; only the new namespace is changed"},
	[STEP_MASK_SOURCE] = {"mask-source", "what masks will be made of: the host's /dev/null, cloned where the right to do so is, before any mount of the container"},
	[STEP_ATTACH_ROOT] = {"attach-root", "the detached tree gets its place in the container's mount namespace"},
	[STEP_MOUNT] = {"mount", "in the order of config.json; the target is resolved once, inside the root, and mounted on by fd"},
	[STEP_DEVICE] = {"device", "the devices that every program expects, and those of config.json"},
	[STEP_DEVICE_LINKS] = {"device-links", "/dev/fd, /dev/stdin, /dev/stdout, /dev/stderr, /dev/ptmx, as the OCI specification demands"},
	[STEP_TERMINAL] = {"terminal", "a pty of the container's own devpts: the caller's terminal never gets inside"},
	[STEP_WORKING_DIRECTORY] = {"working-directory", "made if it is missing, while the root is still writable"},
	[STEP_LOOPBACK] = {"loopback", "a new network namespace has its lo down"},
	[STEP_SUBLINK] = {"sublink", "born in the container's network namespace in one message, on a device that stays the host's"},
	[STEP_VRF] = {"vrf", "the links that are its ports route by its table, and no others"},
	[STEP_OWN_LINK] = {"own-link", "made in the container's network namespace, with which it ends; nothing of it is on the host"},
	[STEP_LINK] = {"link", "addresses and routes are there before the program's first instruction"},
	[STEP_SYSCTL] = {"sysctl", "through the host's /proc fd in the container's namespaces; a mount of the container cannot redirect it"},
	[STEP_HOSTNAME] = {"hostname", "of the new UTS namespace only"},
	[STEP_DOMAINNAME] = {"domainname", "of the new UTS namespace only"},
	[STEP_CGROUP_OWNER] = {"cgroup-owner", "its cgroup mount is writable, so the program may make cgroups below; the limits in the directory itself stay root's"},
	[STEP_OOM_SCORE] = {"oom-score", "which process the kernel gives up first when memory runs out"},
	[STEP_PIVOT_ROOT] = {"pivot-root", "the new root becomes / and the host's tree is detached: there is no path back, unlike with chroot"},
	[STEP_CHROOT] = {"chroot", "without a mount namespace of its own the process shares the host's mounts; only its / changes"},
	[STEP_MOVE_ROOT] = {"move-root", "--no-pivot: the new root is moved over the old one, which stays beneath; procfs and sysfs of the host go first, so that no way back to them is left"},
	[STEP_ROOT_PROPAGATION] = {"root-propagation", "linux.rootfsPropagation: how mounts below / travel"},
	[STEP_READONLY_PATH] = {"readonly-path", "knobs of the kernel that may be read but not turned"},
	[STEP_MASK_PATH] = {"mask-path", "what tells about the host or harms it is covered; it fails rather than staying open"},
	[STEP_ROOT_READONLY] = {"root-readonly", "root.readonly: the mount, never the superblock, which the host may share"},
	[STEP_RLIMIT] = {"rlimit", "while the privilege to raise one is still there"},
	[STEP_PERSONALITY] = {"personality", "before the filter, which may forbid it; what uname(2) tells, and how execve lays out memory"},
	[STEP_MEMORY_POLICY] = {"memory-policy", "on which NUMA nodes the program's memory lies; inherited over execve, as the affinity is"},
	[STEP_ENTER_LEAF] = {"enter-leaf", "once the cgroup namespace is rooted above it; threads that the program starts are born here and moved to their own core"},
	[STEP_AFFINITY] = {"affinity", "first to the first CPU alone, then to all: on isolated CPUs nothing is balanced, so the program stays where it starts. Where the cgroup holds the list the last mask has every CPU: kernels from 6.2 keep a narrower one, and later lists would be cut by it"},
	[STEP_APPARMOR] = {"apparmor", "the profile takes effect at execve, so that nothing of the set-up needs its leave; written by the host's /proc, where the container mounts nothing, and read back"},
	[STEP_SELINUX] = {"selinux", "the label takes effect at execve; written by the host's /proc, where the container mounts nothing, and read back"},
	[STEP_CORE_COOKIE] = {"core-cookie", "before there is anybody to inherit it: threads of a physical core then run the container's or somebody else's, never both at a time"},
	[STEP_CHECK_LCORES] = {"check-lcores", "VPP ends with a misleading message when its configuration names a CPU that is not the container's"},
	[STEP_CHDIR] = {"chdir", "all the host's files are closed first, and getcwd must find the directory below the root: none leads out of it (CVE-2024-21626)"},
	[STEP_BOUNDING_SET] = {"bounding-set", "what is dropped here can never come back, not even by a set-uid program"},
	[STEP_USER] = {"user", "groups before gid before uid: each needs the privilege that the next one gives up"},
	[STEP_CAPABILITIES] = {"capabilities", "after the change of user, which would clear them; inheritable stays as the config says (empty by default)"},
	[STEP_NO_NEW_PRIVS] = {"no-new-privs", "no set-uid bit and no file capability gives privileges any more; also lets an unprivileged process load a filter"},
	[STEP_FIND_PROGRAM] = {"find-program", "a program that is not there is an error of `create`, where engines look for it, not of `start`"},
	[STEP_HIDE] = {"hide", "what waits for `start` is minirun: its /proc/PID/exe, the binary on the host, is for those only who may trace on the host (CVE-2019-5736)"},
	[STEP_AWAIT_START] = {"await-start", "all is made, and nothing of the image has run; `minirun start` lets it go on and hears whether execve succeeded"},
	[STEP_REAPER] = {"reaper", "a first process that passes signals on and reaps orphans, which few programs do; it keeps none but the system calls for that, and is not minirun's own binary"},
	[STEP_START_CONTAINER_HOOK] = {"start-container", "inside, as the program's user, right before it and under its filter: the hook is a file of the image, so it may do no more than the program"},
	[STEP_POSTSTART_HOOK] = {"poststart", "in the runtime's namespaces, once the program runs and before minirun says so; a failure ends the container"},
	[STEP_SECCOMP] = {"seccomp", "as late as possible: only what follows has to pass the filter"},
	[STEP_EXEC] = {"exec", "the program replaces init; all other fds are closed right before"},
};

_Static_assert(sizeof words / sizeof *words == STEP_KIND_MAX, "every step kind has words");

const char *step_name(enum step_kind kind)
{
	return words[kind].name;
}

const char *step_why(enum step_kind kind)
{
	return words[kind].why;
}

static const char *summary_snapshot(struct arena *arena, const struct step *step)
{
	const struct snapshot *s = &step->snapshot.what;
	const char *layers = s->image, *text;

	for (size_t i = 0; i < s->lowers.count; i++)
		layers = arena_printf(arena, "%s over %s", s->lowers.items[i], layers);
	if (s->kind == SNAPSHOT_BTRFS)
		text = arena_printf(arena, "btrfs snapshot %s/root of %s", s->directory, s->image);
	else if (s->kind == SNAPSHOT_REFLINK)
		text = arena_printf(arena, "copy %s/root of %s that shares its blocks", s->directory, s->image);
	else if (s->tmpfs)
		text = arena_printf(arena, "writable layer on a tmpfs over %s", layers);
	else
		text = arena_printf(arena, "writable layer %s over %s", s->directory, layers);
	if (s->size > 0)
		text = arena_printf(arena, "%s, %ju bytes at most", text, (uintmax_t)s->size);
	if (s->mapped)
		text = arena_printf(arena, "%s, ids mapped%s", text, s->must_map ? "" : " if its file system can");
	return step->snapshot.why != NULL ? arena_printf(arena, "%s (%s)", text, step->snapshot.why) : text;
}

static const char *summary_spawn(struct arena *arena, const struct step *step)
{
	const char *text = step->spawn.target != NULL ? arena_printf(arena, "a process in the namespaces of %d:", step->spawn.target->pid) : step->spawn.flags != 0 ? "a process in new namespaces:" : "a process in the namespaces of minirun";
	static const int types[] = {0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x08000000, 0x04000000, 0x80}; // user pid mount network ipc uts time

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (((step->spawn.flags | step->spawn.target_types) & (uint64_t)types[i]) != 0)
			text = arena_printf(arena, "%s %s", text, namespace_name(types[i]));
	for (size_t i = 0; i < step->spawn.join_count; i++)
		text = arena_printf(arena, "%s; joins %s %s", text, namespace_name(step->spawn.joins[i].type), step->spawn.joins[i].path);
	return step->spawn.cgroup ? arena_printf(arena, "%s; born in its cgroup", text) : text;
}

static const char *summary_mount(struct arena *arena, const struct mount_request *m)
{
	const char *options = flags_mount_options(arena, m);

	return arena_printf(arena, "%s%s on %s%s%s%s%s%s", m->bind ? "bind " : "", m->bind || m->type == NULL ? m->source : m->type, m->destination,
			    *options != '\0' ? " (" : "", options, *options != '\0' ? ")" : "",
			    m->idmap ? ", ids mapped" : "", m->propagation != 0 ? arena_printf(arena, ", %s", flags_propagation_word(m->propagation)) : "");
}

// "0-65535", or one number.
static const char *id_range(struct arena *arena, uint32_t first, uint32_t size)
{
	return size == 1 ? arena_printf(arena, "%" PRIu32, first) : arena_printf(arena, "%" PRIu32 "-%" PRIu32, first, first + size - 1);
}

static const char *id_ranges(struct arena *arena, const char *what, const struct id_mappings *mappings)
{
	const char *text = what;

	for (size_t i = 0; i < mappings->count; i++) {
		const struct id_mapping *mapping = &mappings->items[i];

		text = arena_printf(arena, "%s%s%s as %s", text, i > 0 ? ", " : " ", id_range(arena, mapping->container_id, mapping->size), id_range(arena, mapping->host_id, mapping->size));
	}
	return text;
}

static const char *summary_mapping(struct arena *arena, const struct step *step)
{
	if (step->mapping.path != NULL)
		return arena_printf(arena, "of %s", step->mapping.path);
	return arena_printf(arena, "%s; %s", id_ranges(arena, "uids", step->mapping.uids), id_ranges(arena, "gids", step->mapping.gids));
}

static const char *summary_resctrl(struct arena *arena, const struct step *step)
{
	const struct resctrl_group *group = &step->resctrl.group;
	const char *text = step->resctrl.path;

	for (size_t i = 0; step->kind == STEP_RESCTRL && i < group->lines.count; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? ": " : ", ", group->lines.items[i]);
	return group->monitor != NULL ? arena_printf(arena, "%s; monitored as %s", text, group->monitor) : text;
}

static const char *summary_user(struct arena *arena, const struct user_ids *user)
{
	const char *text = arena_printf(arena, "uid %u gid %u", user->uid, user->gid);

	for (size_t i = 0; i < user->group_count; i++)
		text = arena_printf(arena, "%s%s%u", text, i == 0 ? " groups " : ",", user->groups[i]);
	return user->umask.set ? arena_printf(arena, "%s umask %04" PRIo64, text, user->umask.value) : text;
}

static const char *summary_scheduling(struct arena *arena, const struct scheduling *s)
{
	const char *text = scheduler_policy_name(s->policy);

	if (s->priority != 0)
		text = arena_printf(arena, "%s priority %u", text, s->priority);
	if (s->nice != 0)
		text = arena_printf(arena, "%s nice %d", text, s->nice);
	if (s->runtime != 0)
		text = arena_printf(arena, "%s %" PRIu64 " of %" PRIu64 " ns within %" PRIu64 " ns", text, s->runtime, s->period != 0 ? s->period : s->deadline, s->deadline);
	return s->flags != 0 ? arena_printf(arena, "%s, %s", text, flags_scheduler(arena, s->flags)) : text;
}

const char *hook_summary(struct arena *arena, const struct hook *hook, size_t index)
{
	const char *text = arena_printf(arena, "hook %zu: %s", index, hook->path);

	for (size_t i = 1; i < 16 && i < hook->args.count; i++)
		text = arena_printf(arena, "%s %s", text, hook->args.items[i]);
	return hook->timeout.set ? arena_printf(arena, "%s (at most %" PRId64 " s)", text, hook->timeout.value) : text;
}

static const char *summary_memory_policy(struct arena *arena, const struct memory_policy *policy)
{
	const char *text = flags_memory_policy(arena, policy);

	return cpuset_count(&policy->nodes) > 0 ? arena_printf(arena, "%s, nodes %s", text, cpuset_format(arena, &policy->nodes)) : text;
}

static const char *summary_exec(struct arena *arena, const struct program *program)
{
	const char *text = "";

	for (size_t i = 0; i < 16 && program->args[i] != NULL; i++)
		text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "", program->args[i]);
	return text;
}

static const char *kept(struct arena *arena, uint64_t set)
{
	return set == 0 ? "none" : flags_capabilities(arena, set, "", " ", 1);
}

static const char *summary_claim(struct arena *arena, const struct ledger_claim *claim)
{
	const char *home = cpuset_format(arena, &claim->housekeeping), *idle = cpuset_format(arena, &claim->idle);
	const char *text = arena_printf(arena, "%s CPUs %s", claim->shared ? "shares" : "owns", cpuset_format(arena, &claim->cpus));

	if (cpuset_count(&claim->mains) > 0)
		text = arena_printf(arena, "%s: main %s", text, cpuset_format(arena, &claim->mains));
	if (cpuset_count(&claim->workers) > 0)
		text = arena_printf(arena, "%s%s workers %s", text, cpuset_count(&claim->mains) > 0 ? "," : ":", cpuset_format(arena, &claim->workers));
	if (*idle != '\0')
		text = arena_printf(arena, "%s, idle %s", text, idle);
	if (claim->holds_latency)
		text = arena_printf(arena, "%s, awake within %llu us", text, (unsigned long long)claim->latency);
	return *home != '\0' ? arena_printf(arena, "%s; control threads on %s", text, home) : text;
}

static const char *summary_leaves(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->leaves.count; i++)
		text = arena_printf(arena, "%s%s%s on %s", text, i > 0 ? ", " : "", step->leaves.items[i].name, step->leaves.items[i].cpus);
	return text;
}

const char *step_summary(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_SNAPSHOT:
		return summary_snapshot(arena, step);
	case STEP_SECCOMP_COMPILE:
	case STEP_SECCOMP:
		return arena_printf(arena, "%zu rule%s, default %s", step->seccomp->rule_count, step->seccomp->rule_count == 1 ? "" : "s", step->seccomp->default_action);
	case STEP_SECCOMP_LISTENER:
		return step->seccomp->listener_path;
	case STEP_CGROUP_CREATE:
	case STEP_CGROUP_OPEN:
		return arena_printf(arena, "%s%s", plan->cgroup_mount, step->cgroup.path);
	case STEP_CGROUP_ROOM:
		return arena_printf(arena, "the processes of %s move to " CGROUP_SUPERVISOR " below it", step->path);
	case STEP_UNIT_START:
		return arena_printf(arena, "%s%s, %zu properties", step->unit.name, step->unit.user ? " of the user" : "", step->unit.properties.count);
	case STEP_UNIT_SET:
		return arena_printf(arena, "%s, %zu properties", step->unit.name, step->unit.properties.count);
	case STEP_UNIT_LEAVE:
		return arena_printf(arena, "the placeholder in %s ends", step->text);
	case STEP_CGROUP_WRITE:
		return arena_printf(arena, "%s = %s", step->write.file, step->write.value);
	case STEP_SPAWN:
		return summary_spawn(arena, step);
	case STEP_ID_MAPS:
		return arena_printf(arena, "%s; %s%s", id_ranges(arena, "uids", step->maps.uids), id_ranges(arena, "gids", step->maps.gids),
				    step->maps.uid_helper && step->maps.gid_helper ? ", by newuidmap and newgidmap" : step->maps.uid_helper ? ", uids by newuidmap"
									  : step->maps.gid_helper ? ", gids by newgidmap" : "");
	case STEP_DEVICE_FILTER_LOAD:
		return arena_printf(arena, "%zu eBPF instructions", step->filter.count);
	case STEP_NAMES:
		return arena_printf(arena, "%shosts%s", step->names.resolv != NULL ? "resolv.conf " : "", step->names.hostname != NULL ? " hostname" : "");
	case STEP_BRIDGE:
	case STEP_ADDRESS:
	case STEP_NAT:
	case STEP_VETH:
	case STEP_LINK_READY:
	case STEP_SUBLINK:
	case STEP_PEER:
	case STEP_OWN_LINK:
	case STEP_VRF:
	case STEP_LINK:
		return links_summary(arena, step);
	case STEP_STEER_LINK:
		if (step->packets.link->kind != LINK_VETH)
			return arena_printf(arena, "%s: packets for the container are worked on by CPUs %s", step->packets.link->name, cpuset_format(arena, &step->packets.own));
		return arena_printf(arena, "%s: packets are worked on by CPUs %s, those for the container by %s", step->packets.link->name, cpuset_format(arena, &step->packets.host),
				    cpuset_format(arena, &step->packets.own));
	case STEP_NET_DEVICE:
		if (step->net_device.link != NULL)
			return links_summary(arena, step);
		return strcmp(step->net_device.name, step->net_device.new_name) == 0 ? step->net_device.name : arena_printf(arena, "%s as %s", step->net_device.name, step->net_device.new_name);
	case STEP_MAPPING:
		return summary_mapping(arena, step);
	case STEP_IDMAP:
		return arena_printf(arena, "%s, for %s%s", step->mount.request.source, step->mount.request.destination, step->mount.request.idmap_recursive ? ", with all below it" : "");
	case STEP_MOUNT:
		return summary_mount(arena, &step->mount.request);
	case STEP_DEVICE:
		return arena_printf(arena, "%s %c %u:%u%s", step->device.node.path, step->device.node.type, step->device.node.major, step->device.node.minor,
				    step->device.bind ? " (bound from the host)" : "");
	case STEP_PROPAGATION:
	case STEP_ROOT_PROPAGATION:
		return arena_printf(arena, "/ %s", flags_propagation_word(step->propagation));
	case STEP_SYSCTL:
		return arena_printf(arena, "%s = %s", step->sysctl.path, step->sysctl.value);
	case STEP_HOSTNAME:
	case STEP_DOMAINNAME:
	case STEP_APPARMOR:
	case STEP_SELINUX:
		return step->text;
	case STEP_RESCTRL:
	case STEP_RESCTRL_JOIN:
		return summary_resctrl(arena, step);
	case STEP_KEYRING:
		return step->keyring.label == NULL ? step->keyring.name : arena_printf(arena, "%s, label %s", step->keyring.name, step->keyring.label);
	case STEP_MASK_PATH:
		return step->mask.path;
	case STEP_CGROUP_OWNER:
		return step->owner.host_uid.set ? arena_printf(arena, "uid %" PRIu64, step->owner.host_uid.value) : arena_printf(arena, "uid %u of the joined user namespace", step->owner.uid);
	case STEP_OOM_SCORE:
		return arena_printf(arena, "%" PRId64, step->score);
	case STEP_RLIMIT:
		return arena_printf(arena, "%s soft %s hard %s", rlimit_name(step->rlimit.resource), flags_rlimit(arena, step->rlimit.soft), flags_rlimit(arena, step->rlimit.hard));
	case STEP_SCHEDULER:
		return summary_scheduling(arena, &step->scheduling);
	case STEP_IO_PRIORITY:
		return arena_printf(arena, "%s %d", io_class_name(step->io_priority.io_class), step->io_priority.level);
	case STEP_PERSONALITY:
		return flags_personality(step->personality);
	case STEP_MEMORY_POLICY:
		return summary_memory_policy(arena, &step->memory_policy);
	case STEP_CLAIM_CORES:
		return summary_claim(arena, plan->claim);
	case STEP_PARTITION:
		return arena_printf(arena, "CPUs %s%s", step->partition.request.exclusive, step->partition.request.isolated ? "" : ", exclusive only");
	case STEP_THREAD_LEAVES:
		return summary_leaves(arena, step);
	case STEP_SETTLE_CORES:
		return plan->claim->steer ? "interrupts and unbound work leave the CPUs" : "interrupts and unbound work stay where they are";
	case STEP_ENTER_LEAF:
		return step->text;
	case STEP_CORE_COOKIE:
		return step->cookie != 0 ? "SMT siblings are shared with the container only" : "SMT siblings are not shared with others";
	case STEP_CHECK_LCORES:
		return arena_printf(arena, "%s names only CPUs %s", step->lcores.file, cpuset_format(arena, &step->lcores.cpus));
	case STEP_INITIAL_AFFINITY:
	case STEP_AFFINITY:
		return step->affinity.first < 0 ? arena_printf(arena, "CPUs %s", step->affinity.list)
						: arena_printf(arena, "CPUs %s, starting on %d", step->affinity.list, step->affinity.first);
	case STEP_BOUNDING_SET:
		return arena_printf(arena, "keeps %s", kept(arena, step->capabilities.bounding));
	case STEP_CAPABILITIES:
		return arena_printf(arena, "effective %s", kept(arena, step->capabilities.effective));
	case STEP_USER:
		return summary_user(arena, &step->user);
	case STEP_FIND_PROGRAM:
	case STEP_EXEC:
		return summary_exec(arena, &step->program);
	case STEP_PRESTART_HOOK:
	case STEP_CREATE_RUNTIME_HOOK:
	case STEP_CREATE_CONTAINER_HOOK:
	case STEP_START_CONTAINER_HOOK:
	case STEP_POSTSTART_HOOK:
		return hook_summary(arena, &step->hook.hook, step->hook.index);
	case STEP_SOURCE:
		return arena_printf(arena, "%s, for %s", step->mount.request.source, step->mount.request.destination);
	case STEP_STATE:
	case STEP_START_SOCKET:
	case STEP_CONSOLE:
	case STEP_PIDFD_SOCKET:
	case STEP_AWAIT_START:
	case STEP_CLONE_ROOT:
		return step->root.mapped ? arena_printf(arena, "%s, ids mapped", step->root.path) : step->root.path;
	case STEP_ATTACH_ROOT:
	case STEP_PID_FILE:
	case STEP_RECORD:
	case STEP_WORKING_DIRECTORY:
	case STEP_CHDIR:
	case STEP_CHROOT:
	case STEP_MOVE_ROOT:
	case STEP_NOTIFY_SOCKET:
	case STEP_NOTIFY_MOUNT:
	case STEP_READONLY_PATH:
		return step->path;
	case STEP_TERMINAL:
		return "/dev/console";
	case STEP_PIVOT_ROOT:
		return plan->rootfs;
	case STEP_LOOPBACK:
		return "lo";
	case STEP_SESSION:
		return step->session.foreground ? "dies with minirun" : "outlives minirun";
	case STEP_HOST_FDS:
	case STEP_DEVICE_FILTER_ATTACH:
	case STEP_BECOME_ROOT:
	case STEP_CGROUP_NAMESPACE:
	case STEP_DEVICE_LINKS:
	case STEP_ROOT_READONLY:
	case STEP_NO_NEW_PRIVS:
	case STEP_HIDE:
	case STEP_MASK_SOURCE:
	case STEP_REAPER:
	case STEP_KIND_MAX:
		break;
	}
	return "";
}
