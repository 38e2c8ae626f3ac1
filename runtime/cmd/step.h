// step.h: `run --step`: stops before each step of the plan and asks, on the terminal, what to do.
#ifndef MINIRUN_CMD_STEP_H
#define MINIRUN_CMD_STEP_H

#include "base/arena.h"
#include "base/error.h"
#include "cmd/turns.h"
#include "play/play.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <termios.h>

struct stepper {
	struct turns turns;        // its hooks are for play_options; must not move
	struct arena *arena;
	int terminal;              // where questions and answers go; -1: not open
	FILE *out;                 // the same, for writing
	struct termios saved, cooked; // modes as they were, and for typing a line
	int signals;               // signalfd
	size_t until;              // no stop before this one
};

#define STEPPER_INIT ((struct stepper){.terminal = -1, .signals = -1, .turns = TURNS_INIT})

// Finds the terminal: /dev/tty, or else standard input. -1 if there is none. To be closed by stepper_close() also after a failure.
int stepper_open(struct stepper *stepper, struct arena *arena, struct error *err);
void stepper_close(struct stepper *stepper);

#endif
