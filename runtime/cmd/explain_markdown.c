// explain_markdown.c: `minirun explain --format markdown`, for a course's pages: GitHub Flavored Markdown (https://github.github.com/gfm); see explain.h.
#include "cmd/explain.h"

#include "plan/describe.h"
#include "plan/lesson.h"

#include <string.h>

// A code span or block ends at a run of backticks as long as the one that begins it: one more than the text has in a row.
static unsigned fence_of(const char *text, unsigned least)
{
	unsigned longest = 0, run = 0;

	for (; *text != '\0'; text++) {
		run = *text == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest + 1 > least ? longest + 1 : least;
}

static void put_fence(FILE *out, unsigned length)
{
	while (length-- > 0)
		fputc('`', out);
}

// A code span in a cell of a table, where a bar has to be escaped also in code; "" becomes an empty cell.
static void put_cell(FILE *out, const char *text)
{
	unsigned fence = fence_of(text, 1);

	if (*text == '\0')
		return;
	put_fence(out, fence);
	if (fence > 1)
		fputc(' ', out);
	for (; *text != '\0'; text++) {
		if (*text == '|')
			fputc('\\', out);
		fputc((unsigned char)*text >= ' ' ? *text : ' ', out);
	}
	if (fence > 1)
		fputc(' ', out);
	put_fence(out, fence);
}

static void put_block(FILE *out, const char *head, const char *language, const char *text)
{
	unsigned fence = fence_of(text, 3);

	fprintf(out, "%s\n\n", head);
	put_fence(out, fence);
	fprintf(out, "%s\n", language);
	// A width of its own: what is longer GitHub scrolls.
	style_commands(&(struct style){.out = out, .width = 100}, 0, 0, text, strcmp(language, "sh") == 0);
	put_fence(out, fence);
	fprintf(out, "\n\n");
}

// Prose of minirun's own: the only characters that mean something to Markdown are those of names in it.
static void put_prose(FILE *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("*_<>[]|$", *text) != NULL)
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void put_step(struct arena *arena, const struct plan *plan, size_t index, FILE *out)
{
	const struct step *step = &plan->steps[index];
	const char *what = step_summary(arena, plan, step), *shell = step_shell(arena, plan, step);

	fprintf(out, "### %zu. %s (%s)\n\n", index, step_name(step->kind), actor_name(step->actor));
	put_cell(out, what);
	fprintf(out, "%s**Why:** ", *what != '\0' ? "\n\n" : "");
	put_prose(out, step_why(step->kind));
	fprintf(out, ". (");
	put_prose(out, step_source(step->kind));
	fprintf(out, ")\n\n");
	if (step->needs >= 0)
		fprintf(out, "Waits for step %d.\n\n", step->needs);
	for (size_t i = 0; step->kind == STEP_CLAIM_CORES && i < plan->cpu_reasons.count; i++)
		fprintf(out, "- %s\n%s", plan->cpu_reasons.items[i], i + 1 == plan->cpu_reasons.count ? "\n" : "");
	put_block(out, "The kernel is asked:", "c", step_call(arena, plan, step));
	if (shell != NULL)
		put_block(out, "By hand:", "sh", shell);
	else
		fprintf(out, "By hand: a shell has no command for this.\n\n");
	put_block(out, "Look from outside:", "sh", step_look(arena, plan, step, plan->count));
}

static void put_chapter(struct arena *arena, const struct plan *plan, enum chapter chapter, FILE *out)
{
	bool begun = false;

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (step_chapter(step->kind) != chapter)
			continue;
		if (!begun) {
			fprintf(out, "## %s\n\n", chapter_title(chapter));
			put_prose(out, chapter_text(chapter));
			fprintf(out, "\n\n| step | actor | name | what |\n|---:|---|---|---|\n");
		}
		begun = true;
		fprintf(out, "| %zu | %s | %s | ", i, actor_name(step->actor), step_name(step->kind));
		put_cell(out, step_summary(arena, plan, step));
		fprintf(out, " |\n");
	}
	if (begun)
		fputc('\n', out);
	for (size_t i = 0; i < plan->count; i++)
		if (step_chapter(plan->steps[i].kind) == chapter)
			put_step(arena, plan, i, out);
}

static void put_end(struct arena *arena, const struct plan *plan, FILE *out)
{
	if (plan->undo_count == 0 && plan->poststop.count == 0)
		return;
	fprintf(out, "## At the end\n\n");
	for (size_t i = plan->undo_count; i > 0; i--) {
		fprintf(out, "- undo: ");
		put_cell(out, arena_printf(arena, "%s %s", undo_name(plan->undos[i - 1].kind), plan->undos[i - 1].path));
		fputc('\n', out);
	}
	for (size_t i = 0; i < plan->poststop.count; i++) {
		fprintf(out, "- poststop, when all has been undone: ");
		put_cell(out, hook_summary(arena, &plan->poststop.items[i], i));
		fputc('\n', out);
	}
}

void explain_markdown(struct arena *arena, const struct plan *plan, FILE *out)
{
	struct placeholder placeholders[PLACEHOLDER_COUNT];

	fprintf(out, "# How %s is made\n\n", plan->id);
	fprintf(out, "%zu steps, in the order of their numbers, by two actors: the parent is minirun, outside; init is the process inside that becomes the program.\n\n", plan->count);
	fprintf(out, "| stands for | what |\n|---|---|\n");
	plan_placeholders(arena, plan, placeholders);
	for (size_t i = 0; i < PLACEHOLDER_COUNT; i++) {
		fprintf(out, "| `%s` | ", placeholders[i].name);
		put_prose(out, placeholders[i].text);
		fprintf(out, " |\n");
	}
	fputc('\n', out);
	for (enum chapter chapter = 0; chapter < CHAPTER_MAX; chapter++)
		put_chapter(arena, plan, chapter, out);
	put_end(arena, plan, out);
}
