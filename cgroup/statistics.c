// statistics.c: see statistics.h. Each function below reads the files of one controller.
#include "cgroup/statistics.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 64 * 1024 };

struct reading {
	int dir;
	struct arena *arena;
};

// The file's text; NULL if it is not there.
static char *text_of(const struct reading *reading, const char *file)
{
	size_t length;
	AUTO_FREE char *text = read_whole_file_at(reading->dir, file, TEXT_MAX, &length);

	return text != NULL ? arena_strndup(reading->arena, text, length) : NULL;
}

// "max" is UINT64_MAX; an absent file is 0.
static uint64_t number_in(const struct reading *reading, const char *file)
{
	char text[64];

	if (read_file_at(reading->dir, file, text, sizeof text) <= 0)
		return 0;
	return strcmp(text, "max") == 0 ? UINT64_MAX : strtoull(text, NULL, 10);
}

// Behind the first `word` of the text that stands at the begin of a line or after a blank, as in "rbytes=".
static const char *behind(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *found = strstr(text, word); found != NULL; found = strstr(found + 1, word))
		if (found == text || found[-1] == '\n' || found[-1] == ' ')
			return found + length;
	return NULL;
}

bool statistics_value(const char *text, const char *key, uint64_t *ret_value)
{
	size_t length = strlen(key);

	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			*ret_value = strtoull(line + length, NULL, 10);
			return true;
		}
	}
	return false;
}

struct wanted {
	const char *key;
	uint64_t *value;
};

static void read_keyed(const char *text, const struct wanted *wanted, size_t count)
{
	for (size_t i = 0; text != NULL && i < count; i++)
		statistics_value(text, wanted[i].key, wanted[i].value);
}

static double decimal(const char *line, const char *word)
{
	const char *value = behind(line, word);

	return value != NULL ? strtod(value, NULL) : 0;
}

static struct pressure_line pressure_line(const char *line)
{
	const char *total = behind(line, "total=");

	return (struct pressure_line){
		.avg10 = decimal(line, "avg10="), .avg60 = decimal(line, "avg60="), .avg300 = decimal(line, "avg300="), .total = total != NULL ? strtoull(total, NULL, 10) : 0,
	};
}

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", and the same for "full". Reading fails with EOPNOTSUPP where PSI is switched off.
static struct pressure read_pressure(const struct reading *reading, const char *file)
{
	const char *text = text_of(reading, file);
	struct pressure pressure = {.present = text != NULL};
	const char *some = text != NULL ? behind(text, "some ") : NULL, *full = text != NULL ? behind(text, "full ") : NULL;

	if (some != NULL)
		pressure.some = pressure_line(some);
	if (full != NULL)
		pressure.full = pressure_line(full);
	return pressure;
}

// cpu.stat is there without the controller, too; then it has the first three alone.
static int read_cpu(const struct reading *reading, struct statistics *s)
{
	const struct wanted wanted[] = {
		{"usage_usec", &s->cpu.usage}, {"user_usec", &s->cpu.user}, {"system_usec", &s->cpu.system},
		{"nr_periods", &s->cpu.periods}, {"nr_throttled", &s->cpu.throttled_periods}, {"throttled_usec", &s->cpu.throttled},
	};
	const char *text = text_of(reading, "cpu.stat");

	if (text == NULL)
		return -1;
	read_keyed(text, wanted, sizeof wanted / sizeof *wanted);
	s->cpu.pressure = read_pressure(reading, "cpu.pressure");
	return 0;
}

static void read_cpuset(const struct reading *reading, struct statistics *s)
{
	char *cpus = text_of(reading, "cpuset.cpus.effective"), *mems = text_of(reading, "cpuset.mems.effective");

	s->cpuset.present = cpus != NULL && mems != NULL;
	if (!s->cpuset.present)
		return;
	cpus[strcspn(cpus, "\n")] = '\0';
	mems[strcspn(mems, "\n")] = '\0';
	s->cpuset.cpus = cpus;
	s->cpuset.mems = mems;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; text != NULL && *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n')
		lines++;
	return lines;
}

static void read_memory_stat(const struct reading *reading, struct statistics *s)
{
	char *rest = text_of(reading, "memory.stat");

	s->memory.raw = arena_array(reading->arena, count_lines(rest), sizeof *s->memory.raw);
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
		char *blank = strchr(line, ' ');

		if (blank == NULL)
			continue;
		*blank = '\0';
		s->memory.raw[s->memory.raw_count++] = (struct statistics_pair){line, strtoull(blank + 1, NULL, 10)};
	}
}

static void read_memory(const struct reading *reading, struct statistics *s)
{
	const struct wanted wanted[] = {
		{"low", &s->memory.events.low}, {"high", &s->memory.events.high}, {"max", &s->memory.events.max}, {"oom", &s->memory.events.oom}, {"oom_kill", &s->memory.events.oom_kill},
	};
	const char *events = text_of(reading, "memory.events");

	s->memory.present = events != NULL;
	if (!s->memory.present)
		return;
	read_keyed(events, wanted, sizeof wanted / sizeof *wanted);
	s->memory.used = number_in(reading, "memory.current");
	s->memory.limit = number_in(reading, "memory.max");
	s->memory.peak = number_in(reading, "memory.peak");
	s->memory.swap_used = number_in(reading, "memory.swap.current");
	s->memory.swap_limit = number_in(reading, "memory.swap.max");
	read_memory_stat(reading, s);
	s->memory.pressure = read_pressure(reading, "memory.pressure");
}

