// act_cpu.c: uses CPUs, and says which ones it got.
#include "json.h"
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CPUS = 1024, THREADS_MAX = 1024 };

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int burn(int argc, char **argv)
{
	double begin = now(CLOCK_MONOTONIC), end = begin + (double)number_argument(argv[argc - 1]);
	double wall, used;

	while (now(CLOCK_MONOTONIC) < end)
		continue;
	wall = now(CLOCK_MONOTONIC) - begin;
	used = now(CLOCK_PROCESS_CPUTIME_ID);
	json_object(NULL);
	json_real("wall", wall);
	json_real("cpu", used);
	json_real("share", used / wall);
	json_object_end();
	putchar('\n');
	return 0;
}

struct burner {
	pthread_t thread;
	double end;
	bool seen[CPUS];
};

static void *burn_and_look(void *argument)
{
	struct burner *burner = argument;

	while (now(CLOCK_MONOTONIC) < burner->end) {
		int cpu = sched_getcpu();

		if (cpu >= 0 && cpu < CPUS)
			burner->seen[cpu] = true;
	}
	return NULL;
}

int threads(int argc, char **argv)
{
	long count = number_argument(argv[1]);
	double end = now(CLOCK_MONOTONIC) + (double)number_argument(argv[2]);
	struct burner *burners;
	long made = 0;

	(void)argc;
	if (count < 1 || count > THREADS_MAX)
		return 2;
	burners = calloc((size_t)count, sizeof *burners);
	if (burners == NULL)
		return 1;
	while (made < count) {
		burners[made].end = end;
		if (pthread_create(&burners[made].thread, NULL, burn_and_look, &burners[made]) != 0)
			break;
		made++;
	}
	json_object(NULL);
	json_number("first_cpu", first_cpu);
	json_array("threads");
	for (long i = 0; i < made; i++) {
		pthread_join(burners[i].thread, NULL);
		json_array(NULL);
		for (int cpu = 0; cpu < CPUS; cpu++) {
			if (burners[i].seen[cpu])
				json_number(NULL, cpu);
		}
		json_array_end();
	}
	json_array_end();
	json_object_end();
	putchar('\n');
	free(burners);
	return 0;
}

// "0-3,8" into `set`; false if it is no list.
static bool parse_list(const char *list, cpu_set_t *set)
{
	CPU_ZERO(set);
	while (*list != '\0') {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			return false;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (long cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++)
			CPU_SET((size_t)cpu, set);
		if (*end != '\0' && *end != ',')
			return false;
		list = *end == ',' ? end + 1 : end;
	}
	return true;
}

int unpin(int argc, char **argv)
{
	cpu_set_t set;
	int failed;

	(void)argc;
	if (!parse_list(argv[1], &set))
		return 2;
	failed = sched_setaffinity(0, sizeof set, &set) < 0 ? errno : 0;
	// The kernel cuts the set to the cpuset and says nothing; what is left is what counts.
	json_object(NULL);
	json_bool("ok", failed == 0);
	json_string("errno", failed != 0 ? strerrorname_np(failed) : NULL);
	json_array("allowed");
	if (sched_getaffinity(0, sizeof set, &set) == 0) {
		for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
			if (CPU_ISSET(cpu, &set))
				json_number(NULL, (long long)cpu);
		}
	}
	json_array_end();
	json_object_end();
	putchar('\n');
	return 0;
}
