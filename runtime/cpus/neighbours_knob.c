// neighbours_knob.c: see neighbours_knob.h. Rules: Documentation/core-api/irq/irq-affinity.rst, core-api/workqueue.rst, admin-guide/lockup-watchdogs.rst,
// networking/scaling.rst of the kernel.
#include "cpus/neighbours_knob.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cpus/cpumask.h"
#include "cpus/neighbours_thread.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_MAX = 32768 }; // a list of 65,536 CPUs is longer at worst, but no kernel has more than 8,192

static const char workqueues[] = "sys/devices/virtual/workqueue/cpumask";

// Those with a fixed place; interrupts and links are looked up in their directories.
static const struct fixed_knob {
	const char *path;
	bool mask; // written as hexadecimal words
	const char *name;
} fixed_knobs[] = {
	{"proc/irq/default_smp_affinity", true, "interrupts to come"},
	{workqueues, true, "unbound workqueues"},
	{"proc/sys/kernel/watchdog_cpumask", false, "lockup watchdog"},
	{"proc/sys/net/core/rps_default_mask", true, "receive steering (RPS) of links to come"},
};

static const struct fixed_knob *fixed_knob(const char *path)
{
	for (size_t i = 0; i < sizeof fixed_knobs / sizeof *fixed_knobs; i++)
		if (strcmp(fixed_knobs[i].path, path) == 0)
			return &fixed_knobs[i];
	return NULL;
}

static bool is_link(const char *path)
{
	return strncmp(path, "sys/class/net/", strlen("sys/class/net/")) == 0;
}

static bool is_interrupt(const char *path)
{
	return fixed_knob(path) == NULL && !is_link(path) && !thread_knob_is(path);
}

static bool is_mask(const char *path)
{
	const struct fixed_knob *fixed = fixed_knob(path);

	return fixed != NULL ? fixed->mask : is_link(path);
}

bool knob_may_be_empty(const char *path)
{
	return is_link(path) || strstr(path, "/rps_default_mask") != NULL;
}

// The directory fd that the path begins at, and what is left of the path.
static int tree_of(const struct machine *machine, const char *path, const char **ret_rest)
{
	*ret_rest = strchr(path, '/') + 1;
	return *path == 'p' ? machine->proc_fd : machine->sys_fd;
}

static DIR *open_directory(const struct machine *machine, const char *path)
{
	const char *rest;
	int tree = tree_of(machine, path, &rest);

	return open_directory_at(tree, rest);
}

// --- finding

static void find_interrupts(struct arena *arena, const struct machine *machine, struct strings *paths)
{
	AUTO_DIR *dir = open_directory(machine, "proc/irq");

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (isdigit((unsigned char)*entry->d_name))
			strings_add(arena, paths, arena_printf(arena, "proc/irq/%s/smp_affinity_list", entry->d_name));
}

static void find_queues(struct arena *arena, const struct machine *machine, const char *link, struct strings *paths)
{
	AUTO_DIR *dir = open_directory(machine, arena_printf(arena, "sys/class/net/%s/queues", link));

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		bool receives = strncmp(entry->d_name, "rx-", 3) == 0;

		if (receives || strncmp(entry->d_name, "tx-", 3) == 0)
			strings_add(arena, paths, arena_printf(arena, "sys/class/net/%s/queues/%s/%s", link, entry->d_name, receives ? "rps_cpus" : "xps_cpus"));
	}
}

struct strings knobs_of_link(struct arena *arena, const struct machine *machine, const char *link)
{
	struct strings paths = {0};

	find_queues(arena, machine, link, &paths);
	return paths;
}

struct strings knobs_find(struct arena *arena, const struct machine *machine, const struct cpuset *cpus)
{
	struct strings paths = {0};

	for (size_t i = 0; i < sizeof fixed_knobs / sizeof *fixed_knobs; i++)
		strings_add(arena, &paths, fixed_knobs[i].path);
	find_interrupts(arena, machine, &paths);
	thread_knobs_find(arena, machine->proc_fd, cpus, &paths);

	AUTO_DIR *links = open_directory(machine, "sys/class/net");

	for (struct dirent *entry; links != NULL && (entry = readdir(links)) != NULL;)
		if (*entry->d_name != '.')
			find_queues(arena, machine, entry->d_name, &paths);
	return paths;
}

