// handover.c: see handover.h.
#include "cpus/handover.h"

unsigned handover_main(const struct handover *handover)
{
	int number = cpuset_first(&handover->mains);

	if (number < 0)
		number = cpuset_first(&handover->workers);
	return number < 0 ? 0 : (unsigned)number;
}

static struct cpuset others(struct arena *arena, const struct handover *handover)
{
	struct cpuset all = cpuset_union(arena, &handover->mains, &handover->workers);

	cpuset_remove(&all, handover_main(handover));
	return all;
}

const char *handover_workers(struct arena *arena, const struct handover *handover)
{
	struct cpuset set = others(arena, handover);

	return cpuset_format(arena, &set);
}

const char *handover_eal(struct arena *arena, const struct handover *handover)
{
	struct cpuset set = others(arena, handover);
	const char *text = arena_printf(arena, "0@%u", handover_main(handover));
	unsigned lcore = 1;

	for (int n = cpuset_next(&set, 0); n >= 0; n = cpuset_next(&set, (unsigned)n + 1))
		text = arena_printf(arena, "%s,%u@%d", text, lcore++, n);
	return text;
}

// How many CPUs of `cpus` are below `number`.
static unsigned place_in(const struct cpuset *cpus, unsigned number)
{
	unsigned place = 0;

	for (int n = cpuset_next(cpus, 0); n >= 0 && (unsigned)n < number; n = cpuset_next(cpus, (unsigned)n + 1))
		place++;
	return place;
}

const char *handover_vpp(struct arena *arena, const struct handover *handover, bool relative)
{
	struct cpuset workers = others(arena, handover), places = {0};
	unsigned main = handover_main(handover);
	const char *list;

	if (relative) {
		main = place_in(&handover->cpus, main);
		for (int n = cpuset_next(&workers, 0); n >= 0; n = cpuset_next(&workers, (unsigned)n + 1))
			cpuset_add(arena, &places, place_in(&handover->cpus, (unsigned)n));
		workers = places;
	}
	list = cpuset_count(&workers) == 0 ? "" : arena_printf(arena, "\tcorelist-workers %s\n", cpuset_format(arena, &workers));
	// VPP looks for the word right behind main-core first (vpp/vnet/main.c).
	return arena_printf(arena, "cpu {\n\tmain-core %u%s\n%s}", main, relative ? " relative" : "", list);
}
