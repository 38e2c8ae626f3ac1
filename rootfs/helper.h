// helper.h: a short-lived process that looks at other mounts than the caller's, and makes a mount there for it.
#ifndef MINIRUN_ROOTFS_HELPER_H
#define MINIRUN_ROOTFS_HELPER_H

#include "base/error.h"

#include <stdint.h>

// Calls `work` with `data` in a new process that shares the caller's fds (and gets, with CLONE_NEWNS in `flags`, a mount namespace of its own), and waits for its end.
// Returns the fd that `work` has returned, owned by the caller, or -1 with its error. `work` is responsible for its own fds: what it leaves open stays open in the caller.
int helper_run(uint64_t flags, int (*work)(const void *data, struct error *err), const void *data, struct error *err);

#endif
