// placement.c: see placement.h. Cores are picked, get their roles, and housekeeping is found for them; if there is no room, which words instead would fit is tried out.
#include "cpus/placement_parts.h"

#include <errno.h>
#include <string.h>

// One attempt: what was picked, for the roles and for the reasons.
struct attempt {
	struct chooser chooser;
	const struct core *cores; // the data cores; behind them, with housekeeping=own, that one
	size_t count;             // of data cores
	enum group_level level;
	size_t largest;           // size of the largest group, when there was no room
	struct cpuset spare;      // other threads of main cores with SMT_PAIRS
};

static bool wants_own(const struct core_request *request)
{
	return request->housekeeping == HOUSEKEEPING_OWN;
}

static const char *from_word(enum core_from from)
{
	return from == FROM_ISOLATED ? "isolated " : from == FROM_HOUSEKEEPING ? "housekeeping " : "";
}

static int no_room(const struct attempt *attempt, struct error *err)
{
	static const char *const kinds[SMT_MAX][2] = {[SMT_AVOID] = {"CPU with a core of its own", "CPUs with cores of their own"}, [SMT_PAIRS] = {"whole core", "whole cores"},
		[SMT_ANY] = {"CPU", "CPUs"}};
	const struct chooser *chooser = &attempt->chooser;
	const struct core_request *request = chooser->request;
	const char *where = request->l3_same ? " with the same level-3 cache" : request->cross_node ? "" : chooser->topology->node_count > 1 ? " of one NUMA node" : "";

	return error_set(err, ENOSPC, "no room for %u%s %s%s%s: there are at most %zu (%s)", request->count, wants_own(request) ? " and one for housekeeping," : "",
		from_word(chooser->from), kinds[request->smt][request->count != 1], where, attempt->largest, standing_summary(chooser));
}

static int pick_counted(struct attempt *attempt, struct error *err)
{
	const struct core_request *request = attempt->chooser.request;
	struct core *cores;
	size_t count = chooser_cores(&attempt->chooser, &cores);

	attempt->count = request->count;
	attempt->largest = chooser_pick(&attempt->chooser, cores, count, (size_t)request->count + wants_own(request), &attempt->cores, &attempt->level);
	return attempt->cores != NULL ? 0 : no_room(attempt, err);
}

static int pick_listed(struct attempt *attempt, struct error *err)
{
	const struct core_request *request = attempt->chooser.request;
	struct core *listed;
	struct core *others;
	struct core *all;
	size_t count;

	if (chooser_list(&attempt->chooser, &listed, err) < 0)
		return -1;
	attempt->count = request->list_count;
	attempt->cores = listed;
	if (!wants_own(request))
		return 0;
	count = chooser_cores(&attempt->chooser, &others);
	for (size_t i = 0; i < count; i++) {
		if (!together(GROUP_NODE, others[i].cpu, listed[0].cpu))
			continue;
		all = arena_array(attempt->chooser.arena, attempt->count + 1, sizeof *all);
		memcpy(all, listed, attempt->count * sizeof *all);
		all[attempt->count] = others[i];
		attempt->cores = all;
		return 0;
	}
	return error_set(err, ENOSPC, "no %score is left for housekeeping=own beside the list (%s)", from_word(attempt->chooser.from), standing_summary(&attempt->chooser));
}

static void add_all(struct arena *arena, struct cpuset *set, const struct cpuset *more)
{
	*set = cpuset_union(arena, set, more);
}

// The n-th smallest CPU of a set, -1 if it has fewer.
static int nth(const struct cpuset *set, size_t n)
{
	int number = cpuset_first(set);

	while (n-- > 0 && number >= 0)
		number = cpuset_next(set, (unsigned)number + 1);
	return number;
}

// Workers of whole cores in CSIT's order: the first threads of all, then the second ones.
static void add_workers(struct attempt *attempt, struct placement *placement)
{
	bool more = true;

	for (size_t thread = 0; more; thread++) {
		more = false;
		for (size_t i = placement->main_count; i < attempt->count; i++) {
			int number = nth(&attempt->cores[i].data, thread);

			if (number < 0)
				continue;
			more = true;
			cpuset_add(attempt->chooser.arena, &placement->workers, (unsigned)number);
			placement->order[placement->order_count++] = (unsigned)number;
		}
	}
}

