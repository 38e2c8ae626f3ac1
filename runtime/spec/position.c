// position.c: see position.h. json-c keeps no positions, so the text is walked along the path; being sound, it needs no checks.
#include "spec/position.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t\r\n");
}

// Behind the string that begins at `at`.
static const char *skip_string(const char *at)
{
	at++;
	while (*at != '\0' && *at != '"')
		at += *at == '\\' && at[1] != '\0' ? 2 : 1;
	return at + (*at == '"');
}

// Behind the value that begins at `at`.
static const char *skip_value(const char *at)
{
	int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		if (depth == 0 && *at != '{' && *at != '[')
			return at + strcspn(at, ",]} \t\r\n");
		depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
		at++;
	} while (*at != '\0' && depth > 0);
	return at;
}

// The member of the object at `at` whose key is key[0..length): its value, and in `*ret_key` its key; NULL: it has none.
static const char *find_member(const char *at, const char *key, size_t length, const char **ret_key)
{
	if (*at != '{')
		return NULL;
	for (at = skip_blanks(at + 1); *at == '"'; at = skip_blanks(at)) {
		const char *name = at, *end = skip_string(at), *value = skip_blanks(end);

		value = skip_blanks(value + (*value == ':'));
		if ((size_t)(end - name) == length + 2 && memcmp(name + 1, key, length) == 0) {
			*ret_key = name;
			return value;
		}
		at = skip_blanks(skip_value(value));
		at += *at == ',';
	}
	return NULL;
}

static const char *find_element(const char *at, size_t index)
{
	if (*at != '[')
		return NULL;
	for (at = skip_blanks(at + 1); *at != '\0' && *at != ']'; at = skip_blanks(at)) {
		if (index-- == 0)
			return at;
		at = skip_blanks(skip_value(at));
		at += *at == ',';
	}
	return NULL;
}

size_t config_line(const char *text, const char *path)
{
	const char *value = skip_blanks(text), *place = value;
	size_t line = 1;

	while (*path != '\0' && value != NULL) {
		bool quoted = strncmp(path, "[\"", 2) == 0;
		const char *end;

		if (*path == '[' && !quoted) {
			char *behind;

			value = find_element(value, strtoul(path + 1, &behind, 10));
			place = value;
			path = behind + (*behind == ']');
			continue;
		}
		path += quoted ? 2 : *path == '.';
		end = quoted ? strstr(path, "\"]") : path + strcspn(path, ".[");
		if (end == NULL)
			return 0;
		value = find_member(value, path, (size_t)(end - path), &place);
		path = end + (quoted ? 2 : 0);
	}
	if (value == NULL)
		return 0;
	for (const char *c = text; c < place; c++)
		line += *c == '\n';
	return line;
}
