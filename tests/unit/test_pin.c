// test_pin.c: passes over the threads of real processes (children of the test, in whatever CPUs it has), and when the next pass is due.
#include "cpus/pin.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
// cmocka wants the ones above first
#include <cmocka.h>

enum { NAMES_MAX = 8, LIMIT_S = 30 };

// ---- a child with named threads -----------------------------------------------------------------------------------------------------------

struct shared { // with the child
	const char *names[NAMES_MAX];
	atomic_int go;    // threads up to this number take their names; -1: all end
	atomic_int named; // so many have
	bool churn;
};

static void *be_named(void *argument)
{
	struct shared *shared = ((void **)argument)[0];
	int number = (int)(intptr_t)((void **)argument)[1];

	free(argument);
	while (atomic_load(&shared->go) < number)
		usleep(1000);
	pthread_setname_np(pthread_self(), shared->names[number]);
	atomic_fetch_add(&shared->named, 1);
	for (;;)
		pause();
	return NULL;
}

static void *end_at_once(void *argument)
{
	pthread_setname_np(pthread_self(), "vpp_wk_9");
	return argument;
}

static void churn(void)
{
	for (;;) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
			pthread_join(thread, NULL);
	}
}

static void live(struct shared *shared)
{
	for (int i = 1; i < NAMES_MAX && shared->names[i] != NULL; i++) {
		void **argument = malloc(2 * sizeof *argument);
		pthread_t thread;

		argument[0] = shared;
		argument[1] = (void *)(intptr_t)i;
		pthread_create(&thread, NULL, be_named, argument);
	}
	pthread_setname_np(pthread_self(), shared->names[0]);
	atomic_fetch_add(&shared->named, 1);
	if (shared->churn)
		churn();
	for (;;)
		pause();
}

struct fixture {
	struct arena arena;
	struct shared *shared;
	pid_t child;
	unsigned cpus[2]; // the same one twice if the test has only one
	int proc;
	struct thread_rules rules;
	struct thread_places places;
	struct pin_container container;
	struct pin pin;
	// of the container's functions
	pid_t listed[3];
	size_t listed_count;
	int held, hold_error;
};

static void wait_named(struct fixture *f, int count)
{
	for (int i = 0; atomic_load(&f->shared->named) < count; i++) {
		if (i > LIMIT_S * 1000)
			fail_msg("%d threads are named, not %d", atomic_load(&f->shared->named), count);
		usleep(1000);
	}
}

static int list_listed(void *context, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err)
{
	struct fixture *f = context;

	(void)arena;
	if (f->listed_count == 0)
		return error_set(err, ENODEV, "nothing to list");
	*ret_pids = f->listed;
	*ret_count = f->listed_count;
	return 0;
}

static int hold_counted(void *context, pid_t pid, pid_t tid, enum thread_target target, size_t slot, bool *ret_moved, struct error *err)
{
	struct fixture *f = context;

	assert_int_equal(pid, f->child);
	assert_true(tid >= pid);
	assert_true(target <= THREAD_TARGET_HOUSEKEEPING && slot <= 1);
	f->held++;
	if (f->hold_error != 0)
		return error_set(err, f->hold_error, "no leaf takes it");
	*ret_moved = true;
	return 0;
}

static struct cpuset one(struct fixture *f, unsigned number)
{
	struct cpuset set = {0};

	cpuset_add(&f->arena, &set, number);
	return set;
}

