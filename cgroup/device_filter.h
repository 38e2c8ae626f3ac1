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

// Builds the program: the last rule that matches an access decides (as the v1 devices controller did, applied in listed order), default deny once
// there is any rule. `defaults` appends the accesses that every container has (mknod of anything; rwm of null zero full random urandom tty ptmx pts/* console),
// as runc does. Rules that a later one makes void are dropped. Pure.
int device_filter_build(struct arena *arena, const struct limit_device *rules, size_t count, bool defaults,
			struct device_filter *ret_filter, struct error *err);

// The verdict of the rules for one access ('b'/'c', numbers, access bits "rwm"), for tests and explain. Pure.
bool device_rules_allow(const struct limit_device *rules, size_t count, bool defaults, char type, uint32_t major,
			uint32_t minor, const char *access);

// bpf(BPF_PROG_LOAD). fd owned by the caller.
int device_filter_load(const struct device_filter *filter, struct error *err);

// bpf(BPF_PROG_ATTACH, BPF_F_ALLOW_MULTI) to the cgroup directory fd. The program stays as long as the cgroup does.
int device_filter_attach(int program, int cgroup_dir, struct error *err);

#endif
