// xattrs.h: extended attributes of a file, one after the other.
#ifndef MINIRUN_ROOTFS_XATTRS_H
#define MINIRUN_ROOTFS_XATTRS_H

#include <stddef.h>

// Which file: an open one, or the entry `name` of the directory `dir` that is not followed if it is a symlink, and that may be what cannot be opened: a device, a socket.
// (There are no *at calls for attributes before Linux 6.13.)
struct xattrs_of {
	int file;         // -1: the entry
	int dir;
	const char *name;
};

// `value` may be changed; it has room for XATTR_SIZE_MAX bytes. 0 to go on; -1 with errno ends the walk.
typedef int (*xattrs_visit)(void *data, const char *name, void *value, size_t size);

// Hands each to `visit`. A file system without attributes has none; one that is gone meanwhile, or that the caller may not see, is left out. 0, or -1 with errno.
int xattrs_each(const struct xattrs_of *of, xattrs_visit visit, void *data);

// 0, or -1 with errno.
int xattrs_set(const struct xattrs_of *of, const char *name, const void *value, size_t size);

#endif
