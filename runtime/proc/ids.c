// ids.c: see ids.h. The id changes are raw system calls: glibc's wrappers tell every thread that it believes to exist, which in
// a process made by clone3 may be threads of the parent.
#include "proc/ids.h"

#include "base/file.h"
#include "base/refusal.h"
#include "base/sys.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#ifdef SYS_setresuid32 // 32-bit x86 and Arm: the plain calls take 16-bit ids
#define SYS_SETRESUID SYS_setresuid32
#define SYS_SETRESGID SYS_setresgid32
#define SYS_SETGROUPS SYS_setgroups32
#else
#define SYS_SETRESUID SYS_setresuid
#define SYS_SETRESGID SYS_setresgid
#define SYS_SETGROUPS SYS_setgroups
#endif

// ---- id maps --------------------------------------------------------------------------------------------------------------------------

enum {
	MAP_TEXT_MAX = 4096, // the kernel takes a map in one write of less than a page (kernel/user_namespace.c map_write)
	MAP_LINES_MAX = 340, // UID_GID_MAP_MAX_EXTENTS
};

static bool overlaps(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return (uint64_t)a < (uint64_t)b + b_size && (uint64_t)b < (uint64_t)a + a_size;
}

static int refuse_mapping(const char *kind, const struct id_mapping *mapping, const char *why, struct error *err)
{
	return error_set(err, EINVAL, "cannot map container %ss %" PRIu32 "+%" PRIu32 " to host %ss %" PRIu32 "+%" PRIu32 ": %s", kind,
	                 mapping->container_id, mapping->size, kind, mapping->host_id, mapping->size, why);
}

// The rules of the kernel, whose answer to all of them is EINVAL without a name.
static int check_mappings(const char *kind, const struct id_mappings *mappings, struct error *err)
{
	if (mappings->count == 0)
		return error_set(err, EINVAL, "cannot map the %ss of the user namespace: there are no %s mappings", kind, kind);
	if (mappings->count > MAP_LINES_MAX)
		return error_set(err, EINVAL, "cannot map the %ss of the user namespace: %zu mappings are more than the kernel takes (%d)", kind, mappings->count, MAP_LINES_MAX);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct id_mapping *mapping = &mappings->items[i];

		if (mapping->size == 0)
			return refuse_mapping(kind, mapping, "the size must not be 0", err);
		// 4294967295 is "no id".
		if (mapping->container_id > UINT32_MAX - mapping->size || mapping->host_id > UINT32_MAX - mapping->size)
			return refuse_mapping(kind, mapping, "ids end at 4294967294", err);
		for (size_t j = 0; j < i; j++) {
			const struct id_mapping *other = &mappings->items[j];

			if (overlaps(mapping->container_id, mapping->size, other->container_id, other->size))
				return refuse_mapping(kind, mapping, "another mapping has some of these container ids", err);
			if (overlaps(mapping->host_id, mapping->size, other->host_id, other->size))
				return refuse_mapping(kind, mapping, "another mapping has some of these host ids", err);
		}
	}
	return 0;
}

static int format_map(const char *kind, const struct id_mappings *mappings, char *text, size_t size, struct error *err)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < mappings->count; i++) {
		const struct id_mapping *mapping = &mappings->items[i];

		used += (size_t)snprintf(text + used, size - used, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", mapping->container_id, mapping->host_id, mapping->size);
		if (used >= size)
			return error_set(err, E2BIG, "cannot map the %ss of the user namespace: as text the %zu mappings are longer than the kernel takes (%zu bytes)", kind,
			                 mappings->count, size - 1);
	}
	return 0;
}

// map_write() of the kernel's user_namespace.c: CAP_SETFCAP is for uid mappings that hold id 0 of the namespace above (verify_root_map()).
static int refuse_map(uint64_t set_id, const struct id_mappings *mappings, struct error *err)
{
	struct refusal_need needs[3] = {{set_id, REFUSAL_OWN}};

	for (size_t i = 0; i < mappings->count; i++)
		if (set_id == REFUSAL_BIT(SETUID) && mappings->items[i].host_id == 0)
			needs[1] = (struct refusal_need){REFUSAL_BIT(SETFCAP), REFUSAL_OWN};
	error_refused_list(err, needs, "the host ids must exist in the user namespace that minirun is in, and the ids can be mapped only once");
	return refusal_has(set_id) ? -1 : error_hint(err, "without it one may map the own id alone, in a mapping of size 1");
}

