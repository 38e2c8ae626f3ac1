// owner.h: a cgroup handed to the user of the container, so that it can make cgroups of its own below (cgroup-v2.rst "Delegation").
// Rules: runtime-spec config-linux.md "Cgroup ownership".
#ifndef MINIRUN_CGROUP_OWNER_H
#define MINIRUN_CGROUP_OWNER_H

#include "base/error.h"

#include <sys/types.h>

// Gives the directory `dir` (open for reading) and the files in it that the kernel names in /sys/kernel/cgroup/delegate (cgroup.procs, cgroup.subtree_control, cgroup.threads where
// it names none) to `uid`; groups stay. A file that is not there is passed over. All else in the directory, the limits above all, stays root's. Who had it before is kept in an
// extended attribute of the directory, for cgroup_restore_owner().
int cgroup_set_owner(int dir, uid_t uid, struct error *err);

// Gives a directory that outlives the container (an adopted one) back to who had it. Nothing was changed: success. 0, or -1 with errno.
int cgroup_restore_owner(int dir);

#endif
