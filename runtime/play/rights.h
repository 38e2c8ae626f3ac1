// rights.h: which capability the kernel asks for in each kind of step, so that a refusal names it.
#ifndef MINIRUN_PLAY_RIGHTS_H
#define MINIRUN_PLAY_RIGHTS_H

#include "base/error.h"
#include "plan/plan.h"

// After a failed step, in the process that took it: appends why EPERM or EACCES was the answer, where the step has not said so itself. Returns -1.
int rights_explain(enum step_kind kind, struct error *err);

#endif
