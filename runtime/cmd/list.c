// list.c: `minirun list`: all containers of the state root, as a table or as JSON in runc's form.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/command.h"
#include "state/state.h"

#include <json-c/json.h>
#include <string.h>

struct list_options_values {
	const char *format;
	bool quiet;
};

const struct option_entry list_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct list_options_values, format), "table|json", "form of the output"},
	{"quiet", 'q', OPTION_FLAG, offsetof(struct list_options_values, quiet), NULL, "print ids only"},
	{0},
};

static void print_row(struct arena *arena, const struct list_options_values *options, struct json_object *array, const struct state *state, enum container_status status)
{
	int pid = status == STATUS_STOPPED ? 0 : state->pid;

	if (options->quiet)
		printf("%s\n", state->id);
	else if (array != NULL)
		json_object_array_add(array, json_tokener_parse(state_document(arena, state, status)));
	else
		printf("%-20s %-8d %-9s %-28s %s\n", state->id, pid, status_name(status), state_time(arena, state->created), state->bundle);
}

static int print_list(const struct globals *globals, const struct list_options_values *options, struct arena *arena, struct json_object *array, struct error *err)
{
	AUTO_FD root = state_open_root(globals->root, false, err);
	struct strings ids;

	if (root < 0)
		return err->code == ENOENT ? 0 : -1;
	if (state_list(root, arena, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < ids.count; i++) {
		struct error one = ERROR_INIT;
		AUTO_FD dir = state_open(root, ids.items[i], &one);
		struct state state;

		// One that is being made or removed right now has no state; it is not there yet, or no more.
		if (dir < 0 || state_load(dir, arena, &state, &one) < 0) {
			log_debug("%s: %s", ids.items[i], one.text);
			continue;
		}
		print_row(arena, options, array, &state, state_status(dir, &state));
	}
	return 0;
}

int command_list(const struct globals *globals, int argc, char **argv)
{
	struct list_options_values options = {0};
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	struct json_object *array = NULL;
	int words;
	int status = command_options("list", list_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words > 0)
		return command_usage("list", "'%s' is one word too many", argv[0]);
	if (options.format != NULL && strcmp(options.format, "table") != 0 && strcmp(options.format, "json") != 0)
		return command_usage("list", "--format is 'table' or 'json', not '%s'", options.format);
	if (options.format != NULL && strcmp(options.format, "json") == 0 && !options.quiet)
		array = json_object_new_array();
	else if (!options.quiet)
		printf("%-20s %-8s %-9s %-28s %s\n", "ID", "PID", "STATUS", "CREATED", "BUNDLE");
	status = print_list(globals, &options, &arena, array, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
	if (array != NULL) {
		printf("%s\n", json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(array);
	}
	arena_free(&arena);
	return status;
}
