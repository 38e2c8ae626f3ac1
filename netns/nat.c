// nat.c: see nat.h.
#include "netns/nat.h"

#include "base/cleanup.h"
#include "base/launch.h"
#include "base/parse.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { SAID_MAX = 500 };

bool nat_wanted(const struct net_link *link)
{
	return link->masquerade || link->port_count > 0;
}

bool nat_from_localhost(const struct net_link *link)
{
	bool any = false;

	for (size_t i = 0; i < link->port_count; i++)
		any = any || !link->ports[i].has_address || (link->ports[i].address.family == AF_INET && link->ports[i].address.bytes[0] == 127);
	return any;
}

const char *nat_table(struct arena *arena, const char *owner)
{
	const char *slash = strrchr(owner, '/');
	char *name = arena_printf(arena, "minirun-%.40s-%016llx", slash != NULL ? slash + 1 : owner, (unsigned long long)hash_bytes(owner, strlen(owner)));

	// An identifier of nft's has no '+', which an id may have.
	for (char *c = name; *c != '\0'; c++)
		if (*c == '+')
			*c = '_';
	return name;
}

const char *nat_port_text(struct arena *arena, const struct net_port *port)
{
	const char *protocol = port->udp ? "udp" : "tcp";
	char address[NET_ADDRESS_TEXT_MAX];

	if (!port->has_address)
		return arena_printf(arena, "%u:%u/%s", port->host_port, port->port, protocol);
	net_address_format(&port->address, false, address, sizeof address);
	return arena_printf(arena, port->address.family == AF_INET ? "%s:%u:%u/%s" : "[%s]:%u:%u/%s", address, port->host_port, port->port, protocol);
}

// --- rules

// An address of the container's, in nft's words.
struct target {
	bool v6;
	const char *ip;      // "ip" or "ip6"
	const char *address; // "10.9.0.2"
	const char *network; // "10.9.0.2/24"
};

static struct target target_of(struct arena *arena, const struct net_address *address)
{
	bool v6 = address->family == AF_INET6;
	char text[NET_ADDRESS_TEXT_MAX];
	struct target target = {.v6 = v6, .ip = v6 ? "ip6" : "ip"};

	target.address = arena_strdup(arena, net_address_format(address, false, text, sizeof text));
	target.network = arena_strdup(arena, net_address_format(address, true, text, sizeof text));
	return target;
}

// The first address of a family is the one that the world meets. false: the link has none of it.
static bool find_target(struct arena *arena, const struct net_link *link, int family, struct target *ret_target)
{
	const struct net_address *address = net_address_of_family(link->addresses, link->address_count, family);

	if (address != NULL) {
		*ret_target = target_of(arena, address);
		return true;
	}
	// In a plan, before it is played: variables of nft, which takes all that a link's usual name may have for a part of theirs.
	*ret_target = (struct target){.ip = "ip", .address = arena_printf(arena, "$ADDRESS_%s", link->name), .network = arena_printf(arena, "$NETWORK_%s", link->name)};
	return family == AF_INET && link->address_count == 0 && link->auto_address;
}

// Which packets are meant for a published port: those to any address of the host's, or to one.
static const char *destination(struct arena *arena, const struct net_port *port, const struct target *target)
{
	char address[NET_ADDRESS_TEXT_MAX];

	if (port->has_address)
		return arena_printf(arena, "%s daddr %s", target->ip, net_address_format(&port->address, false, address, sizeof address));
	// IPv6 has no way from ::1 to another host: it is left to who listens there.
	return target->v6 ? "meta nfproto ipv6 fib daddr type local ip6 daddr != ::1" : "meta nfproto ipv4 fib daddr type local";
}

// "" for none: an IPv4 address of the host's cannot lead to an IPv6 address.
static const char *port_rule(struct arena *arena, const struct net_port *port, const struct target *target)
{
	if (port->has_address && (port->address.family == AF_INET6) != target->v6)
		return "";
	return arena_printf(arena, "%s %s dport %u dnat %s to %s%s%s:%u; ", destination(arena, port, target), port->udp ? "udp" : "tcp", port->host_port, target->ip, target->v6 ? "[" : "",
			    target->address, target->v6 ? "]" : "", port->port);
}

struct chains {
	const char *destinations; // of packets from outside and of the host's own alike
	const char *sources, *guards;
};

