// opt.h: values with a presence bit, for config fields whose zero means something.
#ifndef MINIRUN_BASE_OPT_H
#define MINIRUN_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct opt_u64 {
	uint64_t value;
	bool set;
};

struct opt_i64 {
	int64_t value;
	bool set;
};

struct opt_bool {
	bool value;
	bool set;
};

#endif
