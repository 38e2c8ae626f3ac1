// test_cgroup.c: cgroups made, marked, adopted, killed and removed, and the device filter, on this machine's own cgroup2 mount (hybrid or pure).
// Needs root; skips visibly without. Everything happens below one directory of its own name, which is gone at the end.
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/refusal.h"
#include "base/sys.h"
#include "cgroup/cgroup.h"
#include "cgroup/device_filter.h"
#include "cgroup/mark.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
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
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))

static int root = -1;
static char base[64]; // "/minirun-test-PID"

// --- helpers

static const char *below(const char *rest)
{
	static char paths[8][4096];
	static unsigned next;
	char *path = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof *paths, "%s%s", base, rest);
	return path;
}

static bool exists(const char *path)
{
	return faccessat(root, path + 1, F_OK, 0) == 0;
}

static int create(const char *path, unsigned controllers, const char *owner)
{
	struct error err = ERROR_INIT;
	int dir = -1;

	if (cgroup_create(root, path, controllers, owner, &dir, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(fcntl(dir, F_GETFD) & FD_CLOEXEC);
	return dir;
}

static void create_fails(const char *path, unsigned controllers, const char *owner, int code, const char *text)
{
	struct error err = ERROR_INIT;
	int dir = -1;

	assert_int_equal(cgroup_create(root, path, controllers, owner, &dir, &err), -1);
	assert_int_equal(dir, -1);
	if (err.code != code || strstr(err.text, text) == NULL)
		fail_msg("got %d \"%s\", expected %d \"%s\"", err.code, err.text, code, text);
}

static void remove_cgroup(const char *path, const char *owner)
{
	struct error err = ERROR_INIT;

	if (cgroup_remove(root, path, owner, &err) < 0)
		fail_msg("%s", err.text);
}

static struct mark mark_of(const char *path)
{
	AUTO_FD dir = tree_open(root, path);
	struct mark mark;

	assert_int_equal(mark_read(dir, &mark), 0);
	return mark;
}

static void check_mark(const char *path, enum mark_kind kind, const char *owner)
{
	struct mark mark = mark_of(path);

	assert_int_equal(mark.kind, kind);
	assert_string_equal(mark.owner, owner);
}

static void make_by_hand(const char *path)
{
	assert_int_equal(mkdirat(root, path + 1, 0755), 0);
}

static void remove_by_hand(const char *path)
{
	assert_int_equal(unlinkat(root, path + 1, AT_REMOVEDIR), 0);
}

// A child born in `dir` that runs `work` and then sleeps for ever.
static pid_t spawn(int dir, void (*work)(void))
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)dir};
	sigset_t term, before;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before); // until the child has set its handler
	pid_t pid = sys_clone3(&args);

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (work != NULL)
			work();
		sigprocmask(SIG_SETMASK, &before, NULL);
		for (;;)
			pause();
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static void fork_storm(void)
{
	signal(SIGCHLD, SIG_IGN); // no zombies
	for (int i = 0; i < 3; i++) {
		if (fork() == 0) {
			setsid();
			signal(SIGTERM, SIG_IGN);
			// Each of these is replaced by its child again and again: a pid that was read is gone when it is used.
			for (;;) {
				if (fork() > 0)
					_exit(0);
			}
		}
	}
}

static void on_term(int signal)
{
	(void)signal;
	_exit(42);
}

static void exit_on_term(void)
{
	signal(SIGTERM, on_term);
}

static int count_pid(pid_t pid, void *data)
{
	(void)pid;
	++*(int *)data;
	return 0;
}

static int count_pids_of(int dir, void *data)
{
	return tree_each_pid(dir, "cgroup.procs", count_pid, data);
}

static int count_processes(const char *path)
{
	AUTO_FD dir = tree_open(root, path);
	int count = 0;

	assert_int_equal(tree_walk(dir, count_pids_of, &count), 0);
	return count;
}

