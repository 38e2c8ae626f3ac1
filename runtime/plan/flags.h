// flags.h: kernel flag words as text, for describe, calls and shell. Pure.
#ifndef MINIRUN_PLAN_FLAGS_H
#define MINIRUN_PLAN_FLAGS_H

#include "base/arena.h"
#include "cpus/memory_policy.h"
#include "netns/link_option.h"
#include "rootfs/mount.h"

#include <stdint.h>

// "MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSUID"; "0" for none.
const char *flags_mount_attr(struct arena *arena, uint64_t attr);
// The same attributes as mount(2) calls them: "MS_RDONLY|MS_NOSUID"; "0" for none.
const char *flags_mount_old(struct arena *arena, uint64_t attr);
// "MS_SLAVE|MS_REC".
const char *flags_propagation(struct arena *arena, unsigned long flags);
// "CLONE_NEWPID|CLONE_NEWNS".
const char *flags_clone(struct arena *arena, uint64_t flags);
// The options of a mount as mount(8) writes them: "ro,nosuid,size=64k"; "" for none.
const char *flags_mount_options(struct arena *arena, const struct mount_request *request);
// Propagation as mount(8)'s long option without dashes: "rslave", "private".
const char *flags_propagation_word(unsigned long flags);
// "SCHED_FLAG_RECLAIM|SCHED_FLAG_DL_OVERRUN"; "0" for none.
const char *flags_scheduler(struct arena *arena, uint64_t flags);
// "MPOL_BIND|MPOL_F_STATIC_NODES".
const char *flags_memory_policy(struct arena *arena, const struct memory_policy *policy);
// "PER_LINUX32".
const char *flags_personality(unsigned long personality);
// A resource limit as prlimit(1) writes it: a number or "unlimited".
const char *flags_rlimit(struct arena *arena, uint64_t value);
// The addresses of a link with their prefix lengths and a blank between; "next free at start" stands for address=auto.
const char *flags_addresses(struct arena *arena, const struct net_link *link);
// What a bridge is to be like, in ip(8)'s words behind "type bridge": " stp_state 1 vlan_filtering 1"; "" for nothing.
const char *flags_bridge(struct arena *arena, const struct net_bridge_options *options);
// Names of a capability set, with `separator` between and `prefix` before each, lower case without "cap_" when `shell`.
const char *flags_capabilities(struct arena *arena, uint64_t set, const char *prefix, const char *separator, int shell);

#endif
