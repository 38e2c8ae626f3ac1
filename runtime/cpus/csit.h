// csit.h: the placement policy of FD.io CSIT (resources/libraries/python/CpuUtils.py), with real siblings instead of arithmetic on CPU numbers: the same lists as CSIT's own code where
// that is right (siblings are N and N + half), and right ones elsewhere.
//
// On one NUMA node, core by core: the system's core; the vswitch's main core and its data cores; cores for the containers' main threads, which `mains` containers share, each on
// another thread of it; then data cores: whole ones, all threads of them, or half ones (nf=0.5c), one thread for each of two containers. Containers are counted chain by chain.
#ifndef MINIRUN_CPUS_CSIT_H
#define MINIRUN_CPUS_CSIT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strings.h"
#include "cpus/topology.h"

struct csit_request {
	bool vswitch;           // vswitch=none leaves its cores to the containers
	unsigned vswitch_cores; // of data, beside its main core
	unsigned chains, nodes; // containers: chains x nodes
	unsigned nf_cores;      // data cores of each container; 0: half a core
	unsigned mains;         // containers that share a main core
	int node;               // NUMA node
};

// CPUs of one program, main first; the workers as CSIT lists them: first threads of all cores, then second ones.
struct csit_cpus {
	unsigned chain, node; // from 1; 0 of the vswitch
	unsigned *list;
	size_t count, room;
};

struct csit_plan {
	struct cpuset system;         // the core left to the system
	struct csit_cpus vswitch;     // count 0: none
	struct csit_cpus *containers; // chains x nodes of them
	size_t container_count;
	int node;
	struct strings notes;         // what the user should know: main threads that share a CPU, CPUs that are not isolated
};

// "vswitch=1c,chains=2,nodes=2,nf=1c,mains=2,node=0": what is not said is CSIT's default, 1c, 1, 1, 1c, 2 and 0. Strict; errors name the word and what it takes. Pure.
int csit_parse(const char *text, struct csit_request *ret_request, struct error *err);
// All in `arena`. ENOSPC with the numbers if the node has too few cores. Pure.
int csit_place(struct arena *arena, const struct topology *topology, const struct csit_request *request, struct csit_plan *ret_plan, struct error *err);

#endif
