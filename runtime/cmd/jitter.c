// jitter.c: `minirun jitter --cpus LIST`: for how long CPUs are taken from a program that never waits, and by which interrupts.
#include "base/cleanup.h"
#include "base/parse.h"
#include "cmd/cores.h"
#include "cmd/document.h"
#include "cmd/jitter_svg.h"
#include "cmd/proof.h"
#include "cpus/jitter.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

struct jitter_options_values {
	const char *cpus, *seconds, *limit, *format, *svg;
	bool owned;
};

const struct option_entry jitter_options[] = {
	{"cpus", 0, OPTION_STRING, offsetof(struct jitter_options_values, cpus), "LIST", "CPUs to measure, as in 2-3,8; each gets a busy thread of its own"},
	{"seconds", 0, OPTION_STRING, offsetof(struct jitter_options_values, seconds), "S", "how long (5); Ctrl-C ends it earlier, with what there is"},
	{"limit-us", 0, OPTION_STRING, offsetof(struct jitter_options_values, limit), "N", "exit code 1 if any gap is longer than N microseconds; without it gaps above 20 are counted only"},
	{"format", 'f', OPTION_STRING, offsetof(struct jitter_options_values, format), "table|json", "histograms drawn in the terminal, or one JSON object"},
	{"svg", 0, OPTION_STRING, offsetof(struct jitter_options_values, svg), "FILE", "draw the histograms into FILE as well"},
	{"owned", 0, OPTION_FLAG, offsetof(struct jitter_options_values, owned), NULL, "also CPUs that a container owns; takes half of their time from it"},
	{0},
};

enum { BAR_WIDTH = 40, INTERRUPTS_SHOWN = 6 };

struct run {
	struct arena arena;
	int proc_fd;
	const char *kernel, *command_line;
	struct cpuset cpus;
	uint64_t duration_ns, limit_us;
	bool limited, json;
	struct jitter_cpu *results;
	size_t count;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	(void)number;
	stopped = 1;
}

// --- what may be measured

static int check_owners(const struct run *run, const struct ledger_claims *claims, struct error *err)
{
	for (int cpu = cpuset_next(&run->cpus, 0); cpu >= 0; cpu = cpuset_next(&run->cpus, (unsigned)cpu + 1)) {
		const struct ledger_claim *owner = ledger_owner(claims, (unsigned)cpu, NULL);

		if (owner == NULL)
			continue;
		error_set(err, EBUSY, "CPU %d belongs to container \"%s\" (%s), which the measurement would disturb", cpu, owner->id != NULL ? owner->id : "?", owner->owner);
		return error_hint(err, "choose others, or say --owned");
	}
	return 0;
}

static int check_cpus(struct run *run, bool owned, struct error *err)
{
	struct cores_view view;
	int cpu;

	if (cores_read(&run->arena, &view, err) < 0)
		return -1;
	run->kernel = view.topology.kernel;
	cpu = cpuset_first_outside(&run->cpus, &view.topology.present);
	if (cpu >= 0)
		return error_set(err, ENODEV, "this machine has no CPU %d; it has %s", cpu, cpuset_format(&run->arena, &view.topology.present));
	cpu = cpuset_first_outside(&run->cpus, &view.topology.online);
	if (cpu >= 0)
		return error_set(err, ENODEV, "CPU %d is offline; online are %s", cpu, cpuset_format(&run->arena, &view.topology.online));
	return owned ? 0 : check_owners(run, &view.claims, err);
}

static int measure(struct run *run, bool owned, struct error *err)
{
	struct jitter_request request = {.cpus = &run->cpus, .duration_ns = run->duration_ns, .limit_ns = run->limit_us * 1000, .stop = &stopped};
	struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESTART | (int)SA_RESETHAND}; // a second Ctrl-C ends at once

	if (check_cpus(run, owned, err) < 0)
		return -1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return jitter_measure(&run->arena, run->proc_fd, &request, &run->results, &run->count, err);
}