// --- values

static bool read_set(struct arena *arena, const struct machine *machine, const char *path, bool mask, struct cpuset *ret_set)
{
	struct error ignored = ERROR_INIT;
	char text[VALUE_MAX];
	const char *rest;
	int tree = tree_of(machine, path, &rest);

	if (read_file_at(tree, rest, text, sizeof text) < 0)
		return false;
	return (mask ? cpumask_parse(arena, text, ret_set, &ignored) : cpuset_parse(arena, text, ret_set, &ignored)) == 0;
}

bool knob_read(struct arena *arena, const struct machine *machine, const char *path, struct cpuset *ret_set)
{
	if (thread_knob_is(path))
		return thread_knob_read(arena, machine->proc_fd, path, ret_set);
	// Linux 6.8 and later take isolated cpuset partitions out of cpumask by themselves and keep in a second file what was asked for.
	if (path == workqueues || strcmp(path, workqueues) == 0)
		if (read_set(arena, machine, "sys/devices/virtual/workqueue/cpumask_requested", true, ret_set))
			return true;
	return read_set(arena, machine, path, is_mask(path), ret_set);
}

static int write_file(const struct machine *machine, const char *path, const char *text)
{
	const char *rest;
	int tree = tree_of(machine, path, &rest);
	// O_TRUNC as by a shell's `>`: means nothing to the kernel's files, and is right where somebody has put others in their place.
	AUTO_FD fd = openat(tree, rest, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -1 : write_all(fd, text, strlen(text));
}

int knob_write(struct arena *arena, const struct machine *machine, const char *path, const struct cpuset *set)
{
	if (thread_knob_is(path))
		return thread_knob_write(machine->proc_fd, path, set);
	return write_file(machine, path, is_mask(path) ? cpumask_format(arena, set) : cpuset_format(arena, set));
}

const char *knob_effective(struct arena *arena, const char *path)
{
	return is_interrupt(path) ? arena_printf(arena, "%.*s/effective_affinity_list", (int)(strrchr(path, '/') - path), path) : NULL;
}

bool knob_touches(struct arena *arena, const struct machine *machine, const char *path, const struct cpuset *set)
{
	const char *effective = knob_effective(arena, path);
	struct cpuset now;

	if (effective != NULL && read_set(arena, machine, effective, false, &now) && cpuset_first(&now) >= 0)
		return cpuset_intersects(&now, set);
	return knob_read(arena, machine, path, &now) && cpuset_intersects(&now, set);
}

// --- names

// The handlers of an interrupt are the directories below its own.
static const char *interrupt_name(struct arena *arena, const struct machine *machine, const char *path)
{
	const char *number = path + strlen("proc/irq/");
	int length = (int)strcspn(number, "/");
	AUTO_DIR *dir = open_directory(machine, arena_printf(arena, "proc/irq/%.*s", length, number));
	const char *handlers = NULL;

	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
		if (entry->d_type == DT_DIR && *entry->d_name != '.')
			handlers = handlers == NULL ? arena_strdup(arena, entry->d_name) : arena_printf(arena, "%s, %s", handlers, entry->d_name);
	return handlers == NULL ? NULL : arena_printf(arena, "interrupt %.*s (%s)", length, number, handlers);
}

const char *knob_file(struct arena *arena, const char *path)
{
	return arena_printf(arena, "/%s", thread_knob_is(path) ? thread_knob_file(arena, path) : path);
}

const char *knob_name(struct arena *arena, const struct machine *machine, const char *path)
{
	const struct fixed_knob *fixed = fixed_knob(path);
	const char *link, *queue;

	if (fixed != NULL)
		return fixed->name;
	if (thread_knob_is(path))
		return thread_knob_name(arena, machine->proc_fd, path);
	if (!is_link(path))
		return interrupt_name(arena, machine, path);
	link = path + strlen("sys/class/net/");
	queue = strstr(link, "/queues/") + strlen("/queues/");
	return arena_printf(arena, "%s of %.*s %.*s", *queue == 'r' ? "receive steering (RPS)" : "transmit steering (XPS)", (int)strcspn(link, "/"), link, (int)strcspn(queue, "/"), queue);
}
