// spec_process.c: `process` of config.json (runtime-spec config.md "Process").
#include "spec/tables.h"

#include <string.h>

// (uid_t)-1 and (gid_t)-1 mean "leave it" to setresuid(2) and setresgid(2): they are nobody's id.
enum { UMASK_MAX = 0777, UNKNOWN_CAPABILITIES_MAX = 64 };
#define ID_MAX (UINT32_MAX - 1)

static const char *const scheduler_policies[] = {
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE", NULL,
};
static const char *const scheduler_flags[] = {
	"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX", NULL,
};
static const char *const io_classes[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE", NULL};

static const struct field console_size_fields[] = {
	FIELD("height", field_u64, struct spec_process, console_size.height, .flags = FIELD_MANDATORY),
	FIELD("width", field_u64, struct spec_process, console_size.width, .flags = FIELD_MANDATORY),
};
static const struct table console_size_table = {TABLE_FIELDS(console_size_fields), .present = PRESENT_AT(struct spec_process, console_size.present)};

static const struct field user_fields[] = {
	FIELD_U64("uid", field_u32, struct spec_process, user.uid, ID_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("gid", field_u32, struct spec_process, user.gid, ID_MAX, .flags = FIELD_MANDATORY),
	FIELD_U64("umask", field_opt_u64, struct spec_process, user.umask, UMASK_MAX),
	{.key = "additionalGids", .parse = field_u32s, .max = ID_MAX, .offset = offsetof(struct spec_process, user.additional_gids),
		.count_offset = offsetof(struct spec_process, user.additional_gid_count)},
};
static const struct table user_table = {TABLE_FIELDS(user_fields)};

static int field_rlimit_type(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct rlimit_value *limit = base;
	const char *name;

	(void)field;
	if (reader_string(reader, value, &name) < 0)
		return -1;
	limit->resource = rlimit_resource(name);
	if (limit->resource < 0)
		return reader_fail(reader, "unknown resource limit \"%.64s\"; see getrlimit(2)", name);
	return 0;
}

static int finish_rlimit(struct reader *reader, void *base, uint64_t seen)
{
	const struct rlimit_value *limit = base;

	(void)seen;
	if (limit->soft > limit->hard)
		return reader_fail_key(reader, "soft", "above the hard limit");
	return 0;
}

static const struct field rlimit_fields[] = {
	FIELD("type", field_rlimit_type, struct rlimit_value, resource, .flags = FIELD_MANDATORY),
	FIELD("soft", field_u64, struct rlimit_value, soft, .flags = FIELD_MANDATORY),
	FIELD("hard", field_u64, struct rlimit_value, hard, .flags = FIELD_MANDATORY),
};
static const struct table rlimit_table = {TABLE_FIELDS(rlimit_fields), .size = sizeof(struct rlimit_value), .finish = finish_rlimit};

struct capability_list {
	struct spec_process *process;
	uint64_t *set;
};

static bool has_string(const struct strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->items[i], text) == 0)
			return true;
	}
	return false;
}

// Unknown names are collected, each once, for a warning: the spec wants no failure.
static int read_capability(struct reader *reader, struct json_object *element, size_t index, void *data)
{
	struct capability_list *list = data;
	struct strings *unknown = &list->process->capabilities.unknown;
	const char *name;
	int number;

	(void)index;
	if (reader_string(reader, element, &name) < 0)
		return -1;
	number = capability_number(name);
	if (number >= 0 && number < 64) {
		*list->set |= UINT64_C(1) << number;
		return 0;
	}
	if (unknown->count < UNKNOWN_CAPABILITIES_MAX && !has_string(unknown, name)) {
		if (unknown->items == NULL)
			unknown->items = arena_array(reader->arena, UNKNOWN_CAPABILITIES_MAX, sizeof *unknown->items);
		unknown->items[unknown->count++] = name;
	}
	return 0;
}

