// calls.h: parts of the kernel calls of the steps (describe.h: step_call) that are a file of their own: what makes processes and what they become. Pure.
#ifndef MINIRUN_PLAN_CALLS_H
#define MINIRUN_PLAN_CALLS_H

#include "base/arena.h"
#include "plan/plan.h"

const char *call_spawn(struct arena *arena, const struct step *step);
const char *call_maps(struct arena *arena, const struct id_maps *maps);
const char *call_mapping(struct arena *arena, const struct step *step);
const char *call_become_root(struct arena *arena, const struct plan *plan, const struct step *step);
const char *call_user(struct arena *arena, const struct plan *plan, const struct user_ids *user);
const char *call_capabilities(struct arena *arena, const struct plan *plan, const struct step *step);
const char *call_reaper(struct arena *arena, const struct plan *plan, const struct step *step);
const char *call_hook(struct arena *arena, const struct plan *plan, const struct step *step);

#endif
