// peer.h: links between two containers, peer=ID:NAME: whichever of the two comes second makes the pair and configures both ends.
#ifndef MINIRUN_PLAY_PEER_H
#define MINIRUN_PLAY_PEER_H

#include "play/player.h"

// Under the lock of the state root's pairs: says in the container's state directory that the link is wanted, and, if the peer is there and wants it, too, makes the pair: both ends in one message, then each
// with its own container's options. The peer need not be running: once its network namespace is made, "created" is enough. Without it the container has no such link until then. On failure there is no pair,
// and the record is gone; the text says which side's option it was.
step_function peer_meet;

// Under the same lock: the container of the state directory `dir` wants the link no more, and its end, in the namespace of `socket`, goes, if there is one: the peer's goes with it, and waits again.
int peer_remove(int dir, int socket, const char *name, struct error *err);

// The undo of UNDO_PEER: a directory that is left half removed says nothing any more. The pair has gone with the network namespace, or by UNDO_JOINED_LINKS.
int peer_undo(const struct state *state, const char *name, struct error *err);

#endif
