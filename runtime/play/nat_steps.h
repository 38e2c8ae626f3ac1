// nat_steps.h: the parent's line for masquerade= and publish=: what the host has to do for the container, and its table of rules; and the end of one link's part. Private to play/.
#ifndef MINIRUN_PLAY_NAT_STEPS_H
#define MINIRUN_PLAY_NAT_STEPS_H

#include "play/player.h"

step_function nat_make_table;

// What was recorded of masquerade= and publish= of the container's link `name`: the options, no addresses. `*ret_found` false: it has neither.
int nat_link_recorded(struct arena *arena, const struct state *state, const char *name, bool *ret_found, struct net_link *ret_link, struct error *err);

// Whether another link of the container's than `name` has any recorded.
bool nat_others_recorded(const struct state *state, const char *name);

// Takes the rules of `link` away, its ports, and what the host did for it alone among the container's recorded links. What it never had is no error. `proc`: fd of "/proc".
int nat_take_back(struct arena *arena, const struct state *state, int proc, const struct net_link *link, struct error *err);

#endif
