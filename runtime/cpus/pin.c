// pin.c: see pin.h.
#include "cpus/pin.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "cpus/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum {
	COMM_SIZE = 64, // a name has 15 bytes and the kernel's threads more; these are none of a container
};

// ---- lists of processes and of threads ----------------------------------------------------------------------------------------------------

// The pid namespace of a process; false: it has ended, or is a kernel thread's or somebody else's.
static bool read_namespace(int proc, pid_t pid, struct stat *ret_status)
{
	char path[32];

	snprintf(path, sizeof path, "%d/ns/pid", (int)pid);
	return fstatat(proc, path, ret_status, 0) == 0;
}

static int list_namespace(int proc, const struct stat *space, struct arena *arena, struct task_list *list, struct error *err)
{
	struct task_list all = {0};

	if (tasks_read(arena, proc, ".", &all) < 0)
		return error_errno(err, errno, "cannot list the processes of /proc");
	for (size_t i = 0; i < all.count; i++) {
		struct stat its;

		if (read_namespace(proc, all.items[i], &its) && its.st_ino == space->st_ino && its.st_dev == space->st_dev)
			tasks_append(arena, list, all.items[i]);
	}
	return 0;
}

// "12 15 " of /proc/PID/task/TID/children.
static void append_children(int proc, pid_t pid, pid_t tid, struct arena *arena, struct task_list *list)
{
	char path[64];
	size_t length;
	AUTO_FREE char *text = NULL;

	snprintf(path, sizeof path, "%d/task/%d/children", (int)pid, (int)tid);
	text = read_whole_file_at(proc, path, 1 << 20, &length);
	for (const char *word = text; word != NULL && *word != '\0';) {
		char *end;
		long child = strtol(word, &end, 10);

		if (end == word)
			break;
		tasks_append(arena, list, (pid_t)child);
		word = end;
	}
}

static void list_descendants(int proc, pid_t init, struct arena *arena, struct task_list *list)
{
	tasks_append(arena, list, init);
	for (size_t i = 0; i < list->count; i++) {
		struct task_list threads = {0};
		char path[32];

		snprintf(path, sizeof path, "%d/task", (int)list->items[i]);
		if (tasks_read(arena, proc, path, &threads) < 0)
			continue; // it has ended
		for (size_t n = 0; n < threads.count; n++)
			append_children(proc, list->items[i], threads.items[n], arena, list);
	}
}

int pin_list_processes(int proc, pid_t init, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err)
{
	struct task_list list = {0};
	struct stat its, own;

	if (read_namespace(proc, init, &its)) {
		bool same = fstatat(proc, "self/ns/pid", &own, 0) == 0 && own.st_ino == its.st_ino && own.st_dev == its.st_dev;

		if (same)
			list_descendants(proc, init, arena, &list);
		else if (list_namespace(proc, &its, arena, &list, err) < 0)
			return -1;
	}
	*ret_pids = list.items;
	*ret_count = list.count;
	return 0;
}

// ---- memory between passes ----------------------------------------------------------------------------------------------------------------

struct known {
	pid_t tid;
	enum thread_pinned pinned;
	uint64_t affinity; // hash of the set
	bool held;         // in the leaf of `target` and `slot`
	enum thread_target target;
	size_t slot;
};

struct pin_memory {
	struct known *items; // by tid
	size_t count;
};

void pin_free(struct pin *pin)
{
	if (pin->memory != NULL)
		free(pin->memory->items);
	free(pin->memory);
	pin->memory = NULL;
}

static int compare_known(const void *left, const void *right)
{
	const struct known *a = left, *b = right;

	return (a->tid > b->tid) - (a->tid < b->tid);
}

static const struct known *recall(const struct pin_memory *memory, pid_t tid)
{
	struct known key = {.tid = tid};

	return memory == NULL || memory->count == 0 ? NULL : bsearch(&key, memory->items, memory->count, sizeof key, compare_known);
}

// Replaces what was known by `items`. Without memory for it the next pass knows nothing of this one, which is no harm.
static void remember(struct pin *pin, const struct known *items, size_t count)
{
	struct known *copy = malloc((count + 1) * sizeof *copy);

	if (pin->memory == NULL)
		pin->memory = calloc(1, sizeof *pin->memory);
	if (copy == NULL || pin->memory == NULL) {
		free(copy);
		pin_free(pin);
		return;
	}
	if (count > 0)
		memcpy(copy, items, count * sizeof *copy);
	qsort(copy, count, sizeof *copy, compare_known);
	free(pin->memory->items);
	pin->memory->items = copy;
	pin->memory->count = count;
}

