// plan.c: `minirun plan` and `minirun explain`: the score without playing it.
#include "base/log.h"
#include "cmd/bundle.h"
#include "cmd/explain.h"
#include "plan/describe.h"

#include <stdio.h>
#include <string.h>

struct plan_options_values {
	struct bundle_options common;
	const char *format;
};

const struct option_entry plan_options[] = {BUNDLE_OPTIONS(struct plan_options_values), {0}};
const struct option_entry explain_options[] = {
	BUNDLE_OPTIONS(struct plan_options_values),
	{"format", 'f', OPTION_STRING, offsetof(struct plan_options_values, format), "text|json|markdown|dot", "form of the output"},
	{0},
};

static void print_plan(struct arena *arena, const struct plan *plan, FILE *out)
{
	for (size_t i = 0; i < plan->count; i++)
		explain_head(arena, plan, i, "", &(struct style){.out = out});
	for (size_t i = 0; i < plan->poststop.count; i++)
		fprintf(out, "  - parent poststop             %s  [when all has been undone]\n", hook_summary(arena, &plan->poststop.items[i], i));
}

static void print_text(struct arena *arena, const struct plan *plan, FILE *out)
{
	const struct style style = style_for(out);

	explain_text(arena, plan, &style);
}

static const struct form {
	const char *name;
	void (*print)(struct arena *arena, const struct plan *plan, FILE *out);
} forms[] = {{"text", print_text}, {"json", explain_json}, {"markdown", explain_markdown}, {"dot", explain_dot}};

static const struct form *form_of(const char *name)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (name == NULL || strcmp(forms[i].name, name) == 0)
			return &forms[i];
	return NULL;
}

static int show(const char *name, const struct option_entry *options, bool explains, const struct globals *globals, int argc, char **argv)
{
	static const struct form plain = {"text", print_plan};
	struct plan_options_values values = {0};
	struct bundle bundle = {.ledger = LEDGER_INIT};
	struct error err = ERROR_INIT;
	const struct form *form;
	int words;
	int status = command_options(name, options, &values, argc, argv, &words);

	if (status != 0)
		return status;
	form = explains ? form_of(values.format) : &plain;
	if (form == NULL)
		return command_usage(name, "--format is 'text', 'json', 'markdown' or 'dot', not '%s'", values.format);
	if (bundle_load(&bundle, globals, &values.common, words, argv, &err) < 0 || bundle_plan(&bundle, globals, &values.common, &err) < 0) {
		status = err.exit_code == EXIT_USAGE ? command_usage(name, "%s", err.text) : command_failed(&err, EXIT_FAILED);
	} else {
		for (size_t i = 0; i < bundle.plan.warnings.count; i++)
			log_warning("%s", bundle.plan.warnings.items[i]);
		form->print(&bundle.arena, &bundle.plan, stdout);
	}
	bundle_free(&bundle);
	return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

int command_plan(const struct globals *globals, int argc, char **argv)
{
	return show("plan", plan_options, false, globals, argc, argv);
}

int command_explain(const struct globals *globals, int argc, char **argv)
{
	return show("explain", explain_options, true, globals, argc, argv);
}
