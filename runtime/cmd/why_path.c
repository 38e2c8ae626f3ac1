// why_path.c: what may be done with a path in a container, and what forbids the rest: its mount, the ids and mode of the file, or the device filter.
// Looked at from outside, through the first process's root and mountinfo, by O_PATH only: nothing of the container's is opened or run.
#include "cmd/why.h"

#include "base/cleanup.h"
#include "base/id_map.h"
#include "base/mountinfo.h"
#include "base/process.h"
#include "base/safepath.h"
#include "cgroup/device_filter.h"
#include "rootfs/device.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

// What has made a mount.
enum origin { ORIGIN_OTHER, ORIGIN_ROOT, ORIGIN_MOUNTS, ORIGIN_READONLY, ORIGIN_MASKED, ORIGIN_DEVICE };

struct place {
	struct why *why;
	int root;                      // the first process's root directory
	const char *path;              // what is there, without links: the subject, or the deepest directory on the way to it
	int fd;                        // O_PATH
	struct statx stat;
	const struct mountinfo *mount; // that it is on
	enum origin origin;            // of that mount
	const char *config;            // what in config.json it is; NULL: nothing
	const struct spec_mount *entry; // of `mounts`, if it is one of them
};

enum { WANTED = STATX_BASIC_STATS | STATX_MNT_ID };

static bool has_option(const char *options, const char *option)
{
	size_t length = strlen(option);

	for (const char *word = options; *word != '\0'; word += strcspn(word, ",")) {
		word += *word == ',';
		if (strncmp(word, option, length) == 0 && (word[length] == ',' || word[length] == '\0'))
			return true;
	}
	return false;
}

// --- links on the way

enum { LINKS_MAX = 40 }; // as the kernel has it: path_resolution(7)

