// copy_tree.c: see copy_tree.h. Everything is relative to directory fds and opened O_NOFOLLOW: the tree may be an image's.
// The tree that is copied to is not visible to anybody else yet, so that working by name in it is safe.
#include "rootfs/copy_tree.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rootfs/copy_file.h"
#include "rootfs/seen.h"
#include "rootfs/walk_path.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

struct copier {
	const struct copy *how;
	int top;            // of the copy
	dev_t device;       // of the tree
	struct seen links;  // and where their first copies are, from the top
	size_t length;      // of `path`
	char path[PATH_MAX]; // of what is being copied, from the top
};

// ---- one entry each ----

static int copy_regular(const struct copier *c, int from_dir, int to_dir, const char *name, const struct stat *st)
{
	AUTO_FD from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_FD to = -1;

	if (from < 0)
		return -1;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 || copy_data(from, to, st, c->how) < 0)
		return -1;
	return copy_attributes(from, to, st, c->how);
}

static int copy_symlink(int from_dir, int to_dir, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_dir, name, target, sizeof target - 1);

	if (length < 0)
		return -1;
	target[length] = '\0';
	return symlinkat(target, to_dir, name);
}

// Owner, mode and times of what has no data, by its name.
static int finish_special(const struct copier *c, int from_dir, int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (!S_ISLNK(st->st_mode) && fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -1;
	if ((c->how->flags & COPY_ALL) != 0 && copy_xattrs(&(struct xattrs_of){-1, from_dir, name}, &(struct xattrs_of){-1, to_dir, name}, c->how) < 0)
		return -1;
	return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_content(struct copier *c, int from, int to, int depth);

// What is mounted on it is not of the tree: then it is the directory alone.
static int copy_directory(struct copier *c, int from_dir, int to_dir, const char *name, const struct stat *st, int depth)
{
	AUTO_FD from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_FD to = -1;

	if (from < 0 || mkdirat(to_dir, name, 0700) < 0)
		return -1;
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || (st->st_dev == c->device && copy_content(c, from, to, depth + 1) < 0))
		return -1;
	return copy_attributes(from, to, st, c->how);
}

static int copy_new(struct copier *c, int from, int to, const char *name, const struct stat *st)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFREG:
		return copy_regular(c, from, to, name, st);
	case S_IFLNK:
		return copy_symlink(from, to, name) < 0 ? -1 : finish_special(c, from, to, name, st);
	default:
		return mknodat(to, name, st->st_mode, st->st_rdev) < 0 ? -1 : finish_special(c, from, to, name, st);
	}
}

static int copy_entry(struct copier *c, int from, int to, const char *name, int depth)
{
	const char *first;
	struct stat st;

	if (progress_advance(c->how->progress, 0) < 0)
		return -1;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	inside_owner(c->how->inside, &st);
	if (S_ISDIR(st.st_mode))
		return copy_directory(c, from, to, name, &st, depth);
	if (S_ISSOCK(st.st_mode) && (c->how->flags & COPY_ALL) == 0)
		return 0;
	first = seen_before(&c->links, &st, c->path);
	return first != NULL ? linkat(c->top, first, to, name, 0) : copy_new(c, from, to, name, &st);
}

// ---- the walk ----

// The path is taken back only after success: after a failure it says where.
static int copy_named(struct copier *c, int from, int to, const char *name, int depth)
{
	size_t before = c->length;
	int length = snprintf(c->path + before, sizeof c->path - before, "%s%s", before > 0 ? "/" : "", name);

	if (length >= (int)(sizeof c->path - before)) {
		c->path[before] = '\0';
		errno = ENAMETOOLONG;
		return -1;
	}
	c->length += (size_t)length;
	if (copy_entry(c, from, to, name, depth) < 0)
		return -1;
	c->length = before;
	c->path[before] = '\0';
	return 0;
}

static int copy_content(struct copier *c, int from, int to, int depth)
{
	AUTO_DIR *dir = NULL;
	struct dirent *entry;

	if (depth > WALK_DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	dir = open_directory_at(from, ".");
	if (dir == NULL)
		return -1;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (copy_named(c, from, to, entry->d_name, depth) < 0)
			return -1;
	}
	return errno == 0 ? 0 : -1;
}

static int open_readable(int fd)
{
	return openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int copy_tree(int from, int to, const struct copy *how, struct error *err)
{
	struct copier c = {.how = how};
	AUTO_FD source = open_readable(from);
	AUTO_FD target = open_readable(to);
	struct stat st;
	int result = -1;

	c.top = target;
	if (source >= 0 && target >= 0 && fstat(source, &st) == 0) {
		c.device = st.st_dev;
		result = copy_content(&c, source, target, 0);
	}
	if (result == 0) {
		inside_owner(how->inside, &st);
		result = copy_attributes(source, target, &st, how);
	}
	if (result < 0)
		error_errno(err, errno, "cannot copy the directory's content (%s)", c.length > 0 ? c.path : ".");
	seen_free(&c.links);
	return result;
}

int copy_directory_attributes(int from, int to, struct error *err)
{
	AUTO_FD source = open_readable(from);
	AUTO_FD target = open_readable(to);
	struct stat st;

	if (source < 0 || target < 0 || fstat(source, &st) < 0 || copy_attributes(source, target, &st, &(struct copy){0}) < 0)
		return error_errno(err, errno, "cannot copy the directory's mode and owner");
	return 0;
}
