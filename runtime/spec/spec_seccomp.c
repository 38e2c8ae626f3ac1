// spec_seccomp.c: linux.seccomp of config.json (runtime-spec config-linux.md "Seccomp"). The words are checked by seccomp_check().
#include "spec/tables.h"

enum { SYSCALL_ARGUMENTS = 6 };

static const struct field argument_fields[] = {
	FIELD_U64("index", field_u32, struct seccomp_argument, index, SYSCALL_ARGUMENTS - 1, .flags = FIELD_MANDATORY),
	FIELD("value", field_u64, struct seccomp_argument, value, .flags = FIELD_MANDATORY),
	FIELD("valueTwo", field_u64, struct seccomp_argument, value_two),
	FIELD("op", field_string, struct seccomp_argument, op, .flags = FIELD_MANDATORY),
};
static const struct table argument_table = {TABLE_FIELDS(argument_fields), .size = sizeof(struct seccomp_argument)};

static int finish_rule(struct reader *reader, void *base, uint64_t seen)
{
	const struct seccomp_rule *rule = base;

	(void)seen;
	if (rule->names.count == 0)
		return reader_fail_key(reader, "names", "must name at least one system call");
	return 0;
}

static const struct field rule_fields[] = {
	FIELD("names", field_strings, struct seccomp_rule, names, .flags = FIELD_MANDATORY),
	FIELD("action", field_string, struct seccomp_rule, action, .flags = FIELD_MANDATORY),
	FIELD_U64("errnoRet", field_opt_u64, struct seccomp_rule, errno_ret, UINT32_MAX),
	FIELD_LIST("args", field_objects, struct seccomp_rule, args, arg_count, .table = &argument_table),
};
static const struct table rule_table = {TABLE_FIELDS(rule_fields), .size = sizeof(struct seccomp_rule), .finish = finish_rule};

static const struct field seccomp_fields[] = {
	FIELD("defaultAction", field_string, struct spec_linux, seccomp.profile.default_action, .flags = FIELD_MANDATORY),
	FIELD_U64("defaultErrnoRet", field_opt_u64, struct spec_linux, seccomp.profile.default_errno_ret, UINT32_MAX),
	FIELD("architectures", field_strings, struct spec_linux, seccomp.profile.architectures),
	FIELD("flags", field_strings, struct spec_linux, seccomp.profile.flags),
	FIELD("listenerPath", field_string, struct spec_linux, seccomp.profile.listener_path, .flags = FIELD_EMPTY_UNSET),
	FIELD("listenerMetadata", field_string, struct spec_linux, seccomp.profile.listener_metadata, .flags = FIELD_EMPTY_UNSET),
	FIELD_LIST("syscalls", field_objects, struct spec_linux, seccomp.profile.rules, seccomp.profile.rule_count, .table = &rule_table),
};
const struct table spec_seccomp_table = {TABLE_FIELDS(seccomp_fields), .present = PRESENT_AT(struct spec_linux, seccomp.present)};
