// ledger_record.c: see ledger_record.h. A file is lines of "key value": the first names the format, the last is "end", so that a part of a file is never taken for all
// of it. In values, control characters and '%' are %XX. Unknown keys are passed over: a later minirun may add some.
#include "cpus/ledger_record.h"

#include "base/parse.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "minirun-claim 1", last_line[] = "end", suffix[] = ".claim";

// write_file_atomic_at() puts ".PID.tmp" behind the name while it writes.
enum { NAME_LENGTH_MAX = NAME_MAX - (int)sizeof ".4194304.tmp" + 1 };

enum kind { TEXT, CPUS, FLAG, PID, NUMBER, NODE, THREAD };

static const struct field {
	const char *key;
	enum kind kind;
	bool needed;
	size_t offset; // in struct ledger_record
} fields[] = {
	{"owner", TEXT, true, offsetof(struct ledger_record, claim.owner)},
	{"id", TEXT, true, offsetof(struct ledger_record, claim.id)},
	{"pid", PID, true, offsetof(struct ledger_record, claim.pid)},
	{"start", NUMBER, true, offsetof(struct ledger_record, claim.pid_start)},
	{"boot", TEXT, true, offsetof(struct ledger_record, world.boot)},
	{"pid-namespace", NUMBER, true, offsetof(struct ledger_record, world.pid_namespace)},
	{"cpus", CPUS, true, offsetof(struct ledger_record, claim.cpus)},
	{"mains", CPUS, false, offsetof(struct ledger_record, claim.mains)},
	{"workers", CPUS, false, offsetof(struct ledger_record, claim.workers)},
	{"housekeeping", CPUS, false, offsetof(struct ledger_record, claim.housekeeping)},
	{"idle", CPUS, false, offsetof(struct ledger_record, claim.idle)},
	{"shared", FLAG, true, offsetof(struct ledger_record, claim.shared)},
	{"steer", FLAG, true, offsetof(struct ledger_record, claim.steer)},
	{"enforce", FLAG, false, offsetof(struct ledger_record, claim.enforce)},
	{"holds-latency", FLAG, false, offsetof(struct ledger_record, claim.holds_latency)},
	{"latency-us", NUMBER, false, offsetof(struct ledger_record, claim.latency)},
	{"node", NODE, false, offsetof(struct ledger_record, claim.node)},
	{"level", TEXT, false, offsetof(struct ledger_record, claim.level)},
	{"cgroup", TEXT, false, offsetof(struct ledger_record, claim.cgroup)},
	{"thread", THREAD, false, offsetof(struct ledger_record, claim.threads)},
};
enum { FIELDS = sizeof fields / sizeof *fields };

// --- bytes that a line or a file name cannot hold

static bool plain_in_value(unsigned char c)
{
	return c >= ' ' && c != 0x7f && c != '%';
}

static bool plain_in_name(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c != '\0' && strchr("_.-", c) != NULL);
}

static char *escape(struct arena *arena, const char *text, bool (*plain)(unsigned char c))
{
	char *escaped = arena_array(arena, strlen(text) + 1, 3);
	char *end = escaped;

	for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
		if (plain(*c))
			*end++ = (char)*c;
		else
			end += sprintf(end, "%%%02X", *c);
	}
	return escaped;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF", *digit = c != '\0' ? strchr(digits, c) : NULL;

	return digit == NULL ? -1 : (int)(digit - digits);
}

// NULL: a '%' without two digits, or one that stands for the end of the text.
static char *unescape(struct arena *arena, const char *escaped)
{
	char *text = arena_alloc(arena, strlen(escaped) + 1);
	char *end = text;

	for (const char *c = escaped; *c != '\0'; c++) {
		int high, low;

		if (*c != '%') {
			*end++ = *c;
			continue;
		}
		high = hex_digit(c[1]);
		low = high < 0 ? -1 : hex_digit(c[2]);
		if (low < 0 || (high == 0 && low == 0))
			return NULL;
		*end++ = (char)(high * 16 + low);
		c += 2;
	}
	return text;
}

// --- names

const char *ledger_file_name(struct arena *arena, const char *owner)
{
	char *name = escape(arena, owner, plain_in_name);
	char *to = name;

	if (owner[0] != '/')
		return NULL;
	for (const char *from = name; *from != '\0'; to++) {
		bool slash = strncmp(from, "%2F", 3) == 0;

		*to = *from;
		if (slash)
			*to = '+';
		from += slash ? 3 : 1;
	}
	*to = '\0';
	return strlen(name) + sizeof suffix - 1 > NAME_LENGTH_MAX ? NULL : arena_printf(arena, "%s%s", name, suffix);
}

const char *ledger_file_owner(struct arena *arena, const char *name)
{
	size_t length = strlen(name);
	char *owner;

	if (name[0] != '+' || length < sizeof suffix - 1 || strcmp(name + length - (sizeof suffix - 1), suffix) != 0)
		return NULL;
	owner = arena_strndup(arena, name, length - (sizeof suffix - 1));
	for (char *c = owner; *c != '\0'; c++)
		if (*c == '+')
			*c = '/';
	return unescape(arena, owner);
}

// --- text

