// test_partition.c: cpuset partitions and threaded leaves on this machine's own cgroup2 mount: made, read back, refused, changed while in use, given back.
// Needs root, the cpuset controller in cgroup v2 and 4 CPUs. Everything happens below one directory of its own name, which is gone at the end.
#include "base/cleanup.h"
#include "base/file.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/partition.h"
#include "cgroup/statistics.h"
#include "cgroup/threaded.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../assert.h"
#include "../skip.h"

static int root = -1;
static char base[64];                                   // "/minirun-partition-PID": the cgroup that containers are put below
static char two[80], one[80];                           // BASE/c and BASE-c: two levels below the mount's root, and directly below it
static bool has_exclusive;                              // Linux 6.7: cpuset.cpus.exclusive, and with it remote partitions
static bool boot_isolated;                              // CPUs 2 and 3 are: Linux 6.12 makes remote partitions of them only
static const char owner[] = "lab1";
static struct error err;

#define NEEDS_CPUSET()                                                              \
	do {                                                                        \
		(void)state;                                                        \
		if (root < 0)                                                       \
			SKIP_WITHOUT_KERNEL("no cpuset controller in cgroup v2");   \
		if (sysconf(_SC_NPROCESSORS_ONLN) < 4)                              \
			SKIP_WITHOUT_KERNEL("fewer than 4 CPUs online");            \
	} while (0)
#define NEEDS_EXCLUSIVE()                                                           \
	do {                                                                        \
		NEEDS_CPUSET();                                                     \
		if (!has_exclusive)                                                 \
			SKIP_WITHOUT_KERNEL("no cpuset.cpus.exclusive (Linux 6.7)"); \
	} while (0)
#define NEEDS_LOCAL()                                                                                   \
	do {                                                                                            \
		NEEDS_CPUSET();                                                                         \
		if (has_exclusive && boot_isolated)                                                     \
			SKIP_WITHOUT_KERNEL("no local partition of CPUs that are isolated at boot");    \
	} while (0)

// --- helpers

static int create(const char *path)
{
	int dir = -1;

	assert_ok(cgroup_create(root, path, 1u << CONTROLLER_CPUSET, owner, &dir, &err));
	return dir;
}

static void remove_cgroup(const char *path)
{
	assert_ok(partition_release(root, path, &err));
	assert_ok(cgroup_remove(root, path, owner, &err));
}

static void expect_file(const char *path, const char *file, const char *expected)
{
	AUTO_FD dir = tree_open(root, path);
	char text[4096];

	if (read_file_at(dir, file, text, sizeof text) < 0)
		fail_msg("%s of %s: %s", file, path, strerror(errno));
	if (strcmp(text, expected) != 0)
		fail_msg("%s of %s is \"%s\", not \"%s\"", file, path, text, expected);
}

static void write_to(const char *path, const char *file, const char *text)
{
	AUTO_FD dir = tree_open(root, path);

	if (write_file_at(dir, file, text) < 0)
		fail_msg("\"%s\" to %s of %s: %s", text, file, path, strerror(errno));
}

static void expect_level(const struct partition *partition, enum isolation level, bool remote, const char *reason)
{
	if (partition->level != level || partition->remote != remote || (*reason == '\0') != (partition->reason[0] == '\0') || strstr(partition->reason, reason) == NULL)
		fail_msg("got %s, remote %d, \"%s\"", isolation_name(partition->level), partition->remote, partition->reason);
}

// Makes the partition, of which this is to come.
static void expect_made(const char *path, const char *cpus, const char *exclusive, bool isolated, enum isolation level, bool remote, const char *reason)
{
	struct partition_request request = {.cpus = cpus, .exclusive = exclusive, .isolated = isolated};
	struct partition partition;

	assert_ok(partition_make(root, path, &request, &partition, &err));
	expect_level(&partition, level, remote, reason);
}

static void expect_state(const char *path, enum isolation level, const char *reason)
{
	AUTO_FD dir = tree_open(root, path);
	struct partition now;

	assert_ok(partition_state(dir, &now, &err));
	if (now.level != level || strstr(now.reason, reason) == NULL)
		fail_msg("%s is %s, \"%s\"", path, isolation_name(now.level), now.reason);
}

