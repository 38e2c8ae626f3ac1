// seal.h: keeps the container's processes away from minirun's own binary on the host (CVE-2019-5736).
#ifndef MINIRUN_PLAY_SEAL_H
#define MINIRUN_PLAY_SEAL_H

#include "base/error.h"

// Executes this program again from a detached, read-only clone of its own file, so that /proc/PID/exe leads nowhere writable; returns 0 at once when that
// has happened already. Costs one more start (about half a millisecond), so it is for the cases where others can see the set-up: a pid namespace
// that is joined or shared with the host, and what waits for `start` where hiding is not enough (STEP_HIDE of plan/plan.h). In a pid namespace of its own the first process is alone until the program runs, and the
// program itself is never minirun's binary (program_execute()).
// Without the right to clone mounts it is a copy in memory instead, unless the file is out of the caller's reach anyway.
int seal_self(char **argv, struct error *err);

#endif
