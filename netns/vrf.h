// vrf.h: VRF devices: a routing table of its own for the links that are its ports. Rules: Documentation/networking/vrf.rst.
#ifndef MINIRUN_NETNS_VRF_H
#define MINIRUN_NETNS_VRF_H

#include "netns/link_value.h"
#include "netns/netlink.h"

// vrf=NAME:TABLE
link_value_parser link_value_vrf;

// Two links of a container: one VRF has one table, and a table one VRF.
int net_vrfs_check(const struct net_link *a, const struct net_link *b, struct error *err);

// Makes the link's VRF in the socket's network namespace, up and in link group `group`, if there is none of that name yet. Errors name the kernel's module if that is what is missing.
int vrf_ensure(int socket, const struct net_link *link, unsigned group, struct error *err);

// Pure: appends the messages that make it.
void vrf_put_create(struct nl_batch *batch, const struct net_link *link, unsigned group);

#endif
