// placement.h: the CPUs that a request gets on a machine, and why. Pure and deterministic: the same machine, owners and request give the same CPUs.
//
// Never data CPUs, unless an explicit list says so: the lowest CPU online (it boots, and keeps the machine's timers and unmovable interrupts), and the first housekeeping CPU of each
// further NUMA node that has others (kernel Documentation/admin-guide/cpu-isolation.rst: one housekeeping CPU a node; FD.io CSIT's machines boot so). All from one level-3 cache if
// they fit into one, else from one die, package, NUMA node; from several nodes only when asked.
#ifndef MINIRUN_CPUS_PLACEMENT_H
#define MINIRUN_CPUS_PLACEMENT_H

#include "base/strings.h"
#include "cpus/request.h"
#include "cpus/topology.h"

// Who has CPUs already: an entry of the ledger.
struct placement_owner {
	const char *id;      // for texts
	struct cpuset cpus;  // owned: data, idle siblings, own housekeeping
	struct cpuset uses;  // shared housekeeping CPUs that it uses: no other's data CPUs, but other's shared housekeeping
	bool shared;         // its CPUs are closed to exclusive requests only; otherwise to all
};

struct placement_input {
	const struct topology *topology;
	const struct core_request *request;
	int node;                              // of request->node, resolved by the caller; -1: any
	const struct placement_owner *owners;  // without the container itself, when it is resized
	size_t owner_count;
	struct cpuset mine;                    // CPUs whose partition is no obstacle: the container's own when it is resized, and those of owners that have died
	bool all_owned;                        // the container's whole cpuset has to be its own, as a partition's: no shared housekeeping CPU by default
};

struct placement {
	struct cpuset cpus;         // of the container's cpuset: data and housekeeping
	struct cpuset data;         // mains and workers
	struct cpuset mains, workers;
	struct cpuset idle;         // siblings kept idle: owned, in the partition if there is one, not in `cpus`
	struct cpuset owned;        // what the ledger shall hold: data, idle, and housekeeping when it is owned. Also filled for a shared request
	unsigned *order;            // the data CPUs in the order of their roles: mains, then workers
	size_t order_count, main_count;
	struct cpuset housekeeping; // empty with housekeeping=none
	bool housekeeping_owned;    // false: CPUs of the machine's housekeeping, shared with others
	int node;                   // of the data CPUs; -1: several
	struct cpuset mems;         // memory nodes of the data CPUs; empty if none of them has memory: then memory is left to the kernel
	struct strings reasons;     // a line per chosen CPU and per group of CPUs passed over: "cpu 4: chosen: main, node 0", "cpu 60: idle: sibling of 4"
};

// All in `arena`. A refusal is EBUSY if it would fit without the owners, else ENODEV (an explicit list with a CPU that is not there, ...) or ENOSPC; the text says why and which
// words instead would fit.
int placement_choose(struct arena *arena, const struct placement_input *input, struct placement *ret_placement, struct error *err);

// The nearest requests to a refused one that would fit: a smaller count, then one word changed. At most two; an empty list if nothing helps. In `arena`.
struct placement_alternative {
	const char *words;           // "count=2", "from=any"
	struct core_request request;
	int node;                    // for placement_input
};
enum { PLACEMENT_ALTERNATIVES_MAX = 2 };
size_t placement_alternatives(struct arena *arena, const struct placement_input *input, struct placement_alternative *ret_alternatives);

#endif
