// narrate.c: see narrate.h.
#include "cmd/narrate.h"

#include "base/clock.h"
#include "cmd/explain.h"
#include "cmd/seen.h"
#include "plan/describe.h"
#include "plan/lesson.h"

#include <string.h>

enum { INDENT = 4 };

static double milliseconds(int64_t nanoseconds)
{
	return (double)nanoseconds / 1e6;
}

// "<pid>" is known from the spawn on.
static const char *with_pid(struct arena *arena, const char *text, pid_t pid)
{
	const char *result = "", *found;

	while (pid > 0 && (found = strstr(text, "<pid>")) != NULL) {
		result = arena_printf(arena, "%s%.*s%d", result, (int)(found - text), text, pid);
		text = found + strlen("<pid>");
	}
	return arena_printf(arena, "%s%s", result, text);
}

static int tell(void *data, size_t index, struct error *err)
{
	struct narrator *n = data;
	const struct play_site *site = &n->turns.site;
	const struct step *step = &site->plan->steps[index];
	int chapter = (int)step_chapter(step->kind);

	(void)err;
	if (index == 0) // also of a play that begins once more
		n->began = clock_ns();
	if (chapter != n->chapter) {
		fputc('\n', n->style.out);
		style_put(&n->style, TONE_TITLE, chapter_title(step_chapter(step->kind)));
		fputc('\n', n->style.out);
	}
	n->chapter = chapter;
	explain_head(n->arena, site->plan, index, "", &n->style);
	explain_label(&n->style, TONE_LABEL, "call  ");
	style_commands(&n->style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, with_pid(n->arena, step_call(n->arena, site->plan, step), site->pid), false);
	explain_label(&n->style, TONE_LABEL, "why   ");
	style_prose(&n->style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, step_why(step->kind));
	n->pending = true;
	fflush(n->style.out); // what takes long is seen to do so
	return 0;
}

static void tell_done(void *data, size_t index, int64_t took)
{
	struct narrator *n = data;
	const struct play_site *site = &n->turns.site;
	const char *seen = step_seen(n->arena, site, index);

	if (site->plan->steps[index].kind == STEP_SPAWN)
		seen = arena_printf(n->arena, "the container's first process is %d here%s%s", site->pid, seen != NULL ? "; " : "", seen != NULL ? seen : "");
	explain_label(&n->style, TONE_GOOD, "done  ");
	style_prose(&n->style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, arena_printf(n->arena, "in %.3f ms%s%s", milliseconds(took), seen != NULL ? ": " : "", seen != NULL ? seen : ""));
	n->pending = false;
	fflush(n->style.out);
}

static const struct turn_taker taker = {.ask = tell, .done = tell_done};

void narrator_begin(struct narrator *narrator, struct arena *arena)
{
	narrator->arena = arena;
	narrator->style = style_for(stderr);
	turns_begin(&narrator->turns, &taker, narrator);
}

void narrator_tell_running(struct narrator *narrator, const struct plan *plan, pid_t pid)
{
	if (narrator->arena == NULL)
		return;
	narrator->running = clock_ns();
	narrator->pending = false;
	explain_label(&narrator->style, TONE_GOOD, "done  ");
	style_prose(&narrator->style, EXPLAIN_COLUMN, EXPLAIN_COLUMN,
		    arena_printf(narrator->arena, "process %d is the program now, %.3f ms after the first of %zu steps", pid, milliseconds(narrator->running - narrator->began), plan->count));
	fflush(narrator->style.out);
}

void narrator_tell_end(struct narrator *narrator, int status)
{
	if (narrator->arena == NULL)
		return;
	fputc('\n', narrator->style.out);
	style_prose(&narrator->style, 0, INDENT, arena_printf(narrator->arena, "The program has ended with exit code %d, after %.3f ms.", status, milliseconds(clock_ns() - narrator->running)));
	fflush(narrator->style.out);
}

void narrator_tell_undone(const struct narrator *narrator, const struct plan *plan, int64_t from)
{
	if (narrator->arena == NULL)
		return;
	for (size_t i = plan->undo_count; i > 0 && !plan->keep; i--) {
		fprintf(narrator->style.out, "%*s", INDENT, "");
		style_put(&narrator->style, TONE_LABEL, "undone ");
		style_prose(&narrator->style, INDENT + 7, INDENT + 7, arena_printf(narrator->arena, "%s %s", undo_name(plan->undos[i - 1].kind), plan->undos[i - 1].path));
	}
	style_prose(&narrator->style, 0, INDENT, arena_printf(narrator->arena, plan->keep ? "State and snapshot are kept, as --keep says." : "What was made is taken away again, after %.3f ms more.", milliseconds(clock_ns() - from)));
	fflush(narrator->style.out);
}

void narrator_end(struct narrator *narrator)
{
	if (narrator->pending) {
		explain_label(&narrator->style, TONE_BAD, "failed");
		fputc('\n', narrator->style.out);
		fflush(narrator->style.out);
	}
	turns_end(&narrator->turns);
	narrator->pending = false;
}
