// table.c: see table.h.
#include "spec/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PATH_TEXT_MAX = 256, WORDS_TEXT_MAX = 512 };

// Members are written through char pointers and memcpy, so that one parser serves pointers of any type.
static void *member(void *base, size_t offset)
{
	return (char *)base + offset;
}

static void store_list(void *base, const struct field *field, void *items, size_t count)
{
	memcpy(member(base, field->offset), &items, sizeof items);
	memcpy(member(base, field->count_offset), &count, sizeof count);
}

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
	return error_prefix(reader->err, "%s", reader_path(reader, path, sizeof path));
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
	uint64_t bits;

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

int field_string(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	const char *text;

	if (reader_string(reader, value, &text) < 0)
		return -1;
	if ((field->flags & FIELD_EMPTY_UNSET) != 0 && *text == '\0')
		text = NULL;
	memcpy(member(base, field->offset), &text, sizeof text);
	return 0;
}

int field_word(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	const char *text;

	if (reader_string(reader, value, &text) < 0 || reader_word(reader, text, field->words) < 0)
		return -1;
	memcpy(member(base, field->offset), &text, sizeof text);
	return 0;
}

int field_bool(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	if (!json_object_is_type(value, json_type_boolean))
		return reader_fail_type(reader, "true or false", value);
	*(bool *)member(base, field->offset) = json_object_get_boolean(value);
	return 0;
}

int field_opt_bool(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct opt_bool *target = member(base, field->offset);

	if (!json_object_is_type(value, json_type_boolean))
		return reader_fail_type(reader, "true or false", value);
	*target = (struct opt_bool){.value = json_object_get_boolean(value), .set = true};
	return 0;
}

int field_u32(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	uint64_t number;

	if (reader_unsigned(reader, value, field->max, &number) < 0)
		return -1;
	*(uint32_t *)member(base, field->offset) = (uint32_t)number;
	return 0;
}

int field_u64(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	return reader_unsigned(reader, value, field->max, member(base, field->offset));
}

int field_opt_u64(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct opt_u64 *target = member(base, field->offset);

	if (read_integer(reader, value, field->min, field->max, &target->value) < 0)
		return -1;
	target->set = true;
	return 0;
}

int field_i64(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	return reader_signed(reader, value, field->min, field->max, member(base, field->offset));
}

int field_opt_i64(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct opt_i64 *target = member(base, field->offset);

	if (reader_signed(reader, value, field->min, field->max, &target->value) < 0)
		return -1;
	target->set = true;
	return 0;
}

static int read_string_element(struct reader *reader, struct json_object *element, size_t index, void *data)
{
	return reader_string(reader, element, &((const char **)data)[index]);
}

int field_strings(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct strings *target = member(base, field->offset);
	size_t count;
	const char **items;

	if (!json_object_is_type(value, json_type_array))
		return reader_fail_type(reader, "an array", value);
	count = json_object_array_length(value);
	items = arena_array(reader->arena, count + 1, sizeof *items);
	if (reader_array(reader, value, read_string_element, items) < 0)
		return -1;
	*target = (struct strings){.items = items, .count = count};
	return 0;
}

struct word_list {
	const char **items;
	const char *const *words;
};

static int read_word_element(struct reader *reader, struct json_object *element, size_t index, void *data)
{
	struct word_list *list = data;

	if (reader_string(reader, element, &list->items[index]) < 0)
		return -1;
	return reader_word(reader, list->items[index], list->words) < 0 ? -1 : 0;
}

int field_words(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct strings *target = member(base, field->offset);
	struct word_list list = {.words = field->words};
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return reader_fail_type(reader, "an array", value);
	count = json_object_array_length(value);
	list.items = arena_array(reader->arena, count + 1, sizeof *list.items);
	if (reader_array(reader, value, read_word_element, &list) < 0)
		return -1;
	*target = (struct strings){.items = list.items, .count = count};
	return 0;
}

struct number_list {
	uint32_t *items;
	uint64_t max;
};

static int read_number_element(struct reader *reader, struct json_object *element, size_t index, void *data)
{
	struct number_list *list = data;
	uint64_t number;

	if (reader_unsigned(reader, element, list->max, &number) < 0)
		return -1;
	list->items[index] = (uint32_t)number;
	return 0;
}

int field_u32s(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct number_list list = {.max = field->max};
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return reader_fail_type(reader, "an array", value);
	count = json_object_array_length(value);
	list.items = arena_array(reader->arena, count, sizeof *list.items);
	if (reader_array(reader, value, read_number_element, &list) < 0)
		return -1;
	store_list(base, field, list.items, count);
	return 0;
}

int field_object(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	return table_read(reader, field->table, value, member(base, field->offset));
}

struct object_list {
	char *items;
	const struct table *table;
};

static int read_object_element(struct reader *reader, struct json_object *element, size_t index, void *data)
{
	struct object_list *list = data;
	char *item = list->items + index * list->table->size;

	if (list->table->initial != NULL)
		memcpy(item, list->table->initial, list->table->size);
	return table_read(reader, list->table, element, item);
}

int field_objects(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct object_list list = {.table = field->table};
	size_t count;

	if (!json_object_is_type(value, json_type_array))
		return reader_fail_type(reader, "an array", value);
	count = json_object_array_length(value);
	list.items = arena_array(reader->arena, count, field->table->size);
	if (reader_array(reader, value, read_object_element, &list) < 0)
		return -1;
	store_list(base, field, list.items, count);
	return 0;
}

int field_map(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct object_list list = {.table = field->table};
	struct place here = {.parent = reader->place};
	size_t count = 0;
	int result = 0;

	if (!json_object_is_type(value, json_type_object))
		return reader_fail_type(reader, "an object", value);
	list.items = arena_array(reader->arena, (size_t)json_object_object_length(value), field->table->size);
	json_object_object_foreach(value, key, element)
	{
		const char *copy = arena_strdup(reader->arena, key);

		here.key = key;
		reader->place = &here;
		memcpy(list.items + count * field->table->size + field->table->key_offset, &copy, sizeof copy);
		result = table_read(reader, field->table, element, list.items + count++ * field->table->size);
		reader->place = here.parent;
		if (result < 0)
			return -1;
	}
	store_list(base, field, list.items, count);
	return 0;
}

int field_pairs(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct place here = {.parent = reader->place};
	const char **items; // key, value, key, value, ...
	size_t count = 0;

	if (!json_object_is_type(value, json_type_object))
		return reader_fail_type(reader, "an object", value);
	items = arena_array(reader->arena, (size_t)json_object_object_length(value), 2 * sizeof *items);
	json_object_object_foreach(value, key, element)
	{
		int result;

		here.key = key;
		reader->place = &here;
		items[2 * count] = arena_strdup(reader->arena, key);
		result = reader_string(reader, element, &items[2 * count + 1]);
		count++;
		reader->place = here.parent;
		if (result < 0)
			return -1;
	}
	store_list(base, field, items, count);
	return 0;
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
		*(bool *)member(base, table->present - 1) = true;
	return table->finish != NULL ? table->finish(reader, base, seen) : 0;
}
