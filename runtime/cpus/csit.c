// csit.c: see csit.h. Names as in CSIT's code: mt main threads, dt data threads, a request in cores for all containers.
#include "cpus/csit.h"

#include "base/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// Far beyond any machine, so that no sum of products overflows.
enum { CSIT_MAX = 4096, SYSTEM_CORES = 1, MAIN_CORES = 1 };

static int word_error(struct error *err, const char *text, const char *word, size_t length, const char *takes)
{
	return error_set(err, EINVAL, "'%.*s' in '%s': %s", (int)length, word, text, takes);
}

static bool parse_number(const char *value, unsigned least, unsigned max, unsigned *ret_number)
{
	uint64_t number;

	if (!parse_u64(value, max, &number) || number < least)
		return false;
	*ret_number = (unsigned)number;
	return true;
}

// "2c"; "0.5c" is 0 cores where half ones are allowed.
static bool parse_cores(const char *value, bool half, unsigned *ret_cores)
{
	char digits[8];
	size_t length = strlen(value);

	if (half && strcmp(value, "0.5c") == 0) {
		*ret_cores = 0;
		return true;
	}
	if (length < 2 || length > sizeof digits || value[length - 1] != 'c')
		return false;
	memcpy(digits, value, length - 1);
	digits[length - 1] = '\0';
	return parse_number(digits, 1, CSIT_MAX, ret_cores);
}

static bool parse_vswitch(const char *value, struct csit_request *request)
{
	request->vswitch = strcmp(value, "none") != 0;
	return !request->vswitch || parse_cores(value, false, &request->vswitch_cores);
}
static bool parse_chains(const char *value, struct csit_request *request)
{
	return parse_number(value, 1, CSIT_MAX, &request->chains);
}
static bool parse_nodes(const char *value, struct csit_request *request)
{
	return parse_number(value, 1, CSIT_MAX, &request->nodes);
}
static bool parse_nf(const char *value, struct csit_request *request)
{
	return parse_cores(value, true, &request->nf_cores);
}
static bool parse_mains(const char *value, struct csit_request *request)
{
	return parse_number(value, 1, CSIT_MAX, &request->mains);
}
static bool parse_node(const char *value, struct csit_request *request)
{
	unsigned node;

	if (!parse_number(value, 0, CSIT_MAX, &node))
		return false;
	request->node = (int)node;
	return true;
}

static const struct {
	const char *name, *takes;
	bool (*parse)(const char *value, struct csit_request *request);
} csit_words[] = {
	{"vswitch", "vswitch takes data cores as in 1c, or none", parse_vswitch},
	{"chains", "chains takes a number from 1 to 4096", parse_chains},
	{"nodes", "nodes takes a number from 1 to 4096", parse_nodes},
	{"nf", "nf takes data cores of each container as in 1c, or 0.5c", parse_nf},
	{"mains", "mains takes how many containers share a main core, from 1 to 4096", parse_mains},
	{"node", "node takes a NUMA node's number", parse_node},
};
enum { WORD_COUNT = sizeof csit_words / sizeof *csit_words };

static int parse_word(const char *text, const char *word, size_t length, struct csit_request *request, unsigned *seen, struct error *err)
{
	const char *equals = memchr(word, '=', length);
	size_t name_length = equals != NULL ? (size_t)(equals - word) : length;
	char value[16];

	for (size_t i = 0; i < WORD_COUNT; i++) {
		if (equals == NULL || strlen(csit_words[i].name) != name_length || strncmp(csit_words[i].name, word, name_length) != 0)
			continue;
		if ((*seen & 1u << i) != 0)
			return word_error(err, text, word, length, "it is there twice");
		*seen |= 1u << i;
		if (length - name_length > sizeof value)
			return word_error(err, text, word, length, csit_words[i].takes);
		memcpy(value, equals + 1, length - name_length - 1);
		value[length - name_length - 1] = '\0';
		return csit_words[i].parse(value, request) ? 0 : word_error(err, text, word, length, csit_words[i].takes);
	}
	return word_error(err, text, word, length, "known are vswitch=1c, chains=1, nodes=1, nf=1c, mains=2, node=0");
}

