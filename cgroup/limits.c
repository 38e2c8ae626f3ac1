// limits.c: see limits.h. Each function below plans one group of linux.resources; add_write() collects the writes.
// Ranges are the kernel's own (kernel/sched/core.c for cpu.max, block/ for io.*), checked here so that the error can name the field.
#include "cgroup/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define RESOURCES "linux.resources."

struct collector {
	struct arena *arena;
	struct error *err;
	struct cgroup_write *writes;
	size_t count, room;
	unsigned controllers;
};

static const char *const controller_names[] = {
	[CONTROLLER_CPU] = "cpu",   [CONTROLLER_CPUSET] = "cpuset",   [CONTROLLER_MEMORY] = "memory",
	[CONTROLLER_PIDS] = "pids", [CONTROLLER_IO] = "io",           [CONTROLLER_HUGETLB] = "hugetlb",
	[CONTROLLER_RDMA] = "rdma", [CONTROLLER_MISC] = "misc",       [CONTROLLER_DMEM] = "dmem",
};
_Static_assert(sizeof controller_names / sizeof *controller_names == CONTROLLER_MAX, "every controller has a name");

const char *controller_name(enum cgroup_controller controller)
{
	return controller >= 0 && controller < CONTROLLER_MAX ? controller_names[controller] : "none";
}

enum cgroup_controller controller_from_name(const char *name, size_t length)
{
	for (int i = 0; i < CONTROLLER_MAX; i++) {
		if (strlen(controller_names[i]) == length && memcmp(controller_names[i], name, length) == 0)
			return (enum cgroup_controller)i;
	}
	return CONTROLLER_INVALID;
}

// The returned write is valid until the next call.
static struct cgroup_write *add_write(struct collector *c, enum cgroup_controller controller, const char *field,
					const char *file, const char *value)
{
	struct cgroup_write *write;

	c->writes = arena_grow(c->arena, c->writes, c->count, &c->room, sizeof *c->writes);
	if (controller != CONTROLLER_INVALID)
		c->controllers |= 1u << controller;
	write = &c->writes[c->count++];
	*write = (struct cgroup_write){.file = file, .value = value, .controller = controller, .field = field};
	return write;
}

static const char *number(struct collector *c, uint64_t value)
{
	return arena_printf(c->arena, "%" PRIu64, value);
}

static const char *number_or_max(struct collector *c, int64_t value)
{
	return value == -1 ? "max" : number(c, (uint64_t)value);
}

static int range_error(struct collector *c, const char *field, int64_t value, const char *range)
{
	return error_set(c->err, EINVAL, "%s: %" PRId64 " is out of range; %s", field, value, range);
}

// A field of cgroup v1 that v2 cannot express: an error when it asks for something.
static int refuse(struct collector *c, bool in_use, const char *field, const char *hint)
{
	if (!in_use)
		return 0;
	error_set(c->err, EOPNOTSUPP, "%s: cgroup v2 has no such limit", field);
	return error_hint(c->err, "%s", hint);
}

static bool in_use(struct opt_i64 value)
{
	return value.set && value.value != 0;
}

// --- cpuset

// The kernel parses the list; here only what could not be one line of it.
static int add_cpu_list(struct collector *c, const char *list, const char *field, const char *file)
{
	if (list == NULL || list[0] == '\0')
		return 0;
	if (list[strspn(list, "0123456789,-:/ ")] != '\0')
		return error_set(c->err, EINVAL, "%s: \"%s\" is not a list like 0-3,6", field, list);
	add_write(c, CONTROLLER_CPUSET, field, file, list);
	return 0;
}

static int plan_cpuset(struct collector *c, const struct cgroup_limits *limits)
{
	if (add_cpu_list(c, limits->cpu.cpus, RESOURCES "cpu.cpus", "cpuset.cpus") < 0)
		return -1;
	return add_cpu_list(c, limits->cpu.mems, RESOURCES "cpu.mems", "cpuset.mems");
}

// --- cpu

enum { LOG2_BITS = 52 }; // fraction bits: the products below stay within 128 bits

