// play.h: performs a plan. Each process walks the same list and does only its own lines; on a failure the parent ends the process and takes
// away what was made, in reverse.
#ifndef MINIRUN_PLAY_PLAY_H
#define MINIRUN_PLAY_PLAY_H

#include "base/error.h"
#include "plan/plan.h"
#include "state/state.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Where a play stands, as its parent sees it.
struct play_site {
	const struct plan *plan;
	pid_t pid;      // of the container's first process; 0: not there yet
	int pidfd;
	int cgroup_dir; // the container's; -1: none, or not there yet
	int state_dir;  // locked; -1: not there yet
};

// Called right before and after each step is performed, by the process that performs it; -1 with `err` makes the step fail. For tests (torture), for stopping between steps, and for telling of them.
struct play_hooks {
	int (*before)(void *data, const struct plan *plan, size_t index, struct error *err);
	void (*after)(void *data, const struct play_site *site, size_t index); // of a step that has succeeded; EXEC has none. NULL: not wanted
	// By the parent, before it waits for anything of init's and performs its own step `index`, and before it waits for execve (`index` is the one behind it): the turn of all steps of init's
	// before `index`. Who has given init leave for them here, and waited for their end, makes the two take their steps in the order of the plan. -1 without err->step: init has ended, and has said why. NULL: not wanted
	int (*turn)(void *data, const struct play_site *site, size_t index, struct error *err);
	bool met; // `turn` has heard of init, whose end is none at its birth then (a play that meets one begins once more)
	void *data;
	int keep[2]; // fds that `before` uses, which init must not close; 0: none
};

// Begin and end of each step in nanoseconds since the play began; begin 0 = not performed.
struct step_time {
	uint64_t begin, end;
};

struct play_options {
	const struct play_hooks *hooks; // NULL: none
	struct step_time *times;        // one a step, in memory shared with children (trace_memory()); NULL: not wanted
	const char *root;               // state root
	struct ledger *ledger;          // of a plan with a claim on CPUs: open for writing since they were chosen, closed by the play; NULL: no such plan
};

// A container that runs: what the caller needs to attend it and to end it.
struct playing {
	pid_t pid;
	int pidfd;
	int master;     // pty; -1: none
	int notify;     // socket of notify_listen(); -1: none
	int state_dir;  // unlocked
	int state_root;
	struct state state; // as recorded; its strings are the plan's
	sigset_t mask;  // the caller's signal mask before the play
};

#define PLAYING_INIT ((struct playing){.pidfd = -1, .master = -1, .notify = -1, .state_dir = -1, .state_root = -1})

// Builds the container and starts its program: returns 0 when execve has succeeded. On failure all is as before, and err->exit_code is 125, 126 or 127.
// All catchable signals are blocked from here on (attend() takes over); the fds in `ret_playing` are the caller's.
int play(struct arena *arena, const struct plan *plan, const struct play_options *options, struct playing *ret_playing, struct error *err);

// After the program's end (state.pid_start set to 0 when its process has been reaped; otherwise it is killed): takes the container away (or, with plan->keep, records its end). A container that another command
// has removed already is success.
int play_end(const struct plan *plan, struct playing *playing, struct error *err);

void playing_close(struct playing *playing);

// Shared memory for `count` step times; NULL with errno.
struct step_time *trace_memory(size_t count);

#endif
