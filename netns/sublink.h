// sublink.h: links of one end that RTM_NEWLINK makes whole: dummy, and those on a device of the host's: macvlan, ipvlan, vlan.
#ifndef MINIRUN_NETNS_SUBLINK_H
#define MINIRUN_NETNS_SUBLINK_H

#include "base/error.h"
#include "netns/link_option.h"
#include "netns/netlink.h"

#include <sys/types.h>

// Makes `link` in one message, born under its name in the network namespace of `pid` (0: the socket's own), in link group `group`. What it is on, `link->parent`,
// is looked up in the socket's namespace. It is not brought up. Errors name the option that caused them, and the kernel's module if that is what is missing.
int sublink_create(int socket, const struct net_link *link, unsigned group, pid_t pid, struct error *err);

// Pure: appends that message. `parent`: index of the device that it is on; 0: none.
void sublink_put_create(struct nl_batch *batch, const struct net_link *link, unsigned group, int parent, pid_t pid);

// Removes the links of `group` in the socket's namespace, however made: where the namespace outlives the container. None is success.
int sublinks_remove(int socket, unsigned group, struct error *err);

// Adds to an error of RTM_NEWLINK that the kernel has no such kind of link, if it says that. Returns -1.
int sublink_explain_kind(const char *kind, struct error *err);

#endif
