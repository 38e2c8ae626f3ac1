// spread.c: see spread.h.
#include "cpus/spread.h"

#include "cpus/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	PASSES_MAX = 20, // a program that starts threads faster than that does it for ever
};

// --- what there is

static struct spread_thread *find(const struct spread *spread, pid_t tid)
{
	for (size_t i = 0; i < spread->count; i++)
		if (spread->items[i].tid == tid)
			return &spread->items[i];
	return NULL;
}

static struct spread_thread *append(struct spread *spread, struct arena *arena, pid_t tid, const struct cpuset *before)
{
	spread->items = arena_grow(arena, spread->items, spread->count, &spread->room, sizeof *spread->items);
	spread->items[spread->count] = (struct spread_thread){.tid = tid, .before = *before};
	return &spread->items[spread->count++];
}

// Appends the threads that are not known yet.
static int look(struct spread *spread, struct arena *arena, struct error *err)
{
	struct task_list tids = {0};
	pid_t *pids = NULL;
	size_t count = 0;

	if (spread->container->list(spread->container->context, arena, &pids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		char path[32];

		snprintf(path, sizeof path, "%d/task", (int)pids[i]);
		tasks_read(arena, spread->proc, path, &tids); // or it has ended
	}
	for (size_t i = 0; i < tids.count; i++) {
		struct cpuset set;

		if (find(spread, tids.items[i]) == NULL && task_affinity(arena, tids.items[i], &set) == 0)
			append(spread, arena, tids.items[i], &set);
	}
	return 0;
}

int spread_read(struct spread *spread, struct arena *arena, struct error *err)
{
	return look(spread, arena, err);
}

// --- what becomes of it

static int set(pid_t tid, const struct cpuset *cpus)
{
	return syscall(SYS_sched_setaffinity, tid, cpus->words * sizeof *cpus->bits, cpus->bits) < 0 && errno != ESRCH ? -1 : 0;
}

static int change_one(struct spread_thread *thread, struct arena *arena, const struct thread_places *from, const struct thread_places *to, struct error *err)
{
	bool all = cpuset_equal(&thread->before, &from->cpus);
	bool home = !all && cpuset_first(&from->housekeeping) >= 0 && cpuset_equal(&thread->before, &from->housekeeping);
	const struct cpuset *cpus = home && cpuset_first(&to->housekeeping) >= 0 ? &to->housekeeping : &to->cpus;

	if (thread->changed)
		return 0;
	thread->changed = true;
	// The kernel has put a thread whose CPUs have all gone from its cpuset on those that are left: hence also those that stay are told again.
	if (!all && !home && cpuset_first_outside(&thread->before, &to->cpus) < 0)
		cpus = &thread->before;
	if (set(thread->tid, cpus) == 0)
		return 0;
	return error_errno(err, errno, "cannot give thread %d the CPUs %s", (int)thread->tid, cpuset_format(arena, cpus));
}

int spread_change(struct spread *spread, struct arena *arena, const struct thread_places *from, const struct thread_places *to, struct error *err)
{
	size_t done = 0;

	for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
		if (look(spread, arena, err) < 0)
			return -1;
		if (pass > 0 && done == spread->count)
			return 0;
		for (; done < spread->count; done++)
			if (change_one(&spread->items[done], arena, from, to, err) < 0)
				return -1;
	}
	return 0;
}

void spread_restore(const struct spread *spread)
{
	for (size_t i = 0; i < spread->count; i++)
		if (spread->items[i].changed)
			set(spread->items[i].tid, &spread->items[i].before);
}
