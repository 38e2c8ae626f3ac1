// table.c: see table.h.
#include "spec/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_TEXT_MAX = 256, WORDS_TEXT_MAX = 512 };

static size_t append_place(const struct place *place, char *text, size_t size)
{
	size_t used;

	if (place == NULL)
		return 0;
	used = append_place(place->parent, text, size);
	if (used >= size)
		return used;
	if (place->key == NULL)
		return used + (size_t)snprintf(text + used, size - used, "[%zu]", place->index);
	return used + (size_t)snprintf(text + used, size - used, "%s%.100s", used > 0 ? "." : "", place->key);
}

char *reader_path(const struct reader *reader, char *text, size_t size)
{
	snprintf(text, size, ".");
	append_place(reader->place, text, size);
	return text;
}

void text_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static __attribute__((format(printf, 2, 0))) int failv(struct reader *reader, const char *format, va_list args)
{
	char path[PATH_TEXT_MAX];

	error_setv(reader->err, EINVAL, format, args);
	error_prefix(reader->err, "%s", reader_path(reader, path, sizeof path));
	return -1;
}

int reader_fail(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	failv(reader, format, args);
	va_end(args);
	return -1;
}

int reader_fail_key(struct reader *reader, const char *key, const char *format, ...)
{
	struct place here = {.parent = reader->place, .key = key};
	va_list args;

	reader->place = &here;
	va_start(args, format);
	failv(reader, format, args);
	va_end(args);
	reader->place = here.parent;
	return -1;
}

static const char *type_text(struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "a boolean";
	case json_type_double:
		return "a number with a fraction or an exponent";
	case json_type_int:
		return "an integer";
	case json_type_object:
		return "an object";
	case json_type_array:
		return "an array";
	default:
		return "a string";
	}
}

int reader_fail_type(struct reader *reader, const char *wanted, struct json_object *value)
{
	return reader_fail(reader, "expected %s, found %s", wanted, type_text(value));
}

static void debug(const struct reader *reader, const char *what)
{
	char path[PATH_TEXT_MAX];
	char text[PATH_TEXT_MAX + 64];

	if (reader->debug == NULL)
		return;
	snprintf(text, sizeof text, "%s: %s", reader_path(reader, path, sizeof path), what);
	text_printable(text);
	reader->debug(text);
}

int reader_string(struct reader *reader, struct json_object *value, const char **ret_text)
{
	if (!json_object_is_type(value, json_type_string))
		return reader_fail_type(reader, "a string", value);
	*ret_text = arena_strndup(reader->arena, json_object_get_string(value), (size_t)json_object_get_string_len(value));
	return 0;
}

// json-c keeps an integer as int64 or, from 2^63 on, as uint64, and saturates when asked for the other.
static int read_integer(struct reader *reader, struct json_object *value, int64_t min, uint64_t max, uint64_t *ret_bits)
{
	int64_t number;

	if (!json_object_is_type(value, json_type_int))
		return reader_fail_type(reader, "an integer", value);
	number = json_object_get_int64(value);
	if (number < 0 ? number < min : json_object_get_uint64(value) > max || (min > 0 && json_object_get_uint64(value) < (uint64_t)min))
		return reader_fail(reader, "must be between %" PRId64 " and %" PRIu64 ", not %s", min, max, json_object_get_string(value));
	*ret_bits = number < 0 ? (uint64_t)number : json_object_get_uint64(value);
	return 0;
}

int reader_unsigned(struct reader *reader, struct json_object *value, uint64_t max, uint64_t *ret_number)
{
	return read_integer(reader, value, 0, max, ret_number);
}

int reader_signed(struct reader *reader, struct json_object *value, int64_t min, uint64_t max, int64_t *ret_number)
{
	uint64_t bits = 0;

	if (read_integer(reader, value, min, max, &bits) < 0)
		return -1;
	*ret_number = (int64_t)bits;
	return 0;
}

int reader_array(struct reader *reader, struct json_object *value, int (*each)(struct reader *, struct json_object *, size_t, void *), void *data)
{
	struct place here = {.parent = reader->place};
	int result = 0;

	if (!json_object_is_type(value, json_type_array))
		return reader_fail_type(reader, "an array", value);
	reader->place = &here;
	for (here.index = 0; result == 0 && here.index < json_object_array_length(value); here.index++)
		result = each(reader, json_object_array_get_idx(value, here.index), here.index, data);
	reader->place = here.parent;
	return result;
}

int reader_word(struct reader *reader, const char *text, const char *const *words)
{
	char list[WORDS_TEXT_MAX] = "";
	size_t used = 0;

	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0)
			return i;
	}
	for (int i = 0; words[i] != NULL && used < sizeof list; i++)
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", words[i]);
	if (words[0] == NULL)
		return reader_fail(reader, "unknown value \"%.64s\"; none is defined", text);
	return reader_fail(reader, "unknown value \"%.64s\"; known are %s", text, list);
}

static size_t find_field(const struct table *table, const char *key)
{
	size_t i = 0;

	while (i < table->field_count && strcmp(table->fields[i].key, key) != 0)
		i++;
	return i;
}

static int read_member(struct reader *reader, const struct table *table, size_t index, struct json_object *value, void *base, uint64_t *seen)
{
	const struct field *field = &table->fields[index];

	if (index == table->field_count) {
		debug(reader, "unknown key, ignored");
		return 0;
	}
	if ((field->flags & FIELD_IGNORED) != 0) {
		debug(reader, "for another platform, ignored");
		return 0;
	}
	if (value == NULL)
		return 0;
	*seen |= UINT64_C(1) << index;
	return field->parse(reader, value, base, field);
}

static int check_mandatory(struct reader *reader, const struct table *table, uint64_t seen)
{
	for (size_t i = 0; i < table->field_count; i++) {
		if ((table->fields[i].flags & FIELD_MANDATORY) != 0 && (seen >> i & 1) == 0)
			return reader_fail_key(reader, table->fields[i].key, "missing, but mandatory");
	}
	return 0;
}

int table_read(struct reader *reader, const struct table *table, struct json_object *value, void *base)
{
	struct place here = {.parent = reader->place};
	uint64_t seen = 0;

	if (!json_object_is_type(value, json_type_object))
		return reader_fail_type(reader, "an object", value);
	json_object_object_foreach(value, key, element)
	{
		int result;

		here.key = key;
		reader->place = &here;
		result = read_member(reader, table, find_field(table, key), element, base, &seen);
		reader->place = here.parent;
		if (result < 0)
			return -1;
	}
	if (check_mandatory(reader, table, seen) < 0)
		return -1;
	if (table->present != 0)
		memcpy((char *)base + table->present - 1, &(bool){true}, sizeof(bool));
	return table->finish != NULL ? table->finish(reader, base, seen) : 0;
}
