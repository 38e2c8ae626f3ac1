// spec_resources.c: linux.resources of config.json (runtime-spec config-linux.md "Control groups"), also the body of `update`.
// Only the shape and the ranges of the types are checked here; what the numbers mean to cgroup v2 is limits_plan()'s business.
#include "spec/tables.h"

#include <assert.h>
#include <string.h>

enum { MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff }; // the kernel's dev_t: 12 and 20 bits

ASSERT_PAIR(struct limit_unified, file, value);

static int field_rule_type(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	static const char *const types[] = {"a", "b", "c", NULL};
	struct limit_device *rule = base;
	const char *type;

	(void)field;
	if (reader_string(reader, value, &type) < 0)
		return -1;
	if (*type == '\0') // not set, for Go's encoders
		return 0;
	if (reader_word(reader, type, types) < 0)
		return -1;
	rule->type = *type;
	return 0;
}

static int field_access(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct limit_device *rule = base;

	(void)field;
	if (reader_string(reader, value, &rule->access) < 0)
		return -1;
	if (rule->access[strspn(rule->access, "rwm")] != '\0')
		return reader_fail(reader, "must consist of r (read), w (write) and m (mknod), not \"%.64s\"", rule->access);
	return 0;
}

static const struct field rule_fields[] = {
	FIELD("allow", field_bool, struct limit_device, allow, .flags = FIELD_MANDATORY),
	FIELD("type", field_rule_type, struct limit_device, type),
	FIELD_I64("major", field_opt_i64, struct limit_device, major, -1, MAJOR_MAX),
	FIELD_I64("minor", field_opt_i64, struct limit_device, minor, -1, MINOR_MAX),
	FIELD("access", field_access, struct limit_device, access),
};
static const struct table rule_table = {TABLE_FIELDS(rule_fields), .size = sizeof(struct limit_device), .initial = &(const struct limit_device){.type = 'a'}};

static const struct field memory_fields[] = {
	FIELD_I64("limit", field_opt_i64, struct cgroup_limits, memory.limit, -1, INT64_MAX),
	FIELD_I64("reservation", field_opt_i64, struct cgroup_limits, memory.reservation, -1, INT64_MAX),
	FIELD_I64("swap", field_opt_i64, struct cgroup_limits, memory.swap, -1, INT64_MAX),
	FIELD_I64("kernel", field_opt_i64, struct cgroup_limits, memory.kernel, -1, INT64_MAX),
	FIELD_I64("kernelTCP", field_opt_i64, struct cgroup_limits, memory.kernel_tcp, -1, INT64_MAX),
	FIELD("swappiness", field_opt_u64, struct cgroup_limits, memory.swappiness),
	FIELD("disableOOMKiller", field_opt_bool, struct cgroup_limits, memory.disable_oom_killer),
	FIELD("useHierarchy", field_opt_bool, struct cgroup_limits, memory.use_hierarchy),
	FIELD("checkBeforeUpdate", field_opt_bool, struct cgroup_limits, memory.check_before_update),
};
static const struct table memory_table = {TABLE_FIELDS(memory_fields)};

static const struct field cpu_fields[] = {
	FIELD("shares", field_opt_u64, struct cgroup_limits, cpu.shares),
	FIELD_I64("quota", field_opt_i64, struct cgroup_limits, cpu.quota, -1, INT64_MAX),
	FIELD("burst", field_opt_u64, struct cgroup_limits, cpu.burst),
	FIELD("period", field_opt_u64, struct cgroup_limits, cpu.period),
	FIELD_I64("realtimeRuntime", field_opt_i64, struct cgroup_limits, cpu.realtime_runtime, -1, INT64_MAX),
	FIELD("realtimePeriod", field_opt_u64, struct cgroup_limits, cpu.realtime_period),
	FIELD("cpus", field_string, struct cgroup_limits, cpu.cpus, .flags = FIELD_EMPTY_UNSET),
	FIELD("mems", field_string, struct cgroup_limits, cpu.mems, .flags = FIELD_EMPTY_UNSET),
	FIELD_I64("idle", field_opt_i64, struct cgroup_limits, cpu.idle, INT64_MIN, INT64_MAX),
};
static const struct table cpu_table = {TABLE_FIELDS(cpu_fields)};

