// peer.c: see peer.h. The other container's state is read without its own lock, which a start holds throughout: what is needed of it (the record with its pid, then peers.h) is written atomically, and
// before this lock is taken. So of two that start at once, the one that gets the lock last finds all of the other.
#include "play/peer.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "netns/link_peer.h"
#include "netns/pair.h"
#include "netns/vrf.h"
#include "play/network_steps.h"
#include "state/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

// One of the two containers.
struct side {
	const char *id, *owner;
	struct net_link link;
	struct netns netns;
	bool made_vrf;    // for the link, right now
};

static void side_close(struct side *side)
{
	netns_close(&side->netns);
}

#define AUTO_SIDE __attribute__((cleanup(side_close))) struct side

static int open_netns(int proc, pid_t pid, struct netns *ret_netns, struct error *err)
{
	char path[32];

	snprintf(path, sizeof path, "%d/ns/net", (int)pid);
	return netns_open(proc, path, ret_netns, err);
}

// --- the peer

// Its state, if it is in use. Absent (-1 in `*ret_dir`) is what cannot be opened or read, too: it is being made or removed, and comes later or not at all.
static void find_container(int root, struct arena *arena, const char *id, int *ret_dir, struct state *ret_state)
{
	struct error ignored = ERROR_INIT;
	AUTO_FD dir = state_open(root, id, &ignored);

	*ret_dir = -1;
	if (dir >= 0 && state_load(dir, arena, ret_state, &ignored) == 0 && state_alive(ret_state))
		*ret_dir = take_fd(&dir);
}