static void begin(struct fixture *f, const char *const names[], size_t count, bool churns)
{
	f->shared = mmap(NULL, sizeof *f->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(f->shared != MAP_FAILED);
	memcpy(f->shared->names, names, count * sizeof *names);
	f->shared->churn = churns;
	f->child = fork();
	if (f->child == 0) {
		live(f->shared);
		_exit(0);
	}
	f->listed[0] = f->child;
	f->listed_count = 1;
	wait_named(f, 1);
}
#define BEGIN(f, ...) begin(f, (const char *const[]){__VA_ARGS__}, sizeof (const char *const[]){__VA_ARGS__} / sizeof(char *), false)

static int make_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct error err = ERROR_INIT;
	cpu_set_t own;
	size_t found = 0;

	sched_getaffinity(0, sizeof own, &own);
	for (unsigned n = 0; n < CPU_SETSIZE && found < 2; n++)
		if (CPU_ISSET(n, &own))
			f->cpus[found++] = n;
	if (found == 1)
		f->cpus[1] = f->cpus[0];
	f->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(thread_rules_parse(&f->arena, NULL, 0, &f->rules, &err), 0);
	f->places.mains = one(f, f->cpus[0]);
	f->places.workers = one(f, f->cpus[1]);
	f->places.cpus = cpuset_union(&f->arena, &f->places.mains, &f->places.workers);
	f->container = (struct pin_container){.list = list_listed, .context = f};
	f->pin = (struct pin){.proc = f->proc, .container = &f->container, .rules = &f->rules, .places = &f->places};
	*state = f;
	return 0;
}

static int free_fixture(void **state)
{
	struct fixture *f = *state;

	if (f->child > 0) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	if (f->shared != NULL)
		munmap(f->shared, sizeof *f->shared);
	pin_free(&f->pin);
	close_fd(&f->proc);
	arena_free(&f->arena);
	free(f);
	return 0;
}

static struct pin_report apply(struct fixture *f)
{
	struct error err = ERROR_INIT;
	struct pin_report report;

	if (pin_apply(&f->pin, &f->arena, &report, &err) < 0)
		fail_msg("%s", err.text);
	return report;
}

// The thread of that name; 0: there is none.
static pid_t tid_of(const struct fixture *f, const char *name)
{
	char path[64];
	AUTO_DIR *tasks = NULL;
	struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%d/task", (int)f->child);
	tasks = opendir(path);
	while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
		char comm[300], found[32] = "";

		if (entry->d_name[0] == '.') // ../comm is the process's
			continue;
		snprintf(comm, sizeof comm, "%s/comm", entry->d_name);
		if (read_file_at(dirfd(tasks), comm, found, sizeof found) >= 0 && strcmp(found, name) == 0)
			return atoi(entry->d_name);
	}
	return 0;
}

// The CPU that the thread of that name is pinned to; -1: to none, or there is no such thread.
static int pinned_cpu(const struct fixture *f, const char *name)
{
	unsigned long mask[1024 / 64] = {0};
	struct cpuset allowed = {.bits = mask, .words = 1024 / 64};
	pid_t tid = tid_of(f, name);

	if (tid == 0 || sched_getaffinity(tid, sizeof mask, (cpu_set_t *)mask) < 0 || cpuset_count(&allowed) != 1)
		return -1;
	return cpuset_first(&allowed);
}

// ---- passes -------------------------------------------------------------------------------------------------------------------------------

static void threads_go_where_their_names_belong(void **state)
{
	struct fixture *f = *state;
	struct pin_report report;

	BEGIN(f, "vpp_main", "vpp_wk_0", "vpp_stats");
	atomic_store(&f->shared->go, 2);
	wait_named(f, 3);
	report = apply(f);
	assert_int_equal(report.threads, 3);
	assert_int_equal(report.matched, 2);
	assert_int_equal(report.crowded, 0);
	assert_int_equal(report.problem_count, 0);
	assert_int_equal(pinned_cpu(f, "vpp_main"), f->cpus[0]);
	assert_int_equal(pinned_cpu(f, "vpp_wk_0"), f->cpus[1]);
	if (f->cpus[0] != f->cpus[1]) {
		assert_int_equal(report.change_count, 2);
		assert_int_equal(pinned_cpu(f, "vpp_stats"), -1);
		assert_string_equal(report.changes[0].name, "vpp_main");
		assert_string_equal(report.changes[0].rule, "vpp_main=main");
		assert_int_equal(report.changes[0].pid, f->child);
		assert_int_equal(cpuset_first(&report.changes[0].to), f->cpus[0]);
		assert_int_equal(cpuset_count(&report.changes[0].to), 1);
		assert_true(cpuset_count(&report.changes[0].from) > 1);
	}
	report = apply(f);
	assert_int_equal(report.change_count, 0);
	assert_int_equal(report.matched, 2);
}

