// check_linux.c: `linux` of the config against itself: namespaces and what needs them, id mappings, paths. See check.h.
#include "spec/check.h"

#include "base/parse.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static bool overlap(uint32_t a, uint32_t b, uint32_t size_a, uint32_t size_b)
{
	return a < (uint64_t)b + size_b && b < (uint64_t)a + size_a;
}

// What the kernel says only as EINVAL when the map is written: user_namespaces(7) "Defining user and group ID mappings".
int check_id_mappings(const char *name, const struct id_mappings *mappings, struct error *err)
{
	enum { MAPPINGS_MAX = 340 }; // UID_GID_MAP_MAX_EXTENTS

	if (mappings->count > MAPPINGS_MAX)
		return error_set(err, EINVAL, "%s: %zu mappings, but the kernel takes at most %d", name, mappings->count, MAPPINGS_MAX);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct id_mapping *m = &mappings->items[i];

		if (m->size == 0)
			return error_set(err, EINVAL, "%s[%zu].size: must be at least 1", name, i);
		if ((uint64_t)m->container_id + m->size > UINT32_MAX || (uint64_t)m->host_id + m->size > UINT32_MAX)
			return error_set(err, EINVAL, "%s[%zu]: ends above the largest id, %u", name, i, UINT32_MAX - 1);
		for (size_t j = 0; j < i; j++) {
			const struct id_mapping *other = &mappings->items[j];

			if (overlap(m->container_id, other->container_id, m->size, other->size))
				return error_set(err, EINVAL, "%s[%zu].containerID: overlaps with %s[%zu]", name, i, name, j);
			if (overlap(m->host_id, other->host_id, m->size, other->size))
				return error_set(err, EINVAL, "%s[%zu].hostID: overlaps with %s[%zu]", name, i, name, j);
		}
	}
	return 0;
}

static int check_namespaces(const struct spec_linux *linux_, struct error *err)
{
	for (size_t i = 0; i < linux_->namespace_count; i++) {
		const struct spec_namespace *namespace = &linux_->namespaces[i];

		if (namespace->path != NULL && namespace->path[0] != '/')
			return error_set(err, EINVAL, "linux.namespaces[%zu].path: must be absolute, not \"%.200s\"", i, namespace->path);
		for (size_t j = 0; j < i; j++) {
			if (linux_->namespaces[j].type == namespace->type)
				return error_set(err, EINVAL, "linux.namespaces[%zu].type: %s is given twice", i, namespace_name(namespace->type));
		}
	}
	return 0;
}

// A joined user namespace has its mappings already; engines repeat them all the same, so they are allowed there.
static int check_user_namespace(const struct spec *spec, struct error *err)
{
	const struct spec_linux *linux_ = &spec->linux_;
	const struct spec_namespace *user = spec_namespace_of(spec, CLONE_NEWUSER);

	if (user == NULL) {
		if (linux_->uid_mappings.count > 0 || linux_->gid_mappings.count > 0)
			return error_set(err, EINVAL, "linux.%s: needs a user namespace; add {\"type\": \"user\"} to linux.namespaces, or remove the mappings",
			                 linux_->uid_mappings.count > 0 ? "uidMappings" : "gidMappings");
		return 0;
	}
	if (user->path == NULL && (linux_->uid_mappings.count == 0 || linux_->gid_mappings.count == 0))
		return error_set(err, EINVAL, "linux.%s: missing, but a new user namespace needs them; without a mapping nobody can be anyone in it",
		                 linux_->uid_mappings.count == 0 ? "uidMappings" : "gidMappings");
	if (check_id_mappings("linux.uidMappings", &linux_->uid_mappings, err) < 0)
		return -1;
	return check_id_mappings("linux.gidMappings", &linux_->gid_mappings, err);
}

static int check_time_namespace(const struct spec *spec, struct error *err)
{
	const struct spec_namespace *time = spec_namespace_of(spec, CLONE_NEWTIME);

	if (!spec->linux_.offset_monotonic.set && !spec->linux_.offset_boottime.set)
		return 0;
	if (time == NULL)
		return error_set(err, EINVAL, "linux.timeOffsets: needs a new time namespace; add {\"type\": \"time\"} to linux.namespaces, or remove the offsets");
	if (time->path != NULL)
		return error_set(err, EINVAL, "linux.timeOffsets: needs a new time namespace; the offsets of the joined one (%.200s) are fixed", time->path);
	return 0;
}

// What is mounted in the runtime's namespace, or in one that belongs to somebody else, lands there for everybody.
static int check_mount_namespace(const struct spec *spec, struct error *err)
{
	const struct spec_namespace *mount = spec_namespace_of(spec, CLONE_NEWNS);
	const char *field = NULL;

	if (mount != NULL && mount->path == NULL)
		return 0;
	if (spec->mount_count > 0)
		field = "mounts";
	else if (spec->root.readonly)
		field = "root.readonly";
	else if (spec->linux_.masked_paths.count > 0)
		field = "linux.maskedPaths";
	else if (spec->linux_.readonly_paths.count > 0)
		field = "linux.readonlyPaths";
	else if (spec->linux_.rootfs_propagation != 0)
		field = "linux.rootfsPropagation";
	if (field == NULL)
		return 0;
	return error_set(err, EINVAL, "%s: needs a new mount namespace, or it would change %s; %s {\"type\": \"mount\"} %s linux.namespaces", field,
	                 mount == NULL ? "the host" : "the joined namespace for everyone in it", mount == NULL ? "add" : "use", mount == NULL ? "to" : "without a path in");
}

