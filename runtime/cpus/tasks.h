// tasks.h: processes and threads as /proc lists them, and the CPUs that a thread may use. Internal to what looks at a container's threads and moves them.
#ifndef MINIRUN_CPUS_TASKS_H
#define MINIRUN_CPUS_TASKS_H

#include "base/arena.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct task_list {
	pid_t *items;
	size_t count, room;
};

void tasks_append(struct arena *arena, struct task_list *list, pid_t pid);
// Appends all entries of the directory that are numbers: of /proc processes, of a task directory threads. -1 with errno.
int tasks_read(struct arena *arena, int dir, const char *path, struct task_list *list);

// By field 9 of /proc/PID/stat: PF_KTHREAD and PF_NO_SETAFFINITY of include/linux/sched.h.
static inline bool task_is_kernel(uint64_t flags)
{
	return (flags & 0x00200000) != 0;
}
static inline bool task_is_bound(uint64_t flags)
{
	return (flags & 0x04000000) != 0;
}

// The affinity of a thread (0: the caller), in `arena`. -1 with errno.
int task_affinity(struct arena *arena, pid_t tid, struct cpuset *ret_set);

#endif
