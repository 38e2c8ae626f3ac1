// cores_shape.c: see cores_shape.h.
#include "plan/cores_shape.h"

#include <errno.h>
#include <string.h>

int cores_owners(struct arena *arena, const struct ledger_claims *claims, const char *except, struct placement_input *input, struct error *err)
{
	struct placement_owner *owners = arena_array(arena, claims->count, sizeof *owners);
	struct cpuset taken;

	if (ledger_taken(arena, claims, except, &taken, err) < 0)
		return -1;
	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];

		if (claim->stale)
			input->mine = cpuset_union(arena, &input->mine, &claim->cpus);
		else if (strcmp(claim->owner, except) != 0)
			owners[input->owner_count++] = (struct placement_owner){
				.id = claim->id, .cpus = claim->cpus, .uses = cpuset_minus(arena, &claim->housekeeping, &claim->cpus), .shared = claim->shared};
	}
	input->owners = owners;
	return 0;
}

void cores_fill_claim(struct ledger_claim *claim, const struct placement *placement)
{
	claim->cpus = placement->owned;
	claim->mains = placement->mains;
	claim->workers = placement->workers;
	claim->housekeeping = placement->housekeeping;
	claim->idle = placement->idle;
	claim->node = placement->node;
}

struct thread_places cores_places(struct arena *arena, const struct ledger_claim *claim)
{
	struct cpuset used = cpuset_minus(arena, &claim->cpus, &claim->idle);

	return (struct thread_places){.cpus = cpuset_union(arena, &used, &claim->housekeeping), .mains = claim->mains, .workers = claim->workers, .housekeeping = claim->housekeeping};
}

struct cpuset cores_cgroup_cpus(struct arena *arena, const struct placement *placement, bool partition)
{
	return partition ? cpuset_union(arena, &placement->cpus, &placement->idle) : placement->cpus;
}

struct cpuset cores_exclusive_cpus(struct arena *arena, const struct placement *placement, bool partition)
{
	return partition ? cores_cgroup_cpus(arena, placement, true) : cpuset_intersection(arena, &placement->owned, &placement->cpus);
}

struct cpuset cores_host_packets(struct arena *arena, const struct cpuset *machine, const struct ledger_claims *claims, const struct ledger_claim *claim)
{
	struct cpuset free = cpuset_minus(arena, machine, &claim->cpus);

	for (size_t i = 0; i < claims->count; i++)
		if (!claims->items[i].stale && !claims->items[i].shared && strcmp(claims->items[i].owner, claim->owner) != 0)
			free = cpuset_minus(arena, &free, &claims->items[i].cpus);
	return free;
}

// `isolated`: booted so; the kernel takes those out of the mask, and refuses one of no others.
struct cpuset cores_own_packets(struct arena *arena, const struct cpuset *isolated, const struct cpuset *host, const struct ledger_claim *claim)
{
	struct cpuset home = cpuset_minus(arena, &claim->housekeeping, isolated), first = {0};

	home = cpuset_minus(arena, &home, &claim->mains);
	home = cpuset_minus(arena, &home, &claim->workers);
	if (cpuset_first(&home) >= 0)
		return home;
	// The machine's lowest is nobody's data core unless a list says so: the others may be somebody's tomorrow, and this link is out of sight then.
	if (cpuset_first(host) >= 0)
		cpuset_add(arena, &first, (unsigned)cpuset_first(host));
	return first;
}

int cores_check_quota(const struct cgroup_limits *limits, struct error *err)
{
	const char *field = limits->cpu.quota.set && limits->cpu.quota.value > 0 ? "cpu.quota" : NULL;

	for (size_t i = 0; i < limits->unified.count && field == NULL; i++)
		if (strcmp(limits->unified.items[i].file, "cpu.max") == 0 && strncmp(limits->unified.items[i].value, "max", 3) != 0)
			field = "unified: cpu.max";
	if (field == NULL)
		return 0;
	return error_set(err, EINVAL, "linux.resources.%s: a quota stops the threads on CPUs that nobody else may use; leave it out, or start the container on shared CPUs (--cpus '...,shared=yes')", field);
}

int cores_check_cpuset(struct arena *arena, const struct cgroup_limits *limits, const struct ledger_claim *claim, bool typed, struct error *err)
{
	const char *field = NULL;

	if (typed && limits->cpu.cpus != NULL && *limits->cpu.cpus != '\0')
		field = "cpu.cpus";
	else if (typed && limits->cpu.mems != NULL && *limits->cpu.mems != '\0')
		field = "cpu.mems";
	for (size_t i = 0; i < limits->unified.count && field == NULL; i++)
		if (strncmp(limits->unified.items[i].file, "cpuset.", sizeof "cpuset." - 1) == 0)
			field = arena_printf(arena, "unified: %s", limits->unified.items[i].file);
	if (field == NULL)
		return 0;
	if (claim == NULL)
		return error_set(err, EINVAL, "linux.resources.%s: --cpus chooses the container's CPUs and memory nodes; leave one of the two out", field);
	return error_set(err, EINVAL, "linux.resources.%s: it has CPUs of its own, %s, and the ledger would not know of others; `minirun update --cpus ... %s` changes them with all that belongs to them", field,
			 cpuset_format(arena, &claim->cpus), claim->id);
}

struct threaded_leaf *cores_leaf_list(struct arena *arena, const struct thread_places *places, size_t *ret_count)
{
	struct threaded_leaf *leaves = arena_array(arena, 2 + cpuset_count(&places->workers), sizeof *leaves);
	const struct cpuset *home = cpuset_count(&places->housekeeping) > 0 ? &places->housekeeping : &places->cpus;
	size_t count = 0, worker = 0;

	leaves[count++] = (struct threaded_leaf){THREADED_HOUSEKEEPING, cpuset_format(arena, home)};
	if (cpuset_count(&places->mains) > 0)
		leaves[count++] = (struct threaded_leaf){THREADED_MAIN, cpuset_format(arena, &places->mains)};
	for (int n = cpuset_next(&places->workers, 0); n >= 0; n = cpuset_next(&places->workers, (unsigned)n + 1))
		leaves[count++] = (struct threaded_leaf){arena_printf(arena, THREADED_WORKER "%zu", worker++), arena_printf(arena, "%d", n)};
	*ret_count = count;
	return leaves;
}
