// network_steps.c: see network_steps.h.
#include "play/network_steps.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "netns/assign.h"
#include "netns/link.h"
#include "netns/netlink.h"
#include "netns/offload.h"
#include "netns/pool.h"
#include "netns/shared_sysctl.h"
#include "netns/sublink.h"
#include "netns/tap.h"
#include "netns/vrf.h"
#include "play/device_steps.h"
#include "play/names_steps.h"
#include "play/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

// What the bridge gets as its own no container may have.
static int check_unused(const struct player *player, const struct net_link *link, const struct net_address *own, size_t count, struct error *err)
{
	struct claims claims = CLAIMS_INIT;
	struct pool pool = {.claims = &claims, .bridge = link->bridge};
	int result = 0;

	if (count == 0)
		return 0;
	if (claims_open(CLAIM_DIRECTORY, player->proc, link->bridge, false, &claims, err) < 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++)
		result = pool_check_unused(&pool, &own[i], err);
	claims_close(&claims);
	return result;
}

int network_bridge(struct player *player, const struct step *step, struct error *err)
{
	const struct net_link *link = step->link;
	struct net_address own[LINK_GATEWAYS_MAX];
	size_t own_count = 0;
	bool made;

	if (player_open_route(player, err) < 0)
		return -1;
	// Held until the link is on the bridge: an unused bridge may be removed by another container's end.
	bridge_unlock(STATE_BRIDGE_LOCK, &player->bridge_lock);
	player->bridge_lock = bridge_lock(STATE_BRIDGE_LOCK, err);
	if (player->bridge_lock < 0)
		return -1;
	// The gateway of an address that is still to be chosen, given without the length of its network, is one of the bridge's already.
	for (size_t i = 0; i < link->gateway_count; i++)
		if (link->gateways[i].prefix != 8 * net_address_size(&link->gateways[i]))
			own[own_count++] = link->gateways[i];
	if (check_unused(player, link, own, own_count, err) < 0)
		return -1;
	return bridge_ensure(player->route, link->bridge, &link->bridge_options, own, own_count, &made, err);
}

static bool others_route(const struct player *player, const struct net_link *link, int family)
{
	for (size_t i = 0; i < player->plan->link_count; i++) {
		const struct net_link *other = player_link(player, &player->plan->links[i]);

		if (other != link && other->vrf_table == link->vrf_table && net_address_of_family(other->gateways, other->gateway_count, family) != NULL)
			return true;
	}
	return false;
}

void network_tell(struct player *player, const char *what, const struct net_link *link, const char *value)
{
	struct spec_pairs *annotations = &player->state.annotations;
	struct spec_pair *items = arena_array(player->arena, annotations->count + 1, sizeof *items);

	if (annotations->count > 0)
		memcpy(items, annotations->items, annotations->count * sizeof *items);
	items[annotations->count++] = (struct spec_pair){arena_printf(player->arena, "org.minirun.%s.%s", what, link->name), value};
	annotations->items = items;
}

void network_tell_addresses(struct player *player, const struct net_link *link)
{
	char text[NET_ADDRESS_TEXT_MAX];
	const char *list = "";

	for (size_t i = 0; i < link->address_count; i++)
		list = arena_printf(player->arena, "%s%s%s", list, i > 0 ? "," : "", net_address_format(&link->addresses[i], true, text, sizeof text));
	network_tell(player, "address", link, list);
}

int network_address(struct player *player, const struct step *step, struct error *err)
{
	const struct net_link *planned = step->address.link;
	struct net_link *link = player->links != NULL ? &player->links[planned - player->plan->links] : NULL;
	struct default_routes there = {0};
	struct net_link written = *planned;
	struct claimant claimant = claimant_of(player->proc, player->plan->state_directory, step->address.outlives ? 0 : player->pid);
	struct claims claims = CLAIMS_INIT;
	struct assignment assignment = {.socket = player->route, .claims = &claims, .claimant = &claimant};
	int result;

	if (link == NULL)
		link = &written;
	if (player->routed != NULL)
		there = player->routed[planned - player->plan->links];
	assignment.may_route4 = !there.v4 && !others_route(player, link, AF_INET);
	assignment.may_route6 = !there.v6 && !others_route(player, link, AF_INET6);
	if (claims_open(CLAIM_DIRECTORY, player->proc, link->bridge, true, &claims, err) < 0)
		return -1;
	result = link_assign(&assignment, link, err);
	claims_close(&claims);
	if (result == 0 && link->auto_address)
		network_tell_addresses(player, link);
	return result == 0 && link->auto_address ? names_add_addresses(player, link, planned->address_count, err) : result;
}

int network_veth(struct player *player, const struct step *step, struct error *err)
{
	char host[IFNAMSIZ];

	if (player_open_route(player, err) < 0 ||
	    veth_create(player->route, player->plan->id, player->plan->state_directory, player_link(player, step->veth.link), -1, player->pid, &player->ifindexes[step->veth.number], host, err) < 0)
		return -1;
	// What the container is not to see is what the host's end hands over.
	if (step->veth.link->offloads_off != 0 && offload_off(player->route, host, step->veth.link->offloads_off, err) < 0)
		return -1;
	bridge_unlock(STATE_BRIDGE_LOCK, &player->bridge_lock);
	return 0;
}

// The mark of links in a network namespace that outlives the container; one of its own needs none.
static unsigned mark(const struct player *player)
{
	for (size_t i = 0; i < player->plan->undo_count; i++)
		if (player->plan->undos[i].kind == UNDO_JOINED_LINKS)
			return veth_group(player->plan->state_directory);
	return 0;
}

