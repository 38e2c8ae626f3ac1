// update.c: new limits for a cgroup in use: completed from what is in force, written all or none. See cgroup.h.
#include "cgroup/cgroup.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX = 64, FILE_MAX = 16 * 1024 };

// --- from what is in force

// A number or "max" (-1). false: the file is not there, because its controller is not enabled yet, so that nothing is in force.
static bool read_limit(int dir, const char *file, int64_t *ret_value)
{
	char text[VALUE_MAX];

	if (read_file_at(dir, file, text, sizeof text) <= 0)
		return false;
	*ret_value = strncmp(text, "max", 3) == 0 ? -1 : strtoll(text, NULL, 10);
	return true;
}

static void complete_bandwidth(int dir, struct cgroup_limits *limits)
{
	bool quota = limits->cpu.quota.set && limits->cpu.quota.value != 0, period = limits->cpu.period.set && limits->cpu.period.value != 0;
	char text[VALUE_MAX]; // "QUOTA PERIOD", the quota a number or "max"

	if (quota == period || read_file_at(dir, "cpu.max", text, sizeof text) <= 0 || strchr(text, ' ') == NULL)
		return;
	if (quota)
		limits->cpu.period = (struct opt_u64){.value = strtoull(strchr(text, ' '), NULL, 10), .set = true};
	else
		limits->cpu.quota = (struct opt_i64){.value = strncmp(text, "max", 3) == 0 ? -1 : strtoll(text, NULL, 10), .set = true};
}

static int complete_memory(int dir, struct cgroup_limits *limits, struct error *err)
{
	struct opt_i64 *limit = &limits->memory.limit;
	bool limited = limit->set && limit->value != 0, swap = limits->memory.swap.set && limits->memory.swap.value > 0;
	int64_t used;

	if (!limited && swap && read_limit(dir, "memory.max", &limit->value) && limit->value != -1)
		limit->set = true;
	if (!limits->memory.check_before_update.value || !limited || limit->value == -1 || !read_limit(dir, "memory.current", &used) || used <= limit->value)
		return 0;
	error_set(err, EBUSY, "cannot set linux.resources.memory.limit to %" PRId64 ": %" PRId64 " bytes are in use", limit->value, used);
	return error_hint(err, "without memory.checkBeforeUpdate the kernel reclaims what it can, and kills when that is not enough");
}

int cgroup_complete(int dir, struct cgroup_limits *limits, struct error *err)
{
	complete_bandwidth(dir, limits);
	return complete_memory(dir, limits, err);
}

// --- all or none

// What a file held, to be written back.
struct former {
	const char *file, *value; // what was written
	const char *text;         // what was there; NULL: it cannot be read
};

// An empty cpuset list means the parent's, but cannot be written where processes are (ENOSPC, validate_change() in kernel/cgroup/cpuset.c): what was in effect is the same for now.
static void read_effective(int dir, const char *file, char *text, size_t size)
{
	char effective[VALUE_MAX];

	if (*text != '\0' || strncmp(file, "cpuset.", 7) != 0)
		return;
	snprintf(effective, sizeof effective, "%.40s.effective", file);
	if (read_file_at(dir, effective, text, size) < 0)
		*text = '\0';
}

// A file that is absent will not be written either.
static void note_former(int dir, struct arena *arena, const char *file, const char *value, struct former *formers, size_t *count)
{
	char text[FILE_MAX];
	ssize_t length = read_file_at(dir, file, text, sizeof text);

	if (length == 0)
		read_effective(dir, file, text, sizeof text);
	if (length >= 0 || errno != ENOENT)
		formers[(*count)++] = (struct former){file, value, length < 0 ? NULL : arena_strdup(arena, text)};
}

// The line of a keyed file that begins with the first word of `value`.
static const char *line_of(struct arena *arena, const char *text, const char *key, size_t length)
{
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n')
		if (strncmp(line, key, length) == 0 && line[length] == ' ')
			return arena_strndup(arena, line, strcspn(line, "\n"));
	return NULL;
}

// What makes `former` be as it was. Files of io and rdma have a line for each device, and take one a write; a device without a line has the default.
static const char *restoring(struct arena *arena, const struct former *former)
{
	size_t length = strcspn(former->value, " \n");
	const char *line;

	if (former->text == NULL)
		return NULL;
	if (strncmp(former->file, "io.", 3) != 0 && strncmp(former->file, "rdma.", 5) != 0)
		return *former->text != '\0' ? former->text : "\n"; // an empty list
	if (strncmp(former->file, "io.", 3) == 0 && memchr(former->value, ':', length) == NULL) {
		line = line_of(arena, former->text, "default", strlen("default"));
		return line != NULL ? line + strlen("default ") : former->text; // bfq takes the number alone
	}
	line = line_of(arena, former->text, former->value, length);
	if (line != NULL)
		return line;
	if (strcmp(former->file, "io.max") == 0)
		return arena_printf(arena, "%.*s rbps=max wbps=max riops=max wiops=max", (int)length, former->value);
	if (strcmp(former->file, "rdma.max") == 0)
		return arena_printf(arena, "%.*s hca_handle=max hca_object=max", (int)length, former->value);
	return arena_printf(arena, "%.*s default", (int)length, former->value);
}

static void restore(int dir, struct arena *arena, const struct former *formers, size_t count, struct error *err)
{
	for (size_t i = count; i > 0; i--) {
		const struct former *former = &formers[i - 1];
		const char *value = restoring(arena, former);

		if (value == NULL || write_file_at(dir, former->file, value) < 0)
			error_hint(err, "%s could not be set back", former->file);
	}
}

// The kernel refuses a quota below the burst in force.
static void order_burst(int dir, const struct cgroup_plan *plan)
{
	struct cgroup_write *max = NULL, *burst = NULL;
	int64_t in_force;

	for (size_t i = 0; i < plan->count; i++) {
		if (strcmp(plan->writes[i].file, "cpu.max") == 0)
			max = &plan->writes[i];
		else if (strcmp(plan->writes[i].file, "cpu.max.burst") == 0)
			burst = &plan->writes[i];
	}
	if (max != NULL && burst != NULL && strncmp(max->value, "max", 3) != 0 && read_limit(dir, "cpu.max.burst", &in_force) && in_force > strtoll(max->value, NULL, 10)) {
		struct cgroup_write first = *burst;

		*burst = *max;
		*max = first;
	}
}

int cgroup_update(int dir, struct arena *arena, const struct cgroup_plan *plan, struct error *err)
{
	struct former *formers = arena_array(arena, 2 * plan->count + 1, sizeof *formers);
	size_t count = 0;

	order_burst(dir, plan);
	for (size_t i = 0; i < plan->count; i++) {
		const struct cgroup_write *write = &plan->writes[i];
		size_t done = count;

		note_former(dir, arena, write->file, write->value, formers, &count);
		if (write->also_file != NULL)
			note_former(dir, arena, write->also_file, write->also_value, formers, &count);
		if (cgroup_write(dir, write, err) < 0) {
			restore(dir, arena, formers, done, err);
			return -1;
		}
	}
	return 0;
}
