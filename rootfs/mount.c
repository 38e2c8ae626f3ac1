// mount.c: carries out one mount below the container's root; see mount.h. The options are parsed in mount_options.c.
// A mount is made complete and detached first, its flags included, and attached last: nobody ever sees it half done.
#include "rootfs/mount.h"

#include "base/cleanup.h"
#include "base/refusal.h"
#include "base/safepath.h"
#include "base/sys.h"
#include "rootfs/copy_tree.h"
#include "rootfs/filesystem.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

static bool is_type(const struct mount_request *m, const char *type)
{
	return !m->bind && m->type != NULL && strcmp(m->type, type) == 0;
}

static bool is_cgroup(const struct mount_request *m)
{
	return is_type(m, "cgroup") || is_type(m, "cgroup2");
}

// Does `path` name the entry `name` right below the root? "/proc", "//proc/" and "/./proc/." all do.
static bool names_top_entry(const char *path, const char *name)
{
	size_t length = strlen(name);
	bool found = false;

	while (*path != '\0') {
		path += strspn(path, "/");
		if (path[0] == '\0' || (path[0] == '.' && (path[1] == '/' || path[1] == '\0'))) {
			path += path[0] == '.';
			continue;
		}
		if (found || strncmp(path, name, length) != 0 || (path[length] != '/' && path[length] != '\0'))
			return false;
		found = true;
		path += length;
	}
	return found;
}

static bool names_root(const char *path)
{
	return path[strspn(path, "/.")] == '\0';
}

// ---- where to ----

// To procfs and sysfs no symlink of the image may lead.
static int check_target(int target, struct error *err)
{
	struct statfs fs;

	if (fstatfs(target, &fs) < 0)
		return error_errno(err, errno, "cannot examine the destination");
	if (fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC)
		return 0;
	return error_set(err, ELOOP, "the destination leads into %s through a symbolic link or \"..\"",
	                 fs.f_type == PROC_SUPER_MAGIC ? "/proc" : "/sys");
}

static bool must_be_plain(const struct mount_request *m)
{
	return is_type(m, "proc") || is_type(m, "sysfs") || names_top_entry(m->destination, "proc") || names_top_entry(m->destination, "sys");
}

static int is_directory(int fd, bool *ret_directory)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*ret_directory = S_ISDIR(st.st_mode);
	return 0;
}

static int open_plain(const struct mount_context *context, const char *path)
{
	return sys_openat2(context->root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
}

static int make_target(const struct mount_context *context, const struct mount_request *m, int mount, struct error *err)
{
	bool directory = true;
	int target;

	if (m->bind && is_directory(mount, &directory) < 0)
		return error_errno(err, errno, "cannot examine the source");
	target = directory ? root_mkdirs(context->root, m->destination) : root_touch(context->root, m->destination);
	if (target >= 0 && must_be_plain(m)) {
		close(target); // a link may have been put there meanwhile
		target = open_plain(context, m->destination);
	}
	if (target >= 0)
		return target;
	error_errno(err, errno, "cannot make the destination");
	return err->code == EROFS ? error_hint(err, "the root file system is read-only; make the destination in the image") : -1;
}

// Opens the destination, in one system call when it is there and no symlink leads to it. Makes what is missing, of `mount`'s kind.
static int open_target(const struct mount_context *context, const struct mount_request *m, int mount, struct error *err)
{
	AUTO_FD target = open_plain(context, m->destination);

	if (target >= 0 && strstr(m->destination, "..") == NULL)
		return take_fd(&target);
	if (target < 0 && errno == ELOOP && must_be_plain(m))
		return error_set(err, ELOOP, "the destination is or goes through a symbolic link of the image; /proc and /sys must be plain directories");
	// EAGAIN: ".." and a rename somewhere on the machine, which root_open() tries again.
	if (target < 0 && (errno == ELOOP || errno == EAGAIN))
		target = root_open(context->root, m->destination, O_PATH);
	if (target >= 0)
		return check_target(target, err) < 0 ? -1 : take_fd(&target);
	if (errno == ENOENT)
		return make_target(context, m, mount, err);
	return error_errno(err, errno, "cannot open the destination");
}

// ---- what ----

static unsigned all_attributes(const struct mount_request *m)
{
	uint64_t flags = m->rec_attr_set;

	flags = (flags & ~m->attr_clear) | m->attr_set;
	return (unsigned)flags;
}

// sync, dirsync and lazytime, set and cleared; a new superblock has them clear.
static int set_superblock_flags(int fs, const struct mount_request *m, struct error *err)
{
	static const struct {
		uint64_t flag;
		const char *set, *clear;
	} flags[] = {
		{MS_SYNCHRONOUS, "sync", "async"},
		{MS_DIRSYNC, "dirsync", NULL},
		{MS_LAZYTIME, "lazytime", "nolazytime"},
	};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		const char *word = (m->sb_set & flags[i].flag) ? flags[i].set : NULL;

		if (m->remount && (m->sb_clear & flags[i].flag))
			word = flags[i].clear;
		if (word != NULL && filesystem_set(fs, word, NULL, err) < 0)
			return -1;
	}
	return 0;
}

