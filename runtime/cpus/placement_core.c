// placement_core.c: which cores a request could use, and the closest group of them that has enough.
#include "cpus/placement_parts.h"

#include <string.h>

static struct seat *seat_at(struct chooser *chooser, const struct cpu *cpu)
{
	return &chooser->seats[cpu - chooser->topology->cpus];
}

// The sibling that keeps the core of `cpu` from being used by this request; NULL if none does.
static const struct cpu *sibling_in_the_way(const struct chooser *chooser, const struct cpu *cpu)
{
	for (int n = cpuset_next(&cpu->siblings, 0); n >= 0; n = cpuset_next(&cpu->siblings, (unsigned)n + 1)) {
		const struct cpu *sibling = topology_cpu(chooser->topology, (unsigned)n);
		enum standing standing;

		if (sibling == NULL || sibling == cpu || !sibling->online)
			continue;
		standing = chooser_seat(chooser, sibling)->standing;
		// One that is SIBLING has the same obstacle, which is still to be met.
		if (standing != STANDING_FREE && standing != STANDING_SIBLING && !(chooser->request->smt == SMT_AVOID && standing_may_idle(standing)))
			return sibling;
	}
	return NULL;
}

struct cpuset online_siblings(const struct chooser *chooser, const struct cpu *cpu)
{
	struct cpuset siblings = cpuset_intersection(chooser->arena, &cpu->siblings, &chooser->topology->online);

	cpuset_add(chooser->arena, &siblings, cpu->number);
	return siblings;
}

// The core as this request takes it, beginning with the free thread `cpu`.
static struct core core_of(const struct chooser *chooser, const struct cpu *cpu)
{
	struct core core = {.cpu = cpu};

	if (chooser->request->smt == SMT_PAIRS) {
		core.data = online_siblings(chooser, cpu);
	} else {
		cpuset_add(chooser->arena, &core.data, cpu->number);
		if (chooser->request->smt == SMT_AVOID) {
			core.idle = online_siblings(chooser, cpu);
			cpuset_remove(&core.idle, cpu->number);
		}
	}
	return core;
}

// Adds what the core of `cpu`, its lowest thread that is free, gives.
static size_t add_core(struct chooser *chooser, const struct cpu *cpu, struct cpuset *done, struct core *cores, size_t count)
{
	struct cpuset siblings = online_siblings(chooser, cpu);

	for (int n = cpuset_next(&siblings, 0); n >= 0; n = cpuset_next(&siblings, (unsigned)n + 1)) {
		const struct cpu *thread = topology_cpu(chooser->topology, (unsigned)n);
		const struct cpu *obstacle;

		if (thread == NULL || cpuset_has(done, thread->number) || chooser_seat(chooser, thread)->standing != STANDING_FREE)
			continue;
		obstacle = chooser->request->smt != SMT_ANY ? sibling_in_the_way(chooser, thread) : NULL;
		if (obstacle != NULL) {
			*seat_at(chooser, thread) = (struct seat){.standing = STANDING_SIBLING, .sibling = obstacle->number};
			continue;
		}
		cores[count++] = core_of(chooser, thread);
		cpuset_add(chooser->arena, done, thread->number);
		if (chooser->request->smt != SMT_ANY)
			break;
	}
	for (int n = cpuset_next(&siblings, 0); n >= 0; n = cpuset_next(&siblings, (unsigned)n + 1))
		cpuset_add(chooser->arena, done, (unsigned)n);
	return count;
}

size_t chooser_cores(struct chooser *chooser, struct core **ret_cores)
{
	struct core *cores = arena_array(chooser->arena, chooser->topology->count, sizeof *cores);
	struct cpuset done = {0};
	size_t count = 0;

	// from=any takes isolated ones first: they are the better ones, and a mixture of both would be no better than the worse.
	for (int isolated = chooser->from == FROM_ANY; isolated >= 0; isolated--) {
		for (size_t i = 0; i < chooser->topology->count; i++) {
			const struct cpu *cpu = &chooser->topology->cpus[i];

			if (cpu->online && !cpuset_has(&done, cpu->number) && (!isolated || cpuset_has(&chooser->topology->isolated, cpu->number)))
				count = add_core(chooser, cpu, &done, cores, count);
		}
	}
	*ret_cores = cores;
	return count;
}

bool together(enum group_level level, const struct cpu *a, const struct cpu *b)
{
	if (level != GROUP_MACHINE && a->node != b->node)
		return false;
	switch (level) {
	case GROUP_L3:
		return a->l3 >= 0 && a->l3 == b->l3;
	case GROUP_DIE:
		return a->package >= 0 && a->package == b->package && a->die == b->die;
	case GROUP_PACKAGE:
		return a->package >= 0 && a->package == b->package;
	default:
		return true;
	}
}

// The first group of the level with `need` cores or, if none has as many, the largest: its size, and its members in `picked`.
static size_t first_group(const struct chooser *chooser, enum group_level level, const struct core *cores, size_t count, size_t need, struct core *picked)
{
	bool *seen = arena_array(chooser->arena, count + 1, sizeof *seen);
	size_t largest = 0;

	for (size_t leader = 0; leader < count; leader++) {
		size_t size = 0;

		if (seen[leader])
			continue;
		for (size_t i = leader; i < count; i++) {
			if (seen[i] || !together(level, cores[leader].cpu, cores[i].cpu))
				continue;
			seen[i] = true;
			if (size < need)
				picked[size] = cores[i];
			size++;
		}
		if (size >= need)
			return size;
		largest = size > largest ? size : largest;
	}
	return largest;
}

size_t chooser_pick(const struct chooser *chooser, const struct core *cores, size_t count, size_t need, const struct core **ret_picked, enum group_level *ret_level)
{
	enum group_level last = chooser->request->l3_same ? GROUP_L3 : chooser->request->cross_node ? GROUP_MACHINE : GROUP_NODE;
	struct core *picked = arena_array(chooser->arena, count + 1, sizeof *picked);
	size_t largest = 0;

	*ret_picked = NULL;
	for (enum group_level level = GROUP_L3; level <= last; level++) {
		size_t size = first_group(chooser, level, cores, count, need, picked);

		largest = size > largest ? size : largest;
		if (size >= need) {
			*ret_picked = picked;
			*ret_level = level;
			break;
		}
	}
	return largest;
}

const char *group_name(enum group_level level)
{
	static const char *const names[GROUP_MAX] = {
		[GROUP_L3] = "level-3 cache", [GROUP_DIE] = "die", [GROUP_PACKAGE] = "package", [GROUP_NODE] = "NUMA node", [GROUP_MACHINE] = "machine"};

	return names[level];
}
