// link.h: the container's links: option grammar, veth pairs, bridges, addresses, routes.
#ifndef MINIRUN_NETNS_LINK_H
#define MINIRUN_NETNS_LINK_H

#include "base/arena.h"
#include "base/error.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum link_kind { LINK_VETH, LINK_KIND_MAX };

struct net_address {
	int family;          // AF_INET or AF_INET6
	uint8_t bytes[16];   // network order
	uint8_t prefix;      // length in bits
};

enum { LINK_ADDRESSES_MAX = 8, LINK_GATEWAYS_MAX = 2 };

// One --net option.
struct net_link {
	const char *name;    // in the container, "eth0"
	enum link_kind kind;
	const char *bridge;  // host bridge, made if absent; NULL: the host end stays without a bridge
	const char *host;    // name of the host end; NULL: the kernel numbers one from the container id
	struct net_address addresses[LINK_ADDRESSES_MAX];
	size_t address_count;
	struct net_address gateways[LINK_GATEWAYS_MAX]; // prefix: that of the address whose network holds it
	size_t gateway_count;
	uint32_t mtu;        // 0: the kernel's default
	bool has_mac;
	uint8_t mac[6];
};

// 'NAME:veth,bridge=mr0,address=10.9.0.2/24,gateway=10.9.0.1,mtu=9000,mac=02:..,host=NAME'; address and gateway may be repeated (IPv4, IPv6).
// Errors name the offending word and show the grammar. Checked: names, prefix length, a gateway inside one of the networks and not the address itself, multicast/zero MAC, mtu 68..65535,
// unknown and repeated keys. Pure; strings live in `arena`.
int net_link_parse(struct arena *arena, const char *text, struct net_link *ret_link, struct error *err);

// Checks a container's links against each other: interface name, host name or address given twice, mac twice. Pure.
int net_links_check(const struct net_link *links, size_t count, struct error *err);

// "10.9.0.2/24", "fd00::2/64" (or without "/prefix") into `text` (at least 64 bytes). Returns `text`.
char *net_address_format(const struct net_address *address, bool with_prefix, char *text, size_t size);

// Takes the lock that guards bridges in the caller's network namespace (flock on its nsfs file), so that a bridge is not removed as unused while another minirun
// is about to attach to it. fd owned by the caller; closing it unlocks.
int bridge_lock(struct error *err);

// Makes bridge `name` if absent, marked as minirun's (interface alias "minirun"), with the gateways as addresses, up. An existing link of that name must be a
// bridge; then addresses are added only if the bridge is minirun's own. `*ret_made`: whether it was made here.
int bridge_ensure(int socket, const char *name, const struct net_address *gateways, size_t gateway_count, bool *ret_made, struct error *err);

// Removes bridge `name` if minirun made it and nothing is attached but links marked as those of container `id`. Absent is success.
int bridge_release(int socket, const char *name, const char *id, struct error *err);

// Makes the veth pair in one RTM_NEWLINK: the host end here (on its bridge, up, alias "minirun:ID"), the peer born as `link->name` in the network namespace `netns_fd` or of `pid`
// (one of them; netns_fd -1 to use pid). `*ret_ifindex`: the host end's.
int veth_create(int socket, const char *id, const struct net_link *link, int netns_fd, pid_t pid, int *ret_ifindex, struct error *err);

// Removes the host ends that carry container `id`'s alias, and with them their peers. Needed only where the network namespace outlives the container.
int veth_remove(int socket, const char *id, struct error *err);

// In the caller's network namespace: lo up.
int loopback_up(int socket, struct error *err);

// In the container's network namespace: addresses (IPv6 without duplicate address detection: usable at once), link up, default routes; one batch.
int link_configure(int socket, const struct net_link *link, struct error *err);

// Name of the host end that the kernel completes: up to 10 bytes of the id that are valid in a name, then ".%d". Pure.
void veth_host_template(const char *id, char ret_name[IFNAMSIZ]);

#endif