static void give_roles(struct attempt *attempt, struct placement *placement)
{
	struct arena *arena = attempt->chooser.arena;
	size_t room = 0;

	for (size_t i = 0; i < attempt->count; i++) {
		room += cpuset_count(&attempt->cores[i].data);
		add_all(arena, &placement->idle, &attempt->cores[i].idle);
	}
	placement->order = arena_array(arena, room, sizeof *placement->order);
	placement->main_count = attempt->chooser.request->main;
	for (size_t i = 0; i < placement->main_count; i++) {
		const struct core *core = &attempt->cores[i];
		struct cpuset rest = cpuset_union(arena, &core->data, &core->data);

		cpuset_remove(&rest, core->cpu->number);
		add_all(arena, &attempt->spare, &rest);
		cpuset_add(arena, &placement->mains, core->cpu->number);
		placement->order[placement->order_count++] = core->cpu->number;
	}
	add_workers(attempt, placement);
	placement->data = cpuset_union(arena, &placement->mains, &placement->workers);
}

static bool owned_by_others(const struct placement_input *input, unsigned number)
{
	for (size_t i = 0; i < input->owner_count; i++)
		if (cpuset_has(&input->owners[i].cpus, number) && !input->owners[i].shared)
			return true;
	return false;
}

static bool used_by_others(const struct placement_input *input, unsigned number)
{
	for (size_t i = 0; i < input->owner_count; i++)
		if (cpuset_has(&input->owners[i].uses, number))
			return true;
	return false;
}

// The machine's housekeeping CPU for a container's control threads: on the node of its data, one that is nobody's data CPU anyway, not on a core with data threads, the lowest;
// less of that if there is none. -1: none at all.
static int shared_housekeeping(const struct attempt *attempt, const struct placement *placement)
{
	const struct chooser *chooser = &attempt->chooser;
	int best = -1;
	int best_score = -1;

	for (size_t i = 0; i < chooser->topology->count; i++) {
		const struct cpu *cpu = &chooser->topology->cpus[i];
		int score;

		if (!cpuset_has(&chooser->topology->housekeeping, cpu->number) || cpuset_has(&placement->data, cpu->number) || cpuset_has(&placement->idle, cpu->number) ||
		    cpuset_has(&attempt->spare, cpu->number) || owned_by_others(chooser->input, cpu->number))
			continue;
		score = 4 * (cpu->node == attempt->cores[0].cpu->node) + 2 * ((int)cpu->number == chooser->boot || cpuset_has(&chooser->kept, cpu->number)) +
			!cpuset_intersects(&cpu->siblings, &placement->data);
		if (score > best_score) {
			best = (int)cpu->number;
			best_score = score;
		}
	}
	return best;
}

static int housekeeping_list(const struct attempt *attempt, struct placement *placement, struct error *err)
{
	const struct chooser *chooser = &attempt->chooser;
	const struct cpuset *list = &chooser->request->housekeeping_list;

	// Its own data CPUs are its own; others only where nothing can be shared.
	placement->housekeeping_owned = chooser->input->all_owned || cpuset_first_outside(list, &placement->data) < 0;
	for (int n = cpuset_next(list, 0); n >= 0; n = cpuset_next(list, (unsigned)n + 1)) {
		const struct cpu *cpu = topology_cpu(chooser->topology, (unsigned)n);
		enum standing standing;

		if (cpu == NULL || !cpu->online)
			return error_set(err, ENODEV, "housekeeping: CPU %d is %s", n, cpu == NULL ? "not on this machine" : "offline");
		standing = chooser_seat(chooser, cpu)->standing;
		if (owned_by_others(chooser->input, cpu->number) || (placement->housekeeping_owned && used_by_others(chooser->input, cpu->number)) || standing == STANDING_PARTITION)
			return error_set(err, EBUSY, "housekeeping: CPU %d is taken: it is %s", n, standing_text(chooser, cpu));
		if (standing == STANDING_UNREACHABLE)
			return error_set(err, ENODEV, "housekeeping: CPU %d is %s", n, standing_text(chooser, cpu));
	}
	placement->housekeeping = *list;
	return 0;
}

static void housekeeping_on_first(const struct attempt *attempt, struct placement *placement)
{
	cpuset_add(attempt->chooser.arena, &placement->housekeeping, placement->order[0]);
	placement->housekeeping_owned = true;
}

static void housekeeping_auto(struct attempt *attempt, struct placement *placement)
{
	const struct chooser *chooser = &attempt->chooser;
	int shared;

	if (cpuset_count(&attempt->spare) > 0) {
		placement->housekeeping = attempt->spare;
		placement->housekeeping_owned = true;
		return;
	}
	shared = chooser->request->has_list || chooser->input->all_owned ? -1 : shared_housekeeping(attempt, placement);
	if (shared >= 0)
		cpuset_add(chooser->arena, &placement->housekeeping, (unsigned)shared);
	else
		housekeeping_on_first(attempt, placement);
}

