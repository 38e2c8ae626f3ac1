// why.c: `minirun why ID SUBJECT`: finds out what the subject is (a path, a capability, a system call, a CPU), has it answered and prints that.
#include "cmd/why.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/process.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "cmd/in_use.h"
#include "cmd/table.h"
#include "spec/position.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct why_options_values {
	const char *format;
};

const struct option_entry why_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct why_options_values, format), "table|json", "form of the answer"},
	{0},
};

static const char what[] = "say anything about";

size_t why_line(const struct why *why, const char *config)
{
	return config_line(why->spec->text, config);
}

void why_add(struct why *why, const char *aspect, enum answer answer, const char *config, const char *format, ...)
{
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	why->facts = arena_grow(why->arena, why->facts, why->fact_count, &why->fact_room, sizeof *why->facts);
	why->facts[why->fact_count++] = (struct why_fact){
		.aspect = aspect,
		.answer = answer,
		.config = config,
		.line = config != NULL ? why_line(why, config) : 0,
		.reason = arena_strdup(why->arena, text),
	};
}

bool why_capable(const struct why *why, int capability)
{
	return (why->process.effective >> capability & 1) != 0;
}

// --- the process

// The number with the index `index` in a line of status; 0: there is no such line.
static uint64_t status_number(const struct why *why, const char *key, int base, int index)
{
	AUTO_FREE char *value = process_status_value(why->proc, why->state->pid, key);
	char *rest = value;
	uint64_t number = 0;

	for (int i = 0; i <= index && value != NULL; i++)
		number = strtoull(rest, &rest, base);
	return number;
}

static void read_groups(struct why *why)
{
	struct why_process *process = &why->process;
	AUTO_FREE char *value = process_status_value(why->proc, why->state->pid, "Groups");
	char *rest = value;
	size_t room = 0;

	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		if (*word == '\0') // the line ends with a blank
			continue;
		process->groups = arena_grow(why->arena, process->groups, process->group_count, &room, sizeof *process->groups);
		process->groups[process->group_count++] = (uint32_t)strtoul(word, NULL, 10);
	}
}

static int read_process(struct why *why, struct error *err)
{
	enum { FS_ID = 3 }; // real, effective, saved, of the file system
	struct why_process *process = &why->process;
	AUTO_FREE char *cpus = process_status_value(why->proc, why->state->pid, "Cpus_allowed_list");

	process->uid = (uint32_t)status_number(why, "Uid", 10, FS_ID);
	process->gid = (uint32_t)status_number(why, "Gid", 10, FS_ID);
	read_groups(why);
	process->inheritable = status_number(why, "CapInh", 16, 0);
	process->permitted = status_number(why, "CapPrm", 16, 0);
	process->effective = status_number(why, "CapEff", 16, 0);
	process->bounding = status_number(why, "CapBnd", 16, 0);
	process->ambient = status_number(why, "CapAmb", 16, 0);
	process->seccomp = (unsigned)status_number(why, "Seccomp", 10, 0);
	process->filters = status_number(why, "Seccomp_filters", 10, 0);
	process->cpus = arena_strdup(why->arena, cpus != NULL ? cpus : "");
	// Looked at last: all of it was this process's.
	if (process_start(why->proc, why->state->pid) != why->state->pid_start)
		return error_set(err, ESRCH, "its first process has ended");
	return 0;
}

// --- the subject

