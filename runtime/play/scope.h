// scope.h: the container's unit of systemd (--systemd-cgroup): the steps that make it, its end, and its change while it runs.
#ifndef MINIRUN_PLAY_SCOPE_H
#define MINIRUN_PLAY_SCOPE_H

#include "cgroup/limits.h"
#include "play/player.h"
#include "state/state.h"

// Parent's steps (UNIT_START, UNIT_LEAVE, UNIT_SET).
step_function scope_start, scope_leave, scope_set;

// UNDO_UNIT, UNDO_USER_UNIT: stops and forgets the unit if it is the container's.
int scope_undo(const struct state *state, const struct undo *undo, struct error *err);

// For `update`: tells systemd about changed limits, which the caller also writes to the cgroup's files. A container without a unit, or a limit that systemd
// does not know: nothing happens.
int scope_update(struct arena *arena, const struct state *state, const struct cgroup_plan *limits, struct error *err);

#endif
