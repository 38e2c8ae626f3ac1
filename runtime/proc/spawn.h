// spawn.h: the container's first process: clone3 into new and existing namespaces, born in its cgroup.
// Calls: clone3(2), setns(2), pidfd_open(2), namespaces(7), time_namespaces(7).
#ifndef MINIRUN_PROC_SPAWN_H
#define MINIRUN_PROC_SPAWN_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A namespace to join. Open with namespace_open() before anything is created.
struct namespace_join {
	int type; // CLONE_NEWNET, ...
	int fd;
};

struct time_offset {
	bool set;
	int64_t seconds;
	uint32_t nanoseconds;
};

struct spawn {
	uint64_t flags;      // CLONE_NEW* of the namespaces to make; CLONE_NEWCGROUP is not among them (it would be rooted at the parent's cgroup)
	int cgroup_dir;      // CLONE_INTO_CGROUP; -1: stay in the caller's
	const struct namespace_join *joins;
	size_t join_count;
	struct time_offset monotonic, boottime; // need CLONE_NEWTIME in flags
};

// The spec's word ("network") for a CLONE_NEW* type and back; NULL / 0 if unknown.
const char *namespace_name(int type);
int namespace_type(const char *name);

// Opens a namespace file and verifies that it is one and of `type` (NS_GET_NSTYPE; the spec demands the error). fd owned by the caller.
int namespace_open(const char *path, int type, struct error *err);

// Makes the process, fork-like: returns its pid in the caller, 0 in the new process, -1 with the error. `*ret_pidfd` (caller only) is owned by the caller.
// Without joins of user, pid or time namespaces this is one clone3. With them, a short-lived helper enters them (user first, so that the new namespaces belong to it) and makes the
// process with CLONE_PARENT, so that it is the caller's child all the same. EPERM names the capability or limit (user.max_*_namespaces) that is missing.
pid_t spawn(const struct spawn *spawn, int *ret_pidfd, struct error *err);

#endif
