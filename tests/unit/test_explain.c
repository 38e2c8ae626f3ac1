// test_explain.c: the plan as a lesson: every kind of step has its place in it, the examples' plans and lessons are as the golden files say, and what is broken into lines is still the
// command that it was. After a wanted change: UPDATE_GOLDEN=1 build/tests/unit/test_explain, then review `git diff`.
#include "host_topology.h"

#include "base/file.h"
#include "cmd/explain.h"
#include "plan/describe.h"
#include "plan/lesson.h"
#include "spec/default.h"
#include "spec/own.h"

#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOLDEN "tests/unit/golden/explain/"

enum { FILE_MAX = 1 << 20 };

// A machine of the books: pure cgroup v2, eight CPUs, nothing special.
static const struct host machine = {
	.capabilities = ~UINT64_C(0), .cgroup_mount = "/sys/fs/cgroup", .controllers = 1u << CONTROLLER_CPU | 1u << CONTROLLER_CPUSET | 1u << CONTROLLER_MEMORY | 1u << CONTROLLER_PIDS | 1u << CONTROLLER_IO,
	.cpus_online = "0-7", .cpus_isolated = "", .mems_online = "0", .apparmor = true,
};

struct built {
	struct spec spec;
	struct arena arena;
	struct own own;
	struct host host;
	struct plan plan;
};

// Of a bundle in /examples/NAME, with the flags.
static void build(struct built *built, const char *name, const char *config, const struct own_flags *flags)
{
	struct error err = ERROR_INIT;
	struct plan_request request = {.spec = &built->spec, .own = &built->own, .id = name, .root = PLAN_USUAL_ROOT};
	char bundle[256];

	*built = (struct built){.host = machine};
	snprintf(bundle, sizeof bundle, "/examples/%s", name);
	if (spec_parse(&built->spec, bundle, config, strlen(config), NULL, &err) < 0 || own_resolve(&built->spec, flags, true, &built->own, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	if (built->own.places)
		host_add_topology(&built->arena, &built->host);
	if (plan_build(&built->arena, &request, &built->host, &built->plan, &err) < 0)
		fail_msg("%s: %s", name, err.text);
}

static void release(struct built *built)
{
	spec_free(&built->spec);
	arena_free(&built->arena);
}

// ---- tables ----

static void every_kind_of_step_has_its_place(void **state)
{
	(void)state;
	for (int kind = 0; kind < STEP_KIND_MAX; kind++) {
		const enum step_kind step = (enum step_kind)kind;

		if (step_name(step) == NULL || *step_name(step) == '\0')
			fail_msg("step kind %d has no name", kind);
		if (step_why(step) == NULL || *step_why(step) == '\0')
			fail_msg("%s has no reason", step_name(step));
		if (step_source(step) == NULL || *step_source(step) == '\0')
			fail_msg("%s has no source and no chapter", step_name(step));
		assert_true(step_chapter(step) < CHAPTER_MAX);
		if (step_look_template(step) == NULL || *step_look_template(step) == '\0')
			fail_msg("%s cannot be looked at", step_name(step));
	}
}

static void every_chapter_has_steps_and_a_text(void **state)
{
	(void)state;
	for (int chapter = 0; chapter < CHAPTER_MAX; chapter++) {
		bool used = false;

		assert_true(strlen(chapter_name((enum chapter)chapter)) > 0 && strlen(chapter_title((enum chapter)chapter)) > 0 && strlen(chapter_text((enum chapter)chapter)) > 100);
		for (int kind = 0; kind < STEP_KIND_MAX; kind++)
			used |= step_chapter((enum step_kind)kind) == (enum chapter)chapter;
		assert_true(used);
	}
}

// ---- golden files ----

enum form { FORM_PLAN, FORM_TEXT, FORM_JSON, FORM_MARKDOWN, FORM_DOT, FORM_MAX };

static const char *const endings[FORM_MAX] = {"plan.txt", "txt", "json", "md", "dot"};

static void print(struct built *built, enum form form, FILE *out)
{
	const struct style style = {.out = out, .width = 80};

	switch (form) {
	case FORM_PLAN:
		for (size_t i = 0; i < built->plan.count; i++)
			explain_head(&built->arena, &built->plan, i, "", &(struct style){.out = out});
		break;
	case FORM_TEXT:
		explain_text(&built->arena, &built->plan, &style);
		break;
	case FORM_JSON:
		explain_json(&built->arena, &built->plan, out);
		break;
	case FORM_MARKDOWN:
		explain_markdown(&built->arena, &built->plan, out);
		break;
	case FORM_DOT:
		explain_dot(&built->arena, &built->plan, out);
		break;
	case FORM_MAX:
		break;
	}
}

static void compare(const char *path, const char *expected, const char *actual)
{
	size_t line = 1, same = 0;

	while (expected[same] != '\0' && expected[same] == actual[same])
		line += expected[same++] == '\n';
	if (expected[same] == actual[same])
		return;
	while (same > 0 && expected[same - 1] != '\n')
		same--;
	fail_msg("%s:%zu\n  expected: %.*s\n  got:      %.*s", path, line, (int)strcspn(expected + same, "\n"), expected + same, (int)strcspn(actual + same, "\n"), actual + same);
}

static void is_golden(struct built *built, const char *name, enum form form)
{
	char *actual = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&actual, &size);
	char path[256];

	print(built, form, out);
	assert_int_equal(fclose(out), 0);
	snprintf(path, sizeof path, GOLDEN "%s.%s", name, endings[form]);
	if (getenv("UPDATE_GOLDEN") != NULL) {
		FILE *file = fopen(path, "we");

		assert_non_null(file);
		fputs(actual, file);
		assert_int_equal(fclose(file), 0);
	} else {
		char *expected = read_whole_file_at(AT_FDCWD, path, FILE_MAX, &size);

		compare(path, expected != NULL ? expected : "", actual);
		free(expected);
	}
	free(actual);
}

// Whatever has a config.json below examples/.
static void the_examples_are_as_the_golden_files_say(void **state)
{
	static const char *const patterns[] = {"examples/*/config.json", "examples/*/*/config.json"};
	static const struct own_flags none;
	glob_t files = {0};

	(void)state;
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
		glob(patterns[i], i == 0 ? 0 : GLOB_APPEND, NULL, &files);
	assert_true(files.gl_pathc > 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct arena arena = {0};
		size_t size;
		char *config = read_whole_file_at(AT_FDCWD, files.gl_pathv[i], FILE_MAX, &size);
		const char *name = basename(dirname(arena_strdup(&arena, files.gl_pathv[i])));
		struct built built;

		assert_non_null(config);
		build(&built, name, config, &none);
		is_golden(&built, name, FORM_PLAN);
		is_golden(&built, name, FORM_TEXT);
		release(&built);
		arena_free(&arena);
		free(config);
	}
	globfree(&files);
}

// The container of examples/demo: what `minirun spec` writes, with a link and a CPU.
static void the_demo_is_as_the_golden_files_say(void **state)
{
	const struct own_flags flags = {.nets = (const char *[]){"eth0:veth,bridge=mrdemo0,address=10.9.0.2/24,gateway=10.9.0.1"}, .net_count = 1, .cpus = "7"};
	char *config = spec_default_json(NULL);
	struct built built;

	(void)state;
	assert_non_null(config);
	build(&built, "demo", config, &flags);
	for (enum form form = 0; form < FORM_MAX; form++)
		is_golden(&built, "demo", form);
	release(&built);
	free(config);
}

// ---- lines ----

static char *styled(const char *text, unsigned width, bool shell)
{
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);

	style_commands(&(struct style){.out = out, .width = width}, 10, 10, text, shell);
	fclose(out);
	return result;
}

