// shell_gaps.h: where a shell cannot follow the plan, or has nothing to do. Pure.
#ifndef MINIRUN_PLAN_SHELL_GAPS_H
#define MINIRUN_PLAN_SHELL_GAPS_H

#include "plan/plan.h"

// What the container by hand lacks because of the step, in a few words and then the reason; NULL: nothing.
const char *step_gap(const struct plan *plan, const struct step *step);
// Why a step without command lacks nothing; NULL: it has a command or a gap.
const char *step_needless(enum step_kind kind);

#endif
