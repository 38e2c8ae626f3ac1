// compare.h: what differs in meaning between two texts of config.json: neither order of keys, nor that of lists whose order says nothing, nor null instead of nothing.
#ifndef MINIRUN_SPEC_COMPARE_H
#define MINIRUN_SPEC_COMPARE_H

#include "base/arena.h"

#include <json-c/json.h>
#include <stddef.h>

// One difference. A side that has no value there is NULL and line 0.
struct difference {
	const char *path;       // "process.env[PATH]": as config_line() has it, but elements of keyed lists by their key
	const char *left, *right; // the values, as JSON in one line; of a system call what the rules say
	size_t left_line, right_line;
};

struct differences {
	struct difference *items;
	size_t count;
};

// One of the two texts: sound JSON and its tree (json_read()).
struct compared {
	const char *text;
	struct json_object *root;
};

// In the order of `left`, then what only `right` has. All in `arena`. Pure.
struct differences config_compare(struct arena *arena, const struct compared *left, const struct compared *right);

#endif