int csit_parse(const char *text, struct csit_request *ret_request, struct error *err)
{
	struct csit_request request = {.vswitch = true, .vswitch_cores = 1, .chains = 1, .nodes = 1, .nf_cores = 1, .mains = 2};
	const char *position = text;
	unsigned seen = 0;

	for (;;) {
		size_t length = strcspn(position, ",");

		if (parse_word(text, position, length, &request, &seen, err) < 0)
			return -1;
		if (position[length] == '\0')
			break;
		position += length + 1;
	}
	*ret_request = request;
	return 0;
}

// The cores of a node in CSIT's order, each as the set of its threads.
struct cores {
	struct cpuset *items;
	size_t count;
};

static struct cores cores_of_node(struct arena *arena, const struct topology *topology, const struct topology_node *node)
{
	struct cores cores = {.items = arena_array(arena, topology->count, sizeof *cores.items)};
	struct cpuset done = {0};

	for (size_t i = 0; i < topology->count; i++) {
		const struct cpu *cpu = &topology->cpus[i];

		if (!cpuset_has(&node->cpus, cpu->number) || cpuset_has(&done, cpu->number))
			continue;
		cores.items[cores.count] = cpuset_intersection(arena, &cpu->siblings, &node->cpus);
		cpuset_add(arena, &cores.items[cores.count], cpu->number);
		done = cpuset_union(arena, &done, &cores.items[cores.count]);
		cores.count++;
	}
	return cores;
}

// The thread of a core, counted round where it has fewer.
static unsigned thread_of(const struct cpuset *core, size_t thread)
{
	int number = cpuset_first(core);

	for (size_t n = thread % cpuset_count(core); n > 0; n--)
		number = cpuset_next(core, (unsigned)number + 1);
	return (unsigned)number;
}

static void add_cpu(struct arena *arena, struct csit_cpus *cpus, unsigned number)
{
	cpus->list = arena_grow(arena, cpus->list, cpus->count, &cpus->room, sizeof *cpus->list);
	cpus->list[cpus->count++] = number;
}

// Whole cores: the first threads of all, then the second ones, as far as they go.
static void add_whole(struct arena *arena, struct csit_cpus *cpus, const struct cpuset *cores, size_t count)
{
	bool more = true;

	for (size_t thread = 0; more; thread++) {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (thread >= cpuset_count(&cores[i]))
				continue;
			add_cpu(arena, cpus, thread_of(&cores[i], thread));
			more = true;
		}
	}
}

struct budget {
	size_t containers;
	size_t skip;   // cores of the system and the vswitch
	size_t mt, dt; // cores for main threads, and shares of data cores
	size_t width;  // cores of a share
};

static struct budget budget_of(const struct csit_request *request)
{
	struct budget budget = {.containers = (size_t)request->chains * request->nodes, .skip = SYSTEM_CORES};
	size_t sharing = request->nf_cores == 0 ? 2 : 1;

	budget.skip += request->vswitch ? MAIN_CORES + request->vswitch_cores : 0;
	budget.mt = (budget.containers + request->mains - 1) / request->mains;
	budget.dt = (budget.containers + sharing - 1) / sharing;
	budget.width = request->nf_cores == 0 ? 1 : request->nf_cores;
	return budget;
}