static int check_absolute(const char *name, const struct strings *paths, struct error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		if (paths->items[i][0] != '/')
			return error_set(err, EINVAL, "%s[%zu]: must be absolute, not \"%.200s\"", name, i, paths->items[i]);
		if (path_is_root(paths->items[i]))
			return error_set(err, EINVAL, "%s[%zu]: \"%.200s\" is the container's root itself; for a read-only one set root.readonly", name, i, paths->items[i]);
	}
	return 0;
}

static const char *name_inside(const struct spec_pair *device)
{
	return device->value != NULL ? device->value : device->key;
}

// "%d" for a number of the kernel's choice stands at the end, once, and there is no other '%' (dev_prep_valid_name()).
static bool valid_template(const char *name)
{
	const char *percent = strchr(name, '%');

	return percent == NULL || (strcmp(percent, "%d") == 0 && percent != name);
}

static int check_net_device_names(const struct spec_pairs *devices, size_t index, struct error *err)
{
	const struct spec_pair *device = &devices->items[index];

	if (strcmp(device->key, "lo") == 0)
		return error_set(err, EINVAL, "linux.netDevices.lo: the loopback interface cannot be moved; every network namespace has its own");
	if (strchr(device->key, '%') != NULL || !valid_template(name_inside(device)))
		return error_set(err, EINVAL, "linux.netDevices.%.64s.name: %%d may stand at the end only, for a number that is free, as in \"eth%%d\"", device->key);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(name_inside(&devices->items[i]), name_inside(device)) == 0 && strchr(name_inside(device), '%') == NULL)
			return error_set(err, EINVAL, "linux.netDevices: %.64s and %.64s would both be \"%.64s\" in the container", devices->items[i].key, device->key, name_inside(device));
	}
	return 0;
}

static int check_net_devices(const struct spec *spec, struct error *err)
{
	const struct spec_pairs *devices = &spec->linux_.net_devices;

	for (size_t i = 0; i < devices->count; i++) {
		if (!valid_interface_name(devices->items[i].key))
			return error_set(err, EINVAL, "linux.netDevices: \"%.64s\" is not the name of a network interface", devices->items[i].key);
		if (devices->items[i].value != NULL && !valid_interface_name(devices->items[i].value))
			return error_set(err, EINVAL, "linux.netDevices.%.64s.name: \"%.64s\" is not the name of a network interface", devices->items[i].key, devices->items[i].value);
		if (check_net_device_names(devices, i, err) < 0)
			return -1;
	}
	if (devices->count > 0 && spec_namespace_of(spec, CLONE_NEWNET) == NULL)
		return error_set(err, EINVAL, "linux.netDevices: needs a network namespace; add {\"type\": \"network\"} to linux.namespaces");
	return 0;
}

// Names that the resctrl file system has itself (Documentation/filesystems/resctrl.rst).
static bool valid_class(const char *name)
{
	static const char *const own[] = {".", "..", "info", "mon_groups", "mon_data"};

	if (strcmp(name, "/") == 0)
		return true;
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		if (strcmp(name, own[i]) == 0)
			return false;
	return strpbrk(name, "/\n") == NULL && strlen(name) <= NAME_MAX;
}

static int check_schema(const char *field, const char *text, struct error *err)
{
	while (text != NULL && *text != '\0') {
		size_t length = strcspn(text, "\n");

		if (length > 0 && memchr(text, ':', length) == NULL)
			return error_set(err, EINVAL, "linux.intelRdt.%s: \"%.64s\" is no line of a schemata file, such as \"L3:0=ff;1=ff\" or \"MB:0=50\"", field, text);
		text += length + (text[length] == '\n');
	}
	return 0;
}

static int check_intel_rdt(const struct spec *spec, struct error *err)
{
	const char *clos = spec->linux_.intel_rdt.clos_id;

	if (clos != NULL && !valid_class(clos))
		return error_set(err, EINVAL, "linux.intelRdt.closID: \"%.64s\" cannot be the name of a resctrl group; \"/\" is the root group", clos);
	if (check_schema("l3CacheSchema", spec->linux_.intel_rdt.l3_cache_schema, err) < 0 || check_schema("memBwSchema", spec->linux_.intel_rdt.mem_bw_schema, err) < 0)
		return -1;
	for (size_t i = 0; i < spec->linux_.intel_rdt.schemata.count; i++)
		if (check_schema("schemata", spec->linux_.intel_rdt.schemata.items[i], err) < 0)
			return -1;
	return 0;
}

int check_linux(struct spec *spec, struct error *err)
{
	const struct spec_linux *linux_ = &spec->linux_;

	if (check_namespaces(linux_, err) < 0 || check_user_namespace(spec, err) < 0 || check_time_namespace(spec, err) < 0 || check_mount_namespace(spec, err) < 0)
		return -1;
	if (check_absolute("linux.maskedPaths", &linux_->masked_paths, err) < 0 || check_absolute("linux.readonlyPaths", &linux_->readonly_paths, err) < 0)
		return -1;
	if (linux_->cgroups_path != NULL && !valid_cgroup_path(linux_->cgroups_path))
		return error_set(err, EINVAL, "linux.cgroupsPath: \"%.200s\" is not a path below a cgroup mount (no empty, \".\" or \"..\" part)", linux_->cgroups_path);
	if (check_memory_policy(spec, err) < 0 || check_net_devices(spec, err) < 0 || check_intel_rdt(spec, err) < 0)
		return -1;
	return linux_->seccomp.present ? seccomp_check(&linux_->seccomp.profile, err) : 0;
}
