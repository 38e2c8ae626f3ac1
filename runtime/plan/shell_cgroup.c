// shell_cgroup.c: cgroups, CPUs, units of systemd and resctrl groups as a person would type them; see shell_text.h.
#include "plan/describe.h"
#include "plan/shell_text.h"

#include "cgroup/cgroup.h"
#include "cpus/cpumask.h"

#include <inttypes.h>
#include <string.h>

static const char *controllers_text(struct arena *arena, unsigned controllers)
{
	const char *text = "";

	for (int i = 0; i < CONTROLLER_MAX; i++)
		if ((controllers & 1u << i) != 0)
			text = arena_printf(arena, "%s%s+%s", text, *text != '\0' ? " " : "", controller_name(i));
	return text;
}

// A controller is there for a cgroup when all above it hand it on to those below them.
static const char *shell_cgroup_create(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *text = "mkdir -p \"$CGROUP\"", *end = step->cgroup.path;

	for (; step->cgroup.controllers != 0 && end != NULL; end = strchr(end + 1, '/'))
		text = arena_printf(arena, "%s\necho '%s' > %s/cgroup.subtree_control", text, controllers_text(arena, step->cgroup.controllers),
				    shell_quoted(arena, arena_printf(arena, "%s%.*s", plan->cgroup_mount, (int)(end - step->cgroup.path), step->cgroup.path)));
	return text;
}

static const char *shell_room(struct arena *arena, const struct plan *plan, const struct step *step)
{
	return arena_printf(arena, "mkdir -p %1$s/" CGROUP_SUPERVISOR "\nwhile read -r process; do echo \"$process\" > %1$s/" CGROUP_SUPERVISOR "/cgroup.procs; done < %1$s/cgroup.procs",
			    shell_quoted(arena, arena_printf(arena, "%s%s", plan->cgroup_mount, step->path)));
}

static const char *shell_resctrl(struct arena *arena, const struct step *step)
{
	const struct resctrl_group *group = &step->resctrl.group;
	const char *dir = shell_quoted(arena, step->resctrl.path);
	const char *text = arena_printf(arena, "%s %s", group->must_exist ? "test -d" : "mkdir", dir);

	for (size_t i = 0; i < group->lines.count; i++)
		text = arena_printf(arena, "%s\necho %s > %s/schemata", text, shell_quoted(arena, group->lines.items[i]), dir);
	return step->resctrl.monitor_path != NULL ? arena_printf(arena, "%s\nmkdir %s", text, shell_quoted(arena, step->resctrl.monitor_path)) : text;
}

static const char *shell_unit(struct arena *arena, const struct step *step, const char *method, const char *mode, bool with_process)
{
	const struct unit_properties *properties = &step->unit.properties;
	bool start = strcmp(mode, "fail") == 0;
	const char *text = arena_printf(arena, "%sbusctl%s call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager %s %s %s %zu",
					with_process ? "sleep infinity & PLACEHOLDER=$!\n" : "", step->unit.user ? " --user" : "", method, shell_quoted(arena, step->unit.name), mode,
					properties->count + with_process);

	for (size_t i = 0; i < properties->words.count; i++)
		text = arena_printf(arena, "%s %s", text, shell_quoted(arena, properties->words.items[i]));
	return arena_printf(arena, "%s%s%s", text, with_process ? " PIDs au 1 \"$PLACEHOLDER\"" : "", start ? " 0" : "");
}

// The kernel says in the same file what became of a partition.
static const char *shell_partition(struct arena *arena, const struct step *step)
{
	const struct partition_request *request = &step->partition.request;

	if (request->isolated)
		return arena_printf(arena, "echo %s > \"$CGROUP\"/cpuset.cpus\necho isolated > \"$CGROUP\"/cpuset.cpus.partition\n[ \"$(cat \"$CGROUP\"/cpuset.cpus.partition)\" = isolated ]", request->cpus);
	return arena_printf(arena, "echo %s > \"$CGROUP\"/cpuset.cpus\necho %s > \"$CGROUP\"/cpuset.cpus.exclusive", request->cpus, request->exclusive);
}

