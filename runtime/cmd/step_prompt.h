// step_prompt.h: the question before a step and the answers to it. Private to cmd/step*.c.
#ifndef MINIRUN_CMD_STEP_PROMPT_H
#define MINIRUN_CMD_STEP_PROMPT_H

#include "cmd/step.h"

// Shows step `index` of stepper->turns.site.plan, records it for other terminals, and asks, unless stepper->until is behind it. 0: it is to be taken; -1: all is to be undone, `err` says who wanted so, with
// the step's number in err->step, or, without one, that init has ended.
int step_ask(struct stepper *stepper, size_t index, struct error *err);

// Tells how step `index` has gone. `took`: nanoseconds.
void step_tell_done(struct stepper *stepper, const struct play_site *site, size_t index, int64_t took);

// Waits until `fd` can be read; -1 as above when a signal says that all is to be undone.
int step_wait(struct stepper *stepper, int fd, size_t index, struct error *err);

#endif
