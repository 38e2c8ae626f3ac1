// link_option.h: one --net option: its struct, its grammar and the checks of a container's links. Pure.
#ifndef MINIRUN_NETNS_LINK_OPTION_H
#define MINIRUN_NETNS_LINK_OPTION_H

#include "base/arena.h"
#include "base/error.h"
#include "netns/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_kind { LINK_VETH, LINK_KIND_MAX };

enum { LINK_ADDRESSES_MAX = 8, LINK_GATEWAYS_MAX = 2 };

struct net_link {
	const char *name;    // in the container, "eth0"
	enum link_kind kind;
	const char *bridge;  // host bridge, made if absent; NULL: the host end stays without a bridge
	const char *host;    // name of the host end; NULL: veth_host_name() makes one of the container id
	struct net_address addresses[LINK_ADDRESSES_MAX];
	size_t address_count;
	struct net_address gateways[LINK_GATEWAYS_MAX]; // prefix: that of the address whose network holds it
	size_t gateway_count;
	uint32_t mtu;        // 0: the kernel's default
	bool has_mac;        // given, or made of the first address, so that it is the same each time; false: the kernel's choice
	uint8_t mac[6];
};

// 'NAME:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1,mtu=9000,mac=02:..,host=NAME'; address may be repeated, gateway once per
// family. Errors name the offending word and the reason; a mistake of form shows the grammar. Refused besides bad form: names that the kernel does not
// take, a network's own or broadcast address, loopback and multicast addresses, a gateway outside all networks or equal to an
// address (an IPv6 link-local gateway needs only some IPv6 address), multicast and zero MAC, mtu outside 68..65535 (with IPv6: below 1280).
// Strings live in `arena`.
int net_link_parse(struct arena *arena, const char *text, struct net_link *ret_link, struct error *err);

// Checks a container's links against each other: interface name, host name, address or MAC given twice, two default
// gateways of one family.
int net_links_check(const struct net_link *links, size_t count, struct error *err);

#endif
