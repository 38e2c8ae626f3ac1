// sample.h: what the kernel tells about threads at one moment: where they ran last, where they may run, how often they were moved and interrupted. Two of them a while
// apart are what verify.h compares. Sources: proc(5), Documentation/scheduler/sched-stats.rst.
#ifndef MINIRUN_CPUS_SAMPLE_H
#define MINIRUN_CPUS_SAMPLE_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct thread_sample {
	pid_t pid, tid;
	const char *name;          // comm
	uint64_t start;            // clock ticks since boot: tells a reused tid from the same thread
	bool kernel;               // a thread of the kernel
	bool bound;                // of the kernel and per CPU, so that nobody can move it (migration/2, ksoftirqd/2, kworker/2:1)
	int processor;             // where it ran last; stale while it sleeps
	uint64_t ticks;            // user and system time
	uint64_t run_ns;           // time on a CPU; 0 without schedstats
	uint64_t run_delay_ns;     // time it waited for one although it could run
	struct cpuset allowed;     // the next three: only of the container's threads
	uint64_t voluntary, forced; // context switches
	uint64_t migrations;       // to another CPU
	bool has_migrations;       // false without CONFIG_SCHED_DEBUG
};

struct sample {
	struct thread_sample *threads; // ascending by tid
	size_t count;
};

// All threads of the processes. Those that end meanwhile are left out. In `arena`.
int sample_processes(struct arena *arena, int proc_fd, const pid_t *pids, size_t count, struct sample *ret_sample, struct error *err);
// All threads of the machine (of what this /proc shows) but those of the processes and of `self`, without the container's fields.
int sample_others(struct arena *arena, int proc_fd, const pid_t *pids, size_t count, pid_t self, struct sample *ret_sample, struct error *err);

// The same thread in another sample; NULL: it is not there.
const struct thread_sample *sample_find(const struct sample *sample, const struct thread_sample *thread);
// Whether it ran between the two; only then its processor field means something. `before` NULL: it is new, so it did.
bool thread_ran(const struct thread_sample *before, const struct thread_sample *after);

// Memory of processes by NUMA node, from numa_maps: that of their own (anonymous, shared, huge pages), and mapped files, whose pages lie where somebody read them first.
struct node_memory {
	int node;
	uint64_t own_kb, file_kb;
};
// Adds what one numa_maps says; `nodes` grows in `arena`.
struct memory_sample {
	struct node_memory *nodes; // ascending
	size_t count;
	bool known;                // false: this kernel has no numa_maps
};
void memory_parse(struct arena *arena, char *numa_maps, struct memory_sample *memory);
int sample_memory(struct arena *arena, int proc_fd, const pid_t *pids, size_t count, struct memory_sample *ret_memory, struct error *err);

#endif
