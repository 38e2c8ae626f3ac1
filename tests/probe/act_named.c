// act_named.c: threads with names, which appear one by one, as those of VPP and DPDK do: made first, named by themselves, pinned (if at all) by their maker afterwards.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAMED_MAX = 256, NAME_SIZE = 16 };

struct named {
	char name[NAME_SIZE];
	long late_ms;
	long cpu;  // -1: not pinned
	bool spins;
	pthread_t thread;
};

static void sleep_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

// NAME[+MS][@CPU][!]
static struct named parse_named(char *word)
{
	struct named named = {.cpu = -1};
	char *mark = strchr(word, '!');

	if (mark != NULL) {
		named.spins = true;
		*mark = '\0';
	}
	mark = strchr(word, '@');
	if (mark != NULL) {
		*mark = '\0';
		named.cpu = number_argument(mark + 1);
	}
	mark = strchr(word, '+');
	if (mark != NULL) {
		*mark = '\0';
		named.late_ms = number_argument(mark + 1);
	}
	snprintf(named.name, sizeof named.name, "%s", word);
	return named;
}

static void live(const struct named *named)
{
	pthread_setname_np(pthread_self(), named->name);
	while (named->spins)
		__asm__ volatile("");
	for (;;)
		pause();
}

static void *live_as_thread(void *argument)
{
	const struct named *named = argument;

	sleep_ms(named->late_ms);
	live(named);
	return NULL;
}

static int pin_thread(const struct named *named)
{
	cpu_set_t set;

	if (named->cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)named->cpu, &set);
	return pthread_setaffinity_np(named->thread, sizeof set, &set);
}

// The main thread is the first one. Until it is ended by a signal.
int named_threads(int argc, char **argv)
{
	static struct named all[NAMED_MAX];
	int count = argc - 1 < NAMED_MAX ? argc - 1 : NAMED_MAX;

	for (int i = 0; i < count; i++)
		all[i] = parse_named(argv[i + 1]);
	all[0].thread = pthread_self();
	for (int i = 0; i < count; i++) {
		int code = i > 0 ? pthread_create(&all[i].thread, NULL, live_as_thread, &all[i]) : 0;

		if (code == 0)
			code = pin_thread(&all[i]);
		if (code != 0) {
			fprintf(stderr, "probe: thread %s: %s\n", all[i].name, strerror(code));
			return 1;
		}
	}
	printf("ready\n");
	fflush(stdout);
	sleep_ms(all[0].late_ms);
	live(&all[0]);
	return 0;
}
