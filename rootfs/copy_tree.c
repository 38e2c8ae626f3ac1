// copy_tree.c: see copy_tree.h. Everything is relative to directory fds and opened O_NOFOLLOW: the tree may be an image's.
#include "rootfs/copy_tree.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

enum { DEPTH_MAX = 200 }; // one open directory pair each

struct xattr_buffer {
	char names[XATTR_LIST_MAX];
	char value[XATTR_SIZE_MAX];
};

// An attribute that the target file system cannot store (user.* on tmpfs before 6.6, trusted.* without privilege) is left out, as cp -a does.
static int copy_xattr(int from, int to, const char *name, char *value)
{
	ssize_t size;

	if (strncmp(name, "trusted.overlay.", strlen("trusted.overlay.")) == 0)
		return 0;
	size = fgetxattr(from, name, value, XATTR_SIZE_MAX);
	if (size < 0 || fsetxattr(to, name, value, (size_t)size, 0) == 0)
		return 0;
	return errno == ENOTSUP || errno == EPERM || errno == EINVAL ? 0 : -1;
}

static int copy_xattrs(int from, int to)
{
	AUTO_FREE struct xattr_buffer *buffer = NULL;
	ssize_t length = flistxattr(from, NULL, 0);

	if (length <= 0)
		return length == 0 || errno == ENOTSUP ? 0 : -1; // most files have none: one system call
	buffer = malloc(sizeof *buffer);
	if (buffer == NULL)
		return -1;
	length = flistxattr(from, buffer->names, sizeof buffer->names);
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(buffer->names + at) + 1)
		if (copy_xattr(from, to, buffer->names + at, buffer->value) < 0)
			return -1;
	return length < 0 ? -1 : 0;
}

// In a user namespace an owner without a mapping (EINVAL) cannot be given: the copy belongs to who made it.
static int change_owner(int to, const struct stat *st)
{
	return fchown(to, st->st_uid, st->st_gid) == 0 || errno == EINVAL ? 0 : -1;
}

// Owner before mode, since chown clears the set-id bits.
static int copy_attributes(int from, int to, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (change_owner(to, st) < 0 || fchmod(to, st->st_mode & 07777) < 0 || copy_xattrs(from, to) < 0)
		return -1;
	return futimens(to, times);
}

static int copy_bytes(int from, int to)
{
	AUTO_FREE char *buffer = malloc(65536);

	if (buffer == NULL)
		return -1;
	for (;;) {
		ssize_t got = read(from, buffer, 65536);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (int)got;
		if (write_all(to, buffer, (size_t)got) < 0)
			return -1;
	}
}

static int copy_regular(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	AUTO_FD from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	AUTO_FD to = -1;

	if (from < 0)
		return -1;
	to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 || copy_bytes(from, to) < 0)
		return -1;
	return copy_attributes(from, to, st);
}

static int copy_symlink(int from_dir, int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};
	char target[PATH_MAX];
	ssize_t length = readlinkat(from_dir, name, target, sizeof target - 1);

	if (length < 0)
		return -1;
	target[length] = '\0';
	if (symlinkat(target, to_dir, name) < 0 || fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
}

// The tree that is copied to is not visible to anybody else yet, so that working by name is safe.
static int copy_special(int to_dir, const char *name, const struct stat *st)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (mknodat(to_dir, name, st->st_mode, st->st_rdev) < 0 || fchownat(to_dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(to_dir, name, st->st_mode & 07777, 0) < 0)
		return -1;
	return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_content(int from, int to, dev_t device, int depth);

// `content` false: the directory alone, for one on which something else is mounted.
static int copy_directory(int from_dir, int to_dir, const char *name, const struct stat *st, bool content, int depth)
{
	AUTO_FD from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	AUTO_FD to = -1;

	if (from < 0 || mkdirat(to_dir, name, 0700) < 0)
		return -1;
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0 || (content && copy_content(from, to, st->st_dev, depth + 1) < 0))
		return -1;
	return copy_attributes(from, to, st);
}

static int copy_entry(int from, int to, const char *name, dev_t device, int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
		return copy_regular(from, to, name, &st);
	case S_IFLNK:
		return copy_symlink(from, to, name, &st);
	case S_IFDIR:
		return copy_directory(from, to, name, &st, st.st_dev == device, depth);
	case S_IFSOCK:
		return 0;
	default:
		return copy_special(to, name, &st);
	}
}

static int copy_content(int from, int to, dev_t device, int depth)
{
	AUTO_DIR *dir = NULL;
	struct dirent *entry;
	int copy;

	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	copy = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (copy < 0)
		return -1;
	dir = fdopendir(copy);
	if (dir == NULL) {
		close_fd(&copy);
		return -1;
	}
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (copy_entry(from, to, entry->d_name, device, depth) < 0)
			return -1;
	}
	return errno == 0 ? 0 : -1;
}

static int open_readable(int fd)
{
	return openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int copy_open(int from, int to, bool content)
{
	AUTO_FD source = open_readable(from);
	AUTO_FD target = open_readable(to);
	struct stat st;

	if (source < 0 || target < 0 || fstat(source, &st) < 0)
		return -1;
	if (content && copy_content(source, target, st.st_dev, 0) < 0)
		return -1;
	return copy_attributes(source, target, &st);
}

int copy_tree(int from, int to, struct error *err)
{
	return copy_open(from, to, true) < 0 ? error_errno(err, errno, "cannot copy the directory's content") : 0;
}

int copy_directory_attributes(int from, int to, struct error *err)
{
	return copy_open(from, to, false) < 0 ? error_errno(err, errno, "cannot copy the directory's mode and owner") : 0;
}
