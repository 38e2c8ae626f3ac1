// machines.h: machines made in memory for tests of placement, by their shape and the numbering of their CPUs.
#ifndef MINIRUN_TESTS_MACHINES_H
#define MINIRUN_TESTS_MACHINES_H

#include "cpus/topology.h"

#include <stdio.h>
#include <stdlib.h>

enum numbering {
	NUMBERED_THREADS_LAST, // 0-27 are the first threads of the first package, their siblings are + all cores: Intel servers
	NUMBERED_ADJACENT,     // siblings 0-1, 2-3: cloud guests, QEMU, many firmwares
};

struct machine {
	const char *name;
	unsigned packages, nodes_per_package, l3_per_node, cores_per_l3, threads;
	enum numbering numbering;
	const char *isolated; // NULL: none
	const char *offline;
	int memoryless;       // node without memory; 0: none (node 0 always has some)
};

static inline struct cpuset machine_set(struct arena *arena, const char *list)
{
	struct error err = ERROR_INIT;
	struct cpuset set;

	if (cpuset_parse(arena, list != NULL ? list : "", &set, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return set;
}

static inline void machine_cpu(struct arena *arena, const struct machine *machine, struct topology *topology, unsigned core, unsigned thread)
{
	unsigned cores = machine->packages * machine->nodes_per_package * machine->l3_per_node * machine->cores_per_l3;
	unsigned number = machine->numbering == NUMBERED_ADJACENT ? core * machine->threads + thread : thread * cores + core;
	unsigned first_of_l3 = core / machine->cores_per_l3 * machine->cores_per_l3;
	int node = (int)(core / machine->cores_per_l3 / machine->l3_per_node);
	struct cpu *cpu = &topology->cpus[number];

	*cpu = (struct cpu){.number = number, .package = -1, .die = -1, .core = -1, .l3 = -1, .node = -1};
	cpuset_add(arena, &topology->present, number);
	if (!cpuset_has(&topology->online, number))
		return;
	cpu->online = true;
	cpu->node = node;
	cpu->package = node / (int)machine->nodes_per_package;
	cpu->die = 0;
	cpu->core = (int)core;
	cpu->l3 = (int)(machine->numbering == NUMBERED_ADJACENT ? first_of_l3 * machine->threads : first_of_l3);
	for (unsigned sibling = 0; sibling < machine->threads; sibling++) {
		unsigned other = machine->numbering == NUMBERED_ADJACENT ? core * machine->threads + sibling : sibling * cores + core;

		if (cpuset_has(&topology->online, other))
			cpuset_add(arena, &cpu->siblings, other);
	}
	cpuset_add(arena, &topology->nodes[node].cpus, number);
}

// The topology of such a machine, in `arena`.
static inline struct topology make_machine(struct arena *arena, const struct machine *machine)
{
	unsigned cores = machine->packages * machine->nodes_per_package * machine->l3_per_node * machine->cores_per_l3;
	struct cpuset offline = machine_set(arena, machine->offline);
	struct topology topology = {.count = (size_t)cores * machine->threads, .node_count = (size_t)machine->packages * machine->nodes_per_package, .kernel = "6.12"};

	topology.cpus = arena_array(arena, topology.count, sizeof *topology.cpus);
	topology.nodes = arena_array(arena, topology.node_count, sizeof *topology.nodes);
	topology.isolated = machine_set(arena, machine->isolated);
	for (unsigned number = 0; number < topology.count; number++)
		if (!cpuset_has(&offline, number))
			cpuset_add(arena, &topology.online, number);
	for (size_t node = 0; node < topology.node_count; node++) {
		topology.nodes[node].number = (int)node;
		topology.nodes[node].memory = machine->memoryless == 0 || (int)node != machine->memoryless;
	}
	for (unsigned core = 0; core < cores; core++)
		for (unsigned thread = 0; thread < machine->threads; thread++)
			machine_cpu(arena, machine, &topology, core, thread);
	topology.reachable = topology.online;
	topology.housekeeping = cpuset_minus(arena, &topology.online, &topology.isolated);
	return topology;
}

#endif
