// assign.c: see assign.h.
#include "netns/assign.h"

#include "netns/interface.h"
#include "netns/pool.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { BRIDGE_ADDRESSES_MAX = 32 };

static bool is_single(const struct net_address *address)
{
	return address->prefix == 8 * net_address_size(address);
}

// The network of that family that the container's address is to be of; NULL: there is none. `own`: the bridge's addresses.
static const struct net_address *find_network(const struct net_link *link, const struct net_address *own, size_t own_count, int family)
{
	const struct net_address *gateway = net_address_of_family(link->gateways, link->gateway_count, family);

	if (gateway != NULL && net_address_link_local(gateway))
		gateway = NULL;
	if (gateway != NULL && !is_single(gateway))
		return gateway;
	for (size_t i = 0; i < own_count; i++)
		if (own[i].family == family && !is_single(&own[i]) && (gateway == NULL || net_address_within(gateway, &own[i])))
			return &own[i];
	return NULL;
}

static int no_network(const struct net_link *link, int family, struct error *err)
{
	const struct net_address *gateway = net_address_of_family(link->gateways, link->gateway_count, family);
	char text[NET_ADDRESS_TEXT_MAX];

	if (gateway == NULL) {
		error_set(err, EADDRNOTAVAIL, "cannot choose an address for %s: bridge %s has none itself, so there is no network to choose from", link->name, link->bridge);
		return error_hint(err, "say which in the link that makes the bridge: gateway=10.9.0.1/24");
	}
	net_address_format(gateway, false, text, sizeof text);
	error_set(err, EADDRNOTAVAIL, "cannot choose an address for %s: gateway %s is in none of the networks of bridge %s", link->name, text, link->bridge);
	return error_hint(err, "give it its prefix length, as in gateway=%s/%d", text, family == AF_INET ? 24 : 64);
}

static int add_auto(const struct assignment *assignment, const struct pool *pool, struct net_link *link, const struct net_address *network, struct error *err)
{
	int family = network->family;
	const struct net_address *gateway = net_address_of_family(link->gateways, link->gateway_count, family);
	bool may_route = family == AF_INET ? assignment->may_route4 : assignment->may_route6;

	if (pool_take_free(pool, assignment->claimant, network, &link->addresses[link->address_count], err) < 0)
		return -1;
	link->address_count++;
	// `network` is the bridge's own address, unless the gateway was given.
	if (gateway == NULL && may_route && !link->no_gateway && link->gateway_count < LINK_GATEWAYS_MAX)
		link->gateways[link->gateway_count++] = *network;
	return 0;
}

// `own_count`: how many of the reserved ones the bridge has.
static int assign_auto(const struct assignment *assignment, const struct pool *pool, size_t own_count, struct net_link *link, struct error *err)
{
	static const int families[] = {AF_INET, AF_INET6};
	const struct net_address *reserved = pool->reserved;
	size_t before = link->address_count;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		const struct net_address *network = find_network(link, reserved, own_count, families[i]);

		if (net_address_of_family(link->addresses, before, families[i]) != NULL)
			continue;
		if (network == NULL && net_address_of_family(link->gateways, link->gateway_count, families[i]) != NULL)
			return no_network(link, families[i], err);
		if (network != NULL && add_auto(assignment, pool, link, network, err) < 0)
			return -1;
	}
	if (link->address_count == before)
		return no_network(link, AF_INET, err);
	net_link_choose_mac(link);
	return 0;
}

int link_assign(const struct assignment *assignment, struct net_link *link, struct error *err)
{
	struct net_address reserved[BRIDGE_ADDRESSES_MAX + LINK_GATEWAYS_MAX];
	struct pool pool = {.claims = assignment->claims, .bridge = link->bridge, .vlan = link->vlan_id, .reserved = reserved};
	int index = interface_index(assignment->socket, link->bridge);
	size_t own_count;

	if (interface_addresses(assignment->socket, index, reserved, BRIDGE_ADDRESSES_MAX, &own_count, err) < 0)
		return -1;
	// In a VLAN of its own a port does not meet the bridge.
	pool.reserved_count = link->vlan_id == 0 ? own_count : 0;
	for (size_t i = 0; i < link->address_count; i++)
		if (pool_take(&pool, assignment->claimant, &link->addresses[i], err) < 0)
			return error_prefix(err, "cannot give %s its address", link->name);
	if (!link->auto_address)
		return 0;
	pool.reserved_count = own_count;
	for (size_t i = 0; i < link->gateway_count; i++)
		reserved[pool.reserved_count++] = link->gateways[i];
	return assign_auto(assignment, &pool, own_count, link, err);
}
