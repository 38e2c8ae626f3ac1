// limits_part.c: the plan's cgroup lines: directory, limits, device filter, and the CPUs in force.
#include "plan/build.h"

#include "base/parse.h"

#include <errno.h>
#include <linux/mount.h>
#include <sched.h>
#include <string.h>

static int missing_controller(const struct host *host, const struct cgroup_write *write, struct error *err)
{
	const char *name = controller_name(write->controller);
	const char *v1 = host->v1_mounts[write->controller];

	if (v1 != NULL)
		return error_set(err, ENOTSUP,
				 "cannot set %s: the %s controller is mounted as cgroup v1 on %s; boot with cgroup_no_v1=%s (or "
				 "systemd.unified_cgroup_hierarchy=1), or remove the limit",
				 write->field, name, v1, name);
	if (host->unprivileged && host->cgroup_base != NULL)
		return error_set(err, ENOTSUP,
				 "cannot set %s: the %s controller is not delegated to this user (cgroup.controllers of %s%s); root can delegate it (systemctl edit user@.service: "
				 "[Service] Delegate=cpu cpuset io memory pids), or remove the limit",
				 write->field, name, host->cgroup_mount, host->cgroup_base);
	return error_set(err, ENOTSUP, "cannot set %s: this machine's cgroup v2 has no %s controller; remove the limit, or enable it in the kernel",
			 write->field, name);
}

int plan_check_controllers(const struct host *host, const struct cgroup_plan *limits, struct error *err)
{
	for (size_t i = 0; i < limits->count; i++)
		if (limits->writes[i].controller != CONTROLLER_INVALID && (host->controllers & 1u << limits->writes[i].controller) == 0)
			return missing_controller(host, &limits->writes[i], err);
	return 0;
}

int builder_exist(struct builder *b, const char *what, const struct cpuset *set, const char *online_list)
{
	struct cpuset online;
	int outside;

	if (*online_list == '\0')
		return error_set(b->err, ENOENT, "cannot learn what this machine has: /sys/devices/system cannot be read; mount -t sysfs sysfs /sys");
	if (cpuset_parse(b->arena, online_list, &online, b->err) < 0)
		return -1;
	outside = cpuset_first_outside(set, &online);
	if (outside < 0)
		return 0;
	return error_set(b->err, EINVAL, "cannot use %s %d: this machine has %s; choose from those", what, outside, online_list);
}

int builder_cpus(struct builder *b, struct cpuset *ret_set, const char **ret_list)
{
	const char *list = b->placed ? builder_cores_list(b) : b->spec->linux_.resources.cpu.cpus;
	struct cpuset set;

	*ret_list = NULL;
	if (list == NULL || *list == '\0')
		return 0;
	if (cpuset_parse(b->arena, list, &set, b->err) < 0)
		return error_prefix(b->err, "linux.resources.cpu.cpus");
	if (!b->placed && builder_exist(b, "CPU", &set, b->host->cpus_online) < 0)
		return error_prefix(b->err, "linux.resources.cpu.cpus %s", list);
	*ret_set = set;
	*ret_list = cpuset_format(b->arena, &set);
	return 0;
}

// Limits with the flag's CPUs in place of the config's; without a v2 cpuset controller the list is left to the affinity, with a warning.
static int effective_limits(struct builder *b, struct cgroup_limits *ret_limits)
{
	struct cgroup_limits limits = b->spec->linux_.resources;
	const char *v1 = b->host->v1_mounts[CONTROLLER_CPUSET];
	struct cpuset set;
	const char *list;

	if (builder_cpus(b, &set, &list) < 0)
		return -1;
	limits.cpu.cpus = list;
	if (limits.cpu.mems == NULL && (b->host->controllers & 1u << CONTROLLER_CPUSET) != 0)
		limits.cpu.mems = builder_cores_mems(b);
	if (limits.cpu.mems != NULL && *limits.cpu.mems != '\0') {
		if (cpuset_parse(b->arena, limits.cpu.mems, &set, b->err) < 0 || builder_exist(b, "memory node", &set, b->host->mems_online) < 0)
			return error_prefix(b->err, "linux.resources.cpu.mems");
	}
	if (list != NULL && (b->host->controllers & 1u << CONTROLLER_CPUSET) == 0) {
		limits.cpu.cpus = NULL;
		builder_warn(b, "CPUs %s are set as the program's affinity only: %s%s, so nothing keeps the program from widening it (sched_setaffinity) "
				"or other programs off these CPUs",
			     list, v1 != NULL ? "the cpuset controller is mounted as cgroup v1 on " : "cgroup v2 has no cpuset controller here",
			     v1 != NULL ? v1 : "");
	}
	*ret_limits = limits;
	return 0;
}

