// xattrs.c: see xattrs.h.
#include "rootfs/xattrs.h"

#include "base/cleanup.h"

#include <limits.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

struct buffer {
	char path[PATH_MAX];
	char names[XATTR_LIST_MAX];
	char value[XATTR_SIZE_MAX];
};

static const char *path_of(const struct xattrs_of *of, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "/proc/self/fd/%d/%s", of->dir, of->name);
	return path;
}

static ssize_t list(const struct xattrs_of *of, const char *path, char *names, size_t size)
{
	return of->file >= 0 ? flistxattr(of->file, names, size) : llistxattr(path, names, size);
}

// Gone meanwhile, or listed for who may not have it: capabilities that another user namespace has given (EOVERFLOW).
static bool unseen(int code)
{
	return code == ENODATA || code == EOVERFLOW || code == ENOTSUP || code == EPERM;
}

static int visit_one(const struct xattrs_of *of, struct buffer *buffer, const char *name, xattrs_visit visit, void *data)
{
	ssize_t size = of->file >= 0 ? fgetxattr(of->file, name, buffer->value, XATTR_SIZE_MAX) : lgetxattr(buffer->path, name, buffer->value, XATTR_SIZE_MAX);

	if (size < 0)
		return unseen(errno) ? 0 : -1;
	return visit(data, name, buffer->value, (size_t)size);
}

// Most files have none: one system call.
int xattrs_each(const struct xattrs_of *of, xattrs_visit visit, void *data)
{
	AUTO_FREE struct buffer *buffer = NULL;
	char path[PATH_MAX];
	ssize_t length = list(of, of->file >= 0 ? NULL : path_of(of, path), NULL, 0);

	if (length <= 0)
		return length == 0 || errno == ENOTSUP ? 0 : -1;
	buffer = malloc(sizeof *buffer);
	if (buffer == NULL)
		return -1;
	length = list(of, of->file >= 0 ? NULL : path_of(of, buffer->path), buffer->names, sizeof buffer->names);
	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(buffer->names + at) + 1)
		if (visit_one(of, buffer, buffer->names + at, visit, data) < 0)
			return -1;
	return length < 0 ? -1 : 0;
}

int xattrs_set(const struct xattrs_of *of, const char *name, const void *value, size_t size)
{
	char path[PATH_MAX];

	return of->file >= 0 ? fsetxattr(of->file, name, value, size, 0) : lsetxattr(path_of(of, path), name, value, size, 0);
}
