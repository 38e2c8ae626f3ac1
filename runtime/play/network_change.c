// network_change.c: see network_change.h. One process does both actors' steps: the parent's where it is, init's in the container's network namespace.
#include "play/network_change.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "netns/bridge.h"
#include "netns/inventory.h"
#include "netns/pool.h"
#include "netns/route.h"
#include "play/device_steps.h"
#include "play/nat_steps.h"
#include "play/network_steps.h"
#include "play/peer.h"
#include "play/player.h"
#include "state/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct change {
	struct arena *arena;
	int proc, state_dir;
	int home;                 // the network namespace of minirun itself
	int socket;               // there
	struct netns netns;       // the container's
	struct state *state;
	struct default_routes *routed; // one a link: what its routing table has
	bool *new_vrfs;           // one a link: the VRF device that it is to be a port of is not there yet
};
#define CHANGE_INIT ((struct change){.proc = -1, .state_dir = -1, .home = -1, .socket = -1, .netns = NETNS_INIT})

static struct change change_of(struct arena *arena, int state_dir, struct state *state)
{
	struct change change = CHANGE_INIT;

	change.arena = arena;
	change.state_dir = state_dir;
	change.state = state;
	return change;
}

static void change_close(struct change *change)
{
	close_fd(&change->proc);
	close_fd(&change->home);
	close_fd(&change->socket);
	netns_close(&change->netns);
}