static const char *cgroup_path(struct builder *b)
{
	const char *path = b->spec->linux_.cgroups_path;
	const char *base = b->plan->rootless ? b->host->cgroup_base : b->host->unit_cgroup != NULL ? b->host->unit_cgroup : "";

	if (path != NULL && *path == '/')
		return path;
	// A relative path means a place of the runtime's choice, always the same for the same value (runtime-spec config-linux.md "Cgroups Path").
	if (path != NULL && *path != '\0')
		return arena_printf(b->arena, "%s/minirun/%s", base, path);
	// Flat: a parent of our own would cost a mkdir and an rmdir more in each start. Another state root may have the same id.
	if (strcmp(b->request->root, PLAN_USUAL_ROOT) != 0)
		return arena_printf(b->arena, "%s/minirun-%08x-%s", base, (unsigned)hash_bytes(b->request->root, strlen(b->request->root)), b->request->id);
	return arena_printf(b->arena, "%s/minirun-%s", base, b->request->id);
}

static bool below(const char *path, const char *above)
{
	size_t length = above != NULL ? strlen(above) : 0;

	return above != NULL && strncmp(path, above, length) == 0 && path[length] == '/';
}

static void add_writes(struct builder *b, bool late)
{
	for (size_t i = 0; i < b->limits.count; i++)
		if (b->limits.writes[i].late == late)
			builder_add(b, STEP_CGROUP_WRITE)->write = b->limits.writes[i];
}

int builder_cgroup(struct builder *b)
{
	const struct cgroup_plan *plan = &b->limits;
	struct cgroup_limits limits;
	struct step *step;

	if (effective_limits(b, &limits) < 0 || limits_plan(b->arena, &limits, &b->limits, b->err) < 0)
		return -1;
	if (b->request->no_cgroup) {
		if (plan->count > 0)
			return error_set(b->err, ENOTSUP, "cannot set %s: --cgroup-manager disabled leaves the container in its caller's cgroup; remove the limit or the option",
					 plan->writes[0].field);
		if (b->spec->linux_.resources.devices.count > 0)
			builder_warn(b, "linux.resources.devices is not carried out: --cgroup-manager disabled leaves no cgroup for the device filter");
		return 0;
	}
	if (b->host->cgroup_mount == NULL) {
		if (b->request->systemd_cgroup)
			return error_set(b->err, ENOTSUP, "cannot use systemd's cgroup driver: no cgroup2 is mounted; systemd mounts it where it runs, so leave --systemd-cgroup out");
		if (plan->count > 0)
			return error_set(b->err, ENOTSUP, "cannot set %s: no cgroup2 is mounted; mount -t cgroup2 none /sys/fs/cgroup, or remove the limit",
					 plan->writes[0].field);
		builder_warn(b, "no cgroup2 is mounted: the container gets no cgroup, and no device filter");
		return 0;
	}
	if (b->plan->rootless && b->host->cgroup_base == NULL && !b->request->systemd_cgroup)
		return builder_no_delegation(b);
	if (plan_check_controllers(b->host, plan, b->err) < 0)
		return -1;
	b->plan->cgroup_mount = b->host->cgroup_mount;
	if (b->request->systemd_cgroup) {
		if (builder_scope(b) < 0)
			return -1;
	} else {
		b->plan->cgroup_path = cgroup_path(b);
		if (plan->controllers != 0 && below(b->plan->cgroup_path, b->host->unit_cgroup)) {
			builder_undo(b, UNDO_ROOM, b->host->unit_cgroup);
			builder_add(b, STEP_CGROUP_ROOM)->path = b->host->unit_cgroup;
		}
		builder_undo(b, UNDO_CGROUP, b->plan->cgroup_path);
		step = builder_add(b, STEP_CGROUP_CREATE);
		step->cgroup.path = b->plan->cgroup_path;
		step->cgroup.controllers = plan->controllers;
		step->cgroup.owner = b->plan->state_directory;
	}
	add_writes(b, false);
	return 0;
}