static bool same_directory(int one, int other)
{
	struct stat a, b;

	return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// Two that name each other, in two state roots, would wait for ever. Where the other root is the usual one, it can be told.
static int check_usual_root(const struct player *player, int root, const struct side *own, struct error *err)
{
	const struct net_link *match = NULL;
	struct error ignored = ERROR_INIT;
	struct net_link *links;
	char path[PATH_MAX];
	const char *usual_root = state_usual_root(path);
	AUTO_FD usual = state_open_root(usual_root, false, &ignored);
	AUTO_FD dir = -1;
	struct state state;
	size_t count;

	if (usual < 0 || same_directory(usual, root))
		return 0;
	find_container(usual, player->arena, own->link.peer, &dir, &state);
	if (dir < 0 || peers_read(dir, player->arena, &links, &count, &ignored) < 0 || net_peer_match(own->id, &own->link, links, count, &match, &ignored) < 0 || match == NULL)
		return 0;
	error_set(err, EINVAL, "cannot make veth %s: the container \"%s\" whose %s is for peer=%s:%s is of the state root %s, and this one of another", own->link.name, own->link.peer, match->name, own->id,
		  own->link.name, usual_root);
	return error_hint(err, "start both with the same --root");
}

// What the peer has under that name is not for another container.
static int check_free(const struct side *own, const struct netns *netns, struct error *err)
{
	const struct net_link *link = &own->link;

	if (interface_index(netns->socket, link->peer_link) == 0)
		return 0;
	error_set(err, EEXIST, "cannot make veth %s: peer=%s:%s, but that container has an interface of this name which is for no peer", link->name, link->peer, link->peer_link);
	return error_hint(err, "give %s a link of its own for it, with peer=%s:%s", link->peer, own->id, link->name);
}

// 1: it is there and wants the link; 0: it is not, or does not yet.
static int find_peer(const struct player *player, int root, const struct side *own, struct side *ret_peer, struct error *err)
{
	const struct net_link *match = NULL;
	struct error gone = ERROR_INIT;
	struct net_link *links;
	AUTO_FD dir = -1;
	struct state state;
	size_t count;

	find_container(root, player->arena, own->link.peer, &dir, &state);
	if (dir < 0)
		return check_usual_root(player, root, own, err);
	if (peers_read(dir, player->arena, &links, &count, err) < 0 || net_peer_match(own->id, &own->link, links, count, &match, err) < 0)
		return -1;
	// One that has just ended is as good as absent.
	if (open_netns(player->proc, state.pid, &ret_peer->netns, &gone) < 0) {
		if (!state_alive(&state))
			return 0;
		*err = gone;
		return -1;
	}
	if (!state_alive(&state)) // the number was another process's already
		return 0;
	if (match == NULL)
		return check_free(own, &ret_peer->netns, err);
	ret_peer->id = own->link.peer;
	ret_peer->owner = state.owner;
	ret_peer->link = *match;
	return 1;
}

// --- the pair

static int set_sysctls(struct player *player, const struct side *side, struct error *err)
{
	AUTO_FD home = -1;
	int result = 0;

	if (side->link.sysctl_count == 0)
		return 0;
	home = openat(player->proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return error_errno(err, errno, "cannot open the network namespace of minirun itself");
	for (size_t i = 0; i < side->link.sysctl_count && result == 0; i++) {
		const struct step step = {.kind = STEP_SYSCTL, .sysctl = {side->link.sysctls[i].path, side->link.sysctls[i].value}};

		result = network_inside(side->netns.fd, home, player, &step, err);
	}
	return result;
}

// What the steps VRF, SYSCTL and LINK do for a link of another kind, in the same order.
static int configure(struct player *player, struct side *side, struct error *err)
{
	side->made_vrf = side->link.vrf != NULL && interface_index(side->netns.socket, side->link.vrf) == 0;
	if ((side->made_vrf && vrf_ensure(side->netns.socket, &side->link, veth_group(side->owner), err) < 0) || set_sysctls(player, side, err) < 0 ||
	    link_configure(side->netns.socket, &side->link, err) < 0)
		return error_prefix(err, "cannot configure %s of container \"%s\"", side->link.name, side->id);
	return 0;
}

// Now, not when a namespace ends: the peer goes on living. Each part is done whatever becomes of the others.
static void take_back(const struct side *own, const struct side *peer)
{
	const struct side *sides[] = {own, peer};

	for (size_t i = 0; i < 2; i++) {
		struct error err = ERROR_INIT;

		if (interface_remove(sides[i]->netns.socket, sides[i]->link.name, &err) < 0 || (sides[i]->made_vrf && interface_remove(sides[i]->netns.socket, sides[i]->link.vrf, &err) < 0))
			log_warning("while undoing: %s", err.text);
	}
}

static int make_pair(struct player *player, struct side *own, struct side *peer, struct error *err)
{
	struct pair_end ends[] = {
		{.link = &own->link, .id = own->id, .netns = &own->netns, .group = veth_group(own->owner)},
		{.link = &peer->link, .id = peer->id, .netns = &peer->netns, .group = veth_group(peer->owner)},
	};

	net_peer_share(&own->link, &peer->link);
	if (pair_create(player->route, &ends[0], &ends[1], err) < 0)
		return -1;
	if (configure(player, peer, err) == 0 && configure(player, own, err) == 0)
		return 0;
	take_back(own, peer);
	return -1;
}

// The kernel opens an end a moment after both are up, from a work queue; what is sent before is lost.
static int await_way(const struct side *own, const struct side *peer, struct error *err)
{
	const struct side *sides[] = {own, peer};

	if (own->link.down || peer->link.down)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		int index = interface_index(sides[i]->netns.socket, sides[i]->link.name);

		// Who takes its own end away again, or ends, does so at any time.
		if (index != 0 && veth_wait(sides[i]->netns.socket, index, err) < 0 && err->code != ENODEV)
			return error_prefix(err, "%s of container \"%s\"", sides[i]->link.name, sides[i]->id);
	}
	*err = ERROR_INIT;
	return 0;
}

// 1: there is a pair.
static int meet_locked(struct player *player, int root, struct side *own, struct side *peer, struct error *err)
{
	int found = find_peer(player, root, own, peer, err);

	if (found < 0 || peers_record(player->state_dir, &own->link, err) < 0)
		return -1;
	if (found == 0)
		return 0;
	if (open_netns(player->proc, player->pid, &own->netns, err) == 0 && make_pair(player, own, peer, err) == 0)
		return 1;
	peers_forget(player->state_dir, own->link.name);
	return -1;
}

int peer_undo(const struct state *state, const char *name, struct error *err)
{
	AUTO_FD dir = open(state->owner, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT ? 0 : error_errno(err, errno, "cannot open the state directory %s", state->owner);
	peers_forget(dir, name);
	return 0;
}

int peer_remove(int dir, int socket, const char *name, struct error *err)
{
	AUTO_FD lock = peers_lock(dir, err);

	if (lock < 0)
		return -1;
	peers_forget(dir, name);
	return interface_remove(socket, name, err);
}

int peer_meet(struct player *player, const struct step *step, struct error *err)
{
	AUTO_SIDE own = {.id = player->plan->id, .owner = player->plan->state_directory, .link = *step->link, .netns = NETNS_INIT};
	AUTO_SIDE peer = {.netns = NETNS_INIT};
	int lock, result;

	if (player_open_route(player, err) < 0)
		return -1;
	lock = peers_lock(player->state_dir, err);
	if (lock < 0)
		return -1;
	result = meet_locked(player, lock, &own, &peer, err);
	close_fd(&lock);
	return result > 0 ? await_way(&own, &peer, err) : result;
}
