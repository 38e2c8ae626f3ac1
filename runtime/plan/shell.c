// shell.c: what a person would type for each step, with util-linux, iproute2 and plain redirections (describe.h: step_shell). Pure.
// The words are for /bin/sh; paths and values are quoted. $PID stands for the process that unshare(1) made, $ROOT for the root file system.
#include "plan/describe.h"
#include "cgroup/cgroup.h"
#include "cpus/cpumask.h"
#include "plan/flags.h"
#include "plan/links_text.h"

#include <inttypes.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/socket.h>

const char *shell_quoted(struct arena *arena, const char *text)
{
	char *result;
	char *out;

	if (*text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+@%-")] == '\0')
		return text;
	out = result = arena_alloc(arena, 4 * strlen(text) + 3);
	*out++ = '\'';
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			out = stpcpy(out, "'\\'");
		}
		*out++ = *text;
	}
	*out = '\'';
	return result;
}

static const char *shell_spawn(struct arena *arena, const struct step *step)
{
	static const struct { uint64_t flag; const char *option; } options[] = {
		{CLONE_NEWUSER, "user"}, {CLONE_NEWPID, "pid"}, {CLONE_NEWNS, "mount"}, {CLONE_NEWNET, "net"}, {CLONE_NEWIPC, "ipc"}, {CLONE_NEWUTS, "uts"}, {0x80, "time"},
	};
	const char *text = "";

	if (step->spawn.target != NULL)
		return arena_printf(arena, "nsenter --target %d --all sh", step->spawn.target->pid);
	if (step->spawn.join_count > 0) {
		text = "nsenter";
		for (size_t i = 0; i < step->spawn.join_count; i++) {
			const char *name = namespace_name(step->spawn.joins[i].type);

			text = arena_printf(arena, "%s --%s=%s", text, strcmp(name, "network") == 0 ? "net" : name, shell_quoted(arena, step->spawn.joins[i].path));
		}
		text = arena_printf(arena, "%s -- ", text);
	}
	text = arena_printf(arena, "%sunshare", text);
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if ((step->spawn.flags & options[i].flag) != 0)
			text = arena_printf(arena, "%s --%s", text, options[i].option);
	return arena_printf(arena, "%s --fork --kill-child sh", text);
}

static const char *shell_mount(struct arena *arena, const struct step *step)
{
	const struct mount_request *m = &step->mount.request;
	const char *options = flags_mount_options(arena, m);
	const char *target = shell_quoted(arena, arena_printf(arena, "%s", m->destination));
	const char *type = m->type == NULL ? "none" : strcmp(m->type, "cgroup") == 0 ? "cgroup2" : m->type;

	if (m->remount)
		return arena_printf(arena, "mount -o remount,bind,%s \"$ROOT\"%s", options, target);
	if (m->bind)
		return arena_printf(arena, "mount --%s %s \"$ROOT\"%s%s", m->recursive ? "rbind" : "bind", m->idmap ? arena_printf(arena, "/tmp/source%zu", step->mount.source) : shell_quoted(arena, m->source), target,
				    *options != '\0' ? arena_printf(arena, " && mount -o remount,bind,%s \"$ROOT\"%s", options, target) : "");
	if (step->mount.label != NULL && mount_takes_context(m))
		options = arena_printf(arena, "%s%scontext=\"%s\"", options, *options != '\0' ? "," : "", step->mount.label);
	return arena_printf(arena, "mount -t %s%s%s %s \"$ROOT\"%s", type, *options != '\0' ? " -o " : "", shell_quoted(arena, *options != '\0' ? options : "defaults") + (*options != '\0' ? 0 : strlen("defaults")),
			    shell_quoted(arena, m->source != NULL ? m->source : type), target);
}

static const char *shell_resctrl(struct arena *arena, const struct step *step)
{
	const struct resctrl_group *group = &step->resctrl.group;
	const char *dir = shell_quoted(arena, step->resctrl.path);
	const char *text = arena_printf(arena, "%s %s", group->must_exist ? "test -d" : "mkdir", dir);

	for (size_t i = 0; i < group->lines.count; i++)
		text = arena_printf(arena, "%s; echo %s > %s/schemata", text, shell_quoted(arena, group->lines.items[i]), dir);
	return step->resctrl.monitor_path != NULL ? arena_printf(arena, "%s; mkdir %s", text, shell_quoted(arena, step->resctrl.monitor_path)) : text;
}

