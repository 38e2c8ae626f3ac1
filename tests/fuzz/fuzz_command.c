// fuzz_command.c: libFuzzer over argument lists, one word a line, the first one the command's number in commands[] (as a byte): whatever the words, the parser of every
// command's options touches only its own memory and keeps what options.h promises; the words of --net, --cpus, --snapshot and of exec's --user, --env, --cap and
// --additional-gids go on to who understands them. What the commands then do is tests/integration/command_line.sh's.
#include "cmd/command.h"
#include "cmd/exec_process.h"
#include "cmd/options.h"
#include "spec/own.h"
#include "spec/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 200, VALUES_SIZE = 1 << 16 };

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

// The lines of `text` in place; their number.
static int split(char *text, char *words[static WORDS_MAX + 1])
{
	int count = 0;

	while (text != NULL && count < WORDS_MAX)
		words[count++] = strsep(&text, "\n");
	words[count] = NULL;
	return count;
}

static const char config[] = "{\"ociVersion\": \"1.3.0\", \"root\": {\"path\": \"rootfs\"}, \"process\": {\"args\": [\"true\"], \"cwd\": \"/\", \"user\": {\"uid\": 0, \"gid\": 0}}}";

// The same words for each of the lists: none is made for another.
static void understand(const struct option_list *list, const char *first, int count, char **words)
{
	struct error err = ERROR_INIT;
	struct own_flags flags = {.snapshot = first, .cpus = first, .nets = calloc(list->count + 1, sizeof *flags.nets), .net_count = list->count};
	struct exec_flags process = {.user = first, .cwd = first, .env = *list, .groups = *list, .capabilities = *list};
	struct spec spec = {0};
	struct own own = {0};

	memcpy(flags.nets, list->items, list->count * sizeof *flags.nets);
	if (spec_parse(&spec, "/bundle", config, sizeof config - 1, NULL, &err) == 0) {
		if (own_resolve(&spec, &flags, false, &own, &err) < 0)
			require(err.code != 0 && err.text[0] != '\0', "an error of own_resolve() has a code and a text");
		err = ERROR_INIT;
		if (exec_process(&spec, &process, count, words, &err) < 0)
			require(err.code != 0 && err.text[0] != '\0', "an error of exec_process() has a code and a text");
	}
	spec_free(&spec);
	free(flags.nets);
}

static void parse(const struct option_entry *table, int count, char **words, bool stop_at_word)
{
	struct error err = ERROR_INIT;
	void *values = calloc(1, VALUES_SIZE);
	int left = -1;

	if (options_parse(table, values, count, words, stop_at_word, &left, &err) < 0) {
		require(err.code != 0 && err.text[0] != '\0', "an error of options_parse() has a code and a text");
		free(values);
		return;
	}
	require(left >= 0 && left <= count && words[left] == NULL, "the words that are left are counted, and end with NULL");
	for (; table->name != NULL; table++) {
		const struct option_list *list = (const void *)((const char *)values + table->offset);

		if (table->type == OPTION_LIST) {
			require(list->count <= OPTION_LIST_MAX, "a list has no more items than there is room for");
			understand(list, list->count > 0 ? list->items[0] : NULL, left, words);
		}
	}
	free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 1], *text;
	size_t count = 0;
	int argc;

	if (size == 0)
		return 0;
	while (commands[count].name != NULL)
		count++;
	text = strndup((const char *)data + 1, size - 1);
	argc = split(text, words);
	if (commands[data[0] % count].options != NULL)
		parse(commands[data[0] % count].options, argc, words, (data[0] & 0x80) != 0);
	free(text);
	return 0;
}
