// table.h: JSON objects to C structs by tables: one line a key, naming its parser and where the value goes.
// The walker knows json-c and no config.json; the tables (spec_*.c) know config.json and hardly any json-c.
// Errors name the path ("mounts[2].destination"). Unknown keys go to the debug function. null means "not set", as Go's encoding/json, by which nearly all configs are written, has it.
#ifndef MINIRUN_SPEC_TABLE_H
#define MINIRUN_SPEC_TABLE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/strings.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Where the reader is: a list on the C stack, innermost first; turned into text only for a message.
struct place {
	const struct place *parent;
	const char *key; // NULL: an element of an array
	size_t index;
};

struct reader {
	struct arena *arena; // all data read
	struct error *err;
	void (*debug)(const char *message); // may be NULL
	const struct place *place;
};

struct field;

// Reads `value` (never null) into `base` as `field` says. 0, or -1 with reader->err naming the path.
typedef int field_parser(struct reader *reader, struct json_object *value, void *base, const struct field *field);

enum {
	FIELD_MANDATORY = 1 << 0,
	FIELD_IGNORED = 1 << 1,     // known, and not meant for us: another platform's section
	FIELD_EMPTY_UNSET = 1 << 2, // "" means the same as no value, as it does for Go's encoders
};

struct field {
	const char *key;
	field_parser *parse;
	size_t offset;       // of the value in the struct
	size_t count_offset; // lists: of its size_t count
	unsigned flags;
	int64_t min;         // integers: the range
	uint64_t max;
	const char *const *words;  // enumerations: NULL-terminated
	const struct table *table; // objects, lists and maps of them
};

struct table {
	const struct field *fields;
	size_t field_count; // at most 64
	size_t size;        // of the struct; for elements of lists
	const void *initial; // what an element holds before it is read; NULL: zeros
	size_t present;     // PRESENT_AT(type, member) of a bool set when the object is there; 0: none
	size_t key_offset;  // maps: of the `const char *` for the key
	int (*finish)(struct reader *reader, void *base, uint64_t seen); // may be NULL; bit n of `seen`: fields[n] was there
};

#define TABLE_FIELDS(array) .fields = (array), .field_count = sizeof(array) / sizeof(array)[0]
#define PRESENT_AT(type, member) (offsetof(type, member) + 1)

// Reads all members of the object `value` into `base`.
int table_read(struct reader *reader, const struct table *table, struct json_object *value, void *base);

// The path of reader->place, "." for the root. Returns `text`.
char *reader_path(const struct reader *reader, char *text, size_t size);

// Replaces control characters by '?': what a config holds must not steer the terminal that shows a message.
void text_printable(char *text);

// Fills reader->err with "PATH: text" and returns -1.
int reader_fail(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The same for the member or element below the current place.
int reader_fail_key(struct reader *reader, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

// "PATH: expected `wanted`, found a string". -1.
int reader_fail_type(struct reader *reader, const char *wanted, struct json_object *value);

// The value as a string in the arena; as an integer from `min` to `max`.
int reader_string(struct reader *reader, struct json_object *value, const char **ret_text);
int reader_unsigned(struct reader *reader, struct json_object *value, uint64_t max, uint64_t *ret_number);
int reader_signed(struct reader *reader, struct json_object *value, int64_t min, uint64_t max, int64_t *ret_number);

// Calls `each` with every element of the array `value`, reader->place being the element's. null elements are errors.
int reader_array(struct reader *reader, struct json_object *value, int (*each)(struct reader *reader, struct json_object *element, size_t index, void *data), void *data);

// Index of `text` in a NULL-terminated list; -1 with the error listing the words.
int reader_word(struct reader *reader, const char *text, const char *const *words);

// Parsers; behind each the type of the value in the struct.
field_parser field_string;  // const char *
field_parser field_word;    // const char *, one of `words`
field_parser field_bool;    // bool
field_parser field_opt_bool; // struct opt_bool
field_parser field_u32;     // uint32_t, up to `max`
field_parser field_u64;     // uint64_t
field_parser field_opt_u64; // struct opt_u64
field_parser field_i64;     // int64_t, `min` to `max`
field_parser field_opt_i64; // struct opt_i64
field_parser field_strings; // struct strings; items[count] is NULL
field_parser field_words;   // struct strings, each one of `words`
field_parser field_u32s;    // uint32_t * and size_t
field_parser field_object;  // the struct of `table`, at `offset`
field_parser field_objects; // pointer to elements of `table`, and size_t
field_parser field_map;     // the same from an object: the key goes to table->key_offset, the members from the value
field_parser field_pairs;   // pointer to structs of two `const char *` (key, value), and size_t

#endif