static const char *shell_helper(struct arena *arena, const char *name, const char *pid, const struct id_mappings *maps)
{
	const char *text = arena_printf(arena, "%s %s", name, pid);

	for (size_t i = 0; i < maps->count; i++)
		text = arena_printf(arena, "%s %u %u %u", text, maps->items[i].container_id, maps->items[i].host_id, maps->items[i].size);
	return text;
}

static const char *shell_map(struct arena *arena, const char *kind, const char *pid, const struct id_mappings *maps, bool helper)
{
	const char *text = "printf '";

	if (helper)
		return shell_helper(arena, arena_printf(arena, "new%smap", kind), pid, maps);
	for (size_t i = 0; i < maps->count; i++)
		text = arena_printf(arena, "%s%u %u %u\\n", text, maps->items[i].container_id, maps->items[i].host_id, maps->items[i].size);
	return arena_printf(arena, "%s' > /proc/%s/%s_map", text, pid, kind);
}

static const char *shell_maps(struct arena *arena, const char *pid, const struct id_maps *maps)
{
	return arena_printf(arena, "%s; %s", shell_map(arena, "uid", pid, maps->uids, maps->uid_helper), shell_map(arena, "gid", pid, maps->gids, maps->gid_helper));
}

static const char *shell_mapping(struct arena *arena, const struct step *step)
{
	if (step->mapping.path != NULL)
		return arena_printf(arena, "MAPPING%zu=%s", step->mapping.number, shell_quoted(arena, step->mapping.path));
	return arena_printf(arena, "unshare --user sleep infinity & MAPPING%zu=/proc/$!/ns/user; sleep 1; %s", step->mapping.number,
			    shell_maps(arena, "$!", &(struct id_maps){.uids = step->mapping.uids, .gids = step->mapping.gids}));
}

static const char *shell_program(struct arena *arena, const struct program *program)
{
	const char *text = "exec env -i";

	for (size_t i = 0; program->env[i] != NULL; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, program->env[i]));
	for (size_t i = 0; program->args[i] != NULL; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, program->args[i]));
	return text;
}

static const char *shell_hook(struct arena *arena, const struct step *step)
{
	const struct hook *hook = &step->hook.hook;
	const char *text = hook->timeout.set ? arena_printf(arena, "timeout -s KILL %" PRId64 " env -i", hook->timeout.value) : "env -i";

	for (size_t i = 0; i < hook->env.count; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, hook->env.items[i]));
	text = arena_printf(arena, "%s %s", text, shell_quoted(arena, hook->path));
	for (size_t i = 1; i < hook->args.count; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, hook->args.items[i]));
	return arena_printf(arena, "%s < state.json", text);
}

static const char *shell_user(struct arena *arena, const struct user_ids *user)
{
	const char *text = arena_printf(arena, "setpriv --reuid %u --regid %u", user->uid, user->gid);

	for (size_t i = 0; i < user->group_count; i++)
		text = arena_printf(arena, "%s%s%u", text, i == 0 ? " --groups " : ",", user->groups[i]);
	if (user->group_count == 0)
		text = arena_printf(arena, "%s --clear-groups", text);
	return user->umask.set ? arena_printf(arena, "umask %04" PRIo64 "; %s", user->umask.value, text) : text;
}