static bool is_on_proc(int fd)
{
	struct statfs info;

	return fstatfs(fd, &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

// What the link says, as the first process reads it: /proc/self and /proc/thread-self name whoever reads them, and nothing to those whom that /proc does not have.
static const char *read_link(const struct place *place, int link, const char *name)
{
	bool thread = strcmp(name, "thread-self") == 0;
	struct why *why = place->why;
	char text[PATH_MAX];
	ssize_t length = readlinkat(link, "", text, sizeof text);
	int pid;

	if ((!thread && strcmp(name, "self") != 0) || !is_on_proc(link))
		return length < 0 ? NULL : arena_strndup(why->arena, text, (size_t)length);
	pid = length < 0 ? process_inner_pid(why->proc, why->state->pid) : why->state->pid;
	return thread ? arena_printf(why->arena, "%d/task/%d", pid, pid) : arena_printf(why->arena, "%d", pid);
}

// A file that a process has open, its root and the like: proc(5) has them as links, but they lead to the thing and not to a path.
static bool is_magic(const struct place *place, int link, const char *path)
{
	AUTO_FD there = root_open(place->root, path, O_PATH | O_CLOEXEC);

	return there < 0 && errno == ELOOP && is_on_proc(link);
}

// `path` with its first link replaced by what it says; `path` itself if it has none as far as it exists; NULL with the error.
static const char *replace_link(const struct place *place, const char *path, struct error *err)
{
	struct arena *arena = place->why->arena;

	for (size_t end = strspn(path, "/"); path[end] != '\0'; end += strspn(path + end, "/")) {
		size_t begin = end;
		const char *link, *text;
		struct stat info;
		AUTO_FD fd = -1;

		end += strcspn(path + end, "/");
		link = arena_strndup(arena, path, end);
		fd = root_open(place->root, link, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &info) < 0)
			return path;
		if (!S_ISLNK(info.st_mode))
			continue;
		text = read_link(place, fd, link + begin);
		if (text == NULL) {
			error_errno(err, errno, "cannot read the link %s", link);
			return NULL;
		}
		if (is_magic(place, fd, link)) {
			error_set(err, ELOOP, "cannot look at it: %s is a link to what a process has there (%s), which only processes inside can follow", link, text);
			error_hint(err, "as in minirun exec %s ls -lL %s", place->why->state->id, link);
			return NULL;
		}
		return arena_printf(arena, "%.*s%s%s", text[0] == '/' ? 0 : (int)begin, path, text, path + end);
	}
	return path;
}

// The subject without links, as far as it exists; NULL with the error.
static const char *follow(const struct place *place, struct error *err)
{
	const char *path = place->why->subject;

	for (int i = 0; i <= LINKS_MAX; i++) {
		const char *next = replace_link(place, path, err);

		if (next == NULL || next == path)
			return next;
		path = next;
	}
	error_errno(err, ELOOP, "cannot look at it");
	return NULL;
}

// --- which mount, and where it comes from

// Whether what the mount namespace has at `destination` is this very mount, whatever links lead there.
static bool made_by(const struct place *place, const char *destination)
{
	struct statx stat;
	AUTO_FD fd = root_open(place->root, destination, O_PATH | O_CLOEXEC);

	return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &stat) == 0 && stat.stx_mnt_id == place->stat.stx_mnt_id &&
	       (stat.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static bool find_listed(struct place *place, const struct strings *paths, enum origin origin, const char *name)
{
	for (size_t i = paths->count; i-- > 0;) {
		if (!made_by(place, paths->items[i]))
			continue;
		place->origin = origin;
		place->config = arena_printf(place->why->arena, "linux.%s[%zu]", name, i);
		return true;
	}
	return false;
}

static bool is_bound_as(const struct place *place, const struct device_node *node)
{
	return made_by(place, node->path) && place->stat.stx_rdev_major == node->major && place->stat.stx_rdev_minor == node->minor;
}

// In a user namespace, where no device can be made, minirun binds those of the host.
static void find_device(struct place *place)
{
	const struct spec_linux *config = &place->why->spec->linux_;
	size_t count;
	const struct device_node *defaults = device_defaults(&count);

	for (size_t i = 0; i < config->device_count && place->origin == ORIGIN_OTHER; i++) {
		if (!is_bound_as(place, &config->devices[i]))
			continue;
		place->origin = ORIGIN_DEVICE;
		place->config = arena_printf(place->why->arena, "linux.devices[%zu]", i);
	}
	for (size_t i = 0; i < count && place->origin == ORIGIN_OTHER; i++)
		if (is_bound_as(place, &defaults[i]))
			place->origin = ORIGIN_DEVICE;
}

// The last that was made is the one that is seen: masks and read-only paths come behind the mounts, and of those the later ones lie on top.
static void find_origin(struct place *place)
{
	const struct spec *spec = place->why->spec;

	if (find_listed(place, &spec->linux_.masked_paths, ORIGIN_MASKED, "maskedPaths") || find_listed(place, &spec->linux_.readonly_paths, ORIGIN_READONLY, "readonlyPaths"))
		return;
	for (size_t i = spec->mount_count; i-- > 0;) {
		if (!made_by(place, spec->mounts[i].destination))
			continue;
		place->origin = ORIGIN_MOUNTS;
		place->entry = &spec->mounts[i];
		place->config = arena_printf(place->why->arena, "mounts[%zu]", i);
		return;
	}
	if (made_by(place, "/")) {
		place->origin = ORIGIN_ROOT;
		place->config = "root";
	} else {
		find_device(place);
	}
}

// NULL with the error: it cannot be looked at.
static const struct mountinfo *look(struct place *place, struct error *err)
{
	struct why *why = place->why;
	struct mounts mounts;

	place->fd = root_open(place->root, place->path, O_PATH | O_CLOEXEC);
	if (place->fd < 0 || statx(place->fd, "", AT_EMPTY_PATH, WANTED, &place->stat) < 0) {
		error_errno(err, errno, "cannot look at %s", place->path);
		return NULL;
	}
	if (mountinfo_read(why->arena, why->proc, arena_printf(why->arena, "%d/mountinfo", (int)why->state->pid), &mounts) < 0) {
		error_errno(err, errno, "cannot read its mounts");
		return NULL;
	}
	find_origin(place);
	place->mount = mountinfo_find(&mounts, place->stat.stx_mnt_id);
	if (place->mount == NULL)
		error_set(err, ENOENT, "its mount has just gone");
	return place->mount;
}

static void tell_mount(const struct place *place)
{
	const struct mountinfo *mount = place->mount;
	struct why *why = place->why;

	if (place->origin == ORIGIN_OTHER)
		why_add(why, "mount", ANSWER_NONE, NULL, "%s (%s of %s): not of config.json; it came with another bind mount, minirun's flags, or was mounted since", mount->point, mount->type, mount->source);
	else if (place->origin == ORIGIN_DEVICE)
		why_add(why, "mount", ANSWER_NONE, place->config, "%s: %s, bound from the host, since a user namespace can make none", mount->point,
			place->config != NULL ? "its device" : "a device that every container has (minirun's default, as runc's)");
	else if (place->origin == ORIGIN_MASKED)
		why_add(why, "mount", ANSWER_NONE, place->config, "hides what the image or the kernel has at %s", mount->point);
	else
		why_add(why, "mount", ANSWER_NONE, place->config, "%s (%s of %s) with %s", mount->point, mount->type, mount->source, mount->options);
}

// The option of the entry that says so, as a path in config.json.
static const char *option_of(const struct place *place, const char *option)
{
	const char *recursive = arena_printf(place->why->arena, "r%s", option);

	for (size_t i = 0; place->entry != NULL && i < place->entry->options.count; i++)
		if (strcmp(place->entry->options.items[i], option) == 0 || strcmp(place->entry->options.items[i], recursive) == 0)
			return arena_printf(place->why->arena, "%s.options[%zu]", place->config, i);
	return NULL;
}

// Why the mount has the option "ro", "noexec", "nosuid" or "nodev".
static void tell_option(const struct place *place, const char *aspect, const char *option)
{
	struct why *why = place->why;
	const char *config = option_of(place, option);
	bool readonly = strcmp(option, "ro") == 0;

	if (readonly && place->origin == ORIGIN_READONLY) {
		why_add(why, aspect, ANSWER_NO, place->config, "makes it read-only");
		why->hint = arena_printf(why->arena, "take %s out of the list", place->config);
	} else if (readonly && place->origin == ORIGIN_ROOT && why->spec->root.readonly) {
		why_add(why, aspect, ANSWER_NO, "root.readonly", "true");
		why->hint = "set root.readonly to false; a snapshot takes what is written";
	} else if (config != NULL) {
		why_add(why, aspect, ANSWER_NO, config, "\"%s\"", option);
		why->hint = arena_printf(why->arena, "take \"%s\" out of %s.options", option, place->config);
	} else {
		why_add(why, aspect, ANSWER_NO, NULL, "the mount has \"%s\", which config.json does not ask for: its source has it, or it was changed since", option);
	}
}

// --- the file: ids and mode

static bool in_groups(const struct why_process *process, uint32_t gid)
{
	for (size_t i = 0; i < process->group_count; i++)
		if (process->groups[i] == gid)
			return true;
	return process->gid == gid;
}

// A capability over files counts only for those whose owner and group the user namespace has: user_namespaces(7).
static bool ids_count(const struct why *why, const struct statx *stat)
{
	const struct spec_linux *config = &why->spec->linux_;
	uint32_t id;

	return config->uid_mappings.count == 0 || (ids_container_id(&config->uid_mappings, stat->stx_uid, &id) && ids_container_id(&config->gid_mappings, stat->stx_gid, &id));
}

// `bit`: 4 read, 2 write, 1 execute or search.
static bool mode_allows(const struct why *why, const struct statx *stat, unsigned bit)
{
	const struct why_process *process = &why->process;
	unsigned mode = stat->stx_mode;
	bool directory = S_ISDIR(mode);

	if (ids_count(why, stat)) {
		if (why_capable(why, CAP_DAC_OVERRIDE) && (bit != 1 || directory || (mode & 0111) != 0))
			return true;
		if (why_capable(why, CAP_DAC_READ_SEARCH) && (bit == 4 || (bit == 1 && directory)))
			return true;
	}
	if (process->uid == stat->stx_uid)
		return (mode >> 6 & bit) != 0;
	return in_groups(process, stat->stx_gid) ? (mode >> 3 & bit) != 0 : (mode & bit) != 0;
}

static void tell_mode(const struct place *place, const char *aspect, unsigned bit, const char *path, const struct statx *stat)
{
	struct why *why = place->why;
	bool allowed = mode_allows(why, stat, bit);

	const char *capability = "";

	if (why_capable(why, CAP_DAC_OVERRIDE))
		capability = ids_count(why, stat) ? " with CAP_DAC_OVERRIDE" : " with CAP_DAC_OVERRIDE, which does not count for ids outside of its user namespace";
	why_add(why, aspect, allowed ? ANSWER_YES : ANSWER_NO, NULL, "%s is %u:%u with mode %04o, the process %u:%u%s", path, stat->stx_uid, stat->stx_gid, (unsigned)stat->stx_mode & 07777, why->process.uid,
		why->process.gid, capability);
}

// The directories on the way must let the process through. True: they do.
static bool tell_way(const struct place *place)
{
	for (const char *slash = strchr(place->path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		const char *directory = arena_strndup(place->why->arena, place->path, (size_t)(slash - place->path));
		AUTO_FD fd = root_open(place->root, directory, O_PATH | O_CLOEXEC);
		struct statx stat;

		if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, WANTED, &stat) < 0 || mode_allows(place->why, &stat, 1))
			continue;
		tell_mode(place, "reach", 1, directory, &stat);
		return false;
	}
	return true;
}

static void tell_list(const struct place *place)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", place->fd);
	if (getxattr(path, "system.posix_acl_access", NULL, 0) > 0)
		why_add(place->why, "list", ANSWER_NONE, NULL, "%s has an access control list as well, which may allow more or less: getfacl(1)", place->path);
}

