// link_option.c: see link_option.h. A table of keys; each value has a parser of its own.
#include "netns/link_option.h"

#include "base/parse.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define GRAMMAR "NAME:veth[,bridge=NAME][,address=IP/LENGTH]...[,gateway=IP]...[,mtu=BYTES][,mac=02:00:00:00:00:01][,host=NAME]"

enum { TEXT_MAX = 640 };

static const char *const kind_names[] = {[LINK_VETH] = "veth"};
_Static_assert(sizeof kind_names / sizeof *kind_names == LINK_KIND_MAX, "a name for each kind");

// Why `name` cannot be an interface's, as the end of a sentence, or NULL. Beyond the kernel's dev_valid_name(): '%' is a pattern
// to it, "all" and "default" collide with its sysctls, and a name should be harmless on a terminal and in a command line.
static const char *name_flaw(const char *name)
{
	if (name[0] == '\0')
		return "is empty";
	if (strlen(name) >= IFNAMSIZ)
		return "is longer than the 15 characters the kernel has for an interface name";
	if (strcmp(name, "lo") == 0)
		return "is the loopback interface, which every network namespace has already";
	if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0)
		return "is reserved by the kernel (net.ipv4.conf)";
	if (name[0] == '-')
		return "begins with '-'";
	for (const char *c = name; *c != '\0'; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("%/:,=", *c) != NULL)
			return "has a character that an interface name must not have";
	return valid_interface_name(name) ? NULL : "is not a valid interface name";
}

static int parse_name(const char *what, const char *name, struct error *err)
{
	const char *flaw = name_flaw(name);

	return flaw == NULL ? 0 : error_set(err, EINVAL, "%s '%s' %s", what, name, flaw);
}

static int parse_bridge(struct net_link *link, char *value, struct error *err)
{
	link->bridge = value;
	return parse_name("bridge", value, err);
}

static int parse_host(struct net_link *link, char *value, struct error *err)
{
	link->host = value;
	return parse_name("host name", value, err);
}

static int parse_address(struct net_link *link, char *value, struct error *err)
{
	char *slash = strchr(value, '/');
	struct net_address address;
	const char *flaw;
	uint64_t prefix;

	if (slash != NULL)
		*slash = '\0';
	if (!net_address_parse(value, &address))
		return error_set(err, EINVAL, "address '%s' is neither an IPv4 nor an IPv6 address", value);
	if (slash == NULL) {
		error_set(err, EINVAL, "address '%s' has no prefix length", value);
		return error_hint(err, "for example %s/%d", value, address.family == AF_INET ? 24 : 64);
	}
	if (!parse_u64(slash + 1, address.prefix, &prefix) || prefix == 0)
		return error_set(err, EINVAL, "address '%s': prefix length '%s' is not a number from 1 to %u", value, slash + 1, address.prefix);
	address.prefix = (uint8_t)prefix;
	flaw = net_address_flaw(&address);
	if (flaw != NULL)
		return error_set(err, EINVAL, "address '%s/%s' %s", value, slash + 1, flaw);
	if (link->address_count == LINK_ADDRESSES_MAX)
		return error_set(err, EINVAL, "more than %d addresses", LINK_ADDRESSES_MAX);
	for (size_t i = 0; i < link->address_count; i++)
		if (net_address_equal(&link->addresses[i], &address))
			return error_set(err, EINVAL, "address '%s' is given twice", value);
	link->addresses[link->address_count++] = address;
	return 0;
}

// Form only; what needs the addresses is checked when all words are read.
static int parse_gateway(struct net_link *link, char *value, struct error *err)
{
	struct net_address gateway;

	if (strchr(value, '/') != NULL)
		return error_set(err, EINVAL, "gateway '%s' must have no prefix length: it takes that of the address", value);
	if (!net_address_parse(value, &gateway))
		return error_set(err, EINVAL, "gateway '%s' is neither an IPv4 nor an IPv6 address", value);
	for (size_t i = 0; i < link->gateway_count; i++)
		if (link->gateways[i].family == gateway.family)
			return error_set(err, EINVAL, "gateway '%s' is the second one of its family", value);
	link->gateways[link->gateway_count++] = gateway;
	return 0;
}

