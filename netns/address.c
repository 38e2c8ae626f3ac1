// address.c: see address.h. Pure; no system calls.
#include "netns/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

size_t net_address_size(const struct net_address *address)
{
	return address->family == AF_INET ? 4 : 16;
}

bool net_address_parse(const char *text, struct net_address *ret_address)
{
	struct net_address address = {.family = AF_INET, .prefix = 32};

	if (inet_pton(AF_INET, text, address.bytes) != 1) {
		address.family = AF_INET6;
		address.prefix = 128;
		if (inet_pton(AF_INET6, text, address.bytes) != 1)
			return false;
	}
	*ret_address = address;
	return true;
}

char *net_address_format(const struct net_address *address, bool with_prefix, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";

	inet_ntop(address->family, address->bytes, host, sizeof host);
	if (with_prefix)
		snprintf(text, size, "%s/%u", host, address->prefix);
	else
		snprintf(text, size, "%s", host);
	return text;
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, net_address_size(a)) == 0;
}

// The bits of byte `index` that belong to the network part of a prefix.
static uint8_t network_bits(unsigned prefix, size_t index)
{
	if (prefix >= 8 * (index + 1))
		return 0xff;
	if (prefix <= 8 * index)
		return 0;
	return (uint8_t)(0xff << (8 * (index + 1) - prefix));
}

bool net_address_within(const struct net_address *address, const struct net_address *network)
{
	if (address->family != network->family)
		return false;
	for (size_t i = 0; i < net_address_size(network); i++)
		if ((address->bytes[i] ^ network->bytes[i]) & network_bits(network->prefix, i))
			return false;
	return true;
}

const struct net_address *net_address_of_family(const struct net_address *addresses, size_t count, int family)
{
	for (size_t i = 0; i < count; i++)
		if (addresses[i].family == family)
			return &addresses[i];
	return NULL;
}

int net_address_compare(const struct net_address *a, const struct net_address *b)
{
	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	return memcmp(a->bytes, b->bytes, net_address_size(a));
}

// The address with all bits of the host part set to zero.
static struct net_address network_address(const struct net_address *network)
{
	struct net_address address = *network;

	for (size_t i = 0; i < net_address_size(network); i++)
		address.bytes[i] &= network_bits(network->prefix, i);
	return address;
}

// The next higher address; after the highest of all comes the lowest.
static void increment(struct net_address *address)
{
	for (size_t i = net_address_size(address); i > 0 && ++address->bytes[i - 1] == 0; i--)
		;
}

bool net_address_free(const struct net_address *network, const struct net_address *used, size_t count, struct net_address *ret_address)
{
	struct net_address address = network_address(network), first = address;

	// Each turn passes one used address, or one of the two that no host has.
	do {
		while (count > 0 && net_address_compare(used, &address) < 0) {
			used++;
			count--;
		}
		if ((count == 0 || !net_address_equal(used, &address)) && net_address_flaw(&address) == NULL) {
			*ret_address = address;
			return true;
		}
		increment(&address);
	} while (net_address_within(&address, network) && !net_address_equal(&address, &first));
	return false;
}

bool net_address_link_local(const struct net_address *address)
{
	return address->family == AF_INET6 && address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
}

// Whether all bits of the host part are `ones` or zeros.
static bool host_part_is(const struct net_address *address, bool ones)
{
	for (size_t i = 0; i < net_address_size(address); i++) {
		uint8_t host = (uint8_t)~network_bits(address->prefix, i);

		if ((address->bytes[i] & host) != (ones ? host : 0))
			return false;
	}
	return true;
}

static const char *flaw4(const struct net_address *address)
{
	if (address->bytes[0] == 0)
		return "is in 0.0.0.0/8, which no host can have";
	if (address->bytes[0] == 127)
		return "is a loopback address";
	if ((address->bytes[0] & 0xf0) == 0xe0)
		return "is a multicast address";
	if (memcmp(address->bytes, "\xff\xff\xff\xff", 4) == 0)
		return "is the broadcast address";
	if (address->prefix >= 31)
		return NULL;
	if (host_part_is(address, false))
		return "is the network's own address, not a host's";
	if (host_part_is(address, true))
		return "is the network's broadcast address, not a host's";
	return NULL;
}

static const char *flaw6(const struct net_address *address)
{
	static const uint8_t zero[16];

	if (memcmp(address->bytes, zero, 16) == 0)
		return "is the unspecified address";
	if (memcmp(address->bytes, zero, 15) == 0 && address->bytes[15] == 1)
		return "is a loopback address";
	if (address->bytes[0] == 0xff)
		return "is a multicast address";
	if (memcmp(address->bytes, zero, 10) == 0 && address->bytes[10] == 0xff && address->bytes[11] == 0xff)
		return "is an IPv4-mapped address; write it as IPv4";
	if (address->prefix < 127 && host_part_is(address, false))
		return "is the network's own address (subnet-router anycast), not a host's";
	return NULL;
}

const char *net_address_flaw(const struct net_address *address)
{
	return address->family == AF_INET ? flaw4(address) : flaw6(address);
}
