// test_proc.c: proc/ with the real kernel and root: namespaces made and joined, cgroups, id maps, capabilities, mounts.
// Touches nothing but its own processes, mount namespaces, and one cgroup directory of its own. Exit code 77: skipped, without root.
#include "proc/capabilities.h"
#include "proc/ids.h"
#include "proc/program.h"
#include "proc/seccomp.h"
#include "proc/spawn.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/unit/in_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

enum { TYPE_COUNT = 8, USER = 5, CGROUP = 6, TIME = 7, SKIPPED = 77 };

static const int types[TYPE_COUNT] = {CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWTIME};

// What a spawned process sees, in memory that the test sees, too.
static struct report {
	char namespaces[TYPE_COUNT][64];
	char cgroup[256];
	char status[4096];
	char maps[3][128]; // uid_map, gid_map, setgroups
	struct timespec monotonic, boottime;
	pid_t pid;
	int dumpable;
	uid_t uid, gid;
	int groups;
	volatile int ready;
	struct error err;
} *report;

static char cgroup_root[64], cgroup_path[128];
static int proc_fd;

// `whose` is a pid or "self". /proc is the host's, whose "self" is right in every pid namespace.
static void read_namespaces_of(const char *whose, char names[TYPE_COUNT][64])
{
	memset(names, 0, TYPE_COUNT * sizeof names[0]);
	for (int i = 0; i < TYPE_COUNT; i++) {
		char path[64];

		snprintf(path, sizeof path, "/proc/%s/ns/%s", whose, namespace_file(types[i]));
		if (readlink(path, names[i], sizeof names[i] - 1) < 0)
			names[i][0] = '?';
	}
}

static void read_namespaces(pid_t pid, char names[TYPE_COUNT][64])
{
	char whose[16];

	snprintf(whose, sizeof whose, "%d", pid);
	read_namespaces_of(whose, names);
}

static void read_own_namespaces(char names[TYPE_COUNT][64])
{
	read_namespaces_of("self", names);
}

static void fill_report(void)
{
	read_own_namespaces(report->namespaces);
	(void)read_file_at(AT_FDCWD, "/proc/self/cgroup", report->cgroup, sizeof report->cgroup);
	(void)read_file_at(AT_FDCWD, "/proc/self/uid_map", report->maps[0], sizeof report->maps[0]);
	(void)read_file_at(AT_FDCWD, "/proc/self/gid_map", report->maps[1], sizeof report->maps[1]);
	(void)read_file_at(AT_FDCWD, "/proc/self/setgroups", report->maps[2], sizeof report->maps[2]);
	clock_gettime(CLOCK_MONOTONIC, &report->monotonic);
	clock_gettime(CLOCK_BOOTTIME, &report->boottime);
	report->pid = getpid();
	report->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	report->uid = getuid();
	report->gid = getgid();
	report->groups = getgroups(0, NULL);
}

static int count_fds(void)
{
	AUTO_DIR *list = opendir("/proc/self/fd");
	int count = 0;

	while (list != NULL && readdir(list) != NULL)
		count++;
	return count;
}

// Spawns a process that fills the report and exits with 6; checks that it was our child, and that nothing is left: no zombie, no fd, no
// changed namespace. -1 if spawn() failed, with report->err.
static int spawn_and_report(const struct spawn *what)
{
	char before[TYPE_COUNT][64], after[TYPE_COUNT][64];
	int fds = count_fds(), dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), pidfd = -1, result = 0;
	siginfo_t info = {0};
	pid_t pid;

	memset(report, 0, sizeof *report);
	read_own_namespaces(before);
	pid = spawn(what, &pidfd, &report->err);
	if (pid == 0) {
		fill_report();
		_exit(6);
	}
	if (pid > 0) {
		assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
		assert_int_equal(info.si_pid, pid);
		assert_int_equal(info.si_status, 6);
		close(pidfd);
	} else {
		result = -1;
		assert_int_equal(pidfd, -1);
		assert_int_not_equal(report->err.code, 0);
	}
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(count_fds(), fds);
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), dumpable);
	read_own_namespaces(after);
	assert_memory_equal(before, after, sizeof before);
	return result;
}

static void expect_error(const struct spawn *what, int code, const char *text)
{
	assert_int_equal(spawn_and_report(what), -1);
	if (report->err.code != code || strstr(report->err.text, text) == NULL)
		fail_msg("error %d \"%s\"\n   is not %d \"%s\"", report->err.code, report->err.text, code, text);
}

