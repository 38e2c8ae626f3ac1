// link_value.c: see link_value.h.
#include "netns/link_value.h"

#include "base/parse.h"
#include "netns/link_peer.h"
#include "netns/route.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

// Why `name` cannot be an interface's, as the end of a sentence, or NULL. Beyond the kernel's dev_valid_name(): '%' is a pattern
// to it, "all" and "default" collide with its sysctls, and a name should be harmless on a terminal, in a command line and in a shell.
static const char *name_flaw(const char *name)
{
	if (name[0] == '\0')
		return "is empty";
	if (strlen(name) >= IF_NAMESIZE)
		return "is longer than the 15 characters the kernel has for an interface name";
	if (strcmp(name, "lo") == 0)
		return "is the loopback interface, which every network namespace has already";
	if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0)
		return "is reserved by the kernel (net.ipv4.conf)";
	if (name[0] == '-')
		return "begins with '-'";
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@+-")] != '\0')
		return "has a character that an interface name must not have: there are letters, digits and _.@+-";
	return valid_interface_name(name) ? NULL : "is not a valid interface name";
}

int link_value_check_name(const char *what, const char *name, struct error *err)
{
	const char *flaw = name_flaw(name);

	return flaw == NULL ? 0 : error_set(err, EINVAL, "%s '%s' %s", what, name, flaw);
}

int link_value_bridge(const struct link_word *word, struct error *err)
{
	word->link->bridge = word->value;
	return link_value_check_name("bridge", word->value, err);
}

int link_value_host(const struct link_word *word, struct error *err)
{
	word->link->host = word->value;
	return link_value_check_name("host name", word->value, err);
}

int link_value_address(const struct link_word *word, struct error *err)
{
	struct net_link *link = word->link;
	char *value = word->value;
	char *slash = strchr(value, '/');
	struct net_address address;
	const char *flaw;
	uint64_t prefix;

	if (strcmp(value, "auto") == 0) {
		if (link->auto_address)
			return error_set(err, EINVAL, "address 'auto' is given twice");
		link->auto_address = true;
		return 0;
	}
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
	if (link->address_count == LINK_ADDRESSES_MAX - LINK_AUTO_MAX)
		return error_set(err, EINVAL, "more than %d addresses", LINK_ADDRESSES_MAX - LINK_AUTO_MAX);
	for (size_t i = 0; i < link->address_count; i++)
		if (net_address_equal(&link->addresses[i], &address))
			return error_set(err, EINVAL, "address '%s' is given twice", value);
	link->addresses[link->address_count++] = address;
	return 0;
}

// Form only; what needs the addresses is checked when all words are read.
int link_value_gateway(const struct link_word *word, struct error *err)
{
	struct net_link *link = word->link;
	char *value = word->value;
	char *slash = strchr(value, '/');
	struct net_address gateway;
	uint64_t prefix;

	if (strcmp(value, "none") == 0) {
		link->no_gateway = true;
		return 0;
	}
	if (slash != NULL)
		*slash = '\0';
	if (!net_address_parse(value, &gateway))
		return error_set(err, EINVAL, "gateway '%s' is neither an IPv4 nor an IPv6 address", value);
	if (slash != NULL && (!parse_u64(slash + 1, gateway.prefix, &prefix) || prefix == 0))
		return error_set(err, EINVAL, "gateway '%s': prefix length '%s' is not a number from 1 to %u", value, slash + 1, gateway.prefix);
	if (slash != NULL)
		gateway.prefix = (uint8_t)prefix;
	if (net_address_of_family(link->gateways, link->gateway_count, gateway.family) != NULL)
		return error_set(err, EINVAL, "gateway '%s' is the second one of its family", value);
	link->gateways[link->gateway_count++] = gateway;
	return 0;
}

// A number from `least` to `most`.
static int parse_number(const struct link_word *word, uint64_t least, uint64_t most, uint64_t *ret_number, struct error *err)
{
	uint64_t number;

	if (!parse_u64(word->value, most, &number) || number < least)
		return error_set(err, EINVAL, "%s '%s' is not a number from %" PRIu64 " to %" PRIu64, word->key, word->value, least, most);
	*ret_number = number;
	return 0;
}

int link_value_frame_size(const struct link_word *word, uint32_t *ret_size, struct error *err)
{
	uint64_t mtu = 0;

	// What the kernel's links accept, unless their parent takes less.
	if (parse_number(word, ETH_MIN_MTU, ETH_MAX_MTU, &mtu, err) < 0)
		return -1;
	*ret_size = (uint32_t)mtu;
	return 0;
}

