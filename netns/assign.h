// assign.h: the addresses of a link on a bridge become its own: those that were written are claimed, and for address=auto the next free one of the bridge's network is.
#ifndef MINIRUN_NETNS_ASSIGN_H
#define MINIRUN_NETNS_ASSIGN_H

#include "base/error.h"
#include "netns/claim.h"
#include "netns/link_option.h"

#include <stdbool.h>

struct assignment {
	int socket;                        // rtnetlink, in the network namespace of the bridge
	const struct claims *claims;       // of `link->bridge`, open for claiming
	const struct claimant *claimant;
	bool may_route4, may_route6;       // no other link of the container has a default route of that family
};

// Claims the addresses of `link`, and with address=auto adds to it: an address of each family that it was given none of and the bridge has a network of (that of the gateway, if one is
// given), the bridge's own address as the gateway if there is none and it may, and a MAC made of the first address. Under bridge_lock(), when the bridge is there.
// Errors: an address that somebody has, a full network, a bridge without any; what was claimed before the failure is the caller's to drop.
int link_assign(const struct assignment *assignment, struct net_link *link, struct error *err);

#endif
