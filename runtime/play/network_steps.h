// network_steps.h: the lines of the container's network: the parent's bridges, veth pairs, links on and devices of the host, and init's own links. Private to play/.
#ifndef MINIRUN_PLAY_NETWORK_STEPS_H
#define MINIRUN_PLAY_NETWORK_STEPS_H

#include "play/player.h"

step_function network_bridge, network_address, network_veth, network_sublink, network_own_link, network_vrf, network_loopback, network_link, network_device, network_link_ready;

// The undo of UNDO_BRIDGE, UNDO_NAT, UNDO_LINKS, UNDO_JOINED_LINKS and UNDO_PEER.
int network_undo(const struct state *state, const struct undo *undo, struct error *err);

// After a failed start: the devices that were moved go back to where they came from.
void network_move_back(struct player *player);

#endif