// ---- new namespaces -----------------------------------------------------------------------------------------------------------------------

static void makes_each(void **state)
{
	char own[TYPE_COUNT][64];

	(void)state;
	read_own_namespaces(own);
	assert_int_equal(spawn_and_report(&(struct spawn){.cgroup_dir = -1}), 0);
	assert_memory_equal(report->namespaces, own, sizeof own);
	for (int i = 0; i < TYPE_COUNT; i++) {
		if (types[i] == CLONE_NEWCGROUP)
			continue;
		if (spawn_and_report(&(struct spawn){.flags = (uint64_t)types[i], .cgroup_dir = -1}) < 0)
			fail_msg("%s", report->err.text);
		for (int j = 0; j < TYPE_COUNT; j++)
			assert_int_equal(strcmp(report->namespaces[j], own[j]) != 0, i == j);
		assert_int_equal(report->pid == 1, types[i] == CLONE_NEWPID);
		assert_int_equal(report->dumpable, 1);
	}
}

static void refuses_nonsense(void **state)
{
	(void)state;
	expect_error(&(struct spawn){.flags = CLONE_NEWCGROUP, .cgroup_dir = -1}, EINVAL, "contradict");
	expect_error(&(struct spawn){.flags = CLONE_VM, .cgroup_dir = -1}, EINVAL, "contradict");
	expect_error(&(struct spawn){.cgroup_dir = -1, .boottime = {true, 1, 0}}, EINVAL, "contradict");
}

static int without_privilege(void *unused)
{
	int pidfd = -1;

	(void)unused;
	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	report->err = ERROR_INIT;
	return spawn(&(struct spawn){.flags = CLONE_NEWNET | CLONE_NEWIPC, .cgroup_dir = -1}, &pidfd, &report->err) < 0 ? 0 : 2;
}

static int at_limit(void *unused)
{
	int pidfd = -1;
	pid_t pid;

	(void)unused;
	// The limits belong to the user namespace: these are our own.
	if (unshare(CLONE_NEWUSER) < 0 || write_file_at(AT_FDCWD, "/proc/sys/user/max_uts_namespaces", "0") < 0)
		return 1;
	report->err = ERROR_INIT;
	pid = spawn(&(struct spawn){.flags = CLONE_NEWIPC | CLONE_NEWUTS, .cgroup_dir = -1}, &pidfd, &report->err);
	if (pid == 0)
		_exit(0);
	return pid < 0 ? 0 : 2;
}

static void says_what_is_missing(void **state)
{
	(void)state;
	assert_int_equal(in_child(without_privilege, NULL), 0);
	assert_int_equal(report->err.code, EPERM);
	assert_non_null(strstr(report->err.text, "new namespaces (ipc, network)"));
	assert_non_null(strstr(report->err.text, "CAP_SYS_ADMIN"));
	assert_int_equal(in_child(at_limit, NULL), 0);
	assert_int_equal(report->err.code, ENOSPC);
	assert_non_null(strstr(report->err.text, "sysctl user.max_uts_namespaces is 0"));
}

// ---- cgroups --------------------------------------------------------------------------------------------------------------------------------

