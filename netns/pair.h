// pair.h: veth pairs without an end on the host: each end is born in a network namespace of its own, by one message.
#ifndef MINIRUN_NETNS_PAIR_H
#define MINIRUN_NETNS_PAIR_H

#include "base/error.h"
#include "netns/device.h"
#include "netns/link_option.h"
#include "netns/netlink.h"

struct pair_end {
	const struct net_link *link;  // name, MAC, MTU, queues
	const char *id;               // of its container, for errors
	const struct netns *netns;    // where it is born
	unsigned group;               // link group that says whose it is: veth_group()
};

// Makes the pair by one RTM_NEWLINK on `socket`, in whichever namespace that is; both ends stay down. An end of an earlier pair that is still there, because the kernel takes the namespace of its other
// end down in the background, is recognised by its group and removed. EEXIST: a container has another interface of that name.
int pair_create(int socket, const struct pair_end *one, const struct pair_end *other, struct error *err);

// Pure: appends the RTM_NEWLINK.
void pair_put_create(struct nl_batch *batch, const struct pair_end *one, const struct pair_end *other);

#endif
