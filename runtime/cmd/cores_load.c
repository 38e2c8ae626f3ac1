// cores_load.c: what `minirun cores --format json` printed on another machine, read back, so that a bench can be planned away from it. Known facts are taken, what follows from them
// (which CPUs are online, which are left for housekeeping) is worked out again, so that no file can contradict itself.
#include "cmd/cores.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "spec/json.h"
#include "spec/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

// A list such as "2-3,8", as struct cpuset.
static int field_set(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct error err = ERROR_INIT;
	const char *list;

	if (reader_string(reader, value, &list) < 0)
		return -1;
	if (cpuset_parse(reader->arena, list, (struct cpuset *)((char *)base + field->offset), &err) < 0)
		return reader_fail(reader, "%s", err.text);
	return 0;
}

struct cpu_row {
	uint32_t number;
	bool online;
	struct opt_i64 node, package, die, l3, core;
	struct cpuset siblings;
};

struct node_row {
	uint32_t number;
	struct cpuset cpus;
	bool memory;
};

struct owner_row {
	const char *owner, *id, *damaged, *file;
	const char *level, *cgroup;
	struct opt_i64 node;
	uint32_t pid;
	bool alive, shared, steer, enforce;
	struct cpuset cpus, mains, workers, housekeeping, idle;
	struct strings threads;
};

struct document {
	const char *kernel;
	struct cpuset isolated, nohz_full, partitions, apart, reachable;
	struct cpu_row *cpus;
	size_t cpu_count;
	struct node_row *nodes;
	size_t node_count;
	struct owner_row *owners;
	size_t owner_count;
};

#define ID_FIELD(name, member) {.key = (name), .parse = field_opt_i64, .offset = offsetof(struct cpu_row, member), .min = 0, .max = INT_MAX}
static const struct field cpu_fields[] = {
	{.key = "cpu", .parse = field_u32, .offset = offsetof(struct cpu_row, number), .flags = FIELD_MANDATORY, .max = CPU_NUMBER_MAX},
	{.key = "online", .parse = field_bool, .offset = offsetof(struct cpu_row, online), .flags = FIELD_MANDATORY},
	{.key = "siblings", .parse = field_set, .offset = offsetof(struct cpu_row, siblings)},
	ID_FIELD("node", node), ID_FIELD("package", package), ID_FIELD("die", die), ID_FIELD("l3", l3), ID_FIELD("core", core),
};
static const struct table cpu_table = {TABLE_FIELDS(cpu_fields), .size = sizeof(struct cpu_row)};

static const struct field node_fields[] = {
	{.key = "node", .parse = field_u32, .offset = offsetof(struct node_row, number), .flags = FIELD_MANDATORY, .max = INT_MAX},
	{.key = "cpus", .parse = field_set, .offset = offsetof(struct node_row, cpus), .flags = FIELD_MANDATORY},
	{.key = "memory", .parse = field_bool, .offset = offsetof(struct node_row, memory), .flags = FIELD_MANDATORY},
};
static const struct table node_table = {TABLE_FIELDS(node_fields), .size = sizeof(struct node_row)};

#define OWNER_SET(name) {.key = #name, .parse = field_set, .offset = offsetof(struct owner_row, name)}
static const struct field owner_fields[] = {
	{.key = "stateDirectory", .parse = field_string, .offset = offsetof(struct owner_row, owner), .flags = FIELD_MANDATORY},
	{.key = "id", .parse = field_string, .offset = offsetof(struct owner_row, id)},
	{.key = "damaged", .parse = field_string, .offset = offsetof(struct owner_row, damaged)},
	{.key = "file", .parse = field_string, .offset = offsetof(struct owner_row, file)},
	{.key = "level", .parse = field_string, .offset = offsetof(struct owner_row, level)},
	{.key = "cgroup", .parse = field_string, .offset = offsetof(struct owner_row, cgroup)},
	{.key = "node", .parse = field_opt_i64, .offset = offsetof(struct owner_row, node), .min = 0, .max = INT_MAX},
	{.key = "pid", .parse = field_u32, .offset = offsetof(struct owner_row, pid), .max = INT_MAX},
	{.key = "steer", .parse = field_bool, .offset = offsetof(struct owner_row, steer)},
	{.key = "enforce", .parse = field_bool, .offset = offsetof(struct owner_row, enforce)},
	{.key = "threads", .parse = field_strings, .offset = offsetof(struct owner_row, threads)},
	{.key = "alive", .parse = field_bool, .offset = offsetof(struct owner_row, alive)},
	{.key = "shared", .parse = field_bool, .offset = offsetof(struct owner_row, shared)},
	OWNER_SET(cpus), OWNER_SET(mains), OWNER_SET(workers), OWNER_SET(housekeeping), OWNER_SET(idle),
};
static const struct table owner_table = {TABLE_FIELDS(owner_fields), .size = sizeof(struct owner_row)};

#define ROWS_FIELD(name, member, count, rows, mandatory) \
	{.key = (name), .parse = field_objects, .offset = offsetof(struct document, member), .count_offset = offsetof(struct document, count), .table = (rows), .flags = (mandatory)}
