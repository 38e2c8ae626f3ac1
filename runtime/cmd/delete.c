// delete.c: `minirun delete ID...`: removes what is left of containers, finished, kept or crashed.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/command.h"
#include "play/destroy.h"
#include "play/pid_file.h"
#include "state/standing.h"
#include "state/state.h"

#include <sys/file.h>

struct delete_options_values {
	bool force;
};

const struct option_entry delete_options[] = {
	{"force", 'f', OPTION_FLAG, offsetof(struct delete_options_values, force), NULL, "kill it first if it runs; an unknown id is no error"},
	{0},
};

// A container's pid file belongs to who had it created: it stays, as it does with runc and crun, and containerd's shim reads it after `delete --force`.
// With `run` it goes.
static void leave_pid_file(struct state *state)
{
	size_t left = 0;

	if (state->origin != ORIGIN_CREATE)
		return;
	for (size_t i = 0; i < state->undo_count; i++) {
		struct error err = ERROR_INIT;

		if (state->undos[i].kind != UNDO_PID_FILE)
			state->undos[left++] = state->undos[i];
		else if (pid_file_tidy(state->undos[i].path, state->id, &err) < 0)
			log_warning("%s", err.text);
	}
	state->undo_count = left;
}

// The directory holds the container's lock.
static int delete_locked(int root, int dir, const char *id, bool force, struct arena *arena, struct error *err)
{
	struct state state;

	if (state_load(dir, arena, &state, err) < 0) {
		// No record, or a damaged one: with --force the directory goes, and with it all that is known.
		return force || err->code == ENOENT ? state_remove(root, id, err) : -1;
	}
	state.id = id; // whatever a damaged record says
	// What has not been started has nothing to lose, and engines delete it without --force.
	if (!force && state_stays_alive(&state) && !state_awaits_start(dir))
		return error_set(err, EBUSY, "cannot delete container \"%s\": it is running as pid %d; `minirun kill %s` it first, or use --force", id, state.pid, id);
	leave_pid_file(&state);
	return container_destroy(root, &state, NULL, err);
}

// Another command that has the lock may be waiting for the container, such as `start` for a hook inside or for a seccomp agent: it ends with the container. `run --step` waits for a person.
static void end_what_is_busy(int root, const char *id)
{
	struct error ignored = ERROR_INIT;
	struct standing standing;
	struct arena arena = {0};
	struct state state;
	AUTO_FD dir = state_open(root, id, &ignored);
	int result = 0;

	if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) < 0) {
		if (standing_load(dir, &arena, &standing))
			result = standing_end(dir, &standing, &ignored);
		else if (state_load(dir, &arena, &state, &ignored) == 0)
			result = container_kill(&state, &ignored);
	}
	if (result < 0)
		log_debug("%s", ignored.text);
	arena_free(&arena);
}

static int delete_one(const char *root, const char *id, bool force, struct error *err)
{
	AUTO_FD root_fd = state_open_root(root, false, err);
	AUTO_FD dir = -1;
	struct arena arena = {0};
	int result;

	if (root_fd < 0 && err->code == ENOENT)
		return force ? 0 : error_set(err, ENOENT, "container \"%s\" does not exist", id);
	if (root_fd < 0)
		return -1;
	if (force)
		end_what_is_busy(root_fd, id);
	dir = state_lock(root_fd, id, err);
	if (dir < 0)
		return force && err->code == ENOENT ? 0 : -1;
	result = delete_locked(root_fd, dir, id, force, &arena, err);
	arena_free(&arena);
	return result;
}

int command_delete(const struct globals *globals, int argc, char **argv)
{
	struct delete_options_values options = {0};
	int words;
	int status = command_options("delete", delete_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words == 0)
		return command_usage("delete", "no container id is given");
	for (int i = 0; i < words; i++) {
		struct error err = ERROR_INIT;

		if (delete_one(globals->root, argv[i], options.force, &err) < 0)
			status = command_failed(&err, EXIT_FAILED);
	}
	return status;
}
