// sample.c: see sample.h.
#include "cpus/sample.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/process.h"
#include "cpus/tasks.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum {
	SCHEDSTAT_MAX = 128,
	STATUS_MAX = 131072, // Cpus_allowed and its list of 65,536 CPUs
	NUMA_MAPS_MAX = 64 << 20,
};

struct collection {
	struct arena *arena;
	struct sample sample;
	size_t room;
};

static struct thread_sample *add(struct collection *collection)
{
	struct sample *sample = &collection->sample;

	sample->threads = arena_grow(collection->arena, sample->threads, sample->count, &collection->room, sizeof *sample->threads);
	return &sample->threads[sample->count++];
}

// --- the files of one thread

static bool read_stat(struct arena *arena, int task, struct thread_sample *thread)
{
	struct process_stat stat;

	if (process_stat(task, thread->tid, &stat) < 0)
		return false;
	thread->name = arena_strdup(arena, stat.name);
	thread->kernel = task_is_kernel(stat.flags);
	// Workers of unbound workqueues have the flag as well, but can be kept off by the workqueues' mask.
	thread->bound = thread->kernel && task_is_bound(stat.flags) && strncmp(thread->name, "kworker/u", strlen("kworker/u")) != 0;
	thread->ticks = stat.ticks;
	thread->start = stat.start;
	thread->processor = stat.processor;
	return true;
}

// "Name:\tvalue" of status, or "name   :   value" of sched: the value, NULL without such a line.
static const char *find_value(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0) {
			const char *value = line + length + strspn(line + length, " \t");

			if (*value == ':')
				return value + 1 + strspn(value + 1, " \t");
		}
	}
	return NULL;
}

static uint64_t number_of(const char *text, const char *name)
{
	const char *value = find_value(text, name);

	return value != NULL ? strtoull(value, NULL, 10) : 0;
}

static bool parse_status(struct arena *arena, const char *text, struct thread_sample *thread)
{
	const char *list = find_value(text, "Cpus_allowed_list");
	struct error ignored = ERROR_INIT;

	if (list == NULL || cpuset_parse(arena, arena_strndup(arena, list, strcspn(list, "\n")), &thread->allowed, &ignored) < 0)
		return false;
	thread->voluntary = number_of(text, "voluntary_ctxt_switches");
	thread->forced = number_of(text, "nonvoluntary_ctxt_switches");
	return true;
}

static bool read_basics(struct arena *arena, int task, struct thread_sample *thread)
{
	char text[SCHEDSTAT_MAX], path[64];
	char *rest;

	if (!read_stat(arena, task, thread))
		return false;
	snprintf(path, sizeof path, "%d/schedstat", thread->tid);
	if (read_file_at(task, path, text, sizeof text) > 0) {
		thread->run_ns = strtoull(text, &rest, 10);
		thread->run_delay_ns = strtoull(rest, NULL, 10);
	}
	return true;
}

static bool read_details(struct arena *arena, int task, struct thread_sample *thread)
{
	AUTO_FREE char *text = malloc(STATUS_MAX);
	const char *migrations;
	char path[64];

	if (text == NULL)
		return false;
	snprintf(path, sizeof path, "%d/status", thread->tid);
	if (read_file_at(task, path, text, STATUS_MAX) < 0 || !parse_status(arena, text, thread))
		return false;
	snprintf(path, sizeof path, "%d/sched", thread->tid);
	if (read_file_at(task, path, text, STATUS_MAX) < 0)
		return true;
	migrations = find_value(text, "se.nr_migrations");
	thread->has_migrations = migrations != NULL;
	thread->migrations = migrations != NULL ? strtoull(migrations, NULL, 10) : 0;
	return true;
}

// --- processes

static bool read_number(const char *name, pid_t *ret_number)
{
	uint64_t value;

	if (!parse_u64(name, INT32_MAX, &value))
		return false;
	*ret_number = (pid_t)value;
	return true;
}

static void sample_process(struct collection *collection, int proc_fd, pid_t pid, bool details)
{
	char path[64];
	AUTO_DIR *dir = NULL;
	int fd;

	snprintf(path, sizeof path, "%d/task", pid);
	dir = open_directory_at(proc_fd, path);
	if (dir == NULL)
		return;
	fd = dirfd(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		struct thread_sample thread = {.pid = pid};

		if (read_number(entry->d_name, &thread.tid) && read_basics(collection->arena, fd, &thread) && (!details || read_details(collection->arena, fd, &thread)))
			*add(collection) = thread;
	}
}

static int compare_threads(const void *a, const void *b)
{
	const struct thread_sample *left = a, *right = b;

	return (left->tid > right->tid) - (left->tid < right->tid);
}

static struct sample finish(struct collection *collection)
{
	struct sample *sample = &collection->sample;

	if (sample->count > 0)
		qsort(sample->threads, sample->count, sizeof *sample->threads, compare_threads);
	return *sample;
}

