// test_cores.c: what `minirun cores` prints of machines that are not this one, with owners.
#include "topologies.h"

#include "cmd/cores.h"

#include <ctype.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>
// cmocka wants the ones above first
#include <cmocka.h>

enum { MACHINES = sizeof machines / sizeof *machines, MAP_WIDTH = 80 };

// What `print` writes to stdout; in `arena`.
static const char *printed(struct arena *arena, void (*print)(struct arena *, const struct cores_view *), const struct cores_view *view)
{
	AUTO_FD file = memfd_create("printed", MFD_CLOEXEC);
	AUTO_FD saved = -1;
	char *text;
	off_t length;

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	assert_true(file >= 0 && saved >= 0 && dup2(file, STDOUT_FILENO) >= 0);
	print(arena, view);
	fflush(stdout);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	length = lseek(file, 0, SEEK_END);
	text = arena_alloc(arena, (size_t)length + 1);
	assert_int_equal(pread(file, text, (size_t)length, 0), length);
	return text;
}

struct claim_lists {
	const char *id, *cpus, *mains, *workers, *idle, *housekeeping;
	bool shared;
};

static struct ledger_claim claim_of(struct arena *arena, const struct claim_lists *lists)
{
	return (struct ledger_claim){
		.owner = arena_printf(arena, "/run/minirun/%s", lists->id), .id = lists->id, .pid = 4242, .node = 0, .level = "partition", .shared = lists->shared,
		.cpus = machine_list(arena, lists->cpus), .mains = machine_list(arena, lists->mains), .workers = machine_list(arena, lists->workers),
		.idle = machine_list(arena, lists->idle), .housekeeping = machine_list(arena, lists->housekeeping),
	};
}

static struct cores_view view_of(struct arena *arena, const struct machine *m, const struct claim_lists *lists, size_t count)
{
	struct cores_view view = {.topology = machine_topology(arena, m)};

	view.topology.kernel = "6.12.0";
	view.claims.items = arena_array(arena, count + 1, sizeof *view.claims.items);
	view.claims.count = count;
	for (size_t i = 0; i < count; i++)
		view.claims.items[i] = claim_of(arena, &lists[i]);
	return view;
}

static const struct claim_lists two_containers[] = {
	{"lab1", "2-4,10-12", "2", "3-4,11-12", "10", "0", false},
	{"lab2", "5,13", "5", "", "13", "0", false},
};
static const struct claim_lists on_eight_caches[] = {
	{"lab1", "2-3,66-67", "2", "3,67", "66", "0", false},
	{"bench", "8-15,72-79", "8", "9-15,73-79", "", "72", false},
};

