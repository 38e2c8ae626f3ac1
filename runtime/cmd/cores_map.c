// cores_map.c: `minirun cores --format map`: a block for each NUMA node, a column for each core, a line for each thread, each CPU with a mark of what it is or whose. No line
// is wider than 80 columns: cores that continue each other and have equal marks are folded into one column ("4-27") when all would not fit into a few lines.
#include "cmd/cores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 2, LINES_UNFOLDED = 3 };

struct map {
	struct arena *arena;
	const struct cores_view *view;
	const char **letters; // of each claim; NULL for those that own nothing any more
	bool seen[8];         // by sign: it has been drawn
	bool caches;          // so has a bar between two
};

// A core, or several that are folded.
struct column {
	const struct cpu *first, *last; // their first threads
	unsigned stride;                // between the first threads of neighbours; 0: one core
};

// What a CPU without an exclusive owner is, the most telling first.
enum sign { SIGN_OFFLINE, SIGN_UNREACHABLE, SIGN_PARTITION, SIGN_APART, SIGN_TICKLESS_ISOLATED, SIGN_ISOLATED, SIGN_TICKLESS, SIGN_FREE, SIGN_MAX };

static const struct { const char *mark, *meaning; } signs[] = {
	[SIGN_OFFLINE] = {"x", "offline"},
	[SIGN_UNREACHABLE] = {"~", "not given to this cgroup tree"},
	[SIGN_PARTITION] = {"p", "in an isolated cpuset partition of nobody here"},
	[SIGN_APART] = {"r", "in a cpuset partition of its own load balancing"},
	[SIGN_TICKLESS_ISOLATED] = {"t", "isolated at boot, tickless (isolcpus, nohz_full)"},
	[SIGN_ISOLATED] = {"i", "isolated at boot (isolcpus)"},
	[SIGN_TICKLESS] = {"n", "tickless (nohz_full)"},
	[SIGN_FREE] = {".", "housekeeping: for everything else"},
};
_Static_assert(sizeof signs / sizeof *signs == SIGN_MAX && SIGN_MAX <= sizeof ((struct map *)NULL)->seen, "every sign has a mark");

static enum sign sign_of(const struct topology *topology, const struct cpu *cpu)
{
	bool tickless = cpuset_has(&topology->nohz_full, cpu->number);

	if (!cpu->online)
		return SIGN_OFFLINE;
	if (!cpuset_has(&topology->reachable, cpu->number))
		return SIGN_UNREACHABLE;
	if (cpuset_has(&topology->partitions, cpu->number))
		return SIGN_PARTITION;
	if (cpuset_has(&topology->apart, cpu->number))
		return SIGN_APART;
	if (cpuset_has(&topology->isolated, cpu->number))
		return tickless ? SIGN_TICKLESS_ISOLATED : SIGN_ISOLATED;
	return tickless ? SIGN_TICKLESS : SIGN_FREE;
}

// "A" to "Z", "AA" and on.
static const char *letter(struct arena *arena, size_t number)
{
	const char *text = "";

	for (number++; number > 0; number = (number - 1) / 26)
		text = arena_printf(arena, "%c%s", (char)('A' + (number - 1) % 26), text);
	return text;
}

static void name_claims(struct map *map)
{
	const struct ledger_claims *claims = &map->view->claims;
	size_t number = 0;

	map->letters = arena_array(map->arena, claims->count + 1, sizeof *map->letters);
	for (size_t i = 0; i < claims->count; i++)
		if (cores_alive(&claims->items[i]))
			map->letters[i] = letter(map->arena, number++);
}

