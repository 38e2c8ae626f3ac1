// inventory.h: all interfaces of a network namespace with what a person wants to know of them, and how namespaces know each other: rtnetlink(7),
// IFLA_LINK and IFLA_LINK_NETNSID tell where the other end of a pair, or the device below a virtual one, is; RTM_GETNSID whose number that is.
#ifndef MINIRUN_NETNS_INVENTORY_H
#define MINIRUN_NETNS_INVENTORY_H

#include "base/arena.h"
#include "base/error.h"
#include "netns/address.h"
#include "netns/interface.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAMESPACE_ID_NONE = -1 };

struct inventory_link {
	struct interface interface;
	uint32_t mtu;
	bool has_mac;
	uint8_t mac[6];
	int other;              // index of the other end of a veth pair, or of the device that a macvlan, ipvlan, vlan or vxlan lies on; 0: none
	int other_namespace;    // its namespace, as this one numbers others; NAMESPACE_ID_NONE: this one
	struct net_address *addresses; // without IPv6's link-local ones, which every interface that is up has
	size_t address_count, address_room;
};

struct inventory {
	struct inventory_link *items; // in the order of their indexes
	size_t count, room;
};

// Reads the namespace of `socket`. All in `arena`.
int inventory_read(int socket, struct arena *arena, struct inventory *ret_inventory, struct error *err);

// NULL: there is none of that index.
struct inventory_link *inventory_find(const struct inventory *inventory, int index);
// The same by name.
struct inventory_link *inventory_named(const struct inventory *inventory, const char *name);

// Whether the link is a virtual one on the interface `index` of the same namespace; the other end of a pair is none.
bool inventory_lies_on(const struct inventory_link *link, int index);

// The number that the namespace of `socket` has for the namespace `netns_fd`; `*ret_id` is NAMESPACE_ID_NONE if it has none, as for one that nothing leads to.
int namespace_id(int socket, int netns_fd, int *ret_id, struct error *err);

#endif