// --- devices

static void tell_device(const struct place *place, const char *aspect, char access)
{
	struct why *why = place->why;
	char type = S_ISBLK(place->stat.stx_mode) ? 'b' : 'c';
	const struct cgroup_limits *limits = &why->spec->linux_.resources;
	bool allowed;
	size_t rule = device_rules_decide(limits->devices.items, limits->devices.count, true, type, place->stat.stx_rdev_major, place->stat.stx_rdev_minor, access, &allowed);
	enum answer answer = allowed ? ANSWER_YES : ANSWER_NO;

	if (rule == SIZE_MAX)
		why_add(why, aspect, answer, "linux.resources.devices", "no rule allows '%c' of %c %u:%u", access, type, place->stat.stx_rdev_major, place->stat.stx_rdev_minor);
	else if (rule == limits->devices.count)
		why_add(why, aspect, answer, NULL, "every container has %c %u:%u (minirun's default, as runc's)", type, place->stat.stx_rdev_major, place->stat.stx_rdev_minor);
	else
		why_add(why, aspect, answer, arena_printf(why->arena, "linux.resources.devices[%zu]", rule), "%s '%c' of %c %u:%u", allowed ? "allows" : "refuses", access, type, place->stat.stx_rdev_major,
			place->stat.stx_rdev_minor);
	if (!allowed)
		why->hint = arena_printf(why->arena, "add {\"allow\": true, \"type\": \"%c\", \"major\": %u, \"minor\": %u, \"access\": \"rw\"} behind the other rules of linux.resources.devices", type, place->stat.stx_rdev_major,
					 place->stat.stx_rdev_minor);
}