static const char *rlimit_option(struct arena *arena, const struct rlimit_value *limit)
{
	char *name = arena_strdup(arena, rlimit_name(limit->resource) + strlen("RLIMIT_"));

	for (char *c = name; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20; // ASCII lower case
	return arena_printf(arena, "prlimit --pid $$ --%s=%s:%s", name, flags_rlimit(arena, limit->soft), flags_rlimit(arena, limit->hard));
}

// chrt(1) knows one of the flags.
static const char *shell_scheduler(struct arena *arena, const struct scheduling *s)
{
	static const char *const options[] = {
		[SCHED_OTHER] = "--other", [SCHED_FIFO] = "--fifo", [SCHED_RR] = "--rr", [SCHED_BATCH] = "--batch", [SCHED_IDLE] = "--idle", [SCHED_DEADLINE] = "--deadline",
	};
	const char *text = "chrt";

	if ((s->flags & ~(uint64_t)SCHED_FLAG_RESET_ON_FORK) != 0)
		return NULL;
	if (s->flags != 0)
		text = "chrt --reset-on-fork";
	if (s->runtime != 0)
		text = arena_printf(arena, "%s --sched-runtime %" PRIu64 " --sched-deadline %" PRIu64 " --sched-period %" PRIu64, text, s->runtime, s->deadline, s->period);
	text = arena_printf(arena, "%s %s --pid %u $PID", text, options[s->policy], s->priority);
	return s->nice != 0 ? arena_printf(arena, "%s; renice -n %d -p $PID", text, s->nice) : text;
}

// numactl(8) has no words for the flags, nor for MPOL_DEFAULT, which is what a shell has.
static const char *shell_memory_policy(struct arena *arena, const struct memory_policy *policy)
{
	static const char *const options[] = {
		[MPOL_PREFERRED] = "--preferred=", [MPOL_BIND] = "--membind=", [MPOL_INTERLEAVE] = "--interleave=", [MPOL_LOCAL] = "--localalloc",
		[MPOL_PREFERRED_MANY] = "--preferred-many=",
	};

	if (policy->flags != 0 || policy->mode >= (int)(sizeof options / sizeof *options) || options[policy->mode] == NULL)
		return NULL;
	if (policy->mode == MPOL_PREFERRED && cpuset_count(&policy->nodes) == 0)
		return "exec numactl --localalloc sh";
	return arena_printf(arena, "exec numactl %s%s sh", options[policy->mode], cpuset_format(arena, &policy->nodes));
}

static const char *shell_unit(struct arena *arena, const struct step *step, const char *method, const char *mode, bool with_process)
{
	const struct unit_properties *properties = &step->unit.properties;
	bool start = strcmp(mode, "fail") == 0;
	const char *text = arena_printf(arena, "%sbusctl%s call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager %s %s %s %zu",
					with_process ? "sleep infinity & PLACEHOLDER=$!; " : "", step->unit.user ? " --user" : "", method, shell_quoted(arena, step->unit.name), mode,
					properties->count + with_process);

	for (size_t i = 0; i < properties->words.count; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, properties->words.items[i]));
	return arena_printf(arena, "%s%s%s", text, with_process ? " PIDs au 1 $PLACEHOLDER" : "", start ? " 0" : "");
}

static const char *shell_partition(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct partition_request *request = &step->partition.request;
	const char *directory = arena_printf(arena, "%s%s", plan->cgroup_mount, step->partition.path);

	if (request->isolated)
		return arena_printf(arena, "echo %s >%s/cpuset.cpus; echo isolated >%s/cpuset.cpus.partition; cat %s/cpuset.cpus.partition", request->cpus, directory, directory, directory);
	return arena_printf(arena, "echo %s >%s/cpuset.cpus; echo %s >%s/cpuset.cpus.exclusive", request->cpus, directory, request->exclusive, directory);
}

static const char *shell_leaves(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *directory = arena_printf(arena, "%s%s", plan->cgroup_mount, plan->cgroup_path), *text = arena_printf(arena, "cd %s", directory);

	for (size_t i = 0; i < step->leaves.count; i++)
		text = arena_printf(arena, "%s; mkdir %s; echo threaded >%s/cgroup.type", text, step->leaves.items[i].name, step->leaves.items[i].name);
	text = arena_printf(arena, "%s; echo +cpuset >cgroup.subtree_control", text);
	for (size_t i = 0; i < step->leaves.count; i++)
		text = arena_printf(arena, "%s; echo %s >%s/cpuset.cpus", text, step->leaves.items[i].cpus, step->leaves.items[i].name);
	return text;
}

// util-linux 2.39 or newer
static const char *shell_mapped(struct arena *arena, bool mapped, size_t mapping)
{
	return mapped ? arena_printf(arena, " -o X-mount.idmap=$MAPPING%zu", mapping) : "";
}

