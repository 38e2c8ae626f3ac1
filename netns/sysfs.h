// sysfs.h: /sys as a network namespace sees it: what sysfs shows below class/net is that of the namespace it was mounted in.
#ifndef MINIRUN_NETNS_SYSFS_H
#define MINIRUN_NETNS_SYSFS_H

#include "base/error.h"

// A detached mount of sysfs for the namespace file `path` below `proc` (fd of "/proc"; "77/ns/net", "self/ns/net"). The caller steps in and out again, so it must have one thread; it takes
// CAP_SYS_ADMIN there and here. fd owned by the caller; -1.
int sysfs_of_namespace(int proc, const char *path, struct error *err);

#endif
