// test_neighbours.c: interrupts and other work of the kernel kept off cores, on made trees of /proc and /sys: plain directories in which this program plays the kernel's
// part. openat() is defined here, so that the library's calls come by: an interrupt that may not move refuses, and minirun can be made
// to die before its Nth write.
#include "cpus/cpumask.h"
#include "cpus/neighbours.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
// cmocka wants the ones above first
#include <cmocka.h>

#include "../skip.h"

static char fake[] = "/tmp/test_neighbours.XXXXXX";
static int root = -1, proc = -1, sys = -1, record = -1;
static struct arena arena;
static struct error err;
static const char *refusing;   // path that cannot be written
static int refusal;
static int writes_left = -1;   // so many more, then this process dies; -1: no limit
static int writes;             // of knobs and of the record

int openat(int dir, const char *path, int flags, ...)
{
	bool makes = (flags & O_CREAT) != 0;
	mode_t mode = 0;

	if (makes) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if ((flags & O_ACCMODE) == O_WRONLY) {
		if (writes_left >= 0 && writes_left-- == 0)
			_exit(0);
		writes++;
		if (refusing != NULL && strcmp(path, refusing) == 0) {
			errno = refusal;
			return -1;
		}
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

static void put(const char *path, const char *text)
{
	char parents[256];

	snprintf(parents, sizeof parents, "%s", path);
	for (char *slash = strchr(parents, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdirat(root, parents, 0755);
		*slash = '/';
	}

	AUTO_FD fd = (int)syscall(SYS_openat, root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static const char *get(const char *path)
{
	static char text[4096];

	return read_file_at(root, path, text, sizeof text) < 0 ? "absent" : text;
}

// What a machine of 8 CPUs looks like; the trailing newlines are the kernel's.
static const struct {
	const char *path, *text;
} machine[] = {
	{"sys/devices/system/cpu/online", "0-7\n"},
	{"proc/irq/default_smp_affinity", "ff\n"},
	{"proc/irq/0/smp_affinity_list", "0-7\n"},
	{"proc/irq/36/smp_affinity_list", "0-7\n"},
	{"proc/irq/37/smp_affinity_list", "3\n"},
	{"proc/irq/38/smp_affinity_list", "0-1\n"},
	{"sys/devices/virtual/workqueue/cpumask", "ff\n"},
	{"proc/sys/kernel/watchdog_cpumask", "0-7\n"},
	{"sys/class/net/eth0/queues/rx-0/rps_cpus", "0c\n"},
	{"sys/class/net/eth0/queues/tx-0/xps_cpus", "ff\n"},
	{"sys/class/net/eth0/queues/rx-1/rps_cpus", "00\n"},
};
enum { FILES = sizeof machine / sizeof *machine };

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(fake));
	root = open(fake, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < FILES; i++)
		put(machine[i].path, machine[i].text);
	mkdirat(root, "proc/irq/36/virtio1-req.0", 0755);
	mkdirat(root, "proc/irq/37/eth0-rx", 0755);
	mkdirat(root, "proc/irq/37/eth0-tx", 0755);
	mkdirat(root, "proc/irq/38/timer", 0755);
	mkdirat(root, "record", 0755);
	proc = openat(root, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	sys = openat(root, "sys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	record = openat(root, "record", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = ERROR_INIT;
	refusing = NULL;
	refusal = EIO;
	writes_left = -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_fd(&root);
	close_fd(&proc);
	close_fd(&sys);
	close_fd(&record);
	arena_free(&arena);
	arena = (struct arena){0};
	assert_int_equal(remove_tree_at(AT_FDCWD, fake), 0);
	memcpy(fake + strlen(fake) - 6, "XXXXXX", 6);
	return 0;
}

static struct cpuset set_of(const char *list)
{
	struct cpuset set;

	assert_int_equal(cpuset_parse(&arena, list, &set, &err), 0);
	return set;
}

static struct neighbours_report apply(const char *away)
{
	struct cpuset set = set_of(away);
	struct neighbours_report report = {0};

	writes = 0;
	if (neighbours_apply(&arena, proc, sys, record, &set, &report, &err) < 0)
		fail_msg("%s", err.text);
	return report;
}

static void expect_as_found(void)
{
	char text[64];

	for (size_t i = 0; i < FILES; i++) {
		struct cpuset now, then;
		bool mask = strstr(machine[i].path, "_list") == NULL && strstr(machine[i].path, "watchdog") == NULL && strstr(machine[i].path, "online") == NULL;

		snprintf(text, sizeof text, "%.*s", (int)strlen(machine[i].text) - 1, machine[i].text);
		assert_int_equal(mask ? cpumask_parse(&arena, text, &then, &err) : cpuset_parse(&arena, text, &then, &err), 0);
		assert_int_equal(mask ? cpumask_parse(&arena, get(machine[i].path), &now, &err) : cpuset_parse(&arena, get(machine[i].path), &now, &err), 0);
		if (!cpuset_equal(&now, &then))
			fail_msg("%s is %s and not %s any more", machine[i].path, get(machine[i].path), text);
	}
	assert_string_equal(get("record/" NEIGHBOURS_RECORD), "absent");
}

static const struct neighbour *find(const struct neighbour *items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(items[i].name, name) == 0)
			return &items[i];
	return NULL;
}

static void all_knobs_leave_the_cores_and_come_back(void **state)
{
	struct neighbours_report report = apply("2-3");
	const struct neighbour *moved;

	(void)state;
	assert_string_equal(get("proc/irq/default_smp_affinity"), "f3");
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "0-1,4-7");
	assert_string_equal(get("proc/irq/37/smp_affinity_list"), "0-1,4-7"); // had nothing but an owned core
	assert_string_equal(get("proc/irq/38/smp_affinity_list"), "0-1");
	assert_string_equal(get("sys/devices/virtual/workqueue/cpumask"), "f3");
	assert_string_equal(get("proc/sys/kernel/watchdog_cpumask"), "0-1,4-7");
	assert_string_equal(get("sys/class/net/eth0/queues/rx-0/rps_cpus"), "0"); // off
	assert_string_equal(get("sys/class/net/eth0/queues/tx-0/xps_cpus"), "f3");
	assert_string_equal(get("sys/class/net/eth0/queues/rx-1/rps_cpus"), "00");
	assert_int_equal(report.stuck_count, 0);
	assert_int_equal(report.moved_count, 8);
	moved = find(report.moved, report.moved_count, "interrupt 37 (eth0-rx, eth0-tx)");
	if (moved == NULL) // as the directory has them
		moved = find(report.moved, report.moved_count, "interrupt 37 (eth0-tx, eth0-rx)");
	if (moved == NULL) {
		fail_msg("interrupt 37 is not reported");
		return;
	}
	assert_string_equal(moved->from, "3");
	assert_string_equal(moved->to, "0-1,4-7");
	assert_string_equal(moved->path, "/proc/irq/37/smp_affinity_list");
	assert_non_null(find(report.moved, report.moved_count, "receive steering (RPS) of eth0 rx-0"));
	assert_non_null(find(report.moved, report.moved_count, "transmit steering (XPS) of eth0 tx-0"));

	report = apply("");
	assert_int_equal(report.moved_count, 8);
	expect_as_found();
}

static void what_is_done_is_not_done_again(void **state)
{
	(void)state;
	apply("2-3");
	apply("2-3"); // the record now knows that it was done
	assert_int_equal(apply("2-3").moved_count, 0);
	assert_int_equal(writes, 0);
	apply("");
	assert_int_equal(apply("").moved_count, 0);
	assert_int_equal(writes, 0);
	expect_as_found();
}

static void owners_come_and_go_in_any_order(void **state)
{
	(void)state;
	apply("2-3");
	apply("2-3,5");
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "0-1,4,6-7");
	apply("5"); // the first one goes first
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "0-4,6-7");
	assert_string_equal(get("proc/irq/37/smp_affinity_list"), "3");
	assert_string_equal(get("sys/class/net/eth0/queues/rx-0/rps_cpus"), "c");
	apply("5,7");
	apply("");
	expect_as_found();
}

// Children die before each of their writes in turn; whatever they left, the next one puts it right.
static void a_crash_at_any_point_is_mended(void **state)
{
	static const char *const unions[] = {"2-3", "2-3,5", "5", "1,5-6", "", "4"};
	enum { UNIONS = sizeof unions / sizeof *unions };

	(void)state;
	for (int point = 0; point < 14; point++) {
		for (int i = 0; i < UNIONS; i++) {
			int status;
			pid_t child = fork();

			assert_true(child >= 0);
			if (child == 0) {
				writes_left = (point + i * 3) % 14;
				apply(unions[i]);
				_exit(0);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			assert_int_equal(status, 0);
		}
		apply("6");
		assert_string_equal(get("proc/irq/36/smp_affinity_list"), "0-5,7");
		apply("");
		expect_as_found();
	}
}

static void what_somebody_else_sets_is_respected(void **state)
{
	(void)state;
	apply("2-3");
	put("proc/irq/36/smp_affinity_list", "3-5\n"); // an administrator, or irqbalance
	apply("2-3");
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "4-5");
	apply("2");
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "3-5");
	put("proc/sys/kernel/watchdog_cpumask", "0\n");
	apply("");
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "3-5");
	assert_string_equal(get("proc/sys/kernel/watchdog_cpumask"), "0");
	assert_string_equal(get("proc/irq/default_smp_affinity"), "ff");
	assert_string_equal(get("record/" NEIGHBOURS_RECORD), "absent");
}