static int explain_map(int code, const char *kind, const struct id_mappings *mappings, struct error *err)
{
	const struct id_mapping *first = &mappings->items[0];

	error_errno(err, code, "cannot map container %ss %" PRIu32 "+%" PRIu32 " to host %ss %" PRIu32 "+%" PRIu32 "%s", kind, first->container_id, first->size,
	            kind, first->host_id, first->size, mappings->count > 1 ? " (and those that follow)" : "");
	if (code == EPERM)
		refuse_map(strcmp(kind, "uid") == 0 ? REFUSAL_BIT(SETUID) : REFUSAL_BIT(SETGID), mappings, err);
	return -1;
}

static int write_map(int proc_fd, pid_t pid, const char *kind, const char *text)
{
	char path[48];

	snprintf(path, sizeof path, "%d/%s_map", (int)pid, kind);
	return write_file_at(proc_fd, path, text);
}

// An unprivileged writer of gid_map must give up setgroups(2) for the namespace first (user_namespaces(7)); for a
// privileged one that would only take something away from the container.
static int write_gid_map(int proc_fd, pid_t pid, const char *text)
{
	char path[48];

	if (write_map(proc_fd, pid, "gid", text) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	snprintf(path, sizeof path, "%d/setgroups", (int)pid);
	if (write_file_at(proc_fd, path, "deny") < 0) {
		errno = EPERM;
		return -1;
	}
	return write_map(proc_fd, pid, "gid", text);
}

static int map_uids(int proc_fd, pid_t pid, const struct id_mappings *uids, struct error *err)
{
	char text[MAP_TEXT_MAX];

	if (format_map("uid", uids, text, sizeof text, err) < 0)
		return -1;
	return write_map(proc_fd, pid, "uid", text) < 0 ? explain_map(errno, "uid", uids, err) : 0;
}

static int map_gids(int proc_fd, pid_t pid, const struct id_mappings *gids, struct error *err)
{
	char text[MAP_TEXT_MAX];

	if (format_map("gid", gids, text, sizeof text, err) < 0)
		return -1;
	return write_gid_map(proc_fd, pid, text) < 0 ? explain_map(errno, "gid", gids, err) : 0;
}

int ids_write_maps(int proc_fd, pid_t pid, const struct id_maps *maps, struct error *err)
{
	if (check_mappings("uid", maps->uids, err) < 0 || check_mappings("gid", maps->gids, err) < 0)
		return -1;
	if ((maps->uid_helper ? id_helper_run("newuidmap", pid, maps->uids, err) : map_uids(proc_fd, pid, maps->uids, err)) < 0)
		return -1;
	return maps->gid_helper ? id_helper_run("newgidmap", pid, maps->gids, err) : map_gids(proc_fd, pid, maps->gids, err);
}

// The next number of a map, padded with blanks by the kernel; false at the end of the text.
static bool next_number(const char **text, uint32_t *ret_number)
{
	char *end;
	unsigned long number = strtoul(*text, &end, 10);

	if (end == *text || number > UINT32_MAX)
		return false;
	*text = end;
	*ret_number = (uint32_t)number;
	return true;
}

// Lines of three numbers, at most MAP_LINES_MAX of them.
int ids_host_uid_of(int proc_fd, pid_t pid, uint32_t uid, uint32_t *ret_host_uid)
{
	char path[48], text[MAP_LINES_MAX * 36];
	const char *rest = text;
	struct id_mapping mapping;

	snprintf(path, sizeof path, "%d/uid_map", (int)pid);
	if (read_file_at(proc_fd, path, text, sizeof text) < 0)
		return -1;
	while (next_number(&rest, &mapping.container_id) && next_number(&rest, &mapping.host_id) && next_number(&rest, &mapping.size))
		if (ids_host_id(&(struct id_mappings){&mapping, 1}, uid, ret_host_uid))
			return 0;
	errno = EINVAL;
	return -1;
}

// ---- user, groups, umask ----------------------------------------------------------------------------------------------------------------

static int set_groups(const gid_t *groups, size_t count, struct error *err)
{
	int code;

	if (syscall(SYS_SETGROUPS, count, groups) == 0)
		return 0;
	code = errno;
	// EPERM to a process that has CAP_SETGID can only mean /proc/self/setgroups = deny. This needs no /proc, which the container may not have.
	if (code == EPERM && count == 0 && refusal_has(REFUSAL_BIT(SETGID)))
		return 0;
	error_errno(err, code, "cannot set %zu supplementary groups", count);
	if (code == EPERM)
		error_refused(err, REFUSAL_BIT(SETGID), REFUSAL_OWN, "the user namespace forbids setgroups (made without privileges); leave additionalGids out");
	else if (code == EINVAL)
		error_hint(err, count > 65536 ? "there are at most 65536" : "one of them has no mapping in the user namespace");
	return -1;
}

static int set_gid(gid_t gid, struct error *err)
{
	if (syscall(SYS_SETRESGID, gid, gid, gid) == 0)
		return 0;
	error_errno(err, errno, "cannot become group %" PRIu32, (uint32_t)gid);
	if (err->code == EINVAL)
		error_hint(err, "it has no mapping in the user namespace (linux.gidMappings)");
	return error_refused(err, REFUSAL_BIT(SETGID), REFUSAL_OWN, NULL);
}

static int set_uid(uid_t uid, struct error *err)
{
	if (syscall(SYS_SETRESUID, uid, uid, uid) == 0)
		return 0;
	error_errno(err, errno, "cannot become user %" PRIu32, (uint32_t)uid);
	if (err->code == EINVAL)
		error_hint(err, "it has no mapping in the user namespace (linux.uidMappings)");
	else if (err->code == EAGAIN)
		error_hint(err, "RLIMIT_NPROC of that user is reached");
	return error_refused(err, REFUSAL_BIT(SETUID), REFUSAL_OWN, NULL);
}

int ids_become_root(struct error *err)
{
	if (set_groups(NULL, 0, err) < 0 || set_gid(0, err) < 0)
		return -1;
	return set_uid(0, err);
}

int ids_set_user(const struct user_ids *user, struct error *err)
{
	if (set_groups(user->groups, user->group_count, err) < 0 || set_gid(user->gid, err) < 0 || set_uid(user->uid, err) < 0)
		return -1;
	if (user->umask.set)
		umask((mode_t)(user->umask.value & 0777));
	return 0;
}

// ---- rlimits --------------------------------------------------------------------------------------------------------------------------

#define LIMIT(name) [RLIMIT_##name] = "RLIMIT_" #name

static const char *const limit_names[RLIM_NLIMITS] = {
	LIMIT(AS), LIMIT(CORE), LIMIT(CPU), LIMIT(DATA), LIMIT(FSIZE), LIMIT(LOCKS), LIMIT(MEMLOCK), LIMIT(MSGQUEUE),
	LIMIT(NICE), LIMIT(NOFILE), LIMIT(NPROC), LIMIT(RSS), LIMIT(RTPRIO), LIMIT(RTTIME), LIMIT(SIGPENDING), LIMIT(STACK),
};

int rlimit_resource(const char *name)
{
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		if (strcmp(limit_names[i], name) == 0)
			return i;
	return -1;
}

const char *rlimit_name(int resource)
{
	return resource >= 0 && resource < (int)RLIM_NLIMITS ? limit_names[resource] : NULL;
}

// do_prlimit() of the kernel's sys.c: the capability is for a higher hard limit only.
static int explain_rlimit(int code, const struct rlimit_value *limit, struct error *err)
{
	static const struct refusal_need needs[] = {{REFUSAL_BIT(SYS_RESOURCE), REFUSAL_FIRST}, {0}};
	static const char open_files[] = "no process may have more files than sysctl fs.nr_open";
	const char *name = rlimit_name(limit->resource);
	struct rlimit64 now = {0};

	error_errno(err, code, "cannot set %s to %" PRIu64 ":%" PRIu64, name != NULL ? name : "an unknown rlimit", limit->soft, limit->hard);
	if (code == EINVAL && limit->soft > limit->hard)
		return error_hint(err, "the soft limit is above the hard limit");
	if (code != EPERM || name == NULL || prlimit64(0, (enum __rlimit_resource)limit->resource, NULL, &now) < 0)
		return -1;
	if (limit->hard <= now.rlim_max)
		return limit->resource == RLIMIT_NOFILE ? error_hint(err, "%s", open_files) : error_refused_list(err, &needs[1], NULL);
	error_hint(err, "the hard limit is %" PRIu64 " now; ask for at most that", (uint64_t)now.rlim_max);
	return error_refused_list(err, needs, limit->resource == RLIMIT_NOFILE ? open_files : NULL);
}

int ids_set_rlimit(const struct rlimit_value *limit, struct error *err)
{
	struct rlimit64 value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};

	if (prlimit64(0, (enum __rlimit_resource)limit->resource, &value, NULL) == 0)
		return 0;
	return explain_rlimit(errno, limit, err);
}
