// nat_steps.h: the parent's line for masquerade= and publish=: what the host has to do for the container, and its table of rules. Private to play/.
#ifndef MINIRUN_PLAY_NAT_STEPS_H
#define MINIRUN_PLAY_NAT_STEPS_H

#include "play/player.h"

step_function nat_make_table;

#endif