static void what_refuses_to_move_is_named(void **state)
{
	struct neighbours_report report;

	(void)state;
	refusing = "irq/36/smp_affinity_list";
	report = apply("2-3");
	assert_int_equal(report.stuck_count, 1);
	assert_string_equal(report.stuck[0].name, "interrupt 36 (virtio1-req.0)");
	assert_non_null(strstr(report.stuck[0].why, "Input/output error; the kernel places it itself"));
	assert_null(report.stuck[0].to);
	assert_int_equal(report.moved_count, 7);
	refusal = ENOSPC;
	assert_non_null(strstr(apply("2-3").stuck[0].why, "no free interrupt vectors"));
	refusal = EACCES;
	assert_non_null(strstr(apply("2-3").stuck[0].why, "only root"));
	// It is allowed on all, but goes to a CPU that nobody owns.
	put("proc/irq/36/effective_affinity_list", "0\n");
	assert_int_equal(apply("2-3").stuck_count, 0);
	put("proc/irq/36/effective_affinity_list", "\n");
	assert_int_equal(apply("2-3").stuck_count, 1);
	// One that has no handler cannot happen.
	refusing = "irq/0/smp_affinity_list";
	assert_int_equal(apply("2-3").stuck_count, 0);
	refusing = NULL;
	apply("");
	expect_as_found();
}

