// copy_file.h: one file's data and attributes copied to another, for copy_tree.h.
#ifndef MINIRUN_ROOTFS_COPY_FILE_H
#define MINIRUN_ROOTFS_COPY_FILE_H

#include "rootfs/copy_tree.h"
#include "rootfs/xattrs.h"

#include <sys/stat.h>

// The data of one open regular file to another, empty one. Holes stay holes. 0, or -1 with errno.
int copy_data(int from, int to, const struct stat *st, const struct copy *how);

// Owner, mode and times as `st` has them, and extended attributes. 0, or -1 with errno.
int copy_attributes(int from, int to, const struct stat *st, const struct copy *how);

// 0, or -1 with errno.
int copy_xattrs(const struct xattrs_of *from, const struct xattrs_of *to, const struct copy *how);

#endif
