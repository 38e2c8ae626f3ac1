// threaded.h: threaded sub-cgroups ("leaves") of a container's cgroup, one per role, each with CPUs of its own: a thread in one cannot leave them (EINVAL).
// Rules: Documentation/admin-guide/cgroup-v2.rst, "Threads". The container's cgroup becomes "domain threaded": limits and statistics stay there, processes are listed there, and
// cgroup_kill(), cgroup_freeze(), cgroup_pids(), cgroup_remove() act on it as before.
#ifndef MINIRUN_CGROUP_THREADED_H
#define MINIRUN_CGROUP_THREADED_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

// Names of the leaves: hk for control threads, exec'd processes and init's birth, main, and wk0, wk1, ... for the workers.
#define THREADED_HOUSEKEEPING "hk"
#define THREADED_MAIN "main"
#define THREADED_WORKER "wk" // and its number

struct threaded_leaf {
	const char *name;
	const char *cpus; // kernel list
};

// Makes the leaves in the container's cgroup `dir` (those that are there get their CPUs anew), makes them threaded, and enables the cpuset controller for them, which `dir`
// itself must have. EOPNOTSUPP: no cpuset controller, or domain controllers are handed on to sub-cgroups already. Processes may be in `dir`, and stay there.
int threaded_make(int dir, const struct threaded_leaf *leaves, size_t count, struct error *err);

// Opens a leaf (O_RDONLY|O_DIRECTORY) for a process to be born in (CLONE_INTO_CGROUP): it never runs on any other CPU. ENOENT: there is no such leaf. fd owned by the caller.
int threaded_open(int dir, const char *name, struct error *err);

// Moves a thread of a process that is in the container's cgroup or one of its leaves into a leaf. `leaf` as of threaded_open(). ESRCH: the thread has ended.
int threaded_move(int leaf, pid_t tid, struct error *err);

// Moves a whole process (from outside as well) into a leaf, with all its threads.
int threaded_join(int leaf, pid_t pid, struct error *err);

// Removes a leaf in which no thread is (EBUSY: one is): after fewer workers were planned. Absent is success.
int threaded_remove(int dir, const char *name, struct error *err);

#endif