static void a_name_that_comes_late_is_found(void **state)
{
	struct fixture *f = *state;
	struct pin_report before, after;

	BEGIN(f, "vpp_main", "vpp_wk_0");
	before = apply(f);
	assert_int_equal(apply(f).change_count, 0);
	atomic_store(&f->shared->go, 1);
	wait_named(f, 2);
	after = apply(f);
	assert_true(before.fingerprint != after.fingerprint);
	assert_int_equal(after.matched, 2);
	assert_int_equal(pinned_cpu(f, "vpp_wk_0"), f->cpus[1]);
	assert_int_equal(apply(f).fingerprint, after.fingerprint);
}

static void threads_and_processes_that_end_are_no_error(void **state)
{
	struct fixture *f = *state;
	pid_t gone = fork();

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	begin(f, (const char *const[]){"vpp_main"}, 1, true);
	f->listed[0] = gone;
	f->listed[1] = f->child;
	f->listed_count = 2;
	for (int i = 0; i < 300; i++) {
		struct pin_report report = apply(f);

		for (size_t n = 0; n < report.problem_count; n++)
			fail_msg("%s: %s", report.problems[n].name, report.problems[n].text);
		assert_true(report.threads >= 1);
	}
}

static void a_cpu_that_it_cannot_have_is_reported(void **state)
{
	struct fixture *f = *state;
	struct pin_report report;

	f->places.mains = one(f, 60000);
	BEGIN(f, "vpp_main");
	report = apply(f);
	assert_int_equal(report.change_count, 0);
	assert_int_equal(report.problem_count, 1);
	assert_int_equal(report.problems[0].tid, f->child);
	assert_non_null(strstr(report.problems[0].text, "CPU 60000: the cpuset of its cgroup does not have it"));
}

static void who_cannot_be_listed_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	struct pin_report report;

	assert_int_equal(pin_apply(&f->pin, &f->arena, &report, &err), -1);
	assert_int_equal(err.code, ENODEV);
}

static void held_threads_are_moved_once(void **state)
{
	struct fixture *f = *state;
	struct pin_report report;

	f->container.hold = hold_counted;
	BEGIN(f, "vpp_main", "vpp_stats");
	f->hold_error = ESRCH; // it has ended
	report = apply(f);
	assert_int_equal(f->held, 1);
	assert_int_equal(report.problem_count + report.change_count, 0);
	f->hold_error = EBUSY;
	report = apply(f);
	assert_int_equal(report.problem_count, 1);
	assert_string_equal(report.problems[0].text, "no leaf takes it");
	f->hold_error = 0;
	report = apply(f);
	assert_int_equal(report.problem_count, 0);
	assert_int_equal(report.change_count, 1);
	assert_true(report.changes[0].held);
	assert_int_equal(f->held, 3);
	assert_int_equal(apply(f).change_count, 0);
	assert_int_equal(f->held, 3);
}

// Memory: what the program does after a pass is its own word, and a worker born of a pinned one does not take its CPU.
static void what_the_program_does_itself_stays(void **state)
{
	struct fixture *f = *state;
	cpu_set_t set;

	if (f->cpus[0] == f->cpus[1])
		return; // nothing to choose from
	f->places.workers = f->places.cpus;
	BEGIN(f, "vpp_wk_0");
	apply(f);
	assert_int_equal(pinned_cpu(f, "vpp_wk_0"), f->cpus[0]);
	CPU_ZERO(&set);
	CPU_SET(f->cpus[1], &set);
	assert_int_equal(sched_setaffinity(f->child, sizeof set, &set), 0);
	assert_int_equal(apply(f).change_count, 0);
	assert_int_equal(pinned_cpu(f, "vpp_wk_0"), f->cpus[1]);
}

