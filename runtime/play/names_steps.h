// names_steps.h: the files that are bound over the container's /etc/resolv.conf, /etc/hosts and /etc/hostname. Private to play/.
#ifndef MINIRUN_PLAY_NAMES_STEPS_H
#define MINIRUN_PLAY_NAMES_STEPS_H

#include "play/player.h"

step_function names_write;

// Adds the addresses from number `first` on, which were chosen for the link at the start, to the file for /etc/hosts, if there is one. It may be mounted by now: the same file.
int names_add_addresses(struct player *player, const struct net_link *link, size_t first, struct error *err);

#endif
