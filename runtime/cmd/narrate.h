// narrate.h: `run --explain`: tells each step of a real run, on stderr, as it is taken: the kernel calls with the pid that there is, the reason, and then how long it took and what
// the host sees of it. The program's own output is not touched, and all is told before the program begins, but for the end.
#ifndef MINIRUN_CMD_NARRATE_H
#define MINIRUN_CMD_NARRATE_H

#include "base/arena.h"
#include "cmd/style.h"
#include "cmd/turns.h"

#include <stdint.h>

struct narrator {
	struct turns turns;  // its hooks are for play_options; must not move
	struct arena *arena;
	struct style style;
	int64_t began;       // clock_ns() of the first step; 0: not yet
	int64_t running;     // when the program began
	int chapter;         // enum chapter of the last step; -1: none
	bool pending;        // a step's end has not been told
};

#define NARRATOR_INIT ((struct narrator){.turns = TURNS_INIT, .chapter = -1})

void narrator_begin(struct narrator *narrator, struct arena *arena);
// The program runs as process `pid` of the host.
void narrator_tell_running(struct narrator *narrator, const struct plan *plan, pid_t pid);
// The program has ended with this exit code; after narrator_tell_running() only.
void narrator_tell_end(struct narrator *narrator, int status);
// What was made has been taken away again, which began at `from` (clock_ns()).
void narrator_tell_undone(const struct narrator *narrator, const struct plan *plan, int64_t from);
// Also of one that has never begun.
void narrator_end(struct narrator *narrator);

#endif
