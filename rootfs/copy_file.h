// copy_file.h: one file's data and attributes copied to another, for copy_tree.h.
#ifndef MINIRUN_ROOTFS_COPY_FILE_H
#define MINIRUN_ROOTFS_COPY_FILE_H

#include "rootfs/progress.h"

#include <sys/stat.h>

// The data of one open regular file to another, empty one; `flags`: COPY_SHARE, COPY_SHARE_ONLY. Holes stay holes. `progress` may be NULL. 0, or -1 with errno.
int copy_data(int from, int to, const struct stat *st, unsigned flags, const struct progress *progress);

// Owner, mode, extended attributes and times. With COPY_ALL in `flags` overlayfs's own attributes, too. 0, or -1 with errno.
int copy_attributes(int from, int to, const struct stat *st, unsigned flags);

// Extended attributes of what can only be opened with O_PATH: symlinks, devices, sockets. 0, or -1 with errno.
int copy_path_xattrs(int from, int to);

#endif