static int find_housekeeping(struct attempt *attempt, struct placement *placement, struct error *err)
{
	const struct core *own = &attempt->cores[attempt->count];

	switch (attempt->chooser.request->housekeeping) {
	case HOUSEKEEPING_LIST:
		return housekeeping_list(attempt, placement, err);
	case HOUSEKEEPING_MAIN:
		housekeeping_on_first(attempt, placement);
		break;
	case HOUSEKEEPING_OWN:
		placement->housekeeping = own->data;
		placement->housekeeping_owned = true;
		add_all(attempt->chooser.arena, &placement->idle, &own->idle);
		break;
	case HOUSEKEEPING_NONE:
		break;
	default:
		housekeeping_auto(attempt, placement);
	}
	return 0;
}

static void find_memory(const struct attempt *attempt, struct placement *placement)
{
	const struct topology *topology = attempt->chooser.topology;

	placement->node = attempt->cores[0].cpu->node;
	for (size_t i = 0; i < attempt->count; i++) {
		int number = attempt->cores[i].cpu->node;
		const struct topology_node *node = topology_node(topology, number);

		if (number != placement->node)
			placement->node = -1;
		if (node != NULL && node->memory)
			cpuset_add(attempt->chooser.arena, &placement->mems, (unsigned)number);
	}
}

static int attempt_placement(struct arena *arena, const struct placement_input *input, struct attempt *attempt, struct placement *ret_placement, struct error *err)
{
	struct placement placement = {0};

	*attempt = (struct attempt){.chooser = chooser_begin(arena, input)};
	if (input->node >= 0 && topology_node_asked(input->topology, input->node, err) == NULL)
		return -1;
	if ((input->request->has_list ? pick_listed(attempt, err) : pick_counted(attempt, err)) < 0)
		return -1;
	give_roles(attempt, &placement);
	if (find_housekeeping(attempt, &placement, err) < 0)
		return -1;
	// What of the main cores is nobody's housekeeping stays idle.
	attempt->spare = cpuset_minus(arena, &attempt->spare, &placement.housekeeping);
	add_all(arena, &placement.idle, &attempt->spare);
	find_memory(attempt, &placement);
	placement.cpus = cpuset_union(arena, &placement.data, &placement.housekeeping);
	placement.owned = cpuset_union(arena, placement.housekeeping_owned ? &placement.cpus : &placement.data, &placement.idle);
	*ret_placement = placement;
	return 0;
}

static void explain_data(const struct attempt *attempt, struct placement *placement)
{
	struct arena *arena = attempt->chooser.arena;

	for (size_t i = 0; i < placement->order_count; i++) {
		unsigned number = placement->order[i];
		const struct cpu *cpu = topology_cpu(attempt->chooser.topology, number);

		strings_add(arena, &placement->reasons, arena_printf(arena, "cpu %u: chosen: %s%s%s%s", number, i < placement->main_count ? "main" : "worker",
			cpuset_has(&placement->housekeeping, number) ? " and housekeeping" : "", cpuset_has(&attempt->chooser.topology->isolated, number) ? ", isolated" : "",
			cpu->node >= 0 ? arena_printf(arena, ", node %d", cpu->node) : ""));
	}
}

static void explain_idle(const struct attempt *attempt, struct placement *placement)
{
	struct arena *arena = attempt->chooser.arena;

	for (int n = cpuset_next(&placement->idle, 0); n >= 0; n = cpuset_next(&placement->idle, (unsigned)n + 1)) {
		const struct cpu *cpu = topology_cpu(attempt->chooser.topology, (unsigned)n);
		struct cpuset others = cpuset_intersection(arena, &cpu->siblings, &placement->cpus);

		strings_add(arena, &placement->reasons, arena_printf(arena, "cpu %d: idle: sibling of %s%s", n, cpuset_format(arena, &others),
			chooser_seat(&attempt->chooser, cpu)->standing == STANDING_NOT_ISOLATED ? "; not isolated, so only a partition keeps other tasks off it" : ""));
	}
}

static void explain(const struct attempt *attempt, struct placement *placement)
{
	struct arena *arena = attempt->chooser.arena;
	struct cpuset housekeeping = cpuset_minus(arena, &placement->housekeeping, &placement->data);
	struct cpuset chosen = cpuset_union(arena, &placement->cpus, &placement->idle);

	explain_data(attempt, placement);
	explain_idle(attempt, placement);
	if (cpuset_count(&housekeeping) > 0)
		strings_add(arena, &placement->reasons, arena_printf(arena, "cpu%s %s: housekeeping: %s", cpuset_count(&housekeeping) > 1 ? "s" : "",
			cpuset_format(arena, &housekeeping), placement->housekeeping_owned ? "owned" : "shared with the machine and other containers"));
	if (!attempt->chooser.request->has_list && attempt->count + wants_own(attempt->chooser.request) > 1)
		strings_add(arena, &placement->reasons, arena_printf(arena, "together: the first %s with enough free cores", group_name(attempt->level)));
	standing_reasons(&attempt->chooser, &chosen, &placement->reasons);
}