// --- the answer

static bool is_device(const struct place *place)
{
	return S_ISBLK(place->stat.stx_mode) || S_ISCHR(place->stat.stx_mode);
}

static void tell_access(const struct place *place, const char *aspect, char letter, unsigned bit)
{
	const char *options = place->mount->options;
	bool device = is_device(place);

	if (place->origin == ORIGIN_MASKED && bit != 1) {
		why_add(place->why, aspect, ANSWER_NO, place->config, "hides it: what is seen is empty");
		place->why->hint = arena_printf(place->why->arena, "take %s out of the list", place->config);
	} else if (device && has_option(options, "nodev")) {
		tell_option(place, aspect, "nodev");
	} else if (bit == 2 && !device && has_option(options, "ro")) {
		tell_option(place, aspect, "ro");
	} else if (bit == 2 && !device && has_option(place->mount->super_options, "ro")) {
		why_add(place->why, aspect, ANSWER_NO, NULL, "the file system %s itself is read-only, wherever it is mounted", place->mount->source);
	} else if (bit == 1 && S_ISREG(place->stat.stx_mode) && has_option(options, "noexec")) {
		tell_option(place, aspect, "noexec");
	} else if (device && mode_allows(place->why, &place->stat, bit)) {
		tell_device(place, aspect, letter);
	} else {
		tell_mode(place, aspect, bit, place->path, &place->stat);
	}
}

