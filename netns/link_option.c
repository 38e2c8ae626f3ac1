// link_option.c: see link_option.h. A table of keys, which says what kinds of link take each and who reads its value.
#include "netns/link_option.h"

#include "base/parse.h"
#include "netns/link_peer.h"
#include "netns/link_value.h"
#include "netns/offload.h"
#include "netns/route.h"
#include "netns/shape.h"
#include "netns/vrf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// More than eight long IPv6 addresses, sixteen routes and all else take; more than a route takes: errors quote words whole.
enum { TEXT_MAX = 2000, WORD_MAX = 150 };

static const char *const kind_names[] = {
	[LINK_VETH] = "veth", [LINK_DUMMY] = "dummy", [LINK_MACVLAN] = "macvlan", [LINK_IPVLAN] = "ipvlan", [LINK_VLAN] = "vlan", [LINK_TAP] = "tap", [LINK_PHYS] = "phys",
};
_Static_assert(sizeof kind_names / sizeof *kind_names == LINK_KIND_MAX, "a name for each kind");

// Bits of `kinds` below.
enum {
	VETH = 1 << LINK_VETH,
	DUMMY = 1 << LINK_DUMMY,
	MACVLAN = 1 << LINK_MACVLAN,
	IPVLAN = 1 << LINK_IPVLAN,
	VLAN = 1 << LINK_VLAN,
	TAP = 1 << LINK_TAP,
	PHYS = 1 << LINK_PHYS,
	ALL = (1 << LINK_KIND_MAX) - 1,
};

static const struct key {
	const char *name;
	const char *form; // of the value, for the grammar; NULL: it has none
	unsigned kinds;
	bool repeatable;
	link_value_parser *parse;
} keys[] = {
	{"device", "NAME", PHYS, false, link_value_device},
	{"bridge", "NAME", VETH, false, link_value_bridge},
	{"stp", "yes|no", VETH, false, link_value_stp},
	{"bridge_mtu", "BYTES", VETH, false, link_value_bridge_mtu},
	{"vlan_filtering", "yes|no", VETH, false, link_value_vlan_filtering},
	{"vlan", "ID", VETH, false, link_value_port_vlan},
	{"masquerade", "yes|no", VETH, false, link_value_masquerade},
	{"publish", "[IP:]PORT:PORT[/tcp|/udp]", VETH, true, link_value_publish},
	{"peer", "ID:NAME", VETH, false, link_value_peer},
	{"address", "IP/LENGTH|auto", ALL, true, link_value_address},
	{"gateway", "IP", ALL, true, link_value_gateway},
	{"route", "NETWORK/LENGTH[ via IP][ metric NUMBER]", ALL, true, link_value_route},
	{"mtu", "BYTES", ALL, false, link_value_mtu},
	{"mac", "02:00:00:00:00:01", ALL & ~IPVLAN, false, link_value_mac}, // an ipvlan shares its parent's
	{"host", "NAME", VETH, false, link_value_host},
	{"txqueuelen", "PACKETS", ALL, false, link_value_txqueuelen},
	{"down", NULL, ALL, false, link_value_down},
	{"csum", "on|off", VETH | MACVLAN | VLAN, false, link_value_offload},
	{"tso", "on|off", VETH | MACVLAN | VLAN, false, link_value_offload},
	{"gso", "on|off", VETH | MACVLAN | VLAN, false, link_value_offload},
	{"gro", "on|off", VETH | MACVLAN | VLAN, false, link_value_offload},
	{"rate", "10mbit", ALL, false, link_value_rate},
	{"delay", "10ms", ALL, false, link_value_delay},
	{"loss", "0.5%", ALL, false, link_value_loss},
	{"vrf", "NAME:TABLE", ALL, false, link_value_vrf},
	{"sysctl.", "VALUE", ALL, true, link_value_sysctl},
	{"parent", "NAME", MACVLAN | IPVLAN | VLAN, false, link_value_parent},
	{"mode", "WORD", MACVLAN | IPVLAN, false, link_value_mode},
	{"id", "VLAN", VLAN, false, link_value_vlan_id},
	{"queues", "NUMBER", VETH | MACVLAN | DUMMY | TAP, false, link_value_queues},
	{"owner", "UID", TAP, false, link_value_owner},
	{"group", "GID", TAP, false, link_value_group},
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };
_Static_assert(KEY_COUNT <= 64, "a bit for each key that was seen");

