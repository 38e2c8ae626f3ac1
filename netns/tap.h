// tap.h: TAP devices, whose frames go to who has opened them: a virtual machine, VPP, a test program. Rules: Documentation/networking/tuntap.rst.
#ifndef MINIRUN_NETNS_TAP_H
#define MINIRUN_NETNS_TAP_H

#include "base/error.h"
#include "netns/link_option.h"

#include <stdbool.h>

// Makes `link` in the caller's network namespace: there until its namespace ends or it is deleted (TUNSETPERSIST), for `link->owner_uid` and `owner_gid`, ids in
// the caller's user namespace, to attach to (unset: for CAP_NET_ADMIN alone), with several queues if `link->queues` is more than 1. MTU and MAC are set; it is not brought up. Nothing is left on failure.
// `device`: the host's /dev/net/tun, opened in that network namespace for reading and writing; it is of no further use then.
// `group`: its link group.
int tap_create(int device, int socket, const struct net_link *link, unsigned group, struct error *err);

#endif
