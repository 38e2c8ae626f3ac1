// wiring.h: who is wired to whom: the network namespaces of the containers and of the host, and where each link of a container leads. Read from the
// kernel, not from what was asked for: links that somebody else made or moved are seen, too.
#ifndef MINIRUN_CMD_WIRING_H
#define MINIRUN_CMD_WIRING_H

#include "base/arena.h"
#include "base/strings.h"
#include "netns/inventory.h"
#include "netns/link_option.h"

#include <sys/types.h>

// A network namespace. The first one of a wiring is that of minirun itself, the host's.
struct wiring_place {
	struct strings ids;   // of the containers in it; several may share one
	const char *name;     // these, with commas; NULL: none
	const char *path;     // below /proc; only its namespace is looked at
	dev_t device;
	ino_t inode;
	struct inventory inventory;
	struct net_link *peers; // links to other containers that those in it want, made or not
	size_t peer_count, peer_room;
};

struct wiring_end {
	const struct wiring_place *place; // NULL: nowhere, or nowhere that is known
	const struct inventory_link *link;
};

// A link of a container's and where it leads.
struct wire {
	struct wiring_end from, to;
	const struct net_link *waits;     // there is no such interface yet, since the peer that is to have the other end is not there: `from.link` is what was asked for; NULL: there is
	const struct inventory_link *hub; // on the host: the bridge that `to` is a port of, or the device that a macvlan, ipvlan or vlan lies on; NULL: none
};

struct wiring {
	struct wiring_place *places;
	size_t count, room;
	struct wire *wires;   // by place, then index; a pair between two containers is there twice, once from each end
	size_t wire_count, wire_room;
};

// All containers of the state root that are in use. What cannot be looked into is named by a warning and left out. All in `arena`.
int wiring_read(const char *root, struct arena *arena, struct wiring *ret_wiring, struct error *err);

// How many wires end at this link of the host's.
size_t hub_degree(const struct wiring *wiring, const struct inventory_link *hub);

// Whether it is the second sight of a pair between two containers.
bool wire_is_seen_before(const struct wiring *wiring, const struct wire *wire);

// "10.9.0.2/24 fd09::2/64"; "" without one.
const char *link_addresses(struct arena *arena, const struct inventory_link *link);
// "veth", "bridge"; "device" for hardware.
const char *link_kind_text(const struct inventory_link *link);
// "eth0 10.9.0.2/24"
const char *link_label(struct arena *arena, const struct inventory_link *link);
// "lab2:eth1 (waiting)": what a link that waits for its peer will lead to; NULL: it is no such link.
const char *wire_wanted(struct arena *arena, const struct wire *wire);
// "lab1:eth0"; of the host's the name alone.
const char *end_name(struct arena *arena, const struct wiring *wiring, const struct wiring_end *end);

// `minirun net graph`: for a terminal, for graphviz, and as a drawing (to standard output, all three).
void wiring_print_text(struct arena *arena, const struct wiring *wiring);
void wiring_print_dot(struct arena *arena, const struct wiring *wiring);
void wiring_print_svg(struct arena *arena, const struct wiring *wiring);

#endif