// --- the table

static double lost_percent(const struct jitter_cpu *cpu)
{
	return cpu->measured_ns == 0 ? 0 : (double)cpu->lost_ns * 100 / (double)cpu->measured_ns;
}

// Logarithmic: a tenth of the readings is not a tenth of the bar, or a single long gap could not be seen.
static int bar_of(uint64_t count)
{
	int bits = count == 0 ? 0 : 64 - __builtin_clzll(count);

	return bits > BAR_WIDTH ? BAR_WIDTH : bits;
}

static void print_histogram(struct run *run, const struct jitter_cpu *cpu)
{
	static const char bar[BAR_WIDTH + 1] = "########################################";
	int last = JITTER_BUCKETS - 1;

	while (last > 0 && cpu->buckets[last] == 0)
		last--;
	for (int i = 0; i <= last; i++) {
		uint64_t from, to;
		char range[48];

		jitter_bucket(i, &from, &to);
		if (to == 0)
			snprintf(range, sizeof range, "%" PRIu64 "..", from);
		else
			snprintf(range, sizeof range, "%" PRIu64 "..%" PRIu64, from, to);
		printf("  %15s us %c %-*.*s %s\n", range, from >= run->limit_us ? '!' : '|', BAR_WIDTH, bar_of(cpu->buckets[i]), bar, proof_thousands(&run->arena, cpu->buckets[i]));
	}
}

static void print_interrupts(struct run *run, const struct jitter_cpu *cpu)
{
	size_t shown = cpu->interrupt_count < INTERRUPTS_SHOWN ? cpu->interrupt_count : INTERRUPTS_SHOWN;

	printf("  interrupts meanwhile:%s\n", shown == 0 ? " none" : "");
	for (size_t i = 0; i < shown; i++)
		printf("  %15s %s (%s)\n", proof_thousands(&run->arena, cpu->interrupts[i].count), cpu->interrupts[i].label, cpu->interrupts[i].name);
	if (shown < cpu->interrupt_count)
		printf("  %15s %zu more kinds\n", "...", cpu->interrupt_count - shown);
}

static void print_table(struct run *run)
{
	printf("kernel %s: %s\n", run->kernel, run->command_line);
	for (size_t i = 0; i < run->count; i++) {
		const struct jitter_cpu *cpu = &run->results[i];

		printf("\nCPU %u, %.2f s: longest gap %.1f us, %s above %" PRIu64 " us, %.3f %% of the time lost, forced off %s times\n", cpu->cpu, (double)cpu->measured_ns / 1e9,
		       (double)cpu->longest_ns / 1e3, proof_thousands(&run->arena, cpu->above_limit), run->limit_us, lost_percent(cpu), proof_thousands(&run->arena, cpu->forced));
		print_histogram(run, cpu);
		print_interrupts(run, cpu);
	}
}

// --- JSON

static void add_cpu(struct json_object *array, const struct jitter_cpu *cpu)
{
	struct json_object *object = json_object_new_object();
	struct json_object *histogram, *interrupts;

	document_number(object, "cpu", cpu->cpu);
	proof_decimal(object, "seconds", (double)cpu->measured_ns / 1e9, 3);
	document_number(object, "samples", cpu->samples);
	proof_decimal(object, "shortestUs", (double)cpu->shortest_ns / 1e3, 3);
	proof_decimal(object, "longestUs", (double)cpu->longest_ns / 1e3, 3);
	document_number(object, "aboveLimit", cpu->above_limit);
	proof_decimal(object, "lostPercent", lost_percent(cpu), 4);
	document_number(object, "forcedSwitches", cpu->forced);
	histogram = document_array(object, "histogram");
	for (int i = 0; i < JITTER_BUCKETS; i++) {
		struct json_object *bucket = json_object_new_object();
		uint64_t from, to;

		jitter_bucket(i, &from, &to);
		document_number(bucket, "fromUs", from);
		if (to != 0)
			document_number(bucket, "toUs", to);
		document_number(bucket, "count", cpu->buckets[i]);
		json_object_array_add(histogram, bucket);
	}
	interrupts = document_array(object, "interrupts");
	for (size_t i = 0; i < cpu->interrupt_count; i++) {
		struct json_object *interrupt = json_object_new_object();

		document_string(interrupt, "label", cpu->interrupts[i].label);
		document_string(interrupt, "name", cpu->interrupts[i].name);
		document_number(interrupt, "count", cpu->interrupts[i].count);
		json_object_array_add(interrupts, interrupt);
	}
	json_object_array_add(array, object);
}

