// link_value.h: the values of a --net option: one parser a key. For link_option.c, whose table says which kinds of link take which key. Pure.
#ifndef MINIRUN_NETNS_LINK_VALUE_H
#define MINIRUN_NETNS_LINK_VALUE_H

#include "netns/link_option.h"

// One KEY=VALUE.
struct link_word {
	struct arena *arena;
	struct net_link *link; // whose fields are filled
	const char *key;
	char *value;           // not empty; a parser may cut it up, and keep it
};

typedef int link_value_parser(const struct link_word *word, struct error *err);

link_value_parser link_value_stp, link_value_bridge_mtu, link_value_vlan_filtering, link_value_port_vlan, link_value_masquerade, link_value_publish;

// "yes" or "no", nothing else.
int link_value_flag(const struct link_word *word, bool *ret_flag, struct error *err);

// A number of bytes that an Ethernet device can have as its MTU.
int link_value_frame_size(const struct link_word *word, uint32_t *ret_size, struct error *err);

// What concerns the bridge of a link.
int link_value_check_bridge(struct net_link *link, struct error *err);

link_value_parser link_value_bridge, link_value_host, link_value_address, link_value_gateway, link_value_mtu, link_value_mac, link_value_parent, link_value_device, link_value_mode,
	link_value_vlan_id, link_value_queues, link_value_owner, link_value_group,
	link_value_txqueuelen, link_value_down, link_value_sysctl;

// The mode of a kind that has several, where none is asked for: that of docker's networks, in which links on one device reach each other.
void link_value_usual_mode(struct net_link *link);

// Refuses what cannot be an interface's name; `what` is whose name it is.
int link_value_check_name(const char *what, const char *name, struct error *err);

// What concerns several words of one option: gateways in the link's networks, MTU and IPv6, names.
int link_value_check(struct net_link *link, struct error *err);

#endif
