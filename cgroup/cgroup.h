// cgroup.h: one cgroup v2 directory: made, limited, emptied, removed.
// Paths are relative to the cgroup2 mount and begin with '/'. All functions work on fds of directories.
#ifndef MINIRUN_CGROUP_CGROUP_H
#define MINIRUN_CGROUP_CGROUP_H

#include "base/error.h"
#include "cgroup/limits.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Opens the cgroup2 mount point (O_PATH|O_DIRECTORY) and verifies CGROUP2_SUPER_MAGIC. fd owned by the caller.
int cgroup_open_root(const char *mount_point, struct error *err);

// Reads cgroup.controllers of `dir` as a bit set of 1u << CONTROLLER_*; unknown names are ignored.
int cgroup_controllers(int dir, unsigned *ret_set, struct error *err);

// Makes `path` with its parents below `root`, enabling `controllers` in cgroup.subtree_control of every ancestor that lacks them
// (nothing is written where they are enabled already; all that a level lacks goes into one write), and returns an fd of the directory (O_RDONLY|O_DIRECTORY:
// usable for CLONE_INTO_CGROUP), owned by the caller. What is made or taken over is marked with an extended attribute that says so (mark.h), for cgroup_remove().
// A directory left by a crash of the same `owner` is made anew. One that minirun did not make is adopted if no process is in it or below, it is
// not frozen, and a process can be born in it; EBUSY otherwise, and for one that belongs to another owner. Retries when a parent is removed
// by another minirun meanwhile. The error for a missing controller names controller, directory, and the file to write; for EBUSY on
// subtree_control ("no internal processes") it names the cgroup and a process in it.
int cgroup_create(int root, const char *path, unsigned controllers, const char *owner, int *ret_dir, struct error *err);

// The same for a directory that another program has made for this container just now, and whose processes are the maker's (systemd and its unit): enables
// `controllers` on the way, marks it as made for `owner`, opens it.
int cgroup_take(int root, const char *path, unsigned controllers, const char *owner, int *ret_dir, struct error *err);

// Opens an existing cgroup for one more process. If `path` itself may have none by now, since it hands controllers on to sub-cgroups (no internal processes,
// cgroup-v2.rst), the one that `pid` is in. fd as of cgroup_create(). ENOENT: it is gone.
int cgroup_open_leaf(int root, const char *path, pid_t pid, struct error *err);

// Name of the cgroup that cgroup_make_room() makes.
#define CGROUP_SUPERVISOR "supervisor"

// Moves the processes that are in `path` itself into a sub-cgroup of it, so that controllers can be handed on to others (no internal processes, cgroup-v2.rst). For
// a cgroup that is delegated to the caller. Nobody in it, or controllers handed on already: nothing moves. `*ret_lock`, an fd owned by the caller, keeps
// cgroup_end_room() of other containers waiting until it is closed: when the new container's cgroup is there.
int cgroup_make_room(int root, const char *path, int *ret_lock, struct error *err);

// Takes the controllers back that were handed on by `path`, once the last container below it is gone, so that processes can be put into `path` itself again (systemd
// does with the next command of a unit). Where cgroup_make_room() has not made the room, or other cgroups are left, nothing happens. A `path` that is gone is success.
int cgroup_end_room(int root, const char *path, struct error *err);

// Says in `err` why a process could not be born in (clone3, CLONE_INTO_CGROUP) or moved into `dir`, given the errno. Always -1.
int cgroup_join_error(int dir, const char *path, int code, struct error *err);

// Makes `controllers` usable in the existing cgroup `path`: enabled in cgroup.subtree_control of every ancestor that lacks them.
int cgroup_enable(int root, const char *path, unsigned controllers, struct error *err);

// Fills into `limits`, for a running container, what its own fields need from the values in force in `dir`: a quota without a period keeps the period, a period the
// quota, a swap bound counts from memory.max. With memory.check_before_update a memory limit below the use is refused (EBUSY).
int cgroup_complete(int dir, struct cgroup_limits *limits, struct error *err);

// Carries out all writes, or none: when one fails, the values from before are written back, as far as their files tell them. Late ones are not waited for, and
// cpu.max.burst goes first where the burst in force would be above the new quota.
int cgroup_update(int dir, struct arena *arena, const struct cgroup_plan *plan, struct error *err);

// Writes one file, and the second one (`also_file`) if the write has one. The error names field, value, file, and for known causes (EINVAL cpuset outside of what
// the parent has, ENOENT controller not enabled, ERANGE, ENODEV) the way out. An `optional` file that is absent is success.
int cgroup_write(int dir, const struct cgroup_write *write, struct error *err);

// Kills all processes in the cgroup and below by cgroup.kill (frozen ones too) and waits (poll on cgroup.events) until it is empty, at most
// `timeout_ms`. Absent is success. ETIMEDOUT names a pid that is left. For a cgroup that is going to be removed: a process born (CLONE_INTO_CGROUP) in one that
// was killed so dies at birth on kernels with b69bb476dee9 (6.14 and later, stable ones too), see remove.c.
int cgroup_kill(int root, const char *path, int timeout_ms, struct error *err);

// Kills what is in `path`, removes it with its sub-cgroups and then every parent that minirun made and that is empty now. A directory that was
// adopted for `owner` is emptied and stays, without mark and device filter; its sub-cgroups go too unless it had some when it was adopted. A directory without
// minirun's mark of `owner` is emptied of nothing and left alone, but for an empty one without any mark below /minirun or at /minirun-ID: its maker was killed
// before it could mark it. Absent is success (and parents are still tidied). At most some 10 s, then ETIMEDOUT.
int cgroup_remove(int root, const char *path, const char *owner, struct error *err);

// Opens an existing cgroup (O_RDONLY|O_DIRECTORY), which must carry `owner`'s mark; ENOENT when it is absent or somebody else's by now. fd owned by the caller.
int cgroup_open(int root, const char *path, const char *owner, struct error *err);

// Freezes or thaws (cgroup.freeze) the cgroup with all below it, and waits (poll on cgroup.events) until that has happened, at most `timeout_ms`. One that cannot be
// frozen in that time is thawed again: ETIMEDOUT.
int cgroup_freeze(int root, const char *path, const char *owner, bool freeze, int timeout_ms, struct error *err);

// Whether cgroup.freeze of `path` below the mount point holds 1. Absent or unreadable: false.
bool cgroup_is_frozen(const char *mount_point, const char *path);
// The same below the fd of the mount point; of an absolute path with AT_FDCWD.
bool cgroup_is_frozen_at(int root, const char *path);

// The processes in the cgroup directory `dir` and below, in the caller's pid namespace: sorted, each once, in `arena`.
int cgroup_pids(int dir, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err);

// Sends `signal` to every process in the cgroup and below (SIGKILL by cgroup.kill: none escapes by forking). Others than SIGKILL reach frozen processes
// when they are thawed. Absent is success; a process that ends meanwhile too. Processes outside of the caller's pid namespace have no number here and are skipped.
// Only a cgroup that carries `owner`'s mark: a path that somebody else uses by now counts as absent.
int cgroup_signal(int root, const char *path, const char *owner, int signal, struct error *err);

#endif
