// explain_json.c: `minirun explain --format json`; see explain.h. Every member is always there; null is what a step has not.
#include "cmd/explain.h"

#include "cmd/document.h"
#include "plan/describe.h"
#include "plan/lesson.h"

#include <string.h>

static void add_or_null(struct json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value != NULL ? json_object_new_string(value) : NULL);
}

static void add_step(struct arena *arena, const struct plan *plan, size_t index, bool by_step, struct json_object *array)
{
	const struct step *step = &plan->steps[index];
	const char *look = step_look(arena, plan, step, plan->count), *early = step_look(arena, plan, step, 0);
	struct json_object *object = json_object_new_object();

	document_number(object, "number", index);
	document_string(object, "actor", actor_name(step->actor));
	document_string(object, "name", step_name(step->kind));
	document_string(object, "chapter", chapter_name(step_chapter(step->kind)));
	document_string(object, "what", step_summary(arena, plan, step));
	document_string(object, "call", step_call(arena, plan, step));
	document_string(object, "why", step_why(step->kind));
	document_string(object, "source", step_source(step->kind));
	add_or_null(object, "shell", step_shell(arena, plan, step));
	document_string(object, "look", look);
	if (by_step)
		add_or_null(object, "lookBeforePivot", index < plan_root_change(plan) && strcmp(early, look) != 0 ? early : NULL);
	json_object_object_add(object, "waitsFor", step->needs >= 0 ? json_object_new_int(step->needs) : NULL);
	json_object_array_add(array, object);
}

static void add_chapters(const struct plan *plan, struct json_object *array)
{
	for (enum chapter chapter = 0; chapter < CHAPTER_MAX; chapter++) {
		struct json_object *object = json_object_new_object(), *steps;

		document_string(object, "name", chapter_name(chapter));
		document_string(object, "title", chapter_title(chapter));
		document_string(object, "text", chapter_text(chapter));
		steps = document_array(object, "steps");
		for (size_t i = 0; i < plan->count; i++)
			if (step_chapter(plan->steps[i].kind) == chapter)
				json_object_array_add(steps, json_object_new_uint64(i));
		json_object_array_add(array, object);
	}
}

static void add_end(struct arena *arena, const struct plan *plan, struct json_object *array)
{
	for (size_t i = plan->undo_count; i > 0; i--) {
		struct json_object *object = json_object_new_object();

		document_string(object, "name", undo_name(plan->undos[i - 1].kind));
		document_string(object, "what", plan->undos[i - 1].path);
		json_object_array_add(array, object);
	}
	for (size_t i = 0; i < plan->poststop.count; i++) {
		struct json_object *object = json_object_new_object();

		document_string(object, "name", "poststop");
		document_string(object, "what", hook_summary(arena, &plan->poststop.items[i], i));
		json_object_array_add(array, object);
	}
}

static void put_document(struct arena *arena, const struct plan *plan, bool by_step, FILE *out)
{
	struct json_object *document = json_object_new_object(), *member;
	struct placeholder placeholders[PLACEHOLDER_COUNT];

	document_string(document, "id", plan->id);
	document_string(document, "bundle", plan->bundle);
	member = document_array(document, "warnings");
	for (size_t i = 0; i < plan->warnings.count; i++)
		json_object_array_add(member, json_object_new_string(plan->warnings.items[i]));
	member = document_object(document, "placeholders");
	plan_placeholders(arena, plan, placeholders);
	for (size_t i = 0; i < PLACEHOLDER_COUNT; i++)
		document_string(member, placeholders[i].name, placeholders[i].text);
	add_chapters(plan, document_array(document, "chapters"));
	member = document_array(document, "steps");
	for (size_t i = 0; i < plan->count; i++)
		add_step(arena, plan, i, by_step, member);
	member = document_array(document, "cpuReasons");
	for (size_t i = 0; i < plan->cpu_reasons.count; i++)
		json_object_array_add(member, json_object_new_string(plan->cpu_reasons.items[i]));
	add_end(arena, plan, document_array(document, "end"));
	fprintf(out, "%s\n", json_object_to_json_string_ext(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
}

void explain_json(struct arena *arena, const struct plan *plan, FILE *out)
{
	put_document(arena, plan, false, out);
}

void explain_json_by_step(struct arena *arena, const struct plan *plan, FILE *out)
{
	put_document(arena, plan, true, out);
}
