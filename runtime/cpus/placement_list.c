// placement_list.c: explicit lists. They may name the boot CPU and what is kept for the machine; what they may not is take what is owned, or what contradicts the rest of the request.
#include "cpus/placement_parts.h"

#include <errno.h>

// from counts when it was said; that a CPU boots the machine or is kept for it does not: the list is what the user means.
static bool outside_from(const struct chooser *chooser, unsigned number)
{
	bool isolated = cpuset_has(&chooser->topology->isolated, number);

	return (chooser->request->from == FROM_ISOLATED && !isolated) || (chooser->request->from == FROM_HOUSEKEEPING && isolated);
}

static int check_cpu(const struct chooser *chooser, unsigned number, struct error *err)
{
	const struct cpu *cpu = topology_cpu(chooser->topology, number);

	if (cpu == NULL || !cpu->online) {
		error_set(err, ENODEV, "CPU %u is %s", number, cpu == NULL ? "not on this machine" : "offline");
		return error_hint(err, "online are %s", cpuset_format(chooser->arena, &chooser->topology->online));
	}
	switch (chooser_seat(chooser, cpu)->standing) {
	case STANDING_OWNED:
	case STANDING_USED:
	case STANDING_PARTITION:
		return error_set(err, EBUSY, "CPU %u is taken: it is %s", number, standing_text(chooser, cpu));
	case STANDING_UNREACHABLE:
	case STANDING_OTHER_NODE:
		return error_set(err, ENOSPC, "CPU %u is not one that the request may have: it is %s", number, standing_text(chooser, cpu));
	default:
		if (outside_from(chooser, number))
			return error_set(err, ENOSPC, "CPU %u is not one that the request may have: it is %s", number, chooser->request->from == FROM_ISOLATED ? "not isolated" : "isolated");
		return 0;
	}
}

// A sibling that has to be idle, or that is missing from a pair.
static int check_sibling(const struct chooser *chooser, const struct cpu *cpu, unsigned number, bool worker, const struct cpuset *listed, struct error *err)
{
	const struct cpu *sibling = topology_cpu(chooser->topology, number);

	if (cpuset_has(listed, number)) {
		if (chooser->request->smt != SMT_AVOID)
			return 0;
		return error_set(err, ENOSPC, "CPUs %u and %u of the list are threads of one core, and smt=avoid wants cores of their own; leave one out, or say smt=any", cpu->number, number);
	}
	if (chooser->request->smt == SMT_PAIRS && worker)
		return error_set(err, ENOSPC, "CPU %u is not in the list, but the other thread of the core of CPU %u, and smt=pairs wants whole cores; add it, or say smt=any", number,
			cpu->number);
	if (sibling == NULL || standing_may_idle(chooser_seat(chooser, sibling)->standing))
		return 0;
	error_set(err, EBUSY, "CPU %u, the other thread of the core of CPU %u, cannot be kept idle: %s", number, cpu->number, standing_text(chooser, sibling));
	return error_hint(err, "choose another CPU, or say smt=any");
}

static int add_siblings(const struct chooser *chooser, struct core *core, bool worker, const struct cpuset *listed, struct error *err)
{
	struct cpuset siblings = online_siblings(chooser, core->cpu);

	cpuset_remove(&siblings, core->cpu->number);
	for (int n = cpuset_next(&siblings, 0); n >= 0; n = cpuset_next(&siblings, (unsigned)n + 1))
		if (check_sibling(chooser, core->cpu, (unsigned)n, worker, listed, err) < 0)
			return -1;
	core->idle = cpuset_minus(chooser->arena, &siblings, listed);
	return 0;
}

static int check_group(const struct chooser *chooser, const struct core *cores, struct error *err)
{
	const struct core_request *request = chooser->request;

	for (size_t i = 1; i < request->list_count; i++) {
		const struct cpu *first = cores[0].cpu;
		const struct cpu *cpu = cores[i].cpu;

		if (!request->cross_node && first->node != cpu->node)
			return error_set(err, ENOSPC, "CPU %u is on NUMA node %d and CPU %u on node %d", first->number, first->node, cpu->number, cpu->node);
		if (request->l3_same && !together(GROUP_L3, first, cpu))
			return error_set(err, ENOSPC, "CPUs %u and %u do not share a level-3 cache (l3=same)", first->number, cpu->number);
	}
	return 0;
}

static void mark_chosen(struct chooser *chooser, const struct core *core)
{
	struct cpuset all = cpuset_union(chooser->arena, &core->data, &core->idle);

	for (int n = cpuset_next(&all, 0); n >= 0; n = cpuset_next(&all, (unsigned)n + 1))
		chooser->seats[topology_cpu(chooser->topology, (unsigned)n) - chooser->topology->cpus] = (struct seat){.standing = STANDING_CHOSEN};
}

int chooser_list(struct chooser *chooser, struct core **ret_picked, struct error *err)
{
	const struct core_request *request = chooser->request;
	struct core *cores = arena_array(chooser->arena, request->list_count, sizeof *cores);
	struct cpuset listed = {0};

	for (size_t i = 0; i < request->list_count; i++) {
		if (check_cpu(chooser, request->list[i], err) < 0)
			return -1;
		cpuset_add(chooser->arena, &listed, request->list[i]);
		cores[i].cpu = topology_cpu(chooser->topology, request->list[i]);
		cpuset_add(chooser->arena, &cores[i].data, request->list[i]);
	}
	if (check_group(chooser, cores, err) < 0)
		return -1;
	for (size_t i = 0; i < request->list_count && request->has_smt && request->smt != SMT_ANY; i++)
		if (add_siblings(chooser, &cores[i], i >= request->main, &listed, err) < 0)
			return -1;
	for (size_t i = 0; i < request->list_count; i++)
		mark_chosen(chooser, &cores[i]);
	*ret_picked = cores;
	return 0;
}