int sample_processes(struct arena *arena, int proc_fd, const pid_t *pids, size_t count, struct sample *ret_sample, struct error *err)
{
	struct collection collection = {.arena = arena};

	for (size_t i = 0; i < count; i++)
		sample_process(&collection, proc_fd, pids[i], true);
	if (collection.sample.count == 0)
		return error_set(err, ESRCH, "no thread of the container can be seen in /proc; it has ended, or /proc is mounted with hidepid");
	*ret_sample = finish(&collection);
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

int sample_others(struct arena *arena, int proc_fd, const pid_t *pids, size_t count, pid_t self, struct sample *ret_sample, struct error *err)
{
	struct collection collection = {.arena = arena};
	pid_t *sorted = arena_array(arena, count + 1, sizeof *sorted);
	AUTO_DIR *dir = open_directory_at(proc_fd, ".");

	if (dir == NULL)
		return error_errno(err, errno, "cannot list /proc");
	if (count > 0) {
		memcpy(sorted, pids, count * sizeof *pids);
		qsort(sorted, count, sizeof *sorted, compare_pids);
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		pid_t pid = 0;

		if (read_number(entry->d_name, &pid) && pid != self && (count == 0 || bsearch(&pid, sorted, count, sizeof pid, compare_pids) == NULL))
			sample_process(&collection, proc_fd, pid, false);
	}
	*ret_sample = finish(&collection);
	return 0;
}

const struct thread_sample *sample_find(const struct sample *sample, const struct thread_sample *thread)
{
	const struct thread_sample *found = sample->count == 0 ? NULL : bsearch(thread, sample->threads, sample->count, sizeof *thread, compare_threads);

	return found != NULL && found->start == thread->start ? found : NULL;
}

bool thread_ran(const struct thread_sample *before, const struct thread_sample *after)
{
	return before == NULL || before->ticks != after->ticks || before->run_ns != after->run_ns || before->voluntary != after->voluntary || before->forced != after->forced;
}

// --- memory

static struct node_memory *node_of(struct arena *arena, struct memory_sample *memory, int node)
{
	struct node_memory *nodes;
	size_t at = 0;

	while (at < memory->count && memory->nodes[at].node < node)
		at++;
	if (at < memory->count && memory->nodes[at].node == node)
		return &memory->nodes[at];
	nodes = arena_array(arena, memory->count + 1, sizeof *nodes);
	if (memory->count > 0) {
		memcpy(nodes, memory->nodes, at * sizeof *nodes);
		memcpy(nodes + at + 1, memory->nodes + at, (memory->count - at) * sizeof *nodes);
	}
	nodes[at] = (struct node_memory){.node = node};
	memory->nodes = nodes;
	memory->count++;
	return &nodes[at];
}

// Whether a mapping's memory is the process's own: no file, or one that is memory itself, or huge pages.
static bool is_own(const char *line)
{
	const char *file = strstr(line, " file=");

	return file == NULL || strstr(line, " huge") != NULL || strncmp(file, " file=/memfd:", strlen(" file=/memfd:")) == 0 || strncmp(file, " file=/dev/zero", strlen(" file=/dev/zero")) == 0 ||
	       strncmp(file, " file=/dev/shm/", strlen(" file=/dev/shm/")) == 0 || strncmp(file, " file=/SYSV", strlen(" file=/SYSV")) == 0;
}

// "7f00 default anon=5 dirty=5 N0=3 N1=2 kernelpagesize_kB=4" (Documentation/filesystems/proc.rst)
static void parse_mapping(struct arena *arena, const char *line, struct memory_sample *memory)
{
	const char *size = strstr(line, " kernelpagesize_kB=");
	uint64_t page_kb = size != NULL ? strtoull(size + strlen(" kernelpagesize_kB="), NULL, 10) : 4;
	bool own = is_own(line);

	for (const char *word = strstr(line, " N"); word != NULL; word = strstr(word + 2, " N")) {
		char *end;
		unsigned long node = strtoul(word + 2, &end, 10);
		struct node_memory *into;

		if (end == word + 2 || *end != '=' || node > CPU_NUMBER_MAX)
			continue;
		into = node_of(arena, memory, (int)node);
		*(own ? &into->own_kb : &into->file_kb) += strtoull(end + 1, NULL, 10) * page_kb;
	}
}

void memory_parse(struct arena *arena, char *numa_maps, struct memory_sample *memory)
{
	char *rest = numa_maps;

	memory->known = true;
	for (const char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
		parse_mapping(arena, line, memory);
}

int sample_memory(struct arena *arena, int proc_fd, const pid_t *pids, size_t count, struct memory_sample *ret_memory, struct error *err)
{
	struct memory_sample memory = {0};

	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *content = NULL;
		char path[64];
		size_t length;

		snprintf(path, sizeof path, "%d/numa_maps", pids[i]);
		content = read_whole_file_at(proc_fd, path, NUMA_MAPS_MAX, &length);
		if (content != NULL)
			memory_parse(arena, content, &memory);
		else if (errno == EACCES || errno == EPERM)
			return error_errno(err, errno, "cannot read where the memory of process %d lies (/proc/%d/numa_maps)", pids[i], pids[i]);
	}
	*ret_memory = memory;
	return 0;
}
