// capabilities.h: the five capability sets of a process. Rules: capabilities(7), runtime-spec config.md "Capabilities".
#ifndef MINIRUN_PROC_CAPABILITIES_H
#define MINIRUN_PROC_CAPABILITIES_H

#include "base/capability.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

// Bit n is capability number n.
struct capability_sets {
	uint64_t bounding, effective, inheritable, permitted, ambient;
};

// The capabilities that the running kernel knows as a set, and the caller's permitted set.
uint64_t capabilities_of_kernel(void);
uint64_t capabilities_permitted(void);

// Before the change of user: drops from the bounding set what is not in `sets` and sets PR_SET_KEEPCAPS.
// A capability that `sets` wants and the caller's bounding set lacks cannot be had, which is no error.
int capabilities_before_user(const struct capability_sets *sets, struct error *err);

// After it: permitted, effective, inheritable by capset, then the ambient set. Capabilities that the caller does not have are left out, which the spec asks for
// (with a warning, the caller's business; compare with capabilities_permitted()). So are effective ones that are not permitted, and ambient ones that are
// not permitted and inheritable, since the kernel has no such state.
int capabilities_after_user(const struct capability_sets *wanted, struct error *err);

#endif
