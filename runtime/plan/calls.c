// calls.c: the kernel calls behind each step, with real arguments (describe.h: step_call). Pure.
#include "plan/describe.h"
#include "cgroup/cgroup.h"
#include "cpus/cpumask.h"
#include "netns/claim.h"
#include "plan/calls.h"
#include "plan/flags.h"
#include "plan/links_text.h"
#include "rootfs/mount.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

// What masks are made of.
#define CLONE_NULL "open_tree(AT_FDCWD, \"/dev/null\", OPEN_TREE_CLONE) = </dev/null>; mount_setattr(</dev/null>, \"\", AT_EMPTY_PATH, {set=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID|MOUNT_ATTR_NOEXEC, propagation=MS_PRIVATE})"

// fsconfig(2), a call for each: the parameters of the file system as config.json has them, and that it be made.
static const char *call_configure(struct arena *arena, const struct mount_request *m, const char *label)
{
	const char *text = arena_printf(arena, "fsopen(\"%s\"); fsconfig(", m->type != NULL ? m->type : "none");

	if (m->source != NULL)
		text = arena_printf(arena, "%ssource=%s, ", text, m->source);
	if (m->source != NULL && m->source[0] == '/' && (m->sb_set & MS_RDONLY) != 0)
		text = arena_printf(arena, "%sro, ", text);
	if (label != NULL)
		text = arena_printf(arena, "%scontext=%s, ", text, label);
	if (m->data != NULL && *m->data != '\0')
		text = arena_printf(arena, "%s%s, ", text, m->data);
	return arena_printf(arena, "%sFSCONFIG_CMD_CREATE)", text);
}

static const char *call_attributes(struct arena *arena, const char *flags, uint64_t set, uint64_t clear)
{
	const char *cleared = clear != 0 ? arena_printf(arena, ", clear=%s", flags_mount_attr(arena, clear)) : "";

	return set == 0 && clear == 0 ? "" : arena_printf(arena, "; mount_setattr(<mount>, \"\", AT_EMPTY_PATH%s, {set=%s%s})", flags, flags_mount_attr(arena, set), cleared);
}

static const char *call_bind(struct arena *arena, const struct step *step, const char *target)
{
	const struct mount_request *m = &step->mount.request;
	const char *text;

	if (m->idmap || step->mount.prepared)
		text = arena_printf(arena, "<mount> = <source%zu>", step->mount.source);
	else
		text = arena_printf(arena, "open_tree(AT_FDCWD, \"%s\", OPEN_TREE_CLONE%s) = <mount>", m->source, m->recursive ? "|AT_RECURSIVE" : "");
	return arena_printf(arena, "%s%s%s; move_mount(<mount>, \"\", %s, \"\")", text, call_attributes(arena, "|AT_RECURSIVE", m->rec_attr_set, m->rec_attr_clear),
			    call_attributes(arena, "", m->attr_set, m->attr_clear), target);
}

static const char *call_new_mount(struct arena *arena, const struct plan *plan, const struct step *step, const char *target)
{
	const struct mount_request *m = &step->mount.request;
	const struct mount_context context = {.cgroup_dir = plan->cgroup_path != NULL ? 0 : -1, .cgroup_namespace = plan_has(plan, STEP_CGROUP_NAMESPACE), .label = step->mount.label};
	uint64_t attributes = (m->rec_attr_set & ~m->attr_clear) | m->attr_set;
	bool cgroup = m->type != NULL && strncmp(m->type, "cgroup", strlen("cgroup")) == 0;

	if (mount_is_short(&context, m))
		return arena_printf(arena, "fchdir(%s); mount(\"%s\", \".\", \"%s\", %s, \"%s\")", target, m->source != NULL ? m->source : m->type, cgroup ? "cgroup2" : m->type,
				    flags_mount_old(arena, attributes), m->data != NULL ? m->data : "");
	if (cgroup && !context.cgroup_namespace)
		return arena_printf(arena, "open_tree(<cgroup>, \"\", OPEN_TREE_CLONE) = <mount>; mount_setattr(<mount>, \"\", AT_EMPTY_PATH, {set=%s, propagation=MS_PRIVATE}); move_mount(<mount>, \"\", %s, \"\")",
				    flags_mount_attr(arena, attributes), target);
	return arena_printf(arena, "%s; fsmount(%s) = <mount>; move_mount(<mount>, \"\", %s, \"\")",
			    call_configure(arena, m, step->mount.label != NULL && mount_takes_context(m) ? step->mount.label : NULL), flags_mount_attr(arena, attributes), target);
}

