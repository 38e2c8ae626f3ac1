// neighbours_thread.c: see neighbours_thread.h.
#include "cpus/neighbours_thread.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "cpus/tasks.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHILDREN_MAX = 16 << 20 };

// The kernel moves those that belong to one CPU itself, and places the workers of unbound workqueues by the workqueues' mask.
static bool is_movable(const struct process_stat *stat)
{
	return task_is_kernel(stat->flags) && !task_is_bound(stat->flags);
}

bool thread_knob_is(const char *path)
{
	return strncmp(path, "proc/", 5) == 0 && isdigit((unsigned char)path[5]);
}

// False unless it is still the thread that the path means.
static bool look_up(int proc_fd, const char *path, pid_t *ret_pid, struct process_stat *ret_stat)
{
	static const char since[] = "/since/";
	char *end;
	pid_t pid = (pid_t)strtol(path + strlen("proc/"), &end, 10);

	if (strncmp(end, since, strlen(since)) != 0 || process_stat(proc_fd, pid, ret_stat) < 0)
		return false;
	*ret_pid = pid;
	return ret_stat->start == strtoull(end + strlen(since), NULL, 10) && is_movable(ret_stat);
}

void thread_knobs_find(struct arena *arena, int proc_fd, const struct cpuset *cpus, struct strings *paths)
{
	size_t length;
	// Children of kthreadd, as all but a few of the kernel's threads are (CONFIG_PROC_CHILDREN).
	AUTO_FREE char *children = read_whole_file_at(proc_fd, "2/task/2/children", CHILDREN_MAX, &length);
	char *rest = children;

	for (char *word; (word = strsep(&rest, " \n")) != NULL;) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);
		struct process_stat stat;
		struct cpuset now;

		if (pid > 0 && task_affinity(arena, pid, &now) == 0 && cpuset_intersects(&now, cpus) && process_stat(proc_fd, pid, &stat) == 0 && is_movable(&stat))
			strings_add(arena, paths, arena_printf(arena, "proc/%d/since/%" PRIu64, (int)pid, stat.start));
	}
}

bool thread_knob_read(struct arena *arena, int proc_fd, const char *path, struct cpuset *ret_set)
{
	struct error ignored = ERROR_INIT;
	struct process_stat stat;
	AUTO_FREE char *list = NULL;
	pid_t pid;

	if (!look_up(proc_fd, path, &pid, &stat))
		return false;
	list = process_status_value(proc_fd, pid, "Cpus_allowed_list");
	return list != NULL && cpuset_parse(arena, list, ret_set, &ignored) == 0;
}

int thread_knob_write(int proc_fd, const char *path, const struct cpuset *set)
{
	struct process_stat stat;
	pid_t pid;

	if (!look_up(proc_fd, path, &pid, &stat)) {
		errno = ESRCH;
		return -1;
	}
	return (int)syscall(SYS_sched_setaffinity, pid, set->words * sizeof *set->bits, set->bits);
}

const char *thread_knob_name(struct arena *arena, int proc_fd, const char *path)
{
	struct process_stat stat;
	pid_t pid;

	return look_up(proc_fd, path, &pid, &stat) ? arena_printf(arena, "kernel thread %s (%d)", stat.name, (int)pid) : NULL;
}

const char *thread_knob_file(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%.*s/status", (int)(strlen("proc/") + strspn(path + strlen("proc/"), "0123456789")), path);
}