bool mount_takes_context(const struct mount_request *m)
{
	return !m->bind && !m->remount && !is_cgroup(m) && !is_type(m, "proc") && !is_type(m, "sysfs") && !is_type(m, "mqueue");
}

// There is one mqueue superblock of an IPC namespace, made with it and without a context, which no mount can change any more. Its root can be labelled.
static int label_mqueue(int mount, const char *label, struct error *err)
{
	AUTO_FD directory = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory >= 0 && fsetxattr(directory, "security.selinux", label, strlen(label), 0) == 0)
		return 0;
	return error_errno(err, errno, "cannot label it %s", label);
}

static int hint_refused_type(const struct mount_request *m, struct error *err)
{
	if (err->code == EPERM && is_type(m, "sysfs"))
		return error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT, "in a user namespace sysfs needs a network namespace of the container's own; without one, "
		                                                                 "bind the host's /sys (options rbind, rro)");
	if (err->code == EPERM && is_type(m, "proc"))
		return error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT, "in a user namespace proc needs a pid namespace of the container's own and a /proc that is not partly covered");
	if (err->code == EPERM && is_type(m, "mqueue"))
		return error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT, "in a user namespace mqueue needs an ipc namespace of the container's own");
	if (err->code == EINVAL && is_type(m, "devpts"))
		return error_hint(err, "in a user namespace the ids of uid= and gid= have to be mapped");
	if (err->code == ENODEV && is_type(m, "bind"))
		return error_hint(err, "a bind mount is asked for by the option bind or rbind, not by the type");
	return -1;
}

// A superblock of its own kind is made read-only only where it lies on a device: sysfs, debugfs and their like have one superblock for all
// mounts of a namespace, and the host's must stay writable.
static int configure(int fs, const struct mount_context *context, const struct mount_request *m, struct error *err)
{
	bool device = m->source != NULL && m->source[0] == '/';

	if (m->source != NULL && filesystem_set(fs, "source", m->source, err) < 0)
		return -1;
	if (device && (m->sb_set & MS_RDONLY) && filesystem_set(fs, "ro", NULL, err) < 0)
		return -1;
	if (set_superblock_flags(fs, m, err) < 0)
		return -1;
	if (context->label != NULL && mount_takes_context(m) && filesystem_set(fs, "context", context->label, err) < 0)
		return -1;
	return filesystem_set_list(fs, m->data, err);
}

