// snapshot_place.h: the directories that snapshots lie in: whose they must be, how they are made and marked.
#ifndef MINIRUN_ROOTFS_SNAPSHOT_PLACE_H
#define MINIRUN_ROOTFS_SNAPSHOT_PLACE_H

#include "base/error.h"
#include "rootfs/snapshot.h"

// The nearest directory at or above `path` that is there, readable; for what will be made there. fd owned by the caller; -1 with errno.
int place_open_above(const char *path);

// Whether the store lies, or can be made, on the file system of the image (a readable fd): 0, or -1 with the reason why not.
int place_fits_beside(const struct snapshot *snapshot, int image, struct error *ret_reason);

// Says that `directory` cannot be made, by errno `code`, with the way out. -1.
int place_failed(const char *directory, int code, struct error *err);

// Makes the snapshot's store, if it has one, with its missing parents, and its directory; refuses them if others may write there.
// In a store, it is marked with its owner and image. O_PATH fd owned by the caller.
int place_make(const struct snapshot *snapshot, struct error *err);

// A detached mount of root/ in the snapshot's directory, with its ids mapped if it says so; owned by the caller.
int place_mount_root(const struct snapshot *snapshot, int user_namespace, struct error *err);

#endif
