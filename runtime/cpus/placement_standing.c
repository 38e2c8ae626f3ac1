// placement_standing.c: how each CPU of the machine stands to a request, and in which words that is said.
#include "cpus/placement_parts.h"

#include <stdio.h>
#include <string.h>

enum { SUMMARY_GROUPS = 8 };

// The first housekeeping CPU of each node without the boot CPU, where the node has other cores.
static struct cpuset kept_for_machine(const struct chooser *chooser)
{
	const struct topology *topology = chooser->topology;
	struct cpuset kept = {0};

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct topology_node *node = &topology->nodes[i];
		struct cpuset mine = cpuset_intersection(chooser->arena, &node->cpus, &topology->housekeeping);
		int first = cpuset_first(&mine);
		const struct cpu *cpu = first >= 0 ? topology_cpu(topology, (unsigned)first) : NULL;

		if (cpu != NULL && !cpuset_has(&node->cpus, (unsigned)chooser->boot) && cpuset_first_outside(&node->cpus, &cpu->siblings) >= 0)
			cpuset_add(chooser->arena, &kept, cpu->number);
	}
	return kept;
}

static const struct placement_owner *find_owner(const struct chooser *chooser, unsigned number)
{
	for (size_t i = 0; i < chooser->input->owner_count; i++) {
		const struct placement_owner *owner = &chooser->input->owners[i];

		if (cpuset_has(&owner->cpus, number) && !(owner->shared && chooser->request->shared))
			return owner;
	}
	return NULL;
}

static const struct placement_owner *find_user(const struct chooser *chooser, unsigned number)
{
	for (size_t i = 0; i < chooser->input->owner_count && !chooser->request->shared; i++)
		if (cpuset_has(&chooser->input->owners[i].uses, number))
			return &chooser->input->owners[i];
	return NULL;
}

static bool in_foreign_partition(const struct chooser *chooser, unsigned number)
{
	const struct topology *topology = chooser->topology;

	return (cpuset_has(&topology->partitions, number) || cpuset_has(&topology->apart, number)) && !cpuset_has(&chooser->input->mine, number);
}

static enum standing standing_of(const struct chooser *chooser, const struct cpu *cpu)
{
	const struct topology *topology = chooser->topology;
	const struct core_request *request = chooser->request;
	bool isolated = cpuset_has(&topology->isolated, cpu->number);

	if (in_foreign_partition(chooser, cpu->number))
		return STANDING_PARTITION;
	if ((int)cpu->number == chooser->boot)
		return STANDING_BOOT;
	if (cpuset_has(&chooser->kept, cpu->number))
		return STANDING_KEPT;
	if (cpuset_has(&request->skip, cpu->number))
		return STANDING_SKIPPED;
	if (cpuset_has(&request->housekeeping_list, cpu->number))
		return STANDING_LISTED;
	if (chooser->from == FROM_ISOLATED && !isolated)
		return STANDING_NOT_ISOLATED;
	return chooser->from == FROM_HOUSEKEEPING && isolated ? STANDING_ISOLATED : STANDING_FREE;
}

static struct seat seat_of(const struct chooser *chooser, const struct cpu *cpu)
{
	const struct placement_owner *owner = find_owner(chooser, cpu->number);
	const struct placement_owner *user = find_user(chooser, cpu->number);

	if (!cpu->online)
		return (struct seat){.standing = STANDING_OFFLINE};
	if (!cpuset_has(&chooser->topology->reachable, cpu->number))
		return (struct seat){.standing = STANDING_UNREACHABLE};
	if (chooser->input->node >= 0 && cpu->node != chooser->input->node)
		return (struct seat){.standing = STANDING_OTHER_NODE};
	if (owner != NULL)
		return (struct seat){.standing = STANDING_OWNED, .owner = owner};
	if (user != NULL)
		return (struct seat){.standing = STANDING_USED, .owner = user};
	return (struct seat){.standing = standing_of(chooser, cpu)};
}

struct chooser chooser_begin(struct arena *arena, const struct placement_input *input)
{
	const struct topology *topology = input->topology;
	struct chooser chooser = {.arena = arena, .input = input, .topology = topology, .request = input->request, .from = input->request->from, .boot = cpuset_first(&topology->online)};

	if (chooser.from == FROM_FREE)
		chooser.from = cpuset_intersects(&topology->isolated, &topology->reachable) ? FROM_ISOLATED : FROM_ANY;
	chooser.kept = kept_for_machine(&chooser);
	chooser.seats = arena_array(arena, topology->count, sizeof *chooser.seats);
	for (size_t i = 0; i < topology->count; i++)
		chooser.seats[i] = seat_of(&chooser, &topology->cpus[i]);
	return chooser;
}

