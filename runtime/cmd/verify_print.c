// verify_print.c: see verify.h.
#include "cmd/verify.h"

#include "cmd/document.h"
#include "cmd/proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *list_of(struct arena *arena, const struct cpuset *set)
{
	const char *list = cpuset_format(arena, set);

	return *list != '\0' ? list : "none";
}

static double share_of(const struct verify_report *report, uint64_t ns)
{
	return report->seconds > 0 ? (double)ns / 1e7 / report->seconds : 0;
}

// --- the table

static void print_head(struct arena *arena, const struct verify_view *view)
{
	const struct ledger_claim *claim = view->claim;

	printf("container %s: CPUs %s (main %s, workers %s, housekeeping %s%s%s)%s, isolation %s", claim->id, list_of(arena, &claim->cpus), list_of(arena, &claim->mains),
	       list_of(arena, &claim->workers), list_of(arena, &claim->housekeeping), cpuset_first(&claim->idle) >= 0 ? ", idle " : "",
	       cpuset_first(&claim->idle) >= 0 ? cpuset_format(arena, &claim->idle) : "", claim->shared ? ", shared" : "", claim->level != NULL ? claim->level : "unknown");
	if (claim->node >= 0)
		printf(", node %d", claim->node);
	printf("\nkernel %s: %s\n%.2f s between two readings\n\n", view->kernel, view->command_line, view->report.seconds);
}

static void print_threads(struct arena *arena, const struct verify_view *view)
{
	printf("%-3s %8s  %-16s %5s  %-10s %-10s %7s %8s %8s %8s %10s  %s\n", "", "TID", "NAME", "CPU", "ALLOWED", "PLAN", "RAN %", "MOVED", "FORCED", "YIELDED", "DELAY us", "RULE");
	for (size_t i = 0; i < view->report.thread_count; i++) {
		const struct thread_verdict *verdict = &view->report.threads[i];
		char processor[16] = "-"; // stale while a thread sleeps

		if (verdict->ran)
			snprintf(processor, sizeof processor, "%d", verdict->now->processor);
		printf("%-3s %8d  %-16s %5s  %-10s %-10s %7.1f %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %10.0f  %s\n", verdict->off_plan ? "!" : "", verdict->now->tid, document_visible(arena, verdict->now->name), processor,
		       cpuset_format(arena, &verdict->now->allowed), cpuset_format(arena, &verdict->planned), share_of(&view->report, verdict->run_ns), verdict->migrations, verdict->forced,
		       verdict->voluntary, (double)verdict->run_delay_ns / 1e3, verdict->rule != NULL ? verdict->rule : "-");
	}
}

static void print_interrupts(struct arena *arena, const struct verify_view *view)
{
	const struct interrupts *after = &view->input.after.interrupts;

	printf("\n");
	for (size_t i = 0; i < after->column_count; i++) {
		size_t count;
		struct interrupt_count *happened = interrupts_between(arena, &view->input.before.interrupts, after, after->columns[i], &count);

		printf("CPU %u: interrupts:%s", after->columns[i], count == 0 ? " none" : "");
		for (size_t j = 0; j < count; j++)
			printf("%s %s %" PRIu64, j > 0 ? "," : "", happened[j].label, happened[j].count);
		printf("\n");
	}
}

static void print_memory(struct arena *arena, const struct verify_view *view)
{
	const struct memory_sample *memory = &view->input.memory;

	if (!memory->known)
		printf("memory: this kernel does not tell on which node it lies\n");
	for (size_t i = 0; i < memory->count; i++)
		printf("memory on node %d: %s kB of its own, %s kB of files\n", memory->nodes[i].node, proof_thousands(arena, memory->nodes[i].own_kb), proof_thousands(arena, memory->nodes[i].file_kb));
}

// A link keeps the name that a container has given it when the container ends and it comes back to the host.
static void print_neighbours(struct arena *arena, const struct verify_view *view)
{
	for (size_t i = 0; i < view->neighbour_count; i++)
		printf("note: neighbour: %s may work on its CPUs%s (%s is %s)\n", document_visible(arena, view->neighbours[i].name),
		       view->neighbours[i].leaving != NULL ? " once more, and goes to others with that" : "", document_visible(arena, view->neighbours[i].path), view->neighbours[i].from);
}

void verify_print_table(struct arena *arena, const struct verify_view *view)
{
	const struct verify_report *report = &view->report;

	print_head(arena, view);
	print_threads(arena, view);
	print_interrupts(arena, view);
	print_memory(arena, view);
	for (size_t i = 0; i < report->finding_count; i++)
		printf("%s: %s: %s\n", report->findings[i].off_plan ? "OFF PLAN" : "note", finding_name(report->findings[i].kind), document_visible(arena, report->findings[i].text));
	print_neighbours(arena, view);
	if (report->off_plan_count == 0)
		printf("on plan: %zu thread%s\n", report->thread_count, report->thread_count == 1 ? "" : "s");
}

// --- JSON

static void add_set(struct arena *arena, struct json_object *object, const char *key, const struct cpuset *set)
{
	document_string(object, key, cpuset_format(arena, set));
}

static void add_claim(struct arena *arena, struct json_object *document, const struct verify_view *view)
{
	const struct ledger_claim *claim = view->claim;
	struct json_object *plan = document_object(document, "plan");

	add_set(arena, plan, "cpus", &claim->cpus);
	add_set(arena, plan, "main", &claim->mains);
	add_set(arena, plan, "workers", &claim->workers);
	add_set(arena, plan, "housekeeping", &claim->housekeeping);
	add_set(arena, plan, "idle", &claim->idle);
	document_bool(plan, "shared", claim->shared);
	document_bool(plan, "enforced", claim->enforce);
	json_object_object_add(plan, "node", claim->node >= 0 ? json_object_new_int(claim->node) : NULL);
	json_object_object_add(plan, "isolation", claim->level != NULL ? json_object_new_string(claim->level) : NULL);
	json_object_object_add(document, "isolationNow", view->input.level != NULL ? json_object_new_string(view->input.level) : NULL);
	if (view->input.level_reason != NULL && *view->input.level_reason != '\0')
		document_string(document, "isolationReason", view->input.level_reason);
}

