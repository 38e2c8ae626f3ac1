// pin.c: `minirun pin ID`: pins a container's threads by their names once more and prints what changed; with --watch until the container ends.
#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "cmd/in_use.h"
#include "cmd/pinning.h"
#include "play/seal.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

struct pin_options_values {
	struct option_list threads;
	const char *format;
	bool watch;
};

const struct option_entry pin_options[] = {
	{"thread", 0, OPTION_LIST, offsetof(struct pin_options_values, threads), "PATTERN=TARGET", "a rule to use this time instead of the container's; TARGET: main, workers, housekeeping, all, or CPUs; repeatable"},
	{"watch", 0, OPTION_FLAG, offsetof(struct pin_options_values, watch), NULL, "go on with threads as they appear, until the container ends"},
	{"format", 'f', OPTION_STRING, offsetof(struct pin_options_values, format), "table|json", "form of the output"},
	{0},
};

enum { COLUMNS = 6 };

struct output {
	const char *id;
	bool json, watch;
	bool titled; // the table has its head line
};

// --- table

static void print_row(const char *const columns[COLUMNS])
{
	printf("%-8s %-8s %-16s %-12s %-8s %s\n", columns[0], columns[1], columns[2], columns[3], columns[4], columns[5]);
}

static void print_change(struct arena *arena, const struct pin_change *change)
{
	const char *const columns[COLUMNS] = {
		arena_printf(arena, "%d", (int)change->tid), arena_printf(arena, "%d", (int)change->pid), document_visible(arena, change->name),
		cpuset_format(arena, &change->from), cpuset_format(arena, &change->to), change->rule,
	};

	print_row(columns);
}

static void print_table(struct output *output, struct arena *arena, const struct pin_report *report)
{
	static const char *const titles[COLUMNS] = {"TID", "PID", "NAME", "FROM", "TO", "RULE"};

	if (report->change_count > 0 && !output->titled)
		print_row(titles);
	output->titled |= report->change_count > 0;
	for (size_t i = 0; i < report->change_count; i++)
		print_change(arena, &report->changes[i]);
	if (!output->watch && report->change_count == 0)
		printf("nothing to change: %zu threads, %zu of them under a rule\n", report->threads, report->matched);
}

// --- JSON

static struct json_object *thread_object(struct arena *arena, struct json_object *array, pid_t pid, pid_t tid, const char *name)
{
	struct json_object *object = json_object_new_object();

	json_object_array_add(array, object);
	document_number(object, "pid", (uint64_t)pid);
	document_number(object, "tid", (uint64_t)tid);
	document_string(object, "name", document_visible(arena, name));
	return object;
}

static void print_json(const struct output *output, struct arena *arena, const struct pin_report *report)
{
	struct json_object *document = json_object_new_object();
	struct json_object *changes, *problems;

	document_string(document, "id", output->id);
	document_number(document, "threads", report->threads);
	document_number(document, "matched", report->matched);
	document_number(document, "crowded", report->crowded);
	changes = document_array(document, "changes");
	for (size_t i = 0; i < report->change_count; i++) {
		const struct pin_change *change = &report->changes[i];
		struct json_object *object = thread_object(arena, changes, change->pid, change->tid, change->name);

		document_string(object, "from", cpuset_format(arena, &change->from));
		document_string(object, "to", cpuset_format(arena, &change->to));
		document_string(object, "rule", change->rule);
		document_bool(object, "held", change->held);
	}
	problems = document_array(document, "problems");
	for (size_t i = 0; i < report->problem_count; i++)
		document_string(thread_object(arena, problems, report->problems[i].pid, report->problems[i].tid, report->problems[i].name), "problem", report->problems[i].text);
	printf("%s\n", json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
}

// A watcher is silent as long as nothing changes.
static int print_report(struct output *output, struct arena *arena, const struct pin_report *report, struct error *err)
{
	if (output->json && (!output->watch || report->change_count > 0))
		print_json(output, arena, report);
	else if (!output->json)
		print_table(output, arena, report);
	return flush_stdout(err);
}

// --- once, or until the container ends

static int pin_once(struct pinning *pinning, struct output *output, struct error *err)
{
	struct pin_report report;

	if (pinning_pass(pinning, &report, err) < 0)
		return -1;
	if (print_report(output, &pinning->pass, &report, err) < 0)
		return -1;
	return report.problem_count == 0 ? 0 : error_set(err, EIO, "%zu of %zu threads are not where they belong", report.problem_count, report.matched);
}

static int watch(struct pinning *pinning, const struct state *state, struct output *output, struct error *err)
{
	AUTO_FD pidfd = in_use_pidfd(state, "watch", err);
	struct pollfd end = {.fd = pidfd, .events = POLLIN};
	int ready;

	if (pidfd < 0)
		return -1;
	do {
		struct pin_report report;
		int next = pinning_watch(pinning, &report, err);

		if (next < 0 && err->code != ENOENT && err->code != ENODEV)
			return -1;
		if (next >= 0 && print_report(output, &pinning->pass, &report, err) < 0)
			return -1;
		// Its cgroup is gone before its pidfd tells the end.
		ready = poll(&end, 1, next);
		if (ready < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot wait for threads of container \"%s\"", state->id);
	} while (ready <= 0);
	return 0;
}

// Whether those in the container see this process, which stays beside them, and so its binary (CVE-2019-5736). Only a namespace that is this one's own or above it could be; one can join none above.
static bool is_seen(const struct state *state)
{
	struct stat mine, its;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)state->pid);
	return stat("/proc/self/ns/pid", &mine) < 0 || stat(path, &its) < 0 || (mine.st_ino == its.st_ino && mine.st_dev == its.st_dev);
}

static int pin(const struct globals *globals, const char *id, const struct pin_options_values *options, struct arena *arena, struct error *err)
{
	struct output output = {.id = id, .json = options->format != NULL && strcmp(options->format, "json") == 0, .watch = options->watch};
	struct pinning pinning = PINNING_INIT;
	enum container_status status;
	struct state state;
	int result;

	if (in_use_find(globals->root, id, "pin the threads of", arena, &state, &status, err) < 0)
		return -1;
	if (options->watch && is_seen(&state) && seal_self(globals->argv, err) < 0)
		return -1;
	result = pinning_open(&pinning, &state, options->threads.items, options->threads.count, err);
	if (result < 0)
		error_prefix(err, "cannot pin the threads of container \"%s\"", state.id);
	if (result == 0)
		result = options->watch ? watch(&pinning, &state, &output, err) : pin_once(&pinning, &output, err);
	pinning_close(&pinning);
	return result;
}

int command_pin(const struct globals *globals, int argc, char **argv)
{
	struct pin_options_values options = {0};
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	int words, result;
	int status = command_options("pin", pin_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words != 1)
		return command_usage("pin", words == 0 ? "no container id is given" : "one container id, not more");
	if (options.format != NULL && strcmp(options.format, "table") != 0 && strcmp(options.format, "json") != 0)
		return command_usage("pin", "--format is 'table' or 'json', not '%s'", options.format);
	result = pin(globals, argv[0], &options, &arena, &err);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