const struct seat *chooser_seat(const struct chooser *chooser, const struct cpu *cpu)
{
	return &chooser->seats[cpu - chooser->topology->cpus];
}

bool standing_may_idle(enum standing standing)
{
	// What `from` says is about where threads run.
	return standing == STANDING_FREE || standing == STANDING_NOT_ISOLATED || standing == STANDING_ISOLATED;
}

static const char *own_text(const struct chooser *chooser, const struct cpu *cpu, const struct seat *seat)
{
	static const char *const texts[STANDING_MAX] = {
		[STANDING_FREE] = "free, not needed",
		[STANDING_CHOSEN] = "in the list",
		[STANDING_OFFLINE] = "offline",
		[STANDING_UNREACHABLE] = "not given to this cgroup tree",
		[STANDING_PARTITION] = "in somebody else's cpuset partition",
		[STANDING_BOOT] = "the boot CPU",
		[STANDING_SKIPPED] = "in skip",
		[STANDING_LISTED] = "in housekeeping",
		[STANDING_NOT_ISOLATED] = "not isolated",
		[STANDING_ISOLATED] = "isolated",
	};

	switch (seat->standing) {
	case STANDING_OTHER_NODE:
		return arena_printf(chooser->arena, "on node %d", cpu->node);
	case STANDING_KEPT:
		return arena_printf(chooser->arena, "kept for the machine's own work on node %d", cpu->node);
	case STANDING_OWNED:
		return arena_printf(chooser->arena, "%s by %s", seat->owner->shared ? "shared" : "owned", seat->owner->id);
	case STANDING_USED:
		return arena_printf(chooser->arena, "housekeeping of %s", seat->owner->id);
	default:
		return texts[seat->standing];
	}
}

const char *standing_text(const struct chooser *chooser, const struct cpu *cpu)
{
	const struct seat *seat = chooser_seat(chooser, cpu);
	const struct cpu *sibling;

	if (seat->standing != STANDING_SIBLING)
		return own_text(chooser, cpu, seat);
	sibling = topology_cpu(chooser->topology, seat->sibling);
	return arena_printf(chooser->arena, "sibling of %u, which is %s", seat->sibling, own_text(chooser, sibling, chooser_seat(chooser, sibling)));
}

// CPUs that stand alike, and the words for it.
struct alike {
	const char *text;
	struct cpuset cpus;
};

static size_t group_alike(const struct chooser *chooser, const struct cpuset *chosen, struct alike **ret_groups)
{
	struct alike *groups = arena_array(chooser->arena, chooser->topology->count + 1, sizeof *groups);
	size_t count = 0;

	for (size_t i = 0; i < chooser->topology->count; i++) {
		const struct cpu *cpu = &chooser->topology->cpus[i];
		const char *text;
		size_t group = 0;

		if (cpuset_has(chosen, cpu->number))
			continue;
		text = standing_text(chooser, cpu);
		while (group < count && strcmp(groups[group].text, text) != 0)
			group++;
		if (group == count)
			groups[count++].text = text;
		cpuset_add(chooser->arena, &groups[group].cpus, cpu->number);
	}
	*ret_groups = groups;
	return count;
}

void standing_reasons(const struct chooser *chooser, const struct cpuset *chosen, struct strings *reasons)
{
	struct alike *groups;
	size_t count = group_alike(chooser, chosen, &groups);

	for (size_t i = 0; i < count; i++)
		strings_add(chooser->arena, reasons, arena_printf(chooser->arena, "cpu%s %s: passed over: %s", cpuset_count(&groups[i].cpus) > 1 ? "s" : "",
			cpuset_format(chooser->arena, &groups[i].cpus), groups[i].text));
}

const char *standing_summary(const struct chooser *chooser)
{
	const char *summary = "";
	struct alike *groups;
	size_t count = group_alike(chooser, &(struct cpuset){0}, &groups);
	size_t shown = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(groups[i].text, "free, not needed") == 0)
			continue;
		if (shown++ == SUMMARY_GROUPS)
			return arena_printf(chooser->arena, "%s, ...", summary);
		summary = arena_printf(chooser->arena, "%s%s%s %s", summary, shown > 1 ? ", " : "", cpuset_format(chooser->arena, &groups[i].cpus), groups[i].text);
	}
	return summary;
}