static void commands_are_broken_where_a_shell_allows_it(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"one; two", "one\n          two\n"},
		{"echo 'a; b'; echo \"c; d\"", "echo 'a; b'\n          echo \"c; d\"\n"},
		{"echo 'it'\\''s; one'; b", "echo 'it'\\''s; one'\n          b\n"},
		{"echo $'it\\'s; one'; b", "echo $'it\\'s; one'\n          b\n"},
		{"echo 'a\\'; b", "echo 'a\\'\n          b\n"},
		{"echo \\\"a; b", "echo \\\"a\n          b\n"},
		{"x $(a; b); y", "x $(a; b)\n          y\n"},
		{"word1 word2 word3 word4 word5 word6", "word1 word2 word3 word4 \\\n            word5 word6\n"},
		{"printf 'one two three four five six seven'", "printf \\\n            'one two three four five six seven'\n"},
		{"short   # a remark; with more words than fit", "short\n          # a remark; with more words\n          # than fit\n"},
		{"echo 'two\nlines\033[0m'", "echo 'two\nlines?[0m'\n"},
		{"", "\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = styled(cases[i].text, 38, true);

		assert_string_equal(text, cases[i].expected);
		free(text);
		if (strchr(cases[i].text, '\033') != NULL)
			continue;
		text = styled(cases[i].text, 0, true);
		assert_int_equal(strncmp(text, cases[i].text, strlen(cases[i].text)), 0);
		free(text);
	}
}

static void calls_are_broken_behind_bars_too(void **state)
{
	char *text = styled("clone3({flags=CLONE_NEWPID|CLONE_NEWNS|CLONE_PIDFD}) = <pid>; setsid()", 38, false);

	(void)state;
	assert_string_equal(text, "clone3({flags=CLONE_NEWPID|\n            CLONE_NEWNS|CLONE_PIDFD})\n            = <pid>\n          setsid()\n");
	free(text);
}

// Nothing for a terminal where there is none; and what a config says is no command to the reader's terminal.
static void colours_are_for_terminals(void **state)
{
	static const char config[] = "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":\"/\",\"args\":[\"sh\",\"-c\",\"\\u001b[2J\"]},\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}";
	static const struct own_flags none;
	struct built built;

	(void)state;
	build(&built, "colours", config, &none);
	for (int color = 0; color < 2; color++) {
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		explain_text(&built.arena, &built.plan, &(struct style){.out = out, .color = color != 0});
		fclose(out);
		assert_int_equal(strchr(text, '\033') != NULL, color);
		assert_null(strstr(text, "\033[2J"));
		free(text);
	}
	release(&built);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_step_has_its_place),
		cmocka_unit_test(every_chapter_has_steps_and_a_text),
		cmocka_unit_test(the_examples_are_as_the_golden_files_say),
		cmocka_unit_test(the_demo_is_as_the_golden_files_say),
		cmocka_unit_test(commands_are_broken_where_a_shell_allows_it),
		cmocka_unit_test(calls_are_broken_behind_bars_too),
		cmocka_unit_test(colours_are_for_terminals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
