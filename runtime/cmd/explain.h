// explain.h: the plan as a lesson, in the forms of `minirun explain --format`. They show what plan/describe.h and plan/lesson.h say, and decide nothing.
#ifndef MINIRUN_CMD_EXPLAIN_H
#define MINIRUN_CMD_EXPLAIN_H

#include "base/arena.h"
#include "cmd/style.h"
#include "plan/plan.h"
#include "plan/removal.h"

// By chapters, for a terminal or a pager.
void explain_text(struct arena *arena, const struct plan *plan, const struct style *style);
// One step of it: number, actor and what it does, then call, reason, shell command, look command. `taken`: for step_look().
void explain_step(struct arena *arena, const struct plan *plan, size_t index, size_t taken, const struct style *style);
// The same of a step of `net del`; `number` stands before it.
void explain_removal_step(struct arena *arena, const struct removal_step *step, size_t number, const struct style *style);
// What stands before each of these, indented: "call  "; what follows begins in column EXPLAIN_COLUMN.
enum { EXPLAIN_COLUMN = 10 };
void explain_label(const struct style *style, enum tone tone, const char *label);
// The head line of a step alone, with its newline; `rest`: to be put behind it, "" for nothing.
void explain_head(struct arena *arena, const struct plan *plan, size_t index, const char *rest, const struct style *style);

// One object; docs/minirun.1, "EXPLAIN" lists its members.
void explain_json(struct arena *arena, const struct plan *plan, FILE *out);
// The same of a container that is made step by step: each step has one more member, lookBeforePivot, how to look at it as long as init's "/" is the host's; null: as ever.
void explain_json_by_step(struct arena *arena, const struct plan *plan, FILE *out);
// A page as GitHub shows it.
void explain_markdown(struct arena *arena, const struct plan *plan, FILE *out);
// A directed graph for dot(1): a cluster a chapter, an edge a hand-over.
void explain_dot(struct arena *arena, const struct plan *plan, FILE *out);

#endif
