// device_check.c: whether a device of the host's can be lent to a container (device_record.h): looked at before it is touched, since the kernel would say EINVAL to some, and would take others
// out of a bridge without a word.
#include "netns/device_record.h"

#include "base/cleanup.h"
#include "netns/inventory.h"
#include "netns/sysfs.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NETNS_IMMUTABLE = 67 }; // IFLA_NETNS_IMMUTABLE of Linux 6.15, which older headers have not

static const char *kind_of(const struct interface *interface)
{
	return interface->kind[0] != '\0' ? interface->kind : "device";
}

static int check_port(const struct inventory *inventory, const struct interface *device, struct error *err)
{
	const struct inventory_link *master = device->master != 0 ? inventory_find(inventory, device->master) : NULL;

	if (master == NULL)
		return 0;
	error_set(err, EBUSY, "it is a port of the %s %s", kind_of(&master->interface), master->interface.name);
	return error_hint(err, "take it off that one first: ip link set %s nomaster", device->name);
}

// Ports of it, and links that lie on it, such as VLANs: what they carry would go with it. A vxlan would even be deleted by the kernel.
static int check_users(const struct inventory *inventory, const struct interface *device, struct error *err)
{
	for (size_t i = 0; i < inventory->count; i++) {
		const struct inventory_link *link = &inventory->items[i];

		if (link->interface.master == device->index) {
			error_set(err, EBUSY, "it is a %s, and %s is a port of it", kind_of(device), link->interface.name);
			return strcmp(device->kind, "bridge") == 0 ? error_hint(err, "give the container a port of the bridge instead: NAME:veth,bridge=%s", device->name)
								   : error_hint(err, "move the port %s instead, after: ip link set %s nomaster", link->interface.name, link->interface.name);
		}
		if (inventory_lies_on(link, device->index)) {
			error_set(err, EBUSY, "the %s %s lies on it", kind_of(&link->interface), link->interface.name);
			return error_hint(err, "remove that one first (ip link del %s), or give the container one of its own on it: NAME:macvlan,parent=%s", link->interface.name, device->name);
		}
	}
	return 0;
}

static int take_immutable(const struct nlmsghdr *message, void *data)
{
	const void *attributes;
	size_t length;

	if (nl_payload(message, RTM_NEWLINK, sizeof(struct ifinfomsg), &attributes, &length) != NULL)
		nl_read(nl_find(attributes, length, NETNS_IMMUTABLE), data, sizeof(uint8_t));
	return 0;
}

// Whether the kernel says that it stays where it is: by the attribute, or by refusing a move to where it is already, which older kernels look at after that (__dev_change_net_namespace()).
static int ask_immutable(const struct netns *host, int index, bool *ret_immutable, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	uint8_t immutable = UINT8_MAX;
	struct ifinfomsg *header;
	struct nl_batch batch;

	if (interface_query(host->socket, NULL, index, take_immutable, &immutable, err) < 0)
		return -1;
	if (immutable == UINT8_MAX) {
		nl_batch_init(&batch, buffer, sizeof buffer);
		header = nl_begin(&batch, RTM_SETLINK, 0, sizeof *header);
		if (header != NULL)
			header->ifi_index = index;
		nl_put_u32(&batch, IFLA_NET_NS_FD, (uint32_t)host->fd);
		immutable = nl_talk(host->socket, &batch, NULL, err) < 0;
		if (immutable && err->code != EINVAL)
			return -1;
		*err = ERROR_INIT;
	}
	*ret_immutable = immutable != 0;
	return 0;
}

static bool is_wireless(int proc, const char *name)
{
	struct error ignored = ERROR_INIT;
	AUTO_FD sysfs = sysfs_of_namespace(proc, "self/ns/net", &ignored);
	char path[64];
	struct stat info;

	snprintf(path, sizeof path, "class/net/%.15s/phy80211", name);
	return sysfs >= 0 && fstatat(sysfs, path, &info, 0) == 0;
}

static int check_immutable(const struct netns *host, int proc, const struct interface *device, struct error *err)
{
	bool immutable;

	if (ask_immutable(host, device->index, &immutable, err) < 0)
		return -1;
	if (!immutable)
		return 0;
	if (is_wireless(proc, device->name)) {
		error_set(err, EINVAL, "it is wireless, and changes its network namespace only with its radio");
		return error_hint(err, "join the container to a network namespace that has the radio: iw phy PHY set netns name NAME, and \"path\" in linux.namespaces");
	}
	error_set(err, EINVAL, "the kernel keeps a %s in the network namespace that it was made in", kind_of(device));
	return error_hint(err, "ip -d link shows such devices as netns-immutable; give the container a link on it instead, or make the device in there");
}

static int check(const struct netns *host, int proc, const struct interface *device, struct arena *arena, struct error *err)
{
	struct inventory inventory;

	if (device->index == 0) {
		error_set(err, ENODEV, "the host has no such device");
		return error_hint(err, "`ip link` shows those that it has");
	}
	if (inventory_read(host->socket, arena, &inventory, err) < 0 || check_port(&inventory, device, err) < 0 || check_users(&inventory, device, err) < 0)
		return -1;
	return check_immutable(host, proc, device, err);
}

int device_check(const struct netns *host, int proc, const char *name, const struct interface *device, struct error *err)
{
	struct arena arena = {0};
	int result = check(host, proc, device, &arena, err);

	arena_free(&arena);
	return result < 0 ? error_prefix(err, "cannot move the network device %s into the container", name) : 0;
}
