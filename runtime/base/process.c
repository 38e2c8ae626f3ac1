// process.c: see process.h.
#include "base/process.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_BYTES_MAX = 2 << 20 };

// `*text` is at field `*at`; it goes on to `number`. NULL stays NULL.
static uint64_t take_field(const char **text, int *at, int number)
{
	for (; *at < number && *text != NULL; ++*at) {
		*text = strchr(*text, ' ');
		*text = *text != NULL ? *text + 1 : NULL;
	}
	return *text != NULL ? strtoull(*text, NULL, 10) : 0;
}

int process_stat(int proc, pid_t pid, struct process_stat *ret_stat)
{
	char path[32], text[1024];
	struct process_stat stat = {.name = ""};
	const char *name, *at;
	int number = 3;
	size_t length;

	snprintf(path, sizeof path, proc == AT_FDCWD ? "/proc/%d/stat" : "%d/stat", (int)pid);
	if (read_line_at(proc, path, text, sizeof text) < 0)
		return -1;
	// The name may hold blanks and parentheses: field 3 follows the last ')'.
	name = strchr(text, '(');
	at = strrchr(text, ')');
	if (name == NULL || at == NULL || at < name || at[1] != ' ' || at[2] == '\0') {
		errno = EINVAL;
		return -1;
	}
	length = (size_t)(at - name - 1);
	memcpy(stat.name, name + 1, length < sizeof stat.name ? length : sizeof stat.name - 1);
	at += 2;
	stat.state = *at;
	stat.flags = take_field(&at, &number, 9);
	stat.ticks = take_field(&at, &number, 14) + take_field(&at, &number, 15);
	stat.start = take_field(&at, &number, 22);
	stat.pending = take_field(&at, &number, 31);
	stat.processor = (int)take_field(&at, &number, 39);
	*ret_stat = stat;
	return 0;
}

uint64_t process_start(int proc, pid_t pid)
{
	struct process_stat stat;

	if (pid <= 0 || process_stat(proc, pid, &stat) < 0 || stat.state == 'Z' || stat.state == 'X')
		return 0;
	return stat.start;
}

char *process_status_value(int proc, pid_t pid, const char *key)
{
	AUTO_FREE char *text = NULL;
	char path[32];
	size_t length, key_length = strlen(key);

	snprintf(path, sizeof path, "%d/status", (int)pid);
	text = read_whole_file_at(proc, path, STATUS_BYTES_MAX, &length); // one of 65,536 groups is long
	// The first line is the name, which is the program's; it has no line feeds: "\\n".
	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, key_length) == 0 && strncmp(line + key_length, ":\t", 2) == 0) {
			const char *value = line + key_length + 2;

			return strndup(value, strcspn(value, "\n"));
		}
	}
	return NULL;
}

pid_t process_inner_pid(int proc, pid_t pid)
{
	AUTO_FREE char *numbers = process_status_value(proc, pid, "NSpid");
	const char *last;

	if (numbers == NULL)
		return 0;
	last = strrchr(numbers, '\t'); // from the outermost to the innermost
	return (pid_t)strtol(last != NULL ? last + 1 : numbers, NULL, 10);
}
