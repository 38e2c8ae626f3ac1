// spec_config.c: the top level of config.json, mounts, and hooks (runtime-spec config.md).
#include "spec/tables.h"

#include <assert.h>

ASSERT_PAIR(struct spec_pair, key, value);

static const struct field root_fields[] = {
	FIELD("path", field_string, struct spec, root.path, .flags = FIELD_MANDATORY),
	FIELD("readonly", field_bool, struct spec, root.readonly),
};
static const struct table root_table = {TABLE_FIELDS(root_fields)};

static const struct field mount_fields[] = {
	FIELD("destination", field_string, struct spec_mount, destination, .flags = FIELD_MANDATORY),
	FIELD("source", field_string, struct spec_mount, source, .flags = FIELD_EMPTY_UNSET),
	FIELD("type", field_string, struct spec_mount, type, .flags = FIELD_EMPTY_UNSET),
	FIELD("options", field_strings, struct spec_mount, options),
	FIELD_LIST("uidMappings", field_objects, struct spec_mount, uid_mappings.items, uid_mappings.count, .table = &spec_id_mapping_table),
	FIELD_LIST("gidMappings", field_objects, struct spec_mount, gid_mappings.items, gid_mappings.count, .table = &spec_id_mapping_table),
};
static const struct table mount_table = {TABLE_FIELDS(mount_fields), .size = sizeof(struct spec_mount)};

static const struct field hook_fields[] = {
	FIELD("path", field_string, struct hook, path, .flags = FIELD_MANDATORY),
	FIELD("args", field_strings, struct hook, args),
	FIELD("env", field_strings, struct hook, env),
	FIELD_I64("timeout", field_opt_i64, struct hook, timeout, 1, INT32_MAX),
};
static const struct table hook_table = {TABLE_FIELDS(hook_fields), .size = sizeof(struct hook)};

#define HOOKS(name, member) FIELD_LIST(name, field_objects, struct spec, hooks.member.items, hooks.member.count, .table = &hook_table)

static const struct field hooks_fields[] = {
	HOOKS("prestart", prestart),
	HOOKS("createRuntime", create_runtime),
	HOOKS("createContainer", create_container),
	HOOKS("startContainer", start_container),
	HOOKS("poststart", poststart),
	HOOKS("poststop", poststop),
};
const struct table spec_hooks_table = {TABLE_FIELDS(hooks_fields)};

static const struct field config_fields[] = {
	FIELD("ociVersion", field_string, struct spec, oci_version, .flags = FIELD_MANDATORY),
	FIELD_PART("root", &root_table, .flags = FIELD_MANDATORY),
	FIELD_LIST("mounts", field_objects, struct spec, mounts, mount_count, .table = &mount_table),
	FIELD("process", field_object, struct spec, process, .table = &spec_process_table),
	FIELD("hostname", field_string, struct spec, hostname, .flags = FIELD_EMPTY_UNSET),
	FIELD("domainname", field_string, struct spec, domainname, .flags = FIELD_EMPTY_UNSET),
	FIELD_PART("hooks", &spec_hooks_table),
	FIELD("linux", field_object, struct spec, linux_, .table = &spec_linux_table),
	FIELD_LIST("annotations", field_pairs, struct spec, annotations.items, annotations.count),
	{.key = "solaris", .flags = FIELD_IGNORED},
	{.key = "windows", .flags = FIELD_IGNORED},
	{.key = "vm", .flags = FIELD_IGNORED},
	{.key = "zos", .flags = FIELD_IGNORED},
	{.key = "freebsd", .flags = FIELD_IGNORED},
};
const struct table spec_config_table = {TABLE_FIELDS(config_fields), .size = sizeof(struct spec)};