static int open_cgroup(const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s%s", cgroup_path, name);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		fail_msg("cannot make %s", path);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void remove_cgroup(const char *name)
{
	char path[200];

	snprintf(path, sizeof path, "%s%s", cgroup_path, name);
	assert_int_equal(rmdir(path), 0);
}

static void expect_cgroup(const char *path)
{
	char line[300];

	snprintf(line, sizeof line, "0::%s\n", path);
	if (strstr(report->cgroup, line) == NULL && strcmp(strrchr(report->cgroup, ':') + 1, path) != 0)
		fail_msg("%s is not in %s", line, report->cgroup);
}

static void born_in_cgroup(void **state)
{
	AUTO_FD cgroup = open_cgroup("");
	AUTO_FD threaded = -1, invalid = -1;

	(void)state;
	assert_int_equal(spawn_and_report(&(struct spawn){.flags = CLONE_NEWPID, .cgroup_dir = cgroup}), 0);
	expect_cgroup(cgroup_path + strlen(cgroup_root));
	threaded = open_cgroup("/threaded");
	assert_int_equal(write_file_at(threaded, "cgroup.type", "threaded"), 0);
	invalid = open_cgroup("/invalid");
	expect_error(&(struct spawn){.cgroup_dir = invalid}, EOPNOTSUPP, "domain invalid");
	remove_cgroup("/threaded");
	remove_cgroup("/invalid");
	expect_error(&(struct spawn){.cgroup_dir = invalid}, ENOENT, "removed meanwhile");
}

// ---- joins ----------------------------------------------------------------------------------------------------------------------------------

// A process with a full set of namespaces of its own, a cgroup namespace rooted in its cgroup, and clocks of its own.
struct holder {
	pid_t pid;
	int pidfd;
	char namespaces[TYPE_COUNT][64];
};

static void start_holder(struct holder *holder, uint64_t flags, int cgroup)
{
	struct id_mapping all = {0, 100000, 65536};
	struct id_mappings map = {&all, 1};
	struct spawn what = {.flags = flags, .cgroup_dir = cgroup};
	struct error err = ERROR_INIT;

	if ((flags & CLONE_NEWTIME) != 0)
		what.boottime = (struct time_offset){true, 500000, 250000000};
	report->ready = 0;
	holder->pid = spawn(&what, &holder->pidfd, &err);
	if (holder->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); // also if the test fails
		while (report->ready != 1)
			usleep(1000);
		unshare(CLONE_NEWCGROUP);
		report->ready = 2;
		for (;;)
			pause();
	}
	if (holder->pid < 0)
		fail_msg("%s", err.text);
	if ((flags & CLONE_NEWUSER) != 0 && ids_write_maps(proc_fd, holder->pid, &(struct id_maps){.uids = &map, .gids = &map}, &err) < 0)
		fail_msg("%s", err.text);
	report->ready = 1;
	while (report->ready != 2)
		usleep(1000);
	read_namespaces(holder->pid, holder->namespaces);
}

static void stop_holder(struct holder *holder)
{
	kill(holder->pid, SIGKILL);
	assert_int_equal(waitpid(holder->pid, NULL, 0), holder->pid);
	close(holder->pidfd);
}

// Opens the holder's namespaces of `wanted`; returns how many.
static size_t open_joins(const struct holder *holder, int wanted, struct namespace_join *joins)
{
	size_t count = 0;

	for (int i = 0; i < TYPE_COUNT; i++) {
		struct error err = ERROR_INIT;
		char path[64];

		if ((types[i] & wanted) == 0)
			continue;
		snprintf(path, sizeof path, "/proc/%d/ns/%s", holder->pid, namespace_file(types[i]));
		joins[count] = (struct namespace_join){types[i], namespace_open(path, types[i], &err)};
		if (joins[count++].fd < 0)
			fail_msg("%s", err.text);
	}
	return count;
}

static void close_joins(struct namespace_join *joins, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(joins[i].fd);
}

// While a holder lives, it is a child, too: spawn_and_report() runs in a process of its own.
struct join_test {
	const struct holder *holder;
	int types, cgroup;
	uint64_t flags;
	struct time_offset boottime;
};

static int join_and_report(void *argument)
{
	const struct join_test *test = argument;
	struct namespace_join joins[TYPE_COUNT];
	size_t count = open_joins(test->holder, test->types, joins);
	struct spawn what = {.flags = test->flags, .cgroup_dir = test->cgroup, .joins = joins, .join_count = count, .boottime = test->boottime};
	int result = spawn_and_report(&what);

	close_joins(joins, count);
	return result == 0 ? 0 : 1;
}

static void expect_joined(const struct join_test *test)
{
	char own[TYPE_COUNT][64];

	read_own_namespaces(own);
	if (in_child(join_and_report, (void *)(uintptr_t)test) != 0)
		fail_msg("types %x: %s", (unsigned)test->types, report->err.text);
	for (int i = 0; i < TYPE_COUNT; i++) {
		if ((test->flags & (uint64_t)types[i]) != 0) {
			assert_string_not_equal(report->namespaces[i], own[i]);
			assert_string_not_equal(report->namespaces[i], test->holder->namespaces[i]);
		} else {
			assert_string_equal(report->namespaces[i], (test->types & types[i]) != 0 ? test->holder->namespaces[i] : own[i]);
		}
	}
}

static const uint64_t new_all = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWUSER | CLONE_NEWTIME;

