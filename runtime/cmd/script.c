// script.c: `minirun script`: the container as a bash script that builds it by hand.
#include "base/log.h"
#include "cmd/bundle.h"
#include "plan/script.h"

#include <stdio.h>

struct script_options_values {
	struct bundle_options common;
};

const struct option_entry script_options[] = {BUNDLE_OPTIONS(struct script_options_values), {0}};

int command_script(const struct globals *globals, int argc, char **argv)
{
	struct script_options_values options = {0};
	struct bundle bundle = {.ledger = LEDGER_INIT};
	struct error err = ERROR_INIT;
	int words;
	int status = command_options("script", script_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (bundle_load(&bundle, globals, &options.common, words, argv, &err) < 0 || bundle_plan(&bundle, globals, &options.common, &err) < 0 || script_check(&bundle.plan, &err) < 0) {
		status = err.exit_code == EXIT_USAGE ? command_usage("script", "%s", err.text) : command_failed(&err, EXIT_FAILED);
	} else {
		for (size_t i = 0; i < bundle.plan.warnings.count; i++)
			log_warning("%s", bundle.plan.warnings.items[i]);
		script_write(&bundle.arena, &bundle.plan, stdout);
	}
	bundle_free(&bundle);
	return status;
}
