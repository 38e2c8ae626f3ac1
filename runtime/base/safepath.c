// safepath.c: see safepath.h. openat2() does the resolution in the kernel; only what is missing is walked here,
// one component at a time on O_PATH fds, because the kernel has no mkdir that stays inside a root.
#include "base/safepath.h"

#include "base/cleanup.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SYMLINKS_MAX = 40, // the kernel's own limit (MAXSYMLINKS)
	// A rename anywhere on the machine while ".." is resolved makes openat2() give EAGAIN; a container that renames in a loop must
	// not hold us for ever.
	RESOLVE_TRIES = 1000,
	DIRECTORY_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW,
};

static int resolve(int dir, const char *path, uint64_t flags, uint64_t how)
{
	int fd;

	for (int tries = 0; tries < RESOLVE_TRIES; tries++) {
		fd = sys_openat2(dir, path, flags, 0, how);
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			return fd;
	}
	return -1;
}

int root_open(int root, const char *path, int flags)
{
	return resolve(root, path[0] != '\0' ? path : ".", (uint64_t)flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

// One component below `dir`, never a symlink.
static int open_component(int dir, const char *name, int flags)
{
	return resolve(dir, name, (uint64_t)flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

enum last_component { LAST_DIRECTORY, LAST_FILE };

// A walk below a root. `done` is the way to `dir` without any symlink, "" for the root itself; `rest` is still to be walked.
struct walk {
	int root;
	int dir;
	int symlinks;
	char done[PATH_MAX];
	char rest[PATH_MAX];
};

static void walk_move(struct walk *walk, int dir)
{
	close_fd(&walk->dir);
	walk->dir = dir;
}

// Back to where `done` says, from the root: after ".." or an absolute symlink.
static int walk_reopen(struct walk *walk)
{
	int dir = resolve(walk->root, walk->done[0] != '\0' ? walk->done : ".", DIRECTORY_FLAGS,
	                  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);

	if (dir < 0)
		return -1;
	walk_move(walk, dir);
	return 0;
}

static int walk_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash != NULL)
		*slash = '\0';
	else
		walk->done[0] = '\0'; // ".." of the root is the root
	return walk_reopen(walk);
}

static int walk_down(struct walk *walk, const char *name)
{
	size_t used = strlen(walk->done);
	int dir = open_component(walk->dir, name, DIRECTORY_FLAGS);

	if (dir < 0)
		return -1;
	if ((size_t)snprintf(walk->done + used, sizeof walk->done - used, "%s%s", used > 0 ? "/" : "", name) >= sizeof walk->done - used) {
		close(dir);
		errno = ENAMETOOLONG;
		return -1;
	}
	walk_move(walk, dir);
	return 0;
}

// Puts the symlink's target in front of the rest. 1: it was a symlink; 0: it is none (or not there); -1 with errno.
static int walk_symlink(struct walk *walk, const char *name)
{
	char target[PATH_MAX], rest[PATH_MAX];
	ssize_t length = readlinkat(walk->dir, name, target, sizeof target - 1);

	if (length < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -1;
	target[length] = '\0';
	if (++walk->symlinks > SYMLINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	if ((size_t)snprintf(rest, sizeof rest, "%s/%s", target, walk->rest) >= sizeof rest) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(walk->rest, rest, sizeof rest);
	if (target[0] != '/')
		return 1;
	walk->done[0] = '\0';
	return walk_reopen(walk) < 0 ? -1 : 1;
}

// Cuts the next component off `rest`. false: nothing is left. `*ret_last`: only slashes follow it.
static bool walk_next(struct walk *walk, char *name, bool *ret_last)
{
	char *start = walk->rest + strspn(walk->rest, "/");
	size_t length = strcspn(start, "/");
	char *behind = start + length;

	if (length == 0)
		return false;
	memcpy(name, start, length);
	name[length] = '\0';
	*ret_last = behind[strspn(behind, "/")] == '\0';
	memmove(walk->rest, behind, strlen(behind) + 1);
	return true;
}

static int make_file(struct walk *walk, const char *name)
{
	if (mknodat(walk->dir, name, S_IFREG | 0644, 0) < 0 && errno != EEXIST)
		return -1;
	return open_component(walk->dir, name, O_PATH | O_NOFOLLOW);
}

static int make_directory(struct walk *walk, const char *name)
{
	if (mkdirat(walk->dir, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return walk_down(walk, name);
}

// Walks one component, making what is missing. 0: go on; 1: `*ret_fd` is the file that was asked for; -1 with errno.
static int walk_component(struct walk *walk, const char *name, bool file, int *ret_fd)
{
	int link;

	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return walk_up(walk);
	if (!file) {
		if (walk_down(walk, name) == 0)
			return 0;
		if (errno == ENOENT)
			return make_directory(walk, name);
		if (errno != ENOTDIR && errno != ELOOP)
			return -1;
	}
	link = walk_symlink(walk, name);
	if (link != 0)
		return link < 0 ? -1 : 0;
	if (!file) {
		errno = ENOTDIR;
		return -1;
	}
	*ret_fd = make_file(walk, name);
	return *ret_fd < 0 ? -1 : 1;
}

static int walk_path(int root, const char *path, enum last_component kind)
{
	struct walk walk = {.root = root, .dir = -1};
	char name[PATH_MAX];
	int found = -1, result = 0;
	bool last = false;

	if (strlen(path) >= sizeof walk.rest) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(walk.rest, path, strlen(path) + 1);
	if (walk_reopen(&walk) < 0)
		return -1;
	while (result == 0 && walk_next(&walk, name, &last))
		result = walk_component(&walk, name, last && kind == LAST_FILE, &found);
	if (result == 0 && kind == LAST_DIRECTORY)
		found = take_fd(&walk.dir);
	else if (result == 0)
		errno = EISDIR; // a path that ends in ".", ".." or a slash names no file
	close_fd(&walk.dir);
	return found;
}

// The common case in four system calls: only the last component is missing. -1 with EEXIST: it is there; with ENOENT: it is not that easy.
static int make_last(int root, const char *path, enum last_component kind)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char parent[PATH_MAX];
	AUTO_FD dir = -1;

	snprintf(parent, sizeof parent, "%.*s", (int)(name - path), path); // too long a path is too long for openat2() as well
	if (name[0] == '\0' || (dir = root_open(root, parent, O_PATH | O_DIRECTORY)) < 0 ||
	    (kind == LAST_DIRECTORY ? mkdirat(dir, name, 0755) : mknodat(dir, name, S_IFREG | 0644, 0)) < 0) {
		errno = errno == EEXIST ? EEXIST : ENOENT;
		return -1;
	}
	return open_component(dir, name, kind == LAST_DIRECTORY ? DIRECTORY_FLAGS : O_PATH | O_NOFOLLOW);
}

static int make(int root, const char *path, enum last_component kind)
{
	int fd = make_last(root, path, kind);

	if (fd < 0 && errno == EEXIST)
		fd = root_open(root, path, kind == LAST_DIRECTORY ? O_PATH | O_DIRECTORY : O_PATH);
	// A link that leads nowhere yet, or parents that are missing.
	return fd >= 0 || errno != ENOENT ? fd : walk_path(root, path, kind);
}

int root_mkdirs(int root, const char *path)
{
	return make(root, path, LAST_DIRECTORY);
}

int root_touch(int root, const char *path)
{
	return make(root, path, LAST_FILE);
}

int root_open_parent(int root, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	char parent[PATH_MAX];
	int fd;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		errno = EINVAL;
		return -1;
	}
	if ((size_t)(name - path) >= sizeof parent) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parent, path, (size_t)(name - path));
	parent[name - path] = '\0';
	fd = root_mkdirs(root, parent);
	if (fd >= 0)
		*ret_name = name;
	return fd;
}
