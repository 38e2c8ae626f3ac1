// handover.h: the CPUs of a container in the words of the programs that pin themselves: VPP's cpu{} section and DPDK EAL's --lcores. Pure.
// VPP: src/vlib/threads.c, "cpu { main-core N corelist-workers LIST }"; with `relative` (from 25.06) the numbers count the CPUs of the affinity at start, in ascending order. EAL:
// "--lcores LCORE@CPU,...", doc/guides/linux_gsg/linux_eal_parameters.rst.
#ifndef MINIRUN_CPUS_HANDOVER_H
#define MINIRUN_CPUS_HANDOVER_H

#include "base/arena.h"
#include "cpus/cpuset.h"

struct handover {
	struct cpuset cpus;           // all that the program may use: its affinity at start
	struct cpuset mains, workers; // mains empty: the first worker is the main one
};

// The CPU of the program's main thread.
unsigned handover_main(const struct handover *handover);
// The CPUs of the others: every main CPU but the first, then the workers. A list, "" for none; in `arena`.
const char *handover_workers(struct arena *arena, const struct handover *handover);
// "0@2,1@3,2@4": lcore 0 is the main one.
const char *handover_eal(struct arena *arena, const struct handover *handover);
// VPP's section, several lines, without newline at the end.
const char *handover_vpp(struct arena *arena, const struct handover *handover, bool relative);

#endif
