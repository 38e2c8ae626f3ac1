// veth.h: veth pairs: the peer is born in the container's network namespace, the host end stays in the caller's.
#ifndef MINIRUN_NETNS_VETH_H
#define MINIRUN_NETNS_VETH_H

#include "base/error.h"
#include "netns/interface.h"
#include "netns/link_option.h"
#include "netns/netlink.h"

#include <net/if.h>
#include <stddef.h>
#include <sys/types.h>

enum { VETH_ALIAS_MAX = 256 };

// The alias of host ends whose container has ended; no container has the empty id.
#define VETH_RELEASED "minirun:"

// Makes the veth pair in one RTM_NEWLINK: the host end here (on its bridge, up), the peer born as `link->name` in the network
// namespace `netns_fd` or of `pid` (one of them; netns_fd -1 to use pid). A second message marks the host end with the alias
// "minirun:OWNER": the kernel takes no alias in the first. `id` only names the host end; `owner` tells whose it is, on the whole machine (the path
// of the container's state directory: two state roots may have the same id). From its first moment on the host end is in the group veth_group(), so that
// one whose maker was killed between the two is found, too.
// Nothing is left behind on failure. `*ret_ifindex`: the host end's; its name goes to `ret_host` (may be NULL).
// The caller holds bridge_lock() if there is a bridge.
int veth_create(int socket, const char *id, const char *owner, const struct net_link *link, int netns_fd, pid_t pid, int *ret_ifindex,
                char ret_host[IFNAMSIZ], struct error *err);

// Waits until frames pass the host end `ifindex` and its bridge (normally they do already; at most INTERFACE_PATIENCE). The kernel opens the way from
// a work queue (linkwatch), a moment after link_configure() has brought the peer up; until then it drops frames, and a lost ARP request
// costs the payload a second. To be called in the host's namespace after link_configure() and before the payload is let go.
int veth_wait(int socket, int ifindex, struct error *err);

// Removes the host ends that carry `owner`'s alias, and with them their peers. Slow (an RCU grace period each); needed only
// where the network namespace outlives the container. Before bridge_release(), which takes the alias away. None is success.
int veth_remove(int socket, const char *owner, struct error *err);

// Takes the host ends of `owner` down and gives them the alias VETH_RELEASED, in one message however many interfaces the host has. None is success.
// From then on nothing of the container answers to its addresses, although its network namespace goes in the background, some milliseconds later: another container may have them.
int veth_release(int socket, const char *owner, struct error *err);

// Pure parts, used above; for explanations and tests.

// Name of the host end: "ID-LINK" ("lab1-eth0") if that fits, else up to 8 bytes of the id, '-' and 6 characters of a hash of both names.
// A `salt` other than 0 gives other names, always with a hash: that of an earlier container of the same id may be
// there still, because the kernel takes network namespaces down in the background.
void veth_host_name(const char *id, const char *link_name, unsigned salt, char ret_name[IFNAMSIZ]);

// The mark of `owner`'s host ends: "minirun:OWNER"; of one too long for an alias its beginning, '#' and a hash.
void veth_alias(const char *owner, char ret_alias[VETH_ALIAS_MAX]);

// The link group (IFLA_GROUP) that the host ends of `owner`'s are in.
unsigned veth_group(const char *owner);

// Whether a host end has the mark of the owner with this alias and group.
bool veth_is_of(const struct interface *host_end, const char *alias, unsigned group);

// Appends the RTM_NEWLINK. `bridge`: index of the bridge or 0.
void veth_put_create(struct nl_batch *batch, const struct net_link *link, const char *host, int bridge, int netns_fd, pid_t pid);

#endif
