// reflink.h: a copy of a root file system that shares its blocks (FICLONE), on xfs or in a directory of btrfs: a backend of snapshot.h.
#ifndef MINIRUN_ROOTFS_REFLINK_H
#define MINIRUN_ROOTFS_REFLINK_H

#include "base/error.h"
#include "rootfs/snapshot.h"

// See struct snapshot_backend.
int reflink_fits(const struct snapshot *snapshot, struct error *ret_reason);
// All metadata, no data: takes a moment for each file. The copy bears the name root only when it is whole.
int reflink_create(const struct snapshot *snapshot, int image, int dir, int user_namespace, struct error *err);

#endif