static void add_target(struct arena *arena, struct chains *chains, const struct net_link *link, const struct target *target)
{
	const char *before = chains->destinations;

	for (size_t i = 0; i < link->port_count; i++)
		chains->destinations = arena_printf(arena, "%s%s", chains->destinations, port_rule(arena, &link->ports[i], target));
	if (link->masquerade)
		chains->sources = arena_printf(arena, "%s%s saddr %s oifname != \"%s\" masquerade; ", chains->sources, target->ip, target->address, link->bridge);
	if (chains->destinations == before || link->port_count == 0)
		return;
	// Answers have to come back through the host: to its own programs, which may have asked from 127.0.0.1, and to neighbours on the bridge, whom the container would answer itself.
	chains->sources = arena_printf(arena, "%1$soifname \"%2$s\" %3$s daddr %4$s ct status dnat fib saddr type local masquerade; oifname \"%2$s\" %3$s daddr %4$s %3$s saddr %5$s ct status dnat masquerade; ",
				       chains->sources, link->bridge, target->ip, target->address, target->network);
}

static void add_link(struct arena *arena, struct chains *chains, const struct net_link *link)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		struct target target;

		if (find_target(arena, link, families[i], &target))
			add_target(arena, chains, link, &target);
	}
	// What route_localnet opens besides: neighbours on the bridge must not get at what listens on the host's 127.0.0.1 (CVE-2020-8558).
	if (nat_from_localhost(link))
		chains->guards = arena_printf(arena, "%siifname \"%s\" ip daddr 127.0.0.0/8 drop; ", chains->guards, link->bridge);
}

enum { RAW = -300, DSTNAT = -100, SRCNAT = 100 }; // NF_IP_PRI_*: the first is before connections are looked up

static const struct chain {
	const char *name, *type, *hook;
	int priority;
	size_t rules; // where they are in struct chains
} link_chains[] = {
	{"guard", "filter", "prerouting", RAW, offsetof(struct chains, guards)},
	{"incoming", "nat", "prerouting", DSTNAT, offsetof(struct chains, destinations)},
	{"local", "nat", "output", DSTNAT, offsetof(struct chains, destinations)},
	{"outgoing", "nat", "postrouting", SRCNAT, offsetof(struct chains, sources)},
};

enum { LINK_CHAINS = sizeof link_chains / sizeof *link_chains };

// "incoming-eth0". A name of an interface may have characters that nft's identifiers have not: '_' and a hash then stand for it.
static const char *chain_name(struct arena *arena, const struct chain *chain, const char *link)
{
	char *name = arena_printf(arena, "%s-%s", chain->name, link);
	bool changed = false;

	for (char *c = name; *c != '\0'; c++) {
		if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || strchr("-_.", *c) != NULL)
			continue;
		*c = '_';
		changed = true;
	}
	return changed ? arena_printf(arena, "%s-%016llx", name, (unsigned long long)hash_bytes(link, strlen(link))) : name;
}

static const char *rules_of_link(struct arena *arena, const struct net_link *link)
{
	struct chains chains = {"", "", ""};
	const char *text = "";

	add_link(arena, &chains, link);
	for (size_t i = 0; i < LINK_CHAINS; i++) {
		const struct chain *chain = &link_chains[i];
		const char *rules = *(const char *const *)((const char *)&chains + chain->rules);

		if (*rules != '\0')
			text = arena_printf(arena, "%schain %s { type %s hook %s priority %d; policy accept; %s}; ", text, chain_name(arena, chain, link->name), chain->type, chain->hook, chain->priority, rules);
	}
	return text;
}

// A path as nft's quoted strings can hold it.
static const char *comment(struct arena *arena, const char *owner)
{
	char *text = arena_printf(arena, "%.100s", owner);

	for (char *c = text; *c != '\0'; c++)
		if (*c == '"' || *c == '\\' || *c < ' ')
			*c = '?';
	return text;
}

const char *nat_rules(struct arena *arena, const char *owner, const struct net_link *links, size_t count)
{
	const char *text = arena_printf(arena, "table inet %s { comment \"%s\"; ", nat_table(arena, owner), comment(arena, owner));

	for (size_t i = 0; i < count; i++)
		if (nat_wanted(&links[i]))
			text = arena_printf(arena, "%s%s", text, rules_of_link(arena, &links[i]));
	return arena_printf(arena, "%s}", text);
}

