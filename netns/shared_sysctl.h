// shared_sysctl.h: sysctls of the host's network namespace that are on as long as a container needs them, and then what they were. Each user has a claim (netns/claim.h) of the host's
// place, "net:ipv4:ip_forward@HASH"; a link of the name without '@' tells that it was off before the first one. Under bridge_lock().
#ifndef MINIRUN_NETNS_SHARED_SYSCTL_H
#define MINIRUN_NETNS_SHARED_SYSCTL_H

#include "base/error.h"
#include "netns/claim.h"

#include <stdbool.h>

// Turns the sysctl `path` below /proc/sys ("net/ipv4/ip_forward") on for `claimant`. `*ret_turned`: it was off.
int shared_sysctl_on(const struct claims *claims, const struct claimant *claimant, const char *path, bool *ret_turned, struct error *err);

// `owner` does not need it any more; shared_sysctl_off() then. Also if it never did.
void shared_sysctl_leave(const struct claims *claims, const char *owner, const char *path);

// Turns off what was turned on and nobody who lives needs any more; after claims_drop() or shared_sysctl_leave().
int shared_sysctl_off(const struct claims *claims, struct error *err);

#endif