#define SET_FIELD(name, member) {.key = (name), .parse = field_set, .offset = offsetof(struct document, member)}
static const struct field document_fields[] = {
	{.key = "kernel", .parse = field_string, .offset = offsetof(struct document, kernel), .flags = FIELD_MANDATORY},
	SET_FIELD("isolated", isolated), SET_FIELD("nohzFull", nohz_full), SET_FIELD("partitions", partitions), SET_FIELD("apart", apart), SET_FIELD("reachable", reachable),
	ROWS_FIELD("cpus", cpus, cpu_count, &cpu_table, FIELD_MANDATORY),
	ROWS_FIELD("nodes", nodes, node_count, &node_table, FIELD_MANDATORY),
	ROWS_FIELD("owners", owners, owner_count, &owner_table, 0),
};
static const struct table document_table = {TABLE_FIELDS(document_fields), .size = sizeof(struct document)};

static int id_of(struct opt_i64 value)
{
	return value.set ? (int)value.value : -1;
}

static int load_cpus(struct arena *arena, const struct document *document, struct topology *topology, struct error *err)
{
	topology->cpus = arena_array(arena, document->cpu_count, sizeof *topology->cpus);
	for (size_t i = 0; i < document->cpu_count; i++) {
		const struct cpu_row *row = &document->cpus[i];

		if (i > 0 && row->number <= document->cpus[i - 1].number)
			return error_set(err, EINVAL, "cpus[%zu]: CPUs are not in ascending order", i);
		topology->cpus[topology->count++] = (struct cpu){.number = row->number, .online = row->online, .package = id_of(row->package), .die = id_of(row->die),
			.core = id_of(row->core), .l3 = id_of(row->l3), .node = id_of(row->node), .siblings = row->siblings};
		cpuset_add(arena, &topology->present, row->number);
		if (row->online)
			cpuset_add(arena, &topology->online, row->number);
	}
	// A sibling is online, and its core is every CPU's own too.
	for (size_t i = 0; i < topology->count; i++) {
		struct cpu *cpu = &topology->cpus[i];

		cpu->siblings = cpuset_intersection(arena, &cpu->siblings, &topology->online);
		if (cpu->online)
			cpuset_add(arena, &cpu->siblings, cpu->number);
	}
	return topology->count > 0 ? 0 : error_set(err, EINVAL, "cpus: a machine without CPUs");
}

static void load_sets(struct arena *arena, const struct document *document, struct topology *topology)
{
	topology->isolated = document->isolated;
	topology->nohz_full = document->nohz_full;
	topology->partitions = document->partitions;
	topology->apart = document->apart;
	topology->reachable = cpuset_intersection(arena, &document->reachable, &topology->online);
	topology->housekeeping = cpuset_minus(arena, &topology->reachable, &topology->isolated);
	topology->housekeeping = cpuset_minus(arena, &topology->housekeeping, &topology->partitions);
	topology->housekeeping = cpuset_minus(arena, &topology->housekeeping, &topology->apart);
	topology->nodes = arena_array(arena, document->node_count + 1, sizeof *topology->nodes);
	for (size_t i = 0; i < document->node_count; i++)
		topology->nodes[topology->node_count++] = (struct topology_node){.number = (int)document->nodes[i].number, .memory = document->nodes[i].memory,
			.cpus = cpuset_intersection(arena, &document->nodes[i].cpus, &topology->online)};
}

static void load_claims(struct arena *arena, const struct document *document, struct ledger_claims *claims)
{
	claims->items = arena_array(arena, document->owner_count + 1, sizeof *claims->items);
	for (size_t i = 0; i < document->owner_count; i++) {
		const struct owner_row *row = &document->owners[i];

		claims->items[claims->count++] = (struct ledger_claim){.owner = row->owner, .id = row->id != NULL ? row->id : "", .cpus = row->cpus, .mains = row->mains, .workers = row->workers,
			.housekeeping = row->housekeeping, .idle = row->idle, .level = row->level, .cgroup = row->cgroup, .node = id_of(row->node), .pid = (pid_t)row->pid,
			.steer = row->steer, .threads = row->threads, .enforce = row->enforce, .shared = row->shared, .stale = !row->alive, .damaged = row->damaged, .file = row->file};
	}
}

static int load_text(struct arena *arena, const char *text, size_t length, struct cores_view *view, struct error *err)
{
	AUTO_JSON *root = NULL;
	struct document document = {0};
	struct reader reader = {.arena = arena, .err = err};

	if (json_read(text, length, &root, err) < 0 || table_read(&reader, &document_table, root, &document) < 0)
		return -1;
	view->topology.kernel = document.kernel;
	if (load_cpus(arena, &document, &view->topology, err) < 0)
		return -1;
	load_sets(arena, &document, &view->topology);
	load_claims(arena, &document, &view->claims);
	return 0;
}

int cores_load(struct arena *arena, const char *path, struct cores_view *ret_view, struct error *err)
{
	struct cores_view view = {0};
	size_t length;
	AUTO_FREE char *text = strcmp(path, "-") == 0 ? read_whole_fd(STDIN_FILENO, JSON_TEXT_MAX, &length) : read_whole_file_at(AT_FDCWD, path, JSON_TEXT_MAX, &length);

	if (text == NULL)
		return error_errno(err, errno, "cannot read the machine in %s", path);
	if (load_text(arena, text, length, &view, err) < 0) {
		error_prefix(err, "%s is not what `minirun cores --format json` prints", path);
		return -1;
	}
	*ret_view = view;
	return 0;
}
