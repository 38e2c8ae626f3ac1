// interface.h: what the kernel says of one network interface, and small requests on one. For the other files of netns/.
#ifndef MINIRUN_NETNS_INTERFACE_H
#define MINIRUN_NETNS_INTERFACE_H

#include "base/error.h"
#include "netns/address.h"
#include "netns/netlink.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

// Seconds that the kernel gets for what it does from a work queue: milliseconds is usual, but a hundred containers that start at once wait for each other there.
enum { INTERFACE_PATIENCE = 5 };
// Seconds that a network namespace gets which is taken down in the background, with the links of the container before, when one of them is in the way.
enum { INTERFACE_REMOVAL = 2 };

// Waits a little longer each time, `*pause` (begins with its first length), for up to so many seconds from `*began` (0 at first; clock_us()). false: time is up.
bool interface_pause(struct timespec *pause, int64_t *began, int seconds);

enum { INTERFACE_ALIAS_MAX = 256, INTERFACE_OPER_UP = 6 }; // IFALIASZ and IF_OPER_UP of linux/if.h, which clashes with net/if.h

struct interface {
	int index;
	unsigned flags;          // IFF_...
	int master;              // index of the bridge it is a port of; 0: none
	int operstate;           // RFC 2863
	unsigned group;          // `ip link set group`; 0 by default
	char name[IFNAMSIZ];
	char kind[16];           // "bridge", "veth", ...; "" for hardware
	char alias[INTERFACE_ALIAS_MAX];    // "": none
};

// Reads an RTM_NEWLINK message of the kernel's. false: it is something else.
bool interface_read(const struct nlmsghdr *message, struct interface *ret_interface);

// The interface of that name in the socket's namespace. Absent: `ret_interface->index` is 0, which is a success.
int interface_find(int socket, const char *name, struct interface *ret_interface, struct error *err);
// The same by index.
int interface_get(int socket, int index, struct interface *ret_interface, struct error *err);
// What else the kernel says of one interface, by `name` or, with NULL, by `index`: `handle` gets its RTM_NEWLINK, without statistics. Errors as of nl_query(); ENODEV: there is none.
int interface_query(int socket, const char *name, int index, int (*handle)(const struct nlmsghdr *message, void *data), void *data, struct error *err);

// Index of the interface `name` in the socket's namespace; 0: absent (or not to be found out: errno). One ioctl instead of a message.
int interface_index(int socket, const char *name);

// Calls `handle` for the interfaces of a kind (NULL: all) and of a master (0: all), again from the start (`restart` is called first, to
// forget what was seen) when the table changed meanwhile.
struct interface_visitor {
	void (*restart)(void *data);
	int (*handle)(const struct interface *interface, void *data); // non-zero: enough seen
	void *data;
};
int interface_list(int socket, const char *kind, int master, const struct interface_visitor *visitor, struct error *err);

// Appends a message that sets the alias, or up, of the interface `index`.
void interface_put_alias(struct nl_batch *batch, int index, const char *alias);
void interface_put_up(struct nl_batch *batch, int index);

// Appends a message that gives the interface `index` what is asked for: MTU (0: stays), MAC (NULL: stays), group (0: stays).
void interface_put_attributes(struct nl_batch *batch, int index, uint32_t mtu, const uint8_t mac[6], unsigned group);

// Appends a message that adds `address` to the interface `index`, or leaves it if it is there already (NLM_F_REPLACE). IPv6
// without duplicate address detection (IFA_F_NODAD), which would make it unusable for a second.
void interface_put_address(struct nl_batch *batch, int index, const struct net_address *address);

// What an RTM_NEWADDR message of the kernel's says. false: it is something else, or of another family than IPv4 and IPv6.
struct interface_address {
	int index;  // of the interface
	int scope;  // RT_SCOPE_...
	struct net_address address;
};
bool interface_address_read(const struct nlmsghdr *message, struct interface_address *ret_address);

// Deletes the interface `index`. Absent, or gone by itself meanwhile, is success.
int interface_delete(int socket, int index, struct error *err);
// The same by name; the text says of which.
int interface_remove(int socket, const char *name, struct error *err);
// Deletes those of a kind (NULL: all) that are `wanted`. None is success. Slow (an RCU grace period each).
int interfaces_delete(int socket, const char *kind, bool (*wanted)(const struct interface *interface, const void *data), const void *data, struct error *err);

// The addresses of global scope that the interface `index` has, with their prefix lengths, in the kernel's order; what is more than `max` is left out.
int interface_addresses(int socket, int index, struct net_address *addresses, size_t max, size_t *ret_count, struct error *err);

// Waits until the IPv6 ones of the addresses, just added to the interface `index`, are really usable; at most INTERFACE_PATIENCE. Though free of
// duplicate address detection, the kernel completes them from a work queue (addrconf_dad_work): until then they are not in the
// local routing table and do not answer neighbour solicitations, and the first packet to them is lost. IPv4 needs no waiting.
int interface_await_addresses(int socket, int index, const struct net_address *addresses, size_t count, struct error *err);

#endif
