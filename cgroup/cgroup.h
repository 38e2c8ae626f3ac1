// cgroup.h: one cgroup v2 directory: made, limited, emptied, removed.
// Paths are relative to the cgroup2 mount and begin with '/'. All functions work on fds of directories.
#ifndef MINIRUN_CGROUP_CGROUP_H
#define MINIRUN_CGROUP_CGROUP_H

#include "base/error.h"
#include "cgroup/limits.h"

#include <signal.h>
#include <stdbool.h>

// Opens the cgroup2 mount point (O_PATH|O_DIRECTORY) and verifies CGROUP2_SUPER_MAGIC. fd owned by the caller.
int cgroup_open_root(const char *mount_point, struct error *err);

// Reads cgroup.controllers of `dir` as a bit set of 1u << CONTROLLER_*; unknown names are ignored.
int cgroup_controllers(int dir, unsigned *ret_set, struct error *err);

// Makes `path` with its parents below `root`, enabling `controllers` in cgroup.subtree_control of every ancestor that lacks them
// (nothing is written where they are enabled already), and returns an fd of the directory (O_RDONLY|O_DIRECTORY: usable for CLONE_INTO_CGROUP),
// owned by the caller. Directories made here are marked with the extended attribute trusted.minirun (value: `owner`), so that only they are
// removed later. An existing directory is adopted if no process is in it (EBUSY otherwise), left unmarked. Retries when a
// parent is removed by another minirun meanwhile. The error for a missing controller names controller, directory, and the file to write;
// for EBUSY on subtree_control ("no internal processes") it names the processes' cgroup.
int cgroup_create(int root, const char *path, unsigned controllers, const char *owner, int *ret_dir, struct error *err);

// Writes one file. The error names file, value, field, and for known causes (EINVAL cpuset outside the parent's, ENOENT controller absent,
// ERANGE) the way out.
int cgroup_write(int dir, const struct cgroup_write *write, struct error *err);

// Kills all processes in the cgroup and below by cgroup.kill and waits (poll on cgroup.events) until it is empty, at most `timeout_ms`.
// Absent is success. ETIMEDOUT names a pid that is left.
int cgroup_kill(int root, const char *path, int timeout_ms, struct error *err);

// Kills what is in `path`, removes it with its sub-cgroups and then every parent that minirun made and that is empty now. A directory without
// minirun's mark of `owner` is emptied of nothing and left alone. Absent is success.
int cgroup_remove(int root, const char *path, const char *owner, struct error *err);

// Sends `signal` to every process in the cgroup and below. Absent is success.
int cgroup_signal(int root, const char *path, int signal, struct error *err);

#endif
