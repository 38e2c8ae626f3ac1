// unix_socket.h: hands one fd to whoever listens on an AF_UNIX stream socket: a console socket, a pidfd socket, a seccomp agent.
#ifndef MINIRUN_PROC_UNIX_SOCKET_H
#define MINIRUN_PROC_UNIX_SOCKET_H

#include "base/error.h"

#include <stddef.h>

// Connects to the socket at `path`, which may be longer than sun_path, and sends `text` (`length` bytes) with `fd`, which comes with the first byte; then the connection is closed.
// `seconds`: how long a peer that takes nothing is waited for; 0: for ever. `what` is for the error: "console socket".
int unix_socket_send(const char *path, const char *what, const char *text, size_t length, int fd, unsigned seconds, struct error *err);

#endif