static void joins_each(void **state)
{
	AUTO_FD cgroup = open_cgroup("/holder");
	struct holder holder;

	(void)state;
	start_holder(&holder, new_all & ~(uint64_t)CLONE_NEWUSER, cgroup);
	for (int i = 0; i < TYPE_COUNT; i++)
		if (i != USER)
			expect_joined(&(struct join_test){.holder = &holder, .types = types[i], .cgroup = -1});
	// The usual mixture of an engine: a network made beforehand, the rest new.
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWNET, .cgroup = -1, .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS});
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID, .cgroup = cgroup, .flags = CLONE_NEWNS});
	assert_int_equal(report->dumpable, 0);
	assert_int_not_equal(report->pid, 1);
	// A network of the host's user namespace with a user namespace of its own.
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWNET, .cgroup = -1, .flags = CLONE_NEWUSER | CLONE_NEWPID});
	// All, as `exec` does, born in the container's cgroup.
	expect_joined(&(struct join_test){.holder = &holder, .types = (int)(new_all | CLONE_NEWCGROUP) & ~CLONE_NEWUSER, .cgroup = cgroup});
	expect_cgroup("/");
	stop_holder(&holder);
	remove_cgroup("/holder");
}

static void joins_with_user(void **state)
{
	AUTO_FD cgroup = open_cgroup("/holder");
	struct holder holder;

	(void)state;
	start_holder(&holder, new_all, cgroup);
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWUSER, .cgroup = -1});
	assert_string_equal(report->maps[0], "         0     100000      65536");
	assert_int_equal(report->dumpable, 0);
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWUSER, .cgroup = cgroup, .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET});
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWTIME, .cgroup = -1});
	expect_joined(&(struct join_test){.holder = &holder, .types = (int)(new_all | CLONE_NEWCGROUP), .cgroup = cgroup});
	expect_cgroup("/");
	stop_holder(&holder);
	remove_cgroup("/holder");
}

// An ordinary user with a container of his own: its other namespaces can be entered only after its user namespace.
static int join_own_as_nobody(void *unused)
{
	struct id_mapping own = {0, 65534, 1};
	struct id_mappings map = {&own, 1};
	struct namespace_join joins[TYPE_COUNT];
	struct holder holder;
	struct spawn what = {.flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWPID, .cgroup_dir = -1};
	struct spawn enter = {.cgroup_dir = -1, .joins = joins};
	int pidfd = -1, status = 0;
	pid_t pid;

	(void)unused;
	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 1;
	holder.pid = spawn(&what, &holder.pidfd, &report->err);
	if (holder.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (holder.pid < 0 || ids_write_maps(proc_fd, holder.pid, &(struct id_maps){.uids = &map, .gids = &map}, &report->err) < 0)
		return 2;
	read_namespaces(holder.pid, holder.namespaces);
	enter.join_count = open_joins(&holder, (int)what.flags, joins);
	pid = spawn(&enter, &pidfd, &report->err);
	if (pid == 0) {
		fill_report();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return 3;
	stop_holder(&holder);
	for (int i = 0; i < TYPE_COUNT; i++)
		if ((what.flags & (uint64_t)types[i]) != 0 && strcmp(report->namespaces[i], holder.namespaces[i]) != 0)
			return 10 + i;
	return 0;
}

static void joins_own_as_nobody(void **state)
{
	int result;

	(void)state;
	memset(report, 0, sizeof *report);
	result = in_child(join_own_as_nobody, NULL);
	if (result != 0)
		fail_msg("%d: %s", result, report->err.text);
}

static double seconds(struct timespec time)
{
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void offsets(void **state)
{
	struct spawn what = {.flags = CLONE_NEWTIME | CLONE_NEWPID, .cgroup_dir = -1, .monotonic = {true, 1000, 0}, .boottime = {true, 86400, 500000000}};
	struct timespec monotonic, boottime;
	struct holder holder;
	double shift;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	if (spawn_and_report(&what) < 0)
		fail_msg("%s", report->err.text);
	shift = seconds(report->monotonic) - seconds(monotonic);
	assert_true(shift >= 1000 && shift < 1005);
	shift = seconds(report->boottime) - seconds(boottime);
	assert_true(shift >= 86400.5 && shift < 86405);
	assert_int_equal(report->pid, 1);
	assert_int_equal(report->dumpable, 1);
	what.boottime.seconds = -1000000000;
	expect_error(&what, ERANGE, "the offset of the boottime clock to -1000000000");
	what.boottime = (struct time_offset){true, 0, 1000000000};
	expect_error(&what, EINVAL, "nanoseconds must be less than");

	// Joined, and made anew in a user namespace that is joined.
	start_holder(&holder, new_all, -1);
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWTIME | CLONE_NEWUSER, .cgroup = -1});
	shift = seconds(report->boottime) - seconds(boottime);
	assert_true(shift >= 500000 && shift < 500010);
	expect_joined(&(struct join_test){.holder = &holder, .types = CLONE_NEWUSER, .cgroup = -1, .flags = CLONE_NEWTIME, .boottime = {true, 777, 0}});
	shift = seconds(report->boottime) - seconds(boottime);
	assert_true(shift >= 777 && shift < 787);
	stop_holder(&holder);
}

// Errors inside the caller's steps and inside the helper come back whole.
static void failing_joins(void **state)
{
	struct namespace_join own_user = {CLONE_NEWUSER, open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC)};
	struct namespace_join joins[2] = {{CLONE_NEWUTS, open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC)}, {CLONE_NEWNET, open("/dev/null", O_RDONLY | O_CLOEXEC)}};
	struct namespace_join dead;
	struct error err = ERROR_INIT;
	struct holder holder;

	(void)state;
	expect_error(&(struct spawn){.cgroup_dir = -1, .joins = &own_user, .join_count = 1}, EINVAL, "cannot join the user namespace: Invalid argument; it is the user namespace that minirun is in already");
	expect_error(&(struct spawn){.cgroup_dir = -1, .joins = joins, .join_count = 2}, EINVAL, "cannot join the network namespace");

	start_holder(&holder, CLONE_NEWPID, -1);
	assert_int_equal(open_joins(&holder, CLONE_NEWPID, &dead), 1);
	stop_holder(&holder);
	expect_error(&(struct spawn){.cgroup_dir = -1, .joins = &dead, .join_count = 1}, ENOMEM, "has ended, and nothing can be started in it");
	joins[1] = (struct namespace_join){CLONE_NEWNS, namespace_open("/proc/self/ns/mnt", CLONE_NEWNS, &err)}; // by the helper now
	expect_error(&(struct spawn){.cgroup_dir = -1, .joins = (struct namespace_join[]){dead, joins[1]}, .join_count = 2}, ENOMEM, "has ended, and nothing can be started in it");
	close(dead.fd);
	close(own_user.fd);
	close(joins[0].fd);
	close(joins[1].fd);
}