const char *nat_words(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "bridge=%s,address=auto%s", link->bridge, link->masquerade ? ",masquerade=yes" : "");

	for (size_t i = 0; i < link->port_count; i++) {
		const char *port = nat_port_text(arena, &link->ports[i]);

		// Not longer than it was typed, which has its limit.
		text = arena_printf(arena, "%s,publish=%.*s", text, (int)(strlen(port) - (link->ports[i].udp ? 0 : strlen("/tcp"))), port);
	}
	return text;
}

// --- ports

struct contest {
	const char *prefix; // "tcp:8080:"
	const char *host;   // "10.0.0.1", "*" for all
	const char *owner;
	struct claim holder;
	bool found;
};

static int compare_port(const char *name, const struct claim *claim, void *data)
{
	struct contest *contest = data;
	size_t length = strlen(contest->prefix);

	if (strncmp(name, contest->prefix, length) != 0)
		return 0;
	name += length;
	if (strcmp(name, contest->host) != 0 && strcmp(name, "*") != 0 && strcmp(contest->host, "*") != 0)
		return 0;
	contest->holder.by = claim->by;
	snprintf(contest->holder.text, sizeof contest->holder.text, "%s", claim->by.owner);
	contest->holder.by.owner = contest->holder.text;
	contest->found = true;
	return 1;
}

// "tcp:8080:", and behind it the address; "*" for all.
static const char *port_prefix(struct arena *arena, const struct net_port *port)
{
	return arena_printf(arena, "%s:%u:", port->udp ? "udp" : "tcp", port->host_port);
}

static const char *port_host(const struct net_port *port, char text[static NET_ADDRESS_TEXT_MAX])
{
	return port->has_address ? net_address_format(&port->address, false, text, NET_ADDRESS_TEXT_MAX) : "*";
}

struct ended {
	struct arena *arena;
	const struct claims *claims;
	struct contest contest; // its owner is who takes the port
	const char *words;
};

static int find_ended(const char *name, void *data)
{
	struct ended *ended = data;
	struct claim claim;

	if (!claim_read(ended->claims, name, &claim) || strcmp(claim.by.owner, ended->contest.owner) == 0 || compare_port(name, &claim, &ended->contest) == 0)
		return 0;
	ended->words = arena_printf(ended->arena, "%1$sadd table inet %2$s; delete table inet %2$s; ", ended->words, nat_table(ended->arena, claim.by.owner));
	return 0;
}

static int claim_port(struct arena *arena, const struct claims *claims, const struct claimant *claimant, const struct net_port *port, const char **words, struct error *err)
{
	struct ended ended = {.arena = arena, .claims = claims, .words = *words};
	char text[NET_ADDRESS_TEXT_MAX], holder[512];
	struct contest contest = {.host = port_host(port, text), .prefix = port_prefix(arena, port)};

	if (claims_each(claims, compare_port, &contest, err) < 0)
		return -1;
	if (contest.found && strcmp(contest.holder.by.owner, claimant->owner) == 0)
		return error_set(err, EADDRINUSE, "port %s is published twice by this container", nat_port_text(arena, port));
	if (contest.found) {
		error_set(err, EADDRINUSE, "cannot publish port %s: %s has it", nat_port_text(arena, port), claim_holder_text(&contest.holder, holder, sizeof holder));
		return error_hint(err, "choose another port of the host, or one of its addresses: publish=IP:PORT:PORT");
	}
	// Who has it besides does not live.
	ended.contest = contest;
	ended.contest.owner = claimant->owner;
	if (claims_names(claims, find_ended, &ended, err) < 0)
		return -1;
	*words = ended.words;
	return claim_take(claims, arena_printf(arena, "%s%s", contest.prefix, contest.host), claimant, &contest.holder, err);
}

// Whether a program of the host's could listen there, too; what it gets now would go to the container from then on.
static int try_port(struct arena *arena, const struct net_port *port, int family, struct error *err)
{
	AUTO_FD fd = socket(family, (port->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port->host_port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port->host_port)};
	const int on = 1;

	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : error_errno(err, errno, "cannot make a socket");
	if (port->has_address)
		memcpy(family == AF_INET ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, port->address.bytes, net_address_size(&port->address));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on); // means nothing to IPv4
	if (!port->udp) // connections that have ended do not count, listeners do
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, family == AF_INET ? sizeof v4 : sizeof v6) == 0)
		return 0;
	if (errno == EADDRINUSE)
		return error_set(err, EADDRINUSE, "cannot publish port %s: a program of the host listens on it (ss -lnp shows which)", nat_port_text(arena, port));
	return error_errno(err, errno, "cannot publish port %s", nat_port_text(arena, port));
}

