// list.c: `minirun list`: all containers of the state root, as a table or as JSON, both in runc's form.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/command.h"
#include "cmd/table.h"
#include "proc/home.h"
#include "state/survey.h"

#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>

struct list_options_values {
	const char *format;
	bool quiet;
};

const struct option_entry list_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct list_options_values, format), "table|json", "form of the output"},
	{"quiet", 'q', OPTION_FLAG, offsetof(struct list_options_values, quiet), NULL, "print ids only"},
	{0},
};

enum { COLUMNS = 6, COLUMN_LEAST = 12, COLUMN_GAP = 3 }; // the widths that runc's table has

struct listing {
	const struct list_options_values *options;
	struct arena arena;
	struct survey survey;
	struct json_object *array; // NULL: no JSON
	const char *(*rows)[COLUMNS];
	size_t count;
	uid_t uid;                 // of `owner`
	const char *owner;         // NULL: not looked up yet
};

// The name of the record's owner; "#UID" without one, as runc writes it. Mostly all are the same user's.
static const char *owner_of(struct listing *listing, uid_t uid)
{
	char name[256];

	if (listing->owner == NULL || listing->uid != uid) {
		listing->uid = uid;
		listing->owner = user_name(uid, name, sizeof name) ? arena_strdup(&listing->arena, name) : arena_printf(&listing->arena, "#%u", uid);
	}
	return listing->owner;
}

static int add_object(struct listing *listing, const char *id, struct error *err)
{
	AUTO_FD dir = state_open(listing->survey.root, id, err);
	struct json_object *object;
	struct state state;
	struct stat info;

	if (dir < 0 || state_load(dir, &listing->arena, &state, err) < 0 || survey_examine(dir, id, &info, err) < 0)
		return -1;
	object = json_tokener_parse(state_document(&listing->arena, &state, survey_status(&listing->survey, id, &state, &info)));
	json_object_object_add(object, "owner", json_object_new_string(owner_of(listing, info.st_uid)));
	json_object_array_add(listing->array, object);
	return 0;
}

static int add_row(struct listing *listing, const char *id, struct error *err)
{
	struct arena *arena = &listing->arena;
	struct survey_line line;
	const char **row;

	if (survey_container(&listing->survey, id, arena, &line, err) < 0)
		return -1;
	row = listing->rows[listing->count++];
	row[0] = line.id;
	row[1] = arena_printf(arena, "%d", line.status == STATUS_STOPPED ? 0 : line.pid);
	row[2] = status_name(line.status);
	row[3] = line.bundle;
	row[4] = state_time(arena, line.created);
	row[5] = owner_of(listing, line.owner);
	return 0;
}

static int print_id(struct listing *listing, const char *id, struct error *err)
{
	AUTO_FD dir = state_open(listing->survey.root, id, err);
	struct state state;

	if (dir < 0 || state_load(dir, &listing->arena, &state, err) < 0)
		return -1;
	printf("%s\n", state.id);
	return 0;
}

static void collect(struct listing *listing, const struct strings *ids)
{
	int (*add)(struct listing *, const char *, struct error *) = listing->options->quiet ? print_id : listing->array != NULL ? add_object : add_row;

	for (size_t i = 0; i < ids->count; i++) {
		struct error one = ERROR_INIT;

		// One that is being made or removed right now has no state; it is not there yet, or no more.
		if (add(listing, ids->items[i], &one) < 0)
			log_debug("%s: %s", ids->items[i], one.text);
	}
}

static int print_list(const struct globals *globals, struct listing *listing, struct error *err)
{
	static const char *const titles[COLUMNS] = {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"};
	AUTO_FD root = state_open_root(globals->root, false, err);
	struct strings ids = {0};

	if (root < 0 && err->code != ENOENT)
		return -1;
	if (root >= 0 && (state_list(root, &listing->arena, &ids, err) < 0 || survey_open(&listing->survey, root, err) < 0))
		return -1;
	listing->rows = arena_array(&listing->arena, ids.count + 1, sizeof *listing->rows);
	memcpy(listing->rows[listing->count++], titles, sizeof titles);
	collect(listing, &ids);
	if (listing->array != NULL)
		printf("%s\n", json_object_to_json_string_ext(listing->array, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else if (!listing->options->quiet)
		table_print(&listing->rows[0][0], listing->count, COLUMNS, COLUMN_LEAST, COLUMN_GAP);
	return 0;
}

int command_list(const struct globals *globals, int argc, char **argv)
{
	struct list_options_values options = {0};
	struct listing listing = {.options = &options, .survey = {.proc = -1, .cgroup = -1}};
	struct error err = ERROR_INIT;
	int words;
	int status = command_options("list", list_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words > 0)
		return command_usage("list", "'%s' is one word too many", argv[0]);
	if (options.format != NULL && strcmp(options.format, "table") != 0 && strcmp(options.format, "json") != 0)
		return command_usage("list", "--format is 'table' or 'json', not '%s'", options.format);
	if (options.format != NULL && strcmp(options.format, "json") == 0 && !options.quiet)
		listing.array = json_object_new_array();
	status = print_list(globals, &listing, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
	survey_close(&listing.survey);
	json_object_put(listing.array);
	arena_free(&listing.arena);
	return status;
}
