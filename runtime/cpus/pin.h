// pin.h: the threads of one container put on the CPUs that their names' rules give them (thread_rule.h): one pass over all threads, and when to make the next.
// Nothing tells when a thread is born or renamed without a cost for the data plane or for the whole machine (the proc connector reports every process of the machine, perf's task events
// hang on each of the container's CPUs), and /proc has no inotify: hence polling, from housekeeping CPUs, often only while the threads still change.
#ifndef MINIRUN_CPUS_PIN_H
#define MINIRUN_CPUS_PIN_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/thread_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// How a pass finds the container's processes, and how it holds threads; by whoever knows about cgroups.
struct pin_container {
	// All processes of the container, in `arena`. One that ends meanwhile is no error.
	int (*list)(void *context, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err);
	// Puts the thread into the threaded leaf of main, worker number `slot`, or housekeeping, where it cannot unpin itself; `*ret_moved`: it was not there before. ESRCH: it has
	// ended. NULL: not enforced.
	int (*hold)(void *context, pid_t pid, pid_t tid, enum thread_target target, size_t slot, bool *ret_moved, struct error *err);
	void *context;
};

// For a container without a cgroup: all processes of the pid namespace of `init` if that is another one than the caller's, else `init` and its descendants. `proc`: fd of "/proc".
int pin_list_processes(int proc, pid_t init, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err);

struct pin_memory; // which threads were put where by earlier passes

struct pin {
	int proc; // fd of "/proc", the caller's
	const struct pin_container *container;
	const struct thread_rules *rules;
	const struct thread_places *places;
	struct pin_memory *memory; // NULL at first; pin_free()
};

struct pin_change {
	pid_t pid, tid;
	const char *name;
	const char *rule; // its text
	struct cpuset from, to;
	bool held;        // moved into a leaf
};

struct pin_problem { // a thread that could not be put where it belongs
	pid_t pid, tid;
	const char *name;
	const char *text;
};

struct pin_report {
	struct pin_change *changes;
	size_t change_count;
	struct pin_problem *problems;
	size_t problem_count;
	size_t threads, matched, crowded; // looked at; under a rule; workers that share a CPU
	uint64_t fingerprint;             // of all threads and their names: another one means that something has happened
};

// One pass: every thread that a rule matches and that is not where it belongs is moved; the report lives in `arena`. Threads that end meanwhile are no error; what cannot
// be moved is a problem in the report. Errors: the processes cannot be listed.
int pin_apply(struct pin *pin, struct arena *arena, struct pin_report *ret_report, struct error *err);
void pin_free(struct pin *pin);

// Keeps the calling thread itself off `cpus`, as far as its affinity has others: whoever watches must not run where the watched do.
int pin_keep_off(const struct cpuset *cpus, struct error *err);

// Back-off between passes. Zero-initialise.
struct pin_watch {
	uint64_t fingerprint;
	int64_t changed_us; // when something happened last
	bool begun;
};

// How many milliseconds until the next pass, after one that ended at `now_us` (CLOCK_MONOTONIC) and took `took_us`: 2 for the first second after a thread came, went, was renamed or was
// moved, growing to 500; never so often that passes take more than 5 % of a CPU. Pure.
int pin_watch_next(struct pin_watch *watch, const struct pin_report *report, int64_t now_us, int64_t took_us);

#endif
