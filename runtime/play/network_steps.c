// network_steps.c: see network_steps.h.
#include "play/network_steps.h"

#include "base/log.h"
#include "netns/link.h"
#include "netns/netlink.h"

#include <stdio.h>

int network_bridge(struct player *player, const struct step *step, struct error *err)
{
	const struct net_link *link = step->link;
	bool made;

	if (player_open_route(player, err) < 0)
		return -1;
	// Held until the link is on the bridge: an unused bridge may be removed by another container's end.
	bridge_unlock(STATE_BRIDGE_LOCK, &player->bridge_lock);
	player->bridge_lock = bridge_lock(STATE_BRIDGE_LOCK, err);
	if (player->bridge_lock < 0)
		return -1;
	return bridge_ensure(player->route, link->bridge, link->gateways, link->gateway_count, &made, err);
}

int network_veth(struct player *player, const struct step *step, struct error *err)
{
	if (player_open_route(player, err) < 0 ||
	    veth_create(player->route, player->plan->id, player->plan->state_directory, step->veth.link, -1, player->pid, &player->ifindexes[step->veth.number], NULL, err) < 0)
		return -1;
	bridge_unlock(STATE_BRIDGE_LOCK, &player->bridge_lock);
	return 0;
}

static int open_namespaces(struct player *player, struct error *err)
{
	char path[32];

	if (player->netns.fd >= 0)
		return 0;
	snprintf(path, sizeof path, "%d/ns/net", player->pid);
	if (player->host_netns.fd < 0 && netns_open(player->proc, "self/ns/net", &player->host_netns, err) < 0)
		return -1;
	return netns_open(player->proc, path, &player->netns, err);
}

int network_device(struct player *player, const struct step *step, struct error *err)
{
	if (open_namespaces(player, err) < 0)
		return -1;
	return device_move(&player->host_netns, &player->netns, step->net_device.name, step->net_device.new_name, true, &player->moved[step->net_device.number], err);
}

int network_link_ready(struct player *player, const struct step *step, struct error *err)
{
	return veth_wait(player->route, player->ifindexes[step->veth.number], err);
}

// Not at the end of a container that has run: what it did with a device stays its own affair (runtime-spec), but one that never ran must not take a virtual device
// along into the end of its network namespace.
void network_move_back(struct player *player)
{
	const struct plan *plan = player->plan;

	for (size_t i = plan->count; i > 0; i--) {
		const struct step *step = &plan->steps[i - 1];
		struct error err = ERROR_INIT;

		if (step->kind != STEP_NET_DEVICE || player->moved[step->net_device.number].index == 0)
			continue;
		if (device_move_back(&player->netns, &player->host_netns, &player->moved[step->net_device.number], step->net_device.name, &err) < 0)
			log_warning("while undoing: %s", err.text);
	}
}