static void tell_security(const struct place *place)
{
	const struct spec_process *process = &place->why->spec->process;

	if (process->apparmor_profile != NULL && *process->apparmor_profile != '\0')
		why_add(place->why, "AppArmor", ANSWER_NONE, "process.apparmorProfile", "\"%s\" may refuse more; the kernel's log names what it refused", process->apparmor_profile);
	if (process->selinux_label != NULL && *process->selinux_label != '\0')
		why_add(place->why, "SELinux", ANSWER_NONE, "process.selinuxLabel", "\"%s\" may refuse more; ausearch -m avc names what it refused", process->selinux_label);
}

// The deepest directory on the way to what is not there.
static const char *existing(const struct place *place)
{
	char *path = arena_strdup(place->why->arena, place->path);

	for (char *slash; (slash = strrchr(path, '/')) != NULL && slash != path;) {
		AUTO_FD fd = -1;

		*slash = '\0';
		fd = root_open(place->root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			return path;
	}
	return "/";
}

int why_path(struct why *why, struct error *err)
{
	AUTO_FD root = openat(why->proc, arena_printf(why->arena, "%d/root", (int)why->state->pid), O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct place place = {.why = why, .root = root, .fd = -1};
	AUTO_FD there = -1;
	bool directory;

	if (root < 0)
		return error_errno(err, errno, "cannot open its root directory");
	place.path = follow(&place, err);
	if (place.path == NULL)
		return -1;
	if (place.path != why->subject)
		why_add(why, "leads to", ANSWER_NONE, NULL, "%s, by the links on the way, as the first process sees them", place.path);
	there = root_open(root, place.path, O_PATH | O_CLOEXEC);
	if (there < 0 && errno != ENOENT && errno != ENOTDIR)
		return error_errno(err, errno, "cannot look at it");
	if (there < 0) {
		place.path = existing(&place);
		why_add(why, "exists", ANSWER_NO, NULL, "there is no such file; the following is about the directory %s", place.path);
	}
	if (look(&place, err) == NULL) {
		close_fd(&place.fd);
		return -1;
	}
	directory = S_ISDIR(place.stat.stx_mode);
	tell_mount(&place);
	if (tell_way(&place)) {
		tell_access(&place, directory ? "list" : "read", 'r', 4);
		tell_access(&place, directory ? "create" : "write", 'w', 2);
		if (directory || S_ISREG(place.stat.stx_mode))
			tell_access(&place, directory ? "enter" : "execute", 'x', 1);
		tell_list(&place);
	}
	tell_security(&place);
	close_fd(&place.fd);
	return 0;
}