static int join_without_privilege(void *argument)
{
	const struct namespace_join *join = argument;
	int pidfd = -1;

	report->err = ERROR_INIT;
	if (setresuid(65534, 65534, 65534) < 0)
		return 1;
	return spawn(&(struct spawn){.cgroup_dir = -1, .joins = join, .join_count = 1}, &pidfd, &report->err) < 0 && report->err.code == EPERM ? 0 : 2;
}

static void joins_without_privilege(void **state)
{
	for (int i = 0; i < TYPE_COUNT; i++) {
		struct namespace_join join;
		struct holder holder;

		(void)state;
		start_holder(&holder, new_all & ~(uint64_t)CLONE_NEWUSER, -1);
		if (i == USER) {
			stop_holder(&holder);
			continue;
		}
		open_joins(&holder, types[i], &join);
		assert_int_equal(in_child(join_without_privilege, &join), 0);
		assert_non_null(strstr(report->err.text, "it takes CAP_SYS_ADMIN"));
		close(join.fd);
		stop_holder(&holder);
	}
}

// ---- ids --------------------------------------------------------------------------------------------------------------------------------------

// Spawns into a user namespace with `maps`, becomes root, then `user`; -1 with report->err if a step fails.
static int map_and_become(const struct id_mappings *maps, const struct user_ids *user)
{
	struct spawn what = {.flags = CLONE_NEWUSER, .cgroup_dir = -1};
	int pidfd = -1, failed, status = 0;
	pid_t pid;

	memset(report, 0, sizeof *report);
	pid = spawn(&what, &pidfd, &report->err);
	if (pid == 0) {
		while (report->ready == 0)
			usleep(1000);
		if (report->ready != 1 || ids_become_root(&report->err) < 0 || (user != NULL && ids_set_user(user, &report->err) < 0))
			_exit(1);
		fill_report();
		_exit(0);
	}
	if (pid < 0)
		return -1;
	failed = ids_write_maps(proc_fd, pid, &(struct id_maps){.uids = maps, .gids = maps}, &report->err);
	report->ready = failed < 0 ? 2 : 1;
	waitpid(pid, &status, 0);
	close(pidfd);
	return failed < 0 || status != 0 ? -1 : 0;
}

