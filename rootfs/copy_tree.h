// copy_tree.h: a directory's content copied into another directory, for the mount option tmpcopyup.
#ifndef MINIRUN_ROOTFS_COPY_TREE_H
#define MINIRUN_ROOTFS_COPY_TREE_H

#include "base/error.h"

// Copies all that is in the directory `from` into the empty directory `to` (both readable or O_PATH fds, borrowed), and gives `to` the
// attributes of `from`: types, modes, owners, times and extended attributes are kept; symlinks are copied, never followed; sockets are left out,
// and hard links become files of their own. Other mounts below `from` become empty directories.
int copy_tree(int from, int to, struct error *err);

// Mode, owner, times and extended attributes (but not overlayfs's own) of one open directory to another.
int copy_directory_attributes(int from, int to, struct error *err);

#endif
