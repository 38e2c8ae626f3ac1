// pair.c: see pair.h. drivers/net/veth.c: IFLA_NET_NS_FD of the message is where the one end is born, that within VETH_INFO_PEER where the other is; IFLA_GROUP counts in both (rtnl_create_link()).
#include "netns/pair.h"

#include "netns/interface.h"
#include "netns/sublink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <string.h>

static void put_end(struct nl_batch *batch, const struct pair_end *end)
{
	const struct net_link *link = end->link;

	nl_put_string(batch, IFLA_IFNAME, link->name);
	if (link->mtu != 0)
		nl_put_u32(batch, IFLA_MTU, link->mtu);
	if (link->has_mac)
		nl_put(batch, IFLA_ADDRESS, link->mac, sizeof link->mac);
	if (link->queues != 0) {
		nl_put_u32(batch, IFLA_NUM_TX_QUEUES, link->queues);
		nl_put_u32(batch, IFLA_NUM_RX_QUEUES, link->queues);
	}
	nl_put_u32(batch, IFLA_GROUP, end->group);
	nl_put_u32(batch, IFLA_NET_NS_FD, (uint32_t)end->netns->fd);
}

void pair_put_create(struct nl_batch *batch, const struct pair_end *one, const struct pair_end *other)
{
	struct nlattr *info, *data, *peer;

	nl_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	put_end(batch, one);
	info = nl_begin_nested(batch, IFLA_LINKINFO);
	nl_put_string(batch, IFLA_INFO_KIND, "veth");
	data = nl_begin_nested(batch, IFLA_INFO_DATA);
	peer = nl_begin_nested(batch, VETH_INFO_PEER);
	nl_put_raw(batch, sizeof(struct ifinfomsg));
	put_end(batch, other);
	nl_end_nested(batch, peer);
	nl_end_nested(batch, data);
	nl_end_nested(batch, info);
}

// Removes what an earlier pair has left of this end. An interface of somebody else's is an error.
static int make_way(const struct pair_end *end, struct error *err)
{
	struct interface found;

	if (interface_find(end->netns->socket, end->link->name, &found, err) < 0)
		return -1;
	if (found.index == 0)
		return 0;
	if (strcmp(found.kind, "veth") != 0 || found.group != end->group)
		return error_set(err, EEXIST, "container \"%s\" has an interface %s already", end->id, end->link->name);
	if (interface_delete(end->netns->socket, found.index, err) < 0)
		return error_prefix(err, "cannot remove what an earlier pair has left of %s in container \"%s\"", end->link->name, end->id);
	return 0;
}

static int explain(const struct pair_end *one, const struct pair_end *other, struct error *err)
{
	sublink_explain_kind("veth", err);
	if (err->code == EINVAL && one->link->mtu != 0)
		error_hint(err, "is mtu=%u too much for a veth?", one->link->mtu);
	return error_prefix(err, "cannot make veth %s of container \"%s\" with %s of container \"%s\"", one->link->name, one->id, other->link->name, other->id);
}

int pair_create(int socket, const struct pair_end *one, const struct pair_end *other, struct error *err)
{
	enum { TRIES = 3 }; // what is in the way may come or go while it is looked for

	for (int i = 0; i < TRIES; i++) {
		_Alignas(struct nlmsghdr) char buffer[512];
		struct error busy = ERROR_INIT;
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		pair_put_create(&batch, one, other);
		*err = ERROR_INIT;
		if (nl_talk(socket, &batch, NULL, err) == 0)
			return 0;
		if (err->code != EEXIST)
			break;
		if (make_way(one, &busy) < 0 || make_way(other, &busy) < 0) {
			*err = busy;
			break;
		}
	}
	return explain(one, other, err);
}