static bool fits(struct arena *arena, const struct placement_input *input)
{
	struct error err = ERROR_INIT;
	struct attempt attempt;
	struct placement placement;

	return attempt_placement(arena, input, &attempt, &placement, &err) == 0;
}

// Fewer CPUs; of a list, as many as it has, wherever they are.
static const char *fewer(struct arena *arena, const struct placement_input *input, struct core_request *request)
{
	struct attempt attempt;
	struct placement placement;
	struct error err = ERROR_INIT;
	size_t own = wants_own(request);

	if (request->has_list) {
		request->has_list = false;
		return arena_printf(arena, "count=%u instead of the list", request->count);
	}
	if (attempt_placement(arena, input, &attempt, &placement, &err) == 0 || attempt.largest <= own || attempt.largest - own >= request->count)
		return NULL;
	request->count = (unsigned)(attempt.largest - own);
	if (request->main <= request->count)
		return arena_printf(arena, "count=%u", request->count);
	request->main = request->count;
	return arena_printf(arena, "count=%u,main=%u", request->count, request->main);
}

// The n-th word that can be given up; NULL if the request does not say it.
static const char *relax(const struct placement_input *input, size_t n, struct core_request *request, int *node)
{
	switch (n) {
	case 0:
		request->from = FROM_ANY;
		return input->request->from != FROM_ANY && !request->has_list ? "from=any" : NULL;
	case 1:
		request->smt = SMT_ANY;
		request->has_smt = true;
		return input->request->smt != SMT_ANY && (input->request->has_smt || !request->has_list) ? "smt=any" : NULL;
	case 2:
		request->l3_same = false;
		return input->request->l3_same ? "l3=any" : NULL;
	case 3:
		request->node = NULL;
		*node = -1;
		return input->node >= 0 ? "node=any" : NULL;
	case 4:
		request->cross_node = true;
		return !input->request->cross_node && input->node < 0 && input->request->node == NULL && !input->request->l3_same ? "cross_node=yes" : NULL;
	default:
		request->housekeeping = HOUSEKEEPING_AUTO;
		return input->request->housekeeping == HOUSEKEEPING_OWN || input->request->housekeeping == HOUSEKEEPING_LIST ? "housekeeping=auto" : NULL;
	}
}
enum { RELAXATIONS = 6 };

static bool keep_if_fitting(struct arena *arena, const struct placement_input *input, const struct placement_alternative *alternative)
{
	struct placement_input other = *input;

	other.request = &alternative->request;
	other.node = alternative->node;
	return alternative->words != NULL && fits(arena, &other);
}

size_t placement_alternatives(struct arena *arena, const struct placement_input *input, struct placement_alternative *ret_alternatives)
{
	struct placement_alternative asked = {.request = *input->request, .node = input->node};
	struct placement_alternative alternative;
	size_t count = 0;

	asked.request.bare = false;
	alternative = asked;
	alternative.words = fewer(arena, input, &alternative.request);
	if (keep_if_fitting(arena, input, &alternative))
		ret_alternatives[count++] = alternative;
	for (size_t n = 0; n < RELAXATIONS; n++) {
		alternative = asked;
		alternative.words = relax(input, n, &alternative.request, &alternative.node);
		if (!keep_if_fitting(arena, input, &alternative))
			continue;
		ret_alternatives[count++] = alternative;
		break;
	}
	return count;
}

static int refuse(struct arena *arena, const struct placement_input *input, struct error *err)
{
	struct placement_alternative alternatives[PLACEMENT_ALTERNATIVES_MAX];
	struct placement_input unowned = *input;
	size_t count = placement_alternatives(arena, input, alternatives);

	unowned.owner_count = 0;
	if (err->code == ENOSPC && input->owner_count > 0 && fits(arena, &unowned))
		err->code = EBUSY;
	if (count == 0)
		return -1;
	return error_hint(err, "%s%s%s would fit", alternatives[0].words, count > 1 ? ", or " : "", count > 1 ? alternatives[1].words : "");
}

int placement_choose(struct arena *arena, const struct placement_input *input, struct placement *ret_placement, struct error *err)
{
	struct attempt attempt;

	if (attempt_placement(arena, input, &attempt, ret_placement, err) < 0)
		return refuse(arena, input, err);
	explain(&attempt, ret_placement);
	return 0;
}
