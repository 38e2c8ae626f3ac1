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
	stat.start = take_field(&at, &number, 22);
	stat.pending = take_field(&at, &number, 31);
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

pid_t process_inner_pid(int proc, pid_t pid)
{
	static const char key[] = "\nNSpid:";
	AUTO_FREE char *text = NULL;
	char *line, *last, path[32];
	size_t length;

	snprintf(path, sizeof path, "%d/status", (int)pid);
	text = read_whole_file_at(proc, path, STATUS_BYTES_MAX, &length); // one of 65,536 groups is long
	line = text != NULL ? strstr(text, key) : NULL; // the name, which is the program's, has no line feeds: "\\n"
	if (line == NULL)
		return 0;
	line += sizeof key - 1;
	line[strcspn(line, "\n")] = '\0';
	last = strrchr(line, '\t');
	return last != NULL ? (pid_t)strtol(last, NULL, 10) : 0;
}
