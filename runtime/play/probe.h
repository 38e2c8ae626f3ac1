// probe.h: the facts about this machine that a plan needs (plan/host.h), read once. Touches nothing; needs no root.
#ifndef MINIRUN_PLAY_PROBE_H
#define MINIRUN_PLAY_PROBE_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/request.h"
#include "plan/host.h"

// Whether the caller counts as unprivileged: by what it may do, or as --rootless says.
enum rootless { ROOTLESS_AUTO, ROOTLESS_NO, ROOTLESS_YES };

enum {
	PROBE_LIMITS = 1 << 0,
	PROBE_LABELS = 1 << 1,
};

// Fills `ret_host`; the strings live in `arena`. PROBE_LABELS in `needs`: also which of AppArmor and SELinux is on. PROBE_LIMITS: also controllers, where v1 has them, CPUs and memory nodes, which only a config that limits something needs
// (each is a file to read). Fails only when /proc or /sys cannot be read at all.
int host_probe(struct arena *arena, unsigned needs, enum rootless rootless, struct host *ret_host, struct error *err);

// Adds the topology, who owns CPUs by `ledger` (open), and the node that the request names. For a container that asks for CPUs of its own; before it PROBE_LIMITS.
int host_probe_cores(struct arena *arena, const struct core_request *request, const struct ledger *ledger, struct host *host, struct error *err);

// Adds where a resctrl file system is mounted, if one is. For a config that has linux.intelRdt.
void host_probe_resctrl(struct arena *arena, struct host *host);

// Looks at where the image and its snapshot would lie: what of each kind stands against it. `owner`: the container's state directory.
void host_probe_ground(struct arena *arena, const struct snapshot_option *option, const char *image, const char *owner, struct host *host);

#endif