static void reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void expect_killed(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static int setup(void **state)
{
	static const char *const mounts[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};
	struct error err = ERROR_INIT;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	snprintf(base, sizeof base, "/minirun-test-%d", (int)getpid());
	for (size_t i = 0; i < ARRAY_SIZE(mounts) && root < 0 && geteuid() == 0; i++)
		root = cgroup_open_root(mounts[i], &err);
	if (root < 0)
		fprintf(stderr, "test_cgroup: skipped: it needs root and a cgroup2 mount\n");
	return 0;
}

// Every test leaves nothing: neither directory nor process. What a failed one left is cleared for the next.
static int check_clean(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	reap_all();
	if (root < 0 || !exists(base))
		return 0;
	fprintf(stderr, "%s is left\n", base);
	AUTO_FD dir = tree_open(root, base);
	cgroup_kill(root, base, 5000, &err);
	tree_remove_below(dir, clock_ms() + 5000);
	unlinkat(root, base + 1, AT_REMOVEDIR);
	reap_all();
	return -1;
}

#define NEEDS_ROOT() do { (void)state; if (root < 0) skip(); } while (0)

// --- creating

static void test_three_levels(void **state)
{
	NEEDS_ROOT();
	AUTO_FD dir = create(below("/a/b/c"), 0, "lab1");
	struct stat by_fd, by_path;

	assert_int_equal(fstat(dir, &by_fd), 0);
	assert_int_equal(fstatat(root, below("/a/b/c") + 1, &by_path, 0), 0);
	assert_int_equal(by_fd.st_ino, by_path.st_ino);
	check_mark(base, MARK_PARENT, "");
	check_mark(below("/a"), MARK_PARENT, "");
	check_mark(below("/a/b"), MARK_PARENT, "");
	check_mark(below("/a/b/c"), MARK_MADE, "lab1");

	AUTO_FD second = create(below("/a/d"), 0, "lab2");
	remove_cgroup(below("/a/b/c"), "lab1");
	assert_false(exists(below("/a/b")));
	assert_true(exists(below("/a/d"))); // and so does its parent
	remove_cgroup(below("/a/d"), "lab2");
	assert_false(exists(base));
	remove_cgroup(below("/a/d"), "lab2"); // absent is success
}

static void test_paths_refused(void **state)
{
	static const char *const paths[] = {"", "/", "/..", "/a/../b", "/a//b", "/a/", "/./a"};
	struct error err = ERROR_INIT;

	NEEDS_ROOT();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		create_fails(paths[i], 0, "lab1", EINVAL, "not a path of names");
		assert_int_equal(cgroup_kill(root, paths[i], 0, &err), -1);
		assert_int_equal(cgroup_signal(root, paths[i], "lab1", SIGTERM, &err), -1);
		assert_int_equal(cgroup_remove(root, paths[i], "lab1", &err), -1);
		assert_int_equal(err.code, EINVAL);
	}
	assert_int_equal(cgroup_open_root("/proc", &err), -1);
	assert_string_equal(err.text, "/proc is not a cgroup2 mount; mount -t cgroup2 none /proc");
}

// A controller that this machine has in v2 (hugetlb on a hybrid one) reaches the leaf; one that it has not is refused by name.
static void test_controllers(void **state)
{
	struct error err = ERROR_INIT;
	char subtree[512], expected[128];
	unsigned have, want, lacking;

	NEEDS_ROOT();
	assert_int_equal(cgroup_controllers(root, &have, &err), 0);
	want = have & (1u << CONTROLLER_HUGETLB | 1u << CONTROLLER_PIDS);
	lacking = ~have & ((1u << CONTROLLER_MAX) - 1);
	if (want == 0)
		skip();
	AUTO_FD dir = create(below("/a/b"), want, "lab1");
	unsigned got;

	assert_int_equal(cgroup_controllers(dir, &got, &err), 0);
	assert_int_equal(got & want, want);
	AUTO_FD parent = tree_open(root, below("/a"));
	assert_true(read_file_at(parent, "cgroup.subtree_control", subtree, sizeof subtree) > 0);
	assert_true(read_file_at(dir, "cgroup.subtree_control", subtree, sizeof subtree) == 0); // not in the leaf: it holds processes
	if (lacking != 0) {
		enum cgroup_controller absent = (enum cgroup_controller)__builtin_ctz(lacking);

		snprintf(expected, sizeof expected, "cgroup.controllers of /%s does not list %s; who is root above can enable it by \"+%s\"", "",
			 controller_name(absent), controller_name(absent));
		create_fails(below("/x/y"), 1u << absent | want, "lab2", EOPNOTSUPP, expected);
		assert_false(exists(below("/x")));
	}
	remove_cgroup(below("/a/b"), "lab1");
	assert_false(exists(base));
}

