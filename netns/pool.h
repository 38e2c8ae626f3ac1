// pool.h: the addresses of a bridge: which container has which, and the next free one of a subnet. Claims (netns/claim.h) by address; all under bridge_lock().
#ifndef MINIRUN_NETNS_POOL_H
#define MINIRUN_NETNS_POOL_H

#include "base/error.h"
#include "netns/address.h"
#include "netns/claim.h"

#include <stddef.h>

struct pool {
	const struct claims *claims; // of the bridge, open
	const char *bridge;          // its name, for errors
	unsigned vlan;               // what is in another VLAN of the bridge may have the same address; 0: in none
	const struct net_address *reserved; // not for containers: the bridge's own addresses, gateways
	size_t reserved_count;
};

// Claims the address that a container was given by hand. EADDRINUSE if another container has it, or if it is reserved.
int pool_take(const struct pool *pool, const struct claimant *claimant, const struct net_address *address, struct error *err);

// EADDRINUSE if a container has the address, which the bridge is to get.
int pool_check_unused(const struct pool *pool, const struct net_address *address, struct error *err);

// Claims the lowest free address in the network of `subnet`, with its prefix length. EADDRNOTAVAIL when all are in use; the text counts who has them.
int pool_take_free(const struct pool *pool, const struct claimant *claimant, const struct net_address *subnet, struct net_address *ret_address, struct error *err);

// Drops what `owner` has claimed of `address`, in whatever VLAN. `claims`: of the bridge, open.
void pool_give_back(const struct claims *claims, const char *owner, const struct net_address *address);

#endif
