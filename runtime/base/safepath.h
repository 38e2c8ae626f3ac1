// safepath.h: paths of a container, resolved once, to an O_PATH fd, never outside of its root.
// Every path that a config or an image names inside the root file system goes through here; what follows works
// on the fd, never on the string again (CVE-2021-30465, 2024-45310, 2025-31133 and their like).
#ifndef MINIRUN_BASE_SAFEPATH_H
#define MINIRUN_BASE_SAFEPATH_H

#include "base/error.h"

#include <sys/types.h>

// Opens `path` (absolute or not: both mean "below the root") with openat2(RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS).
// `flags` as of open(2), usually O_PATH. Returns an fd owned by the caller, or -1 with errno.
int root_open(int root, const char *path, int flags);

// Makes the directory `path` below the root with its missing parents (mode 0755), component by component with
// mkdirat on O_PATH fds; symlinks of the image are followed inside the root only. Returns an O_PATH fd, or -1 with errno.
int root_mkdirs(int root, const char *path);

// Makes an empty regular file (mode 0644) with its missing parents if nothing is there; otherwise opens what is there.
// Returns an O_PATH fd, or -1 with errno.
int root_touch(int root, const char *path);

// Opens the parent directory of `path` (made if missing) and returns its O_PATH fd; `*ret_name` points to the last
// component inside `path`. For mknodat/symlinkat. -1 with errno (EINVAL: no last component).
int root_open_parent(int root, const char *path, const char **ret_name);

#endif
