// device_filter.h: linux.resources.devices as a BPF_PROG_TYPE_CGROUP_DEVICE program (cgroup v2 has no devices files).
// Building is pure; load and attach are single bpf(2) calls.
#ifndef MINIRUN_CGROUP_DEVICE_FILTER_H
#define MINIRUN_CGROUP_DEVICE_FILTER_H

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/limits.h"

#include <linux/bpf.h>
#include <stddef.h>

struct device_filter {
	struct bpf_insn *insns;
	size_t count;
};

// Builds the program: each bit of an access ("rwm") is decided by the last rule that matches it, and all bits must be allowed (so the rules act in
// their listed order, as runtime-spec wants; an open for "rw" may be granted by two rules). Default deny once there is any rule. Type 'a' matches both types; numbers and
// access restrict it as they do others. `defaults` appends the accesses that every container has (mknod of anything; rwm of null zero full random urandom tty console
// ptmx pts/*), as runc does: also when there is no rule at all, so that an empty list denies everything else. No rule and no `defaults`: all is allowed. Rules that
// later ones make void are dropped. Errors: EINVAL for a type, access or number that no device can have (the text names linux.resources.devices[i]), E2BIG. Pure.
int device_filter_build(struct arena *arena, const struct limit_device *rules, size_t count, bool defaults,
			struct device_filter *ret_filter, struct error *err);

// The verdict of the rules for one access ('b'/'c', numbers, access bits "rwm"), for tests and explain; rules that device_filter_build() refuses match nothing. Pure.
bool device_rules_allow(const struct limit_device *rules, size_t count, bool defaults, char type, uint32_t major,
			uint32_t minor, const char *access);

// Which rule decides one access ('r', 'w' or 'm'), and how: its index; `count`: the accesses that every container has; SIZE_MAX: none, so that it is refused
// (without any rule and `defaults`, allowed). Pure.
size_t device_rules_decide(const struct limit_device *rules, size_t count, bool defaults, char type, uint32_t major, uint32_t minor, char access, bool *ret_allowed);

// bpf(BPF_PROG_LOAD). fd owned by the caller.
int device_filter_load(const struct device_filter *filter, struct error *err);

// Attaches the program to the cgroup directory (BPF_PROG_ATTACH, BPF_F_ALLOW_MULTI). A program that minirun attached there before is replaced in one step (an
// adopted cgroup, `update`); those of others stay, and all of them must allow an access. The program stays as long as the cgroup does.
int device_filter_attach(int program, int cgroup_dir, struct error *err);

// Detaches what device_filter_attach() attached. None there is success. For a cgroup directory that outlives the container.
int device_filter_detach(int cgroup_dir, struct error *err);

#endif
