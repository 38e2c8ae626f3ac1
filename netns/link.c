// link.c: see link.h.
#include "netns/link.h"

#include "netns/interface.h"
#include "netns/offload.h"
#include "netns/route.h"
#include "netns/shape.h"

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

static void put_state(struct nl_batch *batch, const struct net_link *link, int index, int master)
{
	struct ifinfomsg *header = nl_begin(batch, RTM_SETLINK, 0, sizeof *header);

	if (header != NULL) {
		header->ifi_index = index;
		header->ifi_flags = link->down ? 0 : IFF_UP;
		header->ifi_change = IFF_UP;
	}
	if (master != 0)
		nl_put_u32(batch, IFLA_MASTER, (uint32_t)master);
	if (link->txqueuelen.set)
		nl_put_u32(batch, IFLA_TXQLEN, (uint32_t)link->txqueuelen.value);
}

void link_put_configure(struct nl_batch *batch, const struct net_link *link, int index, int master)
{
	put_state(batch, link, index, master);
	for (size_t i = 0; i < link->address_count; i++)
		interface_put_address(batch, index, &link->addresses[i]);
	for (size_t i = 0; i < link->gateway_count; i++)
		net_route_put(batch, &(struct net_route){.to = {.family = link->gateways[i].family}, .has_gateway = true, .gateway = link->gateways[i]}, index, link->vrf_table);
	for (size_t i = 0; i < link->route_count; i++)
		net_route_put(batch, &link->routes[i], index, link->vrf_table);
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
		return error_prefix(err, link->txqueuelen.set ? "cannot bring up %s with its txqueuelen=" : "cannot bring up %s", link->name);
	}
	failed--;
	if (failed < link->address_count) {
		net_address_format(&link->addresses[failed], true, text, sizeof text);
		if (err->code == EADDRINUSE && link->kind == LINK_IPVLAN)
			error_hint(err, "another ipvlan of parent=%s has it, or that device itself", link->parent);
		return error_prefix(err, "cannot give %s the address %s", link->name, text);
	}
	failed -= (unsigned)link->address_count;
	if (failed >= link->gateway_count) {
		char route[ROUTE_TEXT_MAX];

		failed -= (unsigned)link->gateway_count;
		if (failed >= link->route_count)
			return error_prefix(err, "cannot configure %s", link->name);
		return error_prefix(err, "cannot set the route '%s' of %s", net_route_format(&link->routes[failed], route, sizeof route), link->name);
	}
	net_address_format(&link->gateways[failed], false, text, sizeof text);
	return error_prefix(err, "cannot set the default route of %s by gateway %s", link->name, text);
}

// Sends the batch. A macvlan whose MAC is taken, or an ipvlan whose address is, may only have to wait: the network namespace of the container before, which had the same address and so the same
// MAC, is taken down in the background.
static int configure(int socket, const struct net_link *link, int index, int master, unsigned *ret_failed, struct error *err)
{
	struct timespec pause = {.tv_nsec = 500000};
	int64_t began = 0;

	for (;;) {
		_Alignas(struct nlmsghdr) char buffer[4096]; // 1 + 10 addresses of 64 bytes at most + 2 routes of 56 + 16 of 92
		struct error error = ERROR_INIT;
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		link_put_configure(&batch, link, index, master);
		if (nl_talk(socket, &batch, ret_failed, &error) == 0)
			return 0;
		if (error.code != EADDRINUSE || (link->kind != LINK_MACVLAN && link->kind != LINK_IPVLAN) || !interface_pause(&pause, &began, INTERFACE_REMOVAL)) {
			*err = error;
			return -1;
		}
	}
}

int link_configure(int socket, const struct net_link *link, struct error *err)
{
	unsigned failed = 0;
	int master = link->vrf != NULL ? interface_index(socket, link->vrf) : 0;
	int index;

	index = interface_index(socket, link->name);
	if (index == 0)
		return error_set(err, ENODEV, "cannot configure %s: the container's network namespace has no such interface", link->name);
	// While it is down, so that no frame passes before all is as asked.
	if (link->offloads_off != 0 && offload_off(socket, link->name, link->offloads_off, err) < 0)
		return -1;
	if (net_shape_is_set(&link->shape) && net_shape_apply(socket, &link->shape, link->mtu, index, err) < 0)
		return error_prefix(err, "cannot configure %s", link->name);
	if (configure(socket, link, index, master, &failed, err) < 0)
		return configure_failed(link, failed, err);
	if (link->down)
		return 0;
	if (interface_await_addresses(socket, index, link->addresses, link->address_count, err) < 0)
		return error_prefix(err, "cannot configure %s", link->name);
	return 0;
}
