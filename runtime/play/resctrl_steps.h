// resctrl_steps.h: the parent's lines for linux.intelRdt, and how they are undone. Private to play/.
#ifndef MINIRUN_PLAY_RESCTRL_STEPS_H
#define MINIRUN_PLAY_RESCTRL_STEPS_H

#include "play/player.h"

step_function resctrl_make, resctrl_enter;

// Removes the resctrl group with that directory. Absent, or no resctrl file system any more, is success.
int resctrl_take_away(const char *path, struct error *err);

#endif