static const char *shell_overlay(struct arena *arena, const struct snapshot *s, size_t mapping)
{
	const char *lowers = shell_quoted(arena, s->image), *before = "", *directory = shell_quoted(arena, s->directory);

	for (size_t i = 0; i < s->lowers.count; i++)
		lowers = arena_printf(arena, "%s:%s", shell_quoted(arena, s->lowers.items[i]), lowers);
	if (s->tmpfs)
		before = arena_printf(arena, "mkdir %1$s; mount -t tmpfs -o mode=700%2$s minirun %1$s; ", directory, s->size > 0 ? arena_printf(arena, ",size=%ju", (uintmax_t)s->size) : "");
	else if (s->size > 0)
		before = arena_printf(arena, "mkdir %1$s; chattr +P -p $PROJECT %1$s; setquota -P $PROJECT 0 %2$ju 0 0 \"$(stat -c %%m %1$s)\"; ", directory, (uintmax_t)s->size / 1024);
	for (size_t i = 0; i <= s->lowers.count && s->mapped; i++)
		before = arena_printf(arena, "%1$smount --bind%2$s %3$s %3$s; ", before, shell_mapped(arena, true, mapping), shell_quoted(arena, i == 0 ? s->image : s->lowers.items[i - 1]));
	return arena_printf(arena, "%1$smkdir -p %2$s/upper %2$s/work; ROOT=%3$s; mount -t overlay overlay -o lowerdir=%4$s,upperdir=%2$s/upper,workdir=%2$s/work%5$s \"$ROOT\"", before, directory,
			    shell_quoted(arena, s->image), lowers, s->user_xattrs ? ",userxattr" : "");
}

static const char *shell_snapshot(struct arena *arena, const struct step *step)
{
	const struct snapshot *s = &step->snapshot.what;
	const char *image = shell_quoted(arena, s->image), *directory = shell_quoted(arena, s->directory), *make;

	if (s->kind == SNAPSHOT_OVERLAY)
		return shell_overlay(arena, s, step->snapshot.mapping);
	if (s->kind == SNAPSHOT_BTRFS)
		make = arena_printf(arena, "btrfs subvolume snapshot %s %s/root%s", image, directory, s->size > 0 ? arena_printf(arena, "; btrfs qgroup limit -e %ju %s/root", (uintmax_t)s->size, directory) : "");
	else
		make = arena_printf(arena, "cp -a --reflink=always %s %s/root", image, directory);
	return arena_printf(arena, "mkdir -p -m 0700 %1$s; %2$s; ROOT=%3$s; mount --bind%4$s %1$s/root \"$ROOT\"", directory, make, image, shell_mapped(arena, s->mapped, step->snapshot.mapping));
}

static const char *shell_steer_link(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct net_link *link = step->packets.link;
	const char *before = "";
	char host[IFNAMSIZ];

	veth_host_name(plan->id, link->name, 0, host);
	if (link->kind == LINK_VETH)
		before = arena_printf(arena, "echo %s > /sys/class/net/%s/queues/rx-0/rps_cpus; ", cpumask_format(arena, &step->packets.host), link->host != NULL ? link->host : host);
	return arena_printf(arena, "%snsenter -t $PID -n unshare -m sh -c 'mount -t sysfs sysfs /sys; echo %s > /sys/class/net/%s/queues/rx-0/rps_cpus'", before,
			    cpumask_format(arena, &step->packets.own), link->name);
}