static void maps_ids(void **state)
{
	struct id_mapping items[] = {{0, 100000, 1000}, {1000, 0, 1}};
	struct id_mappings maps = {items, 2};
	gid_t groups[] = {5, 1000};
	struct user_ids user = {.uid = 7, .gid = 8, .groups = groups, .group_count = 2};

	(void)state;
	assert_int_equal(map_and_become(&maps, NULL), 0);
	assert_string_equal(report->maps[0], "         0     100000       1000\n      1000          0          1");
	assert_string_equal(report->maps[1], report->maps[0]);
	assert_string_equal(report->maps[2], "allow");
	assert_int_equal(report->uid, 0);
	assert_int_equal(report->groups, 0);
	assert_int_equal(map_and_become(&maps, &user), 0);
	assert_int_equal(report->uid, 7);
	assert_int_equal(report->gid, 8);
	assert_int_equal(report->groups, 2);
	user.uid = 5000;
	assert_int_equal(map_and_become(&maps, &user), -1);
	assert_non_null(strstr(report->err.text, "cannot become user 5000: Invalid argument; it has no mapping"));
}

static int map_as_nobody(void *unused)
{
	struct id_mapping own = {0, 65534, 1}, many = {0, 100000, 10};
	struct id_mappings map = {&own, 1}, too_much = {&many, 1};
	gid_t group = 0;
	struct user_ids user = {.groups = &group, .group_count = 1};

	(void)unused;
	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 1;
	if (map_and_become(&map, NULL) < 0)
		return 2;
	if (strcmp(report->maps[2], "deny") != 0 || report->uid != 0)
		return 3;
	if (map_and_become(&map, &user) == 0 || strstr(report->err.text, "the user namespace forbids setgroups") == NULL)
		return 4;
	if (map_and_become(&too_much, NULL) == 0 || strstr(report->err.text, "cannot map container uids 0+10 to host uids 100000+10: Operation not permitted; it takes CAP_SETUID, which this process has not") == NULL)
		return 5;
	return 0;
}

static void maps_without_privilege(void **state)
{
	int result = in_child(map_as_nobody, NULL);

	(void)state;
	if (result != 0)
		fail_msg("%d: %s", result, report->err.text);
}

static int become_user(void *unused)
{
	gid_t groups[] = {10, 20, 30};
	struct user_ids user = {.uid = 1234, .gid = 2345, .groups = groups, .group_count = 3, .umask = {0027, true}};

	(void)unused;
	if (ids_set_user(&user, &report->err) < 0)
		return 1;
	fill_report();
	return umask(0) == 0027 ? 0 : 2;
}

static void becomes_user(void **state)
{
	(void)state;
	assert_int_equal(in_child(become_user, NULL), 0);
	assert_int_equal(report->uid, 1234);
	assert_int_equal(report->gid, 2345);
	assert_int_equal(report->groups, 3);
}

// ---- capabilities -----------------------------------------------------------------------------------------------------------------------------

struct capability_test {
	const char *name;
	uid_t uid;
	struct capability_sets sets; // asked for
	struct capability_sets seen; // after execve
};

static int show_capabilities(void *argument)
{
	const struct capability_test *test = argument;
	struct user_ids user = {.uid = test->uid, .gid = test->uid};
	int pipes[2];
	char *args[] = {(char[]){"cat"}, (char[]){"/proc/self/status"}, NULL}, *env[] = {NULL};
	pid_t pid;

	if (pipe(pipes) < 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		if (capabilities_before_user(&test->sets, &report->err) < 0 || ids_set_user(&user, &report->err) < 0 || capabilities_after_user(&test->sets, &report->err) < 0)
			_exit(1);
		(void)program_execute(&(struct program){.args = args, .env = env}, 0, 0, &report->err);
		_exit(2);
	}
	close(pipes[1]);
	for (size_t used = 0; used < sizeof report->status - 1;) {
		ssize_t length = read(pipes[0], report->status + used, sizeof report->status - 1 - used);

		if (length <= 0)
			break;
		used += (size_t)length;
	}
	return wait(NULL) == pid ? 0 : 1;
}

static uint64_t shown(const char *key)
{
	const char *line = strstr(report->status, key);

	return line != NULL ? strtoull(line + strlen(key), NULL, 16) : UINT64_MAX;
}