int network_sublink(struct player *player, const struct step *step, struct error *err)
{
	return player_open_route(player, err) < 0 ? -1 : sublink_create(player->route, step->link, mark(player), player->pid, err);
}

static int make_tap(const struct player *player, const struct net_link *link, struct error *err)
{
	// Opened here: a file of /dev/net/tun belongs to the network namespace of who has opened it.
	AUTO_FD device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (device >= 0)
		return tap_create(device, player->route, link, mark(player), err);
	error_errno(err, errno, "cannot make tap %s: cannot open the host's /dev/net/tun", link->name);
	return err->code == ENOENT || err->code == ENODEV ? error_hint(err, "this kernel has no TAP devices, or the module tun is not loaded") : -1;
}

int network_own_link(struct player *player, const struct step *step, struct error *err)
{
	if (player_open_route(player, err) < 0)
		return -1;
	return step->link->kind == LINK_TAP ? make_tap(player, step->link, err) : sublink_create(player->route, step->link, mark(player), 0, err);
}

int network_loopback(struct player *player, const struct step *step, struct error *err)
{
	(void)step;
	return player_open_route(player, err) < 0 ? -1 : loopback_up(player->route, err);
}

int network_link(struct player *player, const struct step *step, struct error *err)
{
	return player_open_route(player, err) < 0 ? -1 : link_configure(player->route, player_link(player, step->link), err);
}

int network_vrf(struct player *player, const struct step *step, struct error *err)
{
	return player_open_route(player, err) < 0 ? -1 : vrf_ensure(player->route, step->link, mark(player), err);
}

int network_inside(int netns, int home, struct player *player, const struct step *step, struct error *err)
{
	struct error second = ERROR_INIT;
	int result;

	if (setns(netns, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "cannot enter the network namespace of the container");
	result = init_steps[step->kind](player, step, err);
	if (setns(home, CLONE_NEWNET) < 0)
		return error_errno(result < 0 ? &second : err, errno, "cannot return from the network namespace of the container");
	return result;
}

int network_link_ready(struct player *player, const struct step *step, struct error *err)
{
	return veth_wait(player->route, player->ifindexes[step->veth.number], err);
}

static int open_claims(const char *bridge, int *ret_proc, struct claims *ret_claims, struct error *err)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (claims_open(CLAIM_DIRECTORY, proc, bridge, false, ret_claims, err) < 0)
		return -1;
	*ret_proc = take_fd(&proc);
	return 0;
}

struct own_claims {
	const struct claims *claims;
	const char *owner;
};

static int drop_translation(const char *name, void *data)
{
	const struct own_claims *own = data;

	if (strncmp(name, DEVICE_CLAIM, strlen(DEVICE_CLAIM)) != 0)
		claim_drop(own->claims, name, own->owner);
	return 0;
}

// What the container has claimed of the host itself is free for others: ports and sysctls. A lent device is so when it is back.
static int give_claims_back(const struct state *state, struct error *err)
{
	struct claims claims = CLAIMS_INIT;
	AUTO_FD proc = -1;
	int result = open_claims(NULL, &proc, &claims, err);

	if (result == 0)
		result = claims_names(&claims, drop_translation, &(struct own_claims){.claims = &claims, .owner = state->owner}, err);
	if (result == 0)
		result = shared_sysctl_off(&claims, err);
	claims_close(&claims);
	return result;
}

// What was made goes, and the claims whatever became of that.
static int undo_bridge(const struct state *state, const char *bridge, struct error *err)
{
	AUTO_FD socket = nl_open(err);
	struct error second = ERROR_INIT;
	struct claims claims = CLAIMS_INIT;
	AUTO_FD proc = -1;
	int opened = open_claims(bridge, &proc, &claims, socket < 0 ? &second : err);
	int result = opened;

	if (socket < 0 || bridge_release(socket, bridge, state->owner, opened == 0 && claims_others(&claims, state->owner), result < 0 ? &second : err) < 0)
		result = -1;
	if (opened == 0 && claims_drop(&claims, state->owner, result < 0 ? &second : err) < 0)
		result = -1;
	claims_close(&claims);
	return result;
}

static int undo_links(const struct state *state, struct error *err)
{
	AUTO_FD socket = nl_open(err);

	return socket < 0 ? -1 : veth_remove(socket, state->owner, err);
}

static int undo_joined_links(const struct state *state, const char *path, struct error *err)
{
	struct netns netns = NETNS_INIT;
	int result;

	if (netns_open_file(path, &netns, err) < 0)
		return err->code == ENOENT || err->code == ESRCH ? 0 : -1; // it took its links along
	result = sublinks_remove(netns.socket, veth_group(state->owner), err);
	netns_close(&netns);
	return result;
}

static int undo_on_host(const struct state *state, const struct undo *undo, struct error *err)
{
	int lock, result;

	// Before the lock, as when it was made.
	if (undo->kind == UNDO_NAT && nat_remove(undo->path, err) < 0)
		return -1;
	lock = bridge_lock(STATE_BRIDGE_LOCK, err);
	if (lock < 0)
		return -1;
	if (undo->kind == UNDO_LINKS)
		result = undo_links(state, err);
	else
		result = undo->kind == UNDO_BRIDGE ? undo_bridge(state, undo->path, err) : give_claims_back(state, err);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	return result;
}

int network_undo(const struct state *state, const struct undo *undo, struct error *err)
{
	if (undo->kind == UNDO_PEER)
		return peer_undo(state, undo->path, err);
	if (undo->kind == UNDO_JOINED_LINKS)
		return undo_joined_links(state, undo->path, err);
	if (undo->kind == UNDO_DEVICE || undo->kind == UNDO_NETWORK)
		return device_undo(state, undo, err);
	return undo_on_host(state, undo, err);
}
