// neighbours_record.h: what minirun changed about the machine's knobs, on disk until all is given back. Private to neighbours*.c.
// One line a knob: its path, its original value, what was written last, and what it was before that; lists, "-" for the empty set.
#ifndef MINIRUN_CPUS_NEIGHBOURS_RECORD_H
#define MINIRUN_CPUS_NEIGHBOURS_RECORD_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stddef.h>

struct knob_record {
	const char *path;
	struct cpuset original;
	struct cpuset set;    // what minirun decided on last; may not have been written yet when minirun died
	struct cpuset former; // what the knob was until then
};

struct knob_records {
	struct knob_record *items;
	size_t count;
};

// What is there; nothing if there is no record. -1: it cannot be read or is not what minirun writes.
int knob_records_read(struct arena *arena, int dir, struct knob_records *ret_records, struct error *err);
// Atomically replaces what is there; without records removes it.
int knob_records_write(struct arena *arena, int dir, const struct knob_records *records, struct error *err);
// NULL if it is not among them.
const struct knob_record *knob_records_find(const struct knob_records *records, const char *path);

#endif
