// overlay.h: the copy-on-write snapshot of a root file system by overlayfs: a backend of snapshot.h.
// lower = the image and layers over it; upper and work in the snapshot's directory, or on a tmpfs that is seen nowhere else. No lower layer is ever written to.
#ifndef MINIRUN_ROOTFS_OVERLAY_H
#define MINIRUN_ROOTFS_OVERLAY_H

#include "base/error.h"
#include "rootfs/snapshot.h"

// See struct snapshot_backend. What file systems are known to be refused by overlayfs as a lower or an upper layer; what only the mount itself can tell is not among it.
int overlay_fits(const struct snapshot *snapshot, struct error *ret_reason);

// Makes upper (with mode and owner of the image, so that "/" looks alike) and work in the directory `dir`. With `volatile` the kernel skips the sync of the upper file system
// at unmount (0.2 to 8 ms on ext4), which is right for a layer that is thrown away. With `keep` a layer that is there is continued; without, it is an error (EEXIST).
// ENOSPC and the overlayfs reasons (upper on an overlay, lower missing) are worded with the way out. Paths with ',' ':' '\\' and long ones work, if /proc is mounted.
// A tmpfs of its own is attached nowhere. Linux before 6.15 refuses that (EINVAL; before 6.5 EOPNOTSUPP), and layers with mapped ids are to keep their paths in mountinfo: these are attached
// by a helper, in a mount namespace of its own, so that nobody else sees them, and nothing of it is left to be unmounted.
int overlay_create(const struct snapshot *snapshot, int image, int dir, int user_namespace, struct error *err);

#endif
