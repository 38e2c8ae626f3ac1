// variant.c: the text form of D-Bus values in annotations (property.h: property_from_text). The part of GVariant's grammar that unit properties need: booleans,
// numbers with or without a type word, strings, and arrays of these. Pure.
#include "systemd/property.h"

#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ELEMENTS_MAX = 256 };

static const struct {
	const char *word;
	char type;
	bool is_signed;
	uint64_t most; // of the magnitude
} number_types[] = {
	{"byte", 'y', false, UINT8_MAX},    {"int16", 'n', true, INT16_MAX},   {"uint16", 'q', false, UINT16_MAX}, {"int32", 'i', true, INT32_MAX},
	{"uint32", 'u', false, UINT32_MAX}, {"int64", 'x', true, INT64_MAX},   {"uint64", 't', false, UINT64_MAX},
};
enum { NUMBER_TYPES = sizeof number_types / sizeof *number_types, INT32 = 3 };

struct reader {
	struct arena *arena;
	const char *name; // of the property, for errors
	const char *text, *rest;
	struct error *err;
};

static int not_understood(struct reader *r, const char *what)
{
	error_set(r->err, EINVAL, "org.systemd.property.%s: \"%.200s\": %s", r->name, r->text, what);
	return error_hint(r->err, "write it as in true, 'word', 7, uint64 7 or ['a', 'b']");
}

static void skip_blanks(struct reader *r)
{
	r->rest += strspn(r->rest, " \t");
}

// 'text' or "text"; a backslash keeps the next character from ending it.
static int read_string(struct reader *r, const char **ret_word)
{
	char quote = *r->rest++;
	char *word = arena_strdup(r->arena, r->rest);
	char *out = word;

	for (; *r->rest != quote; r->rest++) {
		if (*r->rest == '\\')
			r->rest++;
		if (*r->rest == '\0')
			return not_understood(r, "the string does not end");
		*out++ = *r->rest;
	}
	*out = '\0';
	r->rest++;
	*ret_word = word;
	return 0;
}

// A number, of the type `kind` (index into number_types).
static int read_number(struct reader *r, int kind, const char **ret_word)
{
	size_t length = strcspn(r->rest, " \t,]");
	const char *word = arena_strndup(r->arena, r->rest, length);
	bool negative = *word == '-';
	uint64_t value;

	if ((negative && !number_types[kind].is_signed) || !parse_u64(word + negative, number_types[kind].most, &value))
		return not_understood(r, arena_printf(r->arena, "\"%.40s\" is no %s", word, number_types[kind].word));
	r->rest += length;
	*ret_word = word;
	return 0;
}

// "uint64 " before a number; -1 if there is none.
static int type_word(struct reader *r)
{
	for (int i = 0; i < NUMBER_TYPES; i++) {
		size_t length = strlen(number_types[i].word);

		if (strncmp(r->rest, number_types[i].word, length) == 0 && (r->rest[length] == ' ' || r->rest[length] == '\t')) {
			r->rest += length;
			skip_blanks(r);
			return i;
		}
	}
	return -1;
}

// One plain value. `*type` is its D-Bus type, 0 before the first one of an array; the others take it over, as in [uint32 1, 2].
static int read_plain(struct reader *r, char *type, const char **ret_word)
{
	int kind = INT32;
	int named;

	skip_blanks(r);
	if (*r->rest == '\'' || *r->rest == '"') {
		if (*type != 0 && *type != 's')
			return not_understood(r, "the values of an array are of one type");
		*type = 's';
		return read_string(r, ret_word);
	}
	for (int i = 0; i < 2; i++) {
		const char *word = i == 0 ? "false" : "true";
		size_t length = strlen(word);

		if (strncmp(r->rest, word, length) != 0 || strchr(" \t,]", r->rest[length]) == NULL)
			continue;
		if (*type != 0 && *type != 'b')
			return not_understood(r, "the values of an array are of one type");
		*type = 'b';
		r->rest += length;
		*ret_word = word;
		return 0;
	}
	named = type_word(r);
	for (int i = 0; i < NUMBER_TYPES && *type != 0; i++)
		if (number_types[i].type == *type)
			kind = i;
	if (named >= 0)
		kind = named;
	if (*type != 0 && *type != number_types[kind].type)
		return not_understood(r, "the values of an array are of one type");
	*type = number_types[kind].type;
	return read_number(r, kind, ret_word);
}

static int read_array(struct reader *r, const char **words, size_t *ret_count, char *ret_type)
{
	size_t count = 0;
	char type = 0;

	r->rest++;
	for (skip_blanks(r); *r->rest != ']'; skip_blanks(r)) {
		if (count > 0 && *r->rest++ != ',')
			return not_understood(r, "values of an array are separated by commas, and the array ends with ]");
		if (count == ELEMENTS_MAX)
			return not_understood(r, "the array is too long");
		if (read_plain(r, &type, &words[count++]) < 0)
			return -1;
	}
	r->rest++;
	*ret_count = count;
	if (type == 0)
		type = 's'; // an empty one is most likely a list of words
	*ret_type = type;
	return 0;
}

static int expect_end(struct reader *r)
{
	skip_blanks(r);
	return *r->rest == '\0' ? 0 : not_understood(r, arena_printf(r->arena, "\"%.40s\" is too much", r->rest));
}

// systemd's bus has microseconds only, where a person says "TimeoutStopSec: 5".
static int from_seconds(struct reader *r, struct unit_properties *properties)
{
	const char *number = r->text + (strchr(r->text, ' ') != NULL ? strcspn(r->text, " ") + 1 : 0);
	size_t length = strlen(r->name) - strlen("Sec");
	char *end;
	double seconds = strtod(number, &end);

	if (end == number || *end != '\0' || !(seconds >= 0 && seconds < 1e12))
		return not_understood(r, "not a number of seconds");
	property_u64(r->arena, properties, arena_printf(r->arena, "%.*sUSec", (int)length, r->name), (uint64_t)(seconds * 1e6 + 0.5));
	return 0;
}

static bool valid_name(const char *name)
{
	size_t length = strlen(name);

	return length >= 3 && length < 100 && name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0';
}

static bool in_seconds(const char *name)
{
	size_t length = strlen(name);

	return length > 3 && strcmp(name + length - 3, "Sec") == 0 && (length < 4 || name[length - 4] != 'U');
}

int property_from_text(struct arena *arena, struct unit_properties *properties, const char *name, const char *text, struct error *err)
{
	struct reader r = {.arena = arena, .name = name, .text = text, .rest = text, .err = err};
	const char *words[ELEMENTS_MAX] = {NULL};
	size_t count = 1;
	char type = 0;
	bool array;

	if (!valid_name(name))
		return error_set(err, EINVAL, "org.systemd.property.%.100s: a property's name is three or more letters, as in TimeoutStopUSec", name);
	if (in_seconds(name))
		return from_seconds(&r, properties);
	skip_blanks(&r);
	array = *r.rest == '[';
	if ((array ? read_array(&r, words, &count, &type) : read_plain(&r, &type, words)) < 0 || expect_end(&r) < 0)
		return -1;
	property_begin(arena, properties, arena_strdup(arena, name), arena_printf(arena, "%s%c", array ? "a" : "", type));
	if (array)
		property_word(arena, properties, arena_printf(arena, "%zu", count));
	for (size_t i = 0; i < count; i++)
		property_word(arena, properties, words[i]);
	return 0;
}