static const char *call_mount(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct mount_request *m = &step->mount.request;
	const char *target = arena_printf(arena, "openat2(<root>, \"%s\", RESOLVE_IN_ROOT)", m->destination), *text;

	if (m->remount)
		return arena_printf(arena, "mount_setattr(%s, \"\", AT_EMPTY_PATH, {set=%s, clear=%s})", target, flags_mount_attr(arena, m->attr_set | m->rec_attr_set),
				    flags_mount_attr(arena, m->attr_clear));
	text = m->bind ? call_bind(arena, step, target) : call_new_mount(arena, plan, step, target);
	if (m->propagation != 0)
		text = arena_printf(arena, "%s; mount_setattr(<mount>, \"\", AT_EMPTY_PATH%s, {propagation=%s})", text, (m->propagation & MS_REC) != 0 ? "|AT_RECURSIVE" : "",
				    flags_propagation(arena, m->propagation & ~(unsigned long)MS_REC));
	return text;
}

// Which of the three it is shows when the container's mounts are there.
static const char *call_mask(struct arena *arena, const struct step *step)
{
	const char *label = step->mask.label != NULL ? arena_printf(arena, ",context=%s", step->mask.label) : "";

	return arena_printf(arena, "openat2(<root>, \"%s\", RESOLVE_IN_ROOT) = <path>; if a file is there, and not the first: open_tree(</dev/null>, \"\", OPEN_TREE_CLONE); if a file: move_mount(</dev/null>, \"\", <path>, \"\"); if a directory: fchdir(<path>); if a directory: "
			    "mount(\"tmpfs\", \".\", \"tmpfs\", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC, \"nr_blocks=1,nr_inodes=1,mode=555%s\")", step->mask.path, label);
}

static const char *call_device_links(struct arena *arena, bool ptmx)
{
	return arena_printf(arena, "symlinkat(\"/proc/self/fd\", <root>/dev/fd); symlinkat(\"/proc/self/fd/0\", <root>/dev/stdin); symlinkat(\"/proc/self/fd/1\", <root>/dev/stdout); "
			    "symlinkat(\"/proc/self/fd/2\", <root>/dev/stderr); if it is there: symlinkat(\"/proc/kcore\", <root>/dev/core)%s", ptmx ? "; symlinkat(\"pts/ptmx\", <root>/dev/ptmx)" : "");
}

// Without a mount namespace of its own the container has no /dev of its own either.
static const char *call_terminal(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *root = plan_has(plan, STEP_CHROOT) ? "" : "<root>";
	const char *bound = plan_has(plan, STEP_CHROOT) ? "" : "open_tree(<slave>, \"\", OPEN_TREE_CLONE|AT_EMPTY_PATH) = <mount>; if it is missing: mknodat(<root>/dev/console, S_IFREG|0600); "
													    "move_mount(<mount>, \"\", <root>/dev/console, \"\"); ";

	return arena_printf(arena, "open(%s/dev/pts/ptmx) = <master>; ioctl(<master>, TIOCGPTPEER) = <slave>; %sioctl(<slave>, TIOCSWINSZ); fchown(<slave>, %u, -1); ioctl(<slave>, TIOCSCTTY); "
			    "dup2(<slave>, 0); dup2(<slave>, 1); dup2(<slave>, 2)", root, bound, step->terminal.uid);
}

static const char *call_resctrl(struct arena *arena, const struct step *step)
{
	const struct resctrl_group *group = &step->resctrl.group;
	const char *text = arena_printf(arena, "%s(\"%s\")", group->must_exist ? "open" : "mkdir", step->resctrl.path);

	for (size_t i = 0; i < group->lines.count; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "; write(\"schemata\", \"" : "\\n", group->lines.items[i]);
	if (group->lines.count > 0)
		text = arena_printf(arena, "%s\\n\"), or compare with one that is there", text);
	return group->monitor != NULL ? arena_printf(arena, "%s; mkdir(\"mon_groups/%s\")", text, group->monitor) : text;
}

static const char *owner_text(struct arena *arena, const struct step *step)
{
	return step->owner.host_uid.set ? arena_printf(arena, "%" PRIu64, step->owner.host_uid.value) : "<host uid>";
}

