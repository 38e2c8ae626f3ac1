// thread_rule.h: which CPU a thread of a container belongs on, by the thread's name: 'PATTERN=TARGET' rules, and the assignment of threads to CPUs by them.
// PATTERN is a glob (fnmatch(3)) on the name that /proc/PID/task/TID/comm shows, at most 15 bytes of it; the first rule that matches decides. A thread that no rule
// matches stays as it is. Names are those of VPP (vlib/threads.c) and of DPDK's EAL (vpp_main, vpp_wk_0; rte-worker-1, lcore-worker-1 before DPDK 22.07). Pure.
#ifndef MINIRUN_CPUS_THREAD_RULE_H
#define MINIRUN_CPUS_THREAD_RULE_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum thread_target {
	THREAD_TARGET_MAIN,         // a main CPU; with several, one each
	THREAD_TARGET_WORKERS,      // one worker CPU each
	THREAD_TARGET_HOUSEKEEPING, // the housekeeping CPUs
	THREAD_TARGET_ALL,          // anywhere in the container's set
	THREAD_TARGET_LIST,         // the CPUs of a list
	THREAD_TARGET_MAX,
};
// "main", "workers", "housekeeping", "all", "list".
const char *thread_target_name(enum thread_target target);

struct thread_rule {
	const char *text;    // "vpp_wk_*=workers"
	const char *pattern;
	enum thread_target target;
	struct cpuset cpus;  // of THREAD_TARGET_LIST
};

struct thread_rules {
	struct thread_rule *items;
	size_t count;
	bool built_in; // nobody gave any: VPP's and DPDK's names
};

// The CPUs of a container by role. A role without CPUs has those of another: main those of the first worker, workers those of main, housekeeping those of main.
struct thread_places {
	struct cpuset cpus;                         // all that the container may use
	struct cpuset mains, workers, housekeeping; // each handed out in ascending order, as VPP's and DPDK's own core lists are
};

// One rule from an option. EINVAL names the text, what is wrong with it, and the form.
int thread_rule_parse(struct arena *arena, const char *text, struct thread_rule *ret_rule, struct error *err);
// All rules in the given order; with `count` 0 the built-in ones.
int thread_rules_parse(struct arena *arena, const char *const *texts, size_t count, struct thread_rules *ret_rules, struct error *err);
// EINVAL if a list of a rule has a CPU that is not in `places->cpus`.
int thread_rules_check(const struct thread_rules *rules, const struct thread_places *places, struct error *err);
// EINVAL if a rule's target has no leaf of its own that could enforce it: a list, or all.
int thread_rules_enforceable(const struct thread_rules *rules, struct error *err);
// The first rule for a thread of that name; NULL: none.
const struct thread_rule *thread_rules_match(const struct thread_rules *rules, const char *name);

// By whom a thread got the affinity that it has.
enum thread_pinned {
	THREAD_PINNED_UNKNOWN,    // it was found so: inherited from its creator, or set before anybody looked
	THREAD_PINNED_BY_RULE,    // by an earlier assignment
	THREAD_PINNED_BY_PROGRAM, // it has changed since an earlier look
};

struct thread_seen {
	pid_t pid, tid;
	const char *name;
	struct cpuset allowed; // its affinity now
	enum thread_pinned pinned;
};

struct thread_place {
	const struct thread_rule *rule; // NULL: none matches, the rest is empty
	struct cpuset cpus;             // where it belongs: what it has now (`seen.allowed`) if that will do
	size_t slot;                    // of main and workers: which of the role's CPUs, counted from 0
	bool crowded;                   // a worker that shares its CPU with another, since there are more than CPUs
};

// Where each of `threads` belongs; `places_of` has `count` elements. A program's own pinning within the role's CPUs stays, as long as it is one worker a CPU; the others get the
// free CPUs in the order of process, name, and the number at the name's end (vpp_wk_0 the first). What is assigned so and carried out is assigned again the next time, whatever the order of
// `threads`; only to a thread with a lower number that appears later (as vpp_wk_0 may after vpp_wk_1) those give way that were THREAD_PINNED_BY_RULE.
// Memory is taken from `arena`.
void thread_rules_assign(struct arena *arena, const struct thread_rules *rules, const struct thread_places *places, const struct thread_seen *threads, size_t count,
			 struct thread_place *places_of);

#endif
