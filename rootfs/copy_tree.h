// copy_tree.h: a directory's content copied into another directory: for the mount option tmpcopyup, and for snapshots.
#ifndef MINIRUN_ROOTFS_COPY_TREE_H
#define MINIRUN_ROOTFS_COPY_TREE_H

#include "base/error.h"
#include "rootfs/inside.h"
#include "rootfs/progress.h"

enum copy_flags {
	COPY_SHARE = 1 << 0,      // regular files share their blocks with the original (FICLONE) where the file system can
	COPY_SHARE_ONLY = 1 << 1, // and a file for which it cannot is an error (EOPNOTSUPP, EXDEV, EINVAL): no data is copied
	COPY_ALL = 1 << 2,        // sockets, overlayfs's own attributes, and attributes of symlinks and devices, too
};

struct copy {
	unsigned flags;
	const struct progress *progress; // NULL: nobody wants to know
	const struct inside *inside;     // the copy has the ids that the container sees; NULL: the tree's
};

// Copies all that is in the directory `from` into the empty directory `to` (both readable or O_PATH fds, borrowed), and gives `to` the
// attributes of `from`: types, modes, owners, times, extended attributes, hard links within the tree and holes are kept; symlinks are copied, never followed; without COPY_ALL sockets are
// left out. Other mounts below `from` become empty directories. The error names the path within the tree.
int copy_tree(int from, int to, const struct copy *how, struct error *err);

// Mode, owner, times and extended attributes (but not overlayfs's own) of one open directory to another.
int copy_directory_attributes(int from, int to, struct error *err);

#endif