static const struct field weight_device_fields[] = {
	FIELD_U64("major", field_u64, struct limit_weight_device, major, MAJOR_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("minor", field_u64, struct limit_weight_device, minor, MINOR_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("weight", field_opt_u64, struct limit_weight_device, weight, UINT16_MAX),
	FIELD_U64("leafWeight", field_opt_u64, struct limit_weight_device, leaf_weight, UINT16_MAX),
};
static const struct table weight_device_table = {TABLE_FIELDS(weight_device_fields), .size = sizeof(struct limit_weight_device)};

static const struct field rate_fields[] = {
	FIELD_U64("major", field_u64, struct limit_rate_device, major, MAJOR_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("minor", field_u64, struct limit_rate_device, minor, MINOR_MAX, .flags = FIELD_MANDATORY),
	FIELD("rate", field_u64, struct limit_rate_device, rate, .flags = FIELD_MANDATORY),
};
static const struct table rate_table = {TABLE_FIELDS(rate_fields), .size = sizeof(struct limit_rate_device)};

#define RATES(name, member) FIELD_LIST(name, field_objects, struct cgroup_limits, block_io.member.items, block_io.member.count, .table = &rate_table)

static const struct field block_io_fields[] = {
	FIELD_U64("weight", field_opt_u64, struct cgroup_limits, block_io.weight, UINT16_MAX),
	FIELD_U64("leafWeight", field_opt_u64, struct cgroup_limits, block_io.leaf_weight, UINT16_MAX),
	FIELD_LIST("weightDevice", field_objects, struct cgroup_limits, block_io.weight_device, block_io.weight_device_count, .table = &weight_device_table),
	RATES("throttleReadBpsDevice", read_bps),
	RATES("throttleWriteBpsDevice", write_bps),
	RATES("throttleReadIOPSDevice", read_iops),
	RATES("throttleWriteIOPSDevice", write_iops),
};
static const struct table block_io_table = {TABLE_FIELDS(block_io_fields)};

static const struct field hugepage_fields[] = {
	FIELD("pageSize", field_string, struct limit_hugepage, page_size, .flags = FIELD_MANDATORY),
	FIELD("limit", field_u64, struct limit_hugepage, limit, .flags = FIELD_MANDATORY),
};
static const struct table hugepage_table = {TABLE_FIELDS(hugepage_fields), .size = sizeof(struct limit_hugepage)};

static const struct field priority_fields[] = {
	FIELD("name", field_string, struct limit_network_priority, name, .flags = FIELD_MANDATORY),
	FIELD_U64("priority", field_u64, struct limit_network_priority, priority, UINT32_MAX, .flags = FIELD_MANDATORY),
};
static const struct table priority_table = {TABLE_FIELDS(priority_fields), .size = sizeof(struct limit_network_priority)};

static const struct field network_fields[] = {
	FIELD_U64("classID", field_opt_u64, struct cgroup_limits, network.class_id, UINT32_MAX),
	FIELD_LIST("priorities", field_objects, struct cgroup_limits, network.priorities, network.priority_count, .table = &priority_table),
};
static const struct table network_table = {TABLE_FIELDS(network_fields)};

static const struct field pids_fields[] = {
	FIELD_I64("limit", field_opt_i64, struct cgroup_limits, pids.limit, -1, INT64_MAX),
};
static const struct table pids_table = {TABLE_FIELDS(pids_fields)};

static const struct field rdma_fields[] = {
	FIELD_U64("hcaHandles", field_opt_u64, struct limit_rdma, hca_handles, UINT32_MAX),
	FIELD_U64("hcaObjects", field_opt_u64, struct limit_rdma, hca_objects, UINT32_MAX),
};
static const struct table rdma_table = {TABLE_FIELDS(rdma_fields), .size = sizeof(struct limit_rdma), .key_offset = offsetof(struct limit_rdma, device)};

static const struct field resources_fields[] = {
	FIELD_LIST("devices", field_objects, struct cgroup_limits, devices.items, devices.count, .table = &rule_table),
	FIELD_PART("memory", &memory_table),
	FIELD_PART("cpu", &cpu_table),
	FIELD_PART("blockIO", &block_io_table),
	FIELD_LIST("hugepageLimits", field_objects, struct cgroup_limits, hugepages.items, hugepages.count, .table = &hugepage_table),
	FIELD_PART("network", &network_table),
	FIELD_PART("pids", &pids_table),
	FIELD_LIST("rdma", field_map, struct cgroup_limits, rdma.items, rdma.count, .table = &rdma_table),
	FIELD_LIST("unified", field_pairs, struct cgroup_limits, unified.items, unified.count),
};
const struct table spec_resources_table = {TABLE_FIELDS(resources_fields), .size = sizeof(struct cgroup_limits)};
