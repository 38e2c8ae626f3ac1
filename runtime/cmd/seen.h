// seen.h: what the host sees of a step that has been taken, read from outside: /proc/PID and the cgroup. For `run --explain`.
#ifndef MINIRUN_CMD_SEEN_H
#define MINIRUN_CMD_SEEN_H

#include "base/arena.h"
#include "play/play.h"

// One line, as "CapBnd: 00000000000004e0"; NULL where there is nothing to be seen of such a step, or not by this user. `site`: as of the end of step `index`.
const char *step_seen(struct arena *arena, const struct play_site *site, size_t index);

#endif
