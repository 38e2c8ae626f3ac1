// test_csit.c: CSIT's policy: exactly its own lists on Intel numbering, right ones elsewhere.
#include "cpus/csit.h"

#include "topologies.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct arena machine_arena;
static struct topology intel, adjacent, no_smt;

static int read_machines(void **state)
{
	struct machine machine = machine_named("two sockets, no SMT");

	(void)state;
	machine.isolated = "1-27";
	no_smt = machine_topology(&machine_arena, &machine);
	machine = machine_named("two sockets");
	intel = machine_topology(&machine_arena, &machine);
	machine = machine_named("two sockets, adjacent");
	adjacent = machine_topology(&machine_arena, &machine);
	return 0;
}

static int forget_machines(void **state)
{
	(void)state;
	arena_free(&machine_arena);
	return 0;
}

static const char *format_cpus(struct arena *arena, const struct csit_cpus *cpus)
{
	const char *text = "[";

	for (size_t i = 0; i < cpus->count; i++)
		text = arena_printf(arena, "%s%s%u", text, i > 0 ? "," : "", cpus->list[i]);
	return arena_printf(arena, "%s]", text);
}

static const char *format_containers(struct arena *arena, const struct csit_plan *plan)
{
	const char *text = "";

	for (size_t i = 0; i < plan->container_count; i++)
		text = arena_printf(arena, "%s%s%s", text, i > 0 ? " " : "", format_cpus(arena, &plan->containers[i]));
	return text;
}

static int place(struct arena *arena, const struct topology *topology, const char *words, struct csit_plan *ret_plan, struct error *err)
{
	struct csit_request request;

	if (csit_parse(words, &request, err) < 0)
		return -1;
	return csit_place(arena, topology, &request, ret_plan, err);
}

// The rows that CSIT's own code gives for this machine (FDio/csit 78e52b9, CpuUtils.py, run).
static void intel_lists_are_those_of_csit(void **state)
{
	static const struct { const char *words, *vswitch, *containers; } samples[] = {
		{"vswitch=1c,chains=1,nodes=1,nf=1c", "[1,2,58]", "[3,4,60]"},
		{"vswitch=2c", "[1,2,3,58,59]", "[4,5,61]"},
		{"vswitch=4c", "[1,2,3,4,5,58,59,60,61]", "[6,7,63]"},
		{"vswitch=1c,chains=1,nodes=2,nf=1c", "[1,2,58]", "[3,4,60] [59,5,61]"},
		{"vswitch=1c,chains=2,nodes=2,nf=1c", "[1,2,58]", "[3,5,61] [4,6,62] [59,7,63] [60,8,64]"},
		{"vswitch=1c,chains=4,nodes=2,nf=1c", "[1,2,58]",
			"[3,7,63] [4,8,64] [5,9,65] [6,10,66] [59,11,67] [60,12,68] [61,13,69] [62,14,70]"},
		{"vswitch=1c,chains=1,nodes=2,nf=0.5c", "[1,2,58]", "[3,4] [59,60]"},
		{"vswitch=1c,chains=1,nodes=2,nf=2c", "[1,2,58]", "[3,4,5,60,61] [59,6,7,62,63]"},
		{"vswitch=1c,chains=1,nodes=2,mains=1", "[1,2,58]", "[3,5,61] [4,6,62]"},
		{"vswitch=none", "[]", "[1,2,58]"},
		{"node=1,nodes=2", "[29,30,86]", "[31,32,88] [87,33,89]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena arena = {0};
		struct error err = ERROR_INIT;
		struct csit_plan plan;

		if (place(&arena, &intel, samples[i].words, &plan, &err) < 0)
			fail_msg("%s: %s", samples[i].words, err.text);
		assert_string_equal(format_cpus(&arena, &plan.vswitch), samples[i].vswitch);
		assert_string_equal(format_containers(&arena, &plan), samples[i].containers);
		assert_int_equal(plan.notes.count, 0);
		arena_free(&arena);
	}
}

static void capacity_is_that_of_csit(void **state)
{
	static const struct { const char *words, *text; } samples[] = {
		{"chains=10,nodes=2", "not enough cores on NUMA node 0: it has 28, and 33 are needed: 1 system, 2 vswitch, 10 for the main threads of 20 containers, 20 data"},
		{"chains=8,nodes=4", "it has 28, and 51 are needed"},
		// CSIT's code counts a core for each here and goes on into the siblings.
		{"nodes=12,nf=2c", "it has 28, and 33 are needed: 1 system, 2 vswitch, 6 for the main threads of 12 containers, 24 data"},
		{"node=2", "this machine has no NUMA node 2"},
	};
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct csit_plan plan;

	(void)state;
	assert_int_equal(place(&arena, &intel, "chains=8,nodes=2", &plan, &err), 0);
	assert_int_equal(plan.container_count, 16);
	assert_string_equal(format_cpus(&arena, &plan.containers[15]), "[66,26,82]");
	assert_int_equal(plan.containers[15].chain, 8);
	assert_int_equal(plan.containers[15].node, 2);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		assert_int_equal(place(&arena, &intel, samples[i].words, &plan, &err), -1);
		if (strstr(err.text, samples[i].text) == NULL)
			fail_msg("%s: %s", samples[i].words, err.text);
	}
	arena_free(&arena);
}

