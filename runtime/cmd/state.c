// state.c: `minirun state ID`: the OCI state document.
#include "base/cleanup.h"
#include "cmd/command.h"
#include "state/state.h"

static int print_state(const char *root, const char *id, struct error *err)
{
	AUTO_FD root_fd = state_open_root(root, false, err);
	AUTO_FD dir = -1;
	struct arena arena = {0};
	struct state state;
	int result;

	if (root_fd < 0 && err->code != ENOENT)
		return -1;
	if (root_fd < 0)
		return error_set(err, ENOENT, "container \"%s\" does not exist", id);
	dir = state_open(root_fd, id, err);
	if (dir < 0)
		return -1;
	result = state_load(dir, &arena, &state, err);
	if (result == 0)
		printf("%s\n", state_document(&arena, &state, state_status(dir, &state)));
	arena_free(&arena);
	return result;
}

int command_state(const struct globals *globals, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	int words;
	int status = command_options("state", no_options, NULL, argc, argv, &words);

	if (status != 0)
		return status;
	if (words != 1)
		return command_usage("state", words == 0 ? "no container id is given" : "one container id, not more");
	return print_state(globals->root, argv[0], &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
