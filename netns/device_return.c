// device_return.c: a device that is lent, and its return (device_record.h): there and back, wherever it is found by then, and what it is given again.
#include "netns/device_record.h"

#include "netns/device_parts.h"
#include "netns/inventory.h"
#include "netns/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int device_lend(const struct netns *host, const struct netns *container, const struct device_record *record, struct error *err)
{
	const struct interface *device = &record->device;
	struct error left_out, ignored = ERROR_INIT;
	struct interface taken;

	// Before the device is touched; the kernel would refuse it in the middle.
	if (interface_find(container->socket, record->name, &taken, err) < 0)
		return -1;
	if (taken.index != 0)
		return error_set(err, EEXIST, "cannot move the network device %s to %s in the container: its network namespace has an interface of that name already", device->name, record->name);
	if (((device->flags & IFF_UP) == 0 || device_set_up(host->socket, device->index, false, err) == 0) &&
	    device_change_namespace(host, container, device->index, record->inside, record->name, err) == 0)
		return 0;
	device_explain(err);
	device_return(container, host, record, &left_out, &ignored);
	return error_prefix(err, "cannot move the network device %s to %s in the container", device->name, record->name);
}

// What of a link's attributes a program in the container may have changed.
struct settings {
	struct interface interface;
	uint32_t mtu, queue;
	uint8_t mac[32], permanent[32]; // MAX_ADDR_LEN
	size_t mac_length, permanent_length;
};

static size_t copy_mac(const struct nlattr *found, uint8_t mac[32])
{
	size_t length = found != NULL ? nl_length(found) : 0;

	if (length > 32)
		return 0;
	if (length > 0)
		memcpy(mac, nl_data(found), length);
	return length;
}

static bool read_settings(const struct nlmsghdr *message, struct settings *ret_settings)
{
	struct settings settings = {0};
	const void *attributes;
	size_t length;

	if (!interface_read(message, &settings.interface) || nl_payload(message, RTM_NEWLINK, sizeof(struct ifinfomsg), &attributes, &length) == NULL)
		return false;
	nl_read(nl_find(attributes, length, IFLA_MTU), &settings.mtu, sizeof settings.mtu);
	nl_read(nl_find(attributes, length, IFLA_TXQLEN), &settings.queue, sizeof settings.queue);
	settings.mac_length = copy_mac(nl_find(attributes, length, IFLA_ADDRESS), settings.mac);
	settings.permanent_length = copy_mac(nl_find(attributes, length, IFLA_PERM_ADDRESS), settings.permanent);
	*ret_settings = settings;
	return true;
}

static bool same_mac(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
	return a_length > 0 && a_length == b_length && memcmp(a, b, a_length) == 0;
}

// The name that device_change_namespace() uses on the way.
static bool is_on_the_way(const char *name)
{
	return strncmp(name, "moving", strlen("moving")) == 0;
}

// A device at home that is the recorded one, however it came there: the better, the higher. A MAC tells hardware only, which the kernel brings home under any name and index: virtual devices share theirs, as
// all VLANs of a device do, and end with their namespace.
static int likeness(const struct settings *was, const struct settings *is)
{
	bool named = strcmp(was->interface.name, is->interface.name) == 0, same_index = was->interface.index == is->interface.index;

	if (strcmp(was->interface.kind, is->interface.kind) != 0)
		return 0;
	if (was->interface.kind[0] != '\0' && !named && !same_index && !is_on_the_way(is->interface.name))
		return 0;
	if (was->permanent_length > 0 ? same_mac(was->permanent, was->permanent_length, is->permanent, is->permanent_length) : same_mac(was->mac, was->mac_length, is->mac, is->mac_length))
		return 2 + named + same_index;
	return named && same_index && was->permanent_length == 0;
}

struct search {
	struct settings was, best;
	int likeness;
};

static int compare(const struct nlmsghdr *message, void *data)
{
	struct search *search = data;
	struct settings is;

	if (read_settings(message, &is) && likeness(&search->was, &is) > search->likeness) {
		search->likeness = likeness(&search->was, &is);
		search->best = is;
	}
	return 0;
}