static void maps_look_as_drawn_by_hand(void **state)
{
	static const struct { const char *machine, *isolated, *nohz_full, *partition; const struct claim_lists *claims; size_t count; const char *map; } samples[] = {
		{"one CPU", "", "", NULL, NULL, 0,
			"1 CPU online, 1 core, 1 package, 1 node, Linux 6.12.0\n"
			"\n"
			"node 0, package 0\n"
			"  0.\n"
			"\n"
			"a column is a core, a line its threads\n"
			". housekeeping: for everything else\n"},
		{"a node without memory", "1-3,9-11", "2-3,10-11", "8", two_containers, 2,
			"16 CPUs online, 8 cores, 2 packages, 2 nodes, Linux 6.12.0\n"
			"\n"
			"node 0, package 0\n"
			"  0. 1i 2A*  3A\n"
			"  8p 9i 10A- 11A\n"
			"\n"
			"node 1, package 1, no memory\n"
			"  4A  5B*  6.  7.\n"
			"  12A 13B- 14. 15.\n"
			"\n"
			"a column is a core, a line its threads\n"
			"p in an isolated cpuset partition of nobody here\n"
			"i isolated at boot (isolcpus)\n"
			". housekeeping: for everything else\n"
			"A lab1: pid 4242, partition, main* 2, workers 3-4,11-12, kept idle- 10,\n"
			"  housekeeping (not owned) 0\n"
			"B lab2: pid 4242, partition, main* 5, kept idle- 13, housekeeping (not owned) 0\n"},
		{"offline holes", "", "6-9", NULL, NULL, 0,
			"12 CPUs online, 7 cores, 1 package, 1 node, Linux 6.12.0\n"
			"\n"
			"node 0, package 0\n"
			"  0. 2. 6n | 8n 11. 12. 14.\n"
			"     3. 7n | 9n     13. 15.\n"
			"\n"
			"offline: 1,4-5,10\n"
			"\n"
			"a column is a core, a line its threads; | is between level-3 caches\n"
			"n tickless (nohz_full)\n"
			". housekeeping: for everything else\n"},
		{"eight caches", "2-63,66-127", "2-63,66-127", NULL, on_eight_caches, 2,
			"128 CPUs online, 64 cores, 1 package, 1 node, Linux 6.12.0\n"
			"\n"
			"node 0, package 0\n"
			"  0-1.   2A*  3A  4-7t   | 8B*  9-15B  | 16-23t | 24-31t | 32-39t  | 40-47t\n"
			"  64-65. 66A- 67A 68-71t | 72B+ 73-79B | 80-87t | 88-95t | 96-103t | 104-111t\n"
			"\n"
			"  48-55t   | 56-63t\n"
			"  112-119t | 120-127t\n"
			"\n"
			"a column is a core, a line its threads; | is between level-3 caches\n"
			"t isolated at boot, tickless (isolcpus, nohz_full)\n"
			". housekeeping: for everything else\n"
			"A lab1: pid 4242, partition, main* 2, workers 3,67, kept idle- 66, housekeeping\n"
			"  (not owned) 0\n"
			"B bench: pid 4242, partition, main* 8, workers 9-15,73-79, housekeeping+ 72\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct arena arena = {0};
		struct machine m = machine_named(samples[i].machine);
		struct cores_view view;

		m.isolated = samples[i].isolated;
		m.nohz_full = samples[i].nohz_full;
		m.isolated_partition = samples[i].partition;
		view = view_of(&arena, &m, samples[i].claims, samples[i].count);
		assert_string_equal(printed(&arena, cores_print_map, &view), samples[i].map);
		arena_free(&arena);
	}
}

// Adds what a word of the map names: "4A*", "4-27.", "0..54t" (every `stride`th).
static void add_word(struct arena *arena, struct cpuset *drawn, const char *word, unsigned stride)
{
	char *rest;
	unsigned first = (unsigned)strtoul(word, &rest, 10), last = first;
	bool strided = strncmp(rest, "..", 2) == 0 && isdigit((unsigned char)rest[2]);

	if (strided || (*rest == '-' && isdigit((unsigned char)rest[1])))
		last = (unsigned)strtoul(rest + (strided ? 2 : 1), &rest, 10);
	for (unsigned n = first; n <= last; n += strided ? stride : 1) {
		assert_false(cpuset_has(drawn, n)); // never twice
		cpuset_add(arena, drawn, n);
	}
}

// All machines, each with owners, one of them with CPUs all over it: every CPU that is online is drawn once, and no line is wider than a terminal.
static void check_map(struct arena *arena, const struct machine *m, const struct cores_view *view)
{
	char *rest = arena_strdup(arena, printed(arena, cores_print_map, view));
	struct cpuset drawn = {0};
	unsigned stride = m->numbering == NUMBER_ADJACENT ? m->threads : m->packages;

	for (char *line = strsep(&rest, "\n"); line != NULL && strncmp(line, "a column", 8) != 0; line = strsep(&rest, "\n")) {
		if (strlen(line) > MAP_WIDTH)
			fail_msg("%s: '%s' is wider than %d columns", m->name, line, MAP_WIDTH);
		for (char *word = line[0] == ' ' ? strsep(&line, " ") : NULL; word != NULL; word = strsep(&line, " "))
			if (isdigit((unsigned char)*word))
				add_word(arena, &drawn, word, stride);
	}
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
		if (strlen(line) > MAP_WIDTH)
			fail_msg("%s: '%s' is wider than %d columns", m->name, line, MAP_WIDTH);
	if (!cpuset_equal(&drawn, &view->topology.online))
		fail_msg("%s: drawn is %s, online %s", m->name, cpuset_format(arena, &drawn), cpuset_format(arena, &view->topology.online));
}

static void every_map_has_every_cpu_in_80_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct arena arena = {0};
		const struct machine *m = &machines[i];
		struct cores_view view = view_of(&arena, m, two_containers, 2);

		check_map(&arena, m, &view);
		view.claims.count = 0;
		check_map(&arena, m, &view);
		arena_free(&arena);
	}
}

