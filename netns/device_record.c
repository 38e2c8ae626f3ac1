// device_record.c: see device_record.h. The messages: RTM_NEWLINK of the device on the host; an RTM_SETLINK that only tells its index and name in the container; then those that are sent again,
// RTM_NEWADDR and RTM_NEWROUTE, the latter in an order in which each finds the way to its gateway.
#include "netns/device_record.h"

#include "netns/device_parts.h"
#include "netns/netlink.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// ---- making ----

static int keep_link(const struct nlmsghdr *message, void *data)
{
	static const uint16_t kept[] = {IFLA_IFNAME, IFLA_MTU, IFLA_TXQLEN, IFLA_ADDRESS, IFLA_PERM_ADDRESS, IFLA_GROUP, IFLA_IFALIAS, IFLA_LINKINFO, IFLA_AF_SPEC};
	const void *attributes;
	size_t length;
	const struct ifinfomsg *link = nl_payload(message, RTM_NEWLINK, sizeof *link, &attributes, &length);
	const struct device_words *words = data;
	struct ifinfomsg *header;

	if (link == NULL || link->ifi_index != words->index)
		return 0;
	header = nl_begin(words->batch, RTM_NEWLINK, 0, sizeof *header);
	if (header != NULL)
		*header = *link;
	device_copy_attributes(words->batch, attributes, length, kept, sizeof kept / sizeof kept[0]);
	return 0;
}

int device_read_link(int socket, const struct device_words *words, struct error *err)
{
	struct device_words found = *words;

	return interface_query(socket, NULL, words->index, keep_link, &found, err);
}

// Set by somebody, for the tables that are looked up: what the kernel makes of addresses it makes again, and what routers have told they tell again.
static bool is_set(const struct rtmsg *route)
{
	return (route->rtm_family == AF_INET || route->rtm_family == AF_INET6) && route->rtm_protocol != RTPROT_KERNEL && route->rtm_protocol != RTPROT_RA &&
	       route->rtm_protocol != RTPROT_REDIRECT && !(route->rtm_flags & RTM_F_CLONED);
}

static int keep_route(const struct nlmsghdr *message, struct device_words *words, bool by_gateway)
{
	// Not RTA_NH_ID: a nexthop object ends with its device, and its contents are here besides.
	static const uint16_t kept[] = {RTA_DST, RTA_SRC, RTA_GATEWAY, RTA_VIA, RTA_OIF, RTA_PRIORITY, RTA_PREFSRC, RTA_METRICS, RTA_TABLE, RTA_FLOW, RTA_PREF, RTA_ENCAP_TYPE, RTA_ENCAP};
	const void *attributes;
	size_t length;
	const struct rtmsg *route = nl_payload(message, RTM_NEWROUTE, sizeof *route, &attributes, &length);
	struct rtmsg *header;
	int index = 0;

	if (route == NULL || !is_set(route))
		return 0;
	nl_read(nl_find(attributes, length, RTA_OIF), &index, sizeof index);
	if (index != words->index || by_gateway != (nl_find(attributes, length, RTA_GATEWAY) != NULL || nl_find(attributes, length, RTA_VIA) != NULL))
		return 0;
	// EXCL: never in place of another one's that is there by then.
	header = nl_begin(words->batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *header);
	if (header != NULL) {
		*header = *route;
		header->rtm_flags &= RTNH_F_ONLINK;
	}
	device_copy_attributes(words->batch, attributes, length, kept, sizeof kept / sizeof kept[0]);
	return 0;
}

static int keep_direct(const struct nlmsghdr *message, void *words)
{
	return keep_route(message, words, false);
}

static int keep_by_gateway(const struct nlmsghdr *message, void *words)
{
	return keep_route(message, words, true);
}

