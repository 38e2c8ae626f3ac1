// seen.c: see seen.h. A table by step kind of where to look; nothing here changes anything.
#include "cmd/seen.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mountinfo.h"
#include "base/process.h"
#include "plan/describe.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum where {
	NOWHERE,
	STATUS,  // lines of /proc/PID/status
	FILE_OF, // a file below /proc/PID, its first line
	LINKS,   // symlinks below /proc/PID
	LIMIT,   // prlimit(2)
	MOUNTS,  // the topmost mount on the step's place
	CGROUP,  // the file that was written
};

static const struct {
	enum where where;
	const char *names; // parted by blanks
} places[] = {
	[STEP_SPAWN] = {LINKS, "ns/pid ns/mnt ns/net ns/ipc ns/uts ns/user ns/cgroup"},
	[STEP_ID_MAPS] = {FILE_OF, "uid_map gid_map"},
	[STEP_ENTER_LEAF] = {FILE_OF, "cgroup"},
	[STEP_OOM_SCORE] = {FILE_OF, "oom_score_adj"},
	[STEP_CGROUP_WRITE] = {CGROUP, NULL},
	[STEP_BECOME_ROOT] = {STATUS, "Uid Gid"},
	[STEP_CGROUP_NAMESPACE] = {LINKS, "ns/cgroup"},
	[STEP_ATTACH_ROOT] = {MOUNTS, NULL},
	[STEP_MOUNT] = {MOUNTS, NULL},
	[STEP_NOTIFY_MOUNT] = {MOUNTS, NULL},
	[STEP_READONLY_PATH] = {MOUNTS, NULL},
	[STEP_MASK_PATH] = {MOUNTS, NULL},
	[STEP_PIVOT_ROOT] = {MOUNTS, NULL},
	[STEP_MOVE_ROOT] = {MOUNTS, NULL},
	[STEP_ROOT_READONLY] = {MOUNTS, NULL},
	[STEP_RLIMIT] = {LIMIT, NULL},
	[STEP_PERSONALITY] = {FILE_OF, "personality"},
	[STEP_AFFINITY] = {STATUS, "Cpus_allowed_list"},
	[STEP_CHDIR] = {LINKS, "cwd"},
	[STEP_BOUNDING_SET] = {STATUS, "CapBnd"},
	[STEP_USER] = {STATUS, "Uid Gid Groups Umask"},
	[STEP_CAPABILITIES] = {STATUS, "CapPrm CapEff CapInh CapAmb"},
	[STEP_NO_NEW_PRIVS] = {STATUS, "NoNewPrivs"},
	[STEP_SECCOMP] = {STATUS, "Seccomp"},
	[STEP_KIND_MAX] = {NOWHERE, NULL},
};

static const char *joined(struct arena *arena, const char *text, const char *more)
{
	return text == NULL ? more : arena_printf(arena, "%s; %s", text, more);
}

// The names of the table, one after the other.
static const char *next_name(struct arena *arena, const char **rest)
{
	size_t length = strcspn(*rest, " ");
	const char *name = arena_strndup(arena, *rest, length);

	*rest += length + ((*rest)[length] == ' ');
	return name;
}

// "Uid: 0 0 0 0": the file's tabulators as blanks.
static const char *line_of(struct arena *arena, int proc, pid_t pid, const char *name)
{
	AUTO_FREE char *value = process_status_value(proc, pid, name);

	if (value == NULL)
		return NULL;
	for (char *c = value; *c != '\0'; c++)
		if (*c == '\t')
			*c = ' ';
	return arena_printf(arena, "%s: %s", name, value);
}

static const char *seen_status(struct arena *arena, pid_t pid, const char *names)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *text = NULL;

	while (*names != '\0') {
		const char *line = line_of(arena, proc, pid, next_name(arena, &names));

		if (line != NULL)
			text = joined(arena, text, line);
	}
	return text;
}

