// network_steps.h: the lines of the container's network: the parent's bridges, veth pairs and links on devices of the host, and init's own links. Private to play/.
#ifndef MINIRUN_PLAY_NETWORK_STEPS_H
#define MINIRUN_PLAY_NETWORK_STEPS_H

#include "play/player.h"

step_function network_bridge, network_address, network_veth, network_sublink, network_own_link, network_vrf, network_loopback, network_link, network_link_ready;

// For who looks at the container (`minirun state`, `list`, hooks), and for later commands: the annotation "org.minirun.WHAT.LINK"; that of the addresses of a link that were found for it.
void network_tell(struct player *player, const char *what, const struct net_link *link, const char *value);
void network_tell_addresses(struct player *player, const struct net_link *link);

// Takes a step of init's in the network namespace `netns`, of a container that is there, and comes back to `home`, the caller's own. Fds.
int network_inside(int netns, int home, struct player *player, const struct step *step, struct error *err);

// The undo of UNDO_BRIDGE, UNDO_NAT, UNDO_LINKS, UNDO_JOINED_LINKS, UNDO_PEER, UNDO_DEVICE and UNDO_NETWORK.
int network_undo(const struct state *state, const struct undo *undo, struct error *err);

#endif
