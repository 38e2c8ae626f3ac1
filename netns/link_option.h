// link_option.h: one --net option: its struct, its grammar and the checks of a container's links. Pure.
#ifndef MINIRUN_NETNS_LINK_OPTION_H
#define MINIRUN_NETNS_LINK_OPTION_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"
#include "netns/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum link_kind { LINK_VETH, LINK_DUMMY, LINK_MACVLAN, LINK_IPVLAN, LINK_VLAN, LINK_TAP, LINK_PHYS, LINK_KIND_MAX };

enum { LINK_ADDRESSES_MAX = 10, LINK_AUTO_MAX = 2 /* of these, for address=auto */, LINK_GATEWAYS_MAX = 2, LINK_ROUTES_MAX = 16, LINK_SYSCTLS_MAX = 16, LINK_PORTS_MAX = 32 };

// Offloads that can be turned off.
enum { LINK_OFFLOAD_CSUM = 1 << 0, LINK_OFFLOAD_TSO = 1 << 1, LINK_OFFLOAD_GSO = 1 << 2, LINK_OFFLOAD_GRO = 1 << 3 };

struct net_route {
	struct net_address to;      // the network; prefix 0: everything
	bool has_gateway;
	struct net_address gateway;
	struct opt_u64 metric;
};

struct net_sysctl {
	const char *path;  // below /proc/sys: "net/ipv4/conf/eth0/rp_filter"
	const char *value;
};

// What tc does to the frames that the container sends.
struct net_shape {
	struct opt_u64 rate;        // bytes a second
	uint64_t delay, jitter;     // nanoseconds
	uint32_t loss;              // share of UINT32_MAX
};

// What a bridge is to be like; of minirun's own it is made so, of somebody else's it has to be so.
struct net_bridge_options {
	struct opt_bool stp;
	struct opt_bool vlan_filtering;
	uint16_t port_vlan;  // vlan=, for whose sake it has to filter; 0: none
	uint32_t mtu;        // 0: follows the ports
};

// A port of the host that leads to one of the container's.
struct net_port {
	bool udp;                   // else TCP
	bool has_address;           // only of this address of the host
	struct net_address address;
	uint16_t host_port, port;
};

struct net_link {
	const char *name;    // in the container, "eth0"
	enum link_kind kind;
	const char *bridge;  // veth: host bridge, made if absent; NULL: the host end stays without a bridge
	struct net_bridge_options bridge_options;
	struct net_port ports[LINK_PORTS_MAX];
	size_t port_count;
	const char *peer, *peer_link; // veth: id of the container that has the other end, and what it is called there; NULL: the host has it
	const char *text;    // with `peer`: as it was typed, for that container
	const char *host;    // veth: name of the host end; NULL: veth_host_name() makes one of the container id
	const char *parent;  // macvlan, ipvlan, vlan: the host's device that it is on
	const char *device;  // phys: the host's device that is lent
	bool keeps_addresses; // phys without address=: those that the device has on the host, found at the start
	unsigned mode;       // macvlan: MACVLAN_MODE_*, ipvlan: IPVLAN_MODE_*
	uint16_t vlan_id;    // vlan; veth: the VLAN that the bridge's port is in, 0 for what the bridge has for all
	bool masquerade;     // what leaves the bridge has the host's address
	bool auto_address;   // veth on a bridge: one more address of each family that none is given of, chosen at the start (netns/assign.h)
	struct net_address addresses[LINK_ADDRESSES_MAX];
	size_t address_count;
	struct net_address gateways[LINK_GATEWAYS_MAX]; // prefix: that of the address whose network holds it
	size_t gateway_count;
	bool no_gateway;     // with auto_address: and no default route by the bridge
	struct net_route routes[LINK_ROUTES_MAX];
	size_t route_count;
	uint32_t mtu;        // 0: the kernel's default
	bool has_mac;        // given, or made of the first address, so that it is the same each time; false: the kernel's choice
	uint8_t mac[6];
	bool down;           // not brought up
	uint32_t queues;     // of each direction; 0: the kernel's default
	struct opt_u64 txqueuelen;
	struct opt_u64 owner_uid, owner_gid; // tap: who may attach to it, ids in the container
	unsigned offloads_off; // LINK_OFFLOAD_*
	struct net_shape shape;
	const char *vrf;     // a VRF device in the container that it is a port of; NULL: none
	uint32_t vrf_table;
	struct net_sysctl sysctls[LINK_SYSCTLS_MAX];
	size_t sysctl_count;
};

// 'NAME:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1,mtu=9000,mac=02:..,host=NAME'; which kinds take which keys says the table; address may be repeated ("auto": the next free one of the bridge's
// network, found at the start), gateway once per family (with a prefix length beside address=auto, where it may be the bridge's whole network; "none": no default one). Errors name the offending word and the reason; a mistake of form shows the grammar with the keys of that kind. Refused besides bad form: names that the kernel does not
// take, a network's own or broadcast address, loopback and multicast addresses, a gateway outside all networks or equal to an
// address (an IPv6 link-local gateway needs only some IPv6 address), multicast and zero MAC, mtu outside 68..65535 (with IPv6: below 1280).
// Strings live in `arena`.
int net_link_parse(struct arena *arena, const char *text, struct net_link *ret_link, struct error *err);

// "veth", ...
const char *link_kind_name(enum link_kind kind);

// Gives a link without a MAC address one that is made of its first address, if it has one.
void net_link_choose_mac(struct net_link *link);

// The word of `link->mode`: "bridge", "l2", ...; NULL for a kind without.
const char *link_mode_name(const struct net_link *link);

enum { LINK_MAC_TEXT_MAX = 18 };
// "02:00:00:00:00:01" into `text`, which is returned.
char *link_mac_text(const uint8_t mac[6], char text[LINK_MAC_TEXT_MAX]);

// Whether the link's other side, or what it is on, is the host's, so that making it takes rights there.
bool link_on_host(const struct net_link *link);

// Checks a container's links against each other: interface name, host name, address or MAC given twice, two default
// gateways of one family.
int net_links_check(const struct net_link *links, size_t count, struct error *err);

#endif
