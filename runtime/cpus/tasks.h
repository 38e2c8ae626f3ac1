// tasks.h: processes and threads as /proc lists them, and the CPUs that a thread may use. Internal to what looks at a container's threads and moves them.
#ifndef MINIRUN_CPUS_TASKS_H
#define MINIRUN_CPUS_TASKS_H

#include "base/arena.h"
#include "cpus/cpuset.h"

#include <stddef.h>
#include <sys/types.h>

struct task_list {
	pid_t *items;
	size_t count, room;
};

void tasks_append(struct arena *arena, struct task_list *list, pid_t pid);
// Appends all entries of the directory that are numbers: of /proc processes, of a task directory threads. -1 with errno.
int tasks_read(struct arena *arena, int dir, const char *path, struct task_list *list);

// The affinity of a thread (0: the caller), in `arena`. -1 with errno.
int task_affinity(struct arena *arena, pid_t tid, struct cpuset *ret_set);

#endif
