// unit_limits.c: see unit_limits.h. Properties: systemd.resource-control(5); their D-Bus types: org.freedesktop.systemd1(5).
#include "plan/unit_limits.h"

#include "base/parse.h"
#include "cpus/cpuset.h"

#include <inttypes.h>
#include <string.h>

struct target {
	struct arena *arena;
	struct unit_properties *properties;
};

// "max" is infinity; false for what is no number.
static bool read_amount(const char *text, uint64_t *ret_value)
{
	if (strcmp(text, "max") == 0) {
		*ret_value = UINT64_MAX;
		return true;
	}
	return parse_u64(text, UINT64_MAX, ret_value);
}

static void add_amount(struct target *t, const char *name, const char *text)
{
	uint64_t value;

	if (read_amount(text, &value))
		property_u64(t->arena, t->properties, name, value);
}

// A limit of 0 is none that systemd could hold (TasksMax=0 is out of its range): the file alone has it.
static void add_tasks(struct target *t, const char *name, const char *text)
{
	if (strcmp(text, "0") != 0)
		add_amount(t, name, text);
}

// "QUOTA PERIOD" in microseconds. systemd keeps a quota in whole percent of a CPU in the unit's file, which it reads again at daemon-reload: rounded up, as runc does, since
// a limit must not get smaller by that.
static void add_quota(struct target *t, const char *name, const char *text)
{
	enum { PERCENT_USEC = 10000 };
	const char *space = strchr(text, ' ');
	uint64_t quota, period = 100000, second = UINT64_MAX;
	size_t length = strcspn(text, " ");

	if ((space != NULL && !parse_u64(space + 1, UINT64_MAX, &period)) || period == 0 || !read_amount(arena_strndup(t->arena, text, length), &quota))
		return;
	if (quota != UINT64_MAX)
		second = (quota * 1000000 / period + PERCENT_USEC - 1) / PERCENT_USEC * PERCENT_USEC;
	property_u64(t->arena, t->properties, name, second);
	property_u64(t->arena, t->properties, "CPUQuotaPeriodUSec", period);
}

// Weight 0 is systemd's word for cpu.idle.
static void add_idle(struct target *t, const char *name, const char *text)
{
	if (strcmp(text, "1") == 0)
		property_u64(t->arena, t->properties, name, 0);
}

// systemd itself writes this file, by the unit's policy, at every daemon-reload.
static void add_oom_group(struct target *t, const char *name, const char *text)
{
	property_string(t->arena, t->properties, name, strcmp(text, "1") == 0 ? "kill" : "continue");
}

// A bit a CPU or memory node, the lowest first.
static void add_set(struct target *t, const char *name, const char *text)
{
	struct error ignored = ERROR_INIT;
	struct cpuset set;
	int bytes = 0;

	if (cpuset_parse(t->arena, text, &set, &ignored) < 0 || cpuset_count(&set) == 0)
		return;
	for (unsigned i = 0; i < set.words * 8 * sizeof *set.bits; i++)
		if (cpuset_has(&set, i))
			bytes = (int)i / 8 + 1;
	property_begin(t->arena, t->properties, name, "ay");
	property_word(t->arena, t->properties, arena_printf(t->arena, "%d", bytes));
	for (unsigned byte = 0; byte < (unsigned)bytes; byte++) {
		unsigned value = 0;

		for (unsigned bit = 0; bit < 8; bit++)
			value |= (unsigned)cpuset_has(&set, 8 * byte + bit) << bit;
		property_word(t->arena, t->properties, arena_printf(t->arena, "%u", value));
	}
}

static void add_device(struct target *t, const char *name, const char *numbers, size_t length, uint64_t value)
{
	property_begin(t->arena, t->properties, name, "a(st)");
	property_word(t->arena, t->properties, "1");
	property_word(t->arena, t->properties, arena_printf(t->arena, "/dev/block/%.*s", (int)length, numbers));
	property_word(t->arena, t->properties, arena_printf(t->arena, "%" PRIu64, value));
}

// "WEIGHT", "default WEIGHT" or "MAJOR:MINOR WEIGHT".
static void add_io_weight(struct target *t, const char *name, const char *text)
{
	size_t length = strcspn(text, " ");
	uint64_t weight;

	if (text[length] == '\0' || strncmp(text, "default ", length + 1) == 0)
		add_amount(t, name, text[length] == '\0' ? text : text + length + 1);
	else if (parse_u64(text + length + 1, UINT64_MAX, &weight))
		add_device(t, "IODeviceWeight", text, length, weight);
}

// "MAJOR:MINOR rbps=N wbps=N riops=N wiops=N".
static void add_io_max(struct target *t, const char *name, const char *text)
{
	static const char *const keys[][2] = {
		{"rbps=", "IOReadBandwidthMax"}, {"wbps=", "IOWriteBandwidthMax"}, {"riops=", "IOReadIOPSMax"}, {"wiops=", "IOWriteIOPSMax"},
	};
	size_t length = strcspn(text, " ");

	(void)name;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *found = strstr(text + length, keys[i][0]);
		uint64_t value;

		if (found == NULL)
			continue;
		found += strlen(keys[i][0]);
		if (read_amount(arena_strndup(t->arena, found, strcspn(found, " ")), &value))
			add_device(t, keys[i][1], text, length, value);
	}
}

void unit_limit(struct arena *arena, const struct cgroup_write *write, struct unit_properties *properties)
{
	static const struct {
		const char *file, *name;
		void (*add)(struct target *t, const char *name, const char *text);
	} table[] = {
		{"memory.max", "MemoryMax", add_amount},       {"memory.high", "MemoryHigh", add_amount},
		{"memory.low", "MemoryLow", add_amount},       {"memory.min", "MemoryMin", add_amount},
		{"memory.swap.max", "MemorySwapMax", add_amount}, {"memory.zswap.max", "MemoryZSwapMax", add_amount},
		{"memory.oom.group", "OOMPolicy", add_oom_group},
		{"pids.max", "TasksMax", add_tasks},           {"cpu.max", "CPUQuotaPerSecUSec", add_quota},
		{"cpu.weight", "CPUWeight", add_amount},       {"cpu.idle", "CPUWeight", add_idle},
		{"cpuset.cpus", "AllowedCPUs", add_set},       {"cpuset.mems", "AllowedMemoryNodes", add_set},
		{"io.weight", "IOWeight", add_io_weight},      {"io.max", "", add_io_max},
	};
	struct target target = {arena, properties};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (strcmp(table[i].file, write->file) == 0)
			table[i].add(&target, table[i].name, write->value);
		else if (write->also_file != NULL && strcmp(table[i].file, write->also_file) == 0)
			table[i].add(&target, table[i].name, write->also_value);
	}
}
