// host.h: what a container could leave on the host, as sorted lines of text, so that before and after can be compared line by line.
// Mounts, cgroups, links and addresses (also of the network namespaces that are watched), all files below the watched directories with their change times.
// Processes are not in it: the test is the subreaper of all that it starts, and waits for them.
#ifndef MINIRUN_TESTS_HOST_H
#define MINIRUN_TESTS_HOST_H

#include "base/cleanup.h"
#include "cpus/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <ifaddrs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOST_LINES_MAX = 4096, HOST_WATCHED_MAX = 8, SETTLE_SECONDS = 30 };

struct host_state {
	char *lines[HOST_LINES_MAX];
	size_t count;
};

// What is looked at, set once by the test. `frozen`: nothing below may change at all, not even for a moment (an image).
static const char *host_cgroups;
static const char *host_directories[HOST_WATCHED_MAX], *host_frozen[HOST_WATCHED_MAX], *host_networks[HOST_WATCHED_MAX];

static struct host_state *host_target; // of the nftw callback, which takes no argument
static const char *host_kind;

static inline double seconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void short_pause(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
}

__attribute__((format(printf, 2, 3))) static inline void host_line(struct host_state *state, const char *format, ...)
{
	va_list args;

	if (state->count == HOST_LINES_MAX)
		abort();
	va_start(args, format);
	if (vasprintf(&state->lines[state->count++], format, args) < 0)
		abort();
	va_end(args);
}

// Without the numbers of the mount, of its parent and of its device, which are new for each mount.
static inline void host_mounts(struct host_state *state)
{
	AUTO_FILE *file = fopen("/proc/self/mountinfo", "re");
	AUTO_FREE char *line = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		const char *rest = line;

		for (int field = 0; field < 3; field++)
			rest = strchrnul(rest, ' ') + 1;
		host_line(state, "mount %.*s", (int)strcspn(rest, "\n"), rest);
	}
}

static inline int host_entry(const char *path, const struct stat *info, int type, struct FTW *position)
{
	(void)position;
	if (strcmp(host_kind, "cgroup") == 0) {
		if (type == FTW_D)
			host_line(host_target, "cgroup %s", path);
	} else if (strcmp(host_kind, "frozen") == 0) {
		host_line(host_target, "frozen %s %o %u:%u inode %ju size %jd changed %jd.%09ld", path, info->st_mode, info->st_uid, info->st_gid, (uintmax_t)info->st_ino,
			  (intmax_t)info->st_size, (intmax_t)info->st_ctim.tv_sec, info->st_ctim.tv_nsec);
	} else {
		host_line(host_target, "file %s %o %u:%u", path, info->st_mode, info->st_uid, info->st_gid);
	}
	return 0;
}

static inline void host_tree(struct host_state *state, const char *kind, const char *directory)
{
	host_target = state;
	host_kind = kind;
	nftw(directory, host_entry, 16, FTW_PHYS);
}

static inline void host_links(struct host_state *state, const char *where)
{
	struct ifaddrs *list = NULL;
	char text[INET6_ADDRSTRLEN];

	if (getifaddrs(&list) < 0)
		abort();
	for (const struct ifaddrs *entry = list; entry != NULL; entry = entry->ifa_next) {
		int family = entry->ifa_addr != NULL ? entry->ifa_addr->sa_family : AF_UNSPEC;

		text[0] = '\0';
		if (family == AF_INET)
			inet_ntop(family, &((const struct sockaddr_in *)(const void *)entry->ifa_addr)->sin_addr, text, sizeof text);
		else if (family == AF_INET6)
			inet_ntop(family, &((const struct sockaddr_in6 *)(const void *)entry->ifa_addr)->sin6_addr, text, sizeof text);
		host_line(state, "link %s %s %d %s", where, entry->ifa_name, family, text);
	}
	freeifaddrs(list);
}

static inline void host_network(struct host_state *state, const char *path)
{
	AUTO_FD home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	AUTO_FD there = open(path, O_RDONLY | O_CLOEXEC);

	if (home < 0 || there < 0 || setns(there, CLONE_NEWNET) < 0)
		abort();
	host_links(state, path);
	if (setns(home, CLONE_NEWNET) < 0)
		abort();
}

static inline int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

// A minirun that is killed before it has claimed a CPU, or while it goes as the last, leaves an empty ledger. It belongs to nobody: the next who asks for CPUs, as here, takes it along.
// With a claim in it it stays, and is seen.
static inline void host_tidy_ledger(void)
{
	struct ledger ledger = LEDGER_INIT;
	struct error err = ERROR_INIT;

	if (access(LEDGER_DIRECTORY, F_OK) == 0 && ledger_open(LEDGER_DIRECTORY, true, &ledger, &err) == 0)
		ledger_close(&ledger);
}

static inline struct host_state *host_look(void)
{
	struct host_state *state = calloc(1, sizeof *state);

	if (state == NULL)
		abort();
	host_tidy_ledger();
	host_mounts(state);
	host_links(state, "host");
	host_tree(state, "cgroup", host_cgroups);
	for (int i = 0; i < HOST_WATCHED_MAX; i++) {
		if (host_directories[i] != NULL)
			host_tree(state, "file", host_directories[i]);
		if (host_frozen[i] != NULL)
			host_tree(state, "frozen", host_frozen[i]);
		if (host_networks[i] != NULL)
			host_network(state, host_networks[i]);
	}
	qsort(state->lines, state->count, sizeof *state->lines, compare_lines);
	return state;
}

static inline void host_free(struct host_state *state)
{
	for (size_t i = 0; i < state->count; i++)
		free(state->lines[i]);
	free(state);
}

static inline bool host_same(const struct host_state *a, const struct host_state *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->lines[i], b->lines[i]) != 0)
			return false;
	return true;
}

static inline void host_print_difference(const struct host_state *a, const struct host_state *b)
{
	size_t i = 0;
	size_t j = 0;

	while (i < a->count || j < b->count) {
		int order = i == a->count ? 1 : j == b->count ? -1 : strcmp(a->lines[i], b->lines[j]);

		if (order < 0)
			print_error("- %s\n", a->lines[i]);
		else if (order > 0)
			print_error("+ %s\n", b->lines[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

// Whether the host is, or becomes, as it was: the kernel takes network namespaces down in its own time.
static inline bool host_settles(const struct host_state *before, double seconds)
{
	double limit = seconds_now() + seconds;

	for (;;) {
		struct host_state *now = host_look();
		bool same = host_same(before, now);

		host_free(now);
		if (same || seconds_now() > limit)
			return same;
		short_pause();
	}
}

static inline void expect_host(const struct host_state *before, const char *when)
{
	struct host_state *now;

	if (host_settles(before, SETTLE_SECONDS))
		return;
	now = host_look();
	host_print_difference(before, now);
	host_free(now);
	fail_msg("%s: the host is not as it was before", when);
}

#endif