// ret_found->index 0: there is none.
static int find_at_home(int socket, const struct device_record *record, struct interface *ret_found, struct error *err)
{
	struct search search = {0};

	if (!read_settings(device_record_next(record, NULL), &search.was))
		return error_set(err, EINVAL, "the record is damaged");
	for (int i = 0;; i++) {
		_Alignas(struct nlmsghdr) char buffer[64];
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		nl_begin(&batch, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
		nl_put_u32(&batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		search.likeness = 0;
		search.best = (struct settings){0};
		if (nl_query(socket, &batch, compare, &search, err) == 0) {
			*ret_found = search.best.interface;
			return 0;
		}
		if (err->code != EAGAIN || i == 20)
			return -1;
		*err = ERROR_INIT;
	}
}

// ---- as it was ----

// The first one that goes wrong is told; the rest is tried all the same.
static void send_one(int socket, struct nl_batch *batch, const char *what, struct error *left_out)
{
	struct error err = ERROR_INIT;

	if (nl_talk(socket, batch, NULL, &err) == 0 || err.code == EEXIST || left_out->code != 0)
		return;
	*left_out = err;
	error_prefix(left_out, "cannot give it its %s again", what);
}

static void send_message(int socket, struct nlmsghdr *message, const char *what, struct error *left_out)
{
	struct nl_batch batch = {.data = (char *)message, .size = message->nlmsg_len, .used = message->nlmsg_len, .message = message, .count = 1};

	message->nlmsg_flags |= NLM_F_ACK;
	send_one(socket, &batch, what, left_out);
}

// What RTM_NEWLINK says of an address family's own settings: an attribute of IFLA_AF_SPEC. NULL: nothing.
static const struct nlattr *family_setting(const struct nlmsghdr *message, uint16_t family, uint16_t type)
{
	const struct nlattr *found;
	const void *attributes;
	size_t length;

	if (nl_payload(message, RTM_NEWLINK, sizeof(struct ifinfomsg), &attributes, &length) == NULL || (found = nl_find(attributes, length, IFLA_AF_SPEC)) == NULL ||
	    (found = nl_find(nl_data(found), nl_length(found), family)) == NULL)
		return NULL;
	return nl_find(nl_data(found), nl_length(found), type);
}

// net.ipv4.conf.*: told as an array, taken as an attribute for each (inet_set_link_af()). Not "forwarding": net.ipv4.ip_forward sets that of every device, and masquerade= of a container may have
// changed it meanwhile; the kernel has given the device what holds now.
static void put_inet_settings(struct nl_batch *batch, const struct nlattr *was, const struct nlattr *is)
{
	struct nlattr *family = nl_begin_nested(batch, AF_INET), *conf = nl_begin_nested(batch, IFLA_INET_CONF);

	for (size_t i = 0; was != NULL && is != NULL && (i + 1) * sizeof(uint32_t) <= nl_length(was) && (i + 1) * sizeof(uint32_t) <= nl_length(is); i++) {
		const char *before = (const char *)nl_data(was) + i * sizeof(uint32_t);

		if (i + 1 != IPV4_DEVCONF_FORWARDING && memcmp(before, (const char *)nl_data(is) + i * sizeof(uint32_t), sizeof(uint32_t)) != 0)
			nl_put(batch, (uint16_t)(i + 1), before, sizeof(uint32_t));
	}
	nl_end_nested(batch, conf);
	nl_end_nested(batch, family);
}

// The settings that the kernel resets on the way between namespaces, as far as netlink takes them: those of IPv4, and how the link-local address of IPv6 is made.
static void put_family_settings(int socket, int index, const struct nlmsghdr *was, const struct nlmsghdr *is, struct error *left_out)
{
	const struct nlattr *mode = family_setting(was, AF_INET6, IFLA_INET6_ADDR_GEN_MODE);
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct ifinfomsg *header;
	struct nl_batch batch;
	struct nlattr *spec;

	nl_batch_init(&batch, buffer, sizeof buffer);
	header = nl_begin(&batch, RTM_SETLINK, 0, sizeof *header);
	if (header != NULL)
		header->ifi_index = index;
	spec = nl_begin_nested(&batch, IFLA_AF_SPEC);
	put_inet_settings(&batch, family_setting(was, AF_INET, IFLA_INET_CONF), family_setting(is, AF_INET, IFLA_INET_CONF));
	if (mode != NULL) {
		struct nlattr *family = nl_begin_nested(&batch, AF_INET6);

		nl_put(&batch, IFLA_INET6_ADDR_GEN_MODE, nl_data(mode), nl_length(mode));
		nl_end_nested(&batch, family);
	}
	nl_end_nested(&batch, spec);
	send_one(socket, &batch, "settings", left_out);
}

static void put_settings(int socket, const struct settings *was, const struct settings *is, struct error *left_out)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct ifinfomsg *header;
	struct nl_batch batch;

	if (was->mtu == is->mtu && was->queue == is->queue && same_mac(was->mac, was->mac_length, is->mac, is->mac_length))
		return;
	nl_batch_init(&batch, buffer, sizeof buffer);
	header = nl_begin(&batch, RTM_SETLINK, 0, sizeof *header);
	if (header != NULL)
		header->ifi_index = is->interface.index;
	if (was->mtu != is->mtu)
		nl_put_u32(&batch, IFLA_MTU, was->mtu);
	if (was->queue != is->queue)
		nl_put_u32(&batch, IFLA_TXQLEN, was->queue);
	if (was->mac_length > 0 && !same_mac(was->mac, was->mac_length, is->mac, is->mac_length))
		nl_put(&batch, IFLA_ADDRESS, was->mac, was->mac_length);
	send_one(socket, &batch, "MTU, MAC or txqueuelen", left_out);
}

// By group and alias links know whose they are, minirun's among them.
static void put_marks(int socket, const struct interface *was, const struct interface *is, struct error *left_out)
{
	_Alignas(struct nlmsghdr) char buffer[64 + INTERFACE_ALIAS_MAX];
	struct ifinfomsg *header;
	struct nl_batch batch;

	if (was->group == is->group && strcmp(was->alias, is->alias) == 0)
		return;
	nl_batch_init(&batch, buffer, sizeof buffer);
	header = nl_begin(&batch, RTM_SETLINK, 0, sizeof *header);
	if (header != NULL)
		header->ifi_index = is->index;
	nl_put_u32(&batch, IFLA_GROUP, was->group);
	nl_put(&batch, IFLA_IFALIAS, was->alias, strlen(was->alias));
	send_one(socket, &batch, "group or alias", left_out);
}

// Its index at home may be another one by now.
static void set_index(const struct device_record *record, struct nlmsghdr *message, int index)
{
	const void *attributes;
	const struct nlattr *found;
	size_t length;

	if (message->nlmsg_type == RTM_NEWADDR) {
		((struct ifaddrmsg *)NLMSG_DATA(message))->ifa_index = (uint32_t)index;
		return;
	}
	if (nl_payload(message, RTM_NEWROUTE, sizeof(struct rtmsg), &attributes, &length) == NULL)
		return;
	found = nl_find(attributes, length, RTA_OIF);
	if (found != NULL && nl_length(found) == sizeof index)
		memcpy(record->data + ((const char *)nl_data(found) - record->data), &index, sizeof index);
}

static void put_messages(int socket, const struct device_record *record, int index, uint16_t type, const char *what, struct error *left_out)
{
	for (struct nlmsghdr *message = device_record_next(record, NULL); message != NULL; message = device_record_next(record, message)) {
		if (message->nlmsg_type != type)
			continue;
		set_index(record, message, index);
		send_message(socket, message, what, left_out);
	}
}

static int restore(const struct netns *host, const struct device_record *record, int index, struct error *left_out, struct error *err)
{
	const struct nlmsghdr *message = device_record_next(record, NULL);
	bool up = (record->device.flags & IFF_UP) != 0;
	_Alignas(struct nlmsghdr) char buffer[8192];
	struct error down = ERROR_INIT;
	struct settings was, is;
	struct nl_batch present;

	nl_batch_init(&present, buffer, sizeof buffer);
	if (device_read_link(host->socket, &(struct device_words){.index = index, .batch = &present}, err) < 0)
		return -1;
	if (present.overflow || present.count != 1 || !read_settings(present.message, &is) || !read_settings(message, &was))
		return error_set(err, EINVAL, "cannot read what it is like");
	put_settings(host->socket, &was, &is, left_out);
	put_marks(host->socket, &was.interface, &is.interface, left_out);
	put_family_settings(host->socket, index, message, present.message, left_out);
	// IPv6 addresses of a device that is down are tentative until it is up.
	if (up && device_set_up(host->socket, index, true, &down) < 0 && left_out->code == 0)
		*left_out = down;
	put_messages(host->socket, record, index, RTM_NEWADDR, "addresses", left_out);
	if (up)
		put_messages(host->socket, record, index, RTM_NEWROUTE, "routes", left_out);
	if (left_out->code != 0)
		error_prefix(left_out, "the network device %s is back, but not as it was", record->device.name);
	return 0;
}

static int name_taken(const struct device_record *record, struct error *err)
{
	error_set(err, EEXIST, "the host has another network device %s by now", record->device.name);
	return error_hint(err, "rename that one (ip link set %s name OTHER), then repeat", record->device.name);
}

// What a program in the container has put on the device would keep its access to it from there.
static int free_device(const struct netns *container, int index, struct error *err)
{
	struct arena arena = {0};
	struct inventory inventory;
	int result = inventory_read(container->socket, &arena, &inventory, err);

	for (size_t i = 0; result == 0 && i < inventory.count; i++)
		if (inventory_lies_on(&inventory.items[i], index))
			result = interface_delete(container->socket, inventory.items[i].interface.index, err);
	arena_free(&arena);
	return result < 0 ? error_prefix(err, "cannot remove what lies on it in the container") : 0;
}

static int fetch(const struct netns *container, const struct netns *host, const struct device_record *record, int *ret_index, struct error *err)
{
	struct interface taken;
	int index;

	if (interface_find(host->socket, record->device.name, &taken, err) < 0)
		return -1;
	if (taken.index != 0)
		return name_taken(record, err);
	if (free_device(container, record->inside, err) < 0 || device_choose_index(host->socket, record->device.index, &index, err) < 0 || device_set_up(container->socket, record->inside, false, err) < 0 ||
	    device_change_namespace(container, host, record->inside, index, record->device.name, err) < 0)
		return -1;
	*ret_index = index;
	return 0;
}

// By whatever name it has come home.
static int take_in(const struct netns *host, const struct device_record *record, const struct interface *found, struct error *err)
{
	struct interface taken;

	if (strcmp(found->name, record->device.name) == 0)
		return 0;
	if (interface_find(host->socket, record->device.name, &taken, err) < 0)
		return -1;
	if (taken.index != 0)
		return name_taken(record, err);
	return (found->flags & IFF_UP) != 0 && device_set_up(host->socket, found->index, false, err) < 0 ? -1 : device_rename(host->socket, found->index, record->device.name, err);
}

// Hardware that leaves a namespace at its end comes in the background.
static int await_at_home(int socket, const struct device_record *record, struct interface *ret_found, struct error *err)
{
	struct timespec pause = {.tv_nsec = 1000000};
	int64_t began = 0;

	do {
		if (find_at_home(socket, record, ret_found, err) < 0)
			return -1;
	} while (ret_found->index == 0 && record->device.kind[0] == '\0' && interface_pause(&pause, &began, INTERFACE_REMOVAL));
	return 0;
}

static size_t count_messages(const struct device_record *record, uint16_t type)
{
	size_t count = 0;

	for (const struct nlmsghdr *message = device_record_next(record, NULL); message != NULL; message = device_record_next(record, message))
		count += message->nlmsg_type == type;
	return count;
}

// "MAC 02:00:00:00:00:01" in `text`, by which its owner knows it; "no MAC".
static const char *mac_text(const struct device_record *record, char text[static 128])
{
	struct settings was = {0};
	int used = snprintf(text, 128, "no MAC");

	if (read_settings(device_record_next(record, NULL), &was) && was.mac_length > 0)
		used = snprintf(text, 128, "MAC ");
	for (size_t i = 0; i < was.mac_length; i++)
		used += snprintf(text + used, 128 - (size_t)used, "%s%02x", i > 0 ? ":" : "", was.mac[i]);
	return text;
}

static void tell_absent(const struct device_record *record, struct error *left_out)
{
	char mac[128];

	error_set(left_out, ENODEV, "the network device %s (%s) is neither in the container nor on the host any more: what it had is not restored: addresses: %zu, routes: %zu", record->device.name,
		  mac_text(record, mac), count_messages(record, RTM_NEWADDR), count_messages(record, RTM_NEWROUTE));
}

static int bring_home(const struct netns *container, const struct netns *host, const struct device_record *record, struct error *left_out, struct error *err)
{
	struct interface found = {0};
	int index = 0;

	if (container != NULL && interface_get(container->socket, record->inside, &found, err) < 0)
		return -1;
	if (found.index != 0 && strcmp(found.kind, record->device.kind) == 0)
		return fetch(container, host, record, &index, err) < 0 ? -1 : restore(host, record, index, left_out, err);
	if (await_at_home(host->socket, record, &found, err) < 0)
		return -1;
	if (found.index == 0) {
		tell_absent(record, left_out);
		return 0;
	}
	// One that is up without its way back through minirun has somebody who cares for it; one that has its name has perhaps not been away.
	if ((found.flags & IFF_UP) != 0 && (container == NULL || strcmp(found.name, record->device.name) != 0))
		return 0;
	return take_in(host, record, &found, err) < 0 ? -1 : restore(host, record, found.index, left_out, err);
}

int device_return(const struct netns *container, const struct netns *host, const struct device_record *record, struct error *ret_left_out, struct error *err)
{
	struct error left_out = ERROR_INIT;

	if (bring_home(container, host, record, &left_out, err) < 0)
		return error_prefix(err, "cannot bring the network device %s back", record->device.name);
	*ret_left_out = left_out;
	return 0;
}
