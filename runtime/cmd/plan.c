// plan.c: `minirun plan` and `minirun explain`: the score without playing it.
#include "base/log.h"
#include "base/parse.h"
#include "cmd/bundle.h"
#include "cmd/explain.h"
#include "cmd/step_record.h"
#include "plan/describe.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
	for (size_t i = 0; i < plan->poststop.count; i++) {
		fputs("  - parent poststop             ", out);
		style_put(&(struct style){.out = out}, TONE_PLAIN, hook_summary(arena, &plan->poststop.items[i], i));
		fputs("  [when all has been undone]\n", out);
	}
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

// A word that is no bundle may be the id of a container; one that is both is the container as long as that is made step by step.
static bool names_container(const char *root, const struct plan_options_values *values, int words, char **argv)
{
	struct stat info;
	char path[PATH_MAX];

	if (words != 1 || values->common.bundle != NULL || values->common.id != NULL || !valid_container_id(argv[0]))
		return false;
	if (stat(argv[0], &info) == 0)
		return step_record_stands(root, argv[0]);
	return (size_t)snprintf(path, sizeof path, "%s/%s", root, argv[0]) < sizeof path && stat(path, &info) == 0;
}

// Of one that is made step by step: what is kept of its plan has two forms.
static int explain_container(const struct globals *globals, const char *id, const char *format)
{
	struct error err = ERROR_INIT;

	if (format != NULL && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return command_usage("explain", "of a container, --format is 'text' or 'json', not '%s'", format);
	return step_record_print(globals->root, id, format != NULL && strcmp(format, "json") == 0, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
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
	if (explains && names_container(globals->root, &values, words, argv))
		return explain_container(globals, argv[0], values.format);
	if (bundle_load(&bundle, globals, &values.common, words, argv, &err) < 0 || bundle_plan(&bundle, globals, &values.common, &err) < 0) {
		status = err.exit_code == EXIT_USAGE ? command_usage(name, "%s", err.text) : command_failed(&err, EXIT_FAILED);
	} else {
		for (size_t i = 0; i < bundle.plan.warnings.count; i++)
			log_warning("%s", bundle.plan.warnings.items[i]);
		form->print(&bundle.arena, &bundle.plan, stdout);
	}
	bundle_free(&bundle);
	return status;
}

int command_plan(const struct globals *globals, int argc, char **argv)
{
	return show("plan", plan_options, false, globals, argc, argv);
}

int command_explain(const struct globals *globals, int argc, char **argv)
{
	return show("explain", explain_options, true, globals, argc, argv);
}
