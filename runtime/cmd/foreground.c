// foreground.c: see foreground.h. The caller has all signals blocked (attend_block_signals()), so that it may change a terminal of which it is not the foreground (tcsetpgrp(3)).
#include "cmd/foreground.h"

#include "base/cleanup.h"
#include "proc/attend.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

void foreground_take(int terminal)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &before);
	setpgid(0, 0);
	tcsetpgrp(terminal, getpgrp()); // fails where the terminal is not the session's, which then has no job control
	sigprocmask(SIG_SETMASK, &before, NULL);
}

_Noreturn static void be_child(const struct foreground *foreground, foreground_function *function, void *data)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	foreground_take(foreground->terminal);
	sigemptyset(&none);
	attend_reset_child(&none);
	signal(SIGTSTP, SIG_IGN); // nobody would continue it: Ctrl-Z is for the jobs of a shell, which gives them the signal back itself
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(foreground->terminal, fd) < 0)
			_exit(EXIT_FAILURE);
	_exit(function(data));
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int foreground_run(const struct foreground *foreground, foreground_function *function, void *data, int *ret_status, struct error *err)
{
	pid_t pid = fork();
	AUTO_FD pidfd = -1;
	struct pollfd events[2] = {{.events = POLLIN}, {.fd = foreground->signals, .events = POLLIN}};
	int status = 0, result;

	if (pid == 0)
		be_child(foreground, function, data);
	if (pid < 0)
		return error_errno(err, errno, "cannot make a process");
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	events[0].fd = pidfd;
	while (poll(events, 2, -1) < 0 && errno == EINTR)
		;
	result = (events[0].revents & POLLIN) == 0;
	if (result == 1)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	tcsetpgrp(foreground->terminal, getpgrp());
	tcsetattr(foreground->terminal, TCSANOW, &foreground->modes);
	*ret_status = exit_status(status);
	return result;
}
