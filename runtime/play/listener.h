// listener.h: the way of a seccomp listener from the process that has installed the filter to the agent at linux.seccomp.listenerPath.
#ifndef MINIRUN_PLAY_LISTENER_H
#define MINIRUN_PLAY_LISTENER_H

#include "base/error.h"
#include "proc/seccomp.h"
#include "state/state.h"

// In the process that is to be filtered: installs the filter and waits until the peer has handed the listener on (listener_hand_on()) and says so by a note,
// whose index is in `*ret_index`.
int listener_install(int socket, const struct seccomp_filter *filter, int *ret_index, struct error *err);

// In the peer: what listener_install() has said (a note with a number and a pidfd) is carried out: the listener goes to the agent. The note that lets the process go on is for
// the caller to send. `state` and `status` are the container's, `pid` is its first process.
int listener_hand_on(int pidfd, int number, const struct state *state, enum container_status status, pid_t pid, const char *path, const char *metadata, struct error *err);

#endif
