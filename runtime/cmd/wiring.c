// wiring.c: see wiring.h.
#include "cmd/wiring.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "netns/device.h"
#include "state/peers.h"
#include "state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <string.h>

// --- places

static struct wiring_place *place_of(struct wiring *wiring, struct arena *arena, const char *path, const struct stat *info)
{
	struct wiring_place *place;

	for (size_t i = 0; i < wiring->count; i++)
		if (wiring->places[i].device == info->st_dev && wiring->places[i].inode == info->st_ino)
			return &wiring->places[i];
	wiring->places = arena_grow(arena, wiring->places, wiring->count, &wiring->room, sizeof *wiring->places);
	place = &wiring->places[wiring->count++];
	*place = (struct wiring_place){.path = arena_strdup(arena, path), .device = info->st_dev, .inode = info->st_ino};
	return place;
}

static int add_host(struct wiring *wiring, struct arena *arena, int proc, struct error *err)
{
	struct stat info;

	if (fstatat(proc, "self/ns/net", &info, 0) < 0)
		return error_errno(err, errno, "cannot look at the network namespace of minirun itself");
	place_of(wiring, arena, "self/ns/net", &info);
	return 0;
}

static void add_peers(struct wiring_place *place, struct arena *arena, int dir)
{
	struct error err = ERROR_INIT;
	struct net_link *links;
	size_t count;

	if (peers_read(dir, arena, &links, &count, &err) < 0)
		log_warning("links that wait for a peer are left out: %s", err.text);
	else
		for (size_t i = 0; i < count; i++) {
			place->peers = arena_grow(arena, place->peers, place->peer_count, &place->peer_room, sizeof *place->peers);
			place->peers[place->peer_count++] = links[i];
		}
}

static void add_container(struct wiring *wiring, struct arena *arena, int proc, int root, const char *id)
{
	struct error err = ERROR_INIT;
	AUTO_FD dir = state_open(root, id, &err);
	enum container_status status;
	struct wiring_place *place;
	struct state state;
	struct stat info;
	char path[32];

	// One that is being made or removed right now has no record; it is not there yet, or no more.
	if (dir < 0 || state_load(dir, arena, &state, &err) < 0) {
		log_debug("%s: %s", id, err.text);
		return;
	}
	status = state_status(dir, &state);
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return;
	snprintf(path, sizeof path, "%d/ns/net", (int)state.pid);
	if (fstatat(proc, path, &info, 0) < 0) {
		log_warning("%s is left out: cannot look at its network namespace: %s", id, strerror(errno));
		return;
	}
	place = place_of(wiring, arena, path, &info);
	strings_add(arena, &place->ids, state.id);
	add_peers(place, arena, dir);
	place->name = place->name == NULL ? state.id : arena_printf(arena, "%s,%s", place->name, state.id);
}

