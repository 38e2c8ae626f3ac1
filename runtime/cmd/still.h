// still.h: a container that is frozen for a copy of one moment, and not because its user paused it: the file "copying" in its state directory, which all who copy have locked (flock, shared) and the last
// one removes when it has thawed the container. So a mark that nobody has locked is that of a copy which was killed. A user's own pause has no mark.
#ifndef MINIRUN_CMD_STILL_H
#define MINIRUN_CMD_STILL_H

#include "base/error.h"
#include "state/state.h"

// Freezes the container for the caller's copy; or takes part in the freeze of another copy, or over that of one which was killed. `*ret_mark`: for still_end(); -1: it is paused by its user, and stays so.
// 0, or -1 with the error, and nothing is frozen by it.
int still_begin(const struct state *state, int *ret_mark, struct error *err);

// Lets it go on, unless another copy goes on, or `resume` did it meanwhile. Closes `mark`.
int still_end(const struct state *state, int mark, struct error *err);

// Lets go on what a copy which was killed has left frozen. 1: there was one; 0: there was none; -1 with the error.
int still_recover(const struct state *state, struct error *err);

// Removes the mark: the container is frozen for nobody's copy any more. For who has thawed it.
void still_forget(const struct state *state);

#endif
