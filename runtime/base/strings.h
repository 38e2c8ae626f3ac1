// strings.h: a list of strings in an arena.
#ifndef MINIRUN_BASE_STRINGS_H
#define MINIRUN_BASE_STRINGS_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

// The strings and the array live in the owner's arena.
struct strings {
	const char **items;
	size_t count;
	size_t room; // strings_add()'s; 0 for a list that was made whole
};

// Appends `text`, which is not copied.
void strings_add(struct arena *arena, struct strings *strings, const char *text);

bool strings_contain(const struct strings *strings, const char *text);

#endif