// log2(x) of x >= 1 in fixed point, bit by bit: squaring the mantissa doubles its logarithm.
static uint64_t log2_fixed(uint64_t x)
{
	unsigned whole = 63 - (unsigned)__builtin_clzll(x);
	uint64_t mantissa = x << (63 - whole);
	uint64_t result = whole;

	for (int i = 0; i < LOG2_BITS; i++) {
		unsigned __int128 square = (unsigned __int128)mantissa * mantissa;
		unsigned bit = (unsigned)(square >> 127);

		mantissa = (uint64_t)(square >> (63 + bit));
		result = result << 1 | bit;
	}
	return result;
}

// The least w with log2(w) >= ((l^2 + 125 l - 126) / 612) * log2(10), where l = log2(shares) and 126/612 = 7/34.
uint64_t limits_cpu_weight(uint64_t shares)
{
	uint64_t low = 1, high = 10000;
	unsigned __int128 l, exponent;

	if (shares <= 2)
		return low;
	if (shares >= 262144)
		return high;
	l = log2_fixed(shares);
	exponent = (l * l >> LOG2_BITS) + 125 * l - ((unsigned __int128)126 << LOG2_BITS);
	exponent *= log2_fixed(10);
	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if ((unsigned __int128)log2_fixed(middle) * 612 << LOG2_BITS >= exponent)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

// The kernel refuses cpu.weight while cpu.idle is 1, so the weight is written before idle is set and after it is cleared.
static int plan_cpu_weight(struct collector *c, const struct cgroup_limits *limits)
{
	bool weight = limits->cpu.shares.set && limits->cpu.shares.value != 0;
	struct opt_i64 idle = limits->cpu.idle;

	if (idle.set && idle.value != 0 && idle.value != 1)
		return range_error(c, RESOURCES "cpu.idle", idle.value, "0 or 1");
	if (idle.set && idle.value == 0)
		add_write(c, CONTROLLER_CPU, RESOURCES "cpu.idle", "cpu.idle", "0");
	if (weight)
		add_write(c, CONTROLLER_CPU, RESOURCES "cpu.shares", "cpu.weight",
			    number(c, limits_cpu_weight(limits->cpu.shares.value)));
	if (idle.set && idle.value == 1)
		add_write(c, CONTROLLER_CPU, RESOURCES "cpu.idle", "cpu.idle", "1");
	return 0;
}

// 1 ms is the kernel's least quota and period, 1 s its greatest period; burst may not exceed the quota, so it follows cpu.max.
static int plan_cpu_bandwidth(struct collector *c, const struct cgroup_limits *limits)
{
	struct opt_i64 quota = limits->cpu.quota;
	struct opt_u64 period = limits->cpu.period, burst = limits->cpu.burst;
	bool has_period = period.set && period.value != 0;

	if (in_use(quota) && quota.value != -1 && quota.value < 1000)
		return range_error(c, RESOURCES "cpu.quota", quota.value, "-1 (unlimited) or at least 1000 microseconds");
	if (has_period && (period.value < 1000 || period.value > 1000000))
		return error_set(c->err, EINVAL, RESOURCES "cpu.period: %" PRIu64 " is out of range; 1000 to 1000000 microseconds",
				 period.value);
	if (burst.set && in_use(quota) && quota.value > 0 && burst.value > (uint64_t)quota.value)
		return error_set(c->err, EINVAL, RESOURCES "cpu.burst: %" PRIu64 " is more than the quota of %" PRId64
				 " microseconds; the kernel takes at most the quota", burst.value, quota.value);
	if (in_use(quota) || has_period) {
		const char *most = in_use(quota) ? number_or_max(c, quota.value) : "max";
		const char *field = in_use(quota) ? RESOURCES "cpu.quota" : RESOURCES "cpu.period";

		add_write(c, CONTROLLER_CPU, field, "cpu.max",
			    arena_printf(c->arena, "%s %" PRIu64, most, has_period ? period.value : 100000))->late = true;
	}
	if (burst.set)
		add_write(c, CONTROLLER_CPU, RESOURCES "cpu.burst", "cpu.max.burst", number(c, burst.value))->late = true;
	return 0;
}

static int plan_cpu(struct collector *c, const struct cgroup_limits *limits)
{
	bool realtime_period = limits->cpu.realtime_period.set && limits->cpu.realtime_period.value != 0;
	const char *hint = "remove it; real-time threads are bounded by sched_rt_runtime_us of the whole machine";

	if (refuse(c, in_use(limits->cpu.realtime_runtime), RESOURCES "cpu.realtimeRuntime", hint) < 0 ||
	    refuse(c, realtime_period, RESOURCES "cpu.realtimePeriod", hint) < 0 || plan_cpu_weight(c, limits) < 0)
		return -1;
	return plan_cpu_bandwidth(c, limits);
}

// --- memory

static int check_bytes(struct collector *c, struct opt_i64 value, const char *field)
{
	if (value.set && value.value < -1)
		return range_error(c, field, value.value, "a number of bytes, or -1 for unlimited");
	return 0;
}

// `swap` of the spec counts memory plus swap, memory.swap.max swap alone. An unlimited memory without a word on swap unlimits both, as in v1.
static int plan_swap(struct collector *c, struct opt_i64 limit, struct opt_i64 swap)
{
	struct cgroup_write *write;
	int64_t most = swap.value;

	if (!in_use(swap) && !(limit.set && limit.value == -1))
		return 0;
	if (!in_use(swap)) {
		most = -1;
	} else if (swap.value != -1 && !in_use(limit)) {
		error_set(c->err, EINVAL, RESOURCES "memory.swap: %" PRId64 " without " RESOURCES "memory.limit", swap.value);
		return error_hint(c->err, "swap counts memory plus swap, so it needs a limit to be taken from");
	} else if (swap.value != -1 && limit.value != -1) {
		if (swap.value < limit.value) {
			error_set(c->err, EINVAL, RESOURCES "memory.swap: %" PRId64 " is less than " RESOURCES "memory.limit (%" PRId64 ")",
				  swap.value, limit.value);
			return error_hint(c->err, "swap counts memory plus swap; equal to the limit means no swap, -1 no bound");
		}
		most = swap.value - limit.value;
	}
	write = add_write(c, CONTROLLER_MEMORY, in_use(swap) ? RESOURCES "memory.swap" : RESOURCES "memory.limit", "memory.swap.max",
			    number_or_max(c, most));
	write->optional = most <= 0; // a kernel without swap accounting has no file: none and no bound are what it gives anyway
	return 0;
}

static int plan_memory(struct collector *c, const struct cgroup_limits *limits)
{
	struct opt_i64 limit = limits->memory.limit, reservation = limits->memory.reservation;
	struct opt_i64 kernel = limits->memory.kernel, kernel_tcp = limits->memory.kernel_tcp;
	bool swappiness = limits->memory.swappiness.set && limits->memory.swappiness.value != 0;
	bool no_oom = limits->memory.disable_oom_killer.set && limits->memory.disable_oom_killer.value;

	if (refuse(c, in_use(kernel) && kernel.value != -1, RESOURCES "memory.kernel",
		   "memory.limit counts kernel memory too") < 0 ||
	    refuse(c, in_use(kernel_tcp) && kernel_tcp.value != -1, RESOURCES "memory.kernelTCP",
		   "memory.limit counts socket buffers too") < 0 ||
	    refuse(c, swappiness, RESOURCES "memory.swappiness", "bound the swap by memory.swap instead") < 0 ||
	    refuse(c, no_oom, RESOURCES "memory.disableOOMKiller",
		   "set memory.high in linux.resources.unified to slow down instead of kill") < 0)
		return -1;
	if (check_bytes(c, limit, RESOURCES "memory.limit") < 0 ||
	    check_bytes(c, limits->memory.swap, RESOURCES "memory.swap") < 0 ||
	    check_bytes(c, reservation, RESOURCES "memory.reservation") < 0 || plan_swap(c, limit, limits->memory.swap) < 0)
		return -1;
	if (in_use(limit))
		add_write(c, CONTROLLER_MEMORY, RESOURCES "memory.limit", "memory.max", number_or_max(c, limit.value));
	if (in_use(reservation))
		add_write(c, CONTROLLER_MEMORY, RESOURCES "memory.reservation", "memory.low", number_or_max(c, reservation.value));
	return 0;
}

// --- io

// blkio's 10..1000 is io.bfq.weight's scale; io.weight has 1..10000, and the line through both ends is what runc and crun take.
static int add_io_weight(struct collector *c, const char *field, const char *device, uint64_t weight)
{
	struct cgroup_write *write;

	if (weight < 10 || weight > 1000)
		return error_set(c->err, EINVAL, "%s: %" PRIu64 " is out of range; 10 to 1000", field, weight);
	write = add_write(c, CONTROLLER_IO, field, "io.bfq.weight", arena_printf(c->arena, "%s%" PRIu64, device, weight));
	write->also_file = "io.weight";
	write->also_value = arena_printf(c->arena, "%s%" PRIu64, device, 1 + (weight - 10) * 9999 / 990);
	return 0;
}

static int check_device(struct collector *c, const char *field, uint64_t major, uint64_t minor)
{
	// dev_t of the kernel: 12 bits of major, 20 of minor (include/linux/kdev_t.h).
	if (major >= 1u << 12 || minor >= 1u << 20)
		return error_set(c->err, EINVAL, "%s: no device has the numbers %" PRIu64 ":%" PRIu64, field, major, minor);
	return 0;
}

static int plan_io_weights(struct collector *c, const struct cgroup_limits *limits)
{
	struct opt_u64 weight = limits->block_io.weight, leaf = limits->block_io.leaf_weight;
	const char *hint = "only the weights of cgroups are left in v2: remove it";

	if (refuse(c, leaf.set && leaf.value != 0, RESOURCES "blockIO.leafWeight", hint) < 0)
		return -1;
	if (weight.set && weight.value != 0 && add_io_weight(c, RESOURCES "blockIO.weight", "", weight.value) < 0)
		return -1;
	for (size_t i = 0; i < limits->block_io.weight_device_count; i++) {
		const struct limit_weight_device *device = &limits->block_io.weight_device[i];
		const char *field = arena_printf(c->arena, RESOURCES "blockIO.weightDevice[%zu]", i);

		if (check_device(c, field, device->major, device->minor) < 0 ||
		    refuse(c, device->leaf_weight.set && device->leaf_weight.value != 0,
			   arena_printf(c->arena, "%s.leafWeight", field), hint) < 0)
			return -1;
		if (device->weight.set && device->weight.value != 0 &&
		    add_io_weight(c, arena_printf(c->arena, "%s.weight", field),
				  arena_printf(c->arena, "%" PRIu64 ":%" PRIu64 " ", device->major, device->minor), device->weight.value) < 0)
			return -1;
	}
	return 0;
}

// A rate of 0 takes a limit away, as it did in cgroup v1; io.max says "max" for that and refuses 0.
static int add_rates(struct collector *c, const struct limit_rates *rates, const char *name, const char *key)
{
	for (size_t i = 0; i < rates->count; i++) {
		const struct limit_rate_device *rate = &rates->items[i];
		const char *field = arena_printf(c->arena, RESOURCES "blockIO.%s[%zu]", name, i);

		if (check_device(c, field, rate->major, rate->minor) < 0)
			return -1;
		add_write(c, CONTROLLER_IO, field, "io.max",
			    arena_printf(c->arena, "%" PRIu64 ":%" PRIu64 " %s=%s", rate->major, rate->minor, key,
					 rate->rate == 0 ? "max" : number(c, rate->rate)));
	}
	return 0;
}

static int plan_io(struct collector *c, const struct cgroup_limits *limits)
{
	if (plan_io_weights(c, limits) < 0 ||
	    add_rates(c, &limits->block_io.read_bps, "throttleReadBpsDevice", "rbps") < 0 ||
	    add_rates(c, &limits->block_io.write_bps, "throttleWriteBpsDevice", "wbps") < 0 ||
	    add_rates(c, &limits->block_io.read_iops, "throttleReadIOPSDevice", "riops") < 0)
		return -1;
	return add_rates(c, &limits->block_io.write_iops, "throttleWriteIOPSDevice", "wiops");
}

// --- pids, hugetlb, rdma, network

static int plan_pids(struct collector *c, const struct cgroup_limits *limits)
{
	struct opt_i64 limit = limits->pids.limit;

	if (!limit.set)
		return 0;
	if (limit.value < -1)
		return range_error(c, RESOURCES "pids.limit", limit.value, "a number of tasks, or -1 for unlimited");
	add_write(c, CONTROLLER_PIDS, RESOURCES "pids.limit", "pids.max", number_or_max(c, limit.value))->late = limit.value == 0;
	return 0;
}

// "64KB", "2MB", "1GB": the spec's form, and the name within the kernel's files.
static bool valid_page_size(const char *size)
{
	size_t digits = size == NULL ? 0 : strspn(size, "0123456789");

	if (digits == 0 || size[0] == '0')
		return false;
	return strcmp(size + digits, "KB") == 0 || strcmp(size + digits, "MB") == 0 || strcmp(size + digits, "GB") == 0;
}

// The reservation is what an application meets as ENOMEM of mmap; past the other limit it gets SIGBUS at a page fault. So rsvd is set too, and first.
static int plan_hugetlb(struct collector *c, const struct cgroup_limits *limits)
{
	for (size_t i = 0; i < limits->hugepages.count; i++) {
		const struct limit_hugepage *page = &limits->hugepages.items[i];
		const char *field = arena_printf(c->arena, RESOURCES "hugepageLimits[%zu]", i);
		const char *value = page->limit == UINT64_MAX ? "max" : number(c, page->limit);

		if (!valid_page_size(page->page_size))
			return error_set(c->err, EINVAL, "%s.pageSize: \"%s\" is not a size like 2MB or 1GB", field,
					 page->page_size == NULL ? "" : page->page_size);
		field = arena_printf(c->arena, "%s.limit", field);
		add_write(c, CONTROLLER_HUGETLB, field, arena_printf(c->arena, "hugetlb.%s.rsvd.max", page->page_size), value)
			->optional = true;
		add_write(c, CONTROLLER_HUGETLB, field, arena_printf(c->arena, "hugetlb.%s.max", page->page_size), value);
	}
	return 0;
}

static bool valid_word(const char *text)
{
	if (text == NULL || text[0] == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

// The kernel's counters are ints: anything more is "max".
static const char *rdma_value(struct collector *c, const char *key, struct opt_u64 value)
{
	if (!value.set)
		return "";
	if (value.value > INT32_MAX)
		return arena_printf(c->arena, " %s=max", key);
	return arena_printf(c->arena, " %s=%" PRIu64, key, value.value);
}

static int plan_rdma(struct collector *c, const struct cgroup_limits *limits)
{
	for (size_t i = 0; i < limits->rdma.count; i++) {
		const struct limit_rdma *rdma = &limits->rdma.items[i];

		if (!valid_word(rdma->device))
			return error_set(c->err, EINVAL, RESOURCES "rdma: \"%s\" is not the name of a device",
					 rdma->device == NULL ? "" : rdma->device);
		if (!rdma->hca_handles.set && !rdma->hca_objects.set)
			continue;
		add_write(c, CONTROLLER_RDMA, arena_printf(c->arena, RESOURCES "rdma[\"%s\"]", rdma->device), "rdma.max",
			    arena_printf(c->arena, "%s%s%s", rdma->device, rdma_value(c, "hca_handle", rdma->hca_handles),
					 rdma_value(c, "hca_object", rdma->hca_objects)));
	}
	return 0;
}

static int plan_network(struct collector *c, const struct cgroup_limits *limits)
{
	struct opt_u64 class_id = limits->network.class_id;
	const char *hint = "mark packets with nftables' `socket cgroupv2` instead";

	if (refuse(c, class_id.set && class_id.value != 0, RESOURCES "network.classID", hint) < 0)
		return -1;
	for (size_t i = 0; i < limits->network.priority_count; i++) {
		if (refuse(c, limits->network.priorities[i].priority != 0,
			   arena_printf(c->arena, RESOURCES "network.priorities[%zu]", i), hint) < 0)
			return -1;
	}
	return 0;
}

// --- unified

// Finds who owns a file: the controller before the first dot, or nobody for the files that every cgroup has ("cgroup.*", and
// "irq.pressure" of PSI).
static int unified_controller(struct collector *c, const char *name, enum cgroup_controller *ret_controller)
{
	const char *file = name == NULL ? "" : name;
	size_t prefix = strcspn(file, ".");
	enum cgroup_controller controller;

	if (!valid_word(file) || strchr(file, '/') != NULL || prefix == 0 || file[prefix] == '\0' || file[prefix + 1] == '\0')
		return error_set(c->err, EINVAL, RESOURCES "unified: \"%s\" is not the name of a cgroup file like memory.high", file);
	controller = controller_from_name(file, prefix);
	if (controller == CONTROLLER_INVALID && strncmp(file, "cgroup.", 7) != 0 && strncmp(file, "irq.", 4) != 0) {
		error_set(c->err, EINVAL, RESOURCES "unified: \"%s\": no controller is named \"%.*s\"", file, (int)prefix, file);
		return error_hint(c->err, "cpu, cpuset, memory, pids, io, hugetlb, rdma, misc, dmem, or a file cgroup.*");
	}
	*ret_controller = controller;
	return 0;
}

// What must not be in force while the container is set up: a quota, and a process limit below which nobody can be born.
static bool must_wait(const char *file, const char *value)
{
	return strcmp(file, "cpu.max") == 0 || strcmp(file, "cpu.max.burst") == 0 ||
	       (strcmp(file, "pids.max") == 0 && strcmp(value, "0") == 0);
}

// The kernel takes one line a write (io.max, rdma.max), so several lines become several writes. An empty value is written as an empty
// line, which clears a list; a write of no bytes would not reach the controller.
static void add_lines(struct collector *c, enum cgroup_controller controller, const char *file, const char *value)
{
	const char *field = arena_printf(c->arena, RESOURCES "unified[\"%s\"]", file);

	if (value == NULL || value[strspn(value, "\n")] == '\0') {
		add_write(c, controller, field, file, "\n");
		return;
	}
	for (value += strspn(value, "\n"); *value != '\0'; value += strspn(value, "\n")) {
		size_t length = strcspn(value, "\n");
		const char *line = arena_strndup(c->arena, value, length);

		add_write(c, controller, field, file, line)->late = must_wait(file, line);
		value += length;
	}
}

static int plan_unified(struct collector *c, const struct cgroup_limits *limits)
{
	for (size_t i = 0; i < limits->unified.count; i++) {
		const struct limit_unified *item = &limits->unified.items[i];
		enum cgroup_controller controller = CONTROLLER_INVALID;

		if (unified_controller(c, item->file, &controller) < 0)
			return -1;
		add_lines(c, controller, item->file, item->value);
	}
	return 0;
}

// --- the whole

static int rank(const struct cgroup_write *write)
{
	return write->late ? 2 : write->controller == CONTROLLER_CPUSET ? 0 : 1;
}

// Stable: cpuset first (a task that joins afterwards never runs on a CPU that it must not use), late ones last.
static struct cgroup_write *in_order(struct collector *c)
{
	struct cgroup_write *sorted = arena_array(c->arena, c->count, sizeof *sorted);
	size_t used = 0;

	for (int wanted = 0; wanted <= 2; wanted++) {
		for (size_t i = 0; i < c->count; i++) {
			if (rank(&c->writes[i]) == wanted)
				sorted[used++] = c->writes[i];
		}
	}
	return sorted;
}

int limits_plan(struct arena *arena, const struct cgroup_limits *limits, struct cgroup_plan *ret_plan, struct error *err)
{
	static int (*const groups[])(struct collector *, const struct cgroup_limits *) = {
		plan_cpuset, plan_cpu, plan_memory, plan_pids, plan_io, plan_hugetlb, plan_rdma, plan_network, plan_unified,
	};
	struct collector c = {.arena = arena, .err = err};

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		if (groups[i](&c, limits) < 0)
			return -1;
	}
	*ret_plan = (struct cgroup_plan){.writes = in_order(&c), .count = c.count, .controllers = c.controllers};
	return 0;
}
