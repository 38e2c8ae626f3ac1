// realtime.h: what a latency-bound program asks for beside CPUs of its own: real-time scheduling that the kernel does not throttle, CPUs that do not sleep deeply, and hardware threads that
// are not shared with strangers. Each depends on how the kernel was built, so every error names the feature and its option.
#ifndef MINIRUN_CPUS_REALTIME_H
#define MINIRUN_CPUS_REALTIME_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stdint.h>
#include <sys/types.h>

// What threads of the real-time `policy` (SCHED_FIFO, SCHED_RR, SCHED_DEADLINE) have to expect on `cpus`, given kernel.sched_rt_runtime_us and sched_rt_period_us (read below `proc`, an fd
// of "/proc"): the text of a warning in `arena`; NULL: nothing, or another policy. Rules: Documentation/scheduler/sched-rt-group.rst, sched-deadline.rst.
const char *realtime_warning(struct arena *arena, int proc, int policy, const struct cpuset *cpus);

// Keeps all CPUs of the machine from sleep states that take longer than so many microseconds to wake up from (0: none deeper than polling), as long as the fd is open (PM QoS,
// Documentation/power/pm_qos_interface.rst). `dev`: fd of "/dev". ENODEV or ENOENT: the kernel has none; EACCES: root's. fd owned by the caller; -1.
int realtime_hold_latency(int dev, uint32_t microseconds, struct error *err);

// Gives the process `pid` (0: the caller) with all its threads a new core scheduling cookie, which its children inherit: the threads of a physical core run only what has one and the
// same cookie at a time (Documentation/admin-guide/hw-vuln/core-scheduling.rst). EINVAL: the kernel cannot (CONFIG_SCHED_CORE). ENODEV: no CPU has SMT siblings, so there is nothing to do.
int realtime_make_cookie(pid_t pid, struct error *err);
// The caller joins the cookie of `pid`, as `exec` does. Errors as above; ESRCH.
int realtime_share_cookie(pid_t pid, struct error *err);
// The cookie of `pid`, 0: none. A number for comparing, nothing else. Errors as above.
int realtime_cookie(pid_t pid, uint64_t *ret_cookie, struct error *err);

#endif
