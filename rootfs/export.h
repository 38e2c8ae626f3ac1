// export.h: a tree as a tar archive, in the pax format (POSIX.1-2001), which GNU tar, bsdtar, docker and podman read.
#ifndef MINIRUN_ROOTFS_EXPORT_H
#define MINIRUN_ROOTFS_EXPORT_H

#include "base/error.h"
#include "rootfs/inside.h"
#include "rootfs/progress.h"

// Writes all that is in the open directory `tree` (borrowed) to `fd` (borrowed): "./" first, then each directory's entries sorted by name. Numeric owners, modes, times, extended
// attributes (SCHILY.xattr), hard links, holes (GNU.sparse 1.0), devices and fifos are kept; sockets are left out, as tar does. What is mounted in the tree is left out.
// A file that becomes shorter meanwhile is filled up with zeros. `inside`: owners are those that the container sees; NULL: the tree's. -1 with the error that names the path; part of the archive is written then.
int export_tree(int tree, int fd, const struct inside *inside, const struct progress *progress, struct error *err);

#endif
