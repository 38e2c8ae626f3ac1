// bridge.h: host bridges: made when first needed, removed with their last user if minirun made them.
#ifndef MINIRUN_NETNS_BRIDGE_H
#define MINIRUN_NETNS_BRIDGE_H

#include "base/error.h"
#include "netns/address.h"
#include "netns/link_option.h"
#include "netns/netlink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Alias of the bridges that minirun made.
#define BRIDGE_MARK "minirun"

// Takes the lock that guards bridges: to be held from bridge_ensure() until after veth_create(), and around bridge_release(), so that a
// bridge is not removed as unused while another minirun is about to attach to it. fd owned by the caller, for bridge_unlock(); a process that dies unlocks.
// `path`: a file that only root can open, the same for all minirun of a machine whatever their --root ("/run/minirun.lock"); made with
// mode 0600 if absent, removed by bridge_unlock(). Not the network namespace's own file, though flock works there: any user may open and lock
// that, and would stop every start.
int bridge_lock(const char *path, struct error *err);
// Gives the lock `*lock` (-1: nothing happens) back and removes its file, so that nothing is left of a machine's last link.
void bridge_unlock(const char *path, int *lock);

// Makes bridge `name` if absent: alias BRIDGE_MARK, no STP and no forward delay (a port forwards at once), a random local MAC of its own
// (the kernel's follows the ports and changes when one goes, which breaks the neighbours' ARP caches), the gateways as addresses, up.
// A bridge that minirun made earlier gets what it lacks of that; somebody else's bridge is used as it is; any other interface of that name is an error.
// `*ret_made`: whether it was made here. `options`: a bridge that is made gets them, one that is there must have those that are given (EEXIST: the text says which it has not);
// without any, the MTU follows the ports (kernel's default). With STP a port forwards after 4 seconds (the kernel's least).
int bridge_ensure(int socket, const char *name, const struct net_bridge_options *options, const struct net_address *gateways, size_t gateway_count, bool *ret_made, struct error *err);

// Gives up `owner`'s (veth.h) use of bridge `name`: removes the bridge if minirun made it and nobody else uses it. Otherwise, whoever's the bridge is, the container's
// host ends, if there are still some, are released (veth_release()): their network namespace is on its way out, in the background, and must
// neither answer any more nor keep the last user from removing the bridge. To be called after veth_remove(), if that is called at all. Removing a bridge waits for
// RCU grace periods in the kernel (40 ms measured). `used`: somebody else is known to use it, and the bridge's ports, of which 500 take milliseconds, need not be looked at.
// `owner` "": a port was taken away, nobody ended. Absent, or not minirun's, is success.
int bridge_release(int socket, const char *name, const char *owner, bool used, struct error *err);

// Pure: appends the RTM_NEWLINK of a bridge and, by name, the RTM_SETLINK that marks it and brings it up.
void bridge_put_create(struct nl_batch *batch, const char *name, const struct net_bridge_options *options, const uint8_t mac[6]);

// Pure: appends the messages that put the port `index` into VLAN `vlan` of its bridge, untagged, and into no other.
void bridge_put_port_vlan(struct nl_batch *batch, int index, uint16_t vlan);

#endif