// The letters of those that own it, with the role: A* main, A worker, A- kept idle, A+ housekeeping. Whom a shared housekeeping CPU serves is said below the map only.
static const char *mark_of(struct map *map, const struct cpu *cpu)
{
	const struct ledger_claims *claims = &map->view->claims;
	const char *mark = "";
	enum sign sign;

	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];

		if (map->letters[i] == NULL || !cpuset_has(&claim->cpus, cpu->number))
			continue;
		mark = arena_printf(map->arena, "%s%s%s", mark, map->letters[i], cpuset_has(&claim->mains, cpu->number) ? "*" : cpuset_has(&claim->idle, cpu->number) ? "-" :
			cpuset_has(&claim->workers, cpu->number) ? "" : "+");
	}
	if (*mark != '\0')
		return mark;
	sign = sign_of(&map->view->topology, cpu);
	map->seen[sign] = true;
	return signs[sign].mark;
}

// The CPU that is thread `thread` of a core; NULL: it has fewer.
static const struct cpu *thread_of(const struct map *map, const struct cpu *core, unsigned thread)
{
	int number = cpuset_next(&core->siblings, 0);

	while (number >= 0 && thread-- > 0)
		number = cpuset_next(&core->siblings, (unsigned)number + 1);
	return number < 0 ? NULL : topology_cpu(&map->view->topology, (unsigned)number);
}

// Whether `next` goes on where `column` ends: the same cache, every thread `stride` behind, every mark the same.
static bool continues(struct map *map, const struct column *column, const struct cpu *next)
{
	unsigned stride = next->number - column->last->number;

	if (next->l3 != column->last->l3 || next->number <= column->last->number || (column->stride != 0 && stride != column->stride)
	    || cpuset_count(&next->siblings) != cpuset_count(&column->last->siblings))
		return false;
	for (unsigned thread = 0; thread < cpuset_count(&next->siblings); thread++) {
		const struct cpu *a = thread_of(map, column->last, thread);
		const struct cpu *b = thread_of(map, next, thread);

		if (b->number - a->number != stride || strcmp(mark_of(map, a), mark_of(map, b)) != 0)
			return false;
	}
	return true;
}

// "4*", folded "4-27*", with gaps between the numbers "0..54*". Empty for a thread that the core does not have.
static const char *cell(struct map *map, const struct column *column, unsigned thread)
{
	const struct cpu *first = thread_of(map, column->first, thread);
	const struct cpu *last = thread_of(map, column->last, thread);

	if (first == NULL)
		return "";
	if (first == last)
		return arena_printf(map->arena, "%u%s", first->number, mark_of(map, first));
	return arena_printf(map->arena, "%u%s%u%s", first->number, column->stride == 1 ? "-" : "..", last->number, mark_of(map, first));
}

static int width_of(struct map *map, const struct column *column)
{
	int width = 0;

	for (unsigned thread = 0; thread < cpuset_count(&column->first->siblings); thread++) {
		int its = (int)strlen(cell(map, column, thread));

		width = its > width ? its : width;
	}
	return width;
}

// Between two columns: a bar where the level-3 cache changes.
static const char *gap(struct map *map, const struct column *columns, size_t i, size_t first)
{
	if (i == first)
		return "";
	if (columns[i].first->l3 == columns[i - 1].first->l3)
		return " ";
	map->caches = true;
	return " | ";
}

// The number of columns from `first` on that fit into a line; at least one.
static size_t fitting(struct map *map, const struct column *columns, size_t count, size_t first)
{
	int used = INDENT;
	size_t end = first;

	for (; end < count; end++) {
		used += (int)strlen(gap(map, columns, end, first)) + width_of(map, &columns[end]);
		if (used > WIDTH && end > first)
			break;
	}
	return end - first;
}

static size_t lines_of(struct map *map, const struct column *columns, size_t count)
{
	size_t lines = 0;

	for (size_t i = 0; i < count; i += fitting(map, columns, count, i))
		lines++;
	return lines;
}

static size_t fold(struct map *map, struct column *columns, size_t count)
{
	size_t folded = 0;

	for (size_t i = 1; i < count; i++) {
		struct column *last = &columns[folded];

		if (continues(map, last, columns[i].first)) {
			last->stride = columns[i].first->number - last->last->number;
			last->last = columns[i].first;
		} else {
			columns[++folded] = columns[i];
		}
	}
	return count == 0 ? 0 : folded + 1;
}