// It has its way even where the rules had decided otherwise: the other worker gives way.
static void the_programs_late_word_counts_most(void **state)
{
	struct fixture *f = *state;
	cpu_set_t set;

	if (f->cpus[0] == f->cpus[1])
		return; // nothing to choose from
	f->places.workers = f->places.cpus;
	BEGIN(f, "vpp_main", "vpp_wk_0", "vpp_wk_1");
	atomic_store(&f->shared->go, 2);
	wait_named(f, 3);
	apply(f);
	assert_int_equal(pinned_cpu(f, "vpp_wk_0"), f->cpus[0]);
	assert_int_equal(pinned_cpu(f, "vpp_wk_1"), f->cpus[1]);
	CPU_ZERO(&set);
	CPU_SET(f->cpus[0], &set);
	assert_int_equal(sched_setaffinity(tid_of(f, "vpp_wk_1"), sizeof set, &set), 0);
	assert_int_equal(apply(f).change_count, 1);
	assert_int_equal(pinned_cpu(f, "vpp_wk_1"), f->cpus[0]);
	assert_int_equal(pinned_cpu(f, "vpp_wk_0"), f->cpus[1]);
	assert_int_equal(apply(f).change_count, 0);
}

static int hold_and_end(void *context, pid_t pid, pid_t tid, enum thread_target target, size_t slot, bool *ret_moved, struct error *err)
{
	struct fixture *f = context;

	(void)tid;
	(void)target;
	(void)slot;
	(void)ret_moved;
	(void)err;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	f->child = 0;
	return 0;
}

// Between the look at it and its being pinned.
static void a_thread_that_ends_in_between_is_no_problem(void **state)
{
	struct fixture *f = *state;
	struct pin_report report;

	f->container.hold = hold_and_end;
	f->places.mains = one(f, 60000); // so that it has to be moved
	BEGIN(f, "vpp_main");
	report = apply(f);
	assert_int_equal(report.matched, 1);
	assert_int_equal(report.problem_count + report.change_count, 0);
}

static void processes_are_found_by_descent(void **state)
{
	struct fixture *f = *state;
	struct error err = ERROR_INIT;
	pid_t *pids = NULL;
	size_t count = 0;

	BEGIN(f, "one");
	assert_int_equal(pin_list_processes(f->proc, f->child, &f->arena, &pids, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(pids[0], f->child);
	assert_int_equal(pin_list_processes(f->proc, getpid(), &f->arena, &pids, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(pids[0], getpid());
	assert_int_equal(pids[1], f->child);
	// One that has ended has none.
	kill(f->child, SIGKILL);
	waitpid(f->child, NULL, 0);
	assert_int_equal(pin_list_processes(f->proc, f->child, &f->arena, &pids, &count, &err), 0);
	assert_int_equal(count, 0);
	f->child = 0;
}

// ---- when to look again -------------------------------------------------------------------------------------------------------------------

static void passes_get_rarer_while_nothing_happens(void **state)
{
	static const struct { int64_t at_ms, took_us; uint64_t fingerprint; size_t changes; int expected_ms; } samples[] = {
		{1000, 50, 7, 0, 2},      // the first
		{2000, 50, 7, 0, 2},      // still within the second
		{2100, 50, 7, 0, 12},
		{3000, 50, 7, 0, 125},
		{6000, 50, 7, 0, 500},
		{600000, 50, 7, 0, 500},
		{600500, 50, 8, 0, 2},    // a thread has come or was renamed
		{602500, 50, 8, 0, 125},
		{602625, 50, 8, 1, 2},    // a thread had to be moved
		{602627, 1000, 8, 0, 20}, // 5 % of a CPU at most
		{602647, 90000, 8, 0, 500},
	};
	struct pin_watch watch = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct pin_report report = {.fingerprint = samples[i].fingerprint, .change_count = samples[i].changes};
		int ms = pin_watch_next(&watch, &report, samples[i].at_ms * 1000, samples[i].took_us);

		if (ms != samples[i].expected_ms)
			fail_msg("sample %zu: %d ms, not %d", i, ms, samples[i].expected_ms);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_fixture, free_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(threads_go_where_their_names_belong),
		TEST(a_name_that_comes_late_is_found),
		TEST(threads_and_processes_that_end_are_no_error),
		TEST(a_cpu_that_it_cannot_have_is_reported),
		TEST(who_cannot_be_listed_is_an_error),
		TEST(held_threads_are_moved_once),
		TEST(what_the_program_does_itself_stays),
		TEST(the_programs_late_word_counts_most),
		TEST(a_thread_that_ends_in_between_is_no_problem),
		TEST(processes_are_found_by_descent),
		cmocka_unit_test(passes_get_rarer_while_nothing_happens),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}
