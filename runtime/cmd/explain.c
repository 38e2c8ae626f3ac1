// explain.c: `minirun explain` as text; see explain.h.
#include "cmd/explain.h"

#include "plan/describe.h"
#include "plan/lesson.h"

enum {
	HEAD_COLUMN = 32, // where "  4 parent spawn                " ends
	INDENT = 4,
};

static void put_head(struct arena *arena, size_t number, enum actor actor, const char *name, const char *summary, const struct style *style)
{
	style_put(style, TONE_NUMBER, arena_printf(arena, "%3zu ", number));
	style_put(style, actor == ACTOR_PARENT ? TONE_PARENT : TONE_INIT, arena_printf(arena, "%-6s ", actor_name(actor)));
	style_put(style, TONE_NUMBER, arena_printf(arena, "%-20s ", name));
	style_prose(style, HEAD_COLUMN, INDENT, summary);
}

void explain_head(struct arena *arena, const struct plan *plan, size_t index, const char *rest, const struct style *style)
{
	const struct step *step = &plan->steps[index];
	const char *waits = step->needs >= 0 ? arena_printf(arena, "  [waits for %d]", step->needs) : "";

	put_head(arena, index, step->actor, step_name(step->kind), arena_printf(arena, "%s%s%s", step_summary(arena, plan, step), waits, rest), style);
}

void explain_label(const struct style *style, enum tone tone, const char *label)
{
	fprintf(style->out, "%*s", INDENT, "");
	style_put(style, tone, label);
}

static void put_reason(const struct style *style, const char *reason)
{
	fprintf(style->out, "%*s", INDENT, "");
	style_put(style, TONE_PLAIN, reason);
	fputc('\n', style->out);
}

// `shell`: NULL if there is no command.
static void put_body(struct arena *arena, const char *call, const char *why, const char *source, const char *shell, const char *look, const struct style *style)
{
	explain_label(style, TONE_LABEL, "call  ");
	style_commands(style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, call, false);
	explain_label(style, TONE_LABEL, "why   ");
	style_prose(style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, arena_printf(arena, "%s. [%s]", why, source));
	explain_label(style, TONE_LABEL, "shell ");
	if (shell != NULL)
		style_commands(style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, shell, true);
	else
		style_prose(style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, "(a shell has no command for this)");
	explain_label(style, TONE_LABEL, "look  ");
	style_commands(style, EXPLAIN_COLUMN, EXPLAIN_COLUMN, look, true);
	fputc('\n', style->out);
}

void explain_step(struct arena *arena, const struct plan *plan, size_t index, size_t taken, const struct style *style)
{
	const struct step *step = &plan->steps[index];

	explain_head(arena, plan, index, "", style);
	for (size_t i = 0; step->kind == STEP_CLAIM_CORES && i < plan->cpu_reasons.count; i++)
		put_reason(style, plan->cpu_reasons.items[i]);
	put_body(arena, step_call(arena, plan, step), step_why(step->kind), step_source(step->kind), step_shell(arena, plan, step), step_look(arena, plan, step, taken), style);
}

void explain_removal_step(struct arena *arena, const struct removal_step *step, size_t number, const struct style *style)
{
	put_head(arena, number, step->actor, step->name, step->summary, style);
	put_body(arena, step->call, step->why, step->source, step->shell, step->look, style);
}

static void put_beginning(struct arena *arena, const struct plan *plan, const struct style *style)
{
	struct placeholder placeholders[PLACEHOLDER_COUNT];

	style_prose(style, 0, 0, arena_printf(arena, "%s is made in %zu steps, in the order of their numbers, which `minirun plan` shows; here they are by chapter. The parent is minirun, outside; init is the "
					      "process inside that becomes the program. Each walks the list and takes its own steps; [waits for N] is where one needs what the other has made.",
					      plan->id, plan->count));
	fputc('\n', style->out);
	plan_placeholders(arena, plan, placeholders);
	for (size_t i = 0; i < PLACEHOLDER_COUNT; i++) {
		style_put(style, TONE_NUMBER, arena_printf(arena, "  %-8s ", placeholders[i].name));
		style_prose(style, 11, 11, placeholders[i].text);
	}
}

static void put_chapter(struct arena *arena, const struct plan *plan, enum chapter chapter, const struct style *style)
{
	bool begun = false;

	for (size_t i = 0; i < plan->count; i++) {
		if (step_chapter(plan->steps[i].kind) != chapter)
			continue;
		if (!begun) {
			fputc('\n', style->out);
			style_put(style, TONE_TITLE, chapter_title(chapter));
			fputc('\n', style->out);
			style_prose(style, 0, 0, chapter_text(chapter));
			fputc('\n', style->out);
		}
		begun = true;
		explain_step(arena, plan, i, plan->count, style);
	}
}

static void put_end(struct arena *arena, const struct plan *plan, const struct style *style)
{
	if (plan->undo_count == 0 && plan->poststop.count == 0)
		return;
	fputc('\n', style->out);
	style_put(style, TONE_TITLE, "At the end");
	fputc('\n', style->out);
	for (size_t i = plan->undo_count; i > 0; i--)
		style_prose(style, 0, INDENT, arena_printf(arena, "  - parent undo                 %s %s", undo_name(plan->undos[i - 1].kind), plan->undos[i - 1].path));
	for (size_t i = 0; i < plan->poststop.count; i++)
		style_prose(style, 0, INDENT, arena_printf(arena, "  - parent poststop             %s  [when all has been undone]", hook_summary(arena, &plan->poststop.items[i], i)));
}

void explain_text(struct arena *arena, const struct plan *plan, const struct style *style)
{
	put_beginning(arena, plan, style);
	for (enum chapter chapter = 0; chapter < CHAPTER_MAX; chapter++)
		put_chapter(arena, plan, chapter, style);
	put_end(arena, plan, style);
}
