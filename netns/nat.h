// nat.h: masquerade= and publish= of a container's links, as one table of nf_tables that is the container's, with chains of each link's own: made, extended and removed by one transaction of the nft program
// each.
// By the program, not by libnftnl: its language is the stable interface and what explain, script and an administrator's `nft list ruleset` show, while libnftnl takes the kernel's
// expressions (registers, loads, comparisons) and comes as shared libraries only. The 10 ms that it takes are paid by those only who ask for it.
#ifndef MINIRUN_NETNS_NAT_H
#define MINIRUN_NETNS_NAT_H

#include "base/arena.h"
#include "base/error.h"
#include "netns/claim.h"
#include "netns/link_option.h"

#include <stdbool.h>
#include <stddef.h>

// Whether a link needs anything of this.
bool nat_wanted(const struct net_link *link);
// Whether a published port of the host's own 127.0.0.1 leads into the container, which takes the sysctl route_localnet of its bridge.
bool nat_from_localhost(const struct net_link *link);

// Name of the table of `owner` (path of the container's state directory): "minirun-c1-0123456789abcdef".
const char *nat_table(struct arena *arena, const char *owner);

// The words for nft(8) that make the table for all of the links, or add their chains to it. Pure. "$ADDRESS" stands for an address that is yet to be chosen.
const char *nat_rules(struct arena *arena, const char *owner, const struct net_link *links, size_t count);

// The words that remove the chains of the link `name` (NULL: the whole table), or what there is of them. Pure.
const char *nat_removal_rules(struct arena *arena, const char *table, const char *name);

// What of the link's options the rules are about, as net_link_parse() takes it: "bridge=mr0,address=auto,masquerade=yes,publish=8080:80".
const char *nat_words(struct arena *arena, const struct net_link *link);

// "8080:80/tcp", "[fd00::1]:53:53/udp".
const char *nat_port_text(struct arena *arena, const struct net_port *port);

// Claims the link's ports of the host; `claims` are those of no bridge. `*words`: words for nft(8) to be said before nat_rules()', to which those are added (in `arena`) that remove the tables of containers
// that had one of the ports and have ended: their rules would go on leading there until somebody deletes them. EADDRINUSE: another container has one, named in the text, or a program of the host listens there.
int nat_take_ports(struct arena *arena, const struct claims *claims, const struct claimant *claimant, const struct net_link *link, const char **words, struct error *err);

// Drops the claims of those ports of the link that are `owner`'s, but for those that one of the `count` other links has.
void nat_drop_ports(const struct claims *claims, const char *owner, const struct net_link *link, const struct net_link *others, size_t count);

// Makes the table by nat_rules()' words, removes the chains of the link `name`, removes all of it (absent is success). ENOENT: the nft program is not there.
int nat_make(const char *rules, struct error *err);
int nat_remove_link(const char *table, const char *name, struct error *err);
int nat_remove(const char *table, struct error *err);

#endif
