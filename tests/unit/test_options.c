// test_options.c: the option parser, and the tables of all commands.
#include "cmd/command.h"
#include "cmd/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

struct values {
	bool flag, other;
	const char *text;
	struct option_list list;
};

static const struct option_entry table[] = {
	{"flag", 'f', OPTION_FLAG, offsetof(struct values, flag), NULL, "a flag"},
	{"other", 0, OPTION_FLAG, offsetof(struct values, other), NULL, "another"},
	{"text", 't', OPTION_STRING, offsetof(struct values, text), "TEXT", "a text"},
	{"list", 'l', OPTION_LIST, offsetof(struct values, list), "ITEM", "a list"},
	{0},
};

enum { WORDS_MAX = 16 };

// A command line split at blanks, parsed. The words that are left stand joined with blanks in `left`.
struct parsed {
	struct values values;
	struct error err;
	char text[512], left[512];
	int result, count;
};

static void parse(struct parsed *parsed, const char *line, bool stop_at_word)
{
	char *argv[WORDS_MAX + 1];
	int argc = 0;

	*parsed = (struct parsed){.err = ERROR_INIT, .count = -1};
	snprintf(parsed->text, sizeof parsed->text, "%s", line);
	for (char *word = strtok(parsed->text, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	parsed->result = options_parse(table, &parsed->values, argc, argv, stop_at_word, &parsed->count, &parsed->err);
	if (parsed->result < 0)
		return;
	assert_null(argv[parsed->count]);
	for (int i = 0; i < parsed->count; i++)
		snprintf(parsed->left + strlen(parsed->left), sizeof parsed->left - strlen(parsed->left), "%s%s", i > 0 ? " " : "", argv[i]);
}

static void every_spelling_of_an_option_is_read(void **state)
{
	static const struct { const char *line; bool flag, other; const char *text, *left; } samples[] = {
		{"", false, false, NULL, ""},
		{"a b c", false, false, NULL, "a b c"},
		{"--flag", true, false, NULL, ""},
		{"-f", true, false, NULL, ""},
		{"--flag=true", true, false, NULL, ""},
		{"--flag=false", false, false, NULL, ""},
		{"--flag --flag=false", false, false, NULL, ""},
		{"-flag", false, false, NULL, NULL},
		{"--text x", false, false, "x", ""},
		{"--text=x", false, false, "x", ""},
		{"--text=", false, false, "", ""},
		{"--text==", false, false, "=", ""},
		{"--text=a=b", false, false, "a=b", ""},
		{"-t x", false, false, "x", ""},
		{"-t --flag", false, false, "--flag", ""},
		{"--text --", false, false, "--", ""},
		{"--text a --text b", false, false, "b", ""},
		{"a --flag b --text x c", true, false, "x", "a b c"},
		{"a -- --flag b", false, false, NULL, "a --flag b"},
		{"-- --", false, false, NULL, "--"},
		{"-", false, false, NULL, "-"},
		{"--other -f a", true, true, NULL, "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct parsed parsed;

		parse(&parsed, samples[i].line, false);
		if (samples[i].left == NULL) {
			assert_int_equal(parsed.result, -1);
			continue;
		}
		if (parsed.result < 0)
			fail_msg("'%s': %s", samples[i].line, parsed.err.text);
		if (parsed.values.flag != samples[i].flag || parsed.values.other != samples[i].other || strcmp(parsed.left, samples[i].left) != 0)
			fail_msg("'%s' leaves '%s'", samples[i].line, parsed.left);
		assert_int_equal(samples[i].text == NULL, parsed.values.text == NULL);
		if (samples[i].text != NULL)
			assert_string_equal(parsed.values.text, samples[i].text);
	}
}

static void the_first_word_ends_the_options_before_a_command(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "--flag run --other -x", true);
	assert_int_equal(parsed.result, 0);
	assert_true(parsed.values.flag);
	assert_false(parsed.values.other);
	assert_string_equal(parsed.left, "run --other -x");
}

static void a_list_keeps_its_order_and_its_end(void **state)
{
	char *argv[2 * (OPTION_LIST_MAX + 1) + 1];
	char name[] = "--list";
	char items[OPTION_LIST_MAX + 1][16];
	struct values values = {0};
	struct error err = ERROR_INIT;
	int count;

	(void)state;
	for (int i = 0; i <= OPTION_LIST_MAX; i++) {
		snprintf(items[i], sizeof items[i], "%d", i);
		argv[2 * i] = name;
		argv[2 * i + 1] = items[i];
	}
	argv[2 * OPTION_LIST_MAX] = NULL;
	assert_int_equal(options_parse(table, &values, 2 * OPTION_LIST_MAX, argv, false, &count, &err), 0);
	assert_int_equal(values.list.count, OPTION_LIST_MAX);
	for (int i = 0; i < OPTION_LIST_MAX; i++)
		assert_int_equal(atoi(values.list.items[i]), i);
	for (int i = 0; i <= OPTION_LIST_MAX; i++) {
		argv[2 * i] = name;
		argv[2 * i + 1] = items[i];
	}
	argv[2 * OPTION_LIST_MAX + 2] = NULL;
	values = (struct values){0};
	assert_int_equal(options_parse(table, &values, 2 * OPTION_LIST_MAX + 2, argv, false, &count, &err), -1);
	assert_int_equal(err.code, E2BIG);
	assert_non_null(strstr(err.text, "--list is given more than 64 times"));
}

static void a_mistake_is_named(void **state)
{
	static const struct { const char *line, *message; } samples[] = {
		{"--nothing", "unknown option --nothing; see --help"},
		{"--nothing=1", "unknown option --nothing=1"},
		{"-x", "unknown option -x"},
		{"-ft", "unknown option -ft"},
		{"--", NULL},
		{"--fla", "unknown option --fla"},
		{"--flags", "unknown option --flags"},
		{"---flag", "unknown option ---flag"},
		{"--=x", "unknown option --=x"},
		{"--f", "unknown option --f"},
		{"--flag=yes", "option --flag takes no value, but 'yes' is given"},
		{"--flag=", "option --flag takes no value, but '' is given"},
		{"--text", "option --text needs a value: --text TEXT"},
		{"-t", "option --text needs a value: --text TEXT"},
		{"a --list", "option --list needs a value: --list ITEM"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct parsed parsed;

		parse(&parsed, samples[i].line, false);
		if (samples[i].message == NULL) {
			assert_int_equal(parsed.result, 0);
			continue;
		}
		if (parsed.result == 0)
			fail_msg("'%s' is taken", samples[i].line);
		if (strstr(parsed.err.text, samples[i].message) == NULL)
			fail_msg("'%s': expected '%s' in '%s'", samples[i].line, samples[i].message, parsed.err.text);
		assert_int_equal(parsed.err.code, EINVAL);
	}
}

static void check_table(const char *command, const struct option_entry *options)
{
	for (const struct option_entry *entry = options; entry->name != NULL; entry++) {
		if ((entry->type == OPTION_FLAG) != (entry->argument == NULL) || entry->help == NULL || strlen(entry->help) < 5 || strchr(entry->name, '=') != NULL)
			fail_msg("%s: the row of --%s is not complete", command, entry->name);
		for (const struct option_entry *other = options; other != entry; other++) {
			if (strcmp(other->name, entry->name) == 0 || (entry->letter != 0 && other->letter == entry->letter) ||
			    other->offset == entry->offset)
				fail_msg("%s: --%s and --%s share name, letter or place", command, other->name, entry->name);
		}
		// --help and -h are every command's.
		if (entry->letter == 'h' || strcmp(entry->name, "help") == 0)
			fail_msg("%s: --%s hides the help", command, entry->name);
	}
}

static void the_tables_of_all_commands_are_sound(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct command *command = commands; command->name != NULL; command++, count++) {
		assert_non_null(command->run);
		assert_non_null(command->options);
		assert_true(strlen(command->summary) > 10);
		check_table(command->name, command->options);
		for (const struct command *other = commands; other != command; other++)
			assert_string_not_equal(other->name, command->name);
	}
	assert_true(count >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_of_an_option_is_read),
		cmocka_unit_test(the_first_word_ends_the_options_before_a_command),
		cmocka_unit_test(a_list_keeps_its_order_and_its_end),
		cmocka_unit_test(a_mistake_is_named),
		cmocka_unit_test(the_tables_of_all_commands_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