static void add_threads(struct arena *arena, struct json_object *document, const struct verify_view *view)
{
	struct json_object *array = document_array(document, "threads");

	for (size_t i = 0; i < view->report.thread_count; i++) {
		const struct thread_verdict *verdict = &view->report.threads[i];
		struct json_object *thread = json_object_new_object();

		document_number(thread, "pid", (uint64_t)verdict->now->pid);
		document_number(thread, "tid", (uint64_t)verdict->now->tid);
		document_string(thread, "name", document_visible(arena, verdict->now->name));
		json_object_object_add(thread, "rule", verdict->rule != NULL ? json_object_new_string(verdict->rule) : NULL);
		add_set(arena, thread, "planned", &verdict->planned);
		add_set(arena, thread, "allowed", &verdict->now->allowed);
		document_bool(thread, "ran", verdict->ran);
		json_object_object_add(thread, "processor", verdict->ran ? json_object_new_int(verdict->now->processor) : NULL);
		proof_decimal(thread, "ranPercent", share_of(&view->report, verdict->run_ns), 2);
		json_object_object_add(thread, "migrations", verdict->now->has_migrations ? json_object_new_uint64(verdict->migrations) : NULL);
		document_number(thread, "voluntarySwitches", verdict->voluntary);
		document_number(thread, "forcedSwitches", verdict->forced);
		document_number(thread, "runDelayNs", verdict->run_delay_ns);
		document_bool(thread, "onPlan", !verdict->off_plan);
		json_object_array_add(array, thread);
	}
}

static void add_cpus(struct arena *arena, struct json_object *document, const struct verify_view *view)
{
	const struct interrupts *after = &view->input.after.interrupts;
	struct json_object *array = document_array(document, "cpus");

	for (size_t i = 0; i < after->column_count; i++) {
		struct json_object *cpu = json_object_new_object(), *interrupts;
		size_t count;
		struct interrupt_count *happened = interrupts_between(arena, &view->input.before.interrupts, after, after->columns[i], &count);

		document_number(cpu, "cpu", after->columns[i]);
		document_bool(cpu, "isolcpus", cpuset_has(&view->input.isolated, after->columns[i]));
		document_bool(cpu, "nohzFull", cpuset_has(&view->input.nohz_full, after->columns[i]));
		interrupts = document_object(cpu, "interrupts");
		for (size_t j = 0; j < count; j++)
			document_number(interrupts, happened[j].label, happened[j].count);
		json_object_array_add(array, cpu);
	}
}

static void add_memory(struct json_object *document, const struct verify_view *view)
{
	const struct memory_sample *memory = &view->input.memory;
	struct json_object *array;

	if (!memory->known) {
		json_object_object_add(document, "memory", NULL);
		return;
	}
	array = document_array(document, "memory");
	for (size_t i = 0; i < memory->count; i++) {
		struct json_object *node = json_object_new_object();

		document_number(node, "node", (uint64_t)memory->nodes[i].node);
		document_number(node, "ownKb", memory->nodes[i].own_kb);
		document_number(node, "fileKb", memory->nodes[i].file_kb);
		json_object_array_add(array, node);
	}
}

static void add_findings(struct arena *arena, struct json_object *document, const struct verify_view *view)
{
	struct json_object *array = document_array(document, "findings");

	for (size_t i = 0; i < view->report.finding_count; i++) {
		const struct finding *finding = &view->report.findings[i];
		struct json_object *object = json_object_new_object();

		document_string(object, "kind", finding_name(finding->kind));
		document_bool(object, "offPlan", finding->off_plan);
		if (finding->tid != 0)
			document_number(object, "tid", (uint64_t)finding->tid);
		if (finding->cpu >= 0)
			document_number(object, "cpu", (uint64_t)finding->cpu);
		if (finding->name != NULL)
			document_string(object, "name", document_visible(arena, finding->name));
		document_string(object, "text", document_visible(arena, finding->text));
		json_object_array_add(array, object);
	}
}

static void add_neighbours(struct arena *arena, struct json_object *document, const struct verify_view *view)
{
	struct json_object *array = document_array(document, "neighbours");

	for (size_t i = 0; i < view->neighbour_count; i++) {
		struct json_object *neighbour = json_object_new_object();

		document_string(neighbour, "name", document_visible(arena, view->neighbours[i].name));
		document_string(neighbour, "file", document_visible(arena, view->neighbours[i].path));
		document_string(neighbour, "cpus", view->neighbours[i].from);
		document_bool(neighbour, "leaving", view->neighbours[i].leaving != NULL);
		json_object_array_add(array, neighbour);
	}
}

void verify_print_json(struct arena *arena, const struct verify_view *view)
{
	struct json_object *document = json_object_new_object();

	document_string(document, "id", view->claim->id);
	document_bool(document, "onPlan", view->report.off_plan_count == 0);
	proof_decimal(document, "seconds", view->report.seconds, 3);
	proof_add_kernel(document, view->kernel, view->command_line);
	add_claim(arena, document, view);
	add_threads(arena, document, view);
	add_cpus(arena, document, view);
	add_memory(document, view);
	add_findings(arena, document, view);
	add_neighbours(arena, document, view);
	printf("%s\n", json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
}
