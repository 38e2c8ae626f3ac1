// nat_steps.c: see nat_steps.h.
#include "play/nat_steps.h"

#include "base/file.h"
#include "base/log.h"
#include "netns/nat.h"
#include "netns/shared_sysctl.h"
#include "play/network_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

// Turning IPv6 forwarding on makes the kernel forget the routers that the host has learnt from advertisements (addrconf_forward_change()): that is for its administrator.
static int check_forwarding6(const struct player *player, const struct net_link *link, struct error *err)
{
	char value[16] = "0";

	if (net_address_of_family(link->addresses, link->address_count, AF_INET6) == NULL || (read_file_at(player->proc, "sys/net/ipv6/conf/all/forwarding", value, sizeof value) > 0 && strcmp(value, "0") != 0))
		return 0;
	error_set(err, EPERM, "masquerade= and publish= of link %s with an IPv6 address need the host to forward IPv6, which it does not", link->name);
	return error_hint(err, "sysctl -w net.ipv6.conf.all.forwarding=1, and net.ipv6.conf.UPLINK.accept_ra=2 if the host learns its own router by advertisements");
}

#define RECORD "org.minirun.nat."
#define FORWARDING "net/ipv4/ip_forward"

static const char *route_localnet(struct arena *arena, const struct net_link *link)
{
	return arena_printf(arena, "net/ipv4/conf/%s/route_localnet", link->bridge);
}

// What the host has to do for the link.
static int prepare_host(struct player *player, const struct claims *claims, const struct claimant *claimant, const struct net_link *link, const char **words, struct error *err)
{
	bool turned = false;

	if (nat_take_ports(player->arena, claims, claimant, link, words, err) < 0 || check_forwarding6(player, link, err) < 0)
		return -1;
	if (net_address_of_family(link->addresses, link->address_count, AF_INET) == NULL)
		return 0;
	if (shared_sysctl_on(claims, claimant, FORWARDING, &turned, err) < 0)
		return -1;
	if (turned)
		log_info("net.ipv4.ip_forward is on until the last container with masquerade= or publish= has ended");
	return nat_from_localhost(link) ? shared_sysctl_on(claims, claimant, route_localnet(player->arena, link), &turned, err) : 0;
}

static int prepare_links(struct player *player, const struct net_link *links, const struct claims *claims, const char **words, struct error *err)
{
	const struct claimant claimant = claimant_of(player->proc, player->plan->state_directory, player->pid);

	for (size_t i = 0; i < player->plan->link_count; i++)
		if (nat_wanted(&links[i]) && prepare_host(player, claims, &claimant, &links[i], words, err) < 0)
			return -1;
	return 0;
}

// nft outlives a minirun that is killed, and its table would come behind the removal of the container: it has the container's lock, too, so that `delete` waits for its end.
static int make_under_lock(int state_dir, const char *rules, struct error *err)
{
	int result;

	fcntl(state_dir, F_SETFD, 0);
	result = nat_make(rules, err);
	fcntl(state_dir, F_SETFD, FD_CLOEXEC);
	return result;
}

int nat_make_table(struct player *player, const struct step *step, struct error *err)
{
	const struct net_link *links = player_link(player, step->nat.links);
	struct claims claims = CLAIMS_INIT;
	const char *words = "";
	int lock = bridge_lock(STATE_BRIDGE_LOCK, err), result = -1;

	if (lock >= 0 && claims_open(CLAIM_DIRECTORY, player->proc, NULL, true, &claims, err) == 0)
		result = prepare_links(player, links, &claims, &words, err);
	claims_close(&claims);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	// Without the lock: nft takes ten milliseconds, and the table is nobody else's.
	if (result < 0)
		return -1;
	words = arena_printf(player->arena, "%s%s", words, nat_rules(player->arena, player->plan->state_directory, links, step->nat.count));
	if (make_under_lock(player->state_dir, words, err) < 0)
		return -1;
	for (size_t i = 0; i < step->nat.count; i++)
		if (nat_wanted(&links[i]))
			network_tell(player, "nat", &links[i], nat_words(player->arena, &links[i]));
	return 0;
}

// --- the end of one link's

static int read_record(struct arena *arena, const char *name, const char *words, struct net_link *ret_link, struct error *err)
{
	if (net_link_parse(arena, arena_printf(arena, "%s:veth,%s", name, words), ret_link, err) == 0)
		return 0;
	return error_prefix(err, "cannot read what is recorded of the rules of link %s", name);
}

int nat_link_recorded(struct arena *arena, const struct state *state, const char *name, bool *ret_found, struct net_link *ret_link, struct error *err)
{
	const char *key = arena_printf(arena, RECORD "%s", name);

	for (size_t i = 0; i < state->annotations.count; i++) {
		if (strcmp(state->annotations.items[i].key, key) != 0)
			continue;
		*ret_found = true;
		return read_record(arena, name, state->annotations.items[i].value, ret_link, err);
	}
	*ret_found = false;
	return 0;
}

static bool is_others(const struct spec_pair *annotation, const char *name)
{
	return strncmp(annotation->key, RECORD, strlen(RECORD)) == 0 && strcmp(annotation->key + strlen(RECORD), name) != 0;
}

bool nat_others_recorded(const struct state *state, const char *name)
{
	for (size_t i = 0; i < state->annotations.count; i++)
		if (is_others(&state->annotations.items[i], name))
			return true;
	return false;
}

// The container's other links with rules.
static int read_others(struct arena *arena, const struct state *state, const char *name, struct net_link **ret_links, size_t *ret_count, struct error *err)
{
	struct net_link *links = arena_array(arena, state->annotations.count, sizeof *links);
	size_t count = 0;

	for (size_t i = 0; i < state->annotations.count; i++) {
		const struct spec_pair *pair = &state->annotations.items[i];

		if (!is_others(pair, name))
			continue;
		if (read_record(arena, pair->key + strlen(RECORD), pair->value, &links[count++], err) < 0)
			return -1;
	}
	*ret_links = links;
	*ret_count = count;
	return 0;
}

static int release_host(struct arena *arena, const struct claims *claims, const char *owner, const struct net_link *link, const struct net_link *others, size_t count, struct error *err)
{
	bool localhost = false;

	nat_drop_ports(claims, owner, link, others, count);
	for (size_t i = 0; i < count; i++)
		localhost = localhost || (strcmp(others[i].bridge, link->bridge) == 0 && nat_from_localhost(&others[i]));
	if (!localhost)
		shared_sysctl_leave(claims, owner, route_localnet(arena, link));
	if (count == 0)
		shared_sysctl_leave(claims, owner, FORWARDING);
	return shared_sysctl_off(claims, err);
}

int nat_take_back(struct arena *arena, const struct state *state, int proc, const struct net_link *link, struct error *err)
{
	const char *table = nat_table(arena, state->owner);
	struct claims claims = CLAIMS_INIT;
	struct error second = ERROR_INIT;
	struct net_link *others;
	int lock, result;
	size_t count;

	if (read_others(arena, state, link->name, &others, &count, err) < 0)
		return -1;
	// The host goes on doing its part as long as a packet may come by the rules.
	result = count == 0 ? nat_remove(table, err) : nat_remove_link(table, link->name, err);
	lock = bridge_lock(STATE_BRIDGE_LOCK, result < 0 ? &second : err);
	if (lock < 0)
		return -1;
	if (claims_open(CLAIM_DIRECTORY, proc, NULL, false, &claims, result < 0 ? &second : err) < 0 ||
	    release_host(arena, &claims, state->owner, link, others, count, result < 0 ? &second : err) < 0)
		result = -1;
	claims_close(&claims);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	return result;
}