static void test_internal_process(void **state)
{
	struct error err = ERROR_INIT;
	unsigned have;

	NEEDS_ROOT();
	assert_int_equal(cgroup_controllers(root, &have, &err), 0);
	have &= 1u << CONTROLLER_HUGETLB | 1u << CONTROLLER_MEMORY | 1u << CONTROLLER_IO; // domain controllers
	if (have == 0)
		skip();
	AUTO_FD dir = create(base, have, "lab1");
	pid_t pid = spawn(dir, NULL);
	char expected[128];

	snprintf(expected, sizeof expected, "processes are in %s itself (pid %d)", base, (int)pid);
	create_fails(below("/x"), have, "lab2", EBUSY, expected);
	remove_cgroup(base, "lab1");
	expect_killed(pid);
}

// Below a threaded cgroup nobody can be born; in one, minirun must still be able to end everybody, since a payload may have made it threaded.
static void test_threaded(void **state)
{
	struct error err = ERROR_INIT;

	NEEDS_ROOT();
	make_by_hand(base);
	make_by_hand(below("/t"));
	AUTO_FD threaded = tree_open(root, below("/t"));
	if (write_file_at(threaded, "cgroup.type", "threaded") < 0)
		fail_msg("cgroup.type: %s", strerror(errno));
	create_fails(below("/t"), 0, "lab1", EOPNOTSUPP, "its cgroup.type is \"threaded\"");

	AUTO_FD dir = create(below("/t/u"), 0, "lab1");
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)dir};

	assert_int_equal(sys_clone3(&args), -1);
	assert_int_equal(cgroup_join_error(dir, below("/t/u"), errno, &err), -1);
	assert_non_null(strstr(err.text, "its cgroup.type is \"domain invalid\""));
	assert_int_equal(write_file_at(dir, "cgroup.type", "threaded"), 0);
	pid_t ending = spawn(dir, exit_on_term), killed = spawn(dir, fork_storm);
	usleep(50000); // a storm by then
	assert_int_equal(cgroup_signal(root, below("/t/u"), "lab1", SIGTERM, &err), 0);
	int status = 0;
	assert_int_equal(waitpid(ending, &status, 0), ending);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	remove_cgroup(below("/t/u"), "lab1");
	assert_int_equal(waitpid(killed, &status, 0), killed);
	assert_true(WIFSIGNALED(status));
	reap_all();
	assert_false(exists(below("/t/u")));
	remove_by_hand(below("/t"));
	remove_by_hand(base);
}

// --- adopting

static void test_adopted(void **state)
{
	NEEDS_ROOT();
	make_by_hand(base);
	AUTO_FD dir = create(base, 0, "lab1");
	check_mark(base, MARK_ADOPTED, "lab1");
	create_fails(base, 0, "lab2", EBUSY, "it belongs to container lab1; delete that one first");
	close(create(base, 0, "lab1")); // the same again: a crash came between
	check_mark(base, MARK_ADOPTED, "lab1");

	pid_t pid = spawn(dir, NULL);
	char expected[64];
	snprintf(expected, sizeof expected, "processes are in it (pid %d)", (int)pid);
	create_fails(base, 0, "lab1", EBUSY, expected);
	make_by_hand(below("/payload"));

	remove_cgroup(base, "lab2"); // not its owner: nothing happens
	assert_int_equal(kill(pid, 0), 0);
	remove_cgroup(base, "lab1");
	expect_killed(pid);
	assert_true(exists(base));
	assert_false(exists(below("/payload")));
	check_mark(base, MARK_NONE, "");

	// The next container is born there and lives: the first one's end has left neither frost nor a kill behind.
	AUTO_FD again = create(base, 0, "lab2");
	int status = 0;
	pid = spawn(again, exit_on_term);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	remove_cgroup(base, "lab2");
	remove_by_hand(base);
}

