// describe.h: the plan in words: what a step does, by which kernel call, why, and what a person would type.
// Views of the score (plan, explain, trace, error texts); pure. Texts live in the arena given.
#ifndef MINIRUN_PLAN_DESCRIBE_H
#define MINIRUN_PLAN_DESCRIBE_H

#include "base/arena.h"
#include "plan/plan.h"

// Stable short word of a step kind: "mount", "pivot-root".
const char *step_name(enum step_kind kind);
// "mount proc on /proc": what the step does, with its objects.
const char *step_summary(struct arena *arena, const struct plan *plan, const struct step *step);
// The kernel calls with their real arguments. Values known only when it runs (fds, pids) have names in angle brackets.
const char *step_call(struct arena *arena, const struct plan *plan, const struct step *step);
// Why the step is there, and why there in the order.
const char *step_why(enum step_kind kind);
// "hook 0: /usr/bin/hook its arguments (at most 5 s)": for poststop hooks, which are no steps.
const char *hook_summary(struct arena *arena, const struct hook *hook, size_t index);
// The shell command that does the same, or NULL when a shell has none.
const char *step_shell(struct arena *arena, const struct plan *plan, const struct step *step);
// The same with a line for each command.
const char *step_commands(struct arena *arena, const struct plan *plan, const struct step *step);
// `text` as one word of bash, without newlines or other control characters: those are written out in $'...'.
const char *shell_quoted(struct arena *arena, const char *text);

#endif
