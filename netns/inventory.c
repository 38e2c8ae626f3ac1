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

// A vxlan's is among its own settings, not where those of the other kinds are.
static void take_vxlan_device(const struct nlattr *info, int *device)
{
	const struct nlattr *data = info != NULL ? nl_find(nl_data(info), nl_length(info), IFLA_INFO_DATA) : NULL;

	if (data != NULL)
		nl_read(nl_find(nl_data(data), nl_length(data), IFLA_VXLAN_LINK), device, sizeof *device);
}

static int take_link(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct inventory *inventory = &reading->inventory;
	struct inventory_link link = {.other_namespace = NAMESPACE_ID_NONE};
	const struct nlattr *mac;
	const void *attributes;
	size_t length;

	if (!interface_read(message, &link.interface) || nl_payload(message, RTM_NEWLINK, sizeof(struct ifinfomsg), &attributes, &length) == NULL)
		return 0;
	nl_read(nl_find(attributes, length, IFLA_MTU), &link.mtu, sizeof link.mtu);
	nl_read(nl_find(attributes, length, IFLA_LINK), &link.other, sizeof link.other);
	if (strcmp(link.interface.kind, "vxlan") == 0)
		take_vxlan_device(nl_find(attributes, length, IFLA_LINKINFO), &link.other);
	nl_read(nl_find(attributes, length, IFLA_LINK_NETNSID), &link.other_namespace, sizeof link.other_namespace);
	mac = nl_find(attributes, length, IFLA_ADDRESS);
	link.has_mac = mac != NULL && nl_length(mac) == sizeof link.mac;
	if (link.has_mac)
		nl_read(mac, link.mac, sizeof link.mac);
	inventory->items = arena_grow(reading->arena, inventory->items, inventory->count, &inventory->room, sizeof *inventory->items);
	inventory->items[inventory->count++] = link;
	return 0;
}

static int take_address(const struct nlmsghdr *message, void *data)
{
	struct reading *reading = data;
	struct interface_address read;
	struct inventory_link *link;

	if (!interface_address_read(message, &read) || net_address_link_local(&read.address))
		return 0;
	link = inventory_find(&reading->inventory, read.index);
	if (link == NULL)
		return 0;
	link->addresses = arena_grow(reading->arena, link->addresses, link->address_count, &link->address_room, sizeof *link->addresses);
	link->addresses[link->address_count++] = read.address;
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
	for (int i = 1;; i++) {
		struct reading reading = {.arena = arena};

		if (dump(socket, RTM_GETLINK, sizeof(struct ifinfomsg), take_link, &reading, err) == 0 &&
		    dump(socket, RTM_GETADDR, sizeof(struct ifaddrmsg), take_address, &reading, err) == 0) {
			*ret_inventory = reading.inventory;
			return 0;
		}
		if (err->code != EAGAIN || i == TRIES)
			return error_prefix(err, "cannot list network interfaces");
		*err = ERROR_INIT;
	}
}

struct inventory_link *inventory_find(const struct inventory *inventory, int index)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (inventory->items[i].interface.index == index)
			return &inventory->items[i];
	return NULL;
}

struct inventory_link *inventory_named(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->count; i++)
		if (strcmp(inventory->items[i].interface.name, name) == 0)
			return &inventory->items[i];
	return NULL;
}

bool inventory_lies_on(const struct inventory_link *link, int index)
{
	return strcmp(link->interface.kind, "veth") != 0 && link->other == index && link->other_namespace == NAMESPACE_ID_NONE && link->interface.index != index;
}

static int take_namespace_id(const struct nlmsghdr *message, void *data)
{
	const void *attributes;
	size_t length;

	if (nl_payload(message, RTM_NEWNSID, sizeof(struct rtgenmsg), &attributes, &length) != NULL)
		nl_read(nl_find(attributes, length, NETNSA_NSID), data, sizeof(int));
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
