// in_child.h: runs a function in a forked process, since most of proc/ changes the process that calls it for good.
#ifndef MINIRUN_TESTS_IN_CHILD_H
#define MINIRUN_TESTS_IN_CHILD_H

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

// The function's result (0 to 127) as seen by the parent, or 128 + the signal that ended the child.
static inline int in_child(int (*function)(void *), void *argument)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		for (int number = 1; number < NSIG; number++) // cmocka catches the faults
			signal(number, SIG_DFL);
		_exit(function(argument));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
