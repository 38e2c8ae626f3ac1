// destroy.h: takes a container away: its processes, then everything recorded in its state, in reverse order of building.
// The one implementation behind a failed start, the end of `run`, `delete`, and cleaning up after a crash; every part may be gone already.
#ifndef MINIRUN_PLAY_DESTROY_H
#define MINIRUN_PLAY_DESTROY_H

#include "base/error.h"
#include "cpus/ledger.h"
#include "state/state.h"

// The caller holds the container's lock. Goes on after a part that fails, and reports the first failure; the state directory is removed only when nothing failed, so that
// a later `delete` can try again. When all is gone, the poststop hooks are run. `ledger`: if the caller has it open; NULL otherwise.
// It is closed before a hook runs.
int container_destroy(int state_root, const struct state *state, struct ledger *ledger, struct error *err);

// The snapshot alone, at the `path` that the record's undo names; absent is success. For a container that does not run.
int container_remove_snapshot(const struct state *state, const char *path, struct error *err);

// SIGKILL for the first process if it is still the recorded one, and waits for its end (ETIMEDOUT after 10 s). In a pid namespace of its own the kernel takes all
// others with it. Needs no lock.
int container_kill(const struct state *state, struct error *err);

#endif
