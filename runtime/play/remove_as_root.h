// remove_as_root.h: removes what an unprivileged user's container has left and the user has no right to.
#ifndef MINIRUN_PLAY_REMOVE_AS_ROOT_H
#define MINIRUN_PLAY_REMOVE_AS_ROOT_H

#include "base/error.h"
#include "state/state.h"

// Removes the snapshot at `path` by a process that is root of a user namespace with the container's mappings (state->uids, gids). 0, or -1 with the error.
int remove_as_root(const struct state *state, const char *path, struct error *err);

#endif