// A child born in `dir` that never stops running on a CPU.
static pid_t spawn(int dir)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)dir};
	pid_t pid = sys_clone3(&args);

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static void expect_allowed(pid_t pid, const char *list)
{
	char path[64], expected[128], text[8192];

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	snprintf(expected, sizeof expected, "Cpus_allowed_list:\t%s\n", list);
	assert_true(read_file_at(AT_FDCWD, path, text, sizeof text) > 0);
	if (strstr(text, expected) == NULL)
		fail_msg("process %d may not run on just %s: %.40s", (int)pid, list, strstr(text, "Cpus_allowed_list"));
}

static void expect_killed(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int setup(void **state)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	unsigned controllers = 0;
	char isolated[256];

	(void)state;
	snprintf(base, sizeof base, "/minirun-partition-%d", (int)getpid());
	snprintf(two, sizeof two, "%s/c", base);
	snprintf(one, sizeof one, "%s-c", base);
	for (size_t i = 0; i < sizeof mounts / sizeof *mounts && root < 0 && geteuid() == 0; i++)
		root = cgroup_open_root(mounts[i], &err);
	if (root < 0 || cgroup_controllers(openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), &controllers, &err) < 0 || (controllers & 1u << CONTROLLER_CPUSET) == 0) {
		close_fd(&root);
		return 0;
	}
	boot_isolated = read_file_at(AT_FDCWD, "/sys/devices/system/cpu/isolated", isolated, sizeof isolated) > 0;
	close(create(two));
	has_exclusive = faccessat(root, arena_printf(&(struct arena){0}, "%s/cpuset.cpus.exclusive", two + 1), F_OK, 0) == 0;
	remove_cgroup(two);
	return 0;
}

// After each test nothing of it is left, whatever it did.
static int nothing_left(void **state)
{
	(void)state;
	if (root >= 0)
		assert_int_equal(faccessat(root, base + 1, F_OK, 0) == 0 || faccessat(root, one + 1, F_OK, 0) == 0, 0);
	return 0;
}

// --- partitions

static void directly_below_the_root(void **state)
{
	AUTO_FD dir = -1;
	pid_t pid;

	NEEDS_LOCAL();
	dir = create(one);
	pid = spawn(dir);
	expect_made(one, "2-3", "2-3", true, ISOLATION_PARTITION, false, "");
	expect_state(one, ISOLATION_PARTITION, "");
	expect_file(one, "cpuset.cpus.partition", "isolated");
	expect_file(one, "cpuset.cpus.effective", "2-3");
	expect_allowed(pid, "2-3");
	remove_cgroup(one);
	expect_killed(pid);
}

// The kernel's reason, and the next best that there is; a level further down all is well.
static void directly_below_the_root_of_cpus_isolated_at_boot(void **state)
{
	NEEDS_EXCLUSIVE();
	if (!boot_isolated)
		SKIP_WITHOUT_KERNEL("CPUs 2-3 are not isolated at boot");
	close(create(one));
	expect_made(one, "2-3", "2-3", true, ISOLATION_EXCLUSIVE, false, "isolated invalid (partition config conflicts with housekeeping setup)");
	expect_file(one, "cpuset.cpus.partition", "member");
	remove_cgroup(one);
}

// What 6.1 cannot: the kernel's reason is handed on, and the cgroup is as before.
static void two_levels_down(void **state)
{
	NEEDS_CPUSET();
	close(create(two));
	if (has_exclusive) {
		expect_made(two, "2-3", "2-3", true, ISOLATION_PARTITION, true, "");
		expect_file(base, "cpuset.cpus.exclusive", "2-3");
		expect_file(two, "cpuset.cpus.partition", "isolated");
	} else {
		expect_made(two, "2-3", "2-3", true, ISOLATION_AFFINITY_ONLY, false, "isolated invalid (Parent is not a partition root)");
		expect_file(two, "cpuset.cpus.partition", "member");
	}
	expect_file(two, "cpuset.cpus.effective", "2-3");
	remove_cgroup(two);
}