// 30 owners, one of every other core: the worst case, where nothing folds and letters come in twos.
static void a_map_with_many_owners_fits_too(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("2048 CPUs");
	struct cores_view view = view_of(&arena, &m, NULL, 0);
	struct cpuset all = {0};

	(void)state;
	view.claims.items = arena_array(&arena, 30, sizeof *view.claims.items);
	view.claims.count = 30;
	for (unsigned i = 0; i < 30; i++) {
		struct ledger_claim *claim = &view.claims.items[i];

		*claim = (struct ledger_claim){.owner = "/run/minirun/x", .id = arena_printf(&arena, "container-with-a-long-name-%0200u", i), .pid = 4194304, .node = -1};
		for (unsigned n = 2 * i; n < 1024; n += 60) {
			cpuset_add(&arena, &claim->cpus, n);
			cpuset_add(&arena, &claim->workers, n);
		}
		all = cpuset_union(&arena, &all, &claim->cpus);
		claim->id = i == 0 ? claim->id + 180 : arena_printf(&arena, "bench-%u", i);
	}
	assert_int_equal(cpuset_count(&all), 512);
	check_map(&arena, &m, &view);
	assert_non_null(strstr(printed(&arena, cores_print_map, &view), "AD bench-29: pid 4194304, workers 58,118,"));
	arena_free(&arena);
}

// Two cores of a large machine whose second threads are not where their neighbours' are: they are not folded into them.
static void what_is_numbered_otherwise_is_not_folded(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("2048 CPUs");
	struct cores_view view = view_of(&arena, &m, NULL, 0);
	struct cpu *cpus = view.topology.cpus;
	const char *map;

	(void)state;
	cpus[15].siblings = cpus[1064].siblings = machine_list(&arena, "15,1064");
	cpus[40].siblings = cpus[1039].siblings = machine_list(&arena, "40,1039");
	check_map(&arena, &m, &view);
	map = printed(&arena, cores_print_map, &view);
	assert_non_null(strstr(map, "\n  0-14.      15.   | 16-31.     | 32-39.     40.   41-47.     | 48-63.\n"
		"  1024-1038. 1064. | 1040-1055. | 1056-1063. 1039. 1065-1071. | 1072-1087.\n"));
	arena_free(&arena);
}

// --- the table

static void the_table_has_a_line_a_cpu_and_a_line_an_owner(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("a node without memory");
	struct cores_view view;

	(void)state;
	m.isolated = "1-3,9-11";
	m.nohz_full = "2-3,10-11";
	m.offline = "15";
	view = view_of(&arena, &m, two_containers, 2);
	view.claims.items[1].shared = true;
	view.claims.items[1].node = -1;
	assert_string_equal(printed(&arena, cores_print_table, &view),
		"CPU  NODE  PACKAGE  DIE  L3  CORE  SIBLINGS  STATE               OWNER      ROLE\n"
		"0    0     0        0    0   0     0,8       housekeeping        lab1,lab2  housekeeping,housekeeping\n"
		"1    0     0        0    0   1     1,9       isolated            -          -\n"
		"2    0     0        0    0   2     2,10      isolated,nohz_full  lab1       main\n"
		"3    0     0        0    0   3     3,11      isolated,nohz_full  lab1       worker\n"
		"4    1     1        0    4   0     4,12      housekeeping        lab1       worker\n"
		"5    1     1        0    4   1     5,13      housekeeping        lab2       main\n"
		"6    1     1        0    4   2     6,14      housekeeping        -          -\n"
		"7    1     1        0    4   3     7         housekeeping        -          -\n"
		"8    0     0        0    0   0     0,8       housekeeping        -          -\n"
		"9    0     0        0    0   1     1,9       isolated            -          -\n"
		"10   0     0        0    0   2     2,10      isolated,nohz_full  lab1       idle\n"
		"11   0     0        0    0   3     3,11      isolated,nohz_full  lab1       worker\n"
		"12   1     1        0    4   0     4,12      housekeeping        lab1       worker\n"
		"13   1     1        0    4   1     5,13      housekeeping        lab2       idle\n"
		"14   1     1        0    4   2     6,14      housekeeping        -          -\n"
		"15   -     -        -    -   -     -         offline             -          -\n"
		"\n"
		"OWNER  PID   LEVEL      NODE  CPUS         STATE DIRECTORY\n"
		"lab1   4242  partition  0     2-4,10-12    /run/minirun/lab1\n"
		"lab2   4242  partition  -     5,13 shared  /run/minirun/lab2\n");
	arena_free(&arena);
}