// What a kind cannot do without.
static const struct need {
	const char *key;
	unsigned kinds;
	const char *what;
} needs[] = {
	{"device", PHYS, "device=NAME, the host's device that is moved into the container"},
	{"parent", MACVLAN | IPVLAN | VLAN, "parent=NAME, the host's device that it is on"},
	{"id", VLAN, "id=VLAN"},
};

// NULL: the kind can do without the key, or does not take it.
static const struct need *need_of(const struct key *key, enum link_kind kind)
{
	for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
		if ((needs[i].kinds & 1U << kind) != 0 && strcmp(needs[i].key, key->name) == 0)
			return &needs[i];
	return NULL;
}

const char *link_kind_name(enum link_kind kind)
{
	return kind_names[kind];
}

bool link_on_host(const struct net_link *link)
{
	return link->kind != LINK_DUMMY && link->kind != LINK_TAP;
}

char *link_mac_text(const uint8_t mac[6], char text[LINK_MAC_TEXT_MAX])
{
	snprintf(text, LINK_MAC_TEXT_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

// "sysctl." stands for all that begin so.
static bool is_prefix(const struct key *key)
{
	return key->name[strlen(key->name) - 1] == '.';
}

static bool is_key(const struct key *key, const char *word)
{
	return is_prefix(key) ? strncmp(word, key->name, strlen(key->name)) == 0 : strcmp(word, key->name) == 0;
}

// A free address is one of a bridge's.
static const char *form_of(const struct key *key, enum link_kind kind)
{
	return key->parse == link_value_address && kind != LINK_VETH ? "IP/LENGTH" : key->form;
}

// "[,bridge=NAME]", "[,address=IP/LENGTH]...", ",device=NAME": appends it to the `used` characters of `text`; returns how many there would be with it.
static size_t put_key(const struct key *key, enum link_kind kind, char *text, size_t size, size_t used)
{
	const char *form = form_of(key, kind);
	bool needed = need_of(key, kind) != NULL;

	if (used >= size)
		return used;
	return used + (size_t)snprintf(text + used, size - used, "%s,%s%s%s%s%s%s", needed ? "" : "[", key->name, is_prefix(key) ? "KEY" : "", form != NULL ? "=" : "", form != NULL ? form : "",
				       needed ? "" : "]", key->repeatable ? "..." : "");
}

// "NAME:vlan,parent=NAME,id=VLAN[,address=IP/LENGTH]...": of the kind if it is known, what it needs first, else "NAME:KIND[,KEY=VALUE]...".
static int form_error(const enum link_kind *kind, struct error *err)
{
	char text[ERROR_TEXT_MAX];
	size_t used;

	if (kind == NULL)
		return error_hint(err, "the form is NAME:KIND[,KEY=VALUE]...");
	used = (size_t)snprintf(text, sizeof text, "NAME:%s", kind_names[*kind]);
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (need_of(&keys[i], *kind) != NULL)
			used = put_key(&keys[i], *kind, text, sizeof text, used);
	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].kinds & 1U << *kind) != 0 && need_of(&keys[i], *kind) == NULL)
			used = put_key(&keys[i], *kind, text, sizeof text, used);
	return error_hint(err, "the form is %s", text);
}

static int unknown_key(const struct net_link *link, const char *key, struct error *err)
{
	error_set(err, EINVAL, "'%s' is not a known key", key);
	return form_error(&link->kind, err);
}

// "veth, macvlan": the kinds of the bits.
static void list_kinds(unsigned kinds, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < LINK_KIND_MAX; i++)
		if ((kinds & 1U << i) != 0 && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", kind_names[i]);
}

static int wrong_kind(const struct net_link *link, const struct key *key, struct error *err)
{
	char kinds[128];

	list_kinds(key->kinds, kinds, sizeof kinds);
	return error_set(err, EINVAL, "'%s' is no option of %s, but of %s", key->name, kind_names[link->kind], kinds);
}

static int parse_key(const struct key *key, const struct link_word *word, uint64_t *seen, struct error *err)
{
	uint64_t bit = (uint64_t)1 << (key - keys);

	if ((key->kinds & 1U << word->link->kind) == 0)
		return wrong_kind(word->link, key, err);
	if (key->form == NULL && word->value != NULL)
		return error_set(err, EINVAL, "'%s' has no value to be given", word->key);
	if (key->form != NULL && (word->value == NULL || word->value[0] == '\0')) {
		error_set(err, EINVAL, "'%s' has no value", word->key);
		return form_error(&word->link->kind, err);
	}
	if ((*seen & bit) != 0 && !key->repeatable)
		return error_set(err, EINVAL, "'%s' is given twice", word->key);
	*seen |= bit;
	return key->parse(word, err);
}

