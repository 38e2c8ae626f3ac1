// realtime.c: see realtime.h.
#include "cpus/realtime.h"

#include "base/file.h"
#include "base/parse.h"
#include "base/refusal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

// prctl(2), Linux 5.14; glibc's header of Debian 12 has them, without the scopes.
enum { SCOPE_THREAD = 0, SCOPE_PROCESS = 1 };

// ---- throttling ---------------------------------------------------------------------------------------------------------------------------

static bool read_number(int proc, const char *path, int64_t *ret_value)
{
	char text[32];

	return read_file_at(proc, path, text, sizeof text) >= 0 && parse_i64(text, ret_value);
}

static const char *policy_name(int policy)
{
	switch (policy) {
	case SCHED_FIFO:
		return "SCHED_FIFO";
	case SCHED_RR:
		return "SCHED_RR";
	case SCHED_DEADLINE:
		return "SCHED_DEADLINE";
	default:
		return NULL;
	}
}

const char *realtime_warning(struct arena *arena, int proc, int policy, const struct cpuset *cpus)
{
	const char *name = policy_name(policy), *list;
	int64_t runtime, period;

	if (name == NULL || !read_number(proc, "sys/kernel/sched_rt_runtime_us", &runtime) || !read_number(proc, "sys/kernel/sched_rt_period_us", &period))
		return NULL;
	if (runtime < 0)
		return NULL; // not throttled, and no admission control
	list = cpuset_format(arena, cpus);
	// __sched_setaffinity(): EBUSY unless the mask has the whole root domain, while there is admission control.
	if (policy == SCHED_DEADLINE)
		return arena_printf(arena, "threads of %s cannot be pinned to single CPUs of %s (EBUSY) while kernel.sched_rt_runtime_us is %lld; write -1 to it, or use SCHED_FIFO", name, list, (long long)runtime);
	if (runtime >= period)
		return NULL;
	return arena_printf(arena, "threads of %s on CPUs %s are stopped for %lld us of every %lld us when anything else wants to run there (kernel.sched_rt_runtime_us is %lld); "
				   "write -1 to it if nothing on the machine needs that protection",
			    name, list, (long long)(period - runtime), (long long)period, (long long)runtime);
}

// ---- sleep states -------------------------------------------------------------------------------------------------------------------------

int realtime_hold_latency(int dev, uint32_t microseconds, struct error *err)
{
	int fd = openat(dev, "cpu_dma_latency", O_RDWR | O_CLOEXEC);
	int code = errno;

	if (fd >= 0 && write(fd, &microseconds, sizeof microseconds) == (ssize_t)sizeof microseconds)
		return fd;
	if (fd >= 0) {
		code = errno;
		close(fd);
	}
	error_errno(err, code, "cannot hold the CPUs' wake-up latency at %u us by /dev/cpu_dma_latency", microseconds);
	if (code == ENOENT || code == ENODEV || code == ENXIO)
		return error_hint(err, "this kernel has no PM QoS for CPUs (CONFIG_CPU_IDLE), or /dev is not the machine's");
	return code == EACCES || code == EPERM ? error_hint(err, "only root may") : -1;
}

// ---- core scheduling ----------------------------------------------------------------------------------------------------------------------

static int cookie_error(struct error *err, int code, const char *what, pid_t pid)
{
	error_errno(err, code, "cannot %s the core scheduling cookie of process %d", what, (int)pid);
	if (code == EINVAL)
		return error_hint(err, "this kernel was built without core scheduling (CONFIG_SCHED_CORE, Linux 5.14)");
	if (code == ENODEV)
		return error_hint(err, "no CPU of this machine has SMT siblings in use, so there is nobody to keep off");
	if (code != EPERM || pid == getpid()) // the kernel asks nothing of a process for itself
		return -1;
	error_hint(err, "that takes the right to ptrace it");
	return error_refused(err, REFUSAL_BIT(SYS_PTRACE), REFUSAL_OWN, NULL);
}

int realtime_make_cookie(pid_t pid, struct error *err)
{
	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, pid, SCOPE_PROCESS, 0) < 0)
		return cookie_error(err, errno, "make", pid == 0 ? getpid() : pid);
	return 0;
}

int realtime_share_cookie(pid_t pid, struct error *err)
{
	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_SHARE_FROM, pid, SCOPE_THREAD, 0) < 0)
		return cookie_error(err, errno, "join", pid);
	return 0;
}

int realtime_cookie(pid_t pid, uint64_t *ret_cookie, struct error *err)
{
	unsigned long long cookie = 0;

	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, pid, SCOPE_THREAD, &cookie) < 0)
		return cookie_error(err, errno, "read", pid == 0 ? getpid() : pid);
	*ret_cookie = cookie;
	return 0;
}
