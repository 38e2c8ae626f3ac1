// test_placement.c: which CPUs a request gets on machines of many shapes, the reasons, refusals, and what must hold for any request on any of them.
#include "cpus/placement.h"

#include "topologies.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

// Beside those of topologies.h.
static const struct machine shapes[] = {
	{.name = "one CPU", .packages = 1, .cores = 1, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "two CPUs", .packages = 1, .cores = 2, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "two CPUs, isolated", .packages = 1, .cores = 2, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "1"},
	{.name = "one core with two threads", .packages = 1, .cores = 1, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "two nodes of 2x2", .packages = 2, .cores = 2, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "two nodes of 2x2, isolated", .packages = 2, .cores = 2, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "2-5"},
	{.name = "2x28x2 Intel", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT},
	{.name = "2x28x2 Intel, isolated", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT, .isolated = "1-27,29-55,57-83,85-111"},
	{.name = "2x28x2 Intel, first threads isolated", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT, .isolated = "1-27,29-55"},
	{.name = "2x28x2 adjacent", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "2x28x2 adjacent, isolated", .packages = 2, .cores = 28, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "2-55,58-111"},
	{.name = "AMD, 8 L3s", .packages = 1, .cores = 64, .threads = 2, .nodes = 1, .dies = 1, .l3s = 8, .numbering = NUMBER_SPLIT},
	{.name = "AMD, 8 L3s, two isolated", .packages = 1, .cores = 64, .threads = 2, .nodes = 1, .dies = 1, .l3s = 8, .numbering = NUMBER_SPLIT, .isolated = "48-63,112-127"},
	{.name = "AMD, 2 packages with 4 nodes", .packages = 2, .cores = 32, .threads = 2, .nodes = 4, .dies = 1, .l3s = 8, .numbering = NUMBER_SPLIT},
	{.name = "SMT off", .packages = 2, .cores = 8, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT},
	{.name = "SMT off by offline siblings", .packages = 2, .cores = 4, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT, .offline = "8-15"},
	{.name = "node without memory", .packages = 2, .cores = 4, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .nodes_without_memory = "1"},
	{.name = "offline holes", .packages = 2, .cores = 8, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "4-15,20-31", .offline = "0,3,8-9,17"},
	{.name = "4 sockets", .packages = 4, .cores = 16, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_SPLIT, .isolated = "1-15,17-31,33-47,49-127"},
	{.name = "eight threads a core", .packages = 2, .cores = 6, .threads = 8, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "8-95"},
	{.name = "2,048 CPUs, isolated", .packages = 8, .cores = 128, .threads = 2, .nodes = 2, .dies = 1, .l3s = 16, .numbering = NUMBER_SPLIT, .isolated = "8-1023,1032-2047"},
};
enum { SHAPES = sizeof shapes / sizeof *shapes, MACHINES = SHAPES + sizeof machines / sizeof *machines };

// Read once each: the largest are 20,000 files.
static struct arena machine_arena;
static struct topology topologies[MACHINES];

static size_t machine_at(const char *name)
{
	for (size_t i = 0; i < SHAPES; i++)
		if (strcmp(shapes[i].name, name) == 0)
			return i;
	fail_msg("no machine '%s'", name);
	return 0;
}

static const struct topology *topology_at(size_t i)
{
	if (topologies[i].count == 0)
		topologies[i] = machine_topology(&machine_arena, i < SHAPES ? &shapes[i] : &machines[i - SHAPES]);
	return &topologies[i];
}

// A machine, a request and owners; `input` points into the rest.
struct scene {
	struct arena *arena;
	struct topology topology;
	struct core_request request;
	struct placement_owner owners[2];
	struct placement_input input;
};

static void set_scene(struct scene *scene, struct arena *arena, size_t machine, const char *words)
{
	struct error err = ERROR_INIT;
	const char *kind;
	const char *name;

	*scene = (struct scene){.arena = arena, .topology = *topology_at(machine)};
	if (core_request_parse(arena, words, &scene->request, &err) < 0)
		fail_msg("%s", err.text);
	scene->input = (struct placement_input){.topology = &scene->topology, .request = &scene->request, .owners = scene->owners};
	core_request_node(&scene->request, &scene->input.node, &kind, &name);
}

