// filesystem.h: a new file system by fsopen(2), with the kernel's own words in the error.
// Errors of this header say what the file system refused and why; the caller puts in front what it was mounting.
#ifndef MINIRUN_ROOTFS_FILESYSTEM_H
#define MINIRUN_ROOTFS_FILESYSTEM_H

#include "base/error.h"

#include <sys/mount.h>

// A configuration context (fsopen); fd owned by the caller. ENODEV: the kernel has no such file system.
int filesystem_open(const char *type, struct error *err);

// One parameter; `value` NULL: a flag. The kernel takes at most 255 bytes (fsconfig(2)).
int filesystem_set(int context, const char *key, const char *value, struct error *err);

// One parameter that is a file or directory, by its fd. Since Linux 6.13 for layers of overlayfs, and since 6.15 by one of O_PATH; EINVAL where the kernel takes none.
int filesystem_set_fd(int context, const char *key, int fd, struct error *err);

// Comma-separated parameters, "a,b=c". A comma within double quotes separates nothing, and the quotes are dropped (context="...,...").
int filesystem_set_list(int context, const char *list, struct error *err);

// Makes the superblock and returns a detached mount with the MOUNT_ATTR_* `attributes`; fd owned by the caller.
int filesystem_mount(int context, unsigned attributes, struct error *err);

// Applies the parameters to the superblock that fspick(2) picked.
int filesystem_reconfigure(int context, struct error *err);

// A detached clone of the tree at `path` below `dir` with `attr` applied to it: one system call from Linux 6.15 (open_tree_attr), two before. `flags` as of
// open_tree(2): AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW; AT_RECURSIVE is for both, the clone and the attributes. fd owned by the caller; -1 with errno.
int mount_clone_tree(int dir, const char *path, unsigned flags, const struct mount_attr *attr);

// A second fd for the mount behind `mount`: a clone of it (open_tree), or, when the kernel cannot clone it because it is still detached
// (before Linux 6.15), the very mount. Owned by the caller. Attaching the first and cloning it from then on works everywhere. -1 with errno.
int mount_clone(int mount);

#endif
