// inventory.c: see inventory.h.
#include "netns/inventory.h"

#include "netns/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <string.h>
#include <sys/socket.h>

enum { TRIES = 20 }; // a table may change under several readings

struct reading {
	struct arena *arena;
	struct inventory inventory;
};

static int read_int(const struct nlattr *attribute, int otherwise)
{
	if (attribute != NULL && nl_length(attribute) >= sizeof otherwise)
		memcpy(&otherwise, nl_data(attribute), sizeof otherwise);
	return otherwise;
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct inventory *inventory = &reading->inventory;
	const struct ifinfomsg *header = NLMSG_DATA(message);
	const char *attributes = (const char *)header + NLMSG_ALIGN(sizeof *header);
	struct inventory_link link = {0};
	const struct nlattr *mac;
	size_t length;

	if (!interface_read(message, &link.interface))
		return 0;
	length = message->nlmsg_len - NLMSG_LENGTH(sizeof *header);
	link.mtu = (uint32_t)read_int(nl_find(attributes, length, IFLA_MTU), 0);
	link.other = read_int(nl_find(attributes, length, IFLA_LINK), 0);
	link.other_namespace = read_int(nl_find(attributes, length, IFLA_LINK_NETNSID), NAMESPACE_ID_NONE);
	mac = nl_find(attributes, length, IFLA_ADDRESS);
	link.has_mac = mac != NULL && nl_length(mac) == sizeof link.mac;
	if (link.has_mac)
		memcpy(link.mac, nl_data(mac), sizeof link.mac);
	inventory->items = arena_grow(reading->arena, inventory->items, inventory->count, &inventory->room, sizeof *inventory->items);
	inventory->items[inventory->count++] = link;
	return 0;
}

// IFA_LOCAL is the interface's own address, IFA_ADDRESS the other end's on a point-to-point link; IPv6 mostly has only the latter.
static int take_address(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	const struct ifaddrmsg *header = NLMSG_DATA(message);
	const char *attributes = (const char *)header + NLMSG_ALIGN(sizeof *header);
	struct net_address address;
	const struct nlattr *found;
	struct inventory_link *link;
	size_t length;

	if (message->nlmsg_type != RTM_NEWADDR || message->nlmsg_len < NLMSG_LENGTH(sizeof *header))
		return 0;
	length = message->nlmsg_len - NLMSG_LENGTH(sizeof *header);
	address = (struct net_address){.family = header->ifa_family, .prefix = header->ifa_prefixlen};
	found = nl_find(attributes, length, IFA_LOCAL);
	if (found == NULL)
		found = nl_find(attributes, length, IFA_ADDRESS);
	if (found == NULL || nl_length(found) != net_address_size(&address))
		return 0;
	memcpy(address.bytes, nl_data(found), nl_length(found));
	link = inventory_find(&reading->inventory, (int)header->ifa_index);
	if (link == NULL || net_address_link_local(&address))
		return 0;
	link->addresses = arena_grow(reading->arena, link->addresses, link->address_count, &link->address_room, sizeof *link->addresses);
	link->addresses[link->address_count++] = address;
	return 0;
}

static int dump(int socket, uint16_t type, size_t header_size, int (*take)(const struct nlmsghdr *message, void *data), struct reading *reading, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	nl_begin(&batch, type, NLM_F_DUMP, header_size);
	if (type == RTM_GETLINK)
		nl_put_u32(&batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nl_query(socket, &batch, take, reading, err);
}

int inventory_read(int socket, struct arena *arena, struct inventory *ret_inventory, struct error *err)
{
	for (int i = 0; i < TRIES; i++) {
		struct reading reading = {.arena = arena};

		if (dump(socket, RTM_GETLINK, sizeof(struct ifinfomsg), take_link, &reading, err) == 0 &&
		    dump(socket, RTM_GETADDR, sizeof(struct ifaddrmsg), take_address, &reading, err) == 0) {
			*ret_inventory = reading.inventory;
			return 0;
		}
		if (err->code != EAGAIN)
			break;
	}
	return error_prefix(err, "cannot list network interfaces");
}

struct inventory_link *inventory_find(const struct inventory *inventory, int index)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->items[i].interface.index == index)
			return &inventory->items[i];
	return NULL;
}

static int take_namespace_id(const struct nlmsghdr *message, void *data)
{
	const char *attributes = (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof(struct rtgenmsg));

	if (message->nlmsg_type == RTM_NEWNSID && message->nlmsg_len >= NLMSG_LENGTH(sizeof(struct rtgenmsg)))
		*(int *)data = read_int(nl_find(attributes, message->nlmsg_len - NLMSG_SPACE(sizeof(struct rtgenmsg)), NETNSA_NSID), NAMESPACE_ID_NONE);
	return 0;
}

int namespace_id(int socket, int netns_fd, int *ret_id, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	int id = NAMESPACE_ID_NONE;
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	nl_begin(&batch, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
	nl_put_u32(&batch, NETNSA_FD, (uint32_t)netns_fd);
	if (nl_query(socket, &batch, take_namespace_id, &id, err) < 0)
		return error_prefix(err, "cannot ask for the number of a network namespace");
	*ret_id = id;
	return 0;
}

struct search {
	int family;
	bool found;
};

static int take_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *route = NLMSG_DATA(message);
	struct search *search = data;

	if (message->nlmsg_type == RTM_NEWROUTE && message->nlmsg_len >= NLMSG_LENGTH(sizeof *route) && route->rtm_family == search->family && route->rtm_dst_len == 0 &&
	    route->rtm_type == RTN_UNICAST && route->rtm_table == RT_TABLE_MAIN)
		search->found = true;
	return search->found;
}

int default_route_find(int socket, int family, bool *ret_found, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct search search = {.family = family};
	struct nl_batch batch;
	struct rtmsg *header;

	nl_batch_init(&batch, buffer, sizeof buffer);
	header = nl_begin(&batch, RTM_GETROUTE, NLM_F_DUMP, sizeof *header);
	if (header != NULL)
		header->rtm_family = (unsigned char)family;
	if (nl_query(socket, &batch, take_route, &search, err) < 0 && err->code != EAGAIN)
		return error_prefix(err, "cannot list routes");
	*ret_found = search.found;
	return 0;
}