static void scene_owner(struct scene *scene, const char *id, const char *cpus, bool shared)
{
	scene->owners[scene->input.owner_count++] = (struct placement_owner){.id = id, .cpus = machine_list(scene->arena, cpus), .shared = shared};
}

static const char *format_order(struct arena *arena, const struct placement *placement)
{
	const char *text = "";

	for (size_t i = 0; i < placement->order_count; i++)
		text = arena_printf(arena, "%s%s%u", text, i == 0 ? "" : i == placement->main_count ? " | " : " ", placement->order[i]);
	return text;
}

static const char *all_reasons(struct arena *arena, const struct placement *placement)
{
	const char *text = "";

	for (size_t i = 0; i < placement->reasons.count; i++)
		text = arena_printf(arena, "%s%s\n", text, placement->reasons.items[i]);
	return text;
}

static struct placement choose(struct scene *scene)
{
	struct error err = ERROR_INIT;
	struct placement placement;

	if (placement_choose(scene->arena, &scene->input, &placement, &err) < 0)
		fail_msg("%s: %s", core_request_format(scene->arena, &scene->request), err.text);
	return placement;
}

static void requests_get_these_cpus(void **state)
{
	static const struct { const char *machine, *words, *order, *idle, *housekeeping, *mems; } samples[] = {
		{"one CPU", "0", "0", "", "0", "0"},
		{"two CPUs", "count=1", "1", "", "0", "0"},
		{"two CPUs", "count=1,housekeeping=main", "1", "", "1", "0"},
		{"two CPUs", "count=1,housekeeping=none", "1", "", "", "0"},
		{"two CPUs", "1", "1", "", "1", "0"},
		{"two CPUs", "1,housekeeping=0", "1", "", "0", "0"},
		{"one core with two threads", "count=1,smt=any", "1", "", "0", "0"},
		{"2x28x2 Intel", "count=3", "1 | 2 3", "57-59", "0", "0"},
		{"2x28x2 Intel", "count=3,smt=pairs", "1 | 2 3 58 59", "", "57", "0"},
		{"2x28x2 Intel", "count=3,smt=pairs,housekeeping=none", "1 | 2 3 58 59", "57", "", "0"},
		{"2x28x2 Intel", "count=2,main=0,smt=pairs", "1 2 57 58", "", "0", "0"},
		{"2x28x2 Intel", "count=4,main=2,smt=pairs", "1 2 | 3 4 59 60", "", "57-58", "0"},
		{"2x28x2 Intel", "count=3,smt=any", "56 | 1 57", "", "0", "0"},
		{"2x28x2 Intel", "count=3,node=1", "29 | 30 31", "85-87", "28", "1"},
		{"2x28x2 Intel", "count=3,skip=1,58", "3 | 4 5", "59-61", "0", "0"},
		{"2x28x2 Intel", "count=2,housekeeping=own", "1 | 2", "57-59", "3", "0"},
		{"2x28x2 Intel", "3,4,60", "3 | 4 60", "", "3", "0"},
		{"2x28x2 Intel", "60,4,3", "60 | 4 3", "", "60", "0"},
		{"2x28x2 Intel", "3,4,60,smt=pairs", "3 | 4 60", "59", "3", "0"},
		{"2x28x2 Intel", "3-4,smt=avoid", "3 | 4", "59-60", "3", "0"},
		{"2x28x2 Intel", "3-4,housekeeping=own", "3 | 4", "57", "1", "0"},
		{"2x28x2 Intel", "3,30,cross_node=yes", "3 | 30", "", "3", "0-1"},
		{"2x28x2 Intel", "count=40,cross_node=yes,smt=avoid,main=0", NULL, "57-83,85-97", "0", "0-1"},
		{"2x28x2 Intel, isolated", "count=2,from=any", "1 | 2", "57-58", "0", "0"},
		{"2x28x2 Intel, isolated", "count=2,node=1", "29 | 30", "85-86", "28", "1"},
		{"2x28x2 Intel, first threads isolated", "count=2", "1 | 2", "57-58", "0", "0"},
		{"2x28x2 Intel, first threads isolated", "count=2,from=housekeeping,smt=any", "56 | 57", "", "0", "0"},
		{"2x28x2 adjacent", "count=3", "2 | 4 6", "3,5,7", "0", "0"},
		{"2x28x2 adjacent", "count=3,smt=pairs", "2 | 4 6 5 7", "", "3", "0"},
		{"2x28x2 adjacent", "count=3,smt=any", "1 | 2 3", "", "0", "0"},
		{"AMD, 8 L3s", "count=8", "8 | 9 10 11 12 13 14 15", "72-79", "0", "0"},
		{"AMD, 8 L3s", "count=7,l3=same", "1 | 2 3 4 5 6 7", "65-71", "0", "0"},
		{"AMD, 8 L3s", "count=9", "1 | 2 3 4 5 6 7 8 9", "65-73", "0", "0"},
		{"AMD, 8 L3s, two isolated", "count=4", "48 | 49 50 51", "112-115", "0", "0"},
		{"two nodes of 2x2", "count=1", "2", "3", "0", "0"},
		{"two nodes of 2x2, isolated", "count=2,smt=any", "2 | 3", "", "0", "0"},
		{"two nodes of 2x2, isolated", "count=1,node=1", "4", "5", "6", "1"},
		{"SMT off", "count=2,smt=pairs", "1 | 2", "", "0", "0"},
		{"SMT off by offline siblings", "count=2,smt=pairs", "1 | 2", "", "0", "0"},
		{"node without memory", "count=2,node=1", "5 | 6", "", "4", ""},
		{"offline holes", "count=1", "4", "5", "1", "0"},
		{"eight threads a core", "count=1", "8", "9-15", "0", "0"},
		{"eight threads a core", "count=1,skip=9", "16", "17-23", "0", "0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena arena = {0};
		struct placement placement;
		struct scene scene;

		print_message("%s: %s\n", samples[i].machine, samples[i].words);
		set_scene(&scene, &arena, machine_at(samples[i].machine), samples[i].words);
		placement = choose(&scene);
		if (samples[i].order != NULL)
			assert_string_equal(format_order(&arena, &placement), samples[i].order);
		assert_string_equal(cpuset_format(&arena, &placement.idle), samples[i].idle);
		assert_string_equal(cpuset_format(&arena, &placement.housekeeping), samples[i].housekeeping);
		assert_string_equal(cpuset_format(&arena, &placement.mems), samples[i].mems);
		arena_free(&arena);
	}
}

static void owners_are_passed_over(void **state)
{
	struct arena arena = {0};
	struct placement placement;
	struct scene scene;

	(void)state;
	set_scene(&scene, &arena, machine_at("2x28x2 Intel"), "count=2");
	scene_owner(&scene, "lab1", "1,57", false);
	scene_owner(&scene, "lab2", "3", true);
	scene.owners[1].uses = machine_list(&arena, "4");
	placement = choose(&scene);
	assert_string_equal(format_order(&arena, &placement), "2 | 5");
	assert_string_equal(cpuset_format(&arena, &placement.owned), "2,5,58,61");
	assert_string_equal(all_reasons(&arena, &placement),
		"cpu 2: chosen: main, node 0\n"
		"cpu 5: chosen: worker, node 0\n"
		"cpu 58: idle: sibling of 2\n"
		"cpu 61: idle: sibling of 5\n"
		"cpu 0: housekeeping: shared with the machine and other containers\n"
		"together: the first level-3 cache with enough free cores\n"
		"cpus 1,57: passed over: owned by lab1\n"
		"cpu 3: passed over: shared by lab2\n"
		"cpu 4: passed over: housekeeping of lab2\n"
		"cpus 6-27,29-55,62-83,85-111: passed over: free, not needed\n"
		"cpu 28: passed over: kept for the machine's own work on node 1\n"
		"cpu 56: passed over: sibling of 0, which is the boot CPU\n"
		"cpu 59: passed over: sibling of 3, which is shared by lab2\n"
		"cpu 60: passed over: sibling of 4, which is housekeeping of lab2\n"
		"cpu 84: passed over: sibling of 28, which is kept for the machine's own work on node 1\n");
	// One that shares minds only those who do not.
	set_scene(&scene, &arena, machine_at("2x28x2 Intel"), "count=2,shared=yes");
	scene_owner(&scene, "lab1", "1,57", false);
	scene_owner(&scene, "lab2", "2", true);
	placement = choose(&scene);
	assert_string_equal(format_order(&arena, &placement), "2 | 3");
	arena_free(&arena);
}

static void partitions_of_others_are_passed_over(void **state)
{
	struct arena arena = {0};
	struct placement placement;
	struct scene scene;

	(void)state;
	set_scene(&scene, &arena, machine_at("2x28x2 Intel"), "count=1");
	scene.topology.partitions = machine_list(&arena, "1,57");
	scene.topology.apart = machine_list(&arena, "2");
	placement = choose(&scene);
	assert_string_equal(format_order(&arena, &placement), "3");
	// Its own one is none when it is resized.
	scene.input.mine = machine_list(&arena, "1,57");
	placement = choose(&scene);
	assert_string_equal(format_order(&arena, &placement), "1");
	arena_free(&arena);
}

static void a_partition_shares_no_housekeeping(void **state)
{
	struct arena arena = {0};
	struct placement placement;
	struct scene scene;

	(void)state;
	set_scene(&scene, &arena, machine_at("2x28x2 Intel"), "count=3");
	scene.input.all_owned = true;
	placement = choose(&scene);
	assert_string_equal(cpuset_format(&arena, &placement.housekeeping), "1");
	assert_true(placement.housekeeping_owned);
	assert_string_equal(cpuset_format(&arena, &placement.cpus), "1-3");
	set_scene(&scene, &arena, machine_at("2x28x2 Intel"), "count=3,housekeeping=10");
	scene.input.all_owned = true;
	placement = choose(&scene);
	assert_string_equal(cpuset_format(&arena, &placement.owned), "1-3,10,57-59");
	arena_free(&arena);
}

static void refusals_say_why_and_what_would_fit(void **state)
{
	static const struct { const char *machine, *words, *owned, *text; int code; } samples[] = {
		{"one CPU", "count=1", "", "no room for 1 CPU with a core of its own: there are at most 0 (0 the boot CPU)", ENOSPC},
		{"one core with two threads", "count=1", "",
			"no room for 1 CPU with a core of its own: there are at most 0 (0 the boot CPU, 1 sibling of 0, which is the boot CPU); smt=any would fit", ENOSPC},
		{"two nodes of 2x2, isolated", "count=3", "",
			"no room for 3 isolated CPUs with cores of their own of one NUMA node: there are at most 1 (0 the boot CPU, 1,7 not isolated, 6 kept for the machine's own work on node 1); count=1 would fit", ENOSPC},
		{"two nodes of 2x2, isolated", "count=2", "",
			"count=1, or smt=any would fit", ENOSPC},
		{"two nodes of 2x2, isolated", "2,4", "", "CPU 2 is on NUMA node 0 and CPU 4 on node 1; cross_node=yes would fit", ENOSPC},
		{"2x28x2 Intel, isolated", "count=28", "", "at most 27 (0 the boot CPU, 28 kept for the machine's own work on node 1, 56,84 not isolated); count=27, or smt=any would fit", ENOSPC},
		{"2x28x2 Intel", "count=27,node=0", "4-6", "4-6 owned by lab1", EBUSY},
		{"2x28x2 Intel", "3,4,60", "4", "CPU 4 is taken: it is owned by lab1; count=3 instead of the list would fit", EBUSY},
		{"2x28x2 Intel", "3,4,smt=avoid", "60", "CPU 60, the other thread of the core of CPU 4, cannot be kept idle: owned by lab1; choose another CPU, or say smt=any", EBUSY},
		{"2x28x2 Intel", "0,smt=avoid", "", "", 0},
		{"2x28x2 Intel", "56,smt=avoid", "", "CPU 0, the other thread of the core of CPU 56, cannot be kept idle: the boot CPU", EBUSY},
		{"2x28x2 Intel", "4,60,smt=avoid", "", "CPUs 4 and 60 of the list are threads of one core", ENOSPC},
		{"2x28x2 Intel", "3,4,smt=pairs", "", "CPU 60 is not in the list, but the other thread of the core of CPU 4", ENOSPC},
		{"2x28x2 Intel", "3,200", "", "CPU 200 is not on this machine; online are 0-111", ENODEV},
		{"2x28x2 Intel", "3,30,node=0", "", "CPU 30 is not one that the request may have: it is on node 1", ENOSPC},
		{"2x28x2 Intel, isolated", "28,from=isolated", "", "CPU 28 is not one that the request may have: it is not isolated", ENOSPC},
		{"2x28x2 Intel, isolated", "3,from=housekeeping", "", "CPU 3 is not one that the request may have: it is isolated", ENOSPC},
		{"2x28x2 Intel", "3,housekeeping=5", "5", "housekeeping: CPU 5 is taken: it is owned by lab1; housekeeping=auto would fit", EBUSY},
		{"2x28x2 Intel", "3,housekeeping=500", "", "housekeeping: CPU 500 is not on this machine", ENODEV},
		{"offline holes", "3,5", "", "CPU 3 is offline; online are 1-2,4-7,10-16,18-31", ENODEV},
		{"AMD, 8 L3s", "count=9,l3=same", "", "no room for 9 CPUs with cores of their own with the same level-3 cache: there are at most 8 (0 the boot CPU, 64 sibling of 0, which is the boot CPU); count=8, or smt=any would fit", ENOSPC},
		{"AMD, 8 L3s", "7,8,l3=same", "", "CPUs 7 and 8 do not share a level-3 cache (l3=same)", ENOSPC},
		{"2x28x2 Intel", "count=28,node=1", "", "count=27, or smt=any would fit", ENOSPC},
		{"2x28x2 Intel", "count=3,node=2", "", "this machine has no NUMA node 2; node=any would fit", ENODEV},
		{"2x28x2 Intel", "3,node=2", "", "this machine has no NUMA node 2; node=any would fit", ENODEV},
		{"2x28x2 Intel", "count=60,node=2", "", "this machine has no NUMA node 2", ENODEV},
		{"two CPUs", "1,housekeeping=own", "", "no core is left for housekeeping=own beside the list", ENOSPC},
		{"2x28x2 Intel", "count=27,housekeeping=own", "", "no room for 27 and one for housekeeping, CPUs with cores of their own", ENOSPC},
		{"2x28x2 Intel", "count=28,housekeeping=own", "", "count=26, or smt=any would fit", ENOSPC},
		{"2x28x2 Intel", "count=60", "", "count=27 would fit", ENOSPC},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena arena = {0};
		struct error err = ERROR_INIT;
		struct placement placement;
		struct scene scene;

		set_scene(&scene, &arena, machine_at(samples[i].machine), samples[i].words);
		if (*samples[i].owned != '\0')
			scene_owner(&scene, "lab1", samples[i].owned, false);
		if (samples[i].code == 0) {
			choose(&scene);
		} else {
			if (placement_choose(&arena, &scene.input, &placement, &err) == 0)
				fail_msg("%s: %s was placed", samples[i].machine, samples[i].words);
			if (strstr(err.text, samples[i].text) == NULL)
				fail_msg("%s: %s: '%s' is not in '%s'", samples[i].machine, samples[i].words, samples[i].text, err.text);
			if (err.code != samples[i].code)
				fail_msg("%s: %s: code %d: %s", samples[i].machine, samples[i].words, err.code, err.text);
		}
		arena_free(&arena);
	}
}

// A machine that does not say which CPUs share a cache, or where packages are, still has nodes.
static void unknown_caches_are_no_group(void **state)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct placement placement;
	struct scene scene;

	(void)state;
	set_scene(&scene, &arena, machine_at("SMT off"), "count=2");
	scene.topology.cpus = arena_array(&arena, scene.topology.count, sizeof *scene.topology.cpus);
	memcpy(scene.topology.cpus, topology_at(machine_at("SMT off"))->cpus, scene.topology.count * sizeof *scene.topology.cpus);
	for (size_t i = 0; i < scene.topology.count; i++)
		scene.topology.cpus[i].l3 = scene.topology.cpus[i].package = scene.topology.cpus[i].die = -1;
	placement = choose(&scene);
	assert_string_equal(format_order(&arena, &placement), "1 | 2");
	scene.request.l3_same = true;
	assert_int_equal(placement_choose(&arena, &scene.input, &placement, &err), -1);
	assert_non_null(strstr(err.text, "l3=any would fit"));
	arena_free(&arena);
}

