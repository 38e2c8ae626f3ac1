// links_text.h: the steps of links as plan, explain and script show them: for describe.c, calls.c and shell.c. Pure.
#ifndef MINIRUN_PLAN_LINKS_TEXT_H
#define MINIRUN_PLAN_LINKS_TEXT_H

#include "plan/plan.h"

// What is made: "eth0 on mr0"; the netlink messages; what a person would type. Of BRIDGE, ADDRESS, VETH, NAT, LINK_READY (summary alone), SUBLINK, OWN_LINK, PEER and LINK.
const char *links_summary(struct arena *arena, const struct step *step);
const char *links_call(struct arena *arena, const struct plan *plan, const struct step *step);
const char *links_shell(struct arena *arena, const struct plan *plan, const struct step *step);

// The name of a veth's end on the host.
const char *links_host_end(struct arena *arena, const struct plan *plan, const struct net_link *link);

#endif
