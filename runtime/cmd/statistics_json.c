// statistics_json.c: see statistics_json.h. Keys and units are runc's: times of the CPU in nanoseconds, swap as memory and swap together, as cgroup v1 counted.
#include "cmd/statistics_json.h"

#include "cmd/document.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// Two digits, as the kernel has them: 1.37, not 1.3700000000000001.
static void add_percent(struct json_object *object, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof text, "%.2f", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

static void add_pressure_line(struct json_object *object, const char *key, const struct pressure_line *line)
{
	struct json_object *member = document_object(object, key);

	add_percent(member, "avg10", line->avg10);
	add_percent(member, "avg60", line->avg60);
	add_percent(member, "avg300", line->avg300);
	document_number(member, "total", line->total);
}

static void add_pressure(struct json_object *object, const struct pressure *pressure)
{
	struct json_object *psi;

	if (!pressure->present)
		return;
	psi = document_object(object, "psi");
	add_pressure_line(psi, "some", &pressure->some);
	add_pressure_line(psi, "full", &pressure->full);
}

static void add_cpu(struct json_object *root, const struct statistics *s)
{
	struct json_object *cpu = document_object(root, "cpu");
	struct json_object *usage = document_object(cpu, "usage"), *throttling = document_object(cpu, "throttling");

	document_number(usage, "total", s->cpu.usage * 1000);
	document_number(usage, "kernel", s->cpu.system * 1000);
	document_number(usage, "user", s->cpu.user * 1000);
	document_number(throttling, "periods", s->cpu.periods);
	document_number(throttling, "throttledPeriods", s->cpu.throttled_periods);
	document_number(throttling, "throttledTime", s->cpu.throttled * 1000);
	add_pressure(cpu, &s->cpu.pressure);
}

static void add_numbers_of(struct arena *arena, struct json_object *object, const char *key, const char *list)
{
	struct json_object *array = document_array(object, key);
	struct error ignored = ERROR_INIT;
	struct cpuset set;

	if (cpuset_parse(arena, list, &set, &ignored) < 0)
		return;
	for (unsigned number = 0; number < set.words * 8 * sizeof(unsigned long); number++)
		if (cpuset_has(&set, number))
			json_object_array_add(array, json_object_new_int((int)number));
}

// What runc's cpuset has besides are knobs of cgroup v1; its own output for v2 has them as 0.
static void add_cpuset(struct arena *arena, struct json_object *root, const struct statistics *s)
{
	static const char *const zeros[] = {
		"cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level",
	};
	struct json_object *cpuset = document_object(root, "cpuset");

	if (!s->cpuset.present)
		return;
	add_numbers_of(arena, cpuset, "cpus", s->cpuset.cpus);
	add_numbers_of(arena, cpuset, "mems", s->cpuset.mems);
	for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
		document_number(cpuset, zeros[i], 0);
}

static void add_entry(struct json_object *object, const char *key, uint64_t limit, uint64_t usage, uint64_t max, uint64_t failures)
{
	struct json_object *entry = document_object(object, key);

	document_number(entry, "limit", limit);
	document_number(entry, "usage", usage);
	document_number(entry, "max", max);
	document_number(entry, "failcnt", failures);
}

static uint64_t raw_value(const struct statistics *s, const char *key)
{
	for (size_t i = 0; i < s->memory.raw_count; i++)
		if (strcmp(s->memory.raw[i].key, key) == 0)
			return s->memory.raw[i].value;
	return 0;
}

static void add_memory_events(struct json_object *memory, const struct statistics *s)
{
	struct json_object *events = document_object(memory, "event_count");

	document_number(events, "low", s->memory.events.low);
	document_number(events, "high", s->memory.events.high);
	document_number(events, "max", s->memory.events.max);
	document_number(events, "oom", s->memory.events.oom);
	document_number(events, "oom_kill", s->memory.events.oom_kill);
}

static void add_memory(struct json_object *root, const struct statistics *s)
{
	struct json_object *memory = document_object(root, "memory");
	bool bounded = s->memory.limit != UINT64_MAX && s->memory.swap_limit != UINT64_MAX;
	struct json_object *raw;

	if (!s->memory.present)
		return;
	document_number(memory, "cache", raw_value(s, "file"));
	add_entry(memory, "usage", s->memory.limit, s->memory.used, s->memory.peak, s->memory.events.max);
	add_entry(memory, "swap", bounded ? s->memory.limit + s->memory.swap_limit : UINT64_MAX, s->memory.used + s->memory.swap_used, 0, 0);
	add_entry(memory, "kernel", UINT64_MAX, raw_value(s, "kernel"), 0, 0);
	add_entry(memory, "kernelTCP", UINT64_MAX, raw_value(s, "sock"), 0, 0);
	raw = document_object(memory, "raw");
	for (size_t i = 0; i < s->memory.raw_count; i++)
		document_number(raw, s->memory.raw[i].key, s->memory.raw[i].value);
	add_pressure(memory, &s->memory.pressure);
	add_memory_events(memory, s);
}

static void add_pids(struct json_object *root, const struct statistics *s)
{
	struct json_object *pids = document_object(root, "pids");

	if (!s->pids.present)
		return;
	document_number(pids, "current", s->pids.current);
	document_number(pids, "limit", s->pids.limit == UINT64_MAX ? 0 : s->pids.limit); // runc's 0: no limit
}

static void add_transfer(struct json_object *array, const struct statistics_io *device, const char *operation, uint64_t value)
{
	struct json_object *entry = json_object_new_object();

	document_number(entry, "major", device->major);
	document_number(entry, "minor", device->minor);
	document_string(entry, "op", operation);
	document_number(entry, "value", value);
	json_object_array_add(array, entry);
}

static void add_io(struct json_object *root, const struct statistics *s)
{
	struct json_object *io = document_object(root, "blkio");
	struct json_object *bytes, *operations;

	if (!s->io.present)
		return;
	bytes = document_array(io, "ioServiceBytesRecursive");
	operations = document_array(io, "ioServicedRecursive");
	for (size_t i = 0; i < s->io.count; i++) {
		const struct statistics_io *device = &s->io.devices[i];

		add_transfer(bytes, device, "Read", device->read_bytes);
		add_transfer(bytes, device, "Write", device->written_bytes);
		add_transfer(bytes, device, "Discard", device->discarded_bytes);
		add_transfer(operations, device, "Read", device->reads);
		add_transfer(operations, device, "Write", device->writes);
		add_transfer(operations, device, "Discard", device->discards);
	}
	add_pressure(io, &s->io.pressure);
}

static void add_hugetlb(struct json_object *root, const struct statistics *s)
{
	struct json_object *hugetlb = document_object(root, "hugetlb");

	for (size_t i = 0; i < s->hugetlb.count; i++) {
		struct json_object *size = document_object(hugetlb, s->hugetlb.items[i].page_size);

		document_number(size, "usage", s->hugetlb.items[i].used);
		document_number(size, "limit", s->hugetlb.items[i].limit);
		document_number(size, "failcnt", s->hugetlb.items[i].failures);
	}
}

static void add_rdma_list(struct json_object *rdma, const char *key, const struct statistics_rdma *items, size_t count)
{
	struct json_object *array = document_array(rdma, key);

	for (size_t i = 0; i < count; i++) {
		struct json_object *entry = json_object_new_object();

		document_string(entry, "device", items[i].device);
		document_number(entry, "hcaHandles", items[i].hca_handles);
		document_number(entry, "hcaObjects", items[i].hca_objects);
		json_object_array_add(array, entry);
	}
}

struct json_object *statistics_json(struct arena *arena, const struct statistics *statistics)
{
	struct json_object *root = json_object_new_object();
	struct json_object *rdma;

	add_cpu(root, statistics);
	add_cpuset(arena, root, statistics);
	add_memory(root, statistics);
	add_pids(root, statistics);
	add_io(root, statistics);
	add_hugetlb(root, statistics);
	rdma = document_object(root, "rdma");
	add_rdma_list(rdma, "current", statistics->rdma.current, statistics->rdma.current_count);
	add_rdma_list(rdma, "limit", statistics->rdma.limits, statistics->rdma.limit_count);
	document_object(root, "intel_rdt");
	json_object_object_add(root, "network_interfaces", NULL);
	return root;
}
