// start.c: `minirun start ID...`: lets the programs of created containers run.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/command.h"
#include "play/start.h"
#include "state/state.h"

static int start_one(const char *root, const char *id, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	AUTO_FD root_fd = -1;
	AUTO_FD dir = state_share(root, id, &root_fd, err);
	int result = -1;

	log_set_subject(id);
	if (dir >= 0 && state_load(dir, &arena, &state, err) == 0)
		result = container_start(dir, &state, err);
	if (result == 0 && state.poststart.count > 0)
		result = container_poststart(root_fd, dir, &state, err);
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

		if (start_one(globals->root, argv[i], &err) < 0)
			status = command_failed_with(&err, EXIT_FAILED);
	}
	return status;
}
