// interrupts.c: see interrupts.h.
#include "cpus/interrupts.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { TABLE_MAX = 64 << 20 };

static int table_error(struct error *err, const char *why)
{
	return error_set(err, EINVAL, "cannot understand /proc/interrupts: %s", why);
}

// The head line, "   CPU0   CPU2": which columns are wanted. `*ret_wanted`: one flag a column of the table.
static int parse_head(struct arena *arena, const char *line, const struct cpuset *cpus, struct interrupts *table, bool **ret_wanted, size_t *ret_columns, struct error *err)
{
	size_t length = strlen(line), count = 0;
	bool *wanted = arena_array(arena, length / 4 + 1, sizeof *wanted);

	table->columns = arena_array(arena, length / 4 + 1, sizeof *table->columns);
	for (const char *name = strstr(line, "CPU"); name != NULL; name = strstr(name + 3, "CPU")) {
		unsigned long number = strtoul(name + 3, NULL, 10);

		if (number > CPU_NUMBER_MAX)
			return table_error(err, "its head line names a CPU that cannot be");
		wanted[count] = cpuset_has(cpus, (unsigned)number);
		if (wanted[count++])
			table->columns[table->column_count++] = (unsigned)number;
	}
	*ret_wanted = wanted;
	*ret_columns = count;
	return count > 0 ? 0 : table_error(err, "its head line names no CPUs");
}

// Runs of blanks become one, in place.
static const char *tidy(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++)
		if (!isspace((unsigned char)*from) || (to > text && to[-1] != ' '))
			*to++ = isspace((unsigned char)*from) ? ' ' : *from;
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	return text;
}

// "36:  12  0  PCI-MSIX ... name"; a row without one count a CPU ("ERR: 0") is the machine's, not a CPU's: its columns stay 0.
static bool parse_row(struct arena *arena, char *line, const bool *wanted, size_t columns, struct interrupts *table)
{
	struct interrupt_row *row = &table->rows[table->row_count];
	char *position = strchr(line, ':');
	size_t used = 0, column = 0;

	if (position == NULL)
		return false;
	*position++ = '\0';
	row->label = tidy(line);
	row->counts = arena_array(arena, table->column_count + 1, sizeof *row->counts);
	for (; column < columns; column++) {
		char *end;
		uint64_t count = strtoull(position, &end, 10);

		if (end == position)
			break;
		position = end;
		if (wanted[column])
			row->counts[used++] = count;
	}
	if (column < columns)
		memset(row->counts, 0, table->column_count * sizeof *row->counts);
	row->name = tidy(position);
	return true;
}

int interrupts_parse(struct arena *arena, char *text, const struct cpuset *cpus, struct interrupts *ret_interrupts, struct error *err)
{
	struct interrupts table = {0};
	size_t lines = 0, columns = 0;
	bool *wanted = NULL;
	char *rest = text;
	char *line;

	for (const char *end = strchr(text, '\n'); end != NULL; end = strchr(end + 1, '\n'))
		lines++;
	table.rows = arena_array(arena, lines + 1, sizeof *table.rows);
	line = strsep(&rest, "\n");
	if (parse_head(arena, line, cpus, &table, &wanted, &columns, err) < 0)
		return -1;
	while ((line = strsep(&rest, "\n")) != NULL)
		table.row_count += parse_row(arena, line, wanted, columns, &table);
	*ret_interrupts = table;
	return 0;
}

int interrupts_read(struct arena *arena, int proc_fd, const struct cpuset *cpus, struct interrupts *ret_interrupts, struct error *err)
{
	AUTO_FREE char *content = NULL;
	size_t length;

	content = read_whole_file_at(proc_fd, "interrupts", TABLE_MAX, &length);
	if (content == NULL)
		return error_errno(err, errno, "cannot read /proc/interrupts");
	return interrupts_parse(arena, arena_strndup(arena, content, length), cpus, ret_interrupts, err);
}

// --- between two readings

static const uint64_t *count_at(const struct interrupts *table, const struct interrupt_row *row, unsigned cpu)
{
	for (size_t i = 0; i < table->column_count; i++)
		if (table->columns[i] == cpu)
			return &row->counts[i];
	return NULL;
}

// The rows of two readings are mostly the same: looked for from the same place on.
static const struct interrupt_row *find_row(const struct interrupts *table, const char *label, size_t from)
{
	for (size_t i = 0; i < table->row_count; i++) {
		const struct interrupt_row *row = &table->rows[(from + i) % table->row_count];

		if (strcmp(row->label, label) == 0)
			return row;
	}
	return NULL;
}

static int compare_counts(const void *a, const void *b)
{
	const struct interrupt_count *left = a, *right = b;

	if (left->count != right->count)
		return left->count < right->count ? 1 : -1;
	return strcmp(left->label, right->label);
}

struct interrupt_count *interrupts_between(struct arena *arena, const struct interrupts *before, const struct interrupts *after, unsigned cpu, size_t *ret_count)
{
	struct interrupt_count *counts = arena_array(arena, after->row_count + 1, sizeof *counts);
	size_t used = 0;

	for (size_t i = 0; i < after->row_count; i++) {
		const struct interrupt_row *row = &after->rows[i];
		const uint64_t *now = count_at(after, row, cpu);
		const struct interrupt_row *former = find_row(before, row->label, i);
		const uint64_t *then = former != NULL ? count_at(before, former, cpu) : NULL;
		uint64_t from = then != NULL ? *then : 0;

		if (now != NULL && *now > from)
			counts[used++] = (struct interrupt_count){row->label, row->name, isdigit((unsigned char)*row->label) != 0, *now - from};
	}
	if (used > 0)
		qsort(counts, used, sizeof *counts, compare_counts);
	*ret_count = used;
	return counts;
}