static int find_places(const char *root_path, struct wiring *wiring, struct arena *arena, int proc, struct error *err)
{
	AUTO_FD root = state_open_root(root_path, false, err);
	struct strings ids = {0};

	if (add_host(wiring, arena, proc, err) < 0 || (root < 0 && err->code != ENOENT))
		return -1;
	if (root >= 0 && state_list(root, arena, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++)
		add_container(wiring, arena, proc, root, ids.items[i]);
	return 0;
}

static int read_places(struct wiring *wiring, struct arena *arena, int proc, struct error *err)
{
	for (size_t i = 0; i < wiring->count; i++) {
		struct wiring_place *place = &wiring->places[i];
		struct error one = ERROR_INIT;
		struct netns netns = NETNS_INIT;
		int result = netns_open(proc, place->path, &netns, &one);

		if (result == 0)
			result = inventory_read(netns.socket, arena, &place->inventory, &one);
		netns_close(&netns);
		if (result < 0 && i == 0) {
			*err = one;
			return -1;
		}
		if (result < 0)
			log_warning("%s is left out: %s", place->name, one.text);
	}
	return 0;
}

// --- wires

// The place that the namespace of `socket` knows by this number.
static const struct wiring_place *place_by_number(const struct wiring *wiring, int proc, int socket, int number)
{
	for (size_t i = 0; i < wiring->count; i++) {
		AUTO_FD netns = openat(proc, wiring->places[i].path, O_RDONLY | O_CLOEXEC);
		struct error ignored = ERROR_INIT;
		int its;

		if (netns >= 0 && namespace_id(socket, netns, &its, &ignored) == 0 && its == number)
			return &wiring->places[i];
	}
	return NULL;
}

static struct wiring_end other_end(const struct wiring *wiring, int proc, int socket, const struct wiring_place *place, const struct inventory_link *link)
{
	struct wiring_end end = {0};
	const struct wiring_place *there;

	if (link->other == 0)
		return end;
	there = link->other_namespace == NAMESPACE_ID_NONE ? place : place_by_number(wiring, proc, socket, link->other_namespace);
	end.link = there != NULL ? inventory_find(&there->inventory, link->other) : NULL;
	end.place = end.link != NULL ? there : NULL;
	return end;
}

static const struct inventory_link *hub_of(const struct wiring *wiring, const struct inventory_link *link, const struct wiring_end *to)
{
	if (to->link == NULL || to->place != wiring->places)
		return NULL;
	if (to->link->interface.master != 0)
		return inventory_find(&to->place->inventory, to->link->interface.master);
	return strcmp(link->interface.kind, "veth") == 0 ? NULL : to->link;
}

static void add_wire(struct wiring *wiring, struct arena *arena, struct wire wire)
{
	wiring->wires = arena_grow(arena, wiring->wires, wiring->wire_count, &wiring->wire_room, sizeof *wiring->wires);
	wiring->wires[wiring->wire_count++] = wire;
}

static bool is_there(const struct wiring_place *place, const char *name)
{
	for (size_t i = 0; i < place->inventory.count; i++)
		if (strcmp(place->inventory.items[i].interface.name, name) == 0)
			return true;
	return false;
}

// Links that wait for their peer, as they will be.
static void add_waiting(struct wiring *wiring, struct arena *arena, const struct wiring_place *place)
{
	for (size_t i = 0; i < place->peer_count; i++) {
		const struct net_link *asked = &place->peers[i];
		struct inventory_link *link;

		if (is_there(place, asked->name))
			continue;
		link = arena_array(arena, 1, sizeof *link);
		snprintf(link->interface.name, sizeof link->interface.name, "%s", asked->name);
		snprintf(link->interface.kind, sizeof link->interface.kind, "%s", link_kind_name(asked->kind));
		link->mtu = asked->mtu;
		link->has_mac = asked->has_mac;
		memcpy(link->mac, asked->mac, sizeof link->mac);
		link->addresses = place->peers[i].addresses;
		link->address_count = asked->address_count;
		add_wire(wiring, arena, (struct wire){.from = {place, link}, .waits = asked});
	}
}

static void add_wires(struct wiring *wiring, struct arena *arena, int proc, const struct wiring_place *place)
{
	struct netns netns = NETNS_INIT;
	struct error err = ERROR_INIT;

	if (netns_open(proc, place->path, &netns, &err) < 0) {
		log_warning("%s is left out: %s", place->name, err.text);
		return;
	}
	for (size_t i = 0; i < place->inventory.count; i++) {
		const struct inventory_link *link = &place->inventory.items[i];
		struct wire wire = {.from = {place, link}};

		if (link->interface.flags & IFF_LOOPBACK)
			continue;
		wire.to = other_end(wiring, proc, netns.socket, place, link);
		wire.hub = hub_of(wiring, link, &wire.to);
		add_wire(wiring, arena, wire);
	}
	add_waiting(wiring, arena, place);
	netns_close(&netns);
}

int wiring_read(const char *root, struct arena *arena, struct wiring *ret_wiring, struct error *err)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct wiring wiring = {0};

	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (find_places(root, &wiring, arena, proc, err) < 0 || read_places(&wiring, arena, proc, err) < 0)
		return -1;
	for (size_t i = 1; i < wiring.count; i++)
		add_wires(&wiring, arena, proc, &wiring.places[i]);
	*ret_wiring = wiring;
	return 0;
}

size_t hub_degree(const struct wiring *wiring, const struct inventory_link *hub)
{
	size_t degree = 0;

	for (size_t i = 0; i < wiring->wire_count; i++)
		degree += wiring->wires[i].hub == hub;
	return degree;
}

bool wire_is_seen_before(const struct wiring *wiring, const struct wire *wire)
{
	return wire->to.place != NULL && wire->to.place != wiring->places &&
	       (wire->to.place < wire->from.place || (wire->to.place == wire->from.place && wire->to.link < wire->from.link));
}

// --- words

const char *link_addresses(struct arena *arena, const struct inventory_link *link)
{
	const char *text = "";

	for (size_t i = 0; i < link->address_count; i++) {
		char address[NET_ADDRESS_TEXT_MAX];

		net_address_format(&link->addresses[i], true, address, sizeof address);
		text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "", address);
	}
	return text;
}

const char *link_kind_text(const struct inventory_link *link)
{
	if (strcmp(link->interface.kind, "tun") == 0) // the kernel's name of both; only a TAP device has frames, and so a MAC
		return link->has_mac ? "tap" : "tun";
	return *link->interface.kind != '\0' ? link->interface.kind : "device";
}

const char *link_label(struct arena *arena, const struct inventory_link *link)
{
	return arena_printf(arena, "%s%s%s", link->interface.name, link->address_count > 0 ? " " : "", link_addresses(arena, link));
}

const char *wire_wanted(struct arena *arena, const struct wire *wire)
{
	return wire->waits != NULL ? arena_printf(arena, "%s:%s (waiting)", wire->waits->peer, wire->waits->peer_link) : NULL;
}

const char *end_name(struct arena *arena, const struct wiring *wiring, const struct wiring_end *end)
{
	if (end->place == wiring->places)
		return end->link->interface.name;
	return arena_printf(arena, "%s:%s", end->place->name, end->link->interface.name);
}