const char *step_shell(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_STATE:
		return arena_printf(arena, "mkdir -m 0700 %s", shell_quoted(arena, step->path));
	case STEP_SNAPSHOT:
		return shell_snapshot(arena, step);
	case STEP_CLONE_ROOT:
		return arena_printf(arena, "ROOT=%1$s; mount --rbind%2$s %1$s \"$ROOT\"", shell_quoted(arena, step->root.path), shell_mapped(arena, step->root.mapped, step->root.mapping));
	case STEP_MAPPING:
		return shell_mapping(arena, step);
	case STEP_IDMAP: // util-linux 2.39 or newer
		return arena_printf(arena, "mkdir /tmp/source%zu; mount --%s -o X-mount.idmap=$MAPPING%zu %s /tmp/source%zu", step->mount.source, step->mount.request.recursive ? "rbind" : "bind",
				    step->mount.mapping, shell_quoted(arena, step->mount.request.source), step->mount.source);
	case STEP_CGROUP_CREATE:
		return arena_printf(arena, "mkdir -p %s", shell_quoted(arena, arena_printf(arena, "%s%s", plan->cgroup_mount, step->cgroup.path)));
	case STEP_CGROUP_ROOM:
		return arena_printf(arena, "mkdir -p %1$s/" CGROUP_SUPERVISOR "; for p in $(cat %1$s/cgroup.procs); do echo $p > %1$s/" CGROUP_SUPERVISOR "/cgroup.procs; done",
				    shell_quoted(arena, arena_printf(arena, "%s%s", plan->cgroup_mount, step->path)));
	case STEP_UNIT_START:
		return shell_unit(arena, step, "StartTransientUnit 'ssa(sv)a(sa(sv))'", "fail", step->unit.with_process);
	case STEP_UNIT_SET:
		return shell_unit(arena, step, "SetUnitProperties 'sba(sv)'", "true", false);
	case STEP_UNIT_LEAVE:
		return "kill $PLACEHOLDER";
	case STEP_CGROUP_WRITE:
		return arena_printf(arena, "echo %s > %s", shell_quoted(arena, step->write.value),
				    shell_quoted(arena, arena_printf(arena, "%s%s/%s", plan->cgroup_mount, plan->cgroup_path, step->write.file)));
	case STEP_SPAWN:
		return shell_spawn(arena, step);
	case STEP_ID_MAPS:
		return shell_maps(arena, "$PID", &step->maps);
	case STEP_NAMES:
		return arena_printf(arena, "printf '%%s' %s > %s/hosts%s", shell_quoted(arena, step->names.hosts), shell_quoted(arena, plan->state_directory),
				    step->names.resolv != NULL ? arena_printf(arena, "; printf '%%s' %s > %s/resolv.conf", shell_quoted(arena, step->names.resolv), shell_quoted(arena, plan->state_directory)) : "");
	case STEP_BRIDGE:
	case STEP_ADDRESS:
	case STEP_NAT:
	case STEP_VETH:
	case STEP_SUBLINK:
	case STEP_PEER:
	case STEP_OWN_LINK:
	case STEP_VRF:
	case STEP_LINK:
		return links_shell(arena, plan, step);
	case STEP_STEER_LINK:
		return shell_steer_link(arena, plan, step);
	case STEP_NET_DEVICE: {
		const char *name = shell_quoted(arena, step->net_device.name), *new_name = shell_quoted(arena, step->net_device.new_name);

		if (step->net_device.link != NULL)
			return links_shell(arena, plan, step);
		return arena_printf(arena, "ip addr save dev %1$s scope global permanent > /tmp/addresses; ip link set %1$s netns $PID name %2$s; nsenter -t $PID -n sh -c 'ip link set %2$s up; ip addr restore < /tmp/addresses'",
				    name, new_name);
	}
	case STEP_LINK_READY:
		return "until bridge link show | grep -q 'state forwarding'; do sleep 0.01; done";
	case STEP_PID_FILE:
		return arena_printf(arena, "echo $PID > %s", shell_quoted(arena, step->path));
	case STEP_SESSION:
		return step->session.foreground ? "setsid # with unshare --kill-child above" : "setsid";
	case STEP_SOURCE:
		return arena_printf(arena, "mkdir /tmp/source%zu; mount --%s %s /tmp/source%zu", step->mount.source, step->mount.request.recursive ? "rbind" : "bind",
				    shell_quoted(arena, step->mount.request.source), step->mount.source);
	case STEP_BECOME_ROOT:
		return "setpriv --reuid 0 --regid 0 --clear-groups";
	case STEP_KEYRING:
		return arena_printf(arena, "exec keyctl session %s sh", shell_quoted(arena, step->keyring.name));
	case STEP_APPARMOR:
		return arena_printf(arena, "echo exec %s > /proc/self/attr/apparmor/exec # as the last command before the program", shell_quoted(arena, step->text));
	case STEP_SELINUX:
		return arena_printf(arena, "runcon %s PROGRAM # in place of the program", shell_quoted(arena, step->text));
	case STEP_CGROUP_NAMESPACE:
		return "unshare --cgroup";
	case STEP_PROPAGATION:
	case STEP_ROOT_PROPAGATION:
		return arena_printf(arena, "mount --make-%s /", flags_propagation_word(step->propagation));
	case STEP_ATTACH_ROOT:
		return "cd \"$ROOT\"";
	case STEP_MOUNT:
		return shell_mount(arena, step);
	case STEP_NOTIFY_MOUNT:
		return arena_printf(arena, "mkdir -p \"$ROOT\"%1$s; mount --bind -o ro,nosuid,nodev,noexec %2$s \"$ROOT\"%1$s", step->path, shell_quoted(arena, arena_printf(arena, "%s/notify", plan->state_directory)));
	case STEP_DEVICE:
		if (step->device.bind)
			return arena_printf(arena, "touch \"$ROOT\"%1$s; mount --bind %1$s \"$ROOT\"%1$s", step->device.node.path);
		return arena_printf(arena, "mknod -m %04o \"$ROOT\"%s %c %u %u", step->device.node.mode, shell_quoted(arena, step->device.node.path), step->device.node.type,
				    step->device.node.major, step->device.node.minor);
	case STEP_DEVICE_LINKS:
		return "ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr; ln -s pts/ptmx dev/ptmx";
	case STEP_WORKING_DIRECTORY:
		return arena_printf(arena, "mkdir -p \"$ROOT\"%s", shell_quoted(arena, step->path));
	case STEP_LOOPBACK:
		return "ip link set lo up";
	case STEP_SYSCTL:
		return arena_printf(arena, "sysctl -w %s", shell_quoted(arena, arena_printf(arena, "%s=%s", step->sysctl.path, step->sysctl.value)));
	case STEP_HOSTNAME:
		return arena_printf(arena, "hostname %s", shell_quoted(arena, step->text));
	case STEP_DOMAINNAME:
		return arena_printf(arena, "domainname %s", shell_quoted(arena, step->text));
	case STEP_RESCTRL:
		return shell_resctrl(arena, step);
	case STEP_RESCTRL_JOIN:
		return arena_printf(arena, "echo $PID > %s/tasks%s", shell_quoted(arena, step->resctrl.path),
				    step->resctrl.monitor_path != NULL ? arena_printf(arena, "; echo $PID > %s/tasks", shell_quoted(arena, step->resctrl.monitor_path)) : "");
	case STEP_CGROUP_OWNER: {
		const char *dir = shell_quoted(arena, arena_printf(arena, "%s%s", plan->cgroup_mount, plan->cgroup_path));

		return arena_printf(arena, "for f in $(cat /sys/kernel/cgroup/delegate) .; do chown %s %s/$f; done", step->owner.host_uid.set ? arena_printf(arena, "%" PRIu64, step->owner.host_uid.value) : "HOST_UID", dir);
	}
	case STEP_OOM_SCORE:
		return arena_printf(arena, "echo %" PRId64 " > /proc/$PID/oom_score_adj", step->score);
	case STEP_PIVOT_ROOT:
		return "pivot_root . . && umount -l . && cd /";
	case STEP_CHROOT:
		return arena_printf(arena, "exec chroot %s", shell_quoted(arena, step->path));
	case STEP_MOVE_ROOT:
		return "mount --move . / && exec chroot .";
	case STEP_READONLY_PATH:
		return arena_printf(arena, "mount --rbind %1$s %1$s && mount -o remount,bind,ro %1$s", shell_quoted(arena, step->path));
	case STEP_MASK_PATH:
		return arena_printf(arena, "mount --bind /dev/null %1$s || mount -t tmpfs -o ro,size=0 tmpfs %1$s", shell_quoted(arena, step->mask.path));
	case STEP_ROOT_READONLY:
		return "mount -o remount,bind,ro /";
	case STEP_RLIMIT:
		return rlimit_option(arena, &step->rlimit);
	case STEP_SCHEDULER:
		return shell_scheduler(arena, &step->scheduling);
	case STEP_IO_PRIORITY:
		return arena_printf(arena, "ionice --class %d --classdata %d --pid $PID", step->io_priority.io_class, step->io_priority.level);
	case STEP_PERSONALITY:
		return step->personality == PER_LINUX32 ? "exec setarch linux32 sh" : "exec setarch linux64 sh";
	case STEP_MEMORY_POLICY:
		return shell_memory_policy(arena, &step->memory_policy);
	case STEP_CLAIM_CORES:
		return NULL;
	case STEP_PARTITION:
		return shell_partition(arena, plan, step);
	case STEP_THREAD_LEAVES:
		return shell_leaves(arena, plan, step);
	case STEP_SETTLE_CORES:
		return plan->claim->steer ? "for irq in /proc/irq/*/smp_affinity_list; do echo OTHERS >$irq; done   # and default_smp_affinity, workqueue/cpumask, watchdog_cpumask; taskset -pc OTHERS for kcompactd, kswapd, rcuop, ..." : NULL;
	case STEP_ENTER_LEAF:
		return arena_printf(arena, "echo 0 >%s%s/%s/cgroup.procs", plan->cgroup_mount, plan->cgroup_path, step->text);
	case STEP_CORE_COOKIE:
		return step->cookie != 0 ? arena_printf(arena, "coresched copy --source %d --dest-type tgid --dest $$", (int)step->cookie) : "coresched new --dest-type tgid --dest $$";
	case STEP_CHECK_LCORES:
		return arena_printf(arena, "grep -E 'main-core|corelist-workers|workers' %s", shell_quoted(arena, step->lcores.file));
	case STEP_INITIAL_AFFINITY:
		return arena_printf(arena, "taskset -pc %s $$", step->affinity.list);
	case STEP_AFFINITY: {
		const char *last = step->affinity.by_cgroup ? "0-8191" : step->affinity.list;

		if (step->affinity.first < 0 || cpuset_count(&step->affinity.set) < 2)
			return arena_printf(arena, "taskset -pc %s $$", last);
		return arena_printf(arena, "taskset -pc %d $$; taskset -pc %s $$", step->affinity.first, last);
	}
	case STEP_CHDIR:
		return arena_printf(arena, "cd %s", shell_quoted(arena, step->path));
	case STEP_BOUNDING_SET:
		return arena_printf(arena, "setpriv --bounding-set=-all%s", flags_capabilities(arena, step->capabilities.bounding, ",+", "", 1));
	case STEP_USER:
		return shell_user(arena, &step->user);
	case STEP_CAPABILITIES:
		return arena_printf(arena, "setpriv --inh-caps=-all%s --ambient-caps=-all%s", flags_capabilities(arena, step->capabilities.inheritable, ",+", "", 1),
				    flags_capabilities(arena, step->capabilities.ambient, ",+", "", 1));
	case STEP_NO_NEW_PRIVS:
		return "setpriv --no-new-privs";
	case STEP_EXEC:
		return shell_program(arena, &step->program);
	case STEP_REAPER:
		return "trap 'kill -TERM $!' TERM; sh -c 'exec setsid \"$@\"' program \"$@\" & wait; exit $?";
	case STEP_PRESTART_HOOK:
	case STEP_CREATE_RUNTIME_HOOK:
	case STEP_CREATE_CONTAINER_HOOK:
	case STEP_START_CONTAINER_HOOK:
	case STEP_POSTSTART_HOOK:
		return shell_hook(arena, step);
	case STEP_CGROUP_OPEN:          // fds that later steps use: a shell resolves the paths again each time
	case STEP_MASK_SOURCE:
	case STEP_HOST_FDS:
	case STEP_SECCOMP_LISTENER:     // no tool hands an fd on
	case STEP_SECCOMP_COMPILE:      // no tool compiles an OCI profile
	case STEP_DEVICE_FILTER_LOAD:   // bpf(2) for cgroup devices has no command in Debian
	case STEP_DEVICE_FILTER_ATTACH:
	case STEP_RECORD:
	case STEP_NOTIFY_SOCKET:        // nor does a shell make datagram sockets
	case STEP_START_SOCKET:         // minirun's own two meet there
	case STEP_CONSOLE:              // a shell cannot pass a descriptor over a socket
	case STEP_PIDFD_SOCKET:
	case STEP_FIND_PROGRAM:
	case STEP_HIDE:
	case STEP_AWAIT_START:
	case STEP_TERMINAL:
	case STEP_SECCOMP:
	case STEP_KIND_MAX:
		break;
	}
	return NULL;
}
