// turns.h: the two actors of a play, who otherwise work side by side, take their steps one at a time and in the order of the plan: for who stops before each, or tells of it.
// Init asks for leave before each of its steps and reports the end of it, on a socket of its own, and the parent, before a step of its own, has given leave for all of init's that come first.
// That the order of the plan is one in which every step can be taken, its `needs` see to, which only point backwards. One pair overlaps all the same: init's filter with a listener is in force
// once the parent's next step has handed the listener on.
#ifndef MINIRUN_CMD_TURNS_H
#define MINIRUN_CMD_TURNS_H

#include "base/error.h"
#include "play/play.h"

#include <stdint.h>

// Who looks on. All of it is called in the parent, for both actors' steps.
struct turn_taker {
	// Step `index` is next; 0: it is to be taken, -1: all is to be undone, `err` says why, with the step's number in err->step, or, without one, that init has ended. Not called behind EXEC.
	int (*ask)(void *data, size_t index, struct error *err);
	// It has succeeded. `took`: nanoseconds. Not called of what follows the filter if the filter keeps init from telling, nor of EXEC.
	void (*done)(void *data, size_t index, int64_t took);
	// Waits until `fd` can be read; -1 as `ask`. NULL: nobody has to be heard meanwhile.
	int (*wait)(void *data, int fd, size_t index, struct error *err);
};

struct turns {
	struct play_hooks hooks;   // for play_options; `data` is the turns, which must not move
	const struct turn_taker *taker;
	void *data;                // the taker's
	int channel, init_channel; // parent's and init's end, from SPAWN on
	struct play_site site;     // as of the last turn
	size_t next;               // the first step that has not been begun
	int64_t begun;             // clock_ns() of the step that this process takes
};

#define TURNS_INIT ((struct turns){.channel = -1, .init_channel = -1})

void turns_begin(struct turns *turns, const struct turn_taker *taker, void *data);
void turns_end(struct turns *turns);

#endif