static const char *call_scheduler(struct arena *arena, const struct scheduling *s)
{
	return arena_printf(arena, "sched_setattr(<pid>, {%s, flags=%s, nice=%d, priority=%u, runtime=%" PRIu64 ", deadline=%" PRIu64 ", period=%" PRIu64 "})",
			    scheduler_policy_name(s->policy), flags_scheduler(arena, s->flags), s->nice, s->priority, s->runtime, s->deadline, s->period);
}

// "Description=..., MemoryMax=1048576" for a person; the words are those of property.h.
static const char *call_unit(struct arena *arena, const struct step *step, const char *method)
{
	const struct strings *words = &step->unit.properties.words;
	const char *text = "";

	for (size_t i = 0; i + 2 < words->count;) {
		const char *name = words->items[i], *signature = words->items[i + 1];
		size_t values = *signature != 'a' ? 1 : strtoul(words->items[i + 2], NULL, 10) * (signature[1] == '(' ? strlen(signature) - 3 : 1);

		i += *signature != 'a' ? 2 : 3;
		text = arena_printf(arena, "%s%s%s=", text, *text != '\0' ? ", " : "", name);
		for (; values > 0 && i < words->count; values--)
			text = arena_printf(arena, "%s%s%s", text, words->items[i++], values > 1 ? " " : "");
	}
	text = strcmp(method, "set") == 0 ? arena_printf(arena, "SetUnitProperties(\"%s\", runtime, [%s])", step->unit.name, text)
					  : arena_printf(arena, "StartTransientUnit(\"%s\", \"fail\", [%s%s], []); signal JobRemoved; Get(ControlGroup); open() = <cgroup>", step->unit.name, text,
							 step->unit.with_process ? ", PIDs=<placeholder>" : "");
	return arena_printf(arena, "D-Bus: %s", text);
}

static const char *call_mapped(struct arena *arena, const char *tree, bool mapped, size_t mapping)
{
	return mapped ? arena_printf(arena, "; mount_setattr(%s, {set=MOUNT_ATTR_IDMAP, userns_fd=<mapping%zu>})", tree, mapping) : "";
}

static const char *call_overlay(struct arena *arena, const struct snapshot *s, size_t mapping)
{
	const char *lowers = s->image, *before = "", *directory = s->directory;

	for (size_t i = 0; i < s->lowers.count; i++)
		lowers = arena_printf(arena, "%s:%s", s->lowers.items[i], lowers);
	if (s->mapped)
		before = "clone3(CLONE_FILES|CLONE_NEWNS); mount(\"/\", MS_REC|MS_PRIVATE); ";
	if (s->mapped)
		before = arena_printf(arena, "%sopen_tree(each layer, OPEN_TREE_CLONE) = <layer>%s; move_mount(<layer>); ", before, call_mapped(arena, "<layer>", true, mapping));
	if (s->tmpfs && s->mapped) {
		before = arena_printf(arena, "%sfsopen(\"tmpfs\"); fsmount(); move_mount(\"%s\"); ", before, directory);
	} else if (s->tmpfs) {
		before = "fsopen(\"tmpfs\"); fsconfig(source=minirun, mode=700, FSCONFIG_CMD_CREATE); fsmount(MOUNT_ATTR_NOSUID|MOUNT_ATTR_NODEV) = <tmpfs> (before Linux 6.15 attached, in a mount namespace of its own); ";
		directory = "<tmpfs>";
	} else if (s->size > 0) {
		before = arena_printf(arena, "%sioctl(FS_IOC_FSSETXATTR, <project>); quotactl_fd(Q_SETQUOTA, <project>, %ju bytes); ", before, (uintmax_t)s->size);
	}
	// The user namespace of who is not root has not every owner.
	return arena_printf(arena, "mkdir(\"%1$s\", 0700); %2$smkdir(\"%3$s/upper\", 0700); mkdir(\"%3$s/work\", 0700); open(\"%3$s/upper\") = <upper>; %7$sfchown(<upper>, owner and group of the image); "
			    "fchmod(<upper>, its mode); if it has attributes: fsetxattr(<upper>, attribute) for each; utimensat(<upper>, its times); fsopen(\"overlay\"); "
			    "fsconfig(source=overlay, lowerdir=%4$s, upperdir=%3$s/upper, workdir=%3$s/work%5$s%6$s, FSCONFIG_CMD_CREATE); fsmount(0) = <tree>",
			    s->directory, before, directory, lowers, s->user_xattrs ? ", userxattr" : "", s->synced ? "" : ", volatile", s->user_xattrs ? "if the namespace has them: " : "");
}