static void print_thread(struct map *map, const struct column *columns, size_t first, size_t end, unsigned thread)
{
	char *line = arena_strdup(map->arena, "");
	size_t length;

	for (size_t i = first; i < end; i++)
		line = arena_printf(map->arena, "%s%s%-*s", line, gap(map, columns, i, first), width_of(map, &columns[i]), cell(map, &columns[i], thread));
	for (length = strlen(line); length > 0 && line[length - 1] == ' ';)
		line[--length] = '\0';
	printf("%*s%s\n", INDENT, "", line);
}

static void print_columns(struct map *map, const struct column *columns, size_t count)
{
	for (size_t first = 0; first < count;) {
		size_t end = first + fitting(map, columns, count, first);
		unsigned threads = 0;

		for (size_t i = first; i < end; i++)
			if (cpuset_count(&columns[i].first->siblings) > threads)
				threads = (unsigned)cpuset_count(&columns[i].first->siblings);
		if (first > 0 && threads > 1)
			printf("\n");
		for (unsigned thread = 0; thread < threads; thread++)
			print_thread(map, columns, first, end, thread);
		first = end;
	}
}

// --- blocks

static int compare_cores(const void *a, const void *b)
{
	const struct cpu *x = ((const struct column *)a)->first, *y = ((const struct column *)b)->first;
	const int64_t keys[][2] = {{x->node, y->node}, {x->package, y->package}, {x->l3, y->l3}, {x->number, y->number}};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

// A column for each core, known by its first thread.
static struct column *cores_of(struct map *map, size_t *ret_count)
{
	const struct topology *topology = &map->view->topology;
	struct column *columns = arena_array(map->arena, topology->count + 1, sizeof *columns);
	size_t count = 0;

	for (size_t i = 0; i < topology->count; i++) {
		const struct cpu *cpu = &topology->cpus[i];

		if (cpu->online && cpuset_first(&cpu->siblings) == (int)cpu->number)
			columns[count++] = (struct column){.first = cpu, .last = cpu};
	}
	qsort(columns, count, sizeof *columns, compare_cores);
	*ret_count = count;
	return columns;
}

static void print_block_title(const struct topology *topology, const struct cpu *cpu)
{
	const struct topology_node *node = topology_node(topology, cpu->node);

	if (cpu->node < 0)
		printf("\nof no node");
	else
		printf("\nnode %d", cpu->node);
	if (cpu->package >= 0)
		printf(", package %d", cpu->package);
	printf("%s\n", node != NULL && !node->memory ? ", no memory" : "");
}

static void print_block(struct map *map, struct column *columns, size_t count)
{
	print_block_title(&map->view->topology, columns[0].first);
	if (lines_of(map, columns, count) > LINES_UNFOLDED)
		count = fold(map, columns, count);
	print_columns(map, columns, count);
}

// --- what stands below

// Words, broken at blanks and behind commas so that no line is wider than WIDTH; further lines are indented.
static void print_wrapped(const char *text, int indent)
{
	int column = 0;
	bool blank = false; // before the next word, if it stays on this line

	while (*text != '\0') {
		size_t length = strcspn(text, " ,");

		length += text[length] == ',';
		if (column + blank + (int)length > WIDTH && column > indent) {
			printf("\n%*s", indent, "");
			column = indent;
			blank = false;
		}
		column += printf("%s%.*s", blank ? " " : "", (int)length, text);
		text += length;
		blank = *text == ' ';
		text += blank;
	}
	printf("\n");
}

static const char *with_role(struct map *map, const char *text, const char *role, const struct cpuset *set)
{
	if (cpuset_count(set) == 0)
		return text;
	return arena_printf(map->arena, "%s, %s %s", text, role, cpuset_format(map->arena, set));
}

static void print_claim(struct map *map, const struct ledger_claim *claim, const char *name)
{
	const char *text = arena_printf(map->arena, "%s %s: pid %d", name, claim->id, claim->pid);
	struct cpuset lent = cpuset_minus(map->arena, &claim->housekeeping, &claim->cpus);
	struct cpuset own = cpuset_intersection(map->arena, &claim->housekeeping, &claim->cpus);

	if (claim->level != NULL)
		text = arena_printf(map->arena, "%s, %s", text, claim->level);
	if (claim->shared)
		text = arena_printf(map->arena, "%s, shared", text);
	text = with_role(map, text, "main*", &claim->mains);
	text = with_role(map, text, "workers", &claim->workers);
	text = with_role(map, text, "kept idle-", &claim->idle);
	text = with_role(map, text, "housekeeping+", &own);
	text = with_role(map, text, "housekeeping (not owned)", &lent);
	print_wrapped(text, INDENT);
}

static void print_legend(struct map *map)
{
	const struct ledger_claims *claims = &map->view->claims;

	printf("\na column is a core, a line its threads%s\n", map->caches ? "; | is between level-3 caches" : "");
	for (size_t i = 0; i < SIGN_MAX; i++)
		if (map->seen[i])
			printf("%s %s\n", signs[i].mark, signs[i].meaning);
	for (size_t i = 0; i < claims->count; i++)
		if (map->letters[i] != NULL)
			print_claim(map, &claims->items[i], map->letters[i]);
}

// What has no column: CPUs that are offline, nodes that are memory only, claims of nobody alive.
static void print_rest(struct map *map)
{
	const struct topology *topology = &map->view->topology;
	struct cpuset offline = cpuset_minus(map->arena, &topology->present, &topology->online);
	const struct ledger_claims *claims = &map->view->claims;

	if (cpuset_count(&offline) > 0) {
		printf("\n");
		print_wrapped(arena_printf(map->arena, "offline: %s", cpuset_format(map->arena, &offline)), INDENT);
	}
	for (size_t i = 0; i < topology->node_count; i++)
		if (cpuset_count(&topology->nodes[i].cpus) == 0)
			printf("\nnode %d: no CPU online%s\n", topology->nodes[i].number, topology->nodes[i].memory ? ", memory only" : "");
	for (size_t i = 0; i < claims->count; i++)
		if (claims->items[i].damaged != NULL) {
			printf("\n");
			print_wrapped(arena_printf(map->arena, "damaged claim of %s: %s", claims->items[i].owner, claims->items[i].damaged), INDENT);
		}
}

static const char *counted(struct map *map, size_t count, const char *noun)
{
	return arena_printf(map->arena, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

static void print_title(struct map *map, size_t cores)
{
	const struct topology *topology = &map->view->topology;
	struct cpuset packages = {0};

	for (size_t i = 0; i < topology->count; i++)
		if (topology->cpus[i].package >= 0)
			cpuset_add(map->arena, &packages, (unsigned)topology->cpus[i].package);
	printf("%s online, %s, %s, %s, Linux %s\n", counted(map, cpuset_count(&topology->online), "CPU"), counted(map, cores, "core"),
		counted(map, cpuset_count(&packages), "package"), counted(map, topology->node_count, "node"), topology->kernel);
}

void cores_print_map(struct arena *arena, const struct cores_view *view)
{
	struct map map = {.arena = arena, .view = view};
	size_t count, end;
	struct column *columns = cores_of(&map, &count);

	name_claims(&map);
	print_title(&map, count);
	for (size_t first = 0; first < count; first = end) {
		const struct cpu *cpu = columns[first].first;

		for (end = first; end < count && columns[end].first->node == cpu->node && columns[end].first->package == cpu->package;)
			end++;
		print_block(&map, columns + first, end - first);
	}
	print_rest(&map);
	print_legend(&map);
}
