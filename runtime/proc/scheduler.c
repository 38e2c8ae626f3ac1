// scheduler.c: see scheduler.h.
#include "proc/scheduler.h"

#include "base/refusal.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SCHED_ISO 4 // reserved, and in no header

#define POLICY(name) [name] = #name
static const char *const policies[] = {
	[SCHED_NORMAL] = "SCHED_OTHER", POLICY(SCHED_FIFO), POLICY(SCHED_RR), POLICY(SCHED_BATCH), POLICY(SCHED_ISO), POLICY(SCHED_IDLE), POLICY(SCHED_DEADLINE),
};

enum { POLICY_COUNT = sizeof policies / sizeof policies[0] };

#define FLAG(name) {SCHED_FLAG_##name, "SCHED_FLAG_" #name}
static const struct {
	uint64_t bit;
	const char *name;
} flags[] = {
	FLAG(RESET_ON_FORK), FLAG(RECLAIM), FLAG(DL_OVERRUN), FLAG(KEEP_POLICY), FLAG(KEEP_PARAMS), FLAG(UTIL_CLAMP_MIN), FLAG(UTIL_CLAMP_MAX),
};

enum { FLAG_COUNT = sizeof flags / sizeof flags[0] };

int scheduler_policy(const char *name)
{
	for (int i = 0; i < POLICY_COUNT; i++)
		if (strcmp(policies[i], name) == 0)
			return i;
	return -1;
}

const char *scheduler_policy_name(int policy)
{
	return policy >= 0 && policy < POLICY_COUNT ? policies[policy] : NULL;
}

uint64_t scheduler_flag(const char *name)
{
	for (int i = 0; i < FLAG_COUNT; i++)
		if (strcmp(flags[i].name, name) == 0)
			return flags[i].bit;
	return 0;
}

const char *scheduler_flag_name(uint64_t flag)
{
	for (int i = 0; i < FLAG_COUNT; i++)
		if (flags[i].bit == flag)
			return flags[i].name;
	return NULL;
}

static int explain(int code, const struct scheduling *scheduling, struct error *err)
{
	const char *policy = scheduler_policy_name(scheduling->policy);

	error_errno(err, code, "cannot set the scheduling policy %s (process.scheduler)", policy != NULL ? policy : "that was asked for");
	if (code == EPERM && scheduling->policy == SCHED_DEADLINE)
		return error_refused(err, REFUSAL_BIT(SYS_NICE), REFUSAL_FIRST, "the kernel gives it only to a process that may run on every CPU of its scheduling domain: it cannot be used "
		                                                                "together with CPUs of linux.resources.cpu.cpus or --cpus that are only a part of them");
	if (code == EPERM) {
		error_refused(err, REFUSAL_BIT(SYS_NICE), REFUSAL_FIRST, "the process is in a cgroup v1 of the cpu controller whose cpu.rt_runtime_us is 0");
		return refusal_has(REFUSAL_BIT(SYS_NICE)) ? -1 : error_hint(err, "without it minirun's own RLIMIT_RTPRIO and RLIMIT_NICE are the bounds");
	}
	if (code == EINVAL && scheduling->policy == SCHED_DEADLINE)
		return error_hint(err, "its period must lie between sysctl kernel.sched_deadline_period_min_us and kernel.sched_deadline_period_max_us");
	if (code == EBUSY)
		return error_hint(err, "runtime divided by period, of all such processes, must leave room on the CPUs (sysctl kernel.sched_rt_runtime_us)");
	if (code == EOPNOTSUPP)
		return error_hint(err, "this kernel has no utilization clamps (CONFIG_UCLAMP_TASK); leave SCHED_FLAG_UTIL_CLAMP_MIN and SCHED_FLAG_UTIL_CLAMP_MAX out");
	return -1;
}

int scheduler_set(pid_t pid, const struct scheduling *scheduling, struct error *err)
{
	struct sched_attr attr = {
		.size = sizeof attr,
		.sched_policy = (uint32_t)scheduling->policy,
		.sched_flags = scheduling->flags,
		.sched_nice = scheduling->nice,
		.sched_priority = scheduling->priority,
		.sched_runtime = scheduling->runtime,
		.sched_deadline = scheduling->deadline,
		.sched_period = scheduling->period,
	};

	return syscall(SYS_sched_setattr, pid, &attr, 0) < 0 ? explain(errno, scheduling, err) : 0;
}