static int read_all(int socket, int index, int inside, const char *name, struct nl_batch *batch, struct error *err)
{
	const struct device_words words = {.index = index, .all = true, .batch = batch};
	struct ifinfomsg *header;

	if (device_read_link(socket, &words, err) < 0)
		return -1;
	header = nl_begin(batch, RTM_SETLINK, 0, sizeof *header);
	if (header != NULL)
		header->ifi_index = inside;
	nl_put_string(batch, IFLA_IFNAME, name);
	if (device_read_addresses(socket, &words, err) < 0 || device_read(socket, RTM_GETROUTE, sizeof(struct rtmsg), keep_direct, &words, err) < 0 ||
	    device_read(socket, RTM_GETROUTE, sizeof(struct rtmsg), keep_by_gateway, &words, err) < 0)
		return -1;
	return batch->overflow ? error_set(err, E2BIG, "it has more addresses and routes than minirun can give it again") : 0;
}

int device_record_make(const struct netns *host, const struct netns *container, const struct interface *device, const char *name, struct device_record *ret_record, struct error *err)
{
	char *data = malloc(DEVICE_RECORD_MAX);
	struct nl_batch batch;
	int inside;

	if (data == NULL)
		return error_set(err, ENOMEM, "cannot move the network device %s: out of memory", device->name);
	nl_batch_init(&batch, data, DEVICE_RECORD_MAX);
	if (device_choose_index(container->socket, device->index, &inside, err) == 0 && read_all(host->socket, device->index, inside, name, &batch, err) == 0)
		return device_record_load(data, batch.used, ret_record, err);
	free(data);
	return error_prefix(err, "cannot move the network device %s", device->name);
}

// ---- reading ----

struct nlmsghdr *device_record_next(const struct device_record *record, const struct nlmsghdr *message)
{
	size_t at = message == NULL ? 0 : (size_t)((const char *)message - record->data) + NLMSG_ALIGN(message->nlmsg_len);
	struct nlmsghdr *found = (void *)(record->data + at);

	if (at + sizeof *found > record->length || found->nlmsg_len < sizeof *found || found->nlmsg_len > record->length - at)
		return NULL;
	return found;
}

// The second message.
static bool read_place(struct device_record *record, const struct nlmsghdr *message)
{
	const void *attributes;
	size_t length;
	const struct ifinfomsg *place = message != NULL ? nl_payload(message, RTM_SETLINK, sizeof *place, &attributes, &length) : NULL;
	const struct nlattr *name = place != NULL ? nl_find(attributes, length, IFLA_IFNAME) : NULL;

	if (name == NULL || nl_length(name) > sizeof record->name || memchr(nl_data(name), '\0', nl_length(name)) == NULL)
		return false;
	record->inside = place->ifi_index;
	nl_read(name, record->name, nl_length(name));
	return true;
}

int device_record_load(char *data, size_t length, struct device_record *ret_record, struct error *err)
{
	struct device_record record = {.data = data, .length = length};
	const struct nlmsghdr *link = device_record_next(&record, NULL);

	if (link != NULL && interface_read(link, &record.device) && read_place(&record, device_record_next(&record, link))) {
		*ret_record = record;
		return 0;
	}
	free(data);
	return error_set(err, EINVAL, "the record of a network device is damaged");
}

void device_record_free(struct device_record *record)
{
	free(record->data);
	*record = DEVICE_RECORD_INIT;
}

int device_record_addresses(const struct device_record *record, struct net_address *addresses, size_t max, size_t *ret_count, struct error *err)
{
	size_t count = 0;

	for (const struct nlmsghdr *message = device_record_next(record, NULL); message != NULL; message = device_record_next(record, message)) {
		struct interface_address read;

		if (!interface_address_read(message, &read) || read.scope != RT_SCOPE_UNIVERSE)
			continue;
		if (count == max) {
			error_set(err, E2BIG, "the network device %s has more than %zu addresses", record->device.name, max);
			return error_hint(err, "name those that the container is to have: address=");
		}
		addresses[count++] = read.address;
	}
	*ret_count = count;
	return 0;
}
