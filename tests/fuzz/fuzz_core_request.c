// fuzz_core_request.c: libFuzzer over the words of --cpus and of CSIT's policy: whatever they are, an answer comes, and what was understood reads back and is placed soundly.
// The first byte chooses the machine.
#include "cpus/csit.h"
#include "cpus/placement.h"

#include "tests/unit/machines.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct machine machines[] = {
	{"one CPU", 1, 1, 1, 1, 1, NUMBERED_ADJACENT, NULL, NULL, 0},
	{"two nodes of 2x2, isolated", 2, 1, 1, 2, 2, NUMBERED_ADJACENT, "2-5", NULL, 0},
	{"2 nodes of 8x2", 2, 1, 2, 4, 2, NUMBERED_THREADS_LAST, NULL, "3", 1},
	{"four threads a core", 1, 1, 1, 4, 4, NUMBERED_ADJACENT, "4-11", NULL, 0},
};

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static void place(struct arena *arena, const struct topology *topology, const struct core_request *request)
{
	struct placement_owner owner = {.id = "lab1", .cpus = machine_set(arena, "2,9")};
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
	topology = make_machine(&arena, &machines[data[0] % (sizeof machines / sizeof *machines)]);
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