static void no_knob_is_left_without_a_cpu(void **state)
{
	struct neighbours_report report = apply("0-7");

	(void)state;
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "0-7");
	assert_string_equal(get("proc/irq/default_smp_affinity"), "ff");
	assert_string_equal(get("sys/class/net/eth0/queues/tx-0/xps_cpus"), "0");
	assert_non_null(find(report.stuck, report.stuck_count, "unbound workqueues"));
	assert_string_equal(report.stuck[0].why, "no CPU is left that it could go to");
	// All that is left of what an interrupt had is offline.
	apply("");
	put("sys/devices/system/cpu/online", "0-5\n");
	put("proc/irq/37/smp_affinity_list", "3,6-7\n");
	apply("3");
	assert_string_equal(get("proc/irq/37/smp_affinity_list"), "0-2,4-5");
	apply("");
	assert_string_equal(get("proc/irq/37/smp_affinity_list"), "3,6-7");
	assert_string_equal(get("record/" NEIGHBOURS_RECORD), "absent");
}

static void a_machine_without_a_knob_is_fine(void **state)
{
	(void)state;
	unlinkat(root, "sys/devices/virtual/workqueue/cpumask", 0);
	unlinkat(root, "proc/sys/kernel/watchdog_cpumask", 0);
	assert_int_equal(remove_tree_at(root, "sys/class"), 0);
	assert_int_equal(apply("2-3").moved_count, 4);
	assert_int_equal(apply("").moved_count, 4);
	assert_string_equal(get("record/" NEIGHBOURS_RECORD), "absent");
	assert_int_equal(remove_tree_at(root, "proc/irq"), 0);
	assert_int_equal(apply("2-3").moved_count, 0);
	assert_string_equal(get("record/" NEIGHBOURS_RECORD), "absent");
}

