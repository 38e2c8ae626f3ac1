// helper.c: see helper.h.
#include "rootfs/helper.h"

#include "base/sys.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// What the helper tells, in memory that both map. It shares the caller's fds, so the number of its mount is good here, too.
struct report {
	int fd;
	struct error err;
};

static int collect(pid_t helper, const struct report *report, struct error *err)
{
	while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (report->fd >= 0)
		return report->fd;
	if (report->err.code == 0)
		return error_set(err, EIO, "the helper that makes it was killed");
	*err = report->err;
	return -1;
}

int helper_run(uint64_t flags, int (*work)(const void *data, struct error *err), const void *data, struct error *err)
{
	struct clone_args args = {.flags = flags | CLONE_FILES | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	struct report *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t helper;
	int fd;

	if (report == MAP_FAILED)
		return error_errno(err, errno, "no memory shared with a helper");
	*report = (struct report){.fd = -1, .err = ERROR_INIT};
	helper = sys_clone3(&args);
	if (helper == 0) {
		report->fd = work(data, &report->err);
		_exit(0);
	}
	fd = helper < 0 ? error_errno(err, errno, "cannot start a helper") : collect(helper, report, err);
	munmap(report, sizeof *report);
	return fd;
}
