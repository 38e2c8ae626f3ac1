// link_peer.h: peer=ID:NAME of --net: a veth whose other end is another container's: its words, and whether two containers mean each other. Pure.
#ifndef MINIRUN_NETNS_LINK_PEER_H
#define MINIRUN_NETNS_LINK_PEER_H

#include "netns/link_value.h"

// peer=ID:NAME
link_value_parser link_value_peer;

// What a link to a peer cannot have: all that is about an end of it on the host.
int net_peer_check(const struct net_link *link, struct error *err);

// The link that container `id`'s `link` leads to, among those that the container `link->peer` has to peers; NULL if it has none of that name yet. The two have to name each other and to agree
// on what a pair has in common: else -1 (EINVAL), and the text says who says what.
int net_peer_match(const char *id, const struct net_link *link, const struct net_link *others, size_t count, const struct net_link **ret_match, struct error *err);

// What only one side says of what a pair has in common holds for both: MTU, number of queues, offloads that are off (a side is not to see what the other one hands over).
void net_peer_share(struct net_link *one, struct net_link *other);

#endif
