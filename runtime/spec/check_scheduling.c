// check_scheduling.c: process.scheduler against itself: what the kernel would say only as EINVAL, or not at all. See check.h.
#include "spec/check.h"

#include "proc/scheduler.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <string.h>

// kernel/sched/deadline.c __checkparam_dl(): below 1 << DL_SCALE nanoseconds the bandwidth would be 0; the uppermost bit stands for "negative".
#define RUNTIME_MIN UINT64_C(1024)
#define TIME_MAX ((UINT64_C(1) << 63) - 1)

static int check_times(const struct spec_scheduler *scheduler, struct error *err)
{
	uint64_t runtime = scheduler->runtime.value, deadline = scheduler->deadline.value;
	uint64_t period = scheduler->period.value != 0 ? scheduler->period.value : deadline;

	if (!scheduler->runtime.set)
		return error_set(err, EINVAL, "process.scheduler.runtime: missing, but SCHED_DEADLINE needs it (nanoseconds)");
	if (!scheduler->deadline.set)
		return error_set(err, EINVAL, "process.scheduler.deadline: missing, but SCHED_DEADLINE needs it (nanoseconds)");
	if (runtime < RUNTIME_MIN || runtime > TIME_MAX)
		return error_set(err, EINVAL, "process.scheduler.runtime: must be between %" PRIu64 " and %" PRIu64 " ns, not %" PRIu64, RUNTIME_MIN, TIME_MAX, runtime);
	if (runtime > deadline)
		return error_set(err, EINVAL, "process.scheduler.runtime: must be at most the deadline, %" PRIu64 " ns, not %" PRIu64, deadline, runtime);
	if (deadline > period)
		return error_set(err, EINVAL, "process.scheduler.deadline: must be at most the period, %" PRIu64 " ns, not %" PRIu64, period, deadline);
	if (period > TIME_MAX)
		return error_set(err, EINVAL, "process.scheduler.period: must be at most %" PRIu64 " ns", TIME_MAX);
	return 0;
}

static int check_priority(const struct spec_scheduler *scheduler, bool real_time, struct error *err)
{
	if (real_time && scheduler->priority.value == 0)
		return error_set(err, EINVAL, "process.scheduler.priority: missing, but %s needs one from 1 (lowest) to 99", scheduler->policy);
	if (!real_time && scheduler->priority.value != 0)
		return error_set(err, EINVAL, "process.scheduler.priority: can only be specified for SCHED_FIFO or SCHED_RR, not for %s", scheduler->policy);
	return 0;
}

int check_scheduler(const struct spec *spec, struct error *err)
{
	const struct spec_scheduler *scheduler = &spec->process.scheduler.value;
	int policy;

	if (!spec->process.scheduler.present)
		return 0;
	policy = scheduler_policy(scheduler->policy);
	if (strcmp(scheduler->policy, "SCHED_ISO") == 0)
		return error_set(err, EINVAL, "process.scheduler.policy: SCHED_ISO is a reserved word that no Linux carries out; use another policy");
	if (policy != SCHED_DEADLINE && (scheduler->runtime.value != 0 || scheduler->deadline.value != 0 || scheduler->period.value != 0))
		return error_set(err, EINVAL, "process.scheduler: runtime, deadline and period can only be specified for SCHED_DEADLINE, not for %s", scheduler->policy);
	// What is kept is not looked at by the kernel.
	if (strings_contain(&scheduler->flags, "SCHED_FLAG_KEEP_POLICY") || strings_contain(&scheduler->flags, "SCHED_FLAG_KEEP_PARAMS"))
		return 0;
	if (check_priority(scheduler, policy == SCHED_FIFO || policy == SCHED_RR, err) < 0)
		return -1;
	return policy == SCHED_DEADLINE ? check_times(scheduler, err) : 0;
}
