// step_record.c: see step_record.h.
#include "cmd/step_record.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "cmd/document.h"
#include "cmd/explain.h"
#include "spec/json.h"
#include "state/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECORD_BYTES_MAX = 16 * 1024 * 1024 };

int step_record_save(int dir, struct arena *arena, const struct plan *plan, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	if (memory == NULL)
		return error_errno(err, errno, "cannot put the steps into words");
	explain_json_by_step(arena, plan, memory);
	if (fclose(memory) != 0 || write_file_atomic_at(dir, STATE_STEPS, text, length, 0600) < 0)
		return error_errno(err, errno, "cannot keep the steps in the state directory");
	return 0;
}

static const char *member(struct json_object *step, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(step, key, &value) && value != NULL ? json_object_get_string(value) : "";
}

// What has been done, where it stands, what is to come.
static void print_line(const struct style *style, struct json_object *step, size_t index, const struct standing *standing)
{
	bool here = standing != NULL && index == standing->step;
	char head[64];

	snprintf(head, sizeof head, "%s%3zu %-6s %-20s ", standing == NULL || index < standing->step ? "done " : here ? "---> " : "     ", index, member(step, "actor"), member(step, "name"));
	style_put(style, here ? TONE_NUMBER : TONE_PLAIN, head);
	style_prose(style, (unsigned)strlen(head), 9, member(step, "what"));
}

// Of the step that is next.
static void print_in_full(const struct style *style, struct json_object *step)
{
	static const char *const keys[] = {"call", "why", "shell", "look"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *early = strcmp(keys[i], "look") == 0 ? member(step, "lookBeforePivot") : "", *text = *early != '\0' ? early : member(step, keys[i]);

		if (*text == '\0')
			continue;
		fprintf(style->out, "    %-6s", keys[i]);
		if (strcmp(keys[i], "why") == 0)
			style_prose(style, 10, 10, text);
		else
			style_commands(style, 10, 10, text, strcmp(keys[i], "call") != 0);
	}
}

static int print_text(struct json_object *document, const char *id, const struct standing *standing, struct error *err)
{
	const struct style style = style_for(stdout);
	struct json_object *steps;

	if (!json_object_object_get_ex(document, "steps", &steps) || !json_object_is_type(steps, json_type_array))
		return error_set(err, EINVAL, "the steps of container \"%s\" in its state directory are damaged", id);
	if (standing != NULL)
		fprintf(style.out, "%s is being made; process %d asks on its terminal before step %zu of %zu.\n\n", id, standing->maker, standing->step, standing->last);
	else
		fprintf(style.out, "%s was made step by step; all steps up to its program have been taken.\n\n", id);
	if (access(id, F_OK) == 0)
		fprintf(style.out, "%s is in this directory, too: `minirun explain ./%s` explains that bundle.\n\n", id, id);
	for (size_t i = 0; i < json_object_array_length(steps); i++)
		print_line(&style, json_object_array_get_idx(steps, i), i, standing);
	if (standing == NULL || standing->step >= json_object_array_length(steps))
		return 0;
	fputc('\n', style.out);
	print_line(&style, json_object_array_get_idx(steps, standing->step), standing->step, standing);
	print_in_full(&style, json_object_array_get_idx(steps, standing->step));
	return 0;
}

static int print_json(struct json_object *document, const struct standing *standing)
{
	struct json_object *place = document_object(document, "standing");

	if (standing != NULL) {
		document_number(place, "step", standing->step);
		document_number(place, "last", standing->last);
		document_string(place, "what", standing->what);
		document_number(place, "maker", (uint64_t)standing->maker);
		document_number(place, "pid", (uint64_t)standing->pid);
	}
	printf("%s\n", json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	return 0;
}

static int no_record(const char *id, const struct state *state, struct error *err)
{
	error_set(err, ENOENT, "container \"%s\" is not made step by step (`minirun run --step`), so its steps are not on record", id);
	return error_hint(err, "`minirun explain %s` tells how its bundle is made into a container", state->bundle);
}

int step_record_print(const char *root, const char *id, bool json, struct error *err)
{
	struct arena arena = {0};
	struct standing standing;
	struct state state;
	size_t length;
	AUTO_FD dir = state_find(root, id, &arena, &state, err);
	AUTO_FREE char *text = dir >= 0 ? read_whole_file_at(dir, STATE_STEPS, RECORD_BYTES_MAX, &length) : NULL;
	AUTO_JSON *document = text != NULL ? json_tokener_parse(text) : NULL;
	bool stands = dir >= 0 && standing_load(dir, &arena, &standing);
	int result = -1;

	if (dir >= 0 && text == NULL)
		no_record(id, &state, err);
	else if (dir >= 0 && !json_object_is_type(document, json_type_object))
		error_set(err, EINVAL, "the steps of container \"%s\" in its state directory are damaged", id);
	else if (dir >= 0)
		result = json ? print_json(document, stands ? &standing : NULL) : print_text(document, id, stands ? &standing : NULL, err);
	arena_free(&arena);
	return result;
}

bool step_record_stands(const char *root, const char *word)
{
	struct error ignored = ERROR_INIT;
	AUTO_ARENA arena = {0};
	struct standing standing;
	struct state state;
	AUTO_FD dir = valid_container_id(word) ? state_find(root, word, &arena, &state, &ignored) : -1;

	return dir >= 0 && standing_load(dir, &arena, &standing);
}
