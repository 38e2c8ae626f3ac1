// btrfs.h: the snapshot of a root file system that is a subvolume of btrfs: a backend of snapshot.h. By ioctls, without btrfs-progs.
#ifndef MINIRUN_ROOTFS_BTRFS_H
#define MINIRUN_ROOTFS_BTRFS_H

#include "base/error.h"
#include "rootfs/snapshot.h"

#include <stdbool.h>

// See struct snapshot_backend. EINVAL is for what is no subvolume; all else stands against one that is.
int btrfs_fits(const struct snapshot *snapshot, struct error *ret_reason);
// The snapshot is whole or not there: the kernel makes it in one transaction. A size limits what it does not share with others (max_excl of its qgroup), so what the container
// writes; where quotas are off, the error says how to turn them on (ENOTCONN).
int btrfs_create(const struct snapshot *snapshot, int image, int dir, int user_namespace, struct error *err);

// Whether both lie on the same btrfs, be it in different subvolumes, which have device numbers of their own. Readable fds.
bool btrfs_same_filesystem(int a, int b);

// Whether `name` below `dir` is the root of a subvolume.
bool btrfs_is_subvolume(int dir, const char *name);

// Removes the subvolume `name` below `dir` with those in it and their qgroups. What is absent, or no subvolume, is left alone, as is what the caller has no right (or no path)
// to remove by ioctl (it can be removed like any directory). 0, or -1 with errno. The kernel frees the space in the background.
int btrfs_remove_subvolumes(int dir, const char *name);

#endif
