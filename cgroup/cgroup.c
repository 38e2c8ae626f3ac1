// cgroup.c: cgroup directories found, made and adopted. See cgroup.h; writing limits is write.c, ending is remove.c.
// Kernel rules: Documentation/admin-guide/cgroup-v2.rst, "Controlling Controllers" and "Threads".
#include "cgroup/cgroup.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "cgroup/mark.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	ATTEMPTS = 1000,       // each lost only if somebody removes a directory within the microseconds between two calls
	PROC_CGROUP_MAX = 64 * 1024,
	LIST_MAX = 512,        // of controllers: some 15 names
	LEFTOVER_MS = 2000,    // to clear what a crash left
	LOST = 1,              // a directory vanished under our hands: once more from the start
};

struct creation {
	int root;
	const char *path; // without leading '/'
	unsigned controllers;
	const char *owner;
	struct error *err;
};

int cgroup_open_root(const char *mount_point, struct error *err)
{
	AUTO_FD fd = open(mount_point, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return error_errno(err, errno, "cannot open the cgroup file system at %s", mount_point);
	if (fstatfs(fd, &fs) < 0)
		return error_errno(err, errno, "cannot look at the file system of %s", mount_point);
	if (fs.f_type != CGROUP2_SUPER_MAGIC) {
		error_set(err, EINVAL, "%s is not a cgroup2 mount", mount_point);
		return error_hint(err, "mount -t cgroup2 none %s", mount_point);
	}
	return take_fd(&fd);
}

// --- controllers

static unsigned parse_controllers(const char *text)
{
	unsigned set = 0;

	for (text += strspn(text, " \n"); *text != '\0'; text += strspn(text, " \n")) {
		size_t length = strcspn(text, " \n");
		enum cgroup_controller controller = controller_from_name(text, length);

		if (controller != CONTROLLER_INVALID)
			set |= 1u << controller;
		text += length;
	}
	return set;
}

// "prefix" before each name, "between" between two: "+cpu +memory", or "cpu, memory" for a person.
static const char *list_controllers(unsigned set, const char *prefix, const char *between, char text[LIST_MAX])
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < CONTROLLER_MAX; i++) {
		if ((set & 1u << i) != 0)
			used += (size_t)snprintf(text + used, LIST_MAX - used, "%s%s%s", used > 0 ? between : "", prefix,
						 controller_name((enum cgroup_controller)i));
	}
	return text;
}

static int read_controllers(int dir, const char *file, unsigned *ret_set)
{
	char text[LIST_MAX];

	if (read_file_at(dir, file, text, sizeof text) < 0)
		return -1;
	*ret_set = parse_controllers(text);
	return 0;
}

int cgroup_controllers(int dir, unsigned *ret_set, struct error *err)
{
	if (read_controllers(dir, "cgroup.controllers", ret_set) < 0)
		return error_errno(err, errno, "cannot read cgroup.controllers");
	return 0;
}

static int missing_error(struct creation *c, unsigned missing, const char *shown)
{
	char names[LIST_MAX], wanted[LIST_MAX];

	list_controllers(missing, "", ", ", names);
	error_set(c->err, EOPNOTSUPP, "cannot make cgroup /%s: cgroup.controllers of /%s does not list %s", c->path, shown, names);
	return error_hint(c->err, "who is root above can enable it by \"%s\" into cgroup.subtree_control of the parent; at the top of the hierarchy "
			  "the kernel lacks it, or it is mounted as cgroup v1", list_controllers(missing, "+", " ", wanted));
}

static int enable_error(struct creation *c, int dir, unsigned missing, const char *shown, int code)
{
	char names[LIST_MAX];

	error_errno(c->err, code, "cannot make cgroup /%s: cannot enable %s in cgroup.subtree_control of /%s", c->path,
		    list_controllers(missing, "", ", ", names), shown);
	if (code == EBUSY)
		return error_hint(c->err, "processes are in /%s itself (pid %d), and cgroup v2 wants them in a cgroup without controlled sub-cgroups: "
				  "move them into one of their own, or choose another cgroupsPath", shown, (int)tree_any_pid(dir));
	if (code == EOPNOTSUPP)
		return error_hint(c->err, "/%s is threaded (cgroup.type), where only cpu, cpuset, pids and perf_event can be: choose another cgroupsPath",
				  shown);
	if (code == EACCES || code == EPERM)
		return error_hint(c->err, "/%s is not delegated to this user", shown);
	return -1;
}

