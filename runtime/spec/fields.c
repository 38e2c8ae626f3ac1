// fields.c: the field parsers of table.h: one value of the JSON tree into one member of a struct.
#include "spec/table.h"

#include <string.h>

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

	if (reader_unsigned(reader, value, field->max, &target->value) < 0)
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
