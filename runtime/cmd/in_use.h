// in_use.h: a container that commands look at or change while it is in use: created, running or paused.
#ifndef MINIRUN_CMD_IN_USE_H
#define MINIRUN_CMD_IN_USE_H

#include "state/state.h"

// The error of a container that is not in use; -1.
int in_use_refuse(const char *id, const char *what, enum container_status status, struct error *err);

// Loads the record and the status of a container that has a living first process. `what` begins the error: "list the processes of". Engines look for the words "container not running".
int in_use_find(const char *root, const char *id, const char *what, struct arena *arena, struct state *ret_state, enum container_status *ret_status, struct error *err);

// A pidfd of its first process, owned by the caller.
int in_use_pidfd(const struct state *state, const char *what, struct error *err);

// The directory of its cgroup, owned by the caller. Without one the error ends with `without`: "it has no cgroup WITHOUT".
int in_use_cgroup(const struct state *state, const char *what, const char *without, struct error *err);

#endif