static const char *call_snapshot(struct arena *arena, const struct step *step)
{
	const struct snapshot *s = &step->snapshot.what;
	const char *limit = "", *make;

	if (s->kind == SNAPSHOT_OVERLAY)
		return call_overlay(arena, s, step->snapshot.mapping);
	if (s->size > 0)
		limit = s->kind == SNAPSHOT_BTRFS ? arena_printf(arena, "; ioctl(BTRFS_IOC_QGROUP_LIMIT, {max_excl=%ju})", (uintmax_t)s->size)
						  : arena_printf(arena, "; quotactl_fd(Q_SETQUOTA, <project>, its size and %ju bytes)", (uintmax_t)s->size);
	if (s->kind == SNAPSHOT_BTRFS)
		make = arena_printf(arena, "ioctl(\"%s\", BTRFS_IOC_SNAP_CREATE_V2, {fd=\"%s\", name=\"root\"})", s->directory, s->image);
	else
		make = arena_printf(arena, "for each file of %s: ioctl(FICLONE); rename(\"%s/root.partial\", \"root\")", s->image, s->directory);
	return arena_printf(arena, "mkdir(\"%s\", 0700); %s%s; open_tree(\"%s/root\", OPEN_TREE_CLONE) = <tree>%s", s->directory, make, limit, s->directory,
			    call_mapped(arena, "<tree>", s->mapped, step->snapshot.mapping));
}

static const char *call_device(struct arena *arena, const struct device_node *node, bool bind)
{
	const char *owner = node->uid != 0 || node->gid != 0 ? arena_printf(arena, "; fchownat(<root>%s, %u, %u)", node->path, (unsigned)node->uid, (unsigned)node->gid) : "";

	if (bind)
		return arena_printf(arena, "open_tree(AT_FDCWD, \"%1$s\", OPEN_TREE_CLONE) = <mount>; if it is missing: mknodat(<root>%1$s, S_IFREG|0600); move_mount(<mount>, \"\", <root>%1$s)", node->path);
	return arena_printf(arena, "mknodat(<root>%s, S_IF%s|%04o, makedev(%u, %u))%s", node->path, node->type == 'b' ? "BLK" : node->type == 'p' ? "IFO" : "CHR", node->mode, node->major, node->minor, owner);
}

