// cores_json.c: `minirun cores --format json`. What the machine does not say is null; sets are lists as the kernel writes them ("2-3,8").
#include "cmd/cores.h"
#include "cmd/document.h"

#include <stdio.h>
#include <string.h>

static void add_set(struct arena *arena, struct json_object *object, const char *key, const struct cpuset *set)
{
	document_string(object, key, cpuset_format(arena, set));
}

static void add_id(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, value < 0 ? NULL : json_object_new_int64(value));
}

static void add_machine(struct arena *arena, struct json_object *root, const struct topology *topology)
{
	struct json_object *nodes;

	document_string(root, "kernel", topology->kernel);
	add_set(arena, root, "present", &topology->present);
	add_set(arena, root, "online", &topology->online);
	add_set(arena, root, "isolated", &topology->isolated);
	add_set(arena, root, "nohzFull", &topology->nohz_full);
	add_set(arena, root, "partitions", &topology->partitions);
	add_set(arena, root, "apart", &topology->apart);
	add_set(arena, root, "reachable", &topology->reachable);
	add_set(arena, root, "housekeeping", &topology->housekeeping);
	nodes = document_array(root, "nodes");
	for (size_t i = 0; i < topology->node_count; i++) {
		struct json_object *node = json_object_new_object();

		json_object_array_add(nodes, node);
		document_number(node, "node", (uint64_t)topology->nodes[i].number);
		add_set(arena, node, "cpus", &topology->nodes[i].cpus);
		document_bool(node, "memory", topology->nodes[i].memory);
	}
}

static void add_owners_of(struct json_object *object, const struct ledger_claims *claims, unsigned number)
{
	struct json_object *owners = document_array(object, "owners");

	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];
		struct json_object *owner;

		if (!cores_alive(claim) || cores_role(claim, number) == NULL)
			continue;
		owner = json_object_new_object();
		json_object_array_add(owners, owner);
		document_string(owner, "id", claim->id);
		document_string(owner, "stateDirectory", claim->owner);
		document_string(owner, "role", cores_role(claim, number));
		document_bool(owner, "exclusive", !claim->shared && cpuset_has(&claim->cpus, number));
	}
}

static void add_cpus(struct arena *arena, struct json_object *root, const struct cores_view *view)
{
	struct json_object *cpus = document_array(root, "cpus");

	for (size_t i = 0; i < view->topology.count; i++) {
		const struct cpu *cpu = &view->topology.cpus[i];
		struct json_object *object = json_object_new_object();
		struct json_object *states;
		char *words = arena_strdup(arena, cores_state(arena, &view->topology, cpu));

		json_object_array_add(cpus, object);
		document_number(object, "cpu", cpu->number);
		document_bool(object, "online", cpu->online);
		add_id(object, "node", cpu->node);
		add_id(object, "package", cpu->package);
		add_id(object, "die", cpu->die);
		add_id(object, "l3", cpu->l3);
		add_id(object, "core", cpu->core);
		add_set(arena, object, "siblings", &cpu->siblings);
		states = document_array(object, "state");
		for (char *word = strsep(&words, ","); word != NULL; word = strsep(&words, ","))
			json_object_array_add(states, json_object_new_string(word));
		add_owners_of(object, &view->claims, cpu->number);
	}
}

static struct json_object *claim_object(struct arena *arena, const struct ledger_claim *claim)
{
	struct json_object *object = json_object_new_object();
	struct json_object *threads;

	document_string(object, "stateDirectory", claim->owner);
	if (claim->damaged != NULL) {
		document_string(object, "damaged", claim->damaged);
		document_string(object, "file", claim->file);
		return object;
	}
	document_string(object, "id", claim->id);
	document_number(object, "pid", (uint64_t)claim->pid);
	document_bool(object, "alive", !claim->stale);
	add_set(arena, object, "cpus", &claim->cpus);
	add_set(arena, object, "mains", &claim->mains);
	add_set(arena, object, "workers", &claim->workers);
	add_set(arena, object, "housekeeping", &claim->housekeeping);
	add_set(arena, object, "idle", &claim->idle);
	document_bool(object, "shared", claim->shared);
	document_bool(object, "steer", claim->steer);
	document_bool(object, "enforce", claim->enforce);
	add_id(object, "node", claim->node);
	json_object_object_add(object, "level", claim->level != NULL ? json_object_new_string(claim->level) : NULL);
	json_object_object_add(object, "cgroup", claim->cgroup != NULL ? json_object_new_string(claim->cgroup) : NULL);
	threads = document_array(object, "threads");
	for (size_t i = 0; i < claim->threads.count; i++)
		json_object_array_add(threads, json_object_new_string(claim->threads.items[i]));
	return object;
}

void cores_print_json(struct arena *arena, const struct cores_view *view)
{
	struct json_object *root = json_object_new_object();
	struct json_object *owners;

	add_machine(arena, root, &view->topology);
	add_cpus(arena, root, view);
	owners = document_array(root, "owners");
	for (size_t i = 0; i < view->claims.count; i++)
		json_object_array_add(owners, claim_object(arena, &view->claims.items[i]));
	printf("%s\n", json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}
