// network_steps.h: the parent's lines for the container's network: bridges, veth pairs, devices of the host. Private to play/.
#ifndef MINIRUN_PLAY_NETWORK_STEPS_H
#define MINIRUN_PLAY_NETWORK_STEPS_H

#include "play/player.h"

step_function network_bridge, network_address, network_veth, network_device, network_link_ready;

// The undo of UNDO_BRIDGE and UNDO_LINKS.
int network_undo(const struct state *state, const struct undo *undo, struct error *err);

// After a failed start: the devices that were moved go back to where they came from.
void network_move_back(struct player *player);

#endif
