// launch.h: starts a helper program of the host's, with no signal blocked: minirun has all of them blocked while it builds a container, and children inherit that.
#ifndef MINIRUN_BASE_LAUNCH_H
#define MINIRUN_BASE_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

// Starts `file`, which is looked up in PATH unless it has a slash, with the file `from` as its fd `to` (0 to 2) and minirun's environment. 0 and the pid, which the
// caller has to wait for, or an errno.
int launch(const char *file, char *const *args, int from, int to, pid_t *ret_pid);

// Runs args[0], found in the same way, to its end. The first line of what it says on stderr goes to `said`, cut to `size`. 0 and the status of waitpid(2), or an errno: it could not be started.
int launch_and_hear(char *const *args, char *said, size_t size, int *ret_status);

#endif
