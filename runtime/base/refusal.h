// refusal.h: why the kernel has refused a call with EPERM or EACCES: which capability it asked for, where it had to count, and whether it is
// there. Everything is looked up after the failure, so that the good path costs nothing. Rules: capabilities(7), user_namespaces(7).
#ifndef MINIRUN_BASE_REFUSAL_H
#define MINIRUN_BASE_REFUSAL_H

#include "base/error.h"

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

// The user namespace in which the kernel looks for the capability.
enum refusal_scope {
	REFUSAL_OWN,   // the process's own (ns_capable(current_user_ns()))
	REFUSAL_MOUNT, // the one that owns the process's mount namespace (may_mount())
	REFUSAL_NET,   // ... its network namespace
	REFUSAL_UTS,   // ... its UTS namespace
	REFUSAL_FIRST, // the machine's first one (capable())
	REFUSAL_SCOPE_MAX,
};

#define REFUSAL_BIT(name) (UINT64_C(1) << CAP_##name)

struct refusal_need {
	uint64_t any; // bit n: capability n; one of them is enough. 0: ends a list
	enum refusal_scope scope;
};

// Appends the cause to an error of EPERM or EACCES that has none yet; other errors are left alone. The first of `needs` (a list that ends with
// any == 0) that this process does not meet is the cause. When all are met (or there are none) it is `otherwise`, words for the other documented cause (NULL: none), or what
// can be seen around the process: a seccomp filter, a security module. Returns -1.
int error_refused_list(struct error *err, const struct refusal_need *needs, const char *otherwise);

// The same of one need.
int error_refused(struct error *err, uint64_t any, enum refusal_scope scope, const char *otherwise);

// Whether the process has one of `any` in its effective set.
bool refusal_has(uint64_t any);

// For minirun itself, before its error is shown: says why it has not what `err` asks for (err->lacks), if it has not. The container's first process
// could not tell: its bounding set is the container's.
void error_add_reason(struct error *err);

#endif