// Two containers in one cgroup, which is not minirun's: each gets its own, and what was there before is there at the end.
static void several_share_what_is_above_them(void **state)
{
	char other[96];

	NEEDS_EXCLUSIVE();
	snprintf(other, sizeof other, "%s/d", base);
	close(create(two));
	close(create(other));
	write_to(base, "cpuset.cpus.exclusive", "1");
	expect_made(two, "2", "2", true, ISOLATION_PARTITION, true, "");
	expect_made(other, "3", "3", true, ISOLATION_PARTITION, true, "");
	expect_file(base, "cpuset.cpus.exclusive", "1-3");
	expect_file(two, "cpuset.cpus.partition", "isolated");
	assert_ok(cgroup_remove(root, two, owner, &err)); // gone before its CPUs are given back
	expect_file(base, "cpuset.cpus.exclusive", "1-3");
	assert_ok(partition_release(root, two, &err));
	expect_file(base, "cpuset.cpus.exclusive", "1,3");
	expect_file(other, "cpuset.cpus.partition", "isolated");
	assert_ok(partition_release(root, other, &err));
	assert_ok(partition_release(root, other, &err)); // once more is harmless
	expect_file(base, "cpuset.cpus.exclusive", "1");
	expect_file(other, "cpuset.cpus.partition", "member");
	expect_file(other, "cpuset.cpus.exclusive", "");
	expect_file(other, "cpuset.cpus", "");
	write_to(base, "cpuset.cpus.exclusive", "\n");
	remove_cgroup(other);
}

static void somebody_elses_is_not_touched(void **state)
{
	NEEDS_LOCAL();
	close(create(one));
	write_to(one, "cpuset.cpus", "3");
	write_to(one, "cpuset.cpus.partition", "isolated");
	assert_ok(partition_release(root, one, &err));
	expect_file(one, "cpuset.cpus.partition", "isolated");
	write_to(one, "cpuset.cpus.partition", "member");
	remove_cgroup(one);
}

static void what_another_partition_has_is_refused(void **state)
{
	char other[96];

	NEEDS_LOCAL();
	snprintf(other, sizeof other, "%s-d", base);
	close(create(one));
	close(create(other));
	expect_made(one, "2-3", "2-3", true, ISOLATION_PARTITION, false, "");
	expect_made(other, "1", "1", true, ISOLATION_PARTITION, false, ""); // beside it
	expect_made(other, "1", "1", false, has_exclusive ? ISOLATION_EXCLUSIVE : ISOLATION_AFFINITY_ONLY, false, has_exclusive ? "" : "Linux 6.7"); // anew, and less
	remove_cgroup(other);
	if (has_exclusive) { // on 6.1 asking would make both invalid; there the ledger is what keeps them apart
		close(create(other));
		expect_made(other, "3", "3", true, ISOLATION_AFFINITY_ONLY, false, "cpuset.cpus");
		expect_file(other, "cpuset.cpus.exclusive", "");
		expect_file(other, "cpuset.cpus.partition", "member");
		remove_cgroup(other);
	}
	remove_cgroup(one);
}

// The cgroup of a container that nobody has deleted yet is in nobody's way.
static void what_is_given_back_can_be_taken_at_once(void **state)
{
	char other[96];

	NEEDS_LOCAL();
	snprintf(other, sizeof other, "%s-d", base);
	close(create(one));
	close(create(other));
	expect_made(one, "2-3", "2-3", true, ISOLATION_PARTITION, false, "");
	assert_ok(partition_release(root, one, &err));
	expect_made(other, "2-3", "2-3", true, ISOLATION_PARTITION, false, "");
	remove_cgroup(other);
	remove_cgroup(one);
}

static void exclusive_without_a_partition(void **state)
{
	NEEDS_CPUSET();
	close(create(two));
	if (!has_exclusive) {
		expect_made(two, "0,2-3", "2-3", false, ISOLATION_AFFINITY_ONLY, false, "this kernel has no cpuset.cpus.exclusive (Linux 6.7)");
		remove_cgroup(two);
		return;
	}
	expect_made(two, "0,2-3", "2-3", false, ISOLATION_EXCLUSIVE, false, "");
	expect_state(two, ISOLATION_EXCLUSIVE, "");
	expect_file(two, "cpuset.cpus", "0,2-3");
	expect_file(two, "cpuset.cpus.exclusive.effective", "2-3");
	assert_ok(partition_release(root, two, &err));
	expect_state(two, ISOLATION_AFFINITY_ONLY, "");
	remove_cgroup(two);
}

