// diff_config.c: `minirun diff-config A B`: what differs in meaning between the configs of two bundles, files or containers, with the lines where it is said.
#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/command.h"
#include "cmd/document.h"
#include "cmd/step_record.h"
#include "cmd/table.h"
#include "spec/compare.h"
#include "spec/json.h"
#include "state/state.h"

#include <fcntl.h>
#include <string.h>

// As diff(1) has it; what a script asks is whether the two are the same.
enum { EXIT_SAME = 0, EXIT_DIFFERENT = 1, EXIT_TROUBLE = 2 };

struct diff_config_options_values {
	const char *format;
};

const struct option_entry diff_config_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct diff_config_options_values, format), "text|json", "form of the answer"},
	{0},
};

struct side {
	const char *name; // of the file
	char *text;
	struct json_object *root;
};

static char *read_container(const struct globals *globals, struct arena *arena, const char *id, size_t *ret_length, struct error *err)
{
	struct state state;
	struct spec spec = {0};
	AUTO_FD dir = state_find(globals->root, id, arena, &state, err);
	char *text = NULL;

	if (dir >= 0 && state_load_config(dir, &state, &spec, err) == 0) {
		text = spec.text;
		*ret_length = spec.text_length;
		spec.text = NULL;
	}
	spec_free(&spec);
	return text;
}

// A bundle's directory, a file, or a container's id; what is both is as `explain` has it.
static int read_side(const struct globals *globals, struct arena *arena, const char *word, struct side *ret_side, struct error *err)
{
	struct side side = {.name = word};
	struct stat st;
	size_t length = 0;
	bool is_file = stat(word, &st) == 0;

	if (is_file && !step_record_stands(globals->root, word)) {
		if (S_ISDIR(st.st_mode))
			side.name = arena_printf(arena, "%s/config.json", word);
		side.text = read_whole_file_at(AT_FDCWD, side.name, JSON_TEXT_MAX, &length);
		if (side.text == NULL)
			return error_errno(err, errno, "cannot read %s", side.name);
	} else if (!is_file && strchr(word, '/') != NULL) {
		return error_errno(err, errno, "cannot read %s", word);
	} else {
		side.name = arena_printf(arena, "container %s", word);
		side.text = read_container(globals, arena, word, &length, err);
		if (side.text == NULL)
			return error_hint(err, "give a bundle's directory, a config.json or the id of a container");
	}
	*ret_side = side;
	return json_read(side.text, length, &ret_side->root, err) < 0 ? error_prefix(err, "%s", side.name) : 0;
}

// A whole section that one side lacks can be long.
static const char *shortened(struct arena *arena, const char *value)
{
	enum { SHOWN_MAX = 160 };
	const char *visible = document_visible(arena, value);

	return strlen(visible) <= SHOWN_MAX ? visible : arena_printf(arena, "%.*s...", SHOWN_MAX, visible);
}

static void print_text(struct arena *arena, const struct side sides[2], const struct differences *differences)
{
	if (differences->count == 0)
		return;
	printf("--- %s\n+++ %s\n", document_visible(arena, sides[0].name), document_visible(arena, sides[1].name));
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->items[i];
		const char *left = difference->left, *right = difference->right, *path = document_visible(arena, difference->path);

		if (left != NULL && right != NULL)
			printf("~ %s: %s (line %zu) -> %s (line %zu)\n", path, shortened(arena, left), difference->left_line, shortened(arena, right), difference->right_line);
		else
			printf("%c %s: %s (line %zu)\n", left != NULL ? '-' : '+', path, shortened(arena, left != NULL ? left : right), left != NULL ? difference->left_line : difference->right_line);
	}
}

static void add_side(struct json_object *object, const char *key, const char *line_key, const char *value, size_t line)
{
	struct json_object *parsed;

	if (value == NULL)
		return;
	parsed = json_tokener_parse(value);
	json_object_object_add(object, key, parsed != NULL ? parsed : json_object_new_string(value));
	document_number(object, line_key, line);
}

static void print_json(const struct side sides[2], const struct differences *differences)
{
	struct json_object *root = json_object_new_object(), *list;

	document_string(root, "left", sides[0].name);
	document_string(root, "right", sides[1].name);
	list = document_array(root, "differences");
	for (size_t i = 0; i < differences->count; i++) {
		const struct difference *difference = &differences->items[i];
		struct json_object *object = json_object_new_object();

		document_string(object, "path", difference->path);
		add_side(object, "left", "leftLine", difference->left, difference->left_line);
		add_side(object, "right", "rightLine", difference->right, difference->right_line);
		json_object_array_add(list, object);
	}
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(root);
}

int command_diff_config(const struct globals *globals, int argc, char **argv)
{
	struct diff_config_options_values options = {0};
	struct error err = ERROR_INIT;
	AUTO_ARENA arena = {0};
	struct side sides[2] = {0};
	struct differences differences = {0};
	int words, result = 0;
	int status = command_options("diff-config", diff_config_options, &options, argc, argv, &words);
	bool json = options.format != NULL && strcmp(options.format, "json") == 0;

	if (status != 0)
		return status;
	if (words != 2)
		return command_usage("diff-config", words < 2 ? "two bundles, files or containers are needed" : "'%s' is one word too many", words < 2 ? "" : argv[2]);
	if (options.format != NULL && !json && strcmp(options.format, "text") != 0)
		return command_usage("diff-config", "--format is 'text' or 'json', not '%s'", options.format);
	for (int i = 0; i < 2 && result == 0; i++)
		result = read_side(globals, &arena, argv[i], &sides[i], &err);
	if (result == 0) {
		struct compared left = {sides[0].text, sides[0].root}, right = {sides[1].text, sides[1].root};

		differences = config_compare(&arena, &left, &right);
		if (json)
			print_json(sides, &differences);
		else
			print_text(&arena, sides, &differences);
	}
	for (int i = 0; i < 2; i++) {
		json_object_put(sides[i].root);
		free(sides[i].text);
	}
	if (result < 0)
		return command_failed(&err, EXIT_TROUBLE);
	return differences.count == 0 ? EXIT_SAME : EXIT_DIFFERENT;
}
