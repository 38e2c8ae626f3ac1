// link.h: the container's links, whole: options, bridges and veth pairs on the host's side (included), and here
// what is done inside the container's network namespace.
#ifndef MINIRUN_NETNS_LINK_H
#define MINIRUN_NETNS_LINK_H

#include "base/error.h"
#include "netns/bridge.h"
#include "netns/link_option.h"
#include "netns/netlink.h"
#include "netns/veth.h"

// In the caller's network namespace: lo up.
int loopback_up(int socket, struct error *err);

// In the container's network namespace: offloads and queueing disciplines, link up, addresses (IPv6 without duplicate address detection: usable at once), routes;
// one batch for the latter, and for IPv6 a look whether the kernel has completed them. Repeating it is harmless. The host end's half of the way
// opens a moment later: veth_wait().
int link_configure(int socket, const struct net_link *link, struct error *err);

// Pure: appends the messages of link_configure() for the interface `index`, a port of the VRF `master` (0: none): first up, then the addresses, then the gateways, then the routes.
void link_put_configure(struct nl_batch *batch, const struct net_link *link, int index, int master);

#endif
