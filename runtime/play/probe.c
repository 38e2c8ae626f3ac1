// probe.c: see probe.h.
#include "play/probe.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "cgroup/cgroup.h"
#include "proc/capabilities.h"
#include "proc/namespace.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

#ifndef RDTGROUP_SUPER_MAGIC
#define RDTGROUP_SUPER_MAGIC 0x7655821
#endif

static bool is_cgroup2(const char *path)
{
	struct statfs info;

	return statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

static void note_cgroup_mount(const struct mountinfo *mount, struct host *host)
{
	if (strcmp(mount->type, "cgroup2") == 0 && host->cgroup_mount == NULL)
		host->cgroup_mount = mount->point;
	if (strcmp(mount->type, "cgroup") != 0)
		return;
	for (const char *word = mount->super_options; *word != '\0'; word += strcspn(word, ",")) {
		enum cgroup_controller controller;

		word += *word == ',';
		controller = controller_from_name(word, strcspn(word, ","));
		// blkio is what cgroup v1 calls the io controller.
		if (controller == CONTROLLER_INVALID && strncmp(word, "blkio", strcspn(word, ",")) == 0)
			controller = CONTROLLER_IO;
		if (controller != CONTROLLER_INVALID && host->v1_mounts[controller] == NULL)
			host->v1_mounts[controller] = mount->point;
	}
}

static int read_mounts(struct arena *arena, struct host *host, struct error *err)
{
	struct mounts mounts;

	if (mountinfo_read(arena, AT_FDCWD, "/proc/self/mountinfo", &mounts) < 0)
		return error_errno(err, errno, "cannot read /proc/self/mountinfo; is /proc mounted?");
	for (size_t i = 0; i < mounts.count; i++)
		note_cgroup_mount(&mounts.items[i], host);
	return 0;
}

static const char *read_text(struct arena *arena, const char *path)
{
	char text[8192];

	return read_file_at(AT_FDCWD, path, text, sizeof text) < 0 ? "" : arena_strdup(arena, text);
}

static unsigned read_controllers(const char *mount)
{
	char path[4200];
	char text[512];
	unsigned set = 0;

	snprintf(path, sizeof path, "%s/cgroup.controllers", mount);
	if (read_file_at(AT_FDCWD, path, text, sizeof text) < 0)
		return 0;
	for (const char *word = text; *word != '\0'; word += strcspn(word, " ")) {
		enum cgroup_controller controller;

		word += strspn(word, " ");
		controller = controller_from_name(word, strcspn(word, " "));
		if (controller != CONTROLLER_INVALID)
			set |= 1u << controller;
	}
	return set;
}

// --- what an unprivileged user may do with cgroups

// The path of "0::PATH" in /proc/self/cgroup; NULL if it is none below the root of the cgroup namespace.
static char *own_cgroup(struct arena *arena)
{
	char text[8192];
	const char *line;

	if (read_file_at(AT_FDCWD, "/proc/self/cgroup", text, sizeof text) < 0)
		return NULL;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	line = line != NULL ? strstr(line, "0::") + 3 : NULL;
	if (line == NULL || *line != '/' || strncmp(line, "/..", 3) == 0)
		return NULL;
	return arena_strndup(arena, line, strcspn(line, "\n"));
}

// To be born below a cgroup, and to be moved there, takes write access to cgroup.procs of the common ancestor (cgroups(7) "Delegation containment").
static bool is_delegated(const char *directory)
{
	char procs[4200];

	snprintf(procs, sizeof procs, "%s/cgroup.procs", directory);
	return faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 && faccessat(AT_FDCWD, procs, W_OK, AT_EACCESS) == 0;
}

// A cgroup passes controllers on only if no process is in itself, or if it does already.
static bool passes_controllers(const char *directory)
{
	char path[4200], text[512];

	snprintf(path, sizeof path, "%s/cgroup.subtree_control", directory);
	if (read_file_at(AT_FDCWD, path, text, sizeof text) > 0)
		return true;
	snprintf(path, sizeof path, "%s/cgroup.procs", directory);
	return read_file_at(AT_FDCWD, path, text, sizeof text) == 0;
}

// The nearest cgroup at or above the own one that is delegated; for limits, the nearest that can pass controllers on.
static void probe_delegation(struct arena *arena, bool limits, struct host *host)
{
	char *path;

	host->cgroup_own = own_cgroup(arena);
	if (host->cgroup_mount == NULL || host->cgroup_own == NULL)
		return;
	path = arena_strdup(arena, strcmp(host->cgroup_own, "/") == 0 ? "" : host->cgroup_own);
	for (;;) {
		const char *directory = arena_printf(arena, "%s%s", host->cgroup_mount, path);
		char *slash = strrchr(path, '/');

		if (!is_delegated(directory))
			return;
		if (host->cgroup_base == NULL || passes_controllers(directory)) {
			host->cgroup_base = arena_strdup(arena, path);
			host->controllers = limits ? read_controllers(directory) : 0;
		}
		if (!limits || slash == NULL || passes_controllers(directory))
			return;
		*slash = '\0';
	}
}

// As libselinux has it: without a policy all that runs is "kernel".
static bool has_selinux(struct arena *arena)
{
	struct statfs info;

	return statfs("/sys/fs/selinux", &info) == 0 && info.f_type == SELINUX_MAGIC && strcmp(read_text(arena, "/proc/self/attr/current"), "kernel") != 0;
}

// A unit with Delegate=yes has a cgroup that is its own business; systemd says so by an attribute. Whoever runs in a unit has $INVOCATION_ID, so that nobody else is asked.
static void probe_unit(struct arena *arena, bool limits, struct host *host)
{
	static const char supervisor[] = "/" CGROUP_SUPERVISOR;
	char *path, *end;
	char value[8] = "";
	const char *directory;

	if (getenv("INVOCATION_ID") == NULL || host->cgroup_mount == NULL)
		return;
	path = own_cgroup(arena);
	if (path == NULL || strcmp(path, "/") == 0)
		return;
	// Where an earlier minirun of the same unit has moved this one's parent.
	end = path + strlen(path) - strlen(supervisor);
	if (end > path && strcmp(end, supervisor) == 0)
		*end = '\0';
	directory = arena_printf(arena, "%s%s", host->cgroup_mount, path);
	if (getxattr(directory, "trusted.delegate", value, sizeof value - 1) < 0 && getxattr(directory, "user.delegate", value, sizeof value - 1) < 0)
		return;
	if (strcmp(value, "1") != 0)
		return;
	host->unit_cgroup = path;
	if (limits)
		host->controllers = read_controllers(directory);
}

int host_probe(struct arena *arena, unsigned needs, enum rootless rootless, struct host *ret_host, struct error *err)
{
	bool limits = (needs & PROBE_LIMITS) != 0;
	struct host host = {
		.euid = (unsigned)getauxval(AT_EUID),
		.egid = (unsigned)getauxval(AT_EGID),
		.capabilities = capabilities_permitted(),
		.user_namespace = !namespace_user_is_initial(),
		.cpus_online = "", .cpus_isolated = "", .mems_online = "",
	};

	if ((needs & PROBE_LABELS) != 0) {
		host.apparmor = strcmp(read_text(arena, "/sys/module/apparmor/parameters/enabled"), "Y") == 0;
		host.selinux = has_selinux(arena);
	}
	// The two usual places first: the mount table of a busy host is long.
	if (is_cgroup2("/sys/fs/cgroup"))
		host.cgroup_mount = "/sys/fs/cgroup";
	else if (!limits && is_cgroup2("/sys/fs/cgroup/unified"))
		host.cgroup_mount = "/sys/fs/cgroup/unified";
	else if (read_mounts(arena, &host, err) < 0)
		return -1;
	if (limits) {
		if (host.cgroup_mount != NULL)
			host.controllers = read_controllers(host.cgroup_mount);
		host.cpus_online = read_text(arena, "/sys/devices/system/cpu/online");
		host.cpus_isolated = read_text(arena, "/sys/devices/system/cpu/isolated");
		host.mems_online = read_text(arena, "/sys/devices/system/node/has_memory");
		if (*host.mems_online == '\0')
			host.mems_online = "0"; // a kernel without NUMA
	}
	host.unprivileged = rootless == ROOTLESS_YES || (rootless == ROOTLESS_AUTO && (host.user_namespace || (host.capabilities >> CAP_SYS_ADMIN & 1) == 0));
	if (host.unprivileged)
		probe_delegation(arena, limits, &host);
	else
		probe_unit(arena, limits, &host);
	*ret_host = host;
	return 0;
}

static int device_node(int sys, const struct core_request *request, int *ret_node, struct error *err)
{
	const char *kind = NULL, *name = NULL;

	if (!core_request_node(request, ret_node, &kind, &name) || *ret_node >= 0)
		return 0;
	if (topology_device_node(sys, kind, name, ret_node, err) < 0)
		return error_prefix(err, "--cpus: node=%s", request->node);
	return 0;
}

int host_probe_cores(struct arena *arena, const struct core_request *request, const struct ledger *ledger, struct host *host, struct error *err)
{
	AUTO_FD sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD cgroup = host->cgroup_mount != NULL ? open(host->cgroup_mount, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	struct topology *topology = arena_alloc(arena, sizeof *topology);
	struct ledger_claims *claims = arena_alloc(arena, sizeof *claims);

	if (sys < 0 || proc < 0)
		return error_errno(err, errno, "cannot open %s", sys < 0 ? "/sys" : "/proc");
	if (topology_read(arena, sys, cgroup, topology, err) < 0 || ledger_read(arena, ledger, proc, claims, err) < 0)
		return -1;
	host->cores_node = -1;
	if (device_node(sys, request, &host->cores_node, err) < 0)
		return -1;
	host->topology = topology;
	host->claims = claims;
	return 0;
}

// The mount point of the first resctrl file system.
static const char *find_resctrl(struct arena *arena)
{
	struct mounts mounts = {0};

	mountinfo_read(arena, AT_FDCWD, "/proc/self/mountinfo", &mounts);
	for (size_t i = 0; i < mounts.count; i++)
		if (strcmp(mounts.items[i].type, "resctrl") == 0)
			return mounts.items[i].point;
	return NULL;
}

void host_probe_resctrl(struct arena *arena, struct host *host)
{
	struct statfs info;

	if (statfs("/sys/fs/resctrl", &info) == 0 && info.f_type == RDTGROUP_SUPER_MAGIC)
		host->resctrl_mount = "/sys/fs/resctrl";
	else
		host->resctrl_mount = find_resctrl(arena);
}

void host_probe_ground(struct arena *arena, const struct snapshot_option *option, const char *image, const char *owner, struct host *host)
{
	host->ground.looked = true;
	for (unsigned kind = SNAPSHOT_NONE + 1; kind < SNAPSHOT_KIND_MAX; kind++) {
		struct error reason = ERROR_INIT;
		struct snapshot snapshot;

		if (!option->automatic && option->kind != kind)
			continue;
		// A store of the user's own that does not go with the image is refused by the plan, in words of its own.
		if (snapshot_of(arena, option, (enum snapshot_kind)kind, image, owner, false, &snapshot, &reason) < 0)
			continue;
		if (snapshot_backend(snapshot.kind)->fits(&snapshot, &reason) < 0)
			host->ground.refusals[kind] = arena_strdup(arena, reason.text);
		host->ground.subvolume |= kind == SNAPSHOT_BTRFS && reason.code != EINVAL; // see btrfs_fits()
	}
}
