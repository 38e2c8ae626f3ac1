// cores_plan.c: `minirun cores plan`: which CPUs a request (--cpus) would get and why, or those of a whole bench by CSIT's policy (--csit). Takes nothing; needs no root.
#include "cmd/cores.h"

#include "base/cleanup.h"
#include "cmd/document.h"
#include "cpus/csit.h"
#include "cpus/placement.h"
#include "play/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

// What is planned for.
struct bench {
	struct arena arena;
	struct cores_view view;
	struct placement_owner *owners;
	size_t owner_count;
	struct cpuset ended;  // of owners that have died
	bool partitions; // may be made
	bool elsewhere;  // not this machine
	bool json;
};

static int find_owners(struct bench *bench, struct error *err)
{
	const struct ledger_claims *claims = &bench->view.claims;

	bench->owners = arena_array(&bench->arena, claims->count, sizeof *bench->owners);
	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];

		if (claim->damaged != NULL)
			return error_set(err, EUCLEAN, "cannot know who owns which CPUs: %s/%s: %s", LEDGER_DIRECTORY, claim->file, claim->damaged);
		// What has died still has its partition, and that does not keep anybody out.
		if (claim->stale)
			bench->ended = cpuset_union(&bench->arena, &bench->ended, &claim->cpus);
		else
			bench->owners[bench->owner_count++] = (struct placement_owner){
				.id = claim->id, .cpus = claim->cpus, .uses = cpuset_minus(&bench->arena, &claim->housekeeping, &claim->cpus), .shared = claim->shared};
	}
	return 0;
}

static int read_bench(struct bench *bench, const char *file, struct error *err)
{
	struct host host;

	// Of another machine it is not known; those of benches have cgroup v2.
	bench->partitions = bench->elsewhere = file != NULL;
	if (file != NULL)
		return cores_load(&bench->arena, file, &bench->view, err) < 0 ? -1 : find_owners(bench, err);
	if (cores_read(&bench->arena, &bench->view, err) < 0 || host_probe(&bench->arena, PROBE_LIMITS, ROOTLESS_AUTO, &host, err) < 0)
		return -1;
	bench->partitions = host.cgroup_mount != NULL && (host.controllers & 1u << CONTROLLER_CPUSET) != 0;
	return find_owners(bench, err);
}

// --- printing: sets are lists as the kernel writes them, what has an order is an array

static void add_list(struct json_object *object, const char *key, const unsigned *list, size_t count)
{
	struct json_object *array = document_array(object, key);

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_uint64(list[i]));
}

static void add_set(struct bench *bench, struct json_object *object, const char *key, const struct cpuset *set)
{
	document_string(object, key, cpuset_format(&bench->arena, set));
}

static void add_texts(struct json_object *object, const char *key, const struct strings *texts)
{
	struct json_object *array = document_array(object, key);

	for (size_t i = 0; i < texts->count; i++)
		json_object_array_add(array, json_object_new_string(texts->items[i]));
}

