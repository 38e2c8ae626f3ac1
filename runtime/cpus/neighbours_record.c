// neighbours_record.c: see neighbours_record.h.
#include "cpus/neighbours_record.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cpus/neighbours.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { RECORD_MAX = 16 << 20, FIELDS = 4 };

static int parse_set(struct arena *arena, const char *text, struct cpuset *ret_set, struct error *err)
{
	return cpuset_parse(arena, strcmp(text, "-") == 0 ? "" : text, ret_set, err);
}

static const char *format_set(struct arena *arena, const struct cpuset *set)
{
	const char *text = cpuset_format(arena, set);

	return *text == '\0' ? "-" : text;
}

static int damaged(struct error *err, size_t line)
{
	error_set(err, EINVAL, "line %zu of the record of steered interrupts ('" NEIGHBOURS_RECORD "' in the ledger's directory) is damaged", line);
	return error_hint(err, "set /proc/irq/*/smp_affinity and the like as you want them, then remove the file");
}

// Cuts the line at its blanks; false unless there are exactly FIELDS parts.
static bool split(char *line, char **fields)
{
	char *rest = line;

	for (int i = 0; i < FIELDS; i++)
		if ((fields[i] = strsep(&rest, " ")) == NULL || *fields[i] == '\0')
			return false;
	return rest == NULL;
}

// A link may be called "a..b", so that only a whole component ".." leads out of the tree.
static bool is_knob(const char *path)
{
	return (strncmp(path, "proc/", 5) == 0 || strncmp(path, "sys/", 4) == 0) && strstr(path, "/../") == NULL;
}

static int parse_line(struct arena *arena, char *line, struct knob_record *ret_record, struct error *err)
{
	char *fields[FIELDS];

	if (!split(line, fields) || !is_knob(fields[0]))
		return -1;
	ret_record->path = fields[0];
	if (parse_set(arena, fields[1], &ret_record->original, err) < 0 || parse_set(arena, fields[2], &ret_record->set, err) < 0)
		return -1;
	return parse_set(arena, fields[3], &ret_record->former, err);
}

int knob_records_read(struct arena *arena, int dir, struct knob_records *ret_records, struct error *err)
{
	struct knob_records records = {0};
	AUTO_FREE char *content = NULL;
	size_t length, lines = 0;
	char *rest;

	content = read_whole_file_at(dir, NEIGHBOURS_RECORD, RECORD_MAX, &length);
	if (content == NULL && errno == ENOENT) {
		*ret_records = records;
		return 0;
	}
	if (content == NULL)
		return error_errno(err, errno, "cannot read the record of steered interrupts ('" NEIGHBOURS_RECORD "' in the ledger's directory)");
	for (const char *end = strchr(content, '\n'); end != NULL; end = strchr(end + 1, '\n'))
		lines++;
	records.items = arena_array(arena, lines + 1, sizeof *records.items);
	rest = arena_strndup(arena, content, length);
	for (char *line = strsep(&rest, "\n"); line != NULL && *line != '\0'; line = strsep(&rest, "\n")) {
		if (parse_line(arena, line, &records.items[records.count], err) < 0)
			return damaged(err, records.count + 1);
		records.count++;
	}
	*ret_records = records;
	return 0;
}

static int write_lines(struct arena *arena, FILE *file, const struct knob_records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct knob_record *record = &records->items[i];

		if (fputs(arena_printf(arena, "%s %s %s %s\n", record->path, format_set(arena, &record->original), format_set(arena, &record->set), format_set(arena, &record->former)), file) < 0)
			return -1;
	}
	return 0;
}

int knob_records_write(struct arena *arena, int dir, const struct knob_records *records, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length = 0;
	FILE *file;
	int result;

	if (records->count == 0) {
		if (unlinkat(dir, NEIGHBOURS_RECORD, 0) < 0 && errno != ENOENT)
			return error_errno(err, errno, "cannot remove the record of steered interrupts ('" NEIGHBOURS_RECORD "' in the ledger's directory)");
		return 0;
	}
	file = open_memstream(&text, &length);
	if (file == NULL)
		return error_errno(err, errno, "cannot write the record of steered interrupts");
	result = write_lines(arena, file, records);
	if (fclose(file) != 0 || result < 0)
		return error_errno(err, ENOMEM, "cannot write the record of steered interrupts");
	if (write_file_atomic_at(dir, NEIGHBOURS_RECORD, text, length, 0644) < 0)
		return error_errno(err, errno, "cannot write the record of steered interrupts ('" NEIGHBOURS_RECORD "' in the ledger's directory)");
	return 0;
}

const struct knob_record *knob_records_find(const struct knob_records *records, const char *path)
{
	for (size_t i = 0; i < records->count; i++)
		if (strcmp(records->items[i].path, path) == 0)
			return &records->items[i];
	return NULL;
}