static int check_room(const struct csit_request *request, const struct budget *budget, const struct cores *cores, struct error *err)
{
	size_t need = budget->skip + budget->mt + budget->dt * budget->width;

	if (need > cores->count) {
		error_set(err, ENOSPC, "not enough cores on NUMA node %d: it has %zu, and %zu are needed: 1 system, %zu vswitch, %zu for the main threads of %zu containers, %zu data", request->node,
			cores->count, need, budget->skip - SYSTEM_CORES, budget->mt, budget->containers, budget->dt * budget->width);
		return error_hint(err, "ask for fewer chains or nodes, or another node");
	}
	for (size_t i = budget->skip + budget->mt; request->nf_cores == 0 && i < need; i++)
		if (cpuset_count(&cores->items[i]) < 2)
			return error_set(err, ENOSPC, "nf=0.5c gives each of two containers a thread of a core, and the core of CPU %d has only one; use nf=1c", cpuset_first(&cores->items[i]));
	return 0;
}

static struct csit_cpus place_container(struct arena *arena, const struct csit_request *request, const struct budget *budget, const struct cores *cores, size_t offset)
{
	struct csit_cpus cpus = {.chain = (unsigned)(offset / request->nodes) + 1, .node = (unsigned)(offset % request->nodes) + 1};
	const struct cpuset *data = &cores->items[budget->skip + budget->mt + offset % budget->dt * budget->width];

	add_cpu(arena, &cpus, thread_of(&cores->items[budget->skip + offset % budget->mt], offset / budget->mt));
	if (request->nf_cores == 0)
		add_cpu(arena, &cpus, thread_of(data, offset / budget->dt));
	else
		add_whole(arena, &cpus, data, budget->width);
	return cpus;
}

static void add_notes(struct arena *arena, const struct topology *topology, struct csit_plan *plan)
{
	struct cpuset mains = {0};
	struct cpuset twice = {0};
	struct cpuset used = {0};
	struct cpuset plain;

	for (size_t i = 0; i < plan->vswitch.count; i++)
		cpuset_add(arena, &used, plan->vswitch.list[i]);
	for (size_t i = 0; i < plan->container_count; i++) {
		const struct csit_cpus *cpus = &plan->containers[i];

		cpuset_add(arena, cpuset_has(&mains, cpus->list[0]) ? &twice : &mains, cpus->list[0]);
		for (size_t n = 0; n < cpus->count; n++)
			cpuset_add(arena, &used, cpus->list[n]);
	}
	if (cpuset_count(&twice) > 0)
		strings_add(arena, &plan->notes, arena_printf(arena, "CPUs %s have the main threads of several containers, which cannot own them: mains=1 gives each its own", cpuset_format(arena, &twice)));
	plain = cpuset_minus(arena, &used, &topology->isolated);
	if (cpuset_count(&topology->isolated) > 0 && cpuset_count(&plain) > 0)
		strings_add(arena, &plan->notes, arena_printf(arena, "CPUs %s are not isolated (isolcpus is %s)", cpuset_format(arena, &plain), cpuset_format(arena, &topology->isolated)));
}

int csit_place(struct arena *arena, const struct topology *topology, const struct csit_request *request, struct csit_plan *ret_plan, struct error *err)
{
	const struct topology_node *node = topology_node_asked(topology, request->node, err);
	struct budget budget = budget_of(request);
	struct csit_plan plan = {.node = request->node};
	struct cores cores;

	if (node == NULL)
		return -1;
	cores = cores_of_node(arena, topology, node);
	if (check_room(request, &budget, &cores, err) < 0)
		return -1;
	plan.system = cores.items[0];
	if (request->vswitch) {
		add_cpu(arena, &plan.vswitch, thread_of(&cores.items[SYSTEM_CORES], 0));
		add_whole(arena, &plan.vswitch, &cores.items[SYSTEM_CORES + MAIN_CORES], request->vswitch_cores);
	}
	plan.containers = arena_array(arena, budget.containers, sizeof *plan.containers);
	for (; plan.container_count < budget.containers; plan.container_count++)
		plan.containers[plan.container_count] = place_container(arena, request, &budget, &cores, plan.container_count);
	add_notes(arena, topology, &plan);
	*ret_plan = plan;
	return 0;
}
