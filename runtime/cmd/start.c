// start.c: `minirun start ID...`: lets the programs of created containers run.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/command.h"
#include "cmd/cores_watch.h"
#include "play/cores.h"
#include "play/hooks.h"
#include "play/start.h"
#include "proc/notify.h"
#include "state/state.h"

#include <fcntl.h>
#include <sys/syscall.h>

// The socket of a container that was created for a service manager; -1 without error if it was not, or there is no manager.
static int listen_for_ready(int dir, int *ret_socket, struct error *err)
{
	AUTO_FD notify = notify_host() != NULL ? openat(dir, NOTIFY_STATE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

	*ret_socket = -1;
	if (notify < 0)
		return 0;
	*ret_socket = notify_listen(notify, err);
	return *ret_socket < 0 ? -1 : 0;
}

static void wait_until_ready(int socket, const struct state *state)
{
	AUTO_FD pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	struct error err = ERROR_INIT;

	if (pidfd >= 0 && process_start_time(state->pid) == state->pid_start && notify_wait_ready(socket, pidfd, notify_host(), state->pid, &err) < 0)
		log_warning("%s", err.text);
}

static void pin_threads(const struct globals *globals, struct arena *arena, const struct state *state)
{
	const struct ledger_claim *claim;
	struct error err = ERROR_INIT;

	if (cores_find(arena, state, &claim, &err) < 0)
		log_warning("its threads are not pinned: %s", err.text);
	else
		cores_watch_leave(globals, claim, state);
}

static int start_one(const struct globals *globals, const char *id, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	AUTO_FD root_fd = -1;
	AUTO_FD dir = state_share(globals->root, id, &root_fd, err);
	AUTO_FD notify = -1;
	int result = -1;

	log_set_subject(id);
	if (dir >= 0 && state_load(dir, &arena, &state, err) == 0 && listen_for_ready(dir, &notify, err) == 0)
		result = container_start(dir, &state, err);
	if (result == 0)
		pin_threads(globals, &arena, &state);
	if (result == 0 && state.poststart.count > 0)
		result = container_poststart(root_fd, dir, &state, err);
	close_fd(&dir); // unlocked: it may be deleted before it is ready
	if (result == 0 && notify >= 0)
		wait_until_ready(notify, &state);
	arena_free(&arena);
	return result;
}

int command_start(const struct globals *globals, int argc, char **argv)
{
	int words;
	int status = command_options("start", no_options, NULL, argc, argv, &words);

	if (status != 0)
		return status;
	if (words == 0)
		return command_usage("start", "no container id is given");
	for (int i = 0; i < words; i++) {
		struct error err = ERROR_INIT;

		if (start_one(globals, argv[i], &err) < 0)
			status = command_failed_with(&err, EXIT_FAILED);
	}
	return status;
}
