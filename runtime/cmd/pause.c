// pause.c: `minirun pause ID` and `minirun resume ID`: all processes of a container stopped by the cgroup's freezer, and let go again.
#include "base/cleanup.h"
#include "cgroup/cgroup.h"
#include "cmd/command.h"
#include "cmd/in_use.h"
#include "cmd/still.h"

#include <errno.h>

enum { FREEZE_MS = 10000 }; // what a process may need to leave the kernel; runc waits as long

// Engines look for "container not paused", runc's words.
static int check_status(const struct state *state, enum container_status status, bool pause, struct error *err)
{
	if (pause && status == STATUS_PAUSED)
		return error_set(err, EBUSY, "cannot pause container \"%s\": container paused already", state->id);
	if (!pause && status != STATUS_PAUSED)
		return error_set(err, EINVAL, "cannot resume container \"%s\": container not paused (it is %s)", state->id, status_name(status));
	if (state->cgroup_mount == NULL)
		return error_set(err, ENOTSUP, "cannot pause container \"%s\": it has no cgroup to freeze", state->id);
	return 0;
}

static int freeze(const char *state_root, const struct state *state, enum container_status status, bool pause, struct error *err)
{
	AUTO_FD root = cgroup_open_root(state->cgroup_mount, err);

	if (root < 0)
		return -1;
	// `list` asks the cgroup of a created container only when it is marked.
	if (pause && status == STATUS_CREATED && state_mark_paused(state_root, state->id, true, err) < 0)
		return -1;
	if (cgroup_freeze(root, state->cgroup_path, state->owner, pause, FREEZE_MS, err) < 0)
		return error_prefix(err, "cannot %s container \"%s\"", pause ? "pause" : "resume", state->id);
	if (!pause)
		still_forget(state);
	// What runs again may have ended already, and its container with it.
	return pause || state_mark_paused(state_root, state->id, false, err) == 0 || err->code == ENOENT ? 0 : -1;
}

// What a copy that was killed has left frozen is not paused, and must not be taken for that later.
static int end_killed_copy(const struct state *state, enum container_status *status, struct error *err)
{
	int recovered = still_recover(state, err);

	if (recovered > 0 && *status == STATUS_PAUSED)
		*status = STATUS_RUNNING;
	return recovered < 0 ? -1 : 0;
}

static int pause_or_resume(const char *name, bool pause, const struct globals *globals, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	enum container_status its;
	struct state state;
	int words;
	int status = command_options(name, no_options, NULL, argc, argv, &words);

	if (status != 0)
		return status;
	if (words != 1)
		return command_usage(name, words == 0 ? "no container id is given" : "one container id, not more");
	if (in_use_find(globals->root, argv[0], name, &arena, &state, &its, &err) < 0 || (pause && end_killed_copy(&state, &its, &err) < 0) || check_status(&state, its, pause, &err) < 0 || freeze(globals->root, &state, its, pause, &err) < 0)
		status = command_failed(&err, EXIT_FAILED);
	arena_free(&arena);
	return status;
}

int command_pause(const struct globals *globals, int argc, char **argv)
{
	return pause_or_resume("pause", true, globals, argc, argv);
}

int command_resume(const struct globals *globals, int argc, char **argv)
{
	return pause_or_resume("resume", false, globals, argc, argv);
}