static int parse_mtu(struct net_link *link, char *value, struct error *err)
{
	uint64_t mtu;

	// ETH_MIN_MTU and ETH_MAX_MTU of the kernel: what veth accepts.
	if (!parse_u64(value, ETH_MAX_MTU, &mtu) || mtu < ETH_MIN_MTU)
		return error_set(err, EINVAL, "mtu '%s' is not a number from %d to %u", value, ETH_MIN_MTU, ETH_MAX_MTU);
	link->mtu = (uint32_t)mtu;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool scan_mac(const char *text, uint8_t mac[6])
{
	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int parse_mac(struct net_link *link, char *value, struct error *err)
{
	static const uint8_t zero[6];

	if (!scan_mac(value, link->mac))
		return error_set(err, EINVAL, "mac '%s' is not six pairs of hexadecimal digits like 02:00:00:00:00:01", value);
	if (link->mac[0] & 1)
		return error_set(err, EINVAL, "mac '%s' is a multicast address (the first byte is odd)", value);
	if (memcmp(link->mac, zero, sizeof zero) == 0)
		return error_set(err, EINVAL, "mac '%s' is the zero address", value);
	link->has_mac = true;
	return 0;
}

static const struct key {
	const char *name;
	bool repeatable;
	int (*parse)(struct net_link *link, char *value, struct error *err);
} keys[] = {
	{"bridge", false, parse_bridge}, {"address", true, parse_address}, {"gateway", true, parse_gateway},
	{"mtu", false, parse_mtu},       {"mac", false, parse_mac},        {"host", false, parse_host},
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };

static int form_error(struct error *err)
{
	return error_hint(err, "the form is %s", GRAMMAR);
}

// One KEY=VALUE word. `seen` has a bit for each key that was given.
static int parse_word(struct net_link *link, char *word, unsigned *seen, struct error *err)
{
	char *equals = strchr(word, '=');

	if (word[0] == '\0') {
		error_set(err, EINVAL, "there is an empty word between two commas or at the end");
		return form_error(err);
	}
	if (equals != NULL)
		*equals = '\0';
	for (unsigned i = 0; i < KEY_COUNT; i++) {
		if (strcmp(word, keys[i].name) != 0)
			continue;
		if (equals == NULL || equals[1] == '\0') {
			error_set(err, EINVAL, "'%s' has no value", word);
			return form_error(err);
		}
		if ((*seen & 1U << i) != 0 && !keys[i].repeatable)
			return error_set(err, EINVAL, "'%s' is given twice", word);
		*seen |= 1U << i;
		return keys[i].parse(link, equals + 1, err);
	}
	error_set(err, EINVAL, "'%s' is not a known key", word);
	return form_error(err);
}

static int parse_kind(struct net_link *link, const char *word, struct error *err)
{
	if (word == NULL || word[0] == '\0') {
		error_set(err, EINVAL, "there is no kind behind '%s:'", link->name);
		return form_error(err);
	}
	for (int i = 0; i < LINK_KIND_MAX; i++) {
		if (strcmp(word, kind_names[i]) == 0) {
			link->kind = (enum link_kind)i;
			return 0;
		}
	}
	return error_set(err, EINVAL, "'%s' is not a known kind; known kinds: veth", word);
}

// Gives the gateway the prefix of the network that holds it, and looks whether it can be a gateway there.
static int check_gateway(const struct net_link *link, struct net_address *gateway, struct error *err)
{
	const struct net_address *network = NULL;
	char text[NET_ADDRESS_TEXT_MAX];
	bool same_family = false;
	const char *flaw;

	net_address_format(gateway, false, text, sizeof text);
	for (size_t i = 0; i < link->address_count; i++) {
		if (net_address_equal(&link->addresses[i], gateway))
			return error_set(err, EINVAL, "gateway '%s' is the link's own address", text);
		same_family = same_family || link->addresses[i].family == gateway->family;
		if (network == NULL && net_address_within(gateway, &link->addresses[i]))
			network = &link->addresses[i];
	}
	if (!same_family)
		return error_set(err, EINVAL, "gateway '%s' needs an %s address on the same link", text,
		                 gateway->family == AF_INET ? "IPv4" : "IPv6");
	if (network == NULL && !net_address_link_local(gateway)) {
		error_set(err, EINVAL, "gateway '%s' is in none of the link's networks", text);
		return error_hint(err, "choose a prefix length that covers both addresses");
	}
	gateway->prefix = network == NULL ? 64 : network->prefix; // fe80::/64: RFC 4291, 2.5.6
	flaw = net_address_flaw(gateway);
	if (flaw != NULL)
		return error_set(err, EINVAL, "gateway '%s' %s", text, flaw);
	return 0;
}

// What concerns several words of one option.
static int check_link(struct net_link *link, struct error *err)
{
	for (size_t i = 0; i < link->gateway_count; i++)
		if (check_gateway(link, &link->gateways[i], err) < 0)
			return -1;
	for (size_t i = 0; i < link->address_count; i++)
		if (link->addresses[i].family == AF_INET6 && link->mtu != 0 && link->mtu < 1280)
			return error_set(err, EINVAL, "mtu '%u' is too small for the IPv6 address; at least 1280 (RFC 8200)", link->mtu);
	if (link->bridge != NULL && link->host != NULL && strcmp(link->bridge, link->host) == 0)
		return error_set(err, EINVAL, "host name '%s' is also the bridge's", link->host);
	return 0;
}

// The MAC of a link that was given none is made of its first address. Others on the bridge remember for half a minute which MAC an address had; a container that
// is started again with a MAC of chance would not get their packets for so long.
static void choose_mac(struct net_link *link)
{
	const struct net_address *first = &link->addresses[0];
	uint64_t hash;

	if (link->has_mac || link->address_count == 0)
		return;
	hash = hash_bytes(first->bytes, net_address_size(first));
	link->mac[0] = 0x02; // locally administered, unicast
	for (int i = 1; i < 6; i++)
		link->mac[i] = (uint8_t)(hash >> 8 * (5 - i));
	link->has_mac = true;
}

static int parse_words(struct net_link *link, char *words, struct error *err)
{
	char *rest = strchr(words, ':');
	unsigned seen = 0;
	char *word;

	if (rest == NULL) {
		error_set(err, EINVAL, "there is no ':' behind the interface name");
		return form_error(err);
	}
	*rest++ = '\0';
	link->name = words;
	if (parse_name("interface name", link->name, err) < 0)
		return -1;
	if (parse_kind(link, strsep(&rest, ","), err) < 0)
		return -1;
	while ((word = strsep(&rest, ",")) != NULL)
		if (parse_word(link, word, &seen, err) < 0)
			return -1;
	choose_mac(link);
	return check_link(link, err);
}

int net_link_parse(struct arena *arena, const char *text, struct net_link *ret_link, struct error *err)
{
	struct net_link link = {0};

	if (strlen(text) > TEXT_MAX) // more than eight long IPv6 addresses and all else take; errors quote from it
		return error_set(err, EINVAL, "network link '%.40s...' is longer than %d characters", text, TEXT_MAX);
	if (parse_words(&link, arena_strdup(arena, text), err) < 0)
		return error_prefix(err, "network link '%.200s'", text);
	*ret_link = link;
	return 0;
}

static int clash(const struct net_link *a, const struct net_link *b, const char *what, const char *value, struct error *err)
{
	return error_set(err, EINVAL, "network links %s and %s: %s %s is given twice", a->name, b->name, what, value);
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
	if (a->host != NULL && b->host != NULL && strcmp(a->host, b->host) == 0)
		return clash(a, b, "host name", a->host, err);
	if (a->host != NULL && b->bridge != NULL && strcmp(a->host, b->bridge) == 0)
		return error_set(err, EINVAL, "network link %s: host name %s is also the bridge of link %s", a->name, a->host, b->name);
	return 0;
}

static int check_macs(const struct net_link *a, const struct net_link *b, struct error *err)
{
	char mac[18];

	if (!a->has_mac || !b->has_mac || memcmp(a->mac, b->mac, sizeof a->mac) != 0)
		return 0;
	snprintf(mac, sizeof mac, "%02x:%02x:%02x:%02x:%02x:%02x", a->mac[0], a->mac[1], a->mac[2], a->mac[3], a->mac[4], a->mac[5]);
	return clash(a, b, "mac", mac, err);
}

int net_links_check(const struct net_link *links, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (i == j)
				continue;
			if (check_pair(&links[i], &links[j], err) < 0)
				return -1;
			if (i < j && (check_addresses(&links[i], &links[j], err) < 0 || check_macs(&links[i], &links[j], err) < 0))
				return -1;
		}
	}
	return 0;
}
