// options.c: see options.h.
#include "cmd/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option_entry *find(const struct option_entry *table, const char *name, size_t length, char letter)
{
	for (; table->name != NULL; table++)
		if (letter != 0 ? table->letter == letter : strlen(table->name) == length && strncmp(table->name, name, length) == 0)
			return table;
	return NULL;
}

static int store(const struct option_entry *entry, void *values, const char *value, struct error *err)
{
	void *place = (char *)values + entry->offset;
	struct option_list *list = place;

	switch (entry->type) {
	case OPTION_FLAG:
		*(bool *)place = strcmp(value, "true") == 0;
		break;
	case OPTION_STRING:
		*(const char **)place = value;
		break;
	case OPTION_LIST:
		if (list->count == OPTION_LIST_MAX)
			return error_set(err, E2BIG, "--%s is given more than %d times", entry->name, OPTION_LIST_MAX);
		list->items[list->count++] = value;
		break;
	}
	return 0;
}

// One word that begins with '-'. `next` is the following word or NULL; `*ret_used` says whether it was taken as the value.
static int parse_option(const struct option_entry *table, void *values, const char *word, const char *next, bool *ret_used, struct error *err)
{
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	const char *equals = strchr(name, '=');
	size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
	// One dash has one letter behind it: "-detach" is no option, rather than -d -e -t or a careless --detach.
	char letter = '\0';
	const struct option_entry *entry = NULL;

	if (!is_long)
		letter = name[0];
	if (is_long || length == 1)
		entry = find(table, name, length, letter);
	*ret_used = false;
	if (entry == NULL)
		return error_set(err, EINVAL, "unknown option %s; see --help", word);
	if (entry->type == OPTION_FLAG) {
		if (equals != NULL && strcmp(equals + 1, "true") != 0 && strcmp(equals + 1, "false") != 0)
			return error_set(err, EINVAL, "option --%s takes no value, but '%s' is given", entry->name, equals + 1);
		return store(entry, values, equals != NULL ? equals + 1 : "true", err);
	}
	if (equals != NULL)
		return store(entry, values, equals + 1, err);
	if (next == NULL)
		return error_set(err, EINVAL, "option --%s needs a value: --%s %s", entry->name, entry->name, entry->argument);
	*ret_used = true;
	return store(entry, values, next, err);
}

int options_parse(const struct option_entry *table, void *values, int argc, char **argv, bool stop_at_word, int *ret_count, struct error *err)
{
	int count = 0;
	int i = 0;

	for (; i < argc; i++) {
		bool used;

		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			if (stop_at_word)
				break;
			argv[count++] = argv[i];
			continue;
		}
		if (parse_option(table, values, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used, err) < 0)
			return -1;
		i += used;
	}
	for (; i < argc; i++)
		argv[count++] = argv[i];
	argv[count] = NULL;
	*ret_count = count;
	return 0;
}

void options_print(const struct option_entry *table)
{
	for (; table->name != NULL; table++) {
		char left[64];
		char letter[8] = "";

		if (table->letter != 0)
			snprintf(letter, sizeof letter, "-%c, ", table->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, table->name, table->argument != NULL ? " " : "", table->argument != NULL ? table->argument : "");
		printf("  %-32s %s\n", left, table->help);
	}
}