static void the_state_of_a_cpu_is_all_that_it_is(void **state)
{
	static const struct { unsigned cpu; const char *state; } samples[] = {
		{0, "housekeeping"}, {1, "isolated"}, {2, "isolated,nohz_full"}, {3, "nohz_full,partition"}, {4, "isolated,partition"}, {5, "apart"}, {6, "offline"}, {7, "unreachable"},
	};
	struct arena arena = {0};
	struct machine m = machine_named("a guest of sockets");
	struct topology topology;

	(void)state;
	m.isolated = "1-2,4";
	m.nohz_full = "2-3";
	m.isolated_partition = "3-4";
	m.root_partition = "5";
	m.offline = "6";
	topology = machine_topology(&arena, &m);
	cpuset_remove(&topology.reachable, 7);
	cpuset_remove(&topology.housekeeping, 7);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		assert_string_equal(cores_state(&arena, &topology, topology_cpu(&topology, samples[i].cpu)), samples[i].state);
	arena_free(&arena);
}

// Claims of ended containers own nothing; those that cannot be read are shown as such.
static void ended_and_damaged_claims_own_nothing(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("a node without memory");
	struct cores_view view = view_of(&arena, &m, two_containers, 2);
	const char *text;

	(void)state;
	view.claims.items[0].stale = true;
	view.claims.items[1] = (struct ledger_claim){.owner = "/run/minirun/lab2", .damaged = "the last line is missing", .file = "+run+minirun+lab2.claim"};
	text = printed(&arena, cores_print_table, &view);
	assert_null(strstr(text, "worker"));
	assert_non_null(strstr(text, "\nlab1   4242  ended    0     2-4,10-12  /run/minirun/lab1\n"));
	assert_non_null(strstr(text, "\n-      -     damaged  -     -          /run/minirun/lab2\n"));
	text = printed(&arena, cores_print_map, &view);
	assert_null(strstr(text, "A lab1"));
	assert_non_null(strstr(text, "damaged claim of /run/minirun/lab2: the last line is missing\n"));
	text = printed(&arena, cores_print_json, &view);
	assert_non_null(strstr(text, "\"alive\":false"));
	assert_non_null(strstr(text, "\"damaged\":\"the last line is missing\",\"file\":\"+run+minirun+lab2.claim\""));
	arena_free(&arena);
}

// --- JSON

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("there is no '%s' in %s", key, json_object_to_json_string(object));
	return value;
}

static void assert_member(struct json_object *object, const char *key, const char *value)
{
	assert_string_equal(json_object_to_json_string_ext(member(object, key), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), value);
}

