// trace.c: see trace.h.
#include "cmd/trace.h"

#include "plan/describe.h"
#include "play/play.h"

#include <json-c/json.h>
#include <stdio.h>

static void print_text(struct arena *arena, const struct plan *plan, const struct step_time *times)
{
	fprintf(stderr, "step actor   begin us   took us  what\n");
	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		fprintf(stderr, "%4zu %-6s %9.1f %9.1f  %-20s %s\n", i, actor_name(step->actor), (double)times[i].begin / 1000,
			(double)(times[i].end - times[i].begin) / 1000, step_name(step->kind), step_summary(arena, plan, step));
	}
}

static void print_json(struct arena *arena, const struct plan *plan, const struct step_time *times)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];
		struct json_object *line = json_object_new_object();

		json_object_object_add(line, "step", json_object_new_int64((int64_t)i));
		json_object_object_add(line, "actor", json_object_new_string(actor_name(step->actor)));
		json_object_object_add(line, "name", json_object_new_string(step_name(step->kind)));
		json_object_object_add(line, "summary", json_object_new_string(step_summary(arena, plan, step)));
		json_object_object_add(line, "beginNs", json_object_new_uint64(times[i].begin));
		json_object_object_add(line, "tookNs", json_object_new_uint64(times[i].end - times[i].begin));
		json_object_array_add(array, line);
	}
	fprintf(stderr, "%s\n", json_object_to_json_string_ext(array, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(array);
}

void trace_print(struct arena *arena, const struct plan *plan, const struct step_time *times, bool json)
{
	if (times == NULL)
		return;
	if (json)
		print_json(arena, plan, times);
	else
		print_text(arena, plan, times);
}
