// step_record.h: the plan of a container that is made step by step, for `minirun explain ID` on another terminal: the steps in words, kept in the state directory.
#ifndef MINIRUN_CMD_STEP_RECORD_H
#define MINIRUN_CMD_STEP_RECORD_H

#include "base/arena.h"
#include "base/error.h"
#include "plan/plan.h"

#include <stdbool.h>

int step_record_save(int dir, struct arena *arena, const struct plan *plan, struct error *err);

// Prints the plan of container `id` below `root` with a mark at the step at which it stands, and that step in full; as JSON the object of `explain --format json` with "standing". -1: there is no such
// container, or it was not made by `run --step`.
int step_record_print(const char *root, const char *id, bool json, struct error *err);

// Whether there is a container `word` below `root` that is being made step by step at this moment. For a word that is a file or directory here as well, which is meant unless this says so: a container's
// usual id is the name of its bundle. Without the right to look there is none.
bool step_record_stands(const char *root, const char *word);

#endif