static void json_has_machine_cpus_and_owners(void **state)
{
	struct arena arena = {0};
	struct machine m = machine_named("a node without memory");
	struct cores_view view;
	struct json_object *root, *cpu;

	(void)state;
	m.isolated = "1-3,9-11";
	m.nohz_full = "2-3,10-11";
	m.offline = "15";
	view = view_of(&arena, &m, two_containers, 2);
	view.claims.items[1].level = NULL;
	view.claims.items[1].node = -1;
	view.claims.items[1].cgroup = "/minirun/lab2";
	view.claims.items[1].threads = (struct strings){.items = (const char *[]){"vpp_main=main", "*=housekeeping"}, .count = 2};
	root = json_tokener_parse(printed(&arena, cores_print_json, &view));
	assert_non_null(root);
	assert_member(root, "kernel", "\"6.12.0\"");
	assert_member(root, "present", "\"0-15\"");
	assert_member(root, "online", "\"0-14\"");
	assert_member(root, "isolated", "\"1-3,9-11\"");
	assert_member(root, "nohzFull", "\"2-3,10-11\"");
	assert_member(root, "housekeeping", "\"0,4-8,12-14\"");
	assert_member(root, "nodes", "[{\"node\":0,\"cpus\":\"0-3,8-11\",\"memory\":true},{\"node\":1,\"cpus\":\"4-7,12-14\",\"memory\":false}]");
	assert_int_equal(json_object_array_length(member(root, "cpus")), 16);
	cpu = json_object_array_get_idx(member(root, "cpus"), 10);
	assert_string_equal(json_object_to_json_string_ext(cpu, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		"{\"cpu\":10,\"online\":true,\"node\":0,\"package\":0,\"die\":0,\"l3\":0,\"core\":2,\"siblings\":\"2,10\",\"state\":[\"isolated\",\"nohz_full\"],"
		"\"owners\":[{\"id\":\"lab1\",\"stateDirectory\":\"/run/minirun/lab1\",\"role\":\"idle\",\"exclusive\":true}]}");
	cpu = json_object_array_get_idx(member(root, "cpus"), 15);
	assert_member(cpu, "node", "null");
	assert_member(cpu, "l3", "null");
	assert_member(cpu, "state", "[\"offline\"]");
	assert_int_equal(json_object_array_length(member(json_object_array_get_idx(member(root, "cpus"), 0), "owners")), 2);
	assert_string_equal(json_object_to_json_string_ext(json_object_array_get_idx(member(root, "owners"), 1), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		"{\"stateDirectory\":\"/run/minirun/lab2\",\"id\":\"lab2\",\"pid\":4242,\"alive\":true,\"cpus\":\"5,13\",\"mains\":\"5\",\"workers\":\"\",\"housekeeping\":\"0\","
		"\"idle\":\"13\",\"shared\":false,\"steer\":false,\"enforce\":false,\"node\":null,\"level\":null,\"cgroup\":\"/minirun/lab2\","
		"\"threads\":[\"vpp_main=main\",\"*=housekeeping\"]}");
	json_object_put(root);
	arena_free(&arena);
}

// --- a machine from its document

static struct cores_view loaded(struct arena *arena, const char *text)
{
	AUTO_FD file = memfd_create("machine", MFD_CLOEXEC);
	struct error err = ERROR_INIT;
	struct cores_view view;
	char path[32];

	assert_int_equal(write_all(file, text, strlen(text)), 0);
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	if (cores_load(arena, path, &view, &err) < 0)
		fail_msg("%s", err.text);
	return view;
}

static void what_json_says_reads_back_as_the_same_machine(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct arena arena = {0};
		struct cores_view view = view_of(&arena, &machines[i], two_containers, 2);
		struct cores_view again;

		view.claims.items[0].threads = (struct strings){.items = (const char *[]){"vpp_main=main", "*=housekeeping"}, .count = 2};
		view.claims.items[1].cgroup = "/minirun/lab2";
		view.claims.items[1].level = NULL;
		view.claims.items[1].node = -1;
		again = loaded(&arena, printed(&arena, cores_print_json, &view));

		assert_string_equal(printed(&arena, cores_print_map, &again), printed(&arena, cores_print_map, &view));
		assert_string_equal(printed(&arena, cores_print_table, &again), printed(&arena, cores_print_table, &view));
		assert_string_equal(printed(&arena, cores_print_json, &again), printed(&arena, cores_print_json, &view));
		arena_free(&arena);
	}
}

// Siblings that are not there, or not the CPU itself: what is drawn is what there is.
static void siblings_of_a_document_are_those_that_are_there(void **state)
{
	struct arena arena = {0};
	struct cores_view view = loaded(&arena, "{\"kernel\":\"6.1\",\"reachable\":\"0-2\",\"nodes\":[],\"cpus\":[{\"cpu\":0,\"online\":true,\"siblings\":\"0,7\"},"
		"{\"cpu\":1,\"online\":true,\"siblings\":\"3\"},{\"cpu\":2,\"online\":true},{\"cpu\":3,\"online\":false,\"siblings\":\"1\"}]}");

	(void)state;
	assert_string_equal(printed(&arena, cores_print_map, &view),
		"3 CPUs online, 3 cores, 0 packages, 0 nodes, Linux 6.1\n"
		"\n"
		"of no node\n"
		"  0. 1. 2.\n"
		"\n"
		"offline: 3\n"
		"\n"
		"a column is a core, a line its threads\n"
		". housekeeping: for everything else\n");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_look_as_drawn_by_hand),
		cmocka_unit_test(every_map_has_every_cpu_in_80_columns),
		cmocka_unit_test(a_map_with_many_owners_fits_too),
		cmocka_unit_test(what_is_numbered_otherwise_is_not_folded),
		cmocka_unit_test(the_table_has_a_line_a_cpu_and_a_line_an_owner),
		cmocka_unit_test(the_state_of_a_cpu_is_all_that_it_is),
		cmocka_unit_test(ended_and_damaged_claims_own_nothing),
		cmocka_unit_test(json_has_machine_cpus_and_owners),
		cmocka_unit_test(what_json_says_reads_back_as_the_same_machine),
		cmocka_unit_test(siblings_of_a_document_are_those_that_are_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