static int take_port(struct arena *arena, const struct claims *claims, const struct claimant *claimant, const struct net_link *link, const struct net_port *port, const char **words, struct error *err)
{
	static const int families[] = {AF_INET, AF_INET6};
	bool reaches = false;

	for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
		struct target target;

		if (!find_target(arena, link, families[i], &target) || (port->has_address && port->address.family != families[i]))
			continue;
		reaches = true;
		if (try_port(arena, port, families[i], err) < 0)
			return -1;
	}
	if (!reaches)
		return error_set(err, EINVAL, "cannot publish port %s: link %s has no %s address that it could lead to", nat_port_text(arena, port), link->name, port->address.family == AF_INET ? "IPv4" : "IPv6");
	return claim_port(arena, claims, claimant, port, words, err);
}

int nat_take_ports(struct arena *arena, const struct claims *claims, const struct claimant *claimant, const struct net_link *link, const char **words, struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < link->port_count && result == 0; i++)
		result = take_port(arena, claims, claimant, link, &link->ports[i], words, err);
	return result;
}

static bool has_port(const struct net_link *link, const struct net_port *port)
{
	for (size_t i = 0; i < link->port_count; i++) {
		const struct net_port *other = &link->ports[i];

		if (other->udp == port->udp && other->host_port == port->host_port && other->has_address == port->has_address && (!port->has_address || net_address_equal(&other->address, &port->address)))
			return true;
	}
	return false;
}

void nat_drop_ports(const struct claims *claims, const char *owner, const struct net_link *link, const struct net_link *others, size_t count)
{
	char text[NET_ADDRESS_TEXT_MAX];
	struct arena arena = {0};

	for (size_t i = 0; i < link->port_count; i++) {
		const struct net_port *port = &link->ports[i];
		bool used = false;

		for (size_t j = 0; j < count; j++)
			used = used || has_port(&others[j], port);
		if (!used)
			claim_drop(claims, arena_printf(&arena, "%s%s", port_prefix(&arena, port), port_host(port, text)), owner);
	}
	arena_free(&arena);
}

// --- nft

static int run_nft(const char *words, struct error *err)
{
	char name[] = "nft", path[] = "/usr/sbin/nft", *text = strdup(words);
	char *args[] = {name, text, NULL};
	char said[SAID_MAX] = "";
	int status = 0, code;

	if (text == NULL)
		return error_set(err, ENOMEM, "cannot run nft: out of memory");
	code = launch_and_hear(args, said, sizeof said, &status);
	if (code == ENOENT) { // service managers' PATH may be short
		args[0] = path;
		code = launch_and_hear(args, said, sizeof said, &status);
	}
	free(text);
	if (code != 0) {
		error_errno(err, code, "cannot run nft, which makes the rules of masquerade= and publish=");
		return code == ENOENT ? error_hint(err, "install it (Debian: package nftables)") : -1;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, EINVAL, "nft refuses the rules of masquerade= and publish=: %s", said[0] != '\0' ? said : "it says nothing");
}

int nat_make(const char *rules, struct error *err)
{
	return run_nft(rules, err);
}

// Adding what is there changes nothing, so that removing what is not there succeeds.
const char *nat_removal_rules(struct arena *arena, const char *table, const char *name)
{
	const char *words = arena_printf(arena, "add table inet %s", table);

	if (name == NULL)
		return arena_printf(arena, "%s; delete table inet %s", words, table);
	for (size_t i = 0; i < LINK_CHAINS; i++)
		words = arena_printf(arena, "%1$s; add chain inet %2$s %3$s; flush chain inet %2$s %3$s; delete chain inet %2$s %3$s", words, table, chain_name(arena, &link_chains[i], name));
	return words;
}

int nat_remove_link(const char *table, const char *name, struct error *err)
{
	struct arena arena = {0};
	int result = run_nft(nat_removal_rules(&arena, table, name), err);

	arena_free(&arena);
	return result < 0 ? error_prefix(err, "cannot remove the rules of %s from table %s", name, table) : 0;
}

int nat_remove(const char *table, struct error *err)
{
	struct arena arena = {0};
	int result = run_nft(nat_removal_rules(&arena, table, NULL), err);

	arena_free(&arena);
	return result < 0 ? error_prefix(err, "cannot remove table %s", table) : 0;
}