static int change_open(struct change *change, struct error *err)
{
	char path[32];

	snprintf(path, sizeof path, "%d/ns/net", (int)change->state->pid);
	change->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	change->home = openat(change->proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
	if (change->home < 0)
		return error_errno(err, errno, "cannot open the network namespace of minirun itself");
	change->socket = nl_open(err);
	if (change->socket < 0 || netns_open(change->proc, path, &change->netns, err) < 0)
		return -1;
	// The number may have been another process's already: look again, now that its namespace is held.
	return state_alive(change->state) ? 0 : error_set(err, ESRCH, "the container has just ended");
}

// --- the record

static bool has_undo(const struct state *state, const struct undo *undo)
{
	for (size_t i = 0; i < state->undo_count; i++)
		if (state->undos[i].kind == undo->kind && strcmp(state->undos[i].path, undo->path) == 0)
			return true;
	return false;
}

// What the container's end has to undo: what it had, and what these links add.
static int record(const struct change *change, const struct plan *plan, const struct spec_pairs *annotations, struct error *err)
{
	struct state state = *change->state;
	struct undo *undos = arena_array(change->arena, state.undo_count + plan->undo_count, sizeof *undos);
	size_t count = state.undo_count;

	if (count > 0)
		memcpy(undos, state.undos, count * sizeof *undos);
	for (size_t i = 0; i < plan->undo_count; i++)
		if (!has_undo(change->state, &plan->undos[i]))
			undos[count++] = plan->undos[i];
	state.undos = undos;
	state.undo_count = count;
	state.annotations = *annotations;
	return state_change(change->state_dir, &state, err);
}

static void record_as_before(const struct change *change)
{
	struct error err = ERROR_INIT;

	if (state_change(change->state_dir, change->state, &err) < 0)
		log_warning("while undoing: %s", err.text);
}

// Without that of a device that is back: who lends it again, and fails, gives it back by that.
static void without_device(struct change *change, const char *device, struct state *state)
{
	struct undo *undos = arena_array(change->arena, state->undo_count, sizeof *undos);
	size_t count = 0;

	for (size_t i = 0; i < state->undo_count; i++)
		if (state->undos[i].kind != UNDO_DEVICE || strcmp(state->undos[i].path, device) != 0)
			undos[count++] = state->undos[i];
	state->undos = undos;
	state->undo_count = count;
}

// Without the addresses and rules of a link that is gone, and the lent `device` (NULL: it was none), in `ret_state`. false: there were none.
static bool state_without(struct change *change, const char *name, const char *device, struct state *ret_state)
{
	const char *address = arena_printf(change->arena, "org.minirun.address.%s", name), *nat = arena_printf(change->arena, "org.minirun.nat.%s", name);
	struct state state = *change->state;
	struct spec_pair *items = arena_array(change->arena, state.annotations.count, sizeof *items);
	size_t count = 0;

	for (size_t i = 0; i < state.annotations.count; i++)
		if (strcmp(state.annotations.items[i].key, address) != 0 && strcmp(state.annotations.items[i].key, nat) != 0)
			items[count++] = state.annotations.items[i];
	if (count == state.annotations.count && device == NULL)
		return false;
	if (device != NULL)
		without_device(change, device, &state);
	state.annotations = (struct spec_pairs){.items = items, .count = count};
	*ret_state = state;
	return true;
}

static int record_without(struct change *change, const char *name, const char *device, struct error *err)
{
	struct state state;

	if (!state_without(change, name, device, &state))
		return 0;
	if (state_change(change->state_dir, &state, err) < 0)
		return -1;
	*change->state = state; // for the next one
	return 0;
}

// --- taking away

// On another link than `name`.
static bool still_has(const struct inventory *inventory, const char *name, const struct net_address *address)
{
	for (size_t i = 0; i < inventory->count; i++)
		for (size_t j = 0; j < inventory->items[i].address_count; j++)
			if (strcmp(inventory->items[i].interface.name, name) != 0 && net_address_equal(&inventory->items[i].addresses[j], address))
				return true;
	return false;
}

static int give_addresses_back(const struct change *change, const struct inventory *inventory, const char *bridge, const char *name, const struct net_address *addresses, size_t count, struct error *err)
{
	struct claims claims = CLAIMS_INIT;

	if (claims_open(CLAIM_DIRECTORY, change->proc, bridge, false, &claims, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!still_has(inventory, name, &addresses[i]))
			pool_give_back(&claims, change->state->owner, &addresses[i]);
	claims_close(&claims);
	return 0;
}

// `bridge`: NULL if its other end is on none. Each part is done whatever becomes of the others.
static int take_away(const struct change *change, const char *name, const char *bridge, const struct net_address *addresses, size_t count, struct error *err)
{
	int lock = bridge != NULL ? bridge_lock(STATE_BRIDGE_LOCK, err) : -1;
	struct error second = ERROR_INIT;
	struct inventory inventory = {0};
	int result;

	if (bridge != NULL && lock < 0)
		return -1;
	result = interface_remove(change->netns.socket, name, err);
	if (bridge != NULL) {
		// Nobody's name: the container's other ports are as good users as anybody's.
		if (bridge_release(change->socket, bridge, "", false, result < 0 ? &second : err) < 0)
			result = -1;
		if (inventory_read(change->netns.socket, change->arena, &inventory, result < 0 ? &second : err) < 0 ||
		    give_addresses_back(change, &inventory, bridge, name, addresses, count, result < 0 ? &second : err) < 0)
			result = -1;
	}
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	return result;
}

// --- adding

static int perform(const struct change *change, struct player *outside, struct player *inside, struct error *err)
{
	const struct plan *plan = outside->plan;

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		int result = step->actor == ACTOR_PARENT ? parent_steps[step->kind](outside, step, err) : network_inside(change->netns.fd, change->home, inside, step, err);

		if (result < 0)
			return -1;
	}
	return 0;
}

// The devices that were lent for links that failed.
static void give_back(const struct change *change, const struct plan *plan)
{
	for (size_t i = plan->undo_count; i > 0; i--) {
		const struct undo *undo = &plan->undos[i - 1];
		struct error err = ERROR_INIT;

		if ((undo->kind == UNDO_DEVICE || undo->kind == UNDO_NETWORK) && !has_undo(change->state, undo) && network_undo(change->state, undo, &err) < 0)
			log_warning("while undoing: %s", err.text);
	}
}

// A link that failed; what was lent is given back after all of them.
static int take_back(const struct change *change, const struct net_link *link, struct error *err)
{
	struct error second = ERROR_INIT;

	if (link->peer != NULL)
		return peer_remove(change->state_dir, change->netns.socket, link->name, err);
	if (nat_wanted(link) && nat_take_back(change->arena, change->state, change->proc, link, &second) < 0)
		log_warning("while undoing: %s", second.text);
	return link->kind == LINK_PHYS ? 0 : take_away(change, link->name, link->bridge, link->addresses, link->address_count, err);
}

struct lasting {
	const struct claims *claims;
	const struct claimant *claimant;
	struct error *err;
};

static int make_last(const char *name, void *data)
{
	const struct lasting *lasting = data;
	struct claim claim;

	if (!claim_holder(lasting->claims, name, &claim) || claim.by.pid == 0 || strcmp(claim.by.owner, lasting->claimant->owner) != 0)
		return 0;
	return claim_take(lasting->claims, name, lasting->claimant, &claim, lasting->err) != 0;
}

static int make_claims_last(const struct change *change, const char *bridge, struct error *err)
{
	const struct claimant claimant = claimant_of(change->proc, change->state->owner, 0);
	struct claims claims = CLAIMS_INIT;
	int lock = bridge_lock(STATE_BRIDGE_LOCK, err), result;

	if (lock < 0)
		return -1;
	result = claims_open(CLAIM_DIRECTORY, change->proc, bridge, false, &claims, err);
	if (result == 0)
		result = claims_names(&claims, make_last, &(struct lasting){&claims, &claimant, err}, err);
	claims_close(&claims);
	bridge_unlock(STATE_BRIDGE_LOCK, &lock);
	return result < 0 || err->code != 0 ? -1 : 0;
}

// With the first device that is lent the container's network namespace, and the addresses in it, stay beyond the end of its process, by which they are claimed.
static int make_addresses_last(const struct change *change, const struct plan *plan, struct error *err)
{
	bool lends = false;

	for (size_t i = 0; i < plan->undo_count; i++)
		lends = lends || (plan->undos[i].kind == UNDO_NETWORK && !has_undo(change->state, &plan->undos[i]));
	for (size_t i = 0; i < change->state->undo_count && lends; i++)
		if (change->state->undos[i].kind == UNDO_BRIDGE && make_claims_last(change, change->state->undos[i].path, err) < 0)
			return -1;
	return 0;
}

static int add(const struct change *change, const struct plan *plan, struct error *err)
{
	struct net_link *links = arena_array(change->arena, plan->link_count, sizeof *links);
	struct player outside = {
		.arena = change->arena, .plan = plan, .state = *change->state, .state_root = -1, .state_dir = change->state_dir, .proc = change->proc, .route = change->socket, .bridge_lock = -1,
		.links = links, .routed = change->routed, .pid = change->state->pid, .host_netns = NETNS_INIT, .netns = NETNS_INIT,
		.ifindexes = arena_array(change->arena, plan->link_count, sizeof *outside.ifindexes),
	};
	struct player inside = outside;
	int result;

	memcpy(links, plan->links, plan->link_count * sizeof *links);
	inside.route = change->netns.socket;
	result = make_addresses_last(change, plan, err) < 0 ? -1 : perform(change, &outside, &inside, err);
	bridge_unlock(STATE_BRIDGE_LOCK, &outside.bridge_lock);
	if (result == 0 && outside.state.annotations.items != change->state->annotations.items)
		result = record(change, plan, &outside.state.annotations, err);
	netns_close(&outside.netns);
	netns_close(&outside.host_netns);
	for (size_t i = 0; i < plan->link_count && result < 0; i++) {
		struct error second = ERROR_INIT;

		if (take_back(change, &links[i], &second) < 0 ||
		    (change->new_vrfs[i] && interface_remove(change->netns.socket, links[i].vrf, &second) < 0))
			log_warning("while undoing: %s", second.text);
	}
	if (result < 0)
		give_back(change, plan);
	return result;
}

// What the kernel would not refuse: a link is configured so that repeating it does no harm, which would replace another link's default route.
static int check_routes(const struct net_link *link, const struct default_routes *there, struct error *err)
{
	for (size_t i = 0; i < link->gateway_count; i++) {
		bool v4 = link->gateways[i].family == AF_INET;

		if (!(v4 ? there->v4 : there->v6))
			continue;
		error_set(err, EEXIST, "cannot add %s: the container has a default IPv%d route already", link->name, v4 ? 4 : 6);
		if (link->vrf != NULL)
			return error_hint(err, "it is in table %u, that of vrf %s; leave gateway= out, or choose another vrf=", link->vrf_table, link->vrf);
		return error_hint(err, "leave gateway= out, or remove the link that has it (`minirun net del`)");
	}
	return 0;
}

// Against what the container has, as net_links_check() checks links against each other.
static int check_link(const struct change *change, const struct inventory *inventory, const struct net_link *link, const struct default_routes *there, struct error *err)
{
	char text[NET_ADDRESS_TEXT_MAX];

	if (inventory_named(inventory, link->name) != NULL)
		return error_set(err, EEXIST, "cannot add %s: the container has a link of that name", link->name);
	if (peers_have(change->state_dir, link->name))
		return error_set(err, EEXIST, "cannot add %s: the container has a link of that name, which waits for its peer", link->name);
	for (size_t i = 0; i < link->address_count; i++)
		if (still_has(inventory, "", &link->addresses[i]))
			return error_set(err, EEXIST, "cannot add %s: the container has address %s on another link", link->name, net_address_format(&link->addresses[i], false, text, sizeof text));
	return check_routes(link, there, err);
}

static int check_links(struct change *change, const struct plan *plan, struct error *err)
{
	struct inventory inventory;
	int socket = change->netns.socket;

	if (inventory_read(socket, change->arena, &inventory, err) < 0)
		return -1;
	change->new_vrfs = arena_array(change->arena, plan->link_count, sizeof *change->new_vrfs);
	change->routed = arena_array(change->arena, plan->link_count, sizeof *change->routed);
	for (size_t i = 0; i < plan->link_count; i++) {
		const struct net_link *link = &plan->links[i];

		if (default_route_find(socket, AF_INET, link->vrf_table, &change->routed[i].v4, err) < 0 || default_route_find(socket, AF_INET6, link->vrf_table, &change->routed[i].v6, err) < 0 ||
		    check_link(change, &inventory, link, &change->routed[i], err) < 0)
			return -1;
		change->new_vrfs[i] = link->vrf != NULL && inventory_named(&inventory, link->vrf) == NULL;
	}
	return 0;
}

int network_add(struct arena *arena, int state_dir, struct state *state, const struct plan *plan, struct error *err)
{
	struct change change = change_of(arena, state_dir, state);
	int result = -1;

	if (change_open(&change, err) == 0 && check_links(&change, plan, err) == 0 && record(&change, plan, &state->annotations, err) == 0) {
		result = add(&change, plan, err);
		if (result < 0)
			record_as_before(&change);
	}
	change_close(&change);
	return result;
}

// --- deleting

static int unknown_link(const struct change *change, const struct inventory *inventory, const char *name, struct error *err)
{
	const char *names = "";

	for (size_t i = 0; i < inventory->count; i++)
		if (!(inventory->items[i].interface.flags & IFF_LOOPBACK))
			names = arena_printf(change->arena, "%s%s%s", names, *names != '\0' ? ", " : "", inventory->items[i].interface.name);
	return error_set(err, ENODEV, "the container has no link %s; it has %s", name, *names != '\0' ? names : "none but lo");
}

// The bridge of the host's that the other end is a port of; `ret_bridge->index` 0: none.
static int find_bridge(const struct change *change, const struct inventory_link *link, struct interface *ret_bridge, struct error *err)
{
	struct interface other, bridge = {0};
	int host;

	*ret_bridge = bridge;
	if (strcmp(link->interface.kind, "veth") != 0 || link->other_namespace == NAMESPACE_ID_NONE)
		return 0;
	if (namespace_id(change->netns.socket, change->home, &host, err) < 0)
		return -1;
	if (host != link->other_namespace)
		return 0;
	if (interface_get(change->socket, link->other, &other, err) < 0 || (other.master != 0 && interface_get(change->socket, other.master, &bridge, err) < 0))
		return -1;
	if (strcmp(bridge.kind, "bridge") == 0)
		*ret_bridge = bridge;
	return 0;
}

// A link that the container's own kernel objects are all of it, with what the host has of it.
static int look_at_link(struct change *change, struct removal *removal, struct net_link *ret_nat, struct error *err)
{
	const char *name = removal->name;
	const struct inventory_link *link;
	struct inventory inventory;
	struct interface bridge;
	bool translated;

	if (inventory_read(change->netns.socket, change->arena, &inventory, err) < 0)
		return -1;
	link = inventory_named(&inventory, name);
	if (link == NULL)
		return unknown_link(change, &inventory, name, err);
	if (link->interface.flags & IFF_LOOPBACK)
		return error_set(err, EPERM, "%s is no link: it is in every network namespace, and stays", name);
	if (*link->interface.kind == '\0')
		return error_set(err, EPERM, "%s is a device of the machine, which cannot be removed: it goes back when the container ends", name);
	if (find_bridge(change, link, &bridge, err) < 0 || nat_link_recorded(change->arena, change->state, name, &translated, ret_nat, err) < 0)
		return -1;
	if (translated) {
		removal->table = nat_table(change->arena, change->state->owner);
		removal->table_goes = !nat_others_recorded(change->state, name);
	}
	if (bridge.index != 0) {
		removal->bridge = arena_strdup(change->arena, bridge.name);
		removal->bridge_goes = strcmp(bridge.alias, BRIDGE_MARK) == 0;
	}
	removal->addresses = link->addresses;
	removal->address_count = link->address_count;
	return 0;
}

// `ret_nat`: its options, if there is a table with its rules.
static int look(struct change *change, const char *name, struct removal *ret_removal, struct net_link *ret_nat, struct error *err)
{
	*ret_removal = (struct removal){.name = name, .state_directory = change->state->owner, .peer = peers_have(change->state_dir, name)};
	if (ret_removal->peer)
		return 0;
	ret_removal->device = device_lent(change->arena, change->state, interface_index(change->netns.socket, name), name, &ret_removal->lent_as);
	return ret_removal->device != NULL ? 0 : look_at_link(change, ret_removal, ret_nat, err);
}

// What is recorded under the name that a lent device was given at first: a program may have renamed it.
static const char *recorded_name(const struct removal *removal)
{
	return removal->device != NULL ? removal->lent_as : removal->name;
}

static int del(struct change *change, const char *name, struct error *err)
{
	struct removal removal;
	struct net_link nat;
	int result;

	if (look(change, name, &removal, &nat, err) < 0)
		return -1;
	if (removal.peer) // with or without the pair
		return peer_remove(change->state_dir, change->netns.socket, name, err);
	if (removal.device != NULL)
		result = network_undo(change->state, &(struct undo){UNDO_DEVICE, removal.device}, err);
	else if (removal.table != NULL && nat_take_back(change->arena, change->state, change->proc, &nat, err) < 0)
		result = -1;
	else
		result = take_away(change, name, removal.bridge, removal.addresses, removal.address_count, err);
	return result < 0 ? -1 : record_without(change, recorded_name(&removal), removal.device, err);
}

int network_del(struct arena *arena, int state_dir, struct state *state, const char *name, struct error *err)
{
	struct change change = change_of(arena, state_dir, state);
	int result = change_open(&change, err) < 0 ? -1 : del(&change, name, err);

	change_close(&change);
	return result;
}

int network_del_look(struct arena *arena, int state_dir, struct state *state, const char *name, struct removal *ret_removal, struct error *err)
{
	struct change change = change_of(arena, state_dir, state);
	struct net_link nat;
	int result = change_open(&change, err) < 0 ? -1 : look(&change, name, ret_removal, &nat, err);

	if (result == 0 && !ret_removal->peer)
		state_without(&change, recorded_name(ret_removal), ret_removal->device, state);
	change_close(&change);
	return result;
}
