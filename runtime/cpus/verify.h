// verify.h: whether the threads of a container are where the plan says, and alone there: two readings a while apart, compared with the ledger's claim. Pure.
// What a thread's processor field says counts only if it ran between the readings (it is stale while the thread sleeps); a sleeping one is judged by where it may run.
#ifndef MINIRUN_CPUS_VERIFY_H
#define MINIRUN_CPUS_VERIFY_H

#include "base/arena.h"
#include "base/strings.h"
#include "cpus/interrupts.h"
#include "cpus/ledger.h"
#include "cpus/sample.h"
#include "cpus/thread_rule.h"

#include <stdbool.h>
#include <stddef.h>

// What is off plan, by kind; the names are those of the JSON.
enum finding_kind {
	FINDING_AFFINITY,   // a thread may run elsewhere than its rule says, or outside of the container's CPUs
	FINDING_PROCESSOR,  // it did run elsewhere
	FINDING_MIGRATION,  // one that belongs on one CPU was moved
	FINDING_PREEMPTION, // forced off its CPU more than VERIFY_FORCED_A_SECOND times a second
	FINDING_DELAY,      // waited for its CPU more than VERIFY_DELAY_PERCENT of the time
	FINDING_CROWDED,    // more workers than worker CPUs: some share one
	FINDING_FOREIGN,    // a task that is not the container's ran on an owned CPU
	FINDING_INTERRUPT,  // a device's interrupt happened there
	FINDING_TICK,       // the timer ticks on a nohz_full CPU more than VERIFY_TICKS_A_SECOND times a second
	FINDING_MEMORY,     // memory of its own on another NUMA node
	FINDING_ISOLATION,  // the isolation level is not what it was
	FINDING_OFFLINE,    // an owned CPU is offline
	FINDING_MAX,
};
// "affinity", "processor", ...
const char *finding_name(enum finding_kind kind);

// On an isolated CPU without a tick there are none but a few of the kernel's own per-CPU threads; on one with a tick (CONFIG_HZ 100 to 1000) these run every now and then.
// Measured: 1 to 2 ticks a second with nohz_full, about 245 without.
enum { VERIFY_FORCED_A_SECOND = 10, VERIFY_DELAY_PERCENT = 1, VERIFY_TICKS_A_SECOND = 10 };

struct finding {
	enum finding_kind kind;
	bool off_plan;    // false: it is so by the container's own wish (shared=yes, irqs=keep), or nobody can change it: told, but no failure
	pid_t pid, tid;   // 0: it is not about a thread
	int cpu;          // -1: it is not about one CPU
	const char *name; // of the thread, the task, the interrupt; NULL
	const char *text; // "thread vpp_wk_0 (tid 4711) may run on 0-3, but belongs on 4"
};

struct verify_reading {
	int64_t when_us;               // CLOCK_MONOTONIC
	struct sample own, others;     // of the container, of the rest of the machine
	struct interrupts interrupts;  // columns of the claim's CPUs
};

struct verify_input {
	const struct ledger_claim *claim;
	const struct thread_rules *rules;
	const struct thread_places *places;
	struct verify_reading before, after;
	struct strings leaving;        // numbers of the interrupts that at the first reading were set to other CPUs already, but go there only when they happen next (neighbours.h)
	struct memory_sample memory;
	struct cpuset online, isolated, nohz_full; // as of topology.h
	const char *level;                         // isolation in force now, by name (cgroup/partition.h); NULL: unknown
	const char *level_reason;                  // why it is less, with the kernel's words; NULL
};

// How one of the container's threads does.
struct thread_verdict {
	const struct thread_sample *now;
	const char *rule;       // text of its rule; NULL: none matches
	struct cpuset planned;  // where it belongs
	bool ran;               // between the readings
	uint64_t migrations, voluntary, forced, run_delay_ns, run_ns; // since the first reading
	bool off_plan;
};

struct verify_report {
	double seconds;
	struct thread_verdict *threads; // ascending by tid
	size_t thread_count;
	struct finding *findings;       // those that are off plan first
	size_t finding_count, off_plan_count;
};

// All in `arena`; the names point into the input.
struct verify_report verify_compare(struct arena *arena, const struct verify_input *input);

#endif