static int new_filesystem(const struct mount_context *context, const struct mount_request *m, struct error *err)
{
	unsigned attributes = all_attributes(m);
	AUTO_FD fs = -1;
	int mount;

	if (m->type == NULL)
		return error_set(err, EINVAL, "neither a file system type nor the option bind is given");
	if (m->tmpcopyup && !is_type(m, "tmpfs"))
		return error_set(err, EINVAL, "the option tmpcopyup is for type tmpfs only");
	if (m->tmpcopyup)
		attributes &= ~(unsigned)MOUNT_ATTR_RDONLY; // until the content is there
	fs = filesystem_open(m->type, err);
	if (fs < 0)
		return hint_refused_type(m, err);
	if (configure(fs, context, m, err) < 0)
		return hint_refused_type(m, err);
	mount = filesystem_mount(fs, attributes, err);
	if (mount < 0)
		return hint_refused_type(m, err);
	if (context->label != NULL && is_type(m, "mqueue") && label_mqueue(mount, context->label, err) < 0) {
		close(mount);
		return -1;
	}
	return mount;
}

int mount_clone_source(const struct mount_request *m, struct error *err)
{
	unsigned recursive = m->recursive ? AT_RECURSIVE : 0;
	int tree;

	if (m->source == NULL)
		return error_set(err, EINVAL, "a bind mount needs a source");
	tree = open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
	if (tree >= 0)
		return tree;
	error_errno(err, errno, "cannot open the source");
	if (err->code == EINVAL)
		return error_hint(err, "it is on an unbindable mount%s", m->recursive ? "" : ", or in a user namespace has mounts below it that must not be "
		                                                                               "uncovered: use rbind");
	return -1;
}

int mount_tied_source(const struct mount_request *m, unsigned long propagation, struct error *err)
{
	struct mount_attr tie = {.propagation = propagation};
	AUTO_FD tree = mount_clone_source(m, err);

	if (tree < 0)
		return -1;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &tie, sizeof tie) < 0)
		return error_errno(err, errno, "cannot set the propagation");
	return take_fd(&tree);
}

static int ready_source(const struct mount_context *context, struct error *err)
{
	int copy = fcntl(context->source, F_DUPFD_CLOEXEC, 3);

	return copy >= 0 ? copy : error_errno(err, errno, "cannot use the source that was cloned before");
}

// The directory behind `fd` as the caller's own mount namespace has it; -1 when it is not there under the same name.
static int reopen_here(int fd)
{
	char link[32], path[PATH_MAX];
	struct stat there, here;
	AUTO_FD reopened = -1;
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return -1;
	path[length] = '\0';
	reopened = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (reopened < 0 || fstat(fd, &there) < 0 || fstat(reopened, &here) < 0 || there.st_dev != here.st_dev || there.st_ino != here.st_ino)
		return -1;
	return take_fd(&reopened);
}

