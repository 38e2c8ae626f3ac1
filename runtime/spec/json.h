// json.h: text to a json-c tree, stricter than json-c's own strict mode, with line and column in every error.
// What json-c 0.16 lets pass even with JSON_TOKENER_STRICT is refused here: a key given twice (json-c keeps the last), integers beyond 64 bits (saturated), "\u0000" (cuts a key
// short), control characters in strings, NaN and Infinity, "1." and leading zeros, bytes behind a NUL.
#ifndef MINIRUN_SPEC_JSON_H
#define MINIRUN_SPEC_JSON_H

#include "base/error.h"

#include <json-c/json.h>

enum {
	JSON_TEXT_MAX = 16 * 1024 * 1024, // bytes
	JSON_DEPTH_MAX = 64,              // config.json of runtime-spec 1.3 nests 8 deep
};

static inline void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

#define AUTO_JSON __attribute__((cleanup(cleanup_json))) struct json_object

// The tree of `length` bytes of UTF-8 that hold exactly one JSON object (RFC 8259). Owned by the caller (json_object_put()).
// -1 with "line 3, column 14: ..."; columns count bytes from 1.
int json_read(const char *text, size_t length, struct json_object **ret_root, struct error *err);

#endif
