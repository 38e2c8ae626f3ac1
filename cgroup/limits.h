// limits.h: linux.resources as cgroup v2 files. Pure: no system calls.
// Rules: runtime-spec config-linux.md "Control groups"; Documentation/admin-guide/cgroup-v2.rst; conversions of v1-shaped
// fields as runc and crun do them (shares -> weight by the quadratic formula of runtime-spec 1.3).
#ifndef MINIRUN_CGROUP_LIMITS_H
#define MINIRUN_CGROUP_LIMITS_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"

enum cgroup_controller {
	CONTROLLER_CPU,
	CONTROLLER_CPUSET,
	CONTROLLER_MEMORY,
	CONTROLLER_PIDS,
	CONTROLLER_IO,
	CONTROLLER_HUGETLB,
	CONTROLLER_RDMA,
	CONTROLLER_MISC,
	CONTROLLER_DMEM, // Linux 6.14; reached by `unified` only
	CONTROLLER_MAX,
	CONTROLLER_INVALID = -1,
};

const char *controller_name(enum cgroup_controller controller);
enum cgroup_controller controller_from_name(const char *name, size_t length);

struct limit_weight_device { uint64_t major, minor; struct opt_u64 weight, leaf_weight; };
struct limit_rate_device { uint64_t major, minor, rate; };
struct limit_hugepage { const char *page_size; uint64_t limit; };
struct limit_rdma { const char *device; struct opt_u64 hca_handles, hca_objects; };
struct limit_network_priority { const char *name; uint64_t priority; };
struct limit_unified { const char *file; const char *value; };

// One rule of linux.resources.devices. major/minor unset = all; type 'a' = all types and numbers.
struct limit_device {
	bool allow;
	char type;             // 'a', 'b', 'c'
	struct opt_i64 major, minor; // -1 also means all
	const char *access;    // of "rwm"; NULL or "" = "rwm"
};

struct limit_rates { struct limit_rate_device *items; size_t count; };

struct cgroup_limits {
	struct {
		struct opt_i64 limit, reservation, swap, kernel, kernel_tcp; // bytes; -1 = unlimited
		struct opt_u64 swappiness;
		struct opt_bool disable_oom_killer, use_hierarchy, check_before_update;
	} memory;
	struct {
		struct opt_u64 shares, burst, period, realtime_period; // microseconds, shares 2..262144
		struct opt_i64 quota, realtime_runtime, idle;          // microseconds; quota -1 = unlimited
		const char *cpus, *mems;                               // lists; NULL = not set
	} cpu;
	struct {
		struct opt_u64 weight, leaf_weight;
		struct limit_weight_device *weight_device;
		size_t weight_device_count;
		struct limit_rates read_bps, write_bps, read_iops, write_iops;
	} block_io;
	struct { struct limit_hugepage *items; size_t count; } hugepages;
	struct { struct opt_i64 limit; } pids; // 0 is a real limit, -1 = max
	struct { struct limit_rdma *items; size_t count; } rdma;
	struct { struct limit_unified *items; size_t count; } unified;
	struct {
		struct opt_u64 class_id;
		struct limit_network_priority *priorities;
		size_t priority_count;
	} network;
	struct { struct limit_device *items; size_t count; } devices;
};

// One write into the container's cgroup directory.
struct cgroup_write {
	const char *file;
	const char *value;
	enum cgroup_controller controller; // which must be enabled; CONTROLLER_INVALID for core files (cgroup.*)
	const char *field;                 // the config field it comes from, "linux.resources.memory.limit"
	bool optional;                     // the file may be absent (hugetlb.*.rsvd.max); then it is skipped
	bool late;                         // to be written last, right before exec (cpu.max: set-up inside a 20 % quota takes seconds)
	const char *also_file;             // NULL, or a second file for the same limit (io.weight beside io.bfq.weight: which of the
	const char *also_value;            // two works depends on the disk's scheduler). Both are written; one of them must take it
};

struct cgroup_plan {
	struct cgroup_write *writes; // in writing order
	size_t count;
	unsigned controllers; // bit set of 1u << CONTROLLER_*
};

// Turns limits into writes, allocated in `arena`, in this order: cpuset, everything else, the late ones; `unified` comes after the typed fields of its
// group, so that it wins. Typed fields that are 0 are not set (docker writes blockIO.weight 0, cpu.shares 0), but pids.limit 0, cpu.idle 0, cpu.burst 0 and
// memory.swap equal to memory.limit are real; pids.max 0 is late, since no process can be born below it. memory.useHierarchy true (v2 is always
// hierarchical) and checkBeforeUpdate (a new cgroup uses nothing) need no write. Errors (EINVAL, EOPNOTSUPP) name the field: swap below limit or without one, a
// v1-only field without v2 counterpart (memory.kernel, kernelTCP, swappiness, disableOOMKiller, cpu.realtimeRuntime, blockIO leafWeight, network
// classID/priorities: non-zero only), values out of the kernel's range, unified file with '/' or of an unknown controller.
int limits_plan(struct arena *arena, const struct cgroup_limits *limits, struct cgroup_plan *ret_plan, struct error *err);

// cpu.shares to cpu.weight (1..10000): 10^((log2(x)^2 + 125*log2(x))/612 - 7/34) rounded up, which maps 2, 1024, 262144 to 1, 100, 10000. Shares outside
// of 2..262144 are clamped, as cgroup v1 did. Integer arithmetic: no libm.
uint64_t limits_cpu_weight(uint64_t shares);

#endif
