// project_quota.h: a limit for all that lies in one directory, by a quota of a project of its own (ext4 with "quota,project", xfs, mounted with prjquota).
// Files and directories that are made in it inherit the project; the kernel answers EDQUOT (ext4) or ENOSPC (xfs) when the limit is reached.
#ifndef MINIRUN_ROOTFS_PROJECT_QUOTA_H
#define MINIRUN_ROOTFS_PROJECT_QUOTA_H

#include "base/error.h"

#include <stdint.h>

// Whether the file system that `path` is to lie on enforces project quotas: 0, or -1 with the reason why not and the way out.
int project_quota_fits(const char *path, struct error *ret_reason);

// Gives the empty directory `dir` (O_PATH or readable; `path` is for messages) a project that nobody uses. The lock of its parent directory keeps two from taking the same one.
int project_quota_begin(int dir, const char *path, struct error *err);

// Nothing may be written beyond what lies in the directory by now and `bytes` more.
int project_quota_limit(int dir, const char *path, uint64_t bytes, struct error *err);

// Takes the limit off the project of the directory `path`, which is to be removed next; not for one without. 0, or -1 with errno.
int project_quota_end(int dir);

#endif