static const char *shell_leaves(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->leaves.count; i++)
		text = arena_printf(arena, "%1$smkdir \"$CGROUP\"/%2$s\necho threaded > \"$CGROUP\"/%2$s/cgroup.type\n", text, step->leaves.items[i].name);
	text = arena_printf(arena, "%secho +cpuset > \"$CGROUP\"/cgroup.subtree_control", text);
	for (size_t i = 0; i < step->leaves.count; i++)
		text = arena_printf(arena, "%s\necho %s > \"$CGROUP\"/%s/cpuset.cpus", text, step->leaves.items[i].cpus, step->leaves.items[i].name);
	return text;
}

static const char *shell_steer_link(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct net_link *link = step->packets.link;
	const char *before = "";
	char host[IFNAMSIZ];

	veth_host_name(plan->id, link->name, 0, host);
	if (link->kind == LINK_VETH)
		before = arena_printf(arena, "echo %s > /sys/class/net/%s/queues/rx-0/rps_cpus\n", cpumask_format(arena, &step->packets.host), link->host != NULL ? link->host : host);
	return arena_printf(arena, "%snsenter --target \"$PID\" --net unshare -m sh -c 'mount -t sysfs sysfs /sys; echo %s > /sys/class/net/%s/queues/rx-0/rps_cpus'", before,
			    cpumask_format(arena, &step->packets.own), link->name);
}

static const char *shell_owner(struct arena *arena, const struct step *step)
{
	const char *owner = step->owner.host_uid.set ? arena_printf(arena, "%" PRIu64, step->owner.host_uid.value) : "\"$HOST_UID\"";

	return arena_printf(arena, "chown %1$s \"$CGROUP\"\nwhile read -r file; do [ ! -e \"$CGROUP/$file\" ] || chown %1$s \"$CGROUP/$file\"; done < /sys/kernel/cgroup/delegate", owner);
}

const char *shell_cgroup(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_CGROUP_CREATE:
		return shell_cgroup_create(arena, plan, step);
	case STEP_CGROUP_ROOM:
		return shell_room(arena, plan, step);
	case STEP_UNIT_START:
		return shell_unit(arena, step, "StartTransientUnit 'ssa(sv)a(sa(sv))'", "fail", step->unit.with_process);
	case STEP_UNIT_SET:
		return shell_unit(arena, step, "SetUnitProperties 'sba(sv)'", "true", false);
	case STEP_UNIT_LEAVE:
		return "kill \"$PLACEHOLDER\"";
	case STEP_CGROUP_WRITE:
		return arena_printf(arena, "echo %s > \"$CGROUP\"/%s", shell_quoted(arena, step->write.value), shell_quoted(arena, step->write.file));
	case STEP_CGROUP_OWNER:
		return shell_owner(arena, step);
	case STEP_CGROUP_NAMESPACE:
		return "unshare --cgroup";
	case STEP_RESCTRL:
		return shell_resctrl(arena, step);
	case STEP_RESCTRL_JOIN:
		return arena_printf(arena, "echo \"$PID\" > %s/tasks%s", shell_quoted(arena, step->resctrl.path),
				    step->resctrl.monitor_path != NULL ? arena_printf(arena, "\necho \"$PID\" > %s/tasks", shell_quoted(arena, step->resctrl.monitor_path)) : "");
	case STEP_PARTITION:
		return shell_partition(arena, step);
	case STEP_THREAD_LEAVES:
		return shell_leaves(arena, step);
	case STEP_ENTER_LEAF:
		return arena_printf(arena, "echo 0 > \"$CGROUP\"/%s/cgroup.procs", shell_quoted(arena, step->text));
	case STEP_STEER_LINK:
		return shell_steer_link(arena, plan, step);
	default:
		return NULL;
	}
}