static void test_shared(void **state)
{
	NEEDS_ROOT();
	make_by_hand(base);
	make_by_hand(below("/theirs"));
	AUTO_FD dir = create(base, 0, "lab1");
	check_mark(base, MARK_SHARED, "lab1");
	remove_cgroup(base, "lab1");
	assert_true(exists(below("/theirs")));
	check_mark(base, MARK_NONE, "");

	assert_int_equal(write_file_at(dir, "cgroup.freeze", "1"), 0);
	create_fails(base, 0, "lab1", EBUSY, "it is frozen; write 0 to its cgroup.freeze");
	remove_by_hand(below("/theirs"));
	remove_by_hand(base);
}

static void test_unmarked_left_alone(void **state)
{
	NEEDS_ROOT();
	make_by_hand(base);
	AUTO_FD dir = tree_open(root, base);
	pid_t pid = spawn(dir, NULL);
	struct error err = ERROR_INIT;

	remove_cgroup(base, "lab1");
	assert_true(exists(base));
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); // alive
	assert_int_equal(cgroup_kill(root, base, 5000, &err), 0);
	expect_killed(pid);
	remove_by_hand(base);
}

// What a crashed run left of the same container is made anew: a frozen cgroup with a sub-cgroup becomes a plain empty one.
static void test_leftover(void **state)
{
	NEEDS_ROOT();
	AUTO_FD old = create(below("/a"), 0, "lab1");
	assert_int_equal(write_file_at(old, "cgroup.freeze", "1"), 0);
	make_by_hand(below("/a/sub"));
	create_fails(below("/a"), 0, "lab2", EBUSY, "it belongs to container lab1");
	create_fails(base, 0, "lab3", EBUSY, "cgroups of other containers are below it");
	AUTO_FD new = create(below("/a"), 0, "lab1");
	char text[16];

	assert_false(exists(below("/a/sub")));
	assert_int_equal(read_file_at(new, "cgroup.freeze", text, sizeof text), 1);
	assert_string_equal(text, "0");
	remove_cgroup(below("/a"), "lab1");
}

// --- ending

// Waits until the storm has begun.
static pid_t start_storm(int dir, const char *path)
{
	pid_t pid = spawn(dir, fork_storm);

	for (int wait = 0; wait < 5000 && count_processes(path) < 3; wait++)
		usleep(1000);
	assert_true(count_processes(path) > 1);
	return pid;
}

static void test_kill_fork_storm(void **state)
{
	struct error err = ERROR_INIT;

	NEEDS_ROOT();
	for (int round = 0; round < 6; round++) {
		AUTO_FD dir = create(below("/bomb"), 0, "lab1");
		pid_t pid = start_storm(dir, below("/bomb"));

		if (round % 2 == 0 && cgroup_kill(root, below("/bomb"), 10000, &err) < 0)
			fail_msg("%s", err.text);
		assert_true(round % 2 != 0 || count_processes(below("/bomb")) == 0);
		remove_cgroup(below("/bomb"), "lab1");
		expect_killed(pid);
		reap_all();
		assert_false(exists(base));
	}
	// In an adopted cgroup, which is emptied by freezing and SIGKILL.
	make_by_hand(base);
	AUTO_FD dir = create(base, 0, "lab1");
	pid_t pid = start_storm(dir, base);
	remove_cgroup(base, "lab1");
	expect_killed(pid);
	remove_by_hand(base);
}