// Where CSIT's code sees no SMT, puts the vswitch on the sibling of CPU 0 and gives one physical core for two.
static void adjacent_siblings_are_seen(void **state)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct csit_plan plan;

	(void)state;
	assert_int_equal(place(&arena, &adjacent, "vswitch=2c,nodes=2", &plan, &err), 0);
	assert_string_equal(cpuset_format(&arena, &plan.system), "0-1");
	assert_string_equal(format_cpus(&arena, &plan.vswitch), "[2,4,6,5,7]");
	assert_string_equal(format_containers(&arena, &plan), "[8,10,11] [9,12,13]");
	assert_int_equal(place(&arena, &adjacent, "nodes=2,nf=0.5c", &plan, &err), 0);
	assert_string_equal(format_containers(&arena, &plan), "[6,8] [7,9]");
	arena_free(&arena);
}

static void without_smt_mains_share_a_cpu(void **state)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct csit_plan plan;

	(void)state;
	assert_int_equal(place(&arena, &no_smt, "nodes=2", &plan, &err), 0);
	assert_string_equal(format_cpus(&arena, &plan.vswitch), "[1,2]");
	assert_string_equal(format_containers(&arena, &plan), "[3,4] [3,5]");
	assert_int_equal(plan.notes.count, 1);
	assert_string_equal(plan.notes.items[0], "CPUs 3 have the main threads of several containers, which cannot own them: mains=1 gives each its own");
	assert_int_equal(place(&arena, &no_smt, "node=1", &plan, &err), 0);
	assert_int_equal(plan.notes.count, 1);
	assert_non_null(strstr(plan.notes.items[0], "are not isolated (isolcpus is 1-27)"));
	assert_int_equal(place(&arena, &no_smt, "nf=0.5c", &plan, &err), -1);
	assert_non_null(strstr(err.text, "the core of CPU 4 has only one; use nf=1c"));
	arena_free(&arena);
}

// No data CPU has two owners, nor has a data core two that are not halves of it.
static void data_cores_have_one_owner(void **state)
{
	static const struct topology *const all[] = {&intel, &adjacent};

	(void)state;
	for (unsigned n = 0; n < 2 * 4 * 4 * 3; n++) {
		struct arena arena = {0};
		struct error err = ERROR_INIT;
		const struct topology *topology = all[n % 2];
		struct csit_request request = {.vswitch = true, .vswitch_cores = 1, .chains = 1 + n / 2 % 4, .nodes = 1 + n / 8 % 4, .nf_cores = n / 32 % 3, .mains = 2};
		struct cpuset seen = {0};
		struct cpuset cores = {0};
		struct csit_plan plan;

		if (csit_place(&arena, topology, &request, &plan, &err) == 0) {
			for (size_t i = 0; i < plan.container_count; i++) {
				struct cpuset own = {0};

				for (size_t k = 0; k < plan.containers[i].count; k++) {
					unsigned number = plan.containers[i].list[k];
					const struct cpu *cpu = topology_cpu(topology, number);

					assert_false(cpuset_has(&seen, number));
					cpuset_add(&arena, &seen, number);
					assert_false(cpuset_intersects(&cpu->siblings, &plan.system));
					if (k > 0 && request.nf_cores > 0) {
						assert_false(cpuset_intersects(&cpu->siblings, &cores));
						own = cpuset_union(&arena, &own, &cpu->siblings);
					}
				}
				cores = cpuset_union(&arena, &cores, &own);
			}
		}
		arena_free(&arena);
	}
}

static void bad_words_are_named(void **state)
{
	static const struct { const char *words, *text; } samples[] = {
		{"", "known are vswitch=1c"},
		{"cores=2", "'cores=2' in 'cores=2': known are"},
		{"nodes=2,", "known are"},
		{"nodes", "'nodes' in 'nodes': known are"},
		{"nodes=0", "nodes takes a number from 1"},
		{"nodes=4097", "nodes takes a number from 1"},
		{"nodes=99999999999999999999", "nodes takes a number from 1"},
		{"chains=x", "chains takes a number"},
		{"vswitch=1", "vswitch takes data cores as in 1c"},
		{"vswitch=0.5c", "vswitch takes data cores as in 1c"},
		{"vswitch=0c", "vswitch takes"},
		{"nf=c", "nf takes data cores"},
		{"nf=1.5c", "nf takes data cores"},
		{"mains=0", "mains takes how many"},
		{"node=-1", "node takes a NUMA node's number"},
		{"nf=1c,nf=1c", "'nf=1c' in 'nf=1c,nf=1c': it is there twice"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct error err = ERROR_INIT;
		struct csit_request request;

		if (csit_parse(samples[i].words, &request, &err) == 0)
			fail_msg("'%s' was understood", samples[i].words);
		if (strstr(err.text, samples[i].text) == NULL)
			fail_msg("'%s': %s", samples[i].words, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intel_lists_are_those_of_csit),
		cmocka_unit_test(capacity_is_that_of_csit),
		cmocka_unit_test(adjacent_siblings_are_seen),
		cmocka_unit_test(without_smt_mains_share_a_cpu),
		cmocka_unit_test(data_cores_have_one_owner),
		cmocka_unit_test(bad_words_are_named),
	};

	return cmocka_run_group_tests(tests, read_machines, forget_machines);
}