// Makes `c->controllers` usable for the children of `dir`.
static int enable_controllers(struct creation *c, int dir, const char *shown)
{
	unsigned enabled, available, missing;
	char text[LIST_MAX];

	if (c->controllers == 0)
		return 0;
	if (read_controllers(dir, "cgroup.subtree_control", &enabled) < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot read cgroup.subtree_control of cgroup /%s", shown);
	missing = c->controllers & ~enabled;
	if (missing == 0)
		return 0;
	if (read_controllers(dir, "cgroup.controllers", &available) < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot read cgroup.controllers of cgroup /%s", shown);
	if ((missing & ~available) != 0)
		return missing_error(c, missing & ~available, shown);
	if (write_file_at(dir, "cgroup.subtree_control", list_controllers(missing, "+", " ", text)) == 0)
		return 0;
	return tree_vanished(errno) ? LOST : enable_error(c, dir, missing, shown, errno);
}

// --- parents

static int make_error(struct creation *c, const char *shown, int code)
{
	error_errno(c->err, code, "cannot make cgroup /%s", shown);
	if (code == EAGAIN)
		return error_hint(c->err, "cgroup.max.descendants or cgroup.max.depth of a cgroup above is reached");
	if (code == EACCES || code == EPERM)
		return error_hint(c->err, "run as root, or below a cgroup that is delegated to this user");
	if (code == EROFS)
		return error_hint(c->err, "cgroup2 is mounted read-only here");
	return -1;
}

// Replaces `*dir` by its child `name`, which is made and marked if it is absent.
static int enter_parent(struct creation *c, int *dir, const char *name, const char *shown)
{
	bool made = mkdirat(*dir, name, 0755) == 0;
	int next;

	if (!made && errno != EEXIST)
		return tree_vanished(errno) ? LOST : make_error(c, shown, errno);
	next = tree_open(*dir, name);
	if (next < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot open cgroup /%s", shown);
	close_fd(dir);
	*dir = next;
	if (made && mark_write(next, MARK_PARENT, NULL) < 0 && !tree_vanished(errno))
		return error_errno(c->err, errno, "cannot mark cgroup /%s as made by minirun", shown);
	return 0;
}

// From the top down, since a controller has to be enabled in each level before the next one has it.
static int make_parents(struct creation *c, const char *leaf, int *ret_dir)
{
	AUTO_FD dir = tree_open(c->root, "");
	char name[NAME_MAX + 1], shown[PATH_MAX] = "";

	if (dir < 0)
		return error_errno(c->err, errno, "cannot open the root of the cgroup file system");
	for (const char *part = c->path; part < leaf;) {
		size_t length = strcspn(part, "/");
		int result = enable_controllers(c, dir, shown);

		if (result != 0)
			return result;
		if (length > NAME_MAX)
			return make_error(c, c->path, ENAMETOOLONG);
		memcpy(name, part, length);
		name[length] = '\0';
		snprintf(shown, sizeof shown, "%.*s", (int)(part + length - c->path), c->path);
		result = enter_parent(c, &dir, name, shown);
		if (result != 0)
			return result;
		part += length + 1;
	}
	*ret_dir = take_fd(&dir);
	return enable_controllers(c, *ret_dir, shown);
}

// The usual case first: the parent is there and passes on all that is wanted, so every level above does.
static int open_parent(struct creation *c, const char *leaf, int *ret_dir)
{
	char shown[PATH_MAX];
	unsigned enabled = 0;
	AUTO_FD dir = -1;

	if ((size_t)snprintf(shown, sizeof shown, "%.*s", (int)(leaf - c->path), c->path) >= sizeof shown)
		return make_error(c, c->path, ENAMETOOLONG);
	dir = tree_open(c->root, shown);
	if (dir >= 0 && c->controllers != 0 && read_controllers(dir, "cgroup.subtree_control", &enabled) < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot read cgroup.subtree_control of cgroup /%s", shown);
	if (dir >= 0 && (c->controllers & ~enabled) == 0) {
		*ret_dir = take_fd(&dir);
		return 0;
	}
	return make_parents(c, leaf, ret_dir);
}

// --- the directory itself

static int busy_error(struct creation *c, const char *why, const char *way_out)
{
	error_set(c->err, EBUSY, "cannot use cgroup /%s: %s", c->path, why);
	return error_hint(c->err, "%s", way_out);
}

// What clone3(CLONE_INTO_CGROUP) would refuse with a bare EOPNOTSUPP ("domain invalid") or EBUSY; and a threaded cgroup, which cgroup.kill does not work in.
static int check_birth(struct creation *c, int dir)
{
	char type[64], controllers[LIST_MAX];

	if (read_file_at(dir, "cgroup.type", type, sizeof type) < 0 ||
	    read_file_at(dir, "cgroup.subtree_control", controllers, sizeof controllers) < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot read cgroup /%s", c->path);
	if (strncmp(type, "domain", 6) != 0 || strcmp(type, "domain invalid") == 0) {
		error_set(c->err, EOPNOTSUPP, "cannot use cgroup /%s: its cgroup.type is \"%s\", and only a domain can hold a container", c->path, type);
		return error_hint(c->err, "choose a cgroupsPath outside of threaded cgroups");
	}
	if (controllers[0] != '\0' && strcmp(type, "domain") == 0)
		return busy_error(c, "it passes controllers on to sub-cgroups, so it cannot hold processes itself",
				  "choose a cgroupsPath below it");
	return 0;
}

// Takes over an empty directory that minirun did not make for this owner.
static int adopt(struct creation *c, int dir, const struct mark *mark)
{
	struct stat status;
	int result = check_birth(c, dir);

	if (result != 0 || mark->kind != MARK_NONE)
		return result;
	// A kernfs directory has one link for each directory in it, besides its own two.
	if (fstat(dir, &status) < 0 || mark_write(dir, status.st_nlink == 2 ? MARK_ADOPTED : MARK_SHARED, c->owner) < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot mark cgroup /%s as used by %s", c->path, c->owner);
	return 0;
}

// Removes what a crash left, so that old limits do not reach the new container; the caller then starts over.
static int clear_leftover(struct creation *c, int dir)
{
	if (tree_remove_below(dir, clock_ms() + LEFTOVER_MS) < 0 || unlinkat(c->root, c->path, AT_REMOVEDIR) < 0) {
		if (!tree_vanished(errno))
			return error_errno(c->err, errno, "cannot remove cgroup /%s, which an earlier %s left", c->path, c->owner);
	}
	return LOST;
}

static int take_over(struct creation *c, int dir)
{
	bool populated, frozen;
	struct mark mark;
	char why[PATH_MAX + 64];

	if (mark_read(dir, &mark) < 0 || tree_events(dir, &populated, &frozen) < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot read cgroup /%s", c->path);
	if (mark.owner[0] != '\0' && !mark_belongs_to(&mark, c->owner)) {
		snprintf(why, sizeof why, "it belongs to container %s", mark.owner);
		return busy_error(c, why, "delete that one first, or choose another cgroupsPath");
	}
	if (populated) {
		snprintf(why, sizeof why, "processes are in it (pid %d)", (int)tree_any_pid(dir));
		return busy_error(c, why, "end them, or choose another cgroupsPath");
	}
	if (mark.kind == MARK_MADE)
		return clear_leftover(c, dir);
	if (mark.kind == MARK_PARENT) {
		if (unlinkat(c->root, c->path, AT_REMOVEDIR) == 0 || tree_vanished(errno))
			return LOST;
		return busy_error(c, "cgroups of other containers are below it", "choose another cgroupsPath");
	}
	if (frozen)
		return busy_error(c, "it is frozen", "write 0 to its cgroup.freeze");
	return adopt(c, dir, &mark);
}

static int make_leaf(struct creation *c, int parent, const char *name, int *ret_dir)
{
	bool made = mkdirat(parent, name, 0755) == 0;
	AUTO_FD dir = -1;
	int result;

	if (!made && errno != EEXIST)
		return tree_vanished(errno) ? LOST : make_error(c, c->path, errno);
	dir = tree_open(parent, name);
	if (dir < 0)
		return tree_vanished(errno) ? LOST : error_errno(c->err, errno, "cannot open cgroup /%s", c->path);
	if (!made) {
		result = take_over(c, dir);
		if (result != 0)
			return result;
	} else if (mark_write(dir, MARK_MADE, c->owner) < 0) {
		error_errno(c->err, errno, "cannot mark cgroup /%s as made by minirun", c->path);
		unlinkat(parent, name, AT_REMOVEDIR);
		return -1;
	}
	*ret_dir = take_fd(&dir);
	return 0;
}

static int create_once(struct creation *c, int *ret_dir)
{
	const char *slash = strrchr(c->path, '/');
	const char *leaf = slash == NULL ? c->path : slash + 1;
	AUTO_FD parent = -1;
	int result = open_parent(c, leaf, &parent);

	return result != 0 ? result : make_leaf(c, parent, leaf, ret_dir);
}

int cgroup_create(int root, const char *path, unsigned controllers, const char *owner, int *ret_dir, struct error *err)
{
	struct creation c = {.root = root, .path = path + (*path == '/'), .controllers = controllers, .owner = owner, .err = err};

	if (!valid_cgroup_path(path))
		return error_set(err, EINVAL, "cannot make cgroup %s: not a path of names between single slashes, without . and ..", path);
	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		int result = create_once(&c, ret_dir);

		if (result != LOST)
			return result;
	}
	return error_set(err, EAGAIN, "cannot make cgroup %s: it or a parent vanished %d times while it was made; another program keeps removing it",
			 path, ATTEMPTS);
}

// Copies the process's path in the unified hierarchy: the line "0::/path" of /proc/PID/cgroup.
static int path_of_process(pid_t pid, char *path, size_t size)
{
	char file[40];
	size_t length;
	AUTO_FREE char *text = NULL;
	const char *line;

	snprintf(file, sizeof file, "/proc/%d/cgroup", pid);
	text = read_whole_file_at(AT_FDCWD, file, PROC_CGROUP_MAX, &length);
	if (text == NULL)
		return -1;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (line == NULL) {
		errno = ENOENT;
		return -1;
	}
	line += 3 + (*line == '\n');
	length = strcspn(line, "\n");
	if (length >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, line, length);
	path[length] = '\0';
	return 0;
}

int cgroup_open_leaf(int root, const char *path, pid_t pid, struct error *err)
{
	AUTO_FD dir = tree_open(root, path);
	char its[PATH_MAX];
	unsigned handed_on;

	if (dir < 0 || read_controllers(dir, "cgroup.subtree_control", &handed_on) < 0)
		return error_errno(err, errno, "cannot open the container's cgroup %s", path);
	if (handed_on == 0)
		return take_fd(&dir);
	close_fd(&dir);
	if (path_of_process(pid, its, sizeof its) < 0 || (dir = tree_open(root, its)) < 0)
		return error_errno(err, errno, "cannot open the cgroup of the container's process %d", pid);
	return take_fd(&dir);
}

int cgroup_enable(int root, const char *path, unsigned controllers, struct error *err)
{
	struct creation c = {.root = root, .path = path + (*path == '/'), .controllers = controllers, .err = err};
	const char *slash = strrchr(c.path, '/');

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		AUTO_FD parent = -1;
		int result = open_parent(&c, slash == NULL ? c.path : slash + 1, &parent);

		if (result < 0)
			return error_prefix(err, "for a new limit");
		if (result == 0)
			return 0;
	}
	return error_set(err, EAGAIN, "cannot enable controllers for cgroup %s: a parent vanished %d times", path, ATTEMPTS);
}

int cgroup_take(int root, const char *path, unsigned controllers, const char *owner, int *ret_dir, struct error *err)
{
	AUTO_FD dir = -1;
	struct mark mark;

	if (!valid_cgroup_path(path))
		return error_set(err, EINVAL, "cannot use cgroup %s: not a path of names between single slashes, without . and ..", path);
	if (cgroup_enable(root, path, controllers, err) < 0)
		return -1;
	dir = tree_open(root, path);
	if (dir < 0 || mark_read(dir, &mark) < 0)
		return error_errno(err, errno, "cannot open cgroup %s", path);
	if (mark.kind != MARK_NONE)
		return error_set(err, EBUSY, "cannot use cgroup %s: it belongs to container %s", path, mark.owner);
	if (mark_write(dir, MARK_MADE, owner) < 0)
		return error_errno(err, errno, "cannot mark cgroup %s as used by %s", path, owner);
	*ret_dir = take_fd(&dir);
	return 0;
}

int cgroup_join_error(int dir, const char *path, int code, struct error *err)
{
	char type[64] = "unknown", most[64] = "";

	error_errno(err, code, "cannot start a process in cgroup %s", path);
	read_file_at(dir, "cgroup.type", type, sizeof type);
	read_file_at(dir, "pids.max", most, sizeof most);
	if (code == EOPNOTSUPP)
		return error_hint(err, "its cgroup.type is \"%s\": choose a cgroupsPath outside of threaded cgroups", type);
	if (code == EBUSY)
		return error_hint(err, "it passes controllers on to sub-cgroups (cgroup.subtree_control), so it cannot hold processes itself");
	if (code == EAGAIN && most[0] != '\0')
		return error_hint(err, "its pids.max is %s; that or a limit above is reached", most);
	if (tree_vanished(code))
		return error_hint(err, "it was removed meanwhile");
	if (code == EACCES || code == EPERM)
		return error_hint(err, "it is not delegated to this user");
	return -1;
}