// The payload has built sub-cgroups (300 deep, and wide), sits in the deepest, and is frozen.
static void test_remove_sub_cgroups(void **state)
{
	enum { DEPTH = 300, WIDTH = 40 };

	NEEDS_ROOT();
	AUTO_FD top = create(below("/p"), 0, "lab1");
	AUTO_FD dir = dup(top);
	for (int i = 0; i < DEPTH; i++) {
		assert_int_equal(mkdirat(dir, "d", 0755), 0);
		int next = openat(dir, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		assert_true(next >= 0);
		close_fd(&dir);
		dir = next;
	}
	for (int i = 0; i < WIDTH; i++) {
		char name[16];

		snprintf(name, sizeof name, "w%d", i);
		assert_int_equal(mkdirat(top, name, 0755), 0);
	}
	pid_t pid = spawn(dir, NULL);
	assert_int_equal(write_file_at(top, "cgroup.freeze", "1"), 0);
	assert_int_equal(count_processes(below("/p")), 1);
	remove_cgroup(below("/p"), "lab1");
	expect_killed(pid);
	assert_false(exists(base));
}

static void test_signal(void **state)
{
	struct error err = ERROR_INIT;

	NEEDS_ROOT();
	AUTO_FD dir = create(below("/s"), 0, "lab1");
	make_by_hand(below("/s/sub"));
	AUTO_FD sub = tree_open(root, below("/s/sub"));
	int dirs[] = {dir, sub, sub};
	pid_t pids[ARRAY_SIZE(dirs)];

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		pids[i] = spawn(dirs[i], exit_on_term);
	assert_int_equal(cgroup_signal(root, below("/s"), "lab1", SIGTERM, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 42);
	}
	pids[0] = spawn(sub, NULL);
	assert_int_equal(cgroup_signal(root, below("/s"), "lab2", SIGKILL, &err), 0); // not lab2's
	assert_int_equal(kill(pids[0], 0), 0);
	assert_int_equal(waitpid(pids[0], NULL, WNOHANG), 0);
	assert_int_equal(cgroup_signal(root, below("/s"), "lab1", SIGKILL, &err), 0);
	expect_killed(pids[0]);
	remove_cgroup(below("/s"), "lab1");
	assert_int_equal(cgroup_signal(root, below("/s"), "lab1", SIGTERM, &err), 0); // absent
	assert_int_equal(cgroup_kill(root, below("/s"), 0, &err), 0);
}

// A process in vfork's parent cannot be waited for here, so the timeout is provoked by giving none at all.
static void test_kill_timeout(void **state)
{
	struct error err = ERROR_INIT;
	char expected[64];

	NEEDS_ROOT();
	AUTO_FD dir = create(below("/k"), 0, "lab1");
	pid_t pid = spawn(dir, NULL);

	snprintf(expected, sizeof expected, "process %d does not die", (int)pid);
	assert_int_equal(cgroup_kill(root, below("/k"), 0, &err), -1);
	assert_int_equal(err.code, ETIMEDOUT);
	assert_non_null(strstr(err.text, expected));
	remove_cgroup(below("/k"), "lab1");
	expect_killed(pid);
}

static void hammer(int number)
{
	char path[128], owner[16];

	snprintf(path, sizeof path, "%s/shared/deep/c%d", base, number);
	snprintf(owner, sizeof owner, "c%d", number);
	for (int i = 0; i < 500; i++) {
		struct error err = ERROR_INIT;
		int dir = -1;

		if (cgroup_create(root, path, 0, owner, &dir, &err) < 0 || cgroup_remove(root, path, owner, &err) < 0) {
			fprintf(stderr, "process %d, round %d: %s\n", number, i, err.text);
			_exit(1);
		}
		close(dir);
	}
	_exit(0);
}

// Each removes the parents that the other is about to use.
static void test_parallel(void **state)
{
	pid_t pids[3];

	NEEDS_ROOT();
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		assert_int_not_equal(pids[i], -1);
		if (pids[i] == 0)
			hammer((int)i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pids); i++) {
		int status = 0;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_false(exists(base));
}

// --- writing

static void test_write(void **state)
{
	NEEDS_ROOT();
	AUTO_FD dir = create(below("/w"), 0, "lab1");
	struct cgroup_write depth = {.file = "cgroup.max.depth", .value = "3", .controller = CONTROLLER_INVALID, .field = "f"};
	struct cgroup_write bad = {.file = "cgroup.max.depth", .value = "x", .controller = CONTROLLER_INVALID, .field = "f"};
	struct cgroup_write absent = {.file = "rdma.max", .value = "1", .controller = CONTROLLER_RDMA, .field = "linux.resources.rdma"};
	struct cgroup_write second = {.file = "no.such", .value = "1", .controller = CONTROLLER_INVALID, .field = "f",
				      .also_file = "cgroup.max.depth", .also_value = "4"};
	struct error err = ERROR_INIT;
	char text[16];

	assert_int_equal(cgroup_write(dir, &depth, &err), 0);
	assert_int_equal(read_file_at(dir, "cgroup.max.depth", text, sizeof text), 1);
	assert_string_equal(text, "3");
	assert_int_equal(cgroup_write(dir, &second, &err), 0);
	assert_int_equal(read_file_at(dir, "cgroup.max.depth", text, sizeof text), 1);
	assert_string_equal(text, "4");
	assert_int_equal(cgroup_write(dir, &bad, &err), -1);
	assert_string_equal(err.text, "cannot set f: cannot write \"x\" to cgroup.max.depth: Invalid argument; the kernel refuses this value for this file");
	assert_int_equal(cgroup_write(dir, &absent, &err), -1);
	assert_string_equal(err.text, "cannot set linux.resources.rdma: cannot write \"1\" to rdma.max: No such file or directory; "
				      "the rdma controller is not enabled here: cgroup.subtree_control of the cgroup above does not list it");
	absent.optional = true;
	assert_int_equal(cgroup_write(dir, &absent, &err), 0);
	second.also_value = "y";
	assert_int_equal(cgroup_write(dir, &second, &err), -1);
	assert_non_null(strstr(err.text, "cannot write \"y\" to cgroup.max.depth: Invalid argument"));
	remove_cgroup(below("/w"), "lab1");
}

// --- the device filter

static int node(const char *name, unsigned type, unsigned major, unsigned minor)
{
	char path[128];

	snprintf(path, sizeof path, "/tmp/minirun-test-%d-%s", (int)getpid(), name);
	if (mknod(path, type | 0600, makedev(major, minor)) < 0)
		return -1;
	unlink(path);
	return 0;
}

static int opens(const char *path, int flags)
{
	AUTO_FD fd = open(path, flags | O_CLOEXEC);

	return fd >= 0 ? 0 : errno;
}

// Exit status: a bit for each line that is not as expected under "defaults and nothing else", plus what a rule for kmsg gives.
static void try_devices(int start, bool kmsg)
{
	struct {
		bool right;
	} checks[] = {
		{opens("/dev/null", O_RDWR) == 0},   {opens("/dev/zero", O_RDONLY) == 0},   {opens("/dev/urandom", O_RDONLY) == 0},
		{opens("/dev/full", O_WRONLY) == 0}, {node("block", S_IFBLK, 7, 99) == 0},  {node("char", S_IFCHR, 10, 77) == 0},
		{(opens("/dev/kmsg", O_RDONLY) == 0) == kmsg}, {kmsg || opens("/dev/kmsg", O_RDONLY) == EPERM},
	};
	int wrong = 0;
	char go;

	if (read(start, &go, 1) != 1)
		_exit(255);
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		wrong |= checks[i].right ? 0 : 1 << i;
	_exit(wrong);
}

static int run_in(int dir, bool kmsg)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)dir};
	int go[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid = sys_clone3(&args);
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		try_devices(go[0], kmsg);
	assert_int_equal(write(go[1], "g", 1), 1);
	close(go[0]);
	close(go[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int load(const struct limit_device *rules, size_t count)
{
	struct arena arena = {0};
	struct device_filter filter;
	struct error err = ERROR_INIT;
	int program;

	assert_int_equal(device_filter_build(&arena, rules, count, true, &filter, &err), 0);
	program = device_filter_load(&filter, &err);
	arena_free(&arena);
	if (program < 0)
		fail_msg("%s", err.text);
	assert_true(fcntl(program, F_GETFD) & FD_CLOEXEC);
	return program;
}

// As root with nothing effective but `effective`. What the load says, or "loaded".
static void load_with(uint64_t effective, char said[static ERROR_TEXT_MAX])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
	struct arena arena = {0};
	struct device_filter filter;
	struct error err = ERROR_INIT;
	AUTO_FD program = -1;

	snprintf(said, ERROR_TEXT_MAX, "loaded");
	if (device_filter_build(&arena, NULL, 0, true, &filter, &err) == 0 && syscall(SYS_capget, &header, data) == 0) {
		data[0].effective = (uint32_t)effective;
		data[1].effective = (uint32_t)(effective >> 32);
		if (syscall(SYS_capset, &header, data) == 0)
			program = device_filter_load(&filter, &err);
	}
	if (program < 0)
		snprintf(said, ERROR_TEXT_MAX, "%s", err.text);
	arena_free(&arena);
}

// kernel/bpf/syscall.c: CAP_BPF to load, CAP_NET_ADMIN for this type of program, CAP_SYS_ADMIN instead of either.
static void test_device_filter_rights(void **state)
{
	static const struct {
		uint64_t effective;
		const char *said;
	} cases[] = {
		{0, "cannot load the device filter (bpf): Operation not permitted; it takes CAP_SYS_ADMIN or CAP_BPF, which this process has not"},
		{REFUSAL_BIT(NET_ADMIN), "it takes CAP_SYS_ADMIN or CAP_BPF, which this process has not"},
		{REFUSAL_BIT(BPF), "it takes CAP_NET_ADMIN or CAP_SYS_ADMIN, which this process has not"},
		{REFUSAL_BIT(BPF) | REFUSAL_BIT(NET_ADMIN), "loaded"},
		{REFUSAL_BIT(SYS_ADMIN), "loaded"},
	};
	char *said = mmap(NULL, ERROR_TEXT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(said, MAP_FAILED);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			load_with(cases[i].effective, said);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (strstr(said, cases[i].said) == NULL)
			fail_msg("%zu: %s", i, said);
	}
	munmap(said, ERROR_TEXT_MAX);
}

static void test_device_filter(void **state)
{
	static const struct limit_device kmsg[] = {
		{.allow = false, .type = 'a', .access = "rwm"},
		{.allow = true, .type = 'c', .major = {1, true}, .minor = {11, true}, .access = "r"},
	};
	struct error err = ERROR_INIT;

	NEEDS_ROOT();
	if (opens("/dev/kmsg", O_RDONLY) != 0)
		skip();
	make_by_hand(base); // adopted, so that the filter has to be taken away again
	AUTO_FD dir = create(base, 0, "lab1");
	AUTO_FD narrow = load(NULL, 0), wide = load(kmsg, ARRAY_SIZE(kmsg));

	assert_int_equal(run_in(dir, true), 0); // no filter yet
	assert_int_equal(device_filter_attach(narrow, dir, &err), 0);
	assert_int_equal(run_in(dir, false), 0);
	assert_int_equal(device_filter_attach(wide, dir, &err), 0); // replaces: both together would deny
	assert_int_equal(run_in(dir, true), 0);
	assert_int_equal(device_filter_attach(narrow, dir, &err), 0);
	assert_int_equal(run_in(dir, false), 0);
	remove_cgroup(base, "lab1");
	assert_int_equal(run_in(dir, true), 0);
	remove_by_hand(base);
}

static uint32_t random_state;

// xorshift32: the same numbers with every C library.
static uint32_t pick(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % below;
}

// The kernel's verifier takes whatever rules there are: the same generator of odd lists as in the unit test, on a smaller scale.
static void test_verifier(void **state)
{
	static const int64_t numbers[] = {-1, 0, 1, 136, 4294967295};
	static const char *const accesses[] = {"rwm", "r", "wm", NULL};
	struct error err = ERROR_INIT;

	NEEDS_ROOT();
	for (unsigned seed = 0; seed < 300; seed++) {
		struct limit_device rules[12];
		struct arena arena = {0};
		struct device_filter filter;
		size_t count;
		int program;

		random_state = seed * 2654435761u + 1;
		count = pick(ARRAY_SIZE(rules) + 1);
		for (size_t i = 0; i < count; i++) {
			rules[i] = (struct limit_device){.allow = pick(2) == 0, .type = "abc"[pick(3)], .access = accesses[pick(4)],
							 .major = {numbers[pick(5)], true}, .minor = {numbers[pick(5)], true}};
		}
		assert_int_equal(device_filter_build(&arena, rules, count, seed % 2 == 0, &filter, &err), 0);
		program = device_filter_load(&filter, &err);
		arena_free(&arena);
		if (program < 0)
			fail_msg("seed %u: %s", seed, err.text);
		close(program);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, check_clean)
	const struct CMUnitTest tests[] = {
		TEST(test_three_levels),  TEST(test_paths_refused),       TEST(test_controllers),        TEST(test_internal_process),
		TEST(test_threaded),      TEST(test_adopted),             TEST(test_shared),             TEST(test_unmarked_left_alone),
		TEST(test_leftover),      TEST(test_kill_fork_storm),     TEST(test_remove_sub_cgroups), TEST(test_signal),
		TEST(test_kill_timeout),  TEST(test_parallel),            TEST(test_write),              TEST(test_device_filter),      TEST(test_device_filter_rights),
		TEST(test_verifier),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
