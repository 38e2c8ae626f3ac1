// peers.h: which links of a container lead to other containers, as the others find them: a symbolic link for each in its state directory, "peer-eth1" whose text is the --net word. It is made and
// read by one system call, never seen half written, and goes with the directory; nobody follows it. It is there from the moment on when the container's end can be made, and as long as the link is
// wanted; whether there is a pair is for the kernel to say. All changes, and the pairs themselves, are made under peers_lock().
#ifndef MINIRUN_STATE_PEERS_H
#define MINIRUN_STATE_PEERS_H

#include "base/arena.h"
#include "base/error.h"
#include "netns/link_option.h"

#include <stdbool.h>
#include <stddef.h>

// Locks the pairs between the containers of the state root that `dir`, a state directory, is in; waits for whoever has them. The fd, which is the lock, is the root's, and the caller's to close.
int peers_lock(int dir, struct error *err);

// Says that the container of `dir` has `link`, or has it no more. peers_forget() returns whether it had.
int peers_record(int dir, const struct net_link *link, struct error *err);
bool peers_forget(int dir, const char *name);

bool peers_have(int dir, const char *name);

// All of them, in no order. In `arena`. What cannot be understood, as from another version, is left out.
int peers_read(int dir, struct arena *arena, struct net_link **ret_links, size_t *ret_count, struct error *err);

#endif
