// spec_linux.c: `linux` of config.json (runtime-spec config-linux.md), but for its resources and seccomp.
#include "spec/tables.h"

#include <sys/mount.h>

enum { MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff, MODE_MAX = 0177777, NANOSECONDS_MAX = 999999999 };

const char *const spec_memory_policy_modes[] = {
	"MPOL_DEFAULT", "MPOL_BIND", "MPOL_INTERLEAVE", "MPOL_WEIGHTED_INTERLEAVE", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_LOCAL", NULL,
};
const char *const spec_memory_policy_flags[] = {"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES", NULL};
static const char *const personality_domains[] = {"LINUX", "LINUX32", NULL};
static const char *const no_words[] = {NULL};

static int field_namespace_type(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct spec_namespace *namespace = base;
	const char *name;

	(void)field;
	if (reader_string(reader, value, &name) < 0)
		return -1;
	namespace->type = namespace_type(name);
	if (namespace->type == 0)
		return reader_fail(reader, "unknown namespace \"%.64s\"; known are pid, network, mount, ipc, uts, user, cgroup, time", name);
	return 0;
}

static const struct field namespace_fields[] = {
	FIELD("type", field_namespace_type, struct spec_namespace, type, .flags = FIELD_MANDATORY),
	FIELD("path", field_string, struct spec_namespace, path, .flags = FIELD_EMPTY_UNSET),
};
static const struct table namespace_table = {TABLE_FIELDS(namespace_fields), .size = sizeof(struct spec_namespace)};