// The container has the link in its own network namespace meanwhile.
static void a_link_that_is_away_keeps_its_record(void **state)
{
	(void)state;
	apply("2-3");
	assert_int_equal(renameat(root, "sys/class/net/eth0", root, "eth0"), 0);
	apply("2-4");
	assert_int_equal(renameat(root, "eth0", root, "sys/class/net/eth0"), 0);
	apply("");
	expect_as_found();
}

// From Linux 6.8 on the file shows what is in effect, less than what was asked for where there are isolated partitions.
static void workqueues_are_read_as_requested(void **state)
{
	(void)state;
	put("sys/devices/virtual/workqueue/cpumask", "c3\n");
	put("sys/devices/virtual/workqueue/cpumask_requested", "ff\n");
	apply("7");
	assert_string_equal(get("sys/devices/virtual/workqueue/cpumask"), "7f");
	put("sys/devices/virtual/workqueue/cpumask_requested", "7f\n");
	apply("");
	assert_string_equal(get("sys/devices/virtual/workqueue/cpumask"), "ff");
}

static void two_thousand_cpus(void **state)
{
	(void)state;
	char mask[64 * 9 + 1] = "";

	for (int i = 0; i < 64; i++)
		strcat(mask, i == 0 ? "ffffffff" : ",ffffffff");
	put("sys/devices/system/cpu/online", "0-2047\n");
	put("proc/irq/default_smp_affinity", mask);
	put("proc/irq/36/smp_affinity_list", "0-2047\n");
	apply("1024-2015,2040");
	assert_string_equal(get("proc/irq/36/smp_affinity_list"), "0-1023,2016-2039,2041-2047");
	assert_ptr_equal(strstr(get("proc/irq/default_smp_affinity"), "fefffffe"), NULL);
	assert_ptr_equal(strstr(get("proc/irq/default_smp_affinity"), "feffffff,00000000,"), get("proc/irq/default_smp_affinity"));
	apply("");
	assert_string_equal(get("proc/irq/default_smp_affinity"), mask);
}

static void a_survey_touches_nothing(void **state)
{
	struct cpuset away = set_of("2-3");
	struct neighbours_report report;

	(void)state;
	writes = 0;
	assert_int_equal(neighbours_survey(&arena, proc, sys, -1, &away, &report, &err), 0);
	assert_int_equal(report.moved_count, 8);
	assert_int_equal(writes, 0);
	expect_as_found();
}

static void who_still_works_there_is_listed(void **state)
{
	struct cpuset cpus = set_of("3");
	size_t count;
	struct neighbour *list = neighbours_list(&arena, proc, sys, &cpus, &count);

	(void)state;
	assert_int_equal(count, 7);
	for (size_t i = 0; i < count; i++)
		assert_string_not_equal(list[i].name, "interrupt 38 (timer)");
	put("proc/irq/36/effective_affinity_list", "1\n"); // allowed on all, but goes to one
	apply("3");
	list = neighbours_list(&arena, proc, sys, &cpus, &count);
	assert_int_equal(count, 0);
	refusing = "irq/37/smp_affinity_list";
	apply("");
	apply("3");
	list = neighbours_list(&arena, proc, sys, &cpus, &count);
	assert_int_equal(count, 0); // 37 was not given back
	put("proc/irq/37/smp_affinity_list", "3\n");
	list = neighbours_list(&arena, proc, sys, &cpus, &count);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].path, "/proc/irq/37/smp_affinity_list");
	assert_string_equal(list[0].from, "3");
	assert_null(list[0].leaving);
	put("proc/irq/37/smp_affinity_list", "0-2\n");
	put("proc/irq/37/effective_affinity_list", "3\n"); // has not happened since it was set
	list = neighbours_list(&arena, proc, sys, &cpus, &count);
	assert_int_equal(count, 1);
	assert_string_equal(list[0].path, "/proc/irq/37/effective_affinity_list");
	assert_string_equal(list[0].from, "3");
	assert_string_equal(list[0].leaving, "37");
}

// Two CPUs that this process may use; false where there is but one.
static bool two_cpus(unsigned ret_cpus[2])
{
	cpu_set_t set;
	int count = 0;

	assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			ret_cpus[count++] = cpu;
	return count == 2;
}

