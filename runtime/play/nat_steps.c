// nat_steps.c: see nat_steps.h.
#include "play/nat_steps.h"

#include "base/file.h"
#include "base/log.h"
#include "netns/nat.h"
#include "netns/shared_sysctl.h"

#include <errno.h>
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

// What the host has to do for the link.
static int prepare_host(struct player *player, const struct claims *claims, const struct claimant *claimant, const struct net_link *link, struct error *err)
{
	const char *route_localnet = arena_printf(player->arena, "net/ipv4/conf/%s/route_localnet", link->bridge);
	bool turned = false;

	if (nat_take_ports(claims, claimant, link, err) < 0 || check_forwarding6(player, link, err) < 0)
		return -1;
	if (net_address_of_family(link->addresses, link->address_count, AF_INET) == NULL)
		return 0;
	if (shared_sysctl_on(claims, claimant, "net/ipv4/ip_forward", &turned, err) < 0)
		return -1;
	if (turned)
		log_info("net.ipv4.ip_forward is on until the last container with masquerade= or publish= has ended");
	return nat_from_localhost(link) ? shared_sysctl_on(claims, claimant, route_localnet, &turned, err) : 0;
}

static int prepare_links(struct player *player, const struct net_link *links, const struct claims *claims, struct error *err)
{
	const struct claimant claimant = claimant_of(player->proc, player->plan->state_directory, player->pid);

	for (size_t i = 0; i < player->plan->link_count; i++)
		if (nat_wanted(&links[i]) && prepare_host(player, claims, &claimant, &links[i], err) < 0)
			return -1;
	return 0;
}

int nat_make_table(struct player *player, const struct step *step, struct error *err)
{
	const struct net_link *links = player_link(player, step->nat.links);
	struct claims claims = CLAIMS_INIT;
	int lock = bridge_lock(STATE_BRIDGE_LOCK, err), result = -1;

	if (lock >= 0 && claims_open(CLAIM_DIRECTORY, player->proc, NULL, true, &claims, err) == 0)
		result = prepare_links(player, links, &claims, err);
	claims_close(&claims);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	// Without the lock: nft takes ten milliseconds, and the table is nobody else's.
	return result < 0 ? -1 : nat_make(nat_rules(player->arena, player->plan->state_directory, links, step->nat.count), err);
}