const char *step_call(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_STATE:
		return arena_printf(arena, "mkdir(\"%s\", 0700); flock(LOCK_EX); rename(\"state.json\")", step->path);
	case STEP_HOST_FDS:
		return arena_printf(arena, "open(\"/proc\", O_PATH) = <proc>%s", step->host_fds.null ? "; " CLONE_NULL : "");
	case STEP_MASK_SOURCE:
		return CLONE_NULL;
	case STEP_SNAPSHOT:
		return call_snapshot(arena, step);
	case STEP_CLONE_ROOT:
		return arena_printf(arena, "open_tree(AT_FDCWD, \"%s\", OPEN_TREE_CLONE|AT_RECURSIVE) = <tree>; mount_setattr(<tree>, \"\", AT_EMPTY_PATH|AT_RECURSIVE, {propagation=MS_SLAVE})%s", step->root.path, call_mapped(arena, "<tree>", step->root.mapped, step->root.mapping));
	case STEP_MAPPING:
		return call_mapping(arena, step);
	case STEP_IDMAP:
		return arena_printf(arena, "open_tree(AT_FDCWD, \"%s\", OPEN_TREE_CLONE%s) = <source%zu>; mount_setattr(<source%zu>, {propagation=%s}); mount_setattr(<source%zu>%s, {set=MOUNT_ATTR_IDMAP, userns_fd=<mapping%zu>})",
				    step->mount.request.source, step->mount.request.recursive ? "|AT_RECURSIVE" : "", step->mount.source, step->mount.source,
				    flags_propagation(arena, step->mount.propagation), step->mount.source, step->mount.request.idmap_recursive ? ", AT_RECURSIVE" : "", step->mount.mapping);
	case STEP_SECCOMP_COMPILE:
		return arena_printf(arena, "read(\"%s/...\"), or seccomp_export_bpf() and rename() into it", plan->seccomp_cache);
	case STEP_CGROUP_CREATE:
		return arena_printf(arena, "mkdir(\"%s%s\", 0755); open() = <cgroup>; fsetxattr(<cgroup>, \"%s.minirun\", \"made:%s\")", plan->cgroup_mount, step->cgroup.path, plan->rootless ? "user" : "trusted", plan->state_directory);
	case STEP_CGROUP_ROOM:
		return arena_printf(arena, "mkdir(\"%1$s%2$s/" CGROUP_SUPERVISOR "\", 0755); write(open(\"%1$s%2$s/" CGROUP_SUPERVISOR "/cgroup.procs\"), \"PID\"), each", plan->cgroup_mount, step->path);
	case STEP_UNIT_START:
		return call_unit(arena, step, "start");
	case STEP_UNIT_SET:
		return call_unit(arena, step, "set");
	case STEP_UNIT_LEAVE:
		return "kill(<placeholder>, SIGKILL)";
	case STEP_CGROUP_WRITE:
		return arena_printf(arena, "write(open(\"%s%s/%s\"), \"%s\")", plan->cgroup_mount, plan->cgroup_path, step->write.file, step->write.value);
	case STEP_CGROUP_OPEN:
		return arena_printf(arena, "open(\"%s%s\") = <cgroup>", plan->cgroup_mount, step->cgroup.path);
	case STEP_CLAIM_CORES:
		return arena_printf(arena, "flock(\"" LEDGER_DIRECTORY "/lock\", LOCK_EX); write(\"" LEDGER_DIRECTORY "/...\", \"cpus %s...\")", cpuset_format(arena, &plan->claim->cpus));
	case STEP_PARTITION:
		return arena_printf(arena, "write(open(\"%1$s%2$s/cpuset.cpus\"), \"%3$s\"); write(open(\"%1$s%2$s/%4$s\"), \"%5$s\"); read back, and less is taken where the kernel refuses", plan->cgroup_mount,
				    step->partition.path, step->partition.request.cpus, step->partition.request.isolated ? "cpuset.cpus.partition" : "cpuset.cpus.exclusive",
				    step->partition.request.isolated ? "isolated" : step->partition.request.exclusive);
	case STEP_THREAD_LEAVES:
		return "mkdirat(<cgroup>, NAME); write(\"NAME/cgroup.type\", \"threaded\"); write(\"cgroup.subtree_control\", \"+cpuset\"); write(\"NAME/cpuset.cpus\", ...), for each";
	case STEP_SETTLE_CORES:
		return arena_printf(arena, "write(\"" LEDGER_DIRECTORY "/...\"); %sflock(LOCK_UN)",
				    plan->claim->steer ? "write(\"/proc/irq/N/smp_affinity_list\"), default_smp_affinity, workqueue/cpumask, watchdog_cpumask, sched_setaffinity(threads of the kernel): without the CPUs; " : "");
	case STEP_ENTER_LEAF:
		return arena_printf(arena, "write(\"%s/cgroup.procs\", \"0\")", step->text);
	case STEP_CORE_COOKIE:
		return step->cookie != 0 ? arena_printf(arena, "prctl(PR_SCHED_CORE, PR_SCHED_CORE_SHARE_FROM, %d, PIDTYPE_PID, 0)", (int)step->cookie)
					 : "prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PIDTYPE_TGID, 0)";
	case STEP_CHECK_LCORES:
		return arena_printf(arena, "read(\"%s\")", step->lcores.file);
	case STEP_INITIAL_AFFINITY:
		return arena_printf(arena, "sched_setaffinity(0, {%s})", step->affinity.list);
	case STEP_NOTIFY_SOCKET:
		return arena_printf(arena, "mkdir(\"%s/notify\", 0755); open() = <directory>; fchmod(<directory>, 0755); %sopen_tree(OPEN_TREE_CLONE) = <notify>; mount_setattr(<notify>, {set=RDONLY|NOSUID|NODEV|NOEXEC})", step->path,
				    plan->create ? "" : "socket(AF_UNIX, SOCK_DGRAM); bind(\"notify/notify.sock\"); fchmodat(<directory>, \"notify.sock\", 0777); ");
	case STEP_NOTIFY_MOUNT:
		return arena_printf(arena, "move_mount(<notify>, \"\", openat2(<root>, \"%s\", RESOLVE_IN_ROOT), \"\")", step->path);
	case STEP_START_SOCKET:
		return arena_printf(arena, "socket(AF_UNIX, SOCK_SEQPACKET); bind(\"%s/start.sock\"); listen() = <start>", step->path);
	case STEP_SPAWN:
		return call_spawn(arena, step);
	case STEP_ID_MAPS:
		return call_maps(arena, &step->maps);
	case STEP_DEVICE_FILTER_LOAD:
		return arena_printf(arena, "bpf(BPF_PROG_LOAD, {BPF_PROG_TYPE_CGROUP_DEVICE, insn_cnt=%zu}) = <program>", step->filter.count);
	case STEP_NAMES:
		return arena_printf(arena, "openat(<state>, \"hosts\", O_CREAT|O_TRUNC, 0644)%s; fchmod(<file>, 0644) for each", step->names.resolv != NULL ? " and \"resolv.conf\"" : "");
	case STEP_BRIDGE:
	case STEP_ADDRESS:
	case STEP_NAT:
	case STEP_VETH:
	case STEP_SUBLINK:
	case STEP_PEER:
	case STEP_OWN_LINK:
	case STEP_VRF:
	case STEP_LINK:
		return links_call(arena, plan, step);
	case STEP_STEER_LINK:
		return arena_printf(arena, "%ssetns(open(\"/proc/<pid>/ns/net\")); fsopen(\"sysfs\"); fsmount() = <sys>; write(\"<sys>/class/net/%s/queues/rx-N/rps_cpus\", \"%s\")",
				    step->packets.link->kind != LINK_VETH ? "" : arena_printf(arena, "write(\"/sys/class/net/HOST-END/queues/rx-N/rps_cpus\", \"%s\"); ", cpumask_format(arena, &step->packets.host)),
				    step->packets.link->name, cpumask_format(arena, &step->packets.own));
	case STEP_LINK_READY:
		return "netlink: RTM_GETLINK of the host end until it is running and its bridge port forwards";
	case STEP_NET_DEVICE:
		if (step->net_device.link != NULL)
			return links_call(arena, plan, step);
		return arena_printf(arena, "netlink: RTM_GETADDR of %s; RTM_SETLINK %s, IFLA_NET_NS_FD open(\"/proc/<pid>/ns/net\"), IFLA_IFNAME %s; in that namespace: IFF_UP, RTM_NEWADDR of each permanent global address",
				    step->net_device.name, step->net_device.name, step->net_device.new_name);
	case STEP_DEVICE_FILTER_ATTACH:
		return "bpf(BPF_PROG_ATTACH, {<cgroup>, <program>, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI})";
	case STEP_PID_FILE:
		return arena_printf(arena, "open(\"%1$s.%2$s.tmp\", O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW, 0644) = <file>; write(<file>, \"<pid>\"); rename(\"%1$s.%2$s.tmp\", \"%1$s\")", step->path, plan->id);
	case STEP_PIDFD_SOCKET:
		return arena_printf(arena, "connect(\"%s\"); sendmsg(SCM_RIGHTS <pidfd>)", step->path);
	case STEP_CONSOLE:
		return arena_printf(arena, "connect(\"%s\"); sendmsg(SCM_RIGHTS <master>)", step->path);
	case STEP_RECORD:
		return arena_printf(arena, "rename(\"%s/state.json\")", step->path);
	case STEP_SESSION:
		return arena_printf(arena, "%s%ssetsid(); umask(0)%s", plan->own_pid_namespace || plan->rootless ? "" : "prctl(PR_SET_DUMPABLE, 0); ",
				    plan->joins_as_tracer ? "fsopen(\"proc\"); fsconfig(FSCONFIG_CMD_CREATE); fsmount() = <their proc>; read(<their proc>/1/stat); " : "",
				    step->session.foreground ? "; prctl(PR_SET_PDEATHSIG, SIGKILL)" : "");
	case STEP_SOURCE:
		return arena_printf(arena, "open_tree(AT_FDCWD, \"%s\", OPEN_TREE_CLONE%s) = <source%zu>; mount_setattr(<source%zu>, {propagation=%s})", step->mount.request.source,
				    step->mount.request.recursive ? "|AT_RECURSIVE" : "", step->mount.source, step->mount.source, flags_propagation(arena, step->mount.propagation));
	case STEP_BECOME_ROOT:
		return call_become_root(arena, plan, step);
	case STEP_KEYRING:
		return arena_printf(arena, "%skeyctl(KEYCTL_JOIN_SESSION_KEYRING, \"%s\") = <keyring>; keyctl(KEYCTL_SETPERM, <keyring>, possessor: all, owner: view, read, search, link)",
				    step->keyring.label != NULL ? arena_printf(arena, "write(openat2(<proc>, \"self/attr/keycreate\"), \"%s\"); ", step->keyring.label) : "", step->keyring.name);
	case STEP_APPARMOR:
		return arena_printf(arena, "write(openat2(<proc>, \"self/attr/apparmor/exec\", RESOLVE_BENEATH|RESOLVE_NO_XDEV), \"exec %s\")", step->text);
	case STEP_SELINUX:
		return arena_printf(arena, "write(openat2(<proc>, \"self/attr/exec\", RESOLVE_BENEATH|RESOLVE_NO_XDEV), \"%s\")", step->text);
	case STEP_CGROUP_NAMESPACE:
		return "unshare(CLONE_NEWCGROUP)";
	case STEP_PROPAGATION:
		return arena_printf(arena, "mount(NULL, \"/\", NULL, %s, NULL)%s", flags_propagation(arena, step->propagation),
				    (step->propagation & MS_SHARED) != 0 ? "; mount_setattr(<the mount that holds the root>, MS_PRIVATE)" : "");
	case STEP_ROOT_PROPAGATION:
		return arena_printf(arena, "mount(NULL, \"/\", NULL, %s, NULL)", flags_propagation(arena, step->propagation));
	case STEP_ATTACH_ROOT:
		return arena_printf(arena, "move_mount(<tree>, \"\", AT_FDCWD, \"%s\"); <root> = <tree>", step->path);
	case STEP_MOUNT:
		return call_mount(arena, plan, step);
	case STEP_DEVICE:
		return call_device(arena, &step->device.node, step->device.bind);
	case STEP_DEVICE_LINKS:
		return call_device_links(arena, step->links.ptmx);
	case STEP_TERMINAL:
		return call_terminal(arena, plan, step);
	case STEP_WORKING_DIRECTORY:
		return arena_printf(arena, "openat2(<root>, \"%s\", RESOLVE_IN_ROOT), mkdirat() what is missing", step->path);
	case STEP_LOOPBACK:
		return "netlink: RTM_SETLINK lo IFF_UP";
	case STEP_SYSCTL:
		return arena_printf(arena, "write(openat2(<proc>, \"sys/%s\", RESOLVE_BENEATH|RESOLVE_NO_XDEV), \"%s\")", step->sysctl.path, step->sysctl.value);
	case STEP_HOSTNAME:
		return arena_printf(arena, "sethostname(\"%s\")", step->text);
	case STEP_DOMAINNAME:
		return arena_printf(arena, "setdomainname(\"%s\")", step->text);
	case STEP_RESCTRL:
		return call_resctrl(arena, step);
	case STEP_RESCTRL_JOIN:
		return arena_printf(arena, "write(open(\"%s/tasks\"), \"<pid>\")%s", step->resctrl.path,
				    step->resctrl.monitor_path != NULL ? arena_printf(arena, "; write(open(\"%s/tasks\"), \"<pid>\")", step->resctrl.monitor_path) : "");
	case STEP_CGROUP_OWNER:
		return arena_printf(arena, "%sfsetxattr(<cgroup>, \"trusted.minirun.owner\", its owner until then); fchownat(<cgroup>, file, %s, -1) for each of /sys/kernel/cgroup/delegate; fchown(<cgroup>, %s, -1)", step->owner.host_uid.set ? "" : "read(/proc/<pid>/uid_map); ",
				    owner_text(arena, step), owner_text(arena, step));
	case STEP_OOM_SCORE:
		return arena_printf(arena, "write(openat2(<proc>, \"<pid>/oom_score_adj\"), \"%" PRId64 "\")", step->score);
	case STEP_PIVOT_ROOT:
		return arena_printf(arena, "fchdir(<root>); pivot_root(\".\", \".\"); %sumount2(\".\", MNT_DETACH); chdir(\"/\")",
				    step->pivot.shared ? "mount_setattr(<old root>, AT_RECURSIVE, MS_SLAVE); " : "");
	case STEP_MOVE_ROOT:
		return "fchdir(<root>); umount2(<path>, MNT_DETACH) for each proc and sysfs of the host; mount(\".\", \"/\", NULL, MS_MOVE, NULL); chroot(\".\"); chdir(\"/\")";
	case STEP_CHROOT:
		return arena_printf(arena, "fchdir(open(\"%s\", O_PATH)); chroot(\".\"); chdir(\"/\")", step->path);
	case STEP_READONLY_PATH:
		return arena_printf(arena, "openat2(<root>, \"%s\", RESOLVE_IN_ROOT) = <path>; if it is there: open_tree(<path>, \"\", OPEN_TREE_CLONE|AT_RECURSIVE) = <mount>; "
				    "if it is there: mount_setattr(<mount>, \"\", {set=MOUNT_ATTR_RDONLY}); if it is there: move_mount(<mount>, \"\", <path>, \"\")", step->path);
	case STEP_MASK_PATH:
		return call_mask(arena, step);
	case STEP_ROOT_READONLY:
		return "mount_setattr(AT_FDCWD, \"/\", {set=MOUNT_ATTR_RDONLY})";
	case STEP_RLIMIT:
		return arena_printf(arena, "prlimit64(0, %s, {%" PRIu64 ", %" PRIu64 "})", rlimit_name(step->rlimit.resource), step->rlimit.soft, step->rlimit.hard);
	case STEP_SCHEDULER:
		return call_scheduler(arena, &step->scheduling);
	case STEP_IO_PRIORITY:
		return arena_printf(arena, "ioprio_set(IOPRIO_WHO_PROCESS, <pid>, IOPRIO_PRIO_VALUE(%s, %d))", io_class_name(step->io_priority.io_class), step->io_priority.level);
	case STEP_PERSONALITY:
		return arena_printf(arena, "personality(%s)", flags_personality(step->personality));
	case STEP_MEMORY_POLICY:
		return arena_printf(arena, "set_mempolicy(%s, {%s})", flags_memory_policy(arena, &step->memory_policy), cpuset_format(arena, &step->memory_policy.nodes));
	case STEP_AFFINITY: {
		const char *last = step->affinity.by_cgroup ? "all CPUs" : step->affinity.list;

		if (step->affinity.first < 0 || cpuset_count(&step->affinity.set) < 2)
			return arena_printf(arena, "sched_setaffinity(0, {%s})", last);
		return arena_printf(arena, "sched_setaffinity(0, {%d}); sched_setaffinity(0, {%s})", step->affinity.first, last);
	}
	case STEP_CHDIR:
		return arena_printf(arena, "close_range(3, ~0) for each range around the socket to minirun; chdir(\"%s\"); getcwd()", step->path);
	case STEP_BOUNDING_SET:
		return "prctl(PR_CAPBSET_DROP, <capability>) for each that is not kept; prctl(PR_SET_KEEPCAPS, 1)";
	case STEP_USER:
		return call_user(arena, plan, &step->user);
	case STEP_CAPABILITIES:
		return call_capabilities(arena, plan, step);
	case STEP_NO_NEW_PRIVS:
		return "prctl(PR_SET_NO_NEW_PRIVS, 1)";
	case STEP_HIDE:
		return "prctl(PR_SET_DUMPABLE, 0)";
	case STEP_FIND_PROGRAM:
		return arena_printf(arena, "faccessat(\"%s\", X_OK) on the container's PATH", step->program.args[0]);
	case STEP_AWAIT_START:
		return "accept4(<start>); recv()";
	case STEP_REAPER:
		return call_reaper(arena, plan, step);
	case STEP_SECCOMP:
		return "seccomp(SECCOMP_SET_MODE_FILTER, <filter>)";
	case STEP_EXEC:
		return arena_printf(arena, "execve(\"%s\", [...], [...])", step->program.args[0]);
	case STEP_SECCOMP_LISTENER:
		return arena_printf(arena, "pidfd_getfd(<pidfd>) = <listener>; connect(\"%s\"); sendmsg(SCM_RIGHTS <listener>, {container process state})", step->seccomp->listener_path);
	case STEP_PRESTART_HOOK:
	case STEP_CREATE_RUNTIME_HOOK:
	case STEP_CREATE_CONTAINER_HOOK:
	case STEP_START_CONTAINER_HOOK:
	case STEP_POSTSTART_HOOK:
		return call_hook(arena, plan, step);
	case STEP_KIND_MAX:
		break;
	}
	return "";
}
