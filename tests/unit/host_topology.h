// host_topology.h: CPUs for the machines that tests of plans make up.
#ifndef MINIRUN_TESTS_HOST_TOPOLOGY_H
#define MINIRUN_TESTS_HOST_TOPOLOGY_H

#include "plan/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the ones above first
#include <cmocka.h>

// The machine's CPUs as --cpus wants to see them: each a core of its own, all on one chip, the memory nodes' CPUs in equal shares.
static inline void host_add_topology(struct arena *arena, struct host *host)
{
	struct topology *topology = arena_alloc(arena, sizeof *topology);
	struct cpuset nodes;
	struct error err = ERROR_INIT;
	size_t node_count;

	*topology = (struct topology){.kernel = "6.1.0"};
	assert_int_equal(cpuset_parse(arena, host->cpus_online, &topology->online, &err), 0);
	assert_int_equal(cpuset_parse(arena, host->cpus_isolated, &topology->isolated, &err), 0);
	assert_int_equal(cpuset_parse(arena, host->mems_online, &nodes, &err), 0);
	node_count = cpuset_count(&nodes);
	topology->present = topology->reachable = topology->online;
	topology->housekeeping = cpuset_minus(arena, &topology->online, &topology->isolated);
	topology->cpus = arena_array(arena, cpuset_count(&topology->online), sizeof *topology->cpus);
	topology->nodes = arena_array(arena, node_count, sizeof *topology->nodes);
	topology->node_count = node_count;
	for (size_t i = 0; i < node_count; i++)
		topology->nodes[i] = (struct topology_node){.number = (int)i, .memory = true};
	for (int n = cpuset_next(&topology->online, 0); n >= 0; n = cpuset_next(&topology->online, (unsigned)n + 1)) {
		int node = (int)((size_t)n * node_count / cpuset_count(&topology->online));
		struct cpu *cpu = &topology->cpus[topology->count++];

		*cpu = (struct cpu){.number = (unsigned)n, .online = true, .package = node, .core = n, .node = node};
		cpuset_add(arena, &cpu->siblings, (unsigned)n);
		cpuset_add(arena, &topology->nodes[node].cpus, (unsigned)n);
		cpu->l3 = cpuset_first(&topology->nodes[node].cpus);
	}
	host->topology = topology;
	host->claims = arena_alloc(arena, sizeof *host->claims);
	host->cores_node = -1;
}

#endif
