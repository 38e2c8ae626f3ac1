// cpuset.h: sets of CPU (or NUMA node) numbers of any size, as lists ("0-3,8") and as scheduling affinity.
// Not limited to 1,024 CPUs (CPU_SETSIZE): runc and crun broke there (runc #5025).
#ifndef MINIRUN_CPUS_CPUSET_H
#define MINIRUN_CPUS_CPUSET_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { CPU_NUMBER_MAX = 65535 };

// A set of numbers; bits live in an arena.
struct cpuset {
	unsigned long *bits;
	size_t words;
};

// "0-3,8" (kernel list format, also "0-10:2/4" groups are refused). Strict: ascending within a range, numbers up to CPU_NUMBER_MAX, blanks and empty parts refused;
// an empty string is the empty set. Pure.
int cpuset_parse(struct arena *arena, const char *list, struct cpuset *ret_set, struct error *err);
// The shortest list, in `arena`.
const char *cpuset_format(struct arena *arena, const struct cpuset *set);
bool cpuset_has(const struct cpuset *set, unsigned number);
size_t cpuset_count(const struct cpuset *set);
// Smallest number in the set, -1 if empty.
int cpuset_first(const struct cpuset *set);
// Smallest number of `set` that is not in `within`, -1 if it is a subset.
int cpuset_first_outside(const struct cpuset *set, const struct cpuset *within);

// Smallest number of `set` that is at least `from`, -1 if there is none: `for (int n = cpuset_next(&set, 0); n >= 0; n = cpuset_next(&set, (unsigned)n + 1))`.
int cpuset_next(const struct cpuset *set, unsigned from);
bool cpuset_equal(const struct cpuset *a, const struct cpuset *b);
bool cpuset_intersects(const struct cpuset *a, const struct cpuset *b);

// New sets in `arena`; their operands stay as they are and may be empty ({0}).
struct cpuset cpuset_union(struct arena *arena, const struct cpuset *a, const struct cpuset *b);
struct cpuset cpuset_intersection(struct arena *arena, const struct cpuset *a, const struct cpuset *b);
struct cpuset cpuset_minus(struct arena *arena, const struct cpuset *a, const struct cpuset *b);
// Adds one number, up to CPU_NUMBER_MAX; the bits are copied to `arena` when the set has to grow, so a set with bits of its own is changed in place.
void cpuset_add(struct arena *arena, struct cpuset *set, unsigned number);
void cpuset_remove(struct cpuset *set, unsigned number);

// sched_setaffinity of the calling thread to the whole set, having been moved first to `first` (-1: no), so that it starts there even when the set is all isolcpus and the
// scheduler would leave it on any of them. Dynamic mask size. EINVAL names the set and what the cpuset cgroup allows.
int cpuset_set_affinity(const struct cpuset *set, int first, struct error *err);
// The same where the thread's cpuset cgroup holds the set: the last mask is of all CPUs, so that the thread has what the cgroup has, now and after a change. A narrower one would be
// kept (Linux 6.2, 8f9ea86fdf99) and cut every later list; an empty one changes nothing.
int cpuset_leave_to_cgroup(const struct cpuset *set, int first, struct error *err);

#endif
