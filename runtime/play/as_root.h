// as_root.h: work on what an unprivileged user's container has left: files of other ids, and overlayfs's own, to which that user has no right.
#ifndef MINIRUN_PLAY_AS_ROOT_H
#define MINIRUN_PLAY_AS_ROOT_H

#include "base/error.h"
#include "state/state.h"

#include <stdbool.h>
#include <stdint.h>

// Whether it takes as_root(): the caller has no right of root's, and the container's mappings are known.
bool as_root_needed(const struct state *state);

// Has `work` done by a process that is root of a user namespace with the container's mappings (state->uids, gids) and, with `namespaces` (CLONE_NEW*), of others that belong to it; where the mappings
// have no id 0, with all capabilities there and their first ids. It is a copy of the caller: what `work` prints is printed, what it writes to memory is lost. 0, or -1 with its error.
int as_root(const struct state *state, uint64_t namespaces, int (*work)(void *data, struct error *err), void *data, struct error *err);

// Removes the snapshot at `path` that way. 0, or -1 with the error.
int remove_as_root(const struct state *state, const char *path, struct error *err);

#endif