static const char *value_text(struct arena *arena, const struct field *field, const void *value)
{
	const char *text;

	switch (field->kind) {
	case TEXT:
		text = *(const char *const *)value;
		return text == NULL ? NULL : escape(arena, text, plain_in_value);
	case CPUS:
		return cpuset_format(arena, value);
	case FLAG:
		return *(const bool *)value ? "yes" : "no";
	case PID:
		return arena_printf(arena, "%d", (int)*(const pid_t *)value);
	case NUMBER:
		return arena_printf(arena, "%llu", (unsigned long long)*(const uint64_t *)value);
	case NODE:
		return arena_printf(arena, "%d", *(const int *)value);
	case THREAD:
		break;
	}
	return NULL;
}

const char *ledger_record_format(struct arena *arena, const struct ledger_record *record)
{
	const struct strings *threads = &record->claim.threads;
	const char *text = arena_printf(arena, "%s\n", first_line);

	for (size_t i = 0; i < FIELDS; i++) {
		const char *value = value_text(arena, &fields[i], (const char *)record + fields[i].offset);

		if (value != NULL)
			text = arena_printf(arena, "%s%s %s\n", text, fields[i].key, value);
	}
	for (size_t i = 0; i < threads->count; i++)
		text = arena_printf(arena, "%sthread %s\n", text, escape(arena, threads->items[i], plain_in_value));
	return arena_printf(arena, "%s%s\n", text, last_line);
}

static bool append(struct arena *arena, struct strings *list, const char *text)
{
	const char **items = arena_array(arena, list->count + 1, sizeof *items);

	if (text == NULL)
		return false;
	if (list->count > 0)
		memcpy(items, list->items, list->count * sizeof *items);
	items[list->count] = text;
	*list = (struct strings){.items = items, .count = list->count + 1};
	return true;
}

static bool parse_flag(const char *text, bool *ret_flag)
{
	*ret_flag = strcmp(text, "yes") == 0;
	return *ret_flag || strcmp(text, "no") == 0;
}

static bool parse_value(struct arena *arena, const struct field *field, const char *text, void *value)
{
	struct error err = ERROR_INIT;
	uint64_t number;

	switch (field->kind) {
	case TEXT:
		*(const char **)value = unescape(arena, text);
		return *(const char **)value != NULL;
	case CPUS:
		return cpuset_parse(arena, text, value, &err) == 0;
	case FLAG:
		return parse_flag(text, value);
	case PID:
		if (!parse_u64(text, INT_MAX, &number))
			return false;
		*(pid_t *)value = (pid_t)number;
		return true;
	case NUMBER:
		return parse_u64(text, UINT64_MAX, value);
	case NODE:
		if (!parse_u64(strcmp(text, "-1") == 0 ? "0" : text, INT_MAX, &number))
			return false;
		*(int *)value = text[0] == '-' ? -1 : (int)number;
		return true;
	case THREAD:
		return append(arena, value, unescape(arena, text));
	}
	return false;
}

static const struct field *find_field(const char *key)
{
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

// What is wrong with the line; NULL: nothing.
static const char *parse_line(struct arena *arena, char *line, struct ledger_record *record, unsigned *seen)
{
	char *blank = strchr(line, ' ');
	const struct field *field;
	unsigned bit;

	if (blank == NULL)
		return arena_printf(arena, "the line \"%s\" has no value", line);
	*blank = '\0';
	field = find_field(line);
	if (field == NULL)
		return NULL;
	bit = 1u << (field - fields);
	if ((*seen & bit) != 0 && field->kind != THREAD)
		return arena_printf(arena, "\"%s\" is there twice", line);
	*seen |= bit;
	if (!parse_value(arena, field, blank + 1, (char *)record + field->offset))
		return arena_printf(arena, "\"%s\" cannot be \"%s\"", line, blank + 1);
	return NULL;
}

static const char *parse_lines(struct arena *arena, char *text, struct ledger_record *record, unsigned *seen)
{
	bool ended = false;
	char *line = strsep(&text, "\n");

	if (line == NULL || strcmp(line, first_line) != 0)
		return arena_printf(arena, "its first line is not \"%s\"", first_line);
	while ((line = strsep(&text, "\n")) != NULL && !ended) {
		const char *why = NULL;

		ended = strcmp(line, last_line) == 0;
		if (!ended && text == NULL)
			return *line == '\0' ? "its last line, \"end\", is missing" : "its last line is not whole";
		if (!ended)
			why = parse_line(arena, line, record, seen);
		if (why != NULL)
			return why;
	}
	return ended ? NULL : "it ends after its first line";
}

int ledger_record_parse(struct arena *arena, const char *text, struct ledger_record *ret_record, const char **ret_why)
{
	struct ledger_record record = {.claim.node = -1};
	unsigned seen = 0;
	const char *why = parse_lines(arena, arena_strdup(arena, text), &record, &seen);

	for (size_t i = 0; i < FIELDS && why == NULL; i++)
		if (fields[i].needed && (seen & 1u << i) == 0)
			why = arena_printf(arena, "\"%s\" is missing", fields[i].key);
	if (why != NULL) {
		*ret_why = why;
		return -1;
	}
	*ret_record = record;
	return 0;
}
