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
	int notify;    // socket of notify_listen() whose messages go to the service manager at `notify_host`, which is told minirun's own pid
	const char *notify_host; // NULL: no such socket
	int (*timer)(void *context); // what is done beside, such as pinning threads: called at once and then again and again, each time after so many milliseconds as it has returned (-1: no more); NULL: nothing
	void *timer_context;
	sigset_t *mask; // the caller's signal mask as of attend_block_signals(), restored in the end; may be NULL
};

// Blocks every signal, so that none is lost between spawn and attend, except those that the caller has ignored: what `nohup` keeps
// from minirun is kept from the container. The former mask goes to `ret_old`, which the child must restore (attend_reset_child()).
// Blocking the faults (SIGSEGV, ...) does no harm: the kernel ends a process that causes one itself, blocked or not.
int attend_block_signals(sigset_t *ret_old, struct error *err);

// In a new child of a process that has called attend_block_signals(): default dispositions for all signals and the mask `mask`.
void attend_reset_child(const sigset_t *mask);

// Until the process has ended: forwards every signal that arrives (all but SIGCHLD; SIGWINCH resizes the pty when there is one; those sent by sigqueue(3), such as real-time signals, with their value), copies
// between stdin/stdout and `master` (raw mode, window size, both restored), drains the pty after the end so that no output is lost, reaps. `*ret_status` is the exit code: the program's, or 128+n for signal n.
// Also reaps other children that were re-parented to the caller (when it is a subreaper).
//
// A ^Z typed at the terminal (not raw) is forwarded and stops minirun, too, so that the shell gets its prompt back; what is sent by kill(2) is only forwarded.
// When stdin ends, the pty gets its end-of-file character (^D), so that `echo ls | minirun run` ends. When stdout is closed, the container's output is read and dropped.
// Signals that are still pending at the end are dropped before `mask` is restored; with `mask` NULL all stay blocked, so that the caller can clean up first.
int attend(struct attend *attend, int *ret_status, struct error *err);

#endif
