// shape.h: what tc(8) would do to the frames that leave by an interface: netem for delay and loss, tbf for the rate; the words of a --net option and their
// netlink messages. Units: net/sched/sch_netem.c, sch_tbf.c, include/net/pkt_sched.h.
#ifndef MINIRUN_NETNS_SHAPE_H
#define MINIRUN_NETNS_SHAPE_H

#include "netns/link_value.h"
#include "netns/netlink.h"

// rate=10mbit, delay=10ms or "delay=10ms 2ms" (with jitter), loss=0.5%: tc's units.
link_value_parser link_value_rate, link_value_delay, link_value_loss;

bool net_shape_is_set(const struct net_shape *shape);

// The words for tc(8): "delay 10ms 2ms loss 0.5%" and "rate 10mbit burst ... latency 50ms"; "" for none. `size`: at least SHAPE_TEXT_MAX.
enum { SHAPE_TEXT_MAX = 160 };
char *net_shape_netem(const struct net_shape *shape, char *text, size_t size);
char *net_shape_tbf(const struct net_shape *shape, uint32_t mtu, char *text, size_t size);

// Puts the queueing disciplines on the interface `index` of the socket's namespace; `mtu`: its link's, 0 for 1500. Errors name the option and the kernel's module.
int net_shape_apply(int socket, const struct net_shape *shape, uint32_t mtu, int index, struct error *err);

#endif
