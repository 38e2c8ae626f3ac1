// trace.h: the times of a plan's steps, for `run --trace`.
#ifndef MINIRUN_CMD_TRACE_H
#define MINIRUN_CMD_TRACE_H

#include <stdbool.h>

struct arena;
struct plan;
struct step_time;

// Prints one line a step to stderr: number, actor, begin and duration in microseconds, what it did; or one JSON array. `times` may be NULL (no memory): then nothing.
void trace_print(struct arena *arena, const struct plan *plan, const struct step_time *times, bool json);

#endif
