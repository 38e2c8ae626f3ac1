// route.h: routes by a link: the words of a --net option and their netlink messages.
#ifndef MINIRUN_NETNS_ROUTE_H
#define MINIRUN_NETNS_ROUTE_H

#include "netns/link_value.h"
#include "netns/netlink.h"

enum { ROUTE_TEXT_MAX = 2 * NET_ADDRESS_TEXT_MAX + 32 };

// "10.0.0.0/8 via 10.9.0.1 metric 100", as ip-route(8) has it: a network or "default", then what is needed of `via` and `metric`.
link_value_parser link_value_route;

// Whether the link's routes can be taken: gateways in its networks or behind an earlier route, families that it has addresses of, none twice.
int net_routes_check(const struct net_link *link, struct error *err);

// The same words again, for messages: into `text`, which is returned.
char *net_route_format(const struct net_route *route, char *text, size_t size);

// Pure: appends the RTM_NEWROUTE by the interface `index` in routing table `table` (0: main).
void net_route_put(struct nl_batch *batch, const struct net_route *route, int index, uint32_t table);

// Whether the network namespace of `socket` has a default route of AF_INET or AF_INET6 in routing table `table` (0: main).
int default_route_find(int socket, int family, uint32_t table, bool *ret_found, struct error *err);

#endif
