// plan.c: `minirun plan` and `minirun explain`: the score without playing it.
#include "base/log.h"
#include "cmd/bundle.h"
#include "plan/describe.h"

#include <stdio.h>

struct plan_options_values {
	struct bundle_options common;
};

const struct option_entry plan_options[] = {BUNDLE_OPTIONS(struct plan_options_values), {0}};
const struct option_entry explain_options[] = {BUNDLE_OPTIONS(struct plan_options_values), {0}};

static void print_step(struct arena *arena, const struct plan *plan, size_t index)
{
	const struct step *step = &plan->steps[index];
	const char *waits = step->needs >= 0 ? arena_printf(arena, "  [waits for %d]", step->needs) : "";

	printf("%3zu %-6s %-20s %s%s\n", index, actor_name(step->actor), step_name(step->kind), step_summary(arena, plan, step), waits);
}

void plan_explain_step(struct arena *arena, const struct plan *plan, size_t index)
{
	const struct step *step = &plan->steps[index];
	const char *shell = step_shell(arena, plan, step);

	print_step(arena, plan, index);
	for (size_t i = 0; step->kind == STEP_CLAIM_CORES && i < plan->cpu_reasons.count; i++)
		printf("    %s\n", plan->cpu_reasons.items[i]);
	printf("    call  %s\n    why   %s\n    shell %s\n\n", step_call(arena, plan, step), step_why(step->kind), shell != NULL ? shell : "(a shell has no command for this)");
}

static int print_plan(const char *name, void (*print)(struct arena *, const struct plan *, size_t), const struct globals *globals, int argc, char **argv)
{
	struct plan_options_values options = {0};
	struct bundle bundle = {.ledger = LEDGER_INIT};
	struct error err = ERROR_INIT;
	int words;
	int status = command_options(name, plan_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (bundle_load(&bundle, globals, &options.common, words, argv, &err) < 0 || bundle_plan(&bundle, globals, &options.common, &err) < 0) {
		status = err.exit_code == EXIT_USAGE ? command_usage(name, "%s", err.text) : command_failed(&err, EXIT_FAILED);
	} else {
		for (size_t i = 0; i < bundle.plan.warnings.count; i++)
			log_warning("%s", bundle.plan.warnings.items[i]);
		for (size_t i = 0; i < bundle.plan.count; i++)
			print(&bundle.arena, &bundle.plan, i);
		for (size_t i = 0; i < bundle.plan.poststop.count; i++)
			printf("  - parent poststop             %s  [when all has been undone]\n", hook_summary(&bundle.arena, &bundle.plan.poststop.items[i], i));
	}
	bundle_free(&bundle);
	return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

int command_plan(const struct globals *globals, int argc, char **argv)
{
	return print_plan("plan", print_step, globals, argc, argv);
}

int command_explain(const struct globals *globals, int argc, char **argv)
{
	return print_plan("explain", plan_explain_step, globals, argc, argv);
}