static const char *seen_files(struct arena *arena, int proc, const char *names)
{
	const char *text = NULL;
	char line[256];

	while (*names != '\0') {
		const char *name = next_name(arena, &names);

		if (read_file_at(proc, name, line, sizeof line) >= 0)
			text = joined(arena, text, arena_printf(arena, "%s: %.*s", name, (int)strcspn(line, "\n"), line));
	}
	return text;
}

static const char *seen_links(struct arena *arena, int proc, const char *names)
{
	const char *text = NULL;
	char target[PATH_MAX];

	while (*names != '\0') {
		const char *name = next_name(arena, &names);
		ssize_t length = readlinkat(proc, name, target, sizeof target - 1);

		if (length < 0)
			continue;
		target[length] = '\0';
		// What a namespace's link says begins with its kind.
		text = joined(arena, text, strncmp(name, "ns/", strlen("ns/")) == 0 ? arena_strdup(arena, target) : arena_printf(arena, "%s -> %s", name, target));
	}
	return text;
}

static const char *seen_limit(struct arena *arena, pid_t pid, const struct rlimit_value *wanted)
{
	struct rlimit limit;

	if (prlimit(pid, (__rlimit_resource_t)wanted->resource, NULL, &limit) < 0)
		return NULL;
	return arena_printf(arena, "%s: soft %jd, hard %jd", rlimit_name(wanted->resource), (intmax_t)limit.rlim_cur, (intmax_t)limit.rlim_max);
}

static const char *mount_point_of(const struct step *step)
{
	switch (step->kind) {
	case STEP_MOUNT:
		return step->mount.request.destination;
	case STEP_MASK_PATH:
		return step->mask.path;
	case STEP_READONLY_PATH:
	case STEP_NOTIFY_MOUNT:
		return step->path;
	default:
		return "";
	}
}

static const char *seen_mounts(struct arena *arena, int proc, const struct plan *plan, size_t index)
{
	// Until the container's root is init's, the mount points are below the root file system's place on the host.
	bool early = index < plan_root_change(plan);
	const char *path = arena_printf(arena, "%s%s", early ? plan->rootfs : "", mount_point_of(&plan->steps[index]));
	const struct mountinfo *found;
	struct mounts mounts;

	if (mountinfo_read(arena, proc, "mountinfo", &mounts) < 0)
		return NULL;
	found = mountinfo_topmost(&mounts, *path != '\0' ? path : "/");
	if (found == NULL)
		return "nothing is mounted there";
	return arena_printf(arena, "%s on %s (%s), mount id %" PRIu64 ", one of %zu mounts", found->type, found->point, found->options, found->id, mounts.count);
}

static const char *seen_cgroup(struct arena *arena, int cgroup_dir, const struct cgroup_write *write)
{
	char value[256];

	if (cgroup_dir < 0 || read_file_at(cgroup_dir, write->file, value, sizeof value) < 0)
		return NULL;
	return arena_printf(arena, "%s: %.*s", write->file, (int)strcspn(value, "\n"), value);
}

// The process that goes on is a child of the one that is known then.
static bool is_reaped(const struct plan *plan, size_t index)
{
	return plan_find(plan, STEP_REAPER, index + 1) != NULL;
}

const char *step_seen(struct arena *arena, const struct play_site *site, size_t index)
{
	const struct step *step = &site->plan->steps[index];
	AUTO_FD proc = -1;

	if (places[step->kind].where == CGROUP)
		return seen_cgroup(arena, site->cgroup_dir, &step->write);
	if (places[step->kind].where == NOWHERE || site->pid <= 0 || is_reaped(site->plan, index))
		return NULL;
	proc = open(arena_printf(arena, "/proc/%d", site->pid), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return NULL;
	switch (places[step->kind].where) {
	case STATUS:
		return seen_status(arena, site->pid, places[step->kind].names);
	case FILE_OF:
		return seen_files(arena, proc, places[step->kind].names);
	case LINKS:
		return seen_links(arena, proc, places[step->kind].names);
	case LIMIT:
		return seen_limit(arena, site->pid, &step->rlimit);
	case MOUNTS:
		return seen_mounts(arena, proc, site->plan, index);
	case CGROUP:
	case NOWHERE:
		break;
	}
	return NULL;
}