// The kernel clones no mount of another mount namespace, which is where the parent has opened its cgroup.
static int clone_cgroup(int cgroup_dir)
{
	int clone = open_tree(cgroup_dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	AUTO_FD here = -1;

	if (clone >= 0 || errno != EINVAL)
		return clone;
	here = reopen_here(cgroup_dir);
	return mount_clone(here >= 0 ? here : cgroup_dir);
}

// In its own cgroup namespace a cgroup2 mount shows the container's cgroup; elsewhere a fresh mount would show the whole machine's.
static int new_cgroup_mount(const struct mount_context *context, const struct mount_request *m, struct error *err)
{
	AUTO_FD fs = -1;
	AUTO_FD mount = -1;
	// Private: a clone that the parent made is a peer of the host's mount where that is shared, and what the container mounts there would reach the host.
	struct mount_attr attr = {
		.attr_set = all_attributes(m), .attr_clr = m->attr_clear | m->rec_attr_clear, .propagation = MS_PRIVATE};

	if (context->cgroup_namespace) {
		if (context->cgroup_dir < 0)
			attr.attr_set |= MOUNT_ATTR_RDONLY;
		fs = filesystem_open("cgroup2", err);
		if (fs < 0 || filesystem_set(fs, "source", m->source != NULL ? m->source : "cgroup", err) < 0)
			return -1;
		return filesystem_mount(fs, (unsigned)attr.attr_set, err);
	}
	if (context->cgroup_dir < 0) {
		error_set(err, ENOENT, "the container has no cgroup of its own to show");
		return error_hint(err, "give it a cgroup, or a cgroup namespace, or drop the mount");
	}
	if (!(attr.attr_clr & MOUNT_ATTR_RDONLY))
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	mount = clone_cgroup(context->cgroup_dir);
	if (mount < 0 || mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return error_errno(err, errno, "cannot clone the container's cgroup");
	return take_fd(&mount);
}

// ---- flags ----

// What statvfs(3) shows as set on the mount behind `fd`, as MOUNT_ATTR_*.
static uint64_t present_attributes(int fd)
{
	static const struct {
		unsigned long shown;
		uint64_t attribute;
	} flags[] = {
		{ST_RDONLY, MOUNT_ATTR_RDONLY}, {ST_NOSUID, MOUNT_ATTR_NOSUID},   {ST_NODEV, MOUNT_ATTR_NODEV},
		{ST_NOEXEC, MOUNT_ATTR_NOEXEC}, {ST_NOATIME, MOUNT_ATTR_NOATIME}, {ST_NODIRATIME, MOUNT_ATTR_NODIRATIME},
	};
	struct statvfs fs;
	uint64_t present = 0;

	if (fstatvfs(fd, &fs) < 0)
		return 0;
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (fs.f_flag & flags[i].shown)
			present |= flags[i].attribute;
	return present;
}

// EPERM in a user namespace: a flag that is to be cleared, or the access time, is locked by the namespace that owns the mount. Then the flags
// that are there stay, and what was asked for is added: the mount is never less restricted than its source.
static int set_attributes(int mount, unsigned flags, struct mount_attr attr)
{
	const uint64_t access_time = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;

	if (attr.attr_set == 0 && attr.attr_clr == 0)
		return 0;
	if (mount_setattr(mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	attr.attr_clr &= (flags & AT_RECURSIVE) ? 0 : ~(present_attributes(mount) | access_time);
	attr.attr_set &= ~access_time;
	return mount_setattr(mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr);
}

static int set_bind_attributes(int mount, const struct mount_request *m)
{
	const struct mount_attr all = {.attr_set = m->rec_attr_set, .attr_clr = m->rec_attr_clear};
	const struct mount_attr top = {.attr_set = m->attr_set, .attr_clr = m->attr_clear};

	return set_attributes(mount, AT_RECURSIVE, all) < 0 ? -1 : set_attributes(mount, 0, top);
}

static int set_propagation(int mount, const struct mount_request *m, struct error *err)
{
	struct mount_attr attr = {.propagation = m->propagation & ~(unsigned long)MS_REC};
	unsigned recursive = (m->propagation & MS_REC) ? AT_RECURSIVE : 0;

	if (m->propagation != 0 && mount_setattr(mount, "", AT_EMPTY_PATH | recursive, &attr, sizeof attr) < 0)
		return error_errno(err, errno, "cannot set the propagation");
	return 0;
}

// ---- the whole ----

// Whether `key=` is among the file system's own options.
static bool has_data(const struct mount_request *m, const char *key)
{
	size_t length = strlen(key);

	for (const char *word = m->data; *word != '\0'; word += strcspn(word, ",")) {
		word += *word == ',';
		if (strncmp(word, key, length) == 0 && word[length] == '=')
			return true;
	}
	return false;
}

// What mode=, uid= and gid= have given the new root stays; the rest it takes over from the directory below.
static int restore_chosen(int mount, const struct mount_request *m, const struct stat *chosen)
{
	uid_t uid = has_data(m, "uid") ? chosen->st_uid : (uid_t)-1;
	gid_t gid = has_data(m, "gid") ? chosen->st_gid : (gid_t)-1;

	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchownat(mount, ".", uid, gid, 0) < 0)
		return -1;
	return has_data(m, "mode") ? fchmodat(mount, ".", chosen->st_mode & 07777, 0) : 0;
}

static int finish_tmpcopyup(int mount, int target, const struct mount_request *m, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	struct stat chosen;

	if (!m->tmpcopyup)
		return 0;
	if (fstat(mount, &chosen) < 0)
		return error_errno(err, errno, "tmpcopyup");
	if (copy_tree(target, mount, &(struct copy){0}, err) < 0)
		return error_prefix(err, "tmpcopyup");
	if (restore_chosen(mount, m, &chosen) < 0)
		return error_errno(err, errno, "tmpcopyup: cannot set the mode and owner that the options give");
	if (!(all_attributes(m) & MOUNT_ATTR_RDONLY))
		return 0;
	return mount_setattr(mount, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0 ? error_errno(err, errno, "cannot make it read-only") : 0;
}

// /proc must stay procfs: what is written there later (labels, sysctls) would otherwise go to a file of somebody's choice.
static int check_proc_destination(const struct mount_request *m, int mount, struct error *err)
{
	struct statfs fs;

	if (is_type(m, "proc") || !names_top_entry(m->destination, "proc"))
		return 0;
	if (fstatfs(mount, &fs) < 0)
		return error_errno(err, errno, "cannot examine the source");
	return fs.f_type == PROC_SUPER_MAGIC ? 0 : error_set(err, EINVAL, "only a proc file system may be mounted on /proc");
}

static int attach(int mount, int target, struct error *err)
{
	bool from = false, to = false;
	int code;

	if (move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0)
		return 0;
	code = errno;
	if (is_directory(mount, &from) == 0 && is_directory(target, &to) == 0 && from != to)
		return error_set(err, ENOTDIR, "the source is %s directory and the destination is %s", from ? "a" : "no", to ? "one" : "none");
	return error_errno(err, code, "cannot attach it");
}

// ---- the short way ----

// The attributes as mount(2) knows them.
static unsigned long old_flags(unsigned attributes)
{
	static const struct { unsigned attribute; unsigned long flag; } pairs[] = {
		{MOUNT_ATTR_RDONLY, MS_RDONLY}, {MOUNT_ATTR_NOSUID, MS_NOSUID}, {MOUNT_ATTR_NODEV, MS_NODEV}, {MOUNT_ATTR_NOEXEC, MS_NOEXEC}, {MOUNT_ATTR_NOATIME, MS_NOATIME},
		{MOUNT_ATTR_STRICTATIME, MS_STRICTATIME}, {MOUNT_ATTR_NODIRATIME, MS_NODIRATIME}, {MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW},
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (attributes & pairs[i].attribute)
			flags |= pairs[i].flag;
	return flags;
}

// One mount(2) says all that this request asks. Not so for read-only: mount(2) makes a new superblock read-only too,
// which others may come to share. There is only one of cgroup2, and it exists.
bool mount_is_short(const struct mount_context *context, const struct mount_request *m)
{
	bool cgroup = is_cgroup(m) && context->cgroup_namespace && context->cgroup_dir >= 0;

	if (m->bind || m->type == NULL || names_root(m->destination) || (is_cgroup(m) && !cgroup) || m->tmpcopyup || m->propagation != 0 || context->label != NULL)
		return false;
	if (((all_attributes(m) & MOUNT_ATTR_RDONLY) && !cgroup) || (m->sb_set & ~(uint64_t)MS_RDONLY) != 0 || m->sb_clear != 0 || strchr(m->data, '"') != NULL)
		return false;
	return !names_top_entry(m->destination, "proc") || is_type(m, "proc");
}

// mount(2) on the resolved directory, as ".": two system calls where the mount API takes eight to twelve. The caller's working directory changes. -1: not done,
// take the long way, which has the kernel's words for what is wrong.
static int perform_short(const struct mount_context *context, const struct mount_request *m)
{
	struct error ignored = ERROR_INIT;
	AUTO_FD target = open_target(context, m, -1, &ignored);

	if (target < 0 || fchdir(target) < 0)
		return -1;
	return mount(m->source != NULL ? m->source : m->type, ".", is_cgroup(m) ? "cgroup2" : m->type, old_flags(all_attributes(m)), m->data);
}

// A tmpfs on a directory that is there looks like it, as with runc and crun: without mode=, the kernel would make it 1777.
static int take_mode(const struct mount_context *context, struct mount_request *m, char *data, size_t size, struct error *err)
{
	AUTO_FD there = -1;
	struct stat st;

	if (!is_type(m, "tmpfs") || m->tmpcopyup || has_data(m, "mode"))
		return 0;
	there = root_open(context->root, m->destination, O_PATH | O_DIRECTORY);
	if (there < 0 || fstat(there, &st) < 0)
		return 0;
	if ((size_t)snprintf(data, size, "%s%smode=%04o", m->data, m->data[0] != '\0' ? "," : "", (unsigned)(st.st_mode & 07777)) >= size)
		return error_set(err, ENAMETOOLONG, "the options are longer than the %zu bytes that the kernel takes", size);
	m->data = data;
	return 0;
}

static int perform_mount(const struct mount_context *context, const struct mount_request *request, struct error *err)
{
	struct mount_request own = *request;
	const struct mount_request *m = &own;
	AUTO_FD mount = -1;
	AUTO_FD target = -1;
	char data[4096]; // a page is what mount(2) takes

	if (take_mode(context, &own, data, sizeof data, err) < 0)
		return -1;
	if (mount_is_short(context, m) && perform_short(context, m) == 0)
		return 0;
	if (m->bind)
		mount = m->idmap || context->prepared ? ready_source(context, err) : mount_clone_source(m, err);
	else
		mount = is_cgroup(m) ? new_cgroup_mount(context, m, err) : new_filesystem(context, m, err);
	if (mount < 0 || check_proc_destination(m, mount, err) < 0)
		return -1;
	if (m->bind && set_bind_attributes(mount, m) < 0)
		return error_errno(err, errno, "cannot set the mount's flags");
	target = open_target(context, m, mount, err);
	if (target < 0 || finish_tmpcopyup(mount, target, m, err) < 0)
		return -1;
	if (attach(mount, target, err) < 0 || set_propagation(mount, m, err) < 0)
		return -1;
	if (names_root(m->destination))
		*context->ret_root = take_fd(&mount);
	return 0;
}

static int reconfigure(int target, const struct mount_request *m, struct error *err)
{
	const uint64_t words = MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME;
	AUTO_FD fs = -1;

	if (m->bind || (m->data[0] == '\0' && ((m->sb_set | m->sb_clear) & words) == 0))
		return 0;
	fs = fspick(target, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	if (fs < 0)
		return error_errno(err, errno, "cannot open its file system");
	if (set_superblock_flags(fs, m, err) < 0 || filesystem_set_list(fs, m->data, err) < 0)
		return -1;
	return filesystem_reconfigure(fs, err);
}

static int perform_remount(const struct mount_context *context, const struct mount_request *m, struct error *err)
{
	AUTO_FD target = root_open(context->root, m->destination, O_PATH);

	if (target < 0)
		return error_errno(err, errno, "cannot open the destination");
	if (set_bind_attributes(target, m) < 0)
		return errno == EINVAL ? error_set(err, EINVAL, "nothing is mounted there") : error_errno(err, errno, "cannot set the mount's flags");
	return reconfigure(target, m, err) < 0 ? -1 : set_propagation(target, m, err);
}

int mount_perform(const struct mount_context *context, const struct mount_request *m, struct error *err)
{
	const char *what = m->bind || m->type == NULL ? m->source : m->type;

	if (m->remount)
		return perform_remount(context, m, err) < 0 ? error_prefix(err, "cannot remount %s", m->destination) : 0;
	if (perform_mount(context, m, err) == 0)
		return 0;
	return error_prefix(err, m->bind ? "cannot bind %s on %s" : "cannot mount %s on %s", what != NULL ? what : "nothing", m->destination);
}

int mount_attach_tree(int root, int tree, const char *destination, struct error *err)
{
	AUTO_FD target = root_mkdirs(root, destination);

	if (target < 0)
		return error_errno(err, errno, "cannot make %s in the container", destination);
	return attach(tree, target, err) < 0 ? error_prefix(err, "cannot mount on %s", destination) : 0;
}
