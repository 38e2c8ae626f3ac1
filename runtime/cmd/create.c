// create.c: `minirun create ID`: builds a container whose program waits for `minirun start`. runc's form: the word is the id, the bundle is an option.
#include "cmd/bundle.h"

struct create_options_values {
	struct bundle_options common;
};

const struct option_entry create_options[] = {CONTAINER_OPTIONS(struct create_options_values), {0}};

static int create(struct bundle *bundle, const struct globals *globals, const struct bundle_options *options, int argc, char **argv, struct error *err)
{
	struct play_options play_options = {.hooks = globals->hooks, .root = globals->root, .ledger = &bundle->ledger};
	struct playing playing = PLAYING_INIT;

	if (bundle_prepare(bundle, globals, options, argc, argv, err) < 0 || play(&bundle->arena, &bundle->plan, &play_options, &playing, err) < 0)
		return -1;
	playing_close(&playing);
	return 0;
}

int command_create(const struct globals *globals, int argc, char **argv)
{
	struct create_options_values options = {.common.create = true};
	struct bundle bundle = {.ledger = LEDGER_INIT};
	struct error err = ERROR_INIT;
	int words;
	int status = command_options("create", create_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (create(&bundle, globals, &options.common, words, argv, &err) < 0)
		status = err.exit_code == EXIT_USAGE ? command_usage("create", "%s", err.text) : command_failed_with(&err, EXIT_FAILED);
	bundle_free(&bundle);
	return status;
}
