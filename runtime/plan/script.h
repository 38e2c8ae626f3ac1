// script.h: the plan as a bash script that builds the same container by hand. A view of the score, beside plan/describe.h; pure but for the writing.
#ifndef MINIRUN_PLAN_SCRIPT_H
#define MINIRUN_PLAN_SCRIPT_H

#include "plan/plan.h"

#include <stdio.h>

// Refuses what a shell cannot do in a way that would leave a container weaker than it says: a root without a mount namespace of its own, or without pivot_root(2), startContainer hooks, a unit of systemd, and what takes more rights than an ordinary user's commands have.
int script_check(const struct plan *plan, struct error *err);

// Writes the script of a plan that script_check() has passed.
void script_write(struct arena *arena, const struct plan *plan, FILE *out);

#endif