static const struct field id_mapping_fields[] = {
	FIELD_U64("containerID", field_u32, struct id_mapping, container_id, UINT32_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("hostID", field_u32, struct id_mapping, host_id, UINT32_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("size", field_u32, struct id_mapping, size, UINT32_MAX, .flags = FIELD_MANDATORY),
};
const struct table spec_id_mapping_table = {TABLE_FIELDS(id_mapping_fields), .size = sizeof(struct id_mapping)};

static const struct field time_offset_fields[] = {
	FIELD_I64("secs", field_i64, struct time_offset, seconds, INT64_MIN, INT64_MAX),
	FIELD_U64("nanosecs", field_u32, struct time_offset, nanoseconds, NANOSECONDS_MAX),
};
static const struct table time_offset_table = {TABLE_FIELDS(time_offset_fields), .present = PRESENT_AT(struct time_offset, set)};

static const struct field time_offsets_fields[] = {
	FIELD("monotonic", field_object, struct spec_linux, offset_monotonic, .table = &time_offset_table),
	FIELD("boottime", field_object, struct spec_linux, offset_boottime, .table = &time_offset_table),
};
static const struct table time_offsets_table = {TABLE_FIELDS(time_offsets_fields)};

static int field_device_type(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	static const char *const types[] = {"b", "c", "p", "u", NULL};
	struct device_node *node = base;
	const char *type;

	(void)field;
	if (reader_string(reader, value, &type) < 0 || reader_word(reader, type, types) < 0)
		return -1;
	node->type = *type;
	return 0;
}

// Engines pass a whole st_mode, file type included (docker: 8630 = 020666).
static int field_mode(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct device_node *node = base;
	uint64_t mode;

	if (reader_unsigned(reader, value, field->max, &mode) < 0)
		return -1;
	node->mode = (mode_t)(mode & 07777);
	return 0;
}

enum { DEVICE_MAJOR, DEVICE_MINOR };

static int finish_device(struct reader *reader, void *base, uint64_t seen)
{
	const struct device_node *node = base;

	if (node->path[0] != '/')
		return reader_fail_key(reader, "path", "must be absolute, not \"%.64s\"", node->path);
	if (node->type == 'p')
		return 0;
	if ((seen >> DEVICE_MAJOR & 1) == 0)
		return reader_fail_key(reader, "major", "missing, but mandatory for type \"%c\"", node->type);
	if ((seen >> DEVICE_MINOR & 1) == 0)
		return reader_fail_key(reader, "minor", "missing, but mandatory for type \"%c\"", node->type);
	return 0;
}

static const struct field device_fields[] = {
	[DEVICE_MAJOR] = FIELD_U64("major", field_u32, struct device_node, major, MAJOR_MAX),
	[DEVICE_MINOR] = FIELD_U64("minor", field_u32, struct device_node, minor, MINOR_MAX),
	FIELD("path", field_string, struct device_node, path, .flags = FIELD_MANDATORY),
	FIELD("type", field_device_type, struct device_node, type, .flags = FIELD_MANDATORY),
	FIELD_U64("fileMode", field_mode, struct device_node, mode, MODE_MAX),
	FIELD_U64("uid", field_u32, struct device_node, uid, UINT32_MAX - 1),
	FIELD_U64("gid", field_u32, struct device_node, gid, UINT32_MAX - 1),
};
// Without fileMode the node is for everyone, as with runc; what may be done is the device rules' matter.
static const struct table device_table = {
	TABLE_FIELDS(device_fields), .size = sizeof(struct device_node), .initial = &(const struct device_node){.mode = 0666}, .finish = finish_device,
};

static const struct field net_device_fields[] = {
	FIELD("name", field_string, struct spec_pair, value, .flags = FIELD_EMPTY_UNSET),
};
static const struct table net_device_table = {TABLE_FIELDS(net_device_fields), .size = sizeof(struct spec_pair), .key_offset = offsetof(struct spec_pair, key)};

static const struct field intel_rdt_fields[] = {
	FIELD("closID", field_string, struct spec_linux, intel_rdt.clos_id, .flags = FIELD_EMPTY_UNSET),
	FIELD("l3CacheSchema", field_string, struct spec_linux, intel_rdt.l3_cache_schema, .flags = FIELD_EMPTY_UNSET),
	FIELD("memBwSchema", field_string, struct spec_linux, intel_rdt.mem_bw_schema, .flags = FIELD_EMPTY_UNSET),
	FIELD("schemata", field_strings, struct spec_linux, intel_rdt.schemata),
	FIELD("enableCMT", field_opt_bool, struct spec_linux, intel_rdt.enable_cmt),
	FIELD("enableMBM", field_opt_bool, struct spec_linux, intel_rdt.enable_mbm),
	FIELD("enableMonitoring", field_opt_bool, struct spec_linux, intel_rdt.enable_monitoring),
};
static const struct table intel_rdt_table = {TABLE_FIELDS(intel_rdt_fields), .present = PRESENT_AT(struct spec_linux, intel_rdt.present)};

static const struct field memory_policy_fields[] = {
	FIELD("mode", field_word, struct spec_linux, memory_policy.mode, .flags = FIELD_MANDATORY, .words = spec_memory_policy_modes),
	FIELD("nodes", field_string, struct spec_linux, memory_policy.nodes), // "" is a value
	FIELD("flags", field_words, struct spec_linux, memory_policy.flags, .words = spec_memory_policy_flags),
};
static const struct table memory_policy_table = {TABLE_FIELDS(memory_policy_fields), .present = PRESENT_AT(struct spec_linux, memory_policy.present)};

static const struct field personality_fields[] = {
	FIELD("domain", field_word, struct spec_linux, personality.domain, .flags = FIELD_MANDATORY, .words = personality_domains),
	FIELD("flags", field_words, struct spec_linux, personality.flags, .words = no_words),
};
static const struct table personality_table = {TABLE_FIELDS(personality_fields), .present = PRESENT_AT(struct spec_linux, personality.present)};

// The spec's four words, and the recursive forms that engines write (podman: "rslave").
static int field_propagation(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	static const char *const words[] = {"private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable", NULL};
	static const unsigned long flags[] = {MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE};
	struct spec_linux *target = base;
	const char *text;
	int word;

	(void)field;
	if (reader_string(reader, value, &text) < 0)
		return -1;
	if (*text == '\0') // not set, for Go's encoders
		return 0;
	word = reader_word(reader, text, words);
	if (word < 0)
		return -1;
	target->rootfs_propagation = flags[word / 2] | (word % 2 != 0 ? MS_REC : 0);
	return 0;
}

static const struct field linux_fields[] = {
	FIELD_LIST("namespaces", field_objects, struct spec_linux, namespaces, namespace_count, .table = &namespace_table),
	FIELD_LIST("uidMappings", field_objects, struct spec_linux, uid_mappings.items, uid_mappings.count, .table = &spec_id_mapping_table),
	FIELD_LIST("gidMappings", field_objects, struct spec_linux, gid_mappings.items, gid_mappings.count, .table = &spec_id_mapping_table),
	FIELD_PART("timeOffsets", &time_offsets_table),
	FIELD_LIST("devices", field_objects, struct spec_linux, devices, device_count, .table = &device_table),
	FIELD_LIST("netDevices", field_map, struct spec_linux, net_devices.items, net_devices.count, .table = &net_device_table),
	FIELD("cgroupsPath", field_string, struct spec_linux, cgroups_path, .flags = FIELD_EMPTY_UNSET),
	FIELD("resources", field_object, struct spec_linux, resources, .table = &spec_resources_table),
	FIELD_PART("intelRdt", &intel_rdt_table),
	FIELD_PART("memoryPolicy", &memory_policy_table),
	FIELD_LIST("sysctl", field_pairs, struct spec_linux, sysctl.items, sysctl.count),
	FIELD_PART("seccomp", &spec_seccomp_table),
	FIELD("rootfsPropagation", field_propagation, struct spec_linux, rootfs_propagation),
	FIELD("maskedPaths", field_strings, struct spec_linux, masked_paths),
	FIELD("readonlyPaths", field_strings, struct spec_linux, readonly_paths),
	FIELD("mountLabel", field_string, struct spec_linux, mount_label, .flags = FIELD_EMPTY_UNSET),
	FIELD_PART("personality", &personality_table),
};
const struct table spec_linux_table = {TABLE_FIELDS(linux_fields), .size = sizeof(struct spec_linux)};
