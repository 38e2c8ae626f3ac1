// fuzz_core_request.c: libFuzzer over the words of --cpus and of CSIT's policy: whatever they are, an answer comes, and what was understood reads back and is placed soundly.
// The first byte chooses the machine.
#include "cpus/csit.h"
#include "cpus/placement.h"

#include "tests/unit/topologies.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct machine shapes[] = {
	{.name = "one CPU", .packages = 1, .cores = 1, .threads = 1, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT},
	{.name = "two nodes of 2x2, isolated", .packages = 2, .cores = 2, .threads = 2, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "2-5"},
	{.name = "2 nodes of 8x2", .packages = 2, .cores = 8, .threads = 2, .nodes = 1, .dies = 1, .l3s = 2, .numbering = NUMBER_SPLIT, .offline = "3", .nodes_without_memory = "1"},
	{.name = "four threads a core", .packages = 1, .cores = 4, .threads = 4, .nodes = 1, .dies = 1, .l3s = 1, .numbering = NUMBER_ADJACENT, .isolated = "4-11"},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static const struct topology *read_once(size_t i)
{
	static struct arena arena;
	static struct topology topologies[SHAPES];

	if (topologies[i].count == 0)
		topologies[i] = machine_topology(&arena, &shapes[i]);
	return &topologies[i];
}

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static void place(struct arena *arena, const struct topology *topology, const struct core_request *request)
{
	struct placement_owner owner = {.id = "lab1", .cpus = machine_list(arena, "2,9")};
	struct placement_input input = {.topology = topology, .request = request, .owners = &owner, .owner_count = 1};
	struct error err = ERROR_INIT;
	struct placement placement;
	const char *kind;
	const char *name;

	core_request_node(request, &input.node, &kind, &name);
	if (placement_choose(arena, &input, &placement, &err) < 0) {
		require(err.code != 0 && err.text[0] != '\0', "a refusal has a code and a text");
		return;
	}
	require(!cpuset_intersects(&placement.cpus, &owner.cpus) && !cpuset_intersects(&placement.idle, &owner.cpus), "no second owner");
	require(cpuset_first_outside(&placement.cpus, &topology->online) < 0, "only what is online");
	require(!cpuset_intersects(&placement.idle, &placement.cpus), "what is idle is idle");
	require(placement.order_count > 0 && placement.main_count <= placement.order_count, "an order");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct topology topology;
	struct core_request request;
	struct core_request again;
	struct csit_request csit;
	struct csit_plan plan;
	char *text;

	if (size == 0)
		return 0;
	topology = *read_once(data[0] % SHAPES);
	text = arena_strndup(&arena, (const char *)data + 1, size - 1);
	if (core_request_parse(&arena, text, &request, &err) == 0) {
		const char *canonical = core_request_format(&arena, &request);

		require(core_request_parse(&arena, canonical, &again, &err) == 0, "the canonical form is understood");
		require(strcmp(core_request_format(&arena, &again), canonical) == 0, "and is its own canonical form");
		place(&arena, &topology, &request);
	} else {
		require(err.code != 0 && err.text[0] != '\0', "an error has a code and a text");
	}
	if (csit_parse(text, &csit, &err) == 0)
		csit_place(&arena, &topology, &csit, &plan, &err);
	arena_free(&arena);
	return 0;
}