// ---- what the threads are now -------------------------------------------------------------------------------------------------------------

struct pass {
	struct pin *pin;
	struct arena *arena;
	struct thread_seen *threads;
	struct known *known; // of each of `threads`
	size_t count, room;
	struct pin_report *report;
};

static uint64_t hash_set(const struct cpuset *set)
{
	return hash_bytes(set->bits, set->words * sizeof *set->bits);
}

static void grow(struct pass *pass)
{
	size_t room = pass->room;

	pass->threads = arena_grow(pass->arena, pass->threads, pass->count, &room, sizeof *pass->threads);
	pass->known = arena_grow(pass->arena, pass->known, pass->count, &pass->room, sizeof *pass->known);
}

static void look_at_thread(struct pass *pass, pid_t pid, pid_t tid)
{
	struct thread_seen seen = {.pid = pid, .tid = tid};
	const struct known *before = recall(pass->pin->memory, tid);
	struct known now = {.tid = tid};
	char path[64], name[COMM_SIZE];

	snprintf(path, sizeof path, "%d/task/%d/comm", (int)pid, (int)tid);
	if (read_file_at(pass->pin->proc, path, name, sizeof name) < 0 || task_affinity(pass->arena, tid, &seen.allowed) < 0)
		return; // it has ended
	if (before != NULL)
		now = *before;
	if (before != NULL && before->affinity != hash_set(&seen.allowed)) {
		now.pinned = THREAD_PINNED_BY_PROGRAM;
		now.held = false;
	}
	now.affinity = hash_set(&seen.allowed);
	seen.name = arena_strdup(pass->arena, name);
	seen.pinned = now.pinned;
	// A sum: the order in which threads are listed says nothing.
	pass->report->fingerprint += hash_bytes(name, strlen(name)) ^ ((uint64_t)tid * UINT64_C(0x9e3779b97f4a7c15));
	grow(pass);
	pass->threads[pass->count] = seen;
	pass->known[pass->count++] = now;
}

static void look_at_process(struct pass *pass, pid_t pid)
{
	struct task_list tids = {0};
	char path[32];

	snprintf(path, sizeof path, "%d/task", (int)pid);
	if (tasks_read(pass->arena, pass->pin->proc, path, &tids) < 0)
		return; // it has ended
	for (size_t i = 0; i < tids.count; i++)
		look_at_thread(pass, pid, tids.items[i]);
}

// ---- what they become ---------------------------------------------------------------------------------------------------------------------

static void add_problem(struct pass *pass, const struct thread_seen *seen, const char *text)
{
	pass->report->problems[pass->report->problem_count++] = (struct pin_problem){seen->pid, seen->tid, seen->name, text};
}

static const char *affinity_problem(struct arena *arena, const struct cpuset *cpus, int code)
{
	const char *list = cpuset_format(arena, cpus);

	if (code == EINVAL)
		return arena_printf(arena, "cannot pin it to CPU %s: the cpuset of its cgroup does not have it; see cpuset.cpus.effective there", list);
	if (code == EPERM)
		return arena_printf(arena, "cannot pin it to CPU %s: %s; that takes CAP_SYS_NICE for another user's thread", list, strerror(code));
	return arena_printf(arena, "cannot pin it to CPU %s: %s", list, strerror(code));
}

// Into its leaf, if there is one that it is not known to be in. false: no further with this thread.
static bool hold_thread(struct pass *pass, size_t index, const struct thread_place *place, bool *ret_moved)
{
	const struct pin_container *container = pass->pin->container;
	const struct thread_seen *seen = &pass->threads[index];
	struct known *known = &pass->known[index];
	struct error err = ERROR_INIT;

	if (container->hold == NULL || (known->held && known->target == place->rule->target && known->slot == place->slot))
		return true;
	if (container->hold(container->context, seen->pid, seen->tid, place->rule->target, place->slot, ret_moved, &err) < 0) {
		if (err.code != ESRCH)
			add_problem(pass, seen, arena_strdup(pass->arena, err.text));
		return false;
	}
	known->held = true;
	known->target = place->rule->target;
	known->slot = place->slot;
	return true;
}

