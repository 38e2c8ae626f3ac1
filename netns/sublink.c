// sublink.c: see sublink.h. Attributes of each kind: drivers/net/macvlan.c, drivers/net/ipvlan/ipvlan_main.c, net/8021q/vlan_netlink.c.
#include "netns/sublink.h"

#include "netns/interface.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <string.h>

// IFLA_INFO_DATA; none for a kind without settings.
static void put_data(struct nl_batch *batch, const struct net_link *link)
{
	uint16_t mode = (uint16_t)link->mode; // as ipvlan's attribute has it
	struct nlattr *data;

	if (link->kind == LINK_DUMMY)
		return;
	data = nl_begin_nested(batch, IFLA_INFO_DATA);
	if (link->kind == LINK_MACVLAN)
		nl_put_u32(batch, IFLA_MACVLAN_MODE, link->mode);
	else if (link->kind == LINK_IPVLAN)
		nl_put(batch, IFLA_IPVLAN_MODE, &mode, sizeof mode);
	else
		nl_put(batch, IFLA_VLAN_ID, &link->vlan_id, sizeof link->vlan_id);
	nl_end_nested(batch, data);
}

void sublink_put_create(struct nl_batch *batch, const struct net_link *link, unsigned group, int parent, pid_t pid)
{
	struct nlattr *info;

	nl_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
	nl_put_string(batch, IFLA_IFNAME, link->name);
	if (link->has_mac)
		nl_put(batch, IFLA_ADDRESS, link->mac, sizeof link->mac);
	if (link->mtu != 0)
		nl_put_u32(batch, IFLA_MTU, link->mtu);
	if (link->queues != 0) {
		nl_put_u32(batch, IFLA_NUM_TX_QUEUES, link->queues);
		nl_put_u32(batch, IFLA_NUM_RX_QUEUES, link->queues);
	}
	if (group != 0)
		nl_put_u32(batch, IFLA_GROUP, group);
	if (parent != 0)
		nl_put_u32(batch, IFLA_LINK, (uint32_t)parent);
	if (pid != 0)
		nl_put_u32(batch, IFLA_NET_NS_PID, (uint32_t)pid);
	info = nl_begin_nested(batch, IFLA_LINKINFO);
	nl_put_string(batch, IFLA_INFO_KIND, link_kind_name(link->kind));
	put_data(batch, link);
	nl_end_nested(batch, info);
}

int sublink_explain_kind(const char *kind, struct error *err)
{
	if (err->code != EOPNOTSUPP)
		return -1;
	return error_hint(err, "this kernel has no links of kind %s: neither is it built in nor can the module %s be loaded", kind, strcmp(kind, "vlan") == 0 ? "8021q" : kind);
}

static int explain(const struct net_link *link, struct error *err)
{
	char mac[18];

	switch (err->code) {
	case EOPNOTSUPP:
		return sublink_explain_kind(link_kind_name(link->kind), err);
	case EEXIST:
		if (link->kind == LINK_VLAN)
			return error_hint(err, "either the container's network namespace has an interface %s already, or parent=%s a VLAN with id=%u", link->name, link->parent, link->vlan_id);
		return error_hint(err, "the container's network namespace has an interface %s already", link->name);
	case EADDRINUSE:
		return link->has_mac ? error_hint(err, "parent=%s has a link with mac=%s already", link->parent, link_mac_text(link->mac, mac)) : -1;
	case EBUSY:
		return error_hint(err, "parent=%s is in use by something that excludes a %s: a bridge, a bond, or links of another mode", link->parent, link_kind_name(link->kind));
	case EINVAL:
	case ERANGE:
		if (link->mtu != 0)
			return error_hint(err, "is mtu=%u more than parent=%s takes?", link->mtu, link->parent != NULL ? link->parent : "none");
		break;
	case ESRCH:
		return error_hint(err, "the container's network namespace is gone");
	default:
		break;
	}
	return -1;
}

// A VLAN whose id is taken may only have to wait for the container before, which goes in the background.
static int create(int socket, const struct net_link *link, unsigned group, int parent, pid_t pid, struct error *err)
{
	struct timespec pause = {.tv_nsec = 500000};
	int64_t began = 0;

	for (;;) {
		_Alignas(struct nlmsghdr) char buffer[512];
		struct error error = ERROR_INIT;
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		sublink_put_create(&batch, link, group, parent, pid);
		if (nl_talk(socket, &batch, NULL, &error) == 0)
			return 0;
		if (error.code != EEXIST || link->kind != LINK_VLAN || !interface_pause(&pause, &began, INTERFACE_REMOVAL)) {
			*err = error;
			return -1;
		}
	}
}

int sublink_create(int socket, const struct net_link *link, unsigned group, pid_t pid, struct error *err)
{
	struct interface parent = {0};

	if (link->parent != NULL && interface_find(socket, link->parent, &parent, err) < 0)
		return -1;
	if (link->parent != NULL && parent.index == 0)
		return error_set(err, ENODEV, "cannot make %s %s: parent=%s: the host has no such device", link_kind_name(link->kind), link->name, link->parent);
	if (create(socket, link, group, parent.index, pid, err) == 0)
		return 0;
	explain(link, err);
	if (link->parent != NULL)
		return error_prefix(err, "cannot make %s %s on %s", link_kind_name(link->kind), link->name, link->parent);
	return error_prefix(err, "cannot make %s %s", link_kind_name(link->kind), link->name);
}

static bool is_of_group(const struct interface *interface, const void *group)
{
	return interface->group == *(const unsigned *)group;
}

int sublinks_remove(int socket, unsigned group, struct error *err)
{
	return interfaces_delete(socket, NULL, is_of_group, &group, err) < 0 ? error_prefix(err, "cannot remove a link of the container") : 0;
}
