// notes.h: the socket between the parent and the container's first process.
// Each datagram is whole: a note ("done up to step n", with the pty's master if there is one) or an error. A dead peer is EOF, which is an abort.
#ifndef MINIRUN_PLAY_NOTES_H
#define MINIRUN_PLAY_NOTES_H

#include "base/error.h"

// A SEQPACKET pair, both ends O_CLOEXEC: [0] the parent's, [1] init's.
int notes_pair(int ret_ends[2], struct error *err);

// "Step `index` is done." `fd` (>= 0) is handed over with it; it stays the caller's as well. A peer that is gone is no error here: the next wait tells.
int note_done(int socket, int index, int fd, struct error *err);

// Sends the error as one datagram; best effort, since the caller is about to end.
void note_error(int socket, const struct error *error);

enum note_result { NOTE_DONE, NOTE_EOF, NOTE_FAILED };

// Receives one datagram. NOTE_DONE: `*ret_index`, and an fd that came along in `*fd` (a former one is closed). NOTE_FAILED: the peer's error, or one of receiving, is in `err`.
enum note_result note_receive(int socket, int *ret_index, int *fd, struct error *err);

// For who receives nothing any more: from notes_watch_end() on, notes_ended() tells whether the peer has closed its end, by read(2) alone, which hardly any
// seccomp filter forbids.
void notes_watch_end(int socket);
int notes_ended(int socket);

// Waits for one note by read(2) alone, which hardly any seccomp filter forbids. -1 with errno: EPIPE when the peer is gone.
int note_read(int socket, int *ret_index);

// Whether the peer has closed its end already; nothing is taken from the socket.
int notes_peer_gone(int socket);

#endif
