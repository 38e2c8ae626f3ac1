// standing.h: where a container stands that is made step by step: ROOT/ID/standing, written before each step by who makes it and read by other commands. It is there
// only with `run --step`; nobody looks for it unless the container's lock is held.
#ifndef MINIRUN_STATE_STANDING_H
#define MINIRUN_STATE_STANDING_H

#include "base/arena.h"
#include "base/error.h"
#include "state/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// In the state directory: the steps in words, as JSON; cmd/step_record.h.
#define STATE_STEPS "steps.json"

struct standing {
	size_t step, last;  // the next one to be taken, and the last one before the program runs
	pid_t maker;        // the minirun that asks, and its start time
	uint64_t maker_start;
	pid_t pid;          // the container's first process; 0: not there yet
	const char *what;   // "init: mount proc on /proc"
};

int standing_save(int dir, const struct standing *standing, struct error *err);
// The program runs.
void standing_remove(int dir);

// Of the state directory `dir`. false: the container is not made step by step, or who did so is there no more.
bool standing_load(int dir, struct arena *arena, struct standing *ret_standing);

// EBUSY, naming the step and the way out, for who would have to wait until a person goes on.
int standing_refuse(const char *id, const struct standing *standing, struct error *err);

// Asks the maker to undo all and to end, and waits until the container's lock is free or the maker is gone. `dir` is the state directory.
int standing_end(int dir, const struct standing *standing, struct error *err);

#endif