static int field_capabilities(struct reader *reader, struct json_object *value, void *base, const struct field *field)
{
	struct capability_list list = {.process = base, .set = (uint64_t *)((char *)base + field->offset)};

	return reader_array(reader, value, read_capability, &list);
}

#define CAPABILITIES(name) FIELD(#name, field_capabilities, struct spec_process, capabilities.sets.name)

static const struct field capability_fields[] = {
	CAPABILITIES(bounding), CAPABILITIES(effective), CAPABILITIES(inheritable), CAPABILITIES(permitted), CAPABILITIES(ambient),
};
static const struct table capability_table = {TABLE_FIELDS(capability_fields), .present = PRESENT_AT(struct spec_process, capabilities.present)};

static const struct field scheduler_fields[] = {
	FIELD("policy", field_word, struct spec_process, scheduler.value.policy, .flags = FIELD_MANDATORY, .words = scheduler_policies),
	FIELD_I64("nice", field_opt_i64, struct spec_process, scheduler.value.nice, -20, 19),
	FIELD_I64("priority", field_opt_i64, struct spec_process, scheduler.value.priority, 0, 99),
	FIELD("flags", field_words, struct spec_process, scheduler.value.flags, .words = scheduler_flags),
	FIELD("runtime", field_opt_u64, struct spec_process, scheduler.value.runtime),
	FIELD("deadline", field_opt_u64, struct spec_process, scheduler.value.deadline),
	FIELD("period", field_opt_u64, struct spec_process, scheduler.value.period),
};
static const struct table scheduler_table = {TABLE_FIELDS(scheduler_fields), .present = PRESENT_AT(struct spec_process, scheduler.present)};

static const struct field io_priority_fields[] = {
	FIELD("class", field_word, struct spec_process, io_priority.io_class, .flags = FIELD_MANDATORY, .words = io_classes),
	FIELD_I64("priority", field_i64, struct spec_process, io_priority.priority, 0, 7), // not mandatory: IOPRIO_CLASS_IDLE has none, and runc takes 0
};
static const struct table io_priority_table = {TABLE_FIELDS(io_priority_fields), .present = PRESENT_AT(struct spec_process, io_priority.present)};

static const struct field affinity_fields[] = {
	FIELD("initial", field_string, struct spec_process, exec_cpu_affinity.initial, .flags = FIELD_EMPTY_UNSET),
	FIELD("final", field_string, struct spec_process, exec_cpu_affinity.final, .flags = FIELD_EMPTY_UNSET),
};
static const struct table affinity_table = {TABLE_FIELDS(affinity_fields), .present = PRESENT_AT(struct spec_process, exec_cpu_affinity.present)};

static const struct field process_fields[] = {
	FIELD("terminal", field_opt_bool, struct spec_process, terminal),
	FIELD_PART("consoleSize", &console_size_table),
	FIELD("cwd", field_string, struct spec_process, cwd, .flags = FIELD_MANDATORY),
	FIELD("env", field_strings, struct spec_process, env),
	FIELD("args", field_strings, struct spec_process, args),
	FIELD_PART("user", &user_table),
	FIELD_LIST("rlimits", field_objects, struct spec_process, rlimits, rlimit_count, .table = &rlimit_table),
	FIELD("apparmorProfile", field_string, struct spec_process, apparmor_profile, .flags = FIELD_EMPTY_UNSET),
	FIELD("selinuxLabel", field_string, struct spec_process, selinux_label, .flags = FIELD_EMPTY_UNSET),
	FIELD_PART("capabilities", &capability_table),
	FIELD("noNewPrivileges", field_bool, struct spec_process, no_new_privileges),
	FIELD_I64("oomScoreAdj", field_opt_i64, struct spec_process, oom_score_adj, -1000, 1000),
	FIELD_PART("scheduler", &scheduler_table),
	FIELD_PART("ioPriority", &io_priority_table),
	FIELD_PART("execCPUAffinity", &affinity_table),
};
const struct table spec_process_table = {TABLE_FIELDS(process_fields), .size = sizeof(struct spec_process), .present = PRESENT_AT(struct spec_process, present)};
