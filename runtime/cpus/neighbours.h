// neighbours.h: the machine-wide knobs that keep the kernel's own work off cores with an owner: affinity of interrupts and of those to come, of the kernel's threads, the CPUs of unbound
// workqueues, of the lockup watchdog, and of receive and transmit steering (RPS, XPS) of the links.
// The wanted value of a knob is always its original one minus the cores of all containers at once, so containers may come and go in any order. A record on disk keeps the
// original and what minirun wrote last; it is written before the knobs are, so a crash at any point is mended by the next call. Leaf: prints nothing.
#ifndef MINIRUN_CPUS_NEIGHBOURS_H
#define MINIRUN_CPUS_NEIGHBOURS_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stddef.h>

#define NEIGHBOURS_RECORD "neighbours" // file in the ledger's directory

// One knob that was looked at because it concerns the cores. All text is in the caller's arena.
struct neighbour {
	const char *name;     // "interrupt 36 (virtio1-req.0)", "interrupts to come", "unbound workqueues", "lockup watchdog", "receive steering (RPS) of eth0 rx-0", ...
	const char *path;     // "/proc/irq/36/smp_affinity_list"
	const char *from;     // list of CPUs before; "" is the empty one
	const char *to;       // list now (survey: as it would become); NULL if it could not be moved
	const char *why;      // of what could not be moved: "Input/output error: the kernel manages this interrupt itself; ...", NULL otherwise
	const char *leaving;  // neighbours_list(): number of an interrupt that is set to other CPUs already, and goes there when it happens next; NULL otherwise
};

struct neighbours_report {
	struct neighbour *moved; // written (or to be written), also those that were given back
	size_t moved_count;
	struct neighbour *stuck; // still work on the cores: what cannot move, by name
	size_t stuck_count;
};

// Brings every knob to its original value minus `away`, the union of the cores of all containers that want it; with an empty `away` gives back every original and removes the record.
// A knob that would be left without any CPU gets the online CPUs outside `away` instead; without any such it is left alone and is `stuck`. A knob that is neither as minirun
// found nor as minirun left it was changed by somebody else: what it is now is its new original. A knob that the machine does not have is no error.
// proc_fd, sys_fd: of "/proc" and "/sys"; record_fd: the ledger's directory, whose lock the caller holds for writing. Idempotent.
// -1 if the record cannot be read or written: then no knob was touched.
int neighbours_apply(struct arena *arena, int proc_fd, int sys_fd, int record_fd, const struct cpuset *away, struct neighbours_report *ret_report, struct error *err);

// The same without writing anything: what neighbours_apply() would do now. record_fd may be -1 (there is no record). `stuck` holds only what lacks a CPU to go to: which
// interrupts refuse to move, only writing tells.
int neighbours_survey(struct arena *arena, int proc_fd, int sys_fd, int record_fd, const struct cpuset *away, struct neighbours_report *ret_report, struct error *err);

// Receive steering of a link that is a container's own, in the /sys of its network namespace: the packets that come out of it are worked on by `cpus`, and no longer by the CPU that
// has sent them. With `from` only queues that are set to that. Nothing where the kernel has no such steering (CONFIG_RPS). Errors name the link; EINVAL: the machine was booted to
// isolate all of `cpus`. Transmit steering is left: who sends is not moved by it, and a virtual link has one queue.
int neighbours_steer_link(struct arena *arena, int sys_fd, const char *link, const struct cpuset *from, const struct cpuset *cpus, struct error *err);

// What still works on `cpus` or may at any time, by name: the knobs as they are, interrupts by where they really go. `path` is the file that says so; `to` and `why` are NULL. In `arena`.
struct neighbour *neighbours_list(struct arena *arena, int proc_fd, int sys_fd, const struct cpuset *cpus, size_t *ret_count);

#endif