static const char *upper_case(struct arena *arena, const char *prefix, const char *text)
{
	char *upper = arena_printf(arena, "%s%s", prefix, text);

	for (char *c = upper; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return upper;
}

// capsh and the engines leave out the prefix or write it small.
static int find_capability(struct arena *arena, const char *subject)
{
	int number = capability_number(upper_case(arena, "", subject));

	return number >= 0 ? number : capability_number(upper_case(arena, "CAP_", subject));
}

static bool find_cpu(const char *subject, unsigned *ret_number)
{
	uint64_t number;

	if (strncmp(subject, "cpu", 3) != 0 || !parse_u64(subject + 3 + (subject[3] == ':'), INT32_MAX, &number))
		return false;
	*ret_number = (unsigned)number;
	return true;
}

static int answer(struct why *why, struct error *err)
{
	int capability = find_capability(why->arena, why->subject);
	unsigned cpu;

	if (why->subject[0] == '/') {
		why->kind = "path";
		return why_path(why, err);
	}
	if (find_cpu(why->subject, &cpu)) {
		why->kind = "cpu";
		return why_cpu(why, cpu, err);
	}
	// There are a system call "setuid" and a capability CAP_SETUID: small letters without the prefix mean the call.
	if (seccomp_call_known(why->subject)) {
		why->kind = "system call";
		return why_system_call(why, err);
	}
	if (capability >= 0) {
		why->kind = "capability";
		return why_capability(why, capability, err);
	}
	error_set(err, EINVAL, "'%s' is no path, capability, system call or CPU", why->subject);
	return error_hint(err, "write them as /etc/hosts, CAP_NET_ADMIN, mount and cpu3");
}

static int ask(const struct globals *globals, const char *id, struct why *why, struct state *state, struct spec *spec, struct error *err)
{
	AUTO_FD dir = state_find(globals->root, id, why->arena, state, err);
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum container_status status;

	if (dir < 0)
		return -1;
	status = state_status(dir, state);
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return in_use_refuse(id, what, status, err);
	if (state_load_config(dir, state, spec, err) < 0)
		return -1;
	why->proc = proc;
	if (read_process(why, err) < 0 || answer(why, err) < 0)
		return error_prefix(err, "cannot %s %s in container \"%s\"", what, why->subject, id);
	return 0;
}

// --- the answer

static const char *answer_word(enum answer answer)
{
	return answer == ANSWER_NONE ? "" : answer == ANSWER_YES ? "yes" : "no";
}

static void print_table(struct why *why)
{
	enum { COLUMNS = 4 };
	const char **cells = arena_array(why->arena, why->fact_count * COLUMNS, sizeof *cells);

	for (size_t i = 0; i < why->fact_count; i++) {
		const struct why_fact *fact = &why->facts[i];
		const char **row = &cells[i * COLUMNS];

		row[0] = fact->aspect;
		row[1] = table_cell(answer_word(fact->answer));
		row[2] = fact->line != 0 ? arena_printf(why->arena, "config.json:%zu", fact->line) : table_cell("");
		row[3] = fact->config != NULL ? arena_printf(why->arena, "%s: %s", fact->config, fact->reason) : fact->reason;
		row[3] = document_visible(why->arena, row[3]);
	}
	printf("%s in container \"%s\" (first process: pid %d)\n", document_visible(why->arena, why->subject), why->state->id, (int)why->state->pid);
	table_print(cells, why->fact_count, COLUMNS, 0, TABLE_GAP);
	if (why->hint != NULL)
		printf("To change it: %s.\n", why->hint);
}

static void print_json(const struct why *why)
{
	struct json_object *root = json_object_new_object(), *facts;

	document_string(root, "id", why->state->id);
	document_string(root, "bundle", why->state->bundle);
	document_string(root, "subject", why->subject);
	document_string(root, "kind", why->kind);
	facts = document_array(root, "facts");
	for (size_t i = 0; i < why->fact_count; i++) {
		const struct why_fact *fact = &why->facts[i];
		struct json_object *object = json_object_new_object();

		document_string(object, "aspect", fact->aspect);
		if (fact->answer != ANSWER_NONE)
			document_bool(object, "allowed", fact->answer == ANSWER_YES);
		if (fact->config != NULL)
			document_string(object, "config", fact->config);
		if (fact->line != 0)
			document_number(object, "line", fact->line);
		document_string(object, "reason", fact->reason);
		json_object_array_add(facts, object);
	}
	if (why->hint != NULL)
		document_string(root, "hint", why->hint);
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

int command_why(const struct globals *globals, int argc, char **argv)
{
	struct why_options_values options = {0};
	struct error err = ERROR_INIT;
	AUTO_ARENA arena = {0};
	struct state state = {0};
	struct spec spec = {0};
	struct why why = {.arena = &arena, .state = &state, .spec = &spec};
	int words, result;
	int status = command_options("why", why_options, &options, argc, argv, &words);
	bool json = options.format != NULL && strcmp(options.format, "json") == 0;

	if (status != 0)
		return status;
	if (words != 2)
		return command_usage("why", words < 2 ? "a container and a path, capability, system call or CPU are needed" : "'%s' is one word too many", words < 2 ? "" : argv[2]);
	if (options.format != NULL && !json && strcmp(options.format, "table") != 0)
		return command_usage("why", "--format is 'table' or 'json', not '%s'", options.format);
	why.subject = argv[1];
	result = ask(globals, argv[0], &why, &state, &spec, &err);
	if (result == 0 && json)
		print_json(&why);
	else if (result == 0)
		print_table(&why);
	spec_free(&spec);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
