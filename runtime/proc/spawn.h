// spawn.h: the container's first process: clone3 into new and existing namespaces, born in its cgroup.
// Calls: clone3(2), setns(2), pidfd_open(2), namespaces(7), time_namespaces(7).
#ifndef MINIRUN_PROC_SPAWN_H
#define MINIRUN_PROC_SPAWN_H

#include "base/error.h"
#include "proc/namespace.h"

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// setns() into these can be taken back: nothing but the reference itself changes in the caller.
#define SPAWN_REVERSIBLE ((uint64_t)(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID))

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
	int process;            // pidfd of a process whose namespaces `process_types` (CLONE_NEW*) are joined all at once; 0 types: none
	uint64_t process_types;
	struct time_offset monotonic, boottime; // need CLONE_NEWTIME in flags
};

// Whether it takes the helper (below) to join these and to have such clocks.
static inline bool spawn_takes_helper(uint64_t joined_types, bool process, const struct time_offset *monotonic, const struct time_offset *boottime)
{
	return process || monotonic->set || boottime->set || (joined_types & ~SPAWN_REVERSIBLE) != 0;
}

// Makes the process, fork-like: returns its pid in the caller, 0 in the new process, -1 with the error. `*ret_pidfd` (caller only) is owned by the caller.
// Handlers of the caller's signals are back to default in the new process (CLONE_CLEAR_SIGHAND); the mask is inherited.
//
// Without joins this is one clone3. For joins of net, ipc, uts and pid namespaces the caller itself steps in and, after the clone3, out again.
// For joins of user, mount, time and cgroup namespaces, for those of another process, and for time offsets, which cannot be undone, a short-lived helper enters
// them and makes the process with CLONE_PARENT, so that it is the caller's child all the same; the helper is reaped before spawn() returns.
//
// With a join of another process's, or of a pid, user or mount namespace the new process is not dumpable until its execve (CVE-2016-9962): those inside can neither ptrace it nor
// look at its fds. Its /proc/PID files belong to root until then: the caller writes them (oom_score_adj), not the process itself.
// The time namespace of `monotonic` and `boottime` belongs to the user namespace joined, else to the caller's, even if CLONE_NEWUSER is in flags.
//
// Errors name the capability, the limit (user.max_*_namespaces), the missing kernel feature, or the cgroup rule that stood in the way.
pid_t spawn(const struct spawn *spawn, int *ret_pidfd, struct error *err);

#endif