static bool is_above(const struct run *run)
{
	bool above = false;

	for (size_t i = 0; i < run->count; i++)
		above |= run->results[i].above_limit > 0;
	return above;
}

static void print_json(const struct run *run)
{
	struct json_object *document = json_object_new_object();
	struct json_object *array;

	proof_add_kernel(document, run->kernel, run->command_line);
	document_number(document, "limitUs", run->limit_us);
	document_bool(document, "withinLimit", !is_above(run));
	array = document_array(document, "cpus");
	for (size_t i = 0; i < run->count; i++)
		add_cpu(array, &run->results[i]);
	printf("%s\n", json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
}

// --- the command

static int read_options(const struct jitter_options_values *options, struct run *run, struct error *err)
{
	run->limited = options->limit != NULL;
	run->json = options->format != NULL && strcmp(options->format, "json") == 0;
	run->limit_us = JITTER_LIMIT_US;
	if (options->cpus == NULL || *options->cpus == '\0')
		return error_set(err, EINVAL, "say which CPUs to measure with --cpus");
	if (options->format != NULL && !run->json && strcmp(options->format, "table") != 0)
		return error_set(err, EINVAL, "--format is 'table' or 'json', not '%s'", options->format);
	if (run->limited && (!parse_u64(options->limit, 1000000, &run->limit_us) || run->limit_us == 0))
		return error_set(err, EINVAL, "--limit-us is a number of microseconds from 1 to 1000000, not '%s'", options->limit);
	if (cpuset_parse(&run->arena, options->cpus, &run->cpus, err) < 0)
		return error_prefix(err, "--cpus");
	return proof_seconds("--seconds", options->seconds != NULL ? options->seconds : "5", &run->duration_ns, err);
}

static int show(struct run *run, const char *svg, struct error *err)
{
	if (run->json)
		print_json(run);
	else
		print_table(run);
	if (svg == NULL)
		return 0;
	return jitter_svg_write(svg, arena_printf(&run->arena, "minirun jitter, CPUs %s, kernel %s", cpuset_format(&run->arena, &run->cpus), run->kernel), run->results, run->count, run->limit_us, err);
}

int command_jitter(const struct globals *globals, int argc, char **argv)
{
	struct jitter_options_values options = {0};
	struct error err = ERROR_INIT;
	struct run run = {.proc_fd = -1};
	int words, code = EXIT_OK;
	int status = command_options("jitter", jitter_options, &options, argc, argv, &words);
	AUTO_FD proc = -1;

	(void)globals;
	if (status != 0)
		return status;
	if (words > 0)
		return command_usage("jitter", "'%s' is one word too many", argv[0]);
	if (read_options(&options, &run, &err) < 0) {
		arena_free(&run.arena);
		return command_usage("jitter", "%s", err.text);
	}
	proc = run.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run.command_line = proof_command_line(&run.arena, proc);
	// What cannot be written is known before the time is spent.
	if ((options.svg != NULL && jitter_svg_try(options.svg, &err) < 0) || measure(&run, options.owned, &err) < 0 || show(&run, options.svg, &err) < 0)
		code = command_failed(&err, EXIT_FAILED);
	else if (run.limited && is_above(&run))
		code = EXIT_FAILED;
	arena_free(&run.arena);
	return code;
}
