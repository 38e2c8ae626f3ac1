// state.c: `minirun state ID`: the OCI state document.
#include "base/cleanup.h"
#include "cmd/command.h"
#include "state/standing.h"
#include "state/state.h"

// A container that is made step by step says where it stands.
static void add_step(struct arena *arena, int dir, struct state *state)
{
	struct spec_pairs *pairs = &state->annotations;
	struct spec_pair *items = arena_array(arena, pairs->count + 1, sizeof *items);
	struct standing standing;

	if (!standing_load(dir, arena, &standing))
		return;
	for (size_t i = 0; i < pairs->count; i++)
		items[i] = pairs->items[i];
	items[pairs->count] = (struct spec_pair){"org.minirun.step", arena_printf(arena, "%zu/%zu %s", standing.step, standing.last, standing.what)};
	state->pid = standing.pid; // long before the record has it
	*pairs = (struct spec_pairs){.items = items, .count = pairs->count + 1};
}

static int print_state(const char *root, const char *id, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	AUTO_FD dir = state_find(root, id, &arena, &state, err);

	if (dir >= 0) {
		enum container_status status = state_status(dir, &state);

		if (status == STATUS_CREATING)
			add_step(&arena, dir, &state);
		printf("%s\n", state_document(&arena, &state, status));
	}
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
