// act_signal.c: says which signals arrive.
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

// Signals are taken by sigwait, not by handlers, so none is lost and every line is whole.
int signal_report(int argc, char **argv)
{
	sigset_t all;
	int number;

	(void)argc;
	(void)argv;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (sigwait(&all, &number) == 0) {
		const char *name = sigabbrev_np(number);

		if (name != NULL)
			puts(name);
		else
			printf("RTMIN+%d\n", number - SIGRTMIN);
		if (number == SIGTERM)
			return 0;
	}
	return 1;
}
