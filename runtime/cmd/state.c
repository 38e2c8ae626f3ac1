// state.c: `minirun state ID`: the OCI state document.
#include "base/cleanup.h"
#include "cmd/command.h"
#include "state/state.h"

static int print_state(const char *root, const char *id, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	AUTO_FD dir = state_find(root, id, &arena, &state, err);

	if (dir >= 0)
		printf("%s\n", state_document(&arena, &state, state_status(dir, &state)));
	arena_free(&arena);
	return dir >= 0 ? 0 : -1;
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