int link_value_mtu(const struct link_word *word, struct error *err)
{
	return link_value_frame_size(word, &word->link->mtu, err);
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

int link_value_mac(const struct link_word *word, struct error *err)
{
	static const uint8_t zero[6];
	struct net_link *link = word->link;
	const char *value = word->value;

	if (!scan_mac(value, link->mac))
		return error_set(err, EINVAL, "mac '%s' is not six pairs of hexadecimal digits like 02:00:00:00:00:01", value);
	if (link->mac[0] & 1)
		return error_set(err, EINVAL, "mac '%s' is a multicast address (the first byte is odd)", value);
	if (memcmp(link->mac, zero, sizeof zero) == 0)
		return error_set(err, EINVAL, "mac '%s' is the zero address", value);
	link->has_mac = true;
	return 0;
}

// Of a link whose address is chosen in the network of this gateway. A gateway of the single address' prefix is looked for in the bridge's networks at the start.
static int check_auto_gateway(const struct net_address *gateway, struct error *err)
{
	const char *flaw = net_address_flaw(gateway);
	char text[NET_ADDRESS_TEXT_MAX];

	return flaw == NULL ? 0 : error_set(err, EINVAL, "gateway '%s' %s", net_address_format(gateway, true, text, sizeof text), flaw);
}

int link_value_parent(const struct link_word *word, struct error *err)
{
	word->link->parent = word->value;
	return link_value_check_name("parent", word->value, err);
}

int link_value_device(const struct link_word *word, struct error *err)
{
	word->link->device = word->value;
	return link_value_check_name("device", word->value, err);
}

static const struct mode {
	const char *name;
	enum link_kind kind;
	unsigned mode;
} modes[] = {
	{"bridge", LINK_MACVLAN, MACVLAN_MODE_BRIDGE}, // the first of a kind is the usual one
	{"private", LINK_MACVLAN, MACVLAN_MODE_PRIVATE},
	{"vepa", LINK_MACVLAN, MACVLAN_MODE_VEPA},
	{"passthru", LINK_MACVLAN, MACVLAN_MODE_PASSTHRU},
	{"l2", LINK_IPVLAN, IPVLAN_MODE_L2},
	{"l3", LINK_IPVLAN, IPVLAN_MODE_L3},
	{"l3s", LINK_IPVLAN, IPVLAN_MODE_L3S},
};

enum { MODE_COUNT = sizeof modes / sizeof *modes };

const char *link_mode_name(const struct net_link *link)
{
	for (size_t i = 0; i < MODE_COUNT; i++)
		if (modes[i].kind == link->kind && modes[i].mode == link->mode)
			return modes[i].name;
	return NULL;
}

void link_value_usual_mode(struct net_link *link)
{
	for (size_t i = MODE_COUNT; i > 0; i--)
		if (modes[i - 1].kind == link->kind)
			link->mode = modes[i - 1].mode;
}

int link_value_mode(const struct link_word *word, struct error *err)
{
	struct net_link *link = word->link;

	for (size_t i = 0; i < MODE_COUNT; i++) {
		if (modes[i].kind == link->kind && strcmp(modes[i].name, word->value) == 0) {
			link->mode = modes[i].mode;
			return 0;
		}
	}
	error_set(err, EINVAL, "mode '%s' is none of %s", word->value, link_kind_name(link->kind));
	return error_hint(err, "there are %s", link->kind == LINK_MACVLAN ? "bridge, private, vepa and passthru" : "l2, l3 and l3s");
}

int link_value_vlan_id(const struct link_word *word, struct error *err)
{
	uint64_t id = 0;

	if (parse_number(word, 1, 4094, &id, err) < 0) // IEEE 802.1Q: 0 is a priority tag, 4095 reserved
		return -1;
	word->link->vlan_id = (uint16_t)id;
	return 0;
}

int link_value_queues(const struct link_word *word, struct error *err)
{
	uint64_t queues = 0;

	// MAX_TAP_QUEUES of drivers/net/tun.c; rtnl_create_link() of net/core/rtnetlink.c takes up to 4096.
	if (parse_number(word, 1, word->link->kind == LINK_TAP ? 256 : 4096, &queues, err) < 0)
		return -1;
	word->link->queues = (uint32_t)queues;
	return 0;
}

int link_value_txqueuelen(const struct link_word *word, struct error *err)
{
	if (parse_number(word, 0, UINT32_MAX >> 1, &word->link->txqueuelen.value, err) < 0)
		return -1;
	word->link->txqueuelen.set = true;
	return 0;
}

int link_value_down(const struct link_word *word, struct error *err)
{
	(void)err;
	word->link->down = true;
	return 0;
}

// "ipv4.rp_filter" -> "net/ipv4/conf/eth0/rp_filter", "ipv6.neigh.gc_stale_time" -> "net/ipv6/neigh/eth0/gc_stale_time"; NULL: no such form.
static const char *sysctl_path(struct arena *arena, const char *name, const char *setting)
{
	static const char *const families[] = {"ipv4", "ipv6", "mpls"};
	const char *table = "conf";
	const char *family = NULL;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strncmp(setting, families[i], 4) == 0 && setting[4] == '.')
			family = families[i];
	if (family == NULL)
		return NULL;
	setting += strlen("ipv4.");
	if (strncmp(setting, "neigh.", strlen("neigh.")) == 0) {
		setting += strlen("neigh.");
		table = "neigh";
	}
	if (*setting == '\0' || setting[strspn(setting, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
		return NULL;
	return arena_printf(arena, "net/%s/%s/%s/%s", family, table, name, setting);
}

int link_value_sysctl(const struct link_word *word, struct error *err)
{
	struct net_link *link = word->link;
	const char *path = sysctl_path(word->arena, link->name, word->key + strlen("sysctl."));

	if (path == NULL) {
		error_set(err, EINVAL, "'%s' is not a setting of an interface", word->key);
		return error_hint(err, "the form is sysctl.ipv4|ipv6|mpls.[neigh.]NAME=VALUE, as in sysctl.ipv4.rp_filter=2 for net.ipv4.conf.%s.rp_filter", link->name);
	}
	for (size_t i = 0; i < link->sysctl_count; i++)
		if (strcmp(link->sysctls[i].path, path) == 0)
			return error_set(err, EINVAL, "'%s' is given twice", word->key);
	if (link->sysctl_count == LINK_SYSCTLS_MAX)
		return error_set(err, EINVAL, "more than %d sysctls", LINK_SYSCTLS_MAX);
	link->sysctls[link->sysctl_count++] = (struct net_sysctl){path, word->value};
	return 0;
}

static int parse_id(const struct link_word *word, struct opt_u64 *ret_id, struct error *err)
{
	if (parse_number(word, 0, UINT32_MAX - 1, &ret_id->value, err) < 0) // the last one is "no id" (chown(2))
		return -1;
	ret_id->set = true;
	return 0;
}

int link_value_owner(const struct link_word *word, struct error *err)
{
	return parse_id(word, &word->link->owner_uid, err);
}

int link_value_group(const struct link_word *word, struct error *err)
{
	return parse_id(word, &word->link->owner_gid, err);
}

// Gives the gateway the prefix of the network that holds it, and looks whether it can be a gateway there.
static int check_gateway(const struct net_link *link, struct net_address *gateway, struct error *err)
{
	const struct net_address *network = NULL;
	char text[NET_ADDRESS_TEXT_MAX];
	const char *flaw;

	if (link->auto_address && net_address_of_family(link->addresses, link->address_count, gateway->family) == NULL)
		return check_auto_gateway(gateway, err);
	if (link->keeps_addresses)
		return 0; // whose networks only the kernel knows yet
	if (gateway->prefix != (gateway->family == AF_INET ? 32 : 128))
		return error_set(err, EINVAL, "gateway '%s' must have no prefix length: it takes that of the address", net_address_format(gateway, true, text, sizeof text));
	net_address_format(gateway, false, text, sizeof text);
	for (size_t i = 0; i < link->address_count; i++) {
		if (net_address_equal(&link->addresses[i], gateway))
			return error_set(err, EINVAL, "gateway '%s' is the link's own address", text);
		if (network == NULL && net_address_within(gateway, &link->addresses[i]))
			network = &link->addresses[i];
	}
	if (net_address_of_family(link->addresses, link->address_count, gateway->family) == NULL)
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
int link_value_check(struct net_link *link, struct error *err)
{
	if (link->peer != NULL && net_peer_check(link, err) < 0)
		return -1;
	if (link->auto_address && link->bridge == NULL) {
		error_set(err, EINVAL, "address 'auto' is one of a bridge's network, and the link has no bridge");
		return error_hint(err, link->kind == LINK_VETH ? "give bridge=NAME" : "give address=IP/LENGTH");
	}
	if (link->no_gateway && (!link->auto_address || link->gateway_count > 0))
		return error_set(err, EINVAL, "gateway 'none' is for a link with address=auto and no other gateway");
	if (link->down && (link->gateway_count > 0 || link->route_count > 0))
		return error_set(err, EINVAL, "a link that is down has no routes: 'down' goes with neither gateway= nor route=");
	for (size_t i = 0; i < link->gateway_count; i++)
		if (check_gateway(link, &link->gateways[i], err) < 0)
			return -1;
	if (net_routes_check(link, err) < 0)
		return -1;
	if (link->mtu != 0 && link->mtu < 1280 && net_address_of_family(link->addresses, link->address_count, AF_INET6) != NULL)
		return error_set(err, EINVAL, "mtu '%u' is too small for the IPv6 address; at least 1280 (RFC 8200)", link->mtu);
	if (link->bridge != NULL && link->host != NULL && strcmp(link->bridge, link->host) == 0)
		return error_set(err, EINVAL, "host name '%s' is also the bridge's", link->host);
	return link_value_check_bridge(link, err);
}
