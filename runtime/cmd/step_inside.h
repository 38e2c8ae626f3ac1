// step_inside.h: a shell in what there is of the container before a step, and the look from outside. Private to cmd/step*.c.
#ifndef MINIRUN_CMD_STEP_INSIDE_H
#define MINIRUN_CMD_STEP_INSIDE_H

#include "cmd/step.h"

// A shell in the namespaces, the cgroup and the root that the container has before step `index`, in the foreground of the terminal until it ends. `command`: for `sh -c`; NULL: one to type in.
//
// It is root of the container with the capabilities that the program may get (before pivot_root without those that lead out of a chroot), and sees nothing of the host: its root is the container's
// root file system. Until paths are masked and devices filtered it is the host's busybox, not the image's shell. As long as that is not in its place, "/" is the host's, and the shell is nobody's, without capabilities: it looks at the namespaces and can change nothing.
//
// 0, also when it fails, which it has said itself; 1: a signal has ended it, and waits to be read; -1: it could not be started.
int step_inside(const struct stepper *stepper, size_t index, const char *command, struct error *err);

// Runs step `index`'s look command on the host, as the caller. Returns as above.
int step_outside(const struct stepper *stepper, size_t index, struct error *err);

#endif
