// start.h: the meeting of `minirun create` and `minirun start`.
// The container's first process listens on start.sock in its state directory: the socket is there as long as the container is "created". `start` takes it
// away, connects and says go; from then on the connection is the notes' socket (notes.h): an error of the last steps comes over
// it, and its end means that execve has happened. A `start` that is killed before it says go leaves the turn to another one; one that is killed later ends the container, unless execve is next.
#ifndef MINIRUN_PLAY_START_H
#define MINIRUN_PLAY_START_H

#include "base/error.h"
#include "state/state.h"

// Makes the listening socket in the state directory `dir`. fd owned by the caller.
int start_listen(int dir, struct error *err);

// In the first process: waits for `start`. Returns the connection, owned by the caller; those who go without a word are passed over.
int start_accept(int listener, struct error *err);

// Lets the program of a created container run; returns when execve has succeeded, or with the error of what kept it from that (the container has
// ended then). A container that is not "created" is refused (EBUSY running, ESRCH stopped) and left as it is. `dir`: its state directory, locked for sharing
// (state_share()) by the caller.
int container_start(int dir, const struct state *state, struct error *err);

#endif