// xorshift: the same requests in every run.
static unsigned long long random_state = 88172645463325252ull;

static unsigned below(unsigned limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned)(random_state >> 11) % limit;
}

static const char *one_of(const char *const *choices, unsigned count)
{
	return choices[below(count)];
}
#define ONE_OF(...) one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static const char *random_list(struct arena *arena, unsigned cpus)
{
	struct cpuset seen = {0};
	const char *text = "";

	for (unsigned n = 1 + below(4); n > 0; n--) {
		unsigned number = below(cpus);

		if (!cpuset_has(&seen, number))
			text = arena_printf(arena, "%s%s%u", text, *text != '\0' ? "," : "", number);
		cpuset_add(arena, &seen, number);
	}
	return text;
}

static const char *random_words(struct arena *arena, const struct topology *topology)
{
	unsigned cpus = (unsigned)topology->count;
	const char *text = below(3) == 0 ? random_list(arena, cpus) : arena_printf(arena, "count=%u", 1 + below(cpus > 16 ? 16 + below(cpus) : cpus));

	if (below(3) == 0)
		text = arena_printf(arena, "%s,main=%u", text, below(3));
	text = arena_printf(arena, "%s%s", text, ONE_OF("", "", ",from=isolated", ",from=any", ",from=housekeeping"));
	text = arena_printf(arena, "%s%s", text, ONE_OF("", "", ",smt=avoid", ",smt=pairs", ",smt=any"));
	text = arena_printf(arena, "%s%s", text, ONE_OF("", "", "", ",l3=same", ",cross_node=yes"));
	if (below(4) == 0)
		text = arena_printf(arena, "%s,node=%u", text, below((unsigned)topology->node_count));
	if (below(4) == 0)
		text = arena_printf(arena, "%s,skip=%s", text, random_list(arena, cpus));
	text = arena_printf(arena, "%s%s", text, ONE_OF("", "", "", ",housekeeping=own", ",housekeeping=main", ",housekeeping=none", ",housekeeping=0"));
	return arena_printf(arena, "%s%s", text, ONE_OF("", "", "", ",shared=yes"));
}

