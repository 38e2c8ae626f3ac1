// spread.h: the affinity of all threads of a container when its CPUs become others, where no cpuset moves them and for the kernels (6.2 and later) that keep what a thread was
// once given (8f9ea86fdf99). What it was is kept, to be put back.
#ifndef MINIRUN_CPUS_SPREAD_H
#define MINIRUN_CPUS_SPREAD_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/pin.h"

#include <stddef.h>

struct spread_thread {
	pid_t tid;
	struct cpuset before;
	bool changed;
};

struct spread {
	int proc; // fd of "/proc", the caller's
	const struct pin_container *container;
	struct spread_thread *items;
	size_t count, room;
};

// Notes all threads with their affinity, before anything is changed. `spread->proc` and `container` are set, the rest is zero; all in `arena`.
int spread_read(struct spread *spread, struct arena *arena, struct error *err);

// A thread that could use all of `from->cpus` can now use all of `to->cpus`; one that was on housekeeping is on the new one; one that has been pinned inside of `to->cpus` stays
// there, all others get `to->cpus`. Also threads that were born since. One that ends meanwhile is no error. Errors name the thread; then spread_restore().
int spread_change(struct spread *spread, struct arena *arena, const struct thread_places *from, const struct thread_places *to, struct error *err);

// As spread_read() found them, as far as the threads are still there.
void spread_restore(const struct spread *spread);

#endif
