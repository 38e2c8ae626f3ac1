// seccomp_listener.c: the listener of a filter with SCMP_ACT_NOTIFY on its way out of the process that has installed it; see seccomp.h.
// That process can do little: each of its system calls may be one that waits for an answer from somebody who has no listener yet. So another process takes the fd out of it
// (pidfd_getfd(2)), and finds it by the number that was told before.
#include "proc/seccomp.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/refusal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>

enum { LOOK_AGAIN_MS = 1, LOOKS_MAX = 30000 }; // the filter takes 0.1 to 0.7 ms to load; a process that has not got that far in half a minute is held (a frozen cgroup, a debugger)

int seccomp_listener_number(int *ret_pidfd, struct error *err)
{
	// A new fd has the lowest free number: that of the first pidfd once it is closed, as long as the second stays open. So no number is told that is something else's yet.
	AUTO_FD first = (int)syscall(SYS_pidfd_open, getpid(), 0);
	int second = first < 0 ? -1 : (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (second < 0)
		return error_errno(err, errno, "linux.seccomp: cannot prepare the listener");
	*ret_pidfd = second;
	return first;
}

static int explain(int code, struct error *err)
{
	error_errno(err, code, "linux.seccomp: cannot take the listener out of the container's process");
	return error_refused(err, REFUSAL_BIT(SYS_PTRACE), REFUSAL_OWN, "sysctl kernel.yama.ptrace_scope is 3, or the process belongs to a user namespace above");
}

int seccomp_take_listener(int pidfd, int number, struct error *err)
{
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};

	for (int looks = 0; looks < LOOKS_MAX; looks++) {
		int listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);

		if (listener >= 0)
			return listener;
		if (errno != EBADF) // not there yet
			return explain(errno, err);
		if (poll(&ended, 1, LOOK_AGAIN_MS) > 0)
			return error_set(err, ESRCH, "linux.seccomp: the container's process ended before its filter was in force");
	}
	error_set(err, ETIMEDOUT, "linux.seccomp: the filter of the container's process is not in force after %d s", LOOKS_MAX * LOOK_AGAIN_MS / 1000);
	return error_hint(err, "is its cgroup frozen, or the process stopped?");
}

pid_t pid_of_pidfd(int pidfd)
{
	char path[48], text[512];
	const char *line;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	if (read_file_at(AT_FDCWD, path, text, sizeof text) < 0)
		return -1;
	line = strstr(text, "\nPid:");
	return line != NULL ? (pid_t)strtol(line + strlen("\nPid:"), NULL, 10) : -1;
}