static void random_scene(struct scene *scene, struct arena *arena, size_t machine, const char *words)
{
	unsigned cpus;

	set_scene(scene, arena, machine, words);
	cpus = (unsigned)scene->topology.count;
	for (unsigned n = below(3); n > 0; n--)
		scene_owner(scene, n == 1 ? "lab1" : "lab2", random_list(arena, cpus), below(3) == 0);
	scene->input.all_owned = below(4) == 0;
}

#define HOLDS(condition)                                                                                                                                                         \
	do {                                                                                                                                                                     \
		if (!(condition))                                                                                                                                                \
			fail_msg("%s: %s does not hold: %s", core_request_format(scene->arena, scene->input.request), #condition, all_reasons(scene->arena, placement));             \
	} while (0)

static void expect_no_second_owner(const struct scene *scene, const struct placement *placement)
{
	for (size_t i = 0; i < scene->input.owner_count; i++) {
		const struct placement_owner *owner = &scene->owners[i];

		if (!(owner->shared && scene->input.request->shared)) {
			HOLDS(!cpuset_intersects(&placement->data, &owner->cpus));
			HOLDS(!cpuset_intersects(&placement->idle, &owner->cpus));
		}
		if (!owner->shared)
			HOLDS(!cpuset_intersects(&placement->cpus, &owner->cpus));
	}
}

static void expect_cpu_as_asked(const struct scene *scene, const struct placement *placement, const struct cpu *cpu)
{
	const struct core_request *request = scene->input.request;
	bool isolated = cpuset_has(&scene->topology.isolated, cpu->number);
	struct cpuset siblings = cpuset_intersection(scene->arena, &cpu->siblings, &scene->topology.online);
	struct cpuset owned = cpuset_union(scene->arena, &placement->owned, &siblings);

	HOLDS(cpu->online);
	HOLDS(!cpuset_has(&request->skip, cpu->number));
	HOLDS(scene->input.node < 0 || cpu->node == scene->input.node);
	HOLDS(request->from != FROM_ISOLATED || isolated);
	HOLDS(request->from != FROM_HOUSEKEEPING || !isolated);
	HOLDS(request->cross_node || cpu->node == placement->node);
	HOLDS(!request->l3_same || cpu->l3 == topology_cpu(&scene->topology, placement->order[0])->l3);
	HOLDS(request->has_list || cpuset_first(&scene->topology.online) != (int)cpu->number);
	if (request->smt == SMT_ANY || (request->has_list && !request->has_smt))
		return;
	// The whole core is its own, and with smt=avoid only one thread of it runs.
	HOLDS(cpuset_equal(&owned, &placement->owned));
	if (request->smt == SMT_AVOID) {
		cpuset_remove(&siblings, cpu->number);
		HOLDS(!cpuset_intersects(&siblings, &placement->cpus));
	}
}

static void expect_sound(const struct scene *scene, const struct placement *placement)
{
	const struct core_request *request = scene->input.request;
	struct cpuset both = cpuset_intersection(scene->arena, &placement->mains, &placement->workers);
	struct cpuset united = cpuset_union(scene->arena, &placement->mains, &placement->workers);

	HOLDS(cpuset_count(&both) == 0);
	HOLDS(cpuset_equal(&united, &placement->data));
	HOLDS(!cpuset_intersects(&placement->idle, &placement->cpus));
	HOLDS(placement->order_count == cpuset_count(&placement->data));
	HOLDS(placement->main_count == request->main && cpuset_count(&placement->mains) == request->main);
	HOLDS(request->smt == SMT_PAIRS || placement->order_count == request->count);
	HOLDS((request->housekeeping == HOUSEKEEPING_NONE) == (cpuset_count(&placement->housekeeping) == 0));
	HOLDS(!scene->input.all_owned || request->housekeeping == HOUSEKEEPING_NONE || placement->housekeeping_owned);
	HOLDS(!request->has_list || memcmp(placement->order, request->list, request->list_count * sizeof *request->list) == 0);
	HOLDS(placement->reasons.count > 0);
	for (size_t i = 0; i < placement->order_count; i++)
		expect_cpu_as_asked(scene, placement, topology_cpu(&scene->topology, placement->order[i]));
	expect_no_second_owner(scene, placement);
}

static void expect_alternatives_fit(struct scene *scene, const char *text)
{
	struct placement_alternative alternatives[PLACEMENT_ALTERNATIVES_MAX];
	size_t count = placement_alternatives(scene->arena, &scene->input, alternatives);

	assert_true((count > 0) == (strstr(text, " would fit") != NULL));
	for (size_t i = 0; i < count; i++) {
		const char *words = core_request_format(scene->arena, &alternatives[i].request);
		struct error err = ERROR_INIT;
		struct scene other = *scene;
		struct placement placement;

		assert_non_null(strstr(text, alternatives[i].words));
		if (core_request_parse(scene->arena, words, &other.request, &err) < 0)
			fail_msg("%s", err.text);
		other.input.topology = &other.topology;
		other.input.request = &other.request;
		other.input.owners = other.owners;
		other.input.node = alternatives[i].node;
		if (placement_choose(scene->arena, &other.input, &placement, &err) < 0)
			fail_msg("'%s' was said to fit instead of '%s': %s", words, core_request_format(scene->arena, &scene->request), err.text);
		expect_sound(&other, &placement);
	}
}

static void any_request_is_placed_soundly(void **state)
{
	size_t placed = 0;
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < 6000; i++) {
		struct arena arena = {0};
		size_t machine = below(MACHINES);
		const char *words = random_words(&arena, topology_at(machine));
		struct error err = ERROR_INIT;
		struct core_request request;
		struct placement placement;
		struct placement again;
		struct scene scene;

		if ((topology_at(machine)->count > 1024 && i % 16 != 0) || core_request_parse(&arena, words, &request, &err) < 0) {
			arena_free(&arena);
			continue;
		}
		random_scene(&scene, &arena, machine, words);
		if (placement_choose(&arena, &scene.input, &placement, &err) == 0) {
			placed++;
			expect_sound(&scene, &placement);
			assert_int_equal(placement_choose(&arena, &scene.input, &again, &err), 0);
			assert_string_equal(all_reasons(&arena, &placement), all_reasons(&arena, &again));
		} else {
			refused++;
			assert_in_range(err.code, 1, 200);
			expect_alternatives_fit(&scene, err.text);
		}
		arena_free(&arena);
	}
	print_message("%zu placed, %zu refused\n", placed, refused);
	assert_true(placed > 500 && refused > 500);
}

static int forget_machines(void **state)
{
	(void)state;
	arena_free(&machine_arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_get_these_cpus),
		cmocka_unit_test(owners_are_passed_over),
		cmocka_unit_test(partitions_of_others_are_passed_over),
		cmocka_unit_test(a_partition_shares_no_housekeeping),
		cmocka_unit_test(refusals_say_why_and_what_would_fit),
		cmocka_unit_test(unknown_caches_are_no_group),
		cmocka_unit_test(any_request_is_placed_soundly),
	};

	return cmocka_run_group_tests(tests, NULL, forget_machines);
}
