// foreground.h: a child that has the terminal for itself while it runs, such as a shell: its own foreground process group, the terminal's modes restored afterwards.
#ifndef MINIRUN_CMD_FOREGROUND_H
#define MINIRUN_CMD_FOREGROUND_H

#include "base/error.h"

#include <termios.h>

struct foreground {
	int terminal;           // becomes fds 0, 1 and 2 of the child
	int signals;            // signalfd: one of these that arrives meanwhile ends the child
	struct termios modes;   // those that the child begins with, and the terminal has again in the end
};

// In a child with nothing blocked and no handlers, in the foreground of the terminal; the exit status is what it returns.
typedef int foreground_function(void *data);

// Runs `function` in a child until its end. `*ret_status`: its exit status, 128+n for a signal. 0; 1 when one of the signals has ended it, which then waits to be read; -1: there is no child.
int foreground_run(const struct foreground *foreground, foreground_function *function, void *data, int *ret_status, struct error *err);

// In such a child: the calling process becomes the foreground.
void foreground_take(int terminal);

#endif
