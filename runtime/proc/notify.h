// notify.h: a service in the container tells the service manager outside that it is ready: a socket of our own in the container, and what arrives there passed on to the
// manager's ($NOTIFY_SOCKET). Protocol: sd_notify(3), sd_notify_barrier(3). The manager's own socket never gets inside: what comes from a container is looked at first.
#ifndef MINIRUN_PROC_NOTIFY_H
#define MINIRUN_PROC_NOTIFY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// The socket's name below the directory that the container gets.
#define NOTIFY_SOCKET_NAME "notify.sock"

enum { NOTIFY_MESSAGE_MAX = 4096 };

// Binds a datagram socket NOTIFY_SOCKET_NAME in the directory `dir`, in place of a former one, which everybody may write to. Non-blocking fd, owned by the caller.
int notify_listen(int dir, struct error *err);

// Keeps of a message the lines that a service may say about itself (READY, STATUS, RELOADING, STOPPING, MONOTONIC_USEC, ERRNO, WATCHDOG, EXTEND_TIMEOUT_USEC), each ended by a
// newline; MAINPID, FDSTORE, BARRIER and what else steers the manager goes. `ret_ready`: READY=1 is among them. Returns the length of `ret_lines`. Pure.
size_t notify_filter(const char *message, size_t length, char ret_lines[static NOTIFY_MESSAGE_MAX + 1], bool *ret_ready);

// Takes what is waiting in `socket` and passes it on to the manager's socket `host` ("/path", or "@name" for an abstract one). With READY=1 the manager is told `main_pid` as
// the service's main process, too. `*ret_ready` is set to true then, else left. An error is one of reaching the manager.
int notify_forward(int socket, const char *host, pid_t main_pid, bool *ret_ready, struct error *err);

// For a caller that ends once the service is ready: waits until that has been passed on and the manager has worked off all that was said (at most 30 s, as runc), or
// until the process behind `pidfd` ends.
int notify_wait_ready(int socket, int pidfd, const char *host, pid_t main_pid, struct error *err);

#endif
