// parse.h: strict parsers for ids, numbers and names that come from users and images.
// Strict: the whole string must match; no leading blanks, no sign where none is meant, no wrap-around.
// CVE-2026-30892 (crun): `exec -u 1` was read as uid 0 by a lax parser. Pure; fuzzed.
#ifndef MINIRUN_BASE_PARSE_H
#define MINIRUN_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONTAINER_ID_MAX = 255 };

// Decimal digits only, at most `max`. false (and *ret_value untouched) otherwise.
bool parse_u64(const char *text, uint64_t max, uint64_t *ret_value);
// The same with an optional leading '-'.
bool parse_i64(const char *text, int64_t *ret_value);

// A number of bytes with a unit, as docker's and runc's options take it: "512m", "1.5G", "64KiB", "100b"; units are powers of 1024, case does not matter, a fraction
// is cut to whole bytes. false beyond INT64_MAX.
bool parse_bytes(const char *text, int64_t *ret_bytes);

// A container id: [A-Za-z0-9_+-][A-Za-z0-9_+.-]*, at most CONTAINER_ID_MAX bytes, so that it can be
// a directory's name and part of a cgroup path without any quoting (facts of runc's and crun's rule).
bool valid_container_id(const char *id);

// A network interface's name: 1 to 15 bytes, no '/', ':', white space, not "." or ".." (kernel dev_valid_name()).
bool valid_interface_name(const char *name);

// A path within a cgroup tree: no "..", ".", or empty component inside, at least one component.
// A leading '/' is allowed.
bool valid_cgroup_path(const char *path);

// A signal by number (1..64), by name with or without "SIG" ("TERM", "SIGTERM", any case), or
// real-time "RTMIN+n"/"RTMAX-n". -1 if it is none.
int parse_signal(const char *text);

// FNV-1a 64; for names of cache files, never for trust.
uint64_t hash_bytes(const void *data, size_t length);

#endif