// One KEY=VALUE word. `seen` has a bit for each key that was given.
static int parse_word(struct arena *arena, struct net_link *link, char *text, uint64_t *seen, struct error *err)
{
	struct link_word word = {.arena = arena, .link = link, .key = text, .value = strchr(text, '=')};

	if (text[0] == '\0') {
		error_set(err, EINVAL, "there is an empty word between two commas or at the end");
		return form_error(&link->kind, err);
	}
	if (word.value != NULL)
		*word.value++ = '\0';
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (is_key(&keys[i], text))
			return parse_key(&keys[i], &word, seen, err);
	return unknown_key(link, text, err);
}

static int parse_kind(struct net_link *link, const char *word, struct error *err)
{
	char kinds[128];

	if (word == NULL || word[0] == '\0') {
		error_set(err, EINVAL, "there is no kind behind '%s:'", link->name);
		return form_error(NULL, err);
	}
	for (int i = 0; i < LINK_KIND_MAX; i++) {
		if (strcmp(word, kind_names[i]) == 0) {
			link->kind = (enum link_kind)i;
			return 0;
		}
	}
	list_kinds(ALL, kinds, sizeof kinds);
	return error_set(err, EINVAL, "'%s' is not a known kind; known kinds: %s", word, kinds);
}

// The MAC of a link that was given none is made of its first address. Others on the bridge remember for half a minute which MAC an address had; a container that
// is started again with a MAC of chance would not get their packets for so long.
void net_link_choose_mac(struct net_link *link)
{
	const struct net_address *first = &link->addresses[0];
	uint64_t hash;
	bool own = link->kind == LINK_VETH || link->kind == LINK_DUMMY || link->kind == LINK_MACVLAN || link->kind == LINK_TAP;

	if (!own || link->has_mac || link->address_count == 0)
		return;
	hash = hash_bytes(first->bytes, net_address_size(first)) ^ link->vrf_table; // the same address may be in two VRFs
	link->mac[0] = 0x02; // locally administered, unicast
	for (int i = 1; i < 6; i++)
		link->mac[i] = (uint8_t)(hash >> 8 * (5 - i));
	link->has_mac = true;
}

// What a kind has when nothing is said, after what has to be said.
static int complete(struct net_link *link, uint64_t seen, struct error *err)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct need *need = need_of(&keys[i], link->kind);

		if (need == NULL || (seen & (uint64_t)1 << i) != 0)
			continue;
		error_set(err, EINVAL, "%s needs %s", kind_names[link->kind], need->what);
		return form_error(&link->kind, err);
	}
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (keys[i].parse == link_value_mode && (seen & (uint64_t)1 << i) == 0)
			link_value_usual_mode(link);
	net_link_choose_mac(link);
	link->keeps_addresses = link->kind == LINK_PHYS && link->address_count == 0;
	return link_value_check(link, err);
}

static int parse_words(struct arena *arena, struct net_link *link, char *words, struct error *err)
{
	char *rest;
	uint64_t seen = 0;
	char *word;

	for (const char *c = words; *c != '\0'; c += strcspn(c, ","), c += *c != '\0')
		if (strcspn(c, ",") > WORD_MAX)
			return error_set(err, EINVAL, "the word '%.40s...' is longer than %d characters", c, WORD_MAX);
	rest = strchr(words, ':');
	if (rest == NULL) {
		error_set(err, EINVAL, "there is no ':' behind the interface name");
		return form_error(NULL, err);
	}
	*rest++ = '\0';
	link->name = words;
	if (link_value_check_name("interface name", link->name, err) < 0)
		return -1;
	if (parse_kind(link, strsep(&rest, ","), err) < 0)
		return -1;
	while ((word = strsep(&rest, ",")) != NULL)
		if (parse_word(arena, link, word, &seen, err) < 0)
			return -1;
	return complete(link, seen, err);
}

int net_link_parse(struct arena *arena, const char *text, struct net_link *ret_link, struct error *err)
{
	struct net_link link = {0};

	if (strlen(text) > TEXT_MAX)
		return error_set(err, EINVAL, "network link '%.40s...' is longer than %d characters", text, TEXT_MAX);
	if (parse_words(arena, &link, arena_strdup(arena, text), err) < 0)
		return error_prefix(err, "network link '%.200s'", text);
	if (link.peer != NULL)
		link.text = arena_strdup(arena, text);
	*ret_link = link;
	return 0;
}
