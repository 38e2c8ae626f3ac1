// neighbours_thread.h: the affinity of one of the kernel's own threads as a knob of neighbours.h: kcompactd and kswapd of a node, rcuop, khugepaged and others that may run
// on several CPUs. isolcpus= keeps those of a node on all CPUs of the node (mm/compaction.c). Private to neighbours*.c.
#ifndef MINIRUN_CPUS_NEIGHBOURS_THREAD_H
#define MINIRUN_CPUS_NEIGHBOURS_THREAD_H

#include "base/arena.h"
#include "base/strings.h"
#include "cpus/cpuset.h"

#include <stdbool.h>

// Whether the knob is such a thread: "proc/92/since/31", by pid and start time, so that nobody else who has the pid later is taken for it.
bool thread_knob_is(const char *path);

// Appends those that may run on one of the CPUs now. `proc_fd`: of "/proc"; where pid 2 is not kthreadd, as in a pid namespace, there are none.
void thread_knobs_find(struct arena *arena, int proc_fd, const struct cpuset *cpus, struct strings *paths);

// As those of neighbours_knob.h; all CPUs of its mask, offline ones, too.
bool thread_knob_read(struct arena *arena, int proc_fd, const char *path, struct cpuset *ret_set);
int thread_knob_write(int proc_fd, const char *path, const struct cpuset *set);
const char *thread_knob_name(struct arena *arena, int proc_fd, const char *path);
// The file that tells its CPUs: "proc/92/status".
const char *thread_knob_file(struct arena *arena, const char *path);

#endif
