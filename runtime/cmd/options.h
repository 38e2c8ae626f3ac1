// options.h: command-line options as a table, which is the parser and the --help text at once.
// Both spellings work: --name value and --name=value; a letter as in -d. "--" ends the options.
#ifndef MINIRUN_CMD_OPTIONS_H
#define MINIRUN_CMD_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_FLAG,   // bool
	OPTION_STRING, // const char *
	OPTION_LIST,   // struct option_list, repeatable
};

enum { OPTION_LIST_MAX = 64 };

struct option_list {
	const char *items[OPTION_LIST_MAX];
	size_t count;
};

struct option_entry {
	const char *name;
	char letter;          // 0: none
	enum option_type type;
	size_t offset;        // of the value in the command's struct
	const char *argument; // name of the value in the help text; NULL for flags
	const char *help;
};

// Parses argv[0..argc) into `values` by the table (ends with a NULL name). Options and other words may be mixed; the latter end up in order at the front of argv, NULL-terminated
// (argv[argc] must be writable), their number in `*ret_count`. `stop_at_word`: the first other word ends the options (for the program's own options before the command).
int options_parse(const struct option_entry *table, void *values, int argc, char **argv, bool stop_at_word, int *ret_count, struct error *err);

// The table as help lines on stdout.
void options_print(const struct option_entry *table);

#endif
