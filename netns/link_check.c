// link_check.c: the links of one container against each other (link_option.h).
#include "netns/link_option.h"

#include "netns/vrf.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static int clash(const struct net_link *a, const struct net_link *b, const char *what, const char *value, struct error *err)
{
	return error_set(err, EINVAL, "network links %s and %s: %s %s is given twice", a->name, b->name, what, value);
}

// A VRF has addresses and routes of its own.
static bool same_table(const struct net_link *a, const struct net_link *b)
{
	return a->vrf_table == b->vrf_table;
}

static int check_addresses(const struct net_link *a, const struct net_link *b, struct error *err)
{
	char text[NET_ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < a->address_count; i++)
		for (size_t j = 0; j < b->address_count; j++)
			if (net_address_equal(&a->addresses[i], &b->addresses[j]))
				return clash(a, b, "address", net_address_format(&a->addresses[i], false, text, sizeof text), err);
	for (size_t i = 0; i < a->gateway_count; i++)
		for (size_t j = 0; j < b->gateway_count; j++)
			if (a->gateways[i].family == b->gateways[j].family)
				return error_set(err, EINVAL, "network links %s and %s both have an %s gateway; a container has one default route of each family",
				                 a->name, b->name, a->gateways[i].family == AF_INET ? "IPv4" : "IPv6");
	return 0;
}

static int check_pair(const struct net_link *a, const struct net_link *b, struct error *err)
{
	if (strcmp(a->name, b->name) == 0)
		return clash(a, b, "interface name", a->name, err);
	if (net_vrfs_check(a, b, err) < 0)
		return -1;
	if (a->host != NULL && b->host != NULL && strcmp(a->host, b->host) == 0)
		return clash(a, b, "host name", a->host, err);
	if (a->peer != NULL && b->peer != NULL && strcmp(a->peer, b->peer) == 0 && strcmp(a->peer_link, b->peer_link) == 0)
		return error_set(err, EINVAL, "network links %s and %s: peer %s:%s is given twice", a->name, b->name, a->peer, a->peer_link);
	if (a->kind == LINK_VLAN && b->kind == LINK_VLAN && a->vlan_id == b->vlan_id && strcmp(a->parent, b->parent) == 0)
		return error_set(err, EINVAL, "network links %s and %s: VLAN %u of %s is given twice", a->name, b->name, a->vlan_id, a->parent);
	if (a->device != NULL && b->device != NULL && strcmp(a->device, b->device) == 0)
		return clash(a, b, "device", a->device, err);
	if (a->device != NULL && b->parent != NULL && strcmp(a->device, b->parent) == 0)
		return error_set(err, EINVAL, "network links %s and %s: %s moves into the container as %s, so that no other link can lie on it on the host", a->name, b->name, a->device, a->name);
	if (a->host != NULL && b->bridge != NULL && strcmp(a->host, b->bridge) == 0)
		return error_set(err, EINVAL, "network link %s: host name %s is also the bridge of link %s", a->name, a->host, b->name);
	return 0;
}

static int check_macs(const struct net_link *a, const struct net_link *b, struct error *err)
{
	char mac[LINK_MAC_TEXT_MAX];

	if (!a->has_mac || !b->has_mac || memcmp(a->mac, b->mac, sizeof a->mac) != 0)
		return 0;
	return clash(a, b, "mac", link_mac_text(a->mac, mac), err);
}

int net_links_check(const struct net_link *links, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (i == j)
				continue;
			if (check_pair(&links[i], &links[j], err) < 0)
				return -1;
			if (i < j && ((same_table(&links[i], &links[j]) && check_addresses(&links[i], &links[j], err) < 0) || check_macs(&links[i], &links[j], err) < 0))
				return -1;
		}
	}
	return 0;
}
