// statistics.h: what a cgroup has used so far, from the cgroup v2 files (Documentation/admin-guide/cgroup-v2.rst).
// A group whose controller is not enabled is marked absent; a file that an older kernel lacks leaves its numbers 0.
#ifndef MINIRUN_CGROUP_STATISTICS_H
#define MINIRUN_CGROUP_STATISTICS_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One line of a pressure file (PSI): percents of time in which some or all tasks waited, and the sum in microseconds.
struct pressure_line {
	double avg10, avg60, avg300;
	uint64_t total;
};

struct pressure {
	bool present;
	struct pressure_line some, full;
};

struct statistics_pair {
	const char *key;
	uint64_t value;
};

struct statistics_io {
	uint64_t major, minor, read_bytes, written_bytes, discarded_bytes, reads, writes, discards;
};

struct statistics_hugetlb {
	const char *page_size; // "2MB"
	uint64_t used, limit, failures; // bytes; of reservations, where the kernel counts them
};

struct statistics_rdma {
	const char *device;
	uint64_t hca_handles, hca_objects; // UINT64_MAX: no limit
};

struct statistics {
	struct {
		uint64_t usage, user, system;                      // microseconds
		uint64_t periods, throttled_periods, throttled;    // the last in microseconds
		struct pressure pressure;
	} cpu;
	struct { bool present; const char *cpus, *mems; } cpuset; // in effect, as lists
	struct {
		bool present;
		uint64_t used, limit, peak;                        // bytes; UINT64_MAX: no limit
		uint64_t swap_used, swap_limit;                    // of swap alone
		struct { uint64_t low, high, max, oom, oom_kill; } events;
		struct statistics_pair *raw;                       // memory.stat
		size_t raw_count;
		struct pressure pressure;
	} memory;
	struct { bool present; uint64_t current, limit; } pids;    // UINT64_MAX: no limit
	struct { bool present; struct statistics_io *devices; size_t count; struct pressure pressure; } io;
	struct { struct statistics_hugetlb *items; size_t count; } hugetlb;
	struct { struct statistics_rdma *current, *limits; size_t current_count, limit_count; } rdma;
};

// Reads all of the cgroup directory `dir`; strings and lists live in `arena`. Fails only when the cgroup is gone (ENODEV, ENOENT) or cannot be read.
int statistics_read(int dir, struct arena *arena, struct statistics *ret_statistics, struct error *err);

// The number behind `key` in a flat keyed file's text ("oom_kill 3"); false if it is not there. Pure.
bool statistics_value(const char *text, const char *key, uint64_t *ret_value);

#endif