#define BIT(number) (UINT64_C(1) << (number))
#define SET(b, e, i, p, a) {.bounding = (b), .effective = (e), .inheritable = (i), .permitted = (p), .ambient = (a)}

static void sets_capabilities(void **state)
{
	// 10 net_bind_service, 13 net_raw, 29 audit_write, 24 sys_resource (which this machine may lack).
	const uint64_t three = BIT(10) | BIT(13) | BIT(29);
	const struct capability_test tests[] = {
		{"root", 0, SET(three, three, 0, three, 0), SET(three, three, 0, three, 0)},
		{"root, nothing", 0, SET(0, 0, 0, 0, 0), SET(0, 0, 0, 0, 0)},
		{"root, effective less", 0, SET(three, BIT(13), 0, three, 0), SET(three, three, 0, three, 0)}, // execve of root: all that is permitted
		{"root, inheritable", 0, SET(three, three, BIT(13), three, 0), SET(three, three, BIT(13), three, 0)},
		{"root, ambient", 0, SET(three, three, three, three, BIT(13)), SET(three, three, three, three, BIT(13))},
		{"user", 1000, SET(three, three, 0, three, 0), SET(three, 0, 0, 0, 0)}, // capabilities(7): without ambient, execve takes them
		{"user, ambient", 1000, SET(three, three, three, three, BIT(10)), SET(three, BIT(10), three, BIT(10), BIT(10))},
		{"user, ambient without inheritable", 1000, SET(three, three, 0, three, three), SET(three, 0, 0, 0, 0)}, // as podman writes it
		{"root, unknown number", 0, SET(three | BIT(63), three | BIT(63), 0, three | BIT(63), 0), SET(three, three, 0, three, 0)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
		memset(report, 0, sizeof *report);
		assert_int_equal(in_child(show_capabilities, (void *)(uintptr_t)&tests[i]), 0);
		if (report->status[0] == '\0')
			fail_msg("%s: %s", tests[i].name, report->err.text);
		if (shown("CapBnd:") != tests[i].seen.bounding || shown("CapEff:") != tests[i].seen.effective || shown("CapInh:") != tests[i].seen.inheritable ||
		    shown("CapPrm:") != tests[i].seen.permitted || shown("CapAmb:") != tests[i].seen.ambient)
			fail_msg("%s: %s", tests[i].name, strstr(report->status, "CapInh"));
	}
}

// What the caller does not have is left out, not an error.
static void lacking_capability(void **state)
{
	const struct capability_test test = {.sets = SET(UINT64_MAX, UINT64_MAX, 0, UINT64_MAX, 0)};
	uint64_t permitted = capabilities_permitted();

	(void)state;
	memset(report, 0, sizeof *report);
	assert_int_equal(prctl(PR_CAPBSET_DROP, 28, 0, 0, 0), 0); // lease: gone for the rest of this test program
	assert_int_equal(in_child(show_capabilities, (void *)(uintptr_t)&test), 0);
	assert_true(shown("CapBnd:") == (permitted & ~BIT(28)));
	assert_true(shown("CapPrm:") == (permitted & ~BIT(28)));
}

static int refuse_ambient(void *unused)
{
	const struct capability_sets sets = SET(UINT64_MAX, BIT(10), BIT(10), BIT(10), BIT(10));

	(void)unused;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_CAP_AMBIENT_RAISE, 0, 0, 0) < 0)
		return 1;
	return capabilities_after_user(&sets, &report->err) < 0 ? 0 : 2;
}

static void refused_ambient(void **state)
{
	(void)state;
	assert_int_equal(in_child(refuse_ambient, NULL), 0);
	assert_int_equal(report->err.code, EPERM);
	assert_non_null(strstr(report->err.text, "cannot make CAP_NET_BIND_SERVICE ambient: Operation not permitted; minirun was started with the securebit SECBIT_NO_CAP_AMBIENT_RAISE"));
}

// ---- mounts -----------------------------------------------------------------------------------------------------------------------------------

