// scheduler.h: the scheduling policy of a process. Rules: runtime-spec config.md "scheduler", sched_setattr(2), sched(7).
#ifndef MINIRUN_PROC_SCHEDULER_H
#define MINIRUN_PROC_SCHEDULER_H

#include "base/error.h"

#include <stdint.h>
#include <sys/types.h>

struct scheduling {
	int policy;     // SCHED_*
	uint64_t flags; // SCHED_FLAG_*
	int nice;       // -20 to 19; of SCHED_OTHER and SCHED_BATCH
	unsigned priority; // 1 to 99 for SCHED_FIFO and SCHED_RR, else 0
	uint64_t runtime, deadline, period; // nanoseconds; of SCHED_DEADLINE
};

// "SCHED_FIFO" -> SCHED_FIFO; -1 if it is unknown. And back (static; NULL if unknown).
int scheduler_policy(const char *name);
const char *scheduler_policy_name(int policy);

// "SCHED_FLAG_RECLAIM" -> its bit; 0 if it is unknown. And back, for one bit.
uint64_t scheduler_flag(const char *name);
const char *scheduler_flag_name(uint64_t flag);

// Gives the process `pid` (an unreaped child, or 0 for the caller) this scheduling. The clamps of SCHED_FLAG_UTIL_CLAMP_MIN and _MAX are 0, since config.json has
// no field for them. EPERM tells what is missing: CAP_SYS_NICE, or for SCHED_DEADLINE CPUs of the affinity.
int scheduler_set(pid_t pid, const struct scheduling *scheduling, struct error *err);

#endif
