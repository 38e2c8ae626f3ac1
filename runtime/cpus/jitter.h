// jitter.h: how long a CPU is away from a program that only looks at the clock: one busy thread per CPU reads it over and over, and each gap between two readings is counted
// in a histogram, as oslat (rt-tests) does. What makes the gaps long is the kernel, other tasks, the firmware or a hypervisor; the interrupts of the same time help to tell which.
#ifndef MINIRUN_CPUS_JITTER_H
#define MINIRUN_CPUS_JITTER_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"
#include "cpus/interrupts.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

// Bucket 0 counts gaps below 1 us, bucket n those from 2^(n-1) to below 2^n us, the last one all that are longer (from 1 s on).
enum { JITTER_BUCKETS = 22 };
// What OpenShift's oslat test lets pass for data planes.
enum { JITTER_LIMIT_US = 20 };

// Bounds of a bucket in us; `ret_to` is 0 for the last one, which has none.
void jitter_bucket(int bucket, uint64_t *ret_from, uint64_t *ret_to);

struct jitter_cpu {
	unsigned cpu;
	uint64_t samples;                 // readings
	uint64_t buckets[JITTER_BUCKETS];
	uint64_t longest_ns, shortest_ns;
	uint64_t measured_ns;
	uint64_t lost_ns;                 // in gaps of 1 us and more: when the program did not run
	uint64_t above_limit;             // gaps longer than the limit
	uint64_t forced;                  // times that the scheduler gave the CPU to somebody else
	struct interrupt_count *interrupts; // of the same time, the most frequent first
	size_t interrupt_count;
};

struct jitter_request {
	const struct cpuset *cpus;
	uint64_t duration_ns, limit_ns;
	const volatile sig_atomic_t *stop; // set by a signal: ends early, with what there is
};

// Counts one gap.
void jitter_count(struct jitter_cpu *result, uint64_t gap_ns, uint64_t limit_ns);

// Measures all CPUs of the set at the same time and keeps the calling thread off them meanwhile if it can. `proc_fd`: of "/proc". One element a CPU, ascending, in `arena`.
// EINVAL: this process may not run on a CPU (it is offline, or outside of its cpuset).
int jitter_measure(struct arena *arena, int proc_fd, const struct jitter_request *request, struct jitter_cpu **ret_cpus, size_t *ret_count, struct error *err);

#endif
