// neighbours_knob.h: one knob of neighbours.h as a file of /proc or /sys: how it is found, read, written and called. Private to neighbours*.c.
#ifndef MINIRUN_CPUS_NEIGHBOURS_KNOB_H
#define MINIRUN_CPUS_NEIGHBOURS_KNOB_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strings.h"
#include "cpus/cpuset.h"

#include <stdbool.h>

// Where the files are; a knob's path begins with "proc/" or "sys/".
struct machine {
	int proc_fd, sys_fd;
};

// Paths of all knobs that this machine has now, of the kernel's threads those that may run on one of the CPUs; in `arena`.
struct strings knobs_find(struct arena *arena, const struct machine *machine, const struct cpuset *cpus);

// Those of one link of the network namespace that sys_fd is of.
struct strings knobs_of_link(struct arena *arena, const struct machine *machine, const char *link);

// What the knob is set to. false if it is not there (any more) or says nothing that could be a set.
bool knob_read(struct arena *arena, const struct machine *machine, const char *path, struct cpuset *ret_set);
// 0, or -1 with errno.
int knob_write(struct arena *arena, const struct machine *machine, const char *path, const struct cpuset *set);

// Whether the empty set means "off", not "nowhere": packet steering.
bool knob_may_be_empty(const char *path);
// Whether what the knob rules can happen on one of the CPUs now: an interrupt's affinity may be wider than where it really goes.
bool knob_touches(struct arena *arena, const struct machine *machine, const char *path, const struct cpuset *set);
// The file that says where an interrupt really goes, in `arena`; NULL: the knob is no interrupt's.
const char *knob_effective(struct arena *arena, const char *path);
// The file that says what it is set to, in `arena`: "/proc/irq/36/smp_affinity_list".
const char *knob_file(struct arena *arena, const char *path);
// For people, in `arena`: "interrupt 36 (virtio1-req.0)". NULL: an interrupt without a handler, which cannot happen.
const char *knob_name(struct arena *arena, const struct machine *machine, const char *path);

#endif