static void print_document(struct json_object *root)
{
	printf("%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

static void print_line(const char *name, const char *value, const char *remark)
{
	printf("%-14s %s%s\n", name, *value != '\0' ? value : "-", remark);
}

static void print_texts(const struct strings *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		printf("%s%s\n", i == 0 ? "\n" : "", texts->items[i]);
}

static const char *format_list(struct arena *arena, const unsigned *list, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s%u", text, i > 0 ? "," : "", list[i]);
	return text;
}

// --- a request

static const char *isolation(const struct bench *bench, const struct placement *placement, bool partition)
{
	if (cpuset_first_outside(&placement->data, &bench->view.topology.isolated) < 0)
		return "isolcpus";
	return partition ? "partition, if the kernel gives it" : "affinity-only, or exclusive if the kernel gives that";
}

static void print_placement_json(struct bench *bench, const struct core_request *request, const struct placement *placement, bool partition)
{
	struct json_object *root = json_object_new_object();

	document_string(root, "request", core_request_format(&bench->arena, request));
	add_set(bench, root, "cpus", &placement->cpus);
	add_list(root, "main", placement->order, placement->main_count);
	add_list(root, "workers", placement->order + placement->main_count, placement->order_count - placement->main_count);
	add_set(bench, root, "housekeeping", &placement->housekeeping);
	document_bool(root, "housekeepingOwned", placement->housekeeping_owned);
	add_set(bench, root, "idle", &placement->idle);
	add_set(bench, root, "owned", &placement->owned);
	json_object_object_add(root, "node", placement->node < 0 ? NULL : json_object_new_int(placement->node));
	add_set(bench, root, "mems", &placement->mems);
	document_string(root, "isolation", isolation(bench, placement, partition));
	add_texts(root, "reasons", &placement->reasons);
	print_document(root);
}

static void print_placement(struct bench *bench, const struct placement *placement, bool partition)
{
	struct arena *arena = &bench->arena;

	print_line("main", format_list(arena, placement->order, placement->main_count), "");
	print_line("workers", format_list(arena, placement->order + placement->main_count, placement->order_count - placement->main_count), "");
	print_line("housekeeping", cpuset_format(arena, &placement->housekeeping), cpuset_count(&placement->housekeeping) == 0 || placement->housekeeping_owned ? "" : " (shared)");
	print_line("idle", cpuset_format(arena, &placement->idle), "");
	print_line("cpuset.cpus", cpuset_format(arena, &placement->cpus), "");
	print_line("cpuset.mems", cpuset_format(arena, &placement->mems), "");
	print_line("isolation", isolation(bench, placement, partition), "");
	print_texts(&placement->reasons);
}

static int resolve_node(const struct bench *bench, const struct core_request *request, int *ret_node, struct error *err)
{
	AUTO_FD sys = -1;
	const char *kind;
	const char *name;

	if (!core_request_node(request, ret_node, &kind, &name) || *ret_node >= 0)
		return 0;
	if (bench->elsewhere)
		return error_set(err, EINVAL, "node=%s is a device of this machine, and --topology names another; say the number of its node", request->node);
	sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sys < 0)
		return error_errno(err, errno, "cannot open /sys");
	return topology_device_node(sys, kind, name, ret_node, err);
}

static int plan_request(struct bench *bench, const char *words, struct error *err)
{
	struct core_request request;
	struct placement_input input = {.topology = &bench->view.topology, .request = &request, .owners = bench->owners, .owner_count = bench->owner_count, .mine = bench->ended};
	struct placement placement;
	bool partition;

	if (core_request_parse(&bench->arena, words, &request, err) < 0 || resolve_node(bench, &request, &input.node, err) < 0)
		return error_prefix(err, "--cpus");
	partition = bench->partitions && !request.bare && !request.shared && request.partition != PARTITION_NONE;
	input.all_owned = partition;
	if (placement_choose(&bench->arena, &input, &placement, err) < 0)
		return error_prefix(err, "--cpus");
	// As `run` does: booted isolation needs no partition, and then control threads need no owned CPU.
	if (partition && request.partition == PARTITION_AUTO && cpuset_first_outside(&placement.data, &bench->view.topology.isolated) < 0) {
		input.all_owned = partition = false;
		if (placement_choose(&bench->arena, &input, &placement, err) < 0)
			return error_prefix(err, "--cpus");
	}
	if (bench->json)
		print_placement_json(bench, &request, &placement, partition);
	else
		print_placement(bench, &placement, partition);
	return 0;
}

// --- CSIT

static void print_csit_json(struct bench *bench, const struct csit_plan *plan)
{
	struct json_object *root = json_object_new_object();
	struct json_object *containers;

	json_object_object_add(root, "node", json_object_new_int(plan->node));
	add_set(bench, root, "system", &plan->system);
	add_list(root, "vswitch", plan->vswitch.list, plan->vswitch.count);
	containers = document_array(root, "containers");
	for (size_t i = 0; i < plan->container_count; i++) {
		struct json_object *container = json_object_new_object();

		document_number(container, "chain", plan->containers[i].chain);
		document_number(container, "node", plan->containers[i].node);
		add_list(container, "cpus", plan->containers[i].list, plan->containers[i].count);
		json_object_array_add(containers, container);
	}
	add_texts(root, "notes", &plan->notes);
	print_document(root);
}

static void print_csit(struct bench *bench, const struct csit_plan *plan)
{
	struct arena *arena = &bench->arena;

	print_line("system", cpuset_format(arena, &plan->system), "");
	print_line("vswitch", format_list(arena, plan->vswitch.list, plan->vswitch.count), "");
	for (size_t i = 0; i < plan->container_count; i++) {
		const struct csit_cpus *cpus = &plan->containers[i];

		print_line(arena_printf(arena, "chain %u node %u", cpus->chain, cpus->node), format_list(arena, cpus->list, cpus->count), "");
	}
	print_texts(&plan->notes);
}

// CSIT knows no owners: who is in the way is said.
static void note_owners(struct bench *bench, struct csit_plan *plan)
{
	struct arena *arena = &bench->arena;
	struct cpuset planned = {0};

	for (size_t n = 0; n < plan->vswitch.count; n++)
		cpuset_add(arena, &planned, plan->vswitch.list[n]);
	for (size_t i = 0; i < plan->container_count; i++)
		for (size_t n = 0; n < plan->containers[i].count; n++)
			cpuset_add(arena, &planned, plan->containers[i].list[n]);
	for (size_t i = 0; i < bench->owner_count; i++) {
		struct cpuset both = cpuset_intersection(arena, &planned, &bench->owners[i].cpus);

		if (cpuset_count(&both) > 0)
			strings_add(arena, &plan->notes, arena_printf(arena, "CPUs %s are owned by %s now", cpuset_format(arena, &both), bench->owners[i].id));
	}
}

static int plan_csit(struct bench *bench, const char *words, struct error *err)
{
	struct csit_request request;
	struct csit_plan plan;

	if (csit_parse(words, &request, err) < 0 || csit_place(&bench->arena, &bench->view.topology, &request, &plan, err) < 0)
		return error_prefix(err, "--csit");
	note_owners(bench, &plan);
	if (bench->json)
		print_csit_json(bench, &plan);
	else
		print_csit(bench, &plan);
	return 0;
}

int cores_plan(const struct globals *globals, const struct cores_options_values *options, int argc, char **argv)
{
	struct bench bench = {0};
	struct error err = ERROR_INIT;
	int status = EXIT_OK;

	(void)globals;
	if (argc > 0)
		return command_usage("cores", "'%s' is one word too many for plan", argv[0]);
	if (options->vpp || options->dpdk || options->relative)
		return command_usage("cores", "--vpp, --dpdk and --relative are of `cores stanza`");
	if ((options->cpus != NULL) == (options->csit != NULL))
		return command_usage("cores", "plan is for --cpus or --csit, one of them");
	if (options->format != NULL && strcmp(options->format, "table") != 0 && strcmp(options->format, "json") != 0)
		return command_usage("cores", "--format of plan is 'table' or 'json', not '%s'", options->format);
	bench.json = options->format != NULL && strcmp(options->format, "json") == 0;
	if (read_bench(&bench, options->topology, &err) < 0 || (options->cpus != NULL ? plan_request(&bench, options->cpus, &err) : plan_csit(&bench, options->csit, &err)) < 0)
		status = command_failed(&err, EXIT_FAILED);
	arena_free(&bench.arena);
	return status;
}