// The last mount on /sys/fs/cgroup decides what is there in the end.
static int writable_cgroup_mount(struct builder *b, bool *ret_writable)
{
	bool writable = false;

	for (size_t i = 0; i < b->spec->mount_count; i++) {
		const struct spec_mount *mount = &b->spec->mounts[i];
		struct mount_request request = {0};

		if (strcmp(mount->destination, "/sys/fs/cgroup") != 0)
			continue;
		if (builder_mount_request(b, i, &request) < 0)
			return -1;
		writable = !request.bind && request.type != NULL && strncmp(request.type, "cgroup", 6) == 0 &&
			   ((request.attr_set | (request.rec_attr_set & ~request.attr_clear)) & MOUNT_ATTR_RDONLY) == 0;
	}
	*ret_writable = writable;
	return 0;
}

// runtime-spec config-linux.md "Cgroup ownership": only with cgroup v2, a new cgroup namespace and a writable cgroup mount. For a program of the host's own root nothing would
// change, and without root nothing can be given away.
int builder_cgroup_owner(struct builder *b)
{
	const struct spec_namespace *user = builder_namespace(b, CLONE_NEWUSER);
	uint32_t uid = b->spec->process.user.uid, host = uid;
	bool writable;
	struct step *step;

	if (b->plan->cgroup_path == NULL || b->host->unprivileged || b->host->euid != 0 || !builder_new_namespace(b, CLONE_NEWCGROUP) || (user == NULL && uid == 0))
		return 0;
	if (writable_cgroup_mount(b, &writable) < 0 || !writable)
		return b->err->code != 0 ? -1 : 0;
	if (user != NULL && user->path == NULL && (!ids_host_id(&b->spec->linux_.uid_mappings, uid, &host) || host == 0))
		return 0; // not mapped: changing to that user will tell
	step = builder_add(b, STEP_CGROUP_OWNER);
	step->owner.uid = uid;
	if (user == NULL || user->path == NULL)
		step->owner.host_uid = (struct opt_u64){.value = host, .set = true};
	return 0;
}

void builder_late_limits(struct builder *b)
{
	int last = builder_last(b, ACTOR_INIT);
	size_t before = b->plan->count;

	builder_scope_late(b);
	add_writes(b, true);
	if (b->plan->count > before) {
		b->plan->steps[before].needs = last;
		b->plan->steps[last].notify = true;
	}
}

// A file system on a block device: the kernel opens the device for init when it mounts it, and the filter is for the program, not for the set-up.
static bool mounts_a_device(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mount_count; i++)
		if (!spec->mounts[i].bind && spec->mounts[i].source != NULL && spec->mounts[i].source[0] == '/')
			return true;
	return false;
}

// Whether init opens a device of the host's, as mounting one does: before its cgroup has the filter, which is for the program.
static bool opens_a_device(const struct builder *b)
{
	for (size_t i = 0; i < b->own->link_count; i++)
		if (b->own->links[i].kind == LINK_TAP)
			return true;
	return mounts_a_device(b->spec);
}

int builder_device_filter(struct builder *b)
{
	const struct cgroup_limits *limits = &b->spec->linux_.resources;
	struct device_filter filter;

	if (device_filter_build(b->arena, limits->devices.items, limits->devices.count, true, &filter, b->err) < 0)
		return -1;
	builder_add(b, STEP_DEVICE_FILTER_LOAD)->filter = filter;
	// No need to wait for init's nodes: mknod is among the accesses that every filter allows (device_filter.h), opening is what is restricted.
	if (!opens_a_device(b))
		builder_add(b, STEP_DEVICE_FILTER_ATTACH);
	return 0;
}

void builder_late_device_filter(struct builder *b)
{
	int opened = builder_last(b, ACTOR_INIT);

	if (b->plan->cgroup_path == NULL || !opens_a_device(b))
		return;
	builder_add(b, STEP_DEVICE_FILTER_ATTACH);
	builder_needs(b, opened);
}