static void a_cpu_that_is_not_there_is_no_partition(void **state)
{
	struct partition_request request = {.cpus = "3,4095", .exclusive = "3,4095", .isolated = true};
	struct partition partition;

	NEEDS_CPUSET();
	close(create(one));
	err = ERROR_INIT;
	if (partition_make(root, one, &request, &partition, &err) == 0) // a kernel for that many CPUs takes the list
		assert_int_not_equal(partition.level, ISOLATION_PARTITION);
	else
		assert_non_null(strstr(err.text, "cannot set the container's CPUs"));
	expect_file(one, "cpuset.cpus.partition", "member");
	remove_cgroup(one);
	err = ERROR_INIT;
	assert_int_equal(partition_make(root, one, &request, &partition, &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void resized_while_in_use(void **state)
{
	const char *path = has_exclusive ? two : one;
	struct partition_request request = {.cpus = "2", .exclusive = "2", .isolated = true};
	struct partition partition;
	AUTO_FD dir = -1;
	pid_t pid;

	NEEDS_CPUSET();
	dir = create(path);
	pid = spawn(dir);
	expect_made(path, "2-3", "2-3", true, ISOLATION_PARTITION, has_exclusive, "");
	assert_ok(partition_resize(root, path, &request, &partition, &err));
	expect_level(&partition, ISOLATION_PARTITION, has_exclusive, "");
	expect_allowed(pid, "2");
	if (has_exclusive)
		expect_file(base, "cpuset.cpus.exclusive", "2");
	request.cpus = request.exclusive = "1-3";
	assert_ok(partition_resize(root, path, &request, &partition, &err));
	expect_level(&partition, ISOLATION_PARTITION, has_exclusive, "");
	expect_allowed(pid, "1-3");
	request.cpus = request.exclusive = "3,4095";
	err = ERROR_INIT;
	assert_int_equal(partition_resize(root, path, &request, &partition, &err), -1);
	assert_null(strstr(err.text, "could not be given back"));
	expect_state(path, ISOLATION_PARTITION, "");
	expect_allowed(pid, "1-3");
	expect_file(path, "cpuset.cpus", "1-3");
	if (has_exclusive)
		expect_file(base, "cpuset.cpus.exclusive", "1-3");
	remove_cgroup(path);
	expect_killed(pid);
}

static void invalidation_is_seen(void **state)
{
	struct pollfd change = {.events = POLLPRI};
	char other[96], words[PARTITION_REASON_MAX];
	AUTO_FD dir = -1;
	AUTO_FD watch = -1;

	NEEDS_LOCAL();
	snprintf(other, sizeof other, "%s-d", base);
	dir = create(one);
	expect_made(one, "2-3", "2-3", true, ISOLATION_PARTITION, false, "");
	watch = partition_watch(dir, &err);
	assert_true(watch >= 0);
	change.fd = watch;
	assert_int_equal(poll(&change, 1, 0), 0);
	close(create(other));
	write_to(other, "cpuset.cpus", "3"); // somebody who asks nobody
	assert_int_equal(poll(&change, 1, 10000), 1);
	assert_true(partition_changed(watch, words));
	if (strstr(words, "isolated invalid") == NULL)
		fail_msg("the partition is \"%s\"", words);
	expect_state(one, has_exclusive ? ISOLATION_EXCLUSIVE : ISOLATION_AFFINITY_ONLY, "isolated invalid");
	assert_int_equal(poll(&change, 1, 0), 0); // armed again
	remove_cgroup(other);
	remove_cgroup(one);
	assert_true(partition_changed(watch, words));
	assert_string_equal(words, "");
}

// --- threaded leaves

static const struct threaded_leaf leaves[] = {{"hk", "1"}, {"main", "2"}, {"wk0", "3"}};

struct workers {
	int tids[2];
	int unpinned[2]; // errno of what each tried
	int go;
};

static void *work(void *data)
{
	static int next;
	struct workers *workers = data;
	int number = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
	cpu_set_t all;

	__atomic_store_n(&workers->tids[number], gettid(), __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&workers->go, __ATOMIC_SEQ_CST) == 0)
		usleep(1000);
	CPU_ZERO(&all);
	CPU_SET(2 - number, &all); // another's CPU
	__atomic_store_n(&workers->unpinned[number], sched_setaffinity(0, sizeof all, &all) == 0 ? -1 : errno, __ATOMIC_SEQ_CST);
	while (pause() < 0) // for ever
		;
	return NULL;
}

// A program with two threads beside its first one, born in `leaf`.
static pid_t spawn_threads(int leaf, struct workers *workers)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)leaf};
	pid_t pid = sys_clone3(&args);
	pthread_t thread;

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (pthread_create(&thread, NULL, work, workers) != 0 || pthread_create(&thread, NULL, work, workers) != 0)
			_exit(1);
		for (;;)
			pause();
	}
	return pid;
}

