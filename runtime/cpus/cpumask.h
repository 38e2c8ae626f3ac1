// cpumask.h: the other way in which the kernel writes sets of CPUs: hexadecimal words of 32 bits with commas, the highest first ("f,00000003" is 0-1,32-35), as in
// default_smp_affinity, workqueue/cpumask, rps_cpus. Any number of CPUs. Pure.
#ifndef MINIRUN_CPUS_CPUMASK_H
#define MINIRUN_CPUS_CPUMASK_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

// Strict: 1 to 8 digits a word, no blanks, bits up to CPU_NUMBER_MAX. EINVAL names the text.
int cpumask_parse(struct arena *arena, const char *text, struct cpuset *ret_set, struct error *err);
// Without leading zeros, as all kernel files take it; "0" is the empty set. In `arena`.
const char *cpumask_format(struct arena *arena, const struct cpuset *set);

#endif
