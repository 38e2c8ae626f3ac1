// hooks.h: when which hook finds what: the container's state for its stdin, and what its failure means. How a hook is run, proc/hook.h knows.
#ifndef MINIRUN_PLAY_HOOKS_H
#define MINIRUN_PLAY_HOOKS_H

#include "base/error.h"
#include "proc/hook.h"
#include "state/state.h"

// A point in the container's life.
struct hook_moment {
	const char *list;             // "createRuntime"
	const struct state *state;
	enum container_status status; // as the hook is told
	pid_t pid;                    // the container's, as the hook sees it; 0: none
};

// Runs hook number `index` of the moment's list. setting->input is set here. -1 with the error naming list, index and path.
int hooks_run(const struct hook_moment *moment, size_t index, const struct hook *hook, struct hook_setting setting, struct error *err);

// Runs the poststart hooks in the state, one after the other up to the first that fails: -1, and the container has to be ended (container_destroy()). For after execve, in the runtime's namespaces.
// The container's lock should not be held, as a hook may well call minirun for its container.
int hooks_poststart(const struct state *state, struct error *err);

// For `start`, once the program runs: the poststart hooks of the container. When one fails the container is ended and taken away (container_destroy()): -1 with that hook's error.
// `dir`, `root`: the directories of the container and of all; the lock on `dir` is given up.
int container_poststart(int root, int dir, const struct state *state, struct error *err);

// Runs the poststop hooks in the state. Failures are warnings in the log, and the rest goes on. For after everything has been undone, which container_destroy() sees to.
void hooks_poststop(const struct state *state);

#endif
