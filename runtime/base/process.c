// process.c: see process.h.
#include "base/process.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// `behind_name` is the ')' that ends field 2, whose name may hold blanks and parentheses.
static uint64_t stat_field(const char *behind_name, int number)
{
	const char *field = behind_name;

	for (int at = 3; at <= number && field != NULL; at++) {
		field = strchr(field, ' ');
		field = field != NULL ? field + 1 : NULL;
	}
	return field != NULL ? strtoull(field, NULL, 10) : 0;
}

int process_stat(int proc, pid_t pid, struct process_stat *ret_stat)
{
	char path[32], text[1024];
	const char *fields;

	snprintf(path, sizeof path, proc == AT_FDCWD ? "/proc/%d/stat" : "%d/stat", (int)pid);
	if (read_file_at(proc, path, text, sizeof text) < 0)
		return -1;
	fields = strrchr(text, ')');
	if (fields == NULL || fields[1] != ' ' || fields[2] == '\0') {
		errno = EINVAL;
		return -1;
	}
	*ret_stat = (struct process_stat){
		.state = fields[2], .flags = stat_field(fields, 9), .start = stat_field(fields, 22), .pending = stat_field(fields, 31),
	};
	return 0;
}

uint64_t process_start(int proc, pid_t pid)
{
	struct process_stat stat;

	if (pid <= 0 || process_stat(proc, pid, &stat) < 0 || stat.state == 'Z' || stat.state == 'X')
		return 0;
	return stat.start;
}
