// tables.h: the tables of config.json, by noun; internal to runtime/spec. Each is of runtime-spec 1.3 and complete.
// FIELD() writes a line of a table; what is not given is 0 or the widest range of the type.
#ifndef MINIRUN_SPEC_TABLES_H
#define MINIRUN_SPEC_TABLES_H

#include "spec/spec.h"
#include "spec/table.h"

extern const struct table spec_config_table;     // struct spec
extern const struct table spec_process_table;    // struct spec_process
extern const struct table spec_linux_table;      // struct spec_linux
extern const struct table spec_hooks_table;      // struct spec
extern const struct table spec_resources_table;  // struct cgroup_limits
extern const struct table spec_seccomp_table;    // struct spec_linux: its seccomp
extern const struct table spec_id_mapping_table; // struct id_mapping

#define FIELD(name, parser, type, member, ...) \
	{.key = (name), .parse = (parser), .offset = offsetof(type, member), .max = UINT64_MAX, __VA_ARGS__}
#define FIELD_I64(name, parser, type, member, least, most, ...) \
	{.key = (name), .parse = (parser), .offset = offsetof(type, member), .min = (least), .max = (most), __VA_ARGS__}
#define FIELD_U64(name, parser, type, member, most, ...) \
	{.key = (name), .parse = (parser), .offset = offsetof(type, member), .max = (most), __VA_ARGS__}
#define FIELD_LIST(name, parser, type, member, counter, ...) \
	{.key = (name), .parse = (parser), .offset = offsetof(type, member), .count_offset = offsetof(type, counter), .max = UINT64_MAX, __VA_ARGS__}
// A member object whose fields go into the same struct.
#define FIELD_PART(name, subtable, ...) {.key = (name), .parse = field_object, .table = (subtable), __VA_ARGS__}

// field_pairs() writes two pointers an element.
#define ASSERT_PAIR(type, first, second) \
	static_assert(sizeof(type) == 2 * sizeof(char *) && offsetof(type, first) == 0 && offsetof(type, second) == sizeof(char *), "a pair of strings")

#endif