static void wait_for(const int *value)
{
	for (int i = 0; i < 10000 && __atomic_load_n(value, __ATOMIC_SEQ_CST) == 0; i++)
		usleep(1000);
	assert_int_not_equal(*value, 0);
}

static void signals_and_lists_reach_the_leaves(int dir, const char *path, pid_t pid)
{
	struct arena arena = {0};
	struct statistics statistics;
	size_t count;
	pid_t *pids;

	assert_ok(cgroup_pids(dir, &arena, &pids, &count, &err));
	assert_int_equal(count, 1);
	assert_int_equal(pids[0], pid);
	assert_int_equal(tree_any_pid(dir), pid);
	assert_ok(statistics_read(dir, &arena, &statistics, &err));
	assert_true(statistics.cpuset.present);
	arena_free(&arena);
	assert_ok(cgroup_freeze(root, path, owner, true, 10000, &err));
	assert_ok(cgroup_freeze(root, path, owner, false, 10000, &err));
	assert_ok(cgroup_signal(root, path, owner, SIGWINCH, &err));
}

static void threads_cannot_leave(const char *path, int dir)
{
	struct workers *workers = mmap(NULL, sizeof *workers, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	AUTO_FD hk = -1;
	AUTO_FD main_leaf = -1;
	AUTO_FD wk0 = -1;
	pid_t pid;

	assert_ok(threaded_make(dir, leaves, 3, &err));
	assert_ok(threaded_make(dir, leaves, 3, &err)); // again: nothing to do
	expect_file(path, "cgroup.type", "domain threaded");
	hk = threaded_open(dir, "hk", &err);
	main_leaf = threaded_open(dir, "main", &err);
	wk0 = threaded_open(dir, "wk0", &err);
	assert_true(hk >= 0 && main_leaf >= 0 && wk0 >= 0);
	pid = spawn_threads(hk, workers);
	expect_allowed(pid, "1");
	wait_for(&workers->tids[0]);
	wait_for(&workers->tids[1]);
	expect_allowed(workers->tids[0], "1"); // born beside its maker
	assert_ok(threaded_move(main_leaf, workers->tids[0], &err));
	assert_ok(threaded_move(wk0, workers->tids[1], &err));
	expect_allowed(workers->tids[0], "2");
	expect_allowed(workers->tids[1], "3");
	expect_allowed(pid, "1");
	__atomic_store_n(&workers->go, 1, __ATOMIC_SEQ_CST);
	wait_for(&workers->unpinned[0]);
	wait_for(&workers->unpinned[1]);
	expect_allowed(workers->tids[1], "3");
	assert_int_equal(workers->unpinned[1], EINVAL);
	err = ERROR_INIT;
	assert_int_equal(threaded_remove(dir, "wk0", &err), -1); // somebody is in it
	assert_int_equal(err.code, EBUSY);
	signals_and_lists_reach_the_leaves(dir, path, pid);
	assert_ok(cgroup_kill(root, path, 10000, &err));
	expect_killed(pid);
	err = ERROR_INIT;
	assert_int_equal(threaded_move(wk0, pid, &err), -1);
	assert_int_equal(err.code, ESRCH);
	assert_ok(threaded_remove(dir, "wk0", &err));
	assert_ok(threaded_remove(dir, "wk0", &err));
	err = ERROR_INIT;
	assert_int_equal(threaded_open(dir, "wk0", &err), -1);
	assert_int_equal(err.code, ENOENT);
	munmap(workers, sizeof *workers);
}

static void leaves_hold_threads(void **state)
{
	AUTO_FD dir = -1;

	NEEDS_CPUSET();
	dir = create(two);
	write_to(two, "cpuset.cpus", "1-3");
	threads_cannot_leave(two, dir);
	remove_cgroup(two);
}

static void leaves_hold_threads_in_a_partition(void **state)
{
	const char *path = has_exclusive ? two : one;
	AUTO_FD dir = -1;

	NEEDS_CPUSET();
	dir = create(path);
	expect_made(path, "1-3", "1-3", true, ISOLATION_PARTITION, has_exclusive, "");
	threads_cannot_leave(path, dir);
	expect_state(path, ISOLATION_PARTITION, "");
	remove_cgroup(path);
}

// A process from outside comes in with one write, whether or not the container's cgroup has processes of its own.
static void processes_join_a_leaf(void **state)
{
	AUTO_FD dir = -1;
	AUTO_FD hk = -1;
	pid_t inside, outside;

	NEEDS_CPUSET();
	dir = create(two);
	inside = spawn(dir);
	assert_ok(threaded_make(dir, leaves, 3, &err));
	hk = threaded_open(dir, "hk", &err);
	outside = fork();
	if (outside == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	err = ERROR_INIT;
	assert_int_equal(threaded_move(hk, outside, &err), -1);
	assert_int_equal(err.code, EOPNOTSUPP);
	assert_non_null(strstr(err.text, "not in that cgroup"));
	assert_ok(threaded_join(hk, outside, &err));
	expect_allowed(outside, "1");
	remove_cgroup(two);
	expect_killed(inside);
	expect_killed(outside);
}

static void leaves_are_refused_where_they_cannot_be(void **state)
{
	struct threaded_leaf absent = {"hk", "0,4000"};
	AUTO_FD dir = -1;

	NEEDS_CPUSET();
	dir = create(two);
	write_to(two, "cpuset.cpus", "1-2");
	err = ERROR_INIT;
	assert_int_equal(threaded_make(dir, (struct threaded_leaf[]){{"hk", "3"}}, 1, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_non_null(strstr(err.text, "the kernel gives it 1-2"));
	err = ERROR_INIT;
	assert_int_equal(threaded_make(dir, &absent, 1, &err), -1);
	assert_non_null(strstr(err.text, "hk"));
	remove_cgroup(two);
	close_fd(&dir);
	assert_ok(cgroup_create(root, two, 1u << CONTROLLER_CPUSET | 1u << CONTROLLER_MEMORY, owner, &dir, &err));
	write_to(two, "cgroup.subtree_control", "+memory");
	err = ERROR_INIT;
	assert_int_equal(threaded_make(dir, leaves, 3, &err), -1);
	assert_int_equal(err.code, EOPNOTSUPP);
	assert_non_null(strstr(err.text, "cgroup.subtree_control: memory"));
	remove_cgroup(two);
}

static void without_the_controller_there_are_no_leaves(void **state)
{
	AUTO_FD dir = -1;

	NEEDS_CPUSET();
	assert_ok(cgroup_create(root, two, 0, owner, &dir, &err));
	err = ERROR_INIT;
	assert_int_equal(threaded_make(dir, leaves, 3, &err), -1);
	assert_int_equal(err.code, EOPNOTSUPP);
	assert_non_null(strstr(err.text, "no cpuset controller"));
	remove_cgroup(two);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, nothing_left)
	const struct CMUnitTest tests[] = {
		TEST(directly_below_the_root),
		TEST(directly_below_the_root_of_cpus_isolated_at_boot),
		TEST(two_levels_down),
		TEST(several_share_what_is_above_them),
		TEST(somebody_elses_is_not_touched),
		TEST(what_another_partition_has_is_refused),
		TEST(what_is_given_back_can_be_taken_at_once),
		TEST(exclusive_without_a_partition),
		TEST(a_cpu_that_is_not_there_is_no_partition),
		TEST(resized_while_in_use),
		TEST(invalidation_is_seen),
		TEST(leaves_hold_threads),
		TEST(leaves_hold_threads_in_a_partition),
		TEST(processes_join_a_leaf),
		TEST(leaves_are_refused_where_they_cannot_be),
		TEST(without_the_controller_there_are_no_leaves),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