static void read_pids(const struct reading *reading, struct statistics *s)
{
	s->pids.present = faccessat(reading->dir, "pids.current", F_OK, 0) == 0;
	s->pids.current = number_in(reading, "pids.current");
	s->pids.limit = number_in(reading, "pids.max");
}

// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6"
static void read_io(const struct reading *reading, struct statistics *s)
{
	char *rest = text_of(reading, "io.stat");

	s->io.present = rest != NULL;
	s->io.devices = arena_array(reading->arena, count_lines(rest), sizeof *s->io.devices);
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
		struct statistics_io *device = &s->io.devices[s->io.count];
		const struct wanted wanted[] = {
			{"rbytes=", &device->read_bytes}, {"wbytes=", &device->written_bytes}, {"dbytes=", &device->discarded_bytes},
			{"rios=", &device->reads}, {"wios=", &device->writes}, {"dios=", &device->discards},
		};
		char *end;

		// Since Linux 5.13 or so a device that was not used may stand there without numbers.
		if (strchr(line, '=') == NULL)
			continue;
		device->major = strtoull(line, &end, 10);
		device->minor = *end == ':' ? strtoull(end + 1, NULL, 10) : 0;
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
			const char *value = behind(line, wanted[i].key);

			*wanted[i].value = value != NULL ? strtoull(value, NULL, 10) : 0;
		}
		s->io.count++;
	}
	s->io.pressure = read_pressure(reading, "io.pressure");
}

static struct statistics_hugetlb hugetlb_of(const struct reading *reading, const char *size)
{
	// Of reservations, since that is what the limits are set on first (limits.h).
	const char *kind = faccessat(reading->dir, arena_printf(reading->arena, "hugetlb.%s.rsvd.current", size), F_OK, 0) == 0 ? ".rsvd" : "";
	const char *events = text_of(reading, arena_printf(reading->arena, "hugetlb.%s.events", size));
	struct statistics_hugetlb hugetlb = {
		.page_size = size,
		.used = number_in(reading, arena_printf(reading->arena, "hugetlb.%s%s.current", size, kind)),
		.limit = number_in(reading, arena_printf(reading->arena, "hugetlb.%s%s.max", size, kind)),
	};

	if (events != NULL)
		statistics_value(events, "max", &hugetlb.failures);
	return hugetlb;
}

// One for each "hugetlb.SIZE.events".
static void read_hugetlb(const struct reading *reading, struct statistics *s)
{
	AUTO_DIR *stream = open_directory_at(reading->dir, ".");
	const struct dirent *entry;

	if (stream == NULL)
		return;
	s->hugetlb.items = arena_array(reading->arena, 16, sizeof *s->hugetlb.items);
	while ((entry = readdir(stream)) != NULL && s->hugetlb.count < 16) {
		const char *size = entry->d_name + strlen("hugetlb.");
		size_t length = strlen(entry->d_name);

		if (strncmp(entry->d_name, "hugetlb.", 8) != 0 || length < 8 + 7 || strcmp(entry->d_name + length - 7, ".events") != 0)
			continue;
		s->hugetlb.items[s->hugetlb.count++] = hugetlb_of(reading, arena_strndup(reading->arena, size, length - 8 - 7));
	}
}

// "mlx4_0 hca_handle=2 hca_object=max"
static struct statistics_rdma *read_rdma(const struct reading *reading, const char *file, size_t *ret_count)
{
	char *rest = text_of(reading, file);
	struct statistics_rdma *items = arena_array(reading->arena, count_lines(rest), sizeof *items);
	size_t count = 0;

	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
		const char *handles = behind(line, "hca_handle="), *objects = behind(line, "hca_object=");

		if (handles == NULL || objects == NULL)
			continue;
		items[count].hca_handles = strncmp(handles, "max", 3) == 0 ? UINT64_MAX : strtoull(handles, NULL, 10);
		items[count].hca_objects = strncmp(objects, "max", 3) == 0 ? UINT64_MAX : strtoull(objects, NULL, 10);
		items[count++].device = arena_strndup(reading->arena, line, strcspn(line, " "));
	}
	*ret_count = count;
	return items;
}

int statistics_read(int dir, struct arena *arena, struct statistics *ret_statistics, struct error *err)
{
	const struct reading reading = {.dir = dir, .arena = arena};
	struct statistics statistics = {0};

	if (read_cpu(&reading, &statistics) < 0)
		return error_errno(err, errno, "cannot read cpu.stat of the container's cgroup");
	read_cpuset(&reading, &statistics);
	read_memory(&reading, &statistics);
	read_pids(&reading, &statistics);
	read_io(&reading, &statistics);
	read_hugetlb(&reading, &statistics);
	statistics.rdma.current = read_rdma(&reading, "rdma.current", &statistics.rdma.current_count);
	statistics.rdma.limits = read_rdma(&reading, "rdma.max", &statistics.rdma.limit_count);
	*ret_statistics = statistics;
	return 0;
}
