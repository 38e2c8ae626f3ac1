// explain_dot.c: `minirun explain --format dot`, for dot(1) of graphviz; see explain.h. A cluster a chapter, a node a step; the steps of an actor are a chain, and
// what one actor needs of the other is an edge across: the spawn, where init begins, and each wait.
#include "cmd/explain.h"

#include "plan/describe.h"
#include "plan/lesson.h"

enum { LABEL_WIDTH = 40 }; // of what a step does, in a node

static void put_escaped(FILE *out, const char *text, size_t most)
{
	size_t i = 0;

	for (; i < most && text[i] != '\0'; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', out);
		fputc((unsigned char)text[i] >= ' ' ? text[i] : ' ', out);
	}
	// Not within a character of several bytes.
	for (; ((unsigned char)text[i] & 0xc0) == 0x80; i++)
		fputc(text[i], out);
	if (text[i] != '\0')
		fputs("...", out);
}

static void put_node(struct arena *arena, const struct plan *plan, size_t index, FILE *out)
{
	const struct step *step = &plan->steps[index];
	const char *what = step_summary(arena, plan, step);

	fprintf(out, "\t\ts%zu [fillcolor=%s, label=\"%zu %s %s", index, step->actor == ACTOR_PARENT ? "lightblue" : "palegreen", index, actor_name(step->actor), step_name(step->kind));
	if (*what != '\0')
		fputs("\\n", out);
	put_escaped(out, what, LABEL_WIDTH);
	fputs("\", tooltip=\"", out);
	put_escaped(out, step_call(arena, plan, step), (size_t)-1);
	fputs("\"];\n", out);
}

static void put_chapter(struct arena *arena, const struct plan *plan, enum chapter chapter, FILE *out)
{
	bool begun = false;

	for (size_t i = 0; i < plan->count; i++) {
		if (step_chapter(plan->steps[i].kind) != chapter)
			continue;
		if (!begun) {
			fprintf(out, "\tsubgraph \"cluster_%s\" {\n\t\tlabel=\"", chapter_name(chapter));
			put_escaped(out, chapter_title(chapter), (size_t)-1);
			fputs("\";\n", out);
		}
		begun = true;
		put_node(arena, plan, i, out);
	}
	if (begun)
		fputs("\t}\n", out);
}

// Of the first step of init's.
static void put_beginning(const struct plan *plan, size_t index, FILE *out)
{
	const struct step *spawn = plan_find(plan, STEP_SPAWN, index);

	if (spawn != NULL)
		fprintf(out, "\ts%td -> s%zu [style=bold, color=red, label=\"init begins\"];\n", spawn - plan->steps, index);
}

static void put_edges(const struct plan *plan, FILE *out)
{
	int last[ACTOR_MAX] = {-1, -1};

	for (size_t i = 0; i < plan->count; i++) {
		const struct step *step = &plan->steps[i];

		if (last[step->actor] >= 0)
			fprintf(out, "\ts%d -> s%zu [color=%s];\n", last[step->actor], i, step->actor == ACTOR_PARENT ? "blue" : "darkgreen");
		else if (step->actor == ACTOR_INIT && last[ACTOR_PARENT] >= 0)
			put_beginning(plan, i, out);
		if (step->needs >= 0)
			fprintf(out, "\ts%d -> s%zu [style=bold, color=red, label=\"waits\"];\n", step->needs, i);
		last[step->actor] = (int)i;
	}
}

void explain_dot(struct arena *arena, const struct plan *plan, FILE *out)
{
	fputs("digraph \"", out);
	put_escaped(out, plan->id, (size_t)-1);
	fputs("\" {\n\tnode [shape=box, style=filled, fontname=\"sans-serif\", fontsize=10];\n\tedge [fontname=\"sans-serif\", fontsize=9];\n\tgraph [fontname=\"sans-serif\"];\n", out);
	for (enum chapter chapter = 0; chapter < CHAPTER_MAX; chapter++)
		put_chapter(arena, plan, chapter, out);
	put_edges(plan, out);
	fputs("}\n", out);
}