// A leaf gives its CPUs to who is moved into it, so there may be nothing left to do.
static void put_thread(struct pass *pass, size_t index, const struct thread_place *place)
{
	const struct thread_seen *seen = &pass->threads[index];
	struct known *known = &pass->known[index];
	struct cpuset now = seen->allowed;
	bool held = false, pinned = false;

	if (!hold_thread(pass, index, place, &held) || (held && task_affinity(pass->arena, seen->tid, &now) < 0))
		return;
	if (!cpuset_equal(&now, &place->cpus)) {
		if (syscall(SYS_sched_setaffinity, seen->tid, place->cpus.words * sizeof *place->cpus.bits, place->cpus.bits) < 0) {
			if (errno != ESRCH)
				add_problem(pass, seen, affinity_problem(pass->arena, &place->cpus, errno));
			return;
		}
		// CPUs that are offline or not in the cgroup's cpuset have been left out.
		if (task_affinity(pass->arena, seen->tid, &now) < 0)
			return;
		pinned = !cpuset_equal(&now, &seen->allowed);
	}
	if (!held && !pinned)
		return;
	known->pinned = THREAD_PINNED_BY_RULE;
	known->affinity = hash_set(&now);
	pass->report->changes[pass->report->change_count++] =
		(struct pin_change){.pid = seen->pid, .tid = seen->tid, .name = seen->name, .rule = place->rule->text, .from = seen->allowed, .to = now, .held = held};
}

static void put_all(struct pass *pass)
{
	struct thread_place *places = arena_array(pass->arena, pass->count, sizeof *places);
	struct pin_report *report = pass->report;

	report->threads = pass->count;
	report->changes = arena_array(pass->arena, pass->count, sizeof *report->changes);
	report->problems = arena_array(pass->arena, pass->count, sizeof *report->problems);
	thread_rules_assign(pass->arena, pass->pin->rules, pass->pin->places, pass->threads, pass->count, places);
	for (size_t i = 0; i < pass->count; i++) {
		if (places[i].rule == NULL)
			continue;
		report->matched++;
		report->crowded += places[i].crowded;
		put_thread(pass, i, &places[i]);
	}
}

int pin_apply(struct pin *pin, struct arena *arena, struct pin_report *ret_report, struct error *err)
{
	struct pin_report report = {0};
	struct pass pass = {.pin = pin, .arena = arena, .report = &report};
	pid_t *pids = NULL;
	size_t count = 0;

	if (pin->container->list(pin->container->context, arena, &pids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		look_at_process(&pass, pids[i]);
	put_all(&pass);
	remember(pin, pass.known, pass.count);
	*ret_report = report;
	return 0;
}

int pin_keep_off(const struct cpuset *cpus, struct error *err)
{
	struct arena arena = {0};
	struct cpuset own, others;
	int result = 0;

	if (task_affinity(&arena, 0, &own) < 0)
		result = error_errno(err, errno, "cannot read minirun's own CPU affinity");
	if (result == 0 && cpuset_intersects(&own, cpus)) {
		others = cpuset_minus(&arena, &own, cpus);
		if (cpuset_first(&others) >= 0)
			result = cpuset_set_affinity(&others, -1, err);
	}
	arena_free(&arena);
	return result;
}

// ---- when to look again -------------------------------------------------------------------------------------------------------------------

enum {
	INTERVAL_MIN_MS = 2,
	INTERVAL_MAX_MS = 500,
	LIVELY_MS = 1000,  // how long after a change nothing is lost of the pace
	SLOWING = 8,       // then an interval is an eighth of the quiet time: 500 ms after 5 s
	COST_SHARE = 20,   // a pass may take a twentieth of a CPU: 5 %
};

int pin_watch_next(struct pin_watch *watch, const struct pin_report *report, int64_t now_us, int64_t took_us)
{
	int64_t quiet_ms, interval;

	if (!watch->begun || watch->fingerprint != report->fingerprint || report->change_count > 0)
		watch->changed_us = now_us;
	watch->begun = true;
	watch->fingerprint = report->fingerprint;
	quiet_ms = (now_us - watch->changed_us) / 1000;
	interval = quiet_ms <= LIVELY_MS ? INTERVAL_MIN_MS : (quiet_ms - LIVELY_MS) / SLOWING;
	if (interval < took_us * COST_SHARE / 1000)
		interval = took_us * COST_SHARE / 1000;
	if (interval < INTERVAL_MIN_MS)
		interval = INTERVAL_MIN_MS;
	return (int)(interval > INTERVAL_MAX_MS ? INTERVAL_MAX_MS : interval);
}
