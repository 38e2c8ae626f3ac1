// snapshot_ls.c: `minirun snapshot ls`: a line a snapshot, or JSON.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/document.h"
#include "cmd/snapshot.h"
#include "cmd/table.h"

#include <string.h>

enum { COLUMNS = 6 };

struct listing {
	struct arena arena;
	struct json_object *array; // NULL: no JSON
	const char **cells; // COLUMNS a row
	size_t count;      // of rows
};

static void add_object(struct listing *listing, const struct snapshot_found *found)
{
	struct json_object *object = json_object_new_object();
	uint64_t bytes;

	document_string(object, "id", found->id);
	document_string(object, "backend", found->backend);
	json_object_object_add(object, "image", found->image != NULL ? json_object_new_string(found->image) : NULL);
	document_string(object, "directory", found->directory);
	json_object_object_add(object, "size", snapshot_size(found, &bytes) ? json_object_new_uint64(bytes) : NULL);
	document_string(object, "owner", snapshot_owner_word(found));
	document_string(object, "created", state_time(&listing->arena, found->created));
	json_object_array_add(listing->array, object);
}

static void add_row(struct listing *listing, const struct snapshot_found *found)
{
	const char **row = &listing->cells[COLUMNS * listing->count++];
	uint64_t bytes;

	row[0] = found->id;
	row[1] = found->backend;
	row[2] = snapshot_size(found, &bytes) ? snapshot_size_text(&listing->arena, bytes) : "-";
	row[3] = snapshot_owner_word(found);
	row[4] = state_time(&listing->arena, found->created);
	row[5] = found->image != NULL ? document_visible(&listing->arena, found->image) : "-";
}

static void add(struct listing *listing, const struct snapshot_found *found)
{
	if (listing->array != NULL)
		add_object(listing, found);
	else
		add_row(listing, found);
}

static int list(const struct globals *globals, const struct snapshot_options_values *options, struct listing *listing, struct error *err)
{
	static const char *const titles[COLUMNS] = {"ID", "BACKEND", "SIZE", "OWNER", "CREATED", "IMAGE"};
	AUTO_FD root = state_open_root(globals->root, false, err);
	struct snapshot_orphans orphans;
	struct strings ids = {0};

	if (root < 0 && err->code != ENOENT)
		return -1;
	if (root >= 0 && state_list(root, &listing->arena, &ids, err) < 0)
		return -1;
	if (snapshot_orphans(globals, options, &listing->arena, &orphans, err) < 0)
		return -1;
	listing->cells = arena_array(&listing->arena, COLUMNS * (ids.count + orphans.count + 1), sizeof *listing->cells);
	memcpy(listing->cells, titles, sizeof titles);
	listing->count = 1;
	for (size_t i = 0; i < ids.count; i++) {
		struct snapshot_found found;
		struct error none = ERROR_INIT;
		AUTO_FD dir = snapshot_find(root, globals->root, ids.items[i], false, &listing->arena, &found, &none);

		if (dir < 0)
			log_debug("%s: %s", ids.items[i], none.text);
		else
			add(listing, &found);
	}
	for (size_t i = 0; i < orphans.count; i++)
		add(listing, &orphans.items[i]);
	if (listing->array != NULL)
		printf("%s\n", json_object_to_json_string_ext(listing->array, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		table_print(listing->cells, listing->count, COLUMNS, 0, TABLE_GAP);
	return 0;
}

int snapshot_ls(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	bool json = options->format != NULL && strcmp(options->format, "json") == 0;
	struct listing listing = {0};
	struct error err = ERROR_INIT;
	int result;

	if (argc > 0)
		return command_usage("snapshot", "ls: '%s' is one word too many", argv[0]);
	if (options->format != NULL && !json && strcmp(options->format, "table") != 0)
		return command_usage("snapshot", "--format is 'table' or 'json', not '%s'", options->format);
	listing.array = json ? json_object_new_array() : NULL;
	result = list(globals, options, &listing, &err);
	json_object_put(listing.array);
	arena_free(&listing.arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
