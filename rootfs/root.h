// root.h: the container's root mount: from the host's directory to "/" of the mount namespace.
#ifndef MINIRUN_ROOTFS_ROOT_H
#define MINIRUN_ROOTFS_ROOT_H

#include "base/error.h"

#include <stdbool.h>

// A detached clone of the tree at `path` (open_tree(OPEN_TREE_CLONE|AT_RECURSIVE)), a slave of the host's mounts throughout; fd owned by the caller.
int root_clone_tree(const char *path, struct error *err);

// Recursive propagation of "/" in the caller's (new) mount namespace: MS_SLAVE or MS_PRIVATE (with MS_REC), before anything is mounted, so that
// the host never sees a mount of the container.
int root_set_propagation(unsigned long flags, struct error *err);

// Makes the mount that holds the directory `path` private, in the caller's mount namespace: where root_set_propagation() left it shared it is a peer of the
// host's, so that what is attached to it would appear there, and pivot_root(2) refuses a shared parent.
int root_keep_private(const char *path, struct error *err);

// Moves the detached tree `tree` onto the directory `path`; `tree` is the fd of the attached root from then on. Returns 0.
int root_attach(int tree, const char *path, struct error *err);

// pivot_root(".", ".") to `root`, then detaches the old root. cwd is "/" afterwards. On EINVAL the error names the true cause (not a
// mount point, root is the initramfs, shared parent) read from mountinfo.
int root_pivot(int root, struct error *err);
// The same where root_set_propagation() has left the old root shared with the host: unmounting it would unmount what is below it on the host, too.
int root_pivot_from_shared(int root, struct error *err);

// For where pivot_root(2) cannot be had (the current root is an initramfs): moves the tree, attached before, over "/" (MS_MOVE) and changes the root to it. cwd is "/"
// afterwards. Procfs and sysfs mounts outside of it are unmounted first (covered where they are locked): the old root stays below the new one, and a process
// with CAP_SYS_CHROOT finds the way to it.
int root_move(int root, struct error *err);

// chroot for a container without a mount namespace of its own. cwd is "/" afterwards.
int root_chroot(int root, struct error *err);

// root.readonly: the mount "/" becomes read-only (not what is mounted below it; never the superblock).
int root_make_readonly(struct error *err);

// linux.rootfsPropagation of "/" (MS_SHARED, ...), after pivot_root.
int root_set_rootfs_propagation(unsigned long flags, struct error *err);

#endif
