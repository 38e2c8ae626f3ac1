// link.c: see link.h.
#include "netns/link.h"

#include "netns/interface.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LOOPBACK_INDEX = 1 }; // in every network namespace: the kernel's LOOPBACK_IFINDEX

int loopback_up(int socket, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_up(&batch, LOOPBACK_INDEX);
	if (nl_talk(socket, &batch, NULL, err) < 0)
		return error_prefix(err, "cannot bring up the loopback interface");
	return 0;
}

static void put_default_route(struct nl_batch *batch, int index, const struct net_address *gateway)
{
	struct rtmsg *header = nl_begin(batch, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, sizeof *header);

	if (header != NULL) {
		header->rtm_family = (uint8_t)gateway->family;
		header->rtm_table = RT_TABLE_MAIN;
		header->rtm_protocol = RTPROT_BOOT;
		header->rtm_scope = RT_SCOPE_UNIVERSE;
		header->rtm_type = RTN_UNICAST;
	}
	nl_put(batch, RTA_GATEWAY, gateway->bytes, net_address_size(gateway));
	nl_put_u32(batch, RTA_OIF, (uint32_t)index);
}

void link_put_configure(struct nl_batch *batch, const struct net_link *link, int index)
{
	interface_put_up(batch, index);
	for (size_t i = 0; i < link->address_count; i++)
		interface_put_address(batch, index, &link->addresses[i]);
	for (size_t i = 0; i < link->gateway_count; i++)
		put_default_route(batch, index, &link->gateways[i]);
}

// Says which message of link_put_configure() it was.
static int configure_failed(const struct net_link *link, unsigned failed, struct error *err)
{
	char text[NET_ADDRESS_TEXT_MAX];

	if (failed == 0) {
		char mac[LINK_MAC_TEXT_MAX];

		if (err->code == EADDRINUSE && link->kind == LINK_MACVLAN)
			error_hint(err, "parent=%s has a link with mac=%s already", link->parent, link_mac_text(link->mac, mac));
		if (err->code == ENETDOWN && link->parent != NULL)
			error_hint(err, "parent=%s has to be up", link->parent);
		return error_prefix(err, "cannot bring up %s", link->name);
	}
	failed--;
	if (failed < link->address_count) {
		net_address_format(&link->addresses[failed], true, text, sizeof text);
		return error_prefix(err, "cannot give %s the address %s", link->name, text);
	}
	failed -= (unsigned)link->address_count;
	if (failed >= link->gateway_count)
		return error_prefix(err, "cannot configure %s", link->name);
	net_address_format(&link->gateways[failed], false, text, sizeof text);
	return error_prefix(err, "cannot set the default route of %s by gateway %s", link->name, text);
}

// Sends the batch. A macvlan whose MAC is taken may only have to wait: the network namespace of the container before, which had the same address and so the same
// MAC, is taken down in the background. At most two seconds.
static int configure(int socket, const struct net_link *link, int index, unsigned *ret_failed, struct error *err)
{
	struct timespec pause = {.tv_nsec = 1000000};

	for (long waited = 0;; waited += pause.tv_nsec, pause.tv_nsec += pause.tv_nsec / 2) {
		_Alignas(struct nlmsghdr) char buffer[1024]; // 1 + 8 addresses of 64 bytes at most + 2 routes of 56
		struct error error = ERROR_INIT;
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		link_put_configure(&batch, link, index);
		if (nl_talk(socket, &batch, ret_failed, &error) == 0)
			return 0;
		if (error.code != EADDRINUSE || link->kind != LINK_MACVLAN || waited > 2000000000) {
			*err = error;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
}

int link_configure(int socket, const struct net_link *link, struct error *err)
{
	unsigned failed = 0;
	int index;

	index = interface_index(socket, link->name);
	if (index == 0)
		return error_set(err, ENODEV, "cannot configure %s: the container's network namespace has no such interface", link->name);
	if (configure(socket, link, index, &failed, err) < 0)
		return configure_failed(link, failed, err);
	if (interface_await_addresses(socket, index, link->addresses, link->address_count, err) < 0)
		return error_prefix(err, "cannot configure %s", link->name);
	return 0;
}
