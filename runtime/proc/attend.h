// attend.h: what the foreground parent does while the container runs: forward signals, relay the terminal, reap.
#ifndef MINIRUN_PROC_ATTEND_H
#define MINIRUN_PROC_ATTEND_H

#include "base/error.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct attend {
	pid_t pid;
	int pidfd;     // of `pid`
	int master;    // pty master to relay with stdin/stdout; -1: no terminal
	sigset_t *mask; // the caller's signal mask as of attend_block_signals(), restored in the end; may be NULL
};

// Blocks every catchable signal, so that none is lost between spawn and attend; the former mask goes to `ret_old`, which the child must restore
// (attend_reset_child()). SIGSEGV and the other synchronous faults stay unblocked.
int attend_block_signals(sigset_t *ret_old, struct error *err);

// In a new child: default dispositions for all signals and the mask `mask`.
void attend_reset_child(const sigset_t *mask);

// Until the process has ended: forwards every signal that arrives (all but SIGCHLD; SIGWINCH resizes the pty when there is one; real-time signals with their value), copies between stdin/stdout and `master` (raw mode, window size,
// both restored), drains the pty after the end so that no output is lost, reaps. `*ret_status` is the exit code: the program's, or 128+n for signal n.
// Also reaps other children that were re-parented to the caller (when it is a subreaper).
int attend(struct attend *attend, int *ret_status, struct error *err);

#endif
