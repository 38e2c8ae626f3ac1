// act_memory.c: asks for memory and processes until there is no more.
#include "json.h"
#include "probe.h"

#include <errno.h>
#include <linux/mman.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

// Progress is printed as it is made: at a memory limit the process is killed, and what it printed tells how far it came.
int allocate(int argc, char **argv)
{
	enum { STEP = 16 };
	long wanted = number_argument(argv[argc - 1]);

	for (long have = 0; have < wanted;) {
		long step = wanted - have < STEP ? wanted - have : STEP;
		size_t size = (size_t)step << 20;
		char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED)
			return report_result(errno);
		memset(memory, 0x5a, size);
		have += step;
		fprintf(stderr, "%ld MiB\n", have);
	}
	return report_result(0);
}

// Huge pages of 2 MiB, one mapping each: a limit makes the next mmap fail, as no free page does.
int hugepages(int argc, char **argv)
{
	long wanted = number_argument(argv[argc - 1]);
	long made = 0;
	int failed = 0;

	while (made < wanted && failed == 0) {
		char *page = mmap(NULL, 2u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1, 0);

		if (page == MAP_FAILED) {
			failed = errno;
			break;
		}
		*page = 1;
		made++;
	}
	json_object(NULL);
	json_number("made", made);
	json_string("errno", failed != 0 ? strerrorname_np(failed) : NULL);
	json_object_end();
	putchar('\n');
	return 0;
}

int forkbomb(int argc, char **argv)
{
	long wanted = number_argument(argv[argc - 1]);
	long made = 0;
	int failed = 0;
	pid_t *children = calloc((size_t)(wanted > 0 ? wanted : 1), sizeof *children);

	if (children == NULL)
		return 1;
	while (made < wanted && failed == 0) {
		pid_t child = fork();

		if (child == 0) {
			pause();
			_exit(0);
		}
		if (child < 0)
			failed = errno;
		else
			children[made++] = child;
	}
	json_object(NULL);
	json_number("made", made);
	json_string("errno", failed != 0 ? strerrorname_np(failed) : NULL);
	json_object_end();
	putchar('\n');
	fflush(stdout);
	for (long i = 0; i < made; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	free(children);
	return 0;
}

// What is hardest to get rid of: every copy ignores all signals that can be ignored, has a session of its own, and forks whenever it can.
int bomb(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_IGN);
	for (;;) {
		if (fork() < 0)
			usleep(10000);
		else
			setsid();
	}
}