// A process that the made tree calls a thread of the kernel; its affinity is real.
static pid_t kernel_thread(const char *name, uint64_t flags, unsigned start, const unsigned cpus[2])
{
	pid_t pid = fork();
	char path[64], text[256];
	cpu_set_t set;

	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			pause();
	CPU_ZERO(&set);
	CPU_SET(cpus[0], &set);
	CPU_SET(cpus[1], &set);
	assert_int_equal(sched_setaffinity(pid, sizeof set, &set), 0);
	snprintf(path, sizeof path, "proc/%d/stat", (int)pid);
	snprintf(text, sizeof text, "%d (%s) S 2 0 0 0 -1 %llu 0 0 0 0 0 0 0 0 20 0 1 0 %u 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 3 0\n", (int)pid, name, (unsigned long long)flags, start);
	put(path, text);
	snprintf(path, sizeof path, "proc/%d/status", (int)pid);
	snprintf(text, sizeof text, "/proc/%d/status", (int)pid);
	assert_int_equal(symlinkat(text, root, path), 0);
	return pid;
}

static int count_of(pid_t pid)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(pid, sizeof set, &set), 0);
	return CPU_COUNT(&set);
}

enum { KTHREAD = 0x00200000, BOUND = 0x04000000 };

static void threads_of_the_kernel_leave_and_come_back(void **state)
{
	char children[64], away[32], name[64], path[64];
	struct neighbours_report report;
	const struct neighbour *moved;
	unsigned cpus[2];
	pid_t pids[3];

	(void)state;
	if (!two_cpus(cpus))
		SKIP_WITHOUT_KERNEL("a second CPU");
	pids[0] = kernel_thread("kcompactd1", KTHREAD, 31, cpus);
	pids[1] = kernel_thread("migration/1", KTHREAD | BOUND, 32, cpus);
	pids[2] = kernel_thread("kswapd1", KTHREAD, 33, cpus);
	snprintf(children, sizeof children, "%d %d %d ", (int)pids[0], (int)pids[1], (int)pids[2]);
	put("proc/2/task/2/children", children);
	snprintf(away, sizeof away, "%u", cpus[1]);
	report = apply(away);
	snprintf(name, sizeof name, "kernel thread kcompactd1 (%d)", (int)pids[0]);
	snprintf(path, sizeof path, "/proc/%d/status", (int)pids[0]);
	moved = find(report.moved, report.moved_count, name);
	if (moved == NULL)
		fail_msg("%s is not said to have been moved", name);
	else
		assert_string_equal(moved->path, path);
	assert_int_equal(count_of(pids[0]), 1);
	assert_int_equal(count_of(pids[1]), 2);
	assert_int_equal(count_of(pids[2]), 1);
	assert_int_equal(apply(away).moved_count, 0);
	// The pid is somebody else's meanwhile.
	snprintf(path, sizeof path, "proc/%d/stat", (int)pids[2]);
	snprintf(name, sizeof name, "%d (sh) S 1 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0\n", (int)pids[2]);
	put(path, name);
	apply("");
	assert_int_equal(count_of(pids[0]), 2);
	assert_int_equal(count_of(pids[2]), 1);
	expect_as_found();
	for (int i = 0; i < 3; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

static void without_its_record_nothing_is_touched(void **state)
{
	struct cpuset away = set_of("2-3");
	struct neighbours_report report;

	(void)state;
	put("record/" NEIGHBOURS_RECORD, "proc/irq/36/smp_affinity_list 0-7\n");
	assert_int_equal(neighbours_apply(&arena, proc, sys, record, &away, &report, &err), -1);
	assert_non_null(strstr(err.text, "line 1 of the record of steered interrupts"));
	put("record/" NEIGHBOURS_RECORD, "proc/../etc/passwd 0-7 1 2\n");
	assert_int_equal(neighbours_apply(&arena, proc, sys, record, &away, &report, &err), -1);
	put("record/" NEIGHBOURS_RECORD, "proc/irq/36/smp_affinity_list 0-7 1 x\n");
	assert_int_equal(neighbours_apply(&arena, proc, sys, record, &away, &report, &err), -1);
	unlinkat(root, "record/" NEIGHBOURS_RECORD, 0);
	put("sys/devices/system/cpu/online", "all\n");
	assert_int_equal(neighbours_apply(&arena, proc, sys, record, &away, &report, &err), -1);
	unlinkat(root, "sys/devices/system/cpu/online", 0);
	assert_int_equal(neighbours_apply(&arena, proc, sys, record, &away, &report, &err), -1);
	assert_non_null(strstr(err.text, "which CPUs are online"));
	put("sys/devices/system/cpu/online", "0-7\n");
	// The record cannot be written: the file would have to replace a directory.
	mkdirat(root, "record/" NEIGHBOURS_RECORD, 0755);
	assert_int_equal(neighbours_apply(&arena, proc, sys, record, &away, &report, &err), -1);
	assert_int_equal(unlinkat(root, "record/" NEIGHBOURS_RECORD, AT_REMOVEDIR), 0);
	expect_as_found();
}

static void a_link_may_be_called_anything(void **state)
{
	(void)state;
	// A container may have named it so, before it came back to the host.
	put("sys/class/net/a..b/queues/rx-0/rps_cpus", "0c\n");
	apply("2-3");
	assert_string_equal(get("sys/class/net/a..b/queues/rx-0/rps_cpus"), "0");
	apply("");
	assert_string_equal(get("sys/class/net/a..b/queues/rx-0/rps_cpus"), "c");
	expect_as_found();
}

static void masks_read_back(void **state)
{
	static const struct {
		const char *mask, *list, *back;
	} good[] = {
		{"0", "", "0"}, {"3", "0-1", "3"}, {"00000000,00000003", "0-1", "3"}, {"f,00000003", "0-1,32-35", "f,00000003"},
		{"1,00000000,00000000", "64", "1,00000000,00000000"}, {"80000000", "31", "80000000"}, {"AbC", "2-5,7,9,11", "abc"},
	};
	static const char *const bad[] = {"", ",", "3,", ",3", "x", "123456789", "3 ", "0x3", "-1"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct cpuset set;

		assert_int_equal(cpumask_parse(&arena, good[i].mask, &set, &err), 0);
		assert_string_equal(cpuset_format(&arena, &set), good[i].list);
		assert_string_equal(cpumask_format(&arena, &set), good[i].back);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cpuset set;

		err = ERROR_INIT;
		assert_int_equal(cpumask_parse(&arena, bad[i], &set, &err), -1);
		assert_non_null(strstr(err.text, "is no mask of CPUs"));
	}
	assert_string_equal(cpumask_format(&arena, &(struct cpuset){0}), "0");

	// One word more than CPU_NUMBER_MAX allows.
	enum { WORDS = (CPU_NUMBER_MAX + 1) / 32 + 1 };
	char longest[2 * WORDS];
	struct cpuset set;

	for (int i = 0; i < WORDS; i++) {
		longest[2 * i] = '1';
		longest[2 * i + 1] = i + 1 < WORDS ? ',' : '\0';
	}
	assert_int_equal(cpumask_parse(&arena, longest, &set, &err), -1);
	assert_int_equal(cpumask_parse(&arena, longest + 2, &set, &err), 0);
	assert_int_equal(cpuset_count(&set), WORDS - 1);
}

#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(all_knobs_leave_the_cores_and_come_back),
		TREE_TEST(what_is_done_is_not_done_again),
		TREE_TEST(owners_come_and_go_in_any_order),
		TREE_TEST(a_crash_at_any_point_is_mended),
		TREE_TEST(what_somebody_else_sets_is_respected),
		TREE_TEST(what_refuses_to_move_is_named),
		TREE_TEST(no_knob_is_left_without_a_cpu),
		TREE_TEST(a_machine_without_a_knob_is_fine),
		TREE_TEST(a_link_that_is_away_keeps_its_record),
		TREE_TEST(workqueues_are_read_as_requested),
		TREE_TEST(two_thousand_cpus),
		TREE_TEST(a_survey_touches_nothing),
		TREE_TEST(threads_of_the_kernel_leave_and_come_back),
		TREE_TEST(who_still_works_there_is_listed),
		TREE_TEST(without_its_record_nothing_is_touched),
		TREE_TEST(a_link_may_be_called_anything),
		TREE_TEST(masks_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