static int on_noexec_mount(void *unused)
{
	char directory[] = "/tmp/test_proc.XXXXXX", program[100], expected[300];
	char *args[] = {program, NULL}, *env[] = {NULL};
	int file;

	(void)unused;
	if (mkdtemp(directory) == NULL || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("test", directory, "tmpfs", MS_NOEXEC, NULL) < 0)
		return 1;
	snprintf(program, sizeof program, "%s/sub", directory);
	mkdir(program, 0755);
	snprintf(program, sizeof program, "%s/sub/x", directory);
	file = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	if (file < 0 || write_all(file, "#!/bin/sh\n", 10) < 0 || close(file) < 0)
		return 2;
	(void)program_execute(&(struct program){.args = args, .env = env}, 0, 0, &report->err);
	umount2(directory, MNT_DETACH);
	rmdir(directory);
	snprintf(expected, sizeof expected, "exec: \"%s\": permission denied; %s lies on the mount %s, which has the option noexec", program, program, directory);
	return strcmp(report->err.text, expected) == 0 && report->err.exit_code == 126 ? 0 : 3;
}

static void noexec(void **state)
{
	int result = in_child(on_noexec_mount, NULL);

	(void)state;
	if (result != 0)
		fail_msg("%d: %s", result, report->err.text);
}

static int with_full_disk(void *unused)
{
	struct seccomp_rule rule = {.names = {(const char *[]){"uname"}, 1}, .action = "SCMP_ACT_ERRNO"};
	struct seccomp_profile profile = {.default_action = "SCMP_ACT_ALLOW", .rules = &rule, .rule_count = 1};
	char directory[] = "/tmp/test_proc.XXXXXX", cache[64], filler[64];
	struct seccomp_filter filter;
	struct arena arena = {0};
	AUTO_DIR *list = NULL;
	int file, entries = 0;

	(void)unused;
	if (mkdtemp(directory) == NULL || unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("test", directory, "tmpfs", 0, "size=4k") < 0)
		return 1;
	snprintf(filler, sizeof filler, "%s/filler", directory);
	snprintf(cache, sizeof cache, "%s/cache", directory);
	file = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0 || ftruncate(file, 4096) < 0 || write_all(file, "x", 1) < 0 || close(file) < 0)
		return 2;
	for (int i = 0; i < 2; i++)
		if (seccomp_compile(&arena, &profile, cache, &filter, &report->err) < 0 || filter.from_cache || filter.count == 0)
			return 3;
	list = opendir(cache);
	while (list != NULL && readdir(list) != NULL)
		entries++;
	umount2(directory, MNT_DETACH);
	rmdir(directory);
	arena_free(&arena);
	return entries == 2 ? 0 : 4; // "." and ".."; no half of an entry
}

static void full_disk(void **state)
{
	int result = in_child(with_full_disk, NULL);

	(void)state;
	if (result != 0)
		fail_msg("%d: %s", result, report->err.text);
}

// ---- main -------------------------------------------------------------------------------------------------------------------------------------

static int set_up(void **state)
{
	(void)state;
	report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(cgroup_root, sizeof cgroup_root, "%s", access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup");
	snprintf(cgroup_path, sizeof cgroup_path, "%s/minirun-test-proc-%d", cgroup_root, getpid());
	alarm(120);
	return report == MAP_FAILED || proc_fd < 0 || mkdir(cgroup_path, 0755) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	static const char *const below[] = {"/holder", "/threaded", "/invalid"}; // still there if a test has failed
	char path[200];

	(void)state;
	for (size_t i = 0; i < sizeof below / sizeof below[0]; i++) {
		snprintf(path, sizeof path, "%s%s/cgroup.kill", cgroup_path, below[i]);
		(void)write_file_at(AT_FDCWD, path, "1");
		usleep(access(path, F_OK) == 0 ? 50000 : 0);
		*strrchr(path, '/') = '\0';
		(void)rmdir(path);
	}
	return rmdir(cgroup_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_each), cmocka_unit_test(refuses_nonsense), cmocka_unit_test(says_what_is_missing), cmocka_unit_test(born_in_cgroup),
		cmocka_unit_test(joins_each), cmocka_unit_test(joins_with_user), cmocka_unit_test(joins_own_as_nobody), cmocka_unit_test(offsets), cmocka_unit_test(failing_joins), cmocka_unit_test(joins_without_privilege),
		cmocka_unit_test(maps_ids), cmocka_unit_test(maps_without_privilege), cmocka_unit_test(becomes_user),
		cmocka_unit_test(sets_capabilities), cmocka_unit_test(refused_ambient), cmocka_unit_test(noexec), cmocka_unit_test(full_disk), cmocka_unit_test(lacking_capability),
	};

	if (geteuid() != 0) {
		fprintf(stderr, "SKIP: test_proc needs root\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
