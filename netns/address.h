// address.h: IPv4 and IPv6 addresses with their prefix length: text, networks, what may be a host's address. Pure.
#ifndef MINIRUN_NETNS_ADDRESS_H
#define MINIRUN_NETNS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NET_ADDRESS_TEXT_MAX = 64 };

struct net_address {
	int family;          // AF_INET or AF_INET6
	uint8_t bytes[16];   // network order
	uint8_t prefix;      // length in bits
};

// Bytes of an address: 4 or 16.
size_t net_address_size(const struct net_address *address);

// "10.9.0.2" or "fd00::2", without a prefix length (`prefix` becomes that of the single address: 32 or 128).
bool net_address_parse(const char *text, struct net_address *ret_address);

// "10.9.0.2/24", "fd00::2/64" (or without "/prefix") into `text` (at least NET_ADDRESS_TEXT_MAX bytes). Returns `text`.
char *net_address_format(const struct net_address *address, bool with_prefix, char *text, size_t size);

// Same family and bytes; prefix lengths are not compared.
bool net_address_equal(const struct net_address *a, const struct net_address *b);

// Whether `address` lies in the network of `network`.
bool net_address_within(const struct net_address *address, const struct net_address *network);

// The first of that family among `count`; NULL: there is none.
const struct net_address *net_address_of_family(const struct net_address *addresses, size_t count, int family);

// The order of addresses: IPv4 before IPv6, then by bytes; <0, 0, >0. Prefix lengths are not compared.
int net_address_compare(const struct net_address *a, const struct net_address *b);

// The lowest host's address in the network of `network` that is in none of the `count` addresses at `used`, which are sorted by net_address_compare() and may lie
// anywhere; never the network's own nor its broadcast address. It gets the network's prefix length. false: all are used.
bool net_address_free(const struct net_address *network, const struct net_address *used, size_t count, struct net_address *ret_address);

// fe80::/10, which every IPv6 interface reaches without an address of that network in its list.
bool net_address_link_local(const struct net_address *address);

// Why `address` cannot be the address of a host in its network, as the end of a sentence ("is a multicast address"), or NULL.
// /31 (RFC 3021) and /127 (RFC 6164) have two hosts, /32 and /128 one, and no address of their own.
const char *net_address_flaw(const struct net_address *address);

#endif
