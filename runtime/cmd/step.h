// step.h: `run --step`: stops before each step of the plan and asks, on the terminal, what to do.
//
// The two actors, who otherwise work side by side, take their steps one at a time and in the order of the plan: init asks for leave before each of its steps and reports the end of it, on a
// socket of the stepper's own, and the parent, before a step of its own, has given leave for all of init's that come first. That the order of the plan is one in which every step can be taken, its
// `needs` see to, which only point backwards. One pair overlaps all the same: init's filter with a listener is in force once the parent's next step has handed the listener on.
#ifndef MINIRUN_CMD_STEP_H
#define MINIRUN_CMD_STEP_H

#include "base/arena.h"
#include "base/error.h"
#include "play/play.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

struct stepper {
	struct play_hooks hooks;   // for play_options; `data` is the stepper, which must not move
	struct arena *arena;
	int terminal;              // where questions and answers go; -1: not open
	FILE *out;                 // the same, for writing
	struct termios saved, cooked; // modes as they were, and for typing a line
	int signals;               // signalfd
	int channel, init_channel; // parent's and init's end, from SPAWN on
	struct play_site site;     // as of the last turn
	size_t next;               // the first step that has not been begun
	size_t until;              // no stop before this one
	int64_t begun;             // clock_ns() of the step that this process takes
};

#define STEPPER_INIT ((struct stepper){.terminal = -1, .signals = -1, .channel = -1, .init_channel = -1})

// Finds the terminal: /dev/tty, or else standard input. -1 if there is none. To be closed by stepper_close() also after a failure.
int stepper_open(struct stepper *stepper, struct arena *arena, struct error *err);
void stepper_close(struct stepper *stepper);

#endif
