// spec_text.h: config.json in tests: ' stands for ", so that a config reads like one.
#ifndef MINIRUN_TESTS_SPEC_TEXT_H
#define MINIRUN_TESTS_SPEC_TEXT_H

#include "spec/spec.h"

#include <stdlib.h>
#include <string.h>

#define BUNDLE "/b"

// malloc'd.
static inline char *quoted(const char *text)
{
	char *copy = strdup(text);

	for (char *c = copy; *c != '\0'; c++) {
		if (*c == '\'')
			*c = '"';
	}
	return copy;
}

// Parses `text` (with ' for "). The text is a block of exactly its length, so that a sanitizer sees a read behind it.
static inline int parse_text(struct spec *spec, const char *text, void (*debug)(const char *), struct error *err)
{
	char *copy = quoted(text);
	size_t length = strlen(copy);
	char *exact = malloc(length + (length == 0));
	int result;

	memcpy(exact, copy, length);
	free(copy);
	*spec = (struct spec){0};
	*err = ERROR_INIT;
	result = spec_parse(spec, BUNDLE, exact, length, debug, err);
	free(exact);
	return result;
}

#endif
