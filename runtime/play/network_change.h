// network_change.h: links given to a container that is in use, and taken from it, by the same steps that its start takes.
#ifndef MINIRUN_PLAY_NETWORK_CHANGE_H
#define MINIRUN_PLAY_NETWORK_CHANGE_H

#include "base/error.h"
#include "plan/plan.h"
#include "plan/removal.h"
#include "state/state.h"

// The caller holds the container's lock, and its first process lives. `state_dir`: the state directory; `state` as loaded from it, and as it is there afterwards.

// Walks the steps of plan_add_link(). What has to be undone at the container's end, and the addresses that were chosen, are recorded first. On failure the container and the host are as before.
int network_add(struct arena *arena, int state_dir, struct state *state, const struct plan *plan, struct error *err);

// Removes the link `name`, its other end, the claims of its addresses, and the bridge if minirun made it and nobody else uses it. ENODEV: there is none of that name; the text says which there are.
// EPERM: lo, and devices of the machine that were moved in.
int network_del(struct arena *arena, int state_dir, struct state *state, const char *name, struct error *err);

// What network_del() would take away, and nothing else: neither the host, the container nor its record changes. Errors as there. In `arena`; `*state` has no longer what the link had recorded, for the next
// link of the same command.
int network_del_look(struct arena *arena, int state_dir, struct state *state, const char *name, struct removal *ret_removal, struct error *err);

#endif
