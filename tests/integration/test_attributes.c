// test_attributes.c: keyring, scheduling, I/O priority, memory policy and labels with the real kernel, and what is said when it refuses.
// Each test changes only a child of its own.
#include "cpus/memory_policy.h"
#include "proc/io_priority.h"
#include "proc/keyring.h"
#include "proc/label.h"
#include "proc/scheduler.h"

#include "base/cleanup.h"
#include "tests/unit/in_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cmocka.h>

// What a child has to tell, in memory that the test sees, too.
static struct error *said;

enum { QUOTA_USER = 54321, SUCCESS = 0, FAILURE = 1 };

// From now on the system call `number` fails with `code`.
static void refuse_call(unsigned number, unsigned code)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) < 0)
		_exit(99);
}

static void expect_said(int code, const char *text)
{
	if (said->code != code || strstr(said->text, text) == NULL)
		fail_msg("expected %d '%s', got %d '%s'", code, text, said->code, said->text);
}

// --- keyring ---

static int32_t session_keyring(void)
{
	return (int32_t)syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
}

static int join_as_exec(void *argument)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 || session_keyring() == *(int32_t *)argument)
		return 2;
	return keyring_join("_ses.minirun-test", said) < 0 || session_keyring() != *(int32_t *)argument ? FAILURE : SUCCESS;
}

// The second of the name is the first one, as exec expects it.
static int join_twice(void *argument)
{
	int32_t before = session_keyring(), first;
	char text[128] = "";

	(void)argument;
	if (keyring_join("_ses.minirun-test", said) < 0)
		return FAILURE;
	first = session_keyring();
	if (first == before || syscall(SYS_keyctl, KEYCTL_DESCRIBE, first, text, sizeof text - 1) < 0)
		return 2;
	if (strstr(text, ";3f1b0000;_ses.minirun-test") == NULL)
		return 3;
	if (keyring_join("_ses.minirun-test", said) < 0 || session_keyring() != first)
		return 4;
	return in_child(join_as_exec, &first);
}

static int without_keyrings(void *argument)
{
	refuse_call(SYS_keyctl, *(unsigned *)argument);
	return keyring_join("_ses.minirun-test", said) < 0 ? FAILURE : SUCCESS;
}

static int with_full_quota(void *argument)
{
	char name[32];

	(void)argument;
	if (setuid(QUOTA_USER) < 0)
		return 2;
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "minirun-test-%d", i);
		if (syscall(SYS_add_key, "user", name, "x", (size_t)1, KEY_SPEC_PROCESS_KEYRING) < 0)
			break;
	}
	return errno == EDQUOT && keyring_join("_ses.minirun-test", said) < 0 ? FAILURE : SUCCESS;
}

static void joins_a_keyring_by_name(void **state)
{
	unsigned no_such_call = ENOSYS, forbidden = EPERM;

	(void)state;
	assert_int_equal(in_child(join_twice, NULL), SUCCESS);
	assert_int_equal(in_child(without_keyrings, &no_such_call), SUCCESS);
	assert_int_equal(in_child(without_keyrings, &forbidden), FAILURE);
	expect_said(EPERM, "cannot make the session keyring _ses.minirun-test: Operation not permitted; a seccomp filter");
	assert_int_equal(in_child(with_full_quota, NULL), FAILURE);
	expect_said(EDQUOT, "Disk quota exceeded; the user has as many keys as sysctl kernel.keys.maxkeys and maxbytes allow");
}

// --- scheduling and I/O priority ---

static int try_scheduling(void *argument)
{
	const struct scheduling *wanted = argument;
	struct sched_attr attr = {0};

	if (scheduler_set(0, wanted, said) < 0)
		return FAILURE;
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0) < 0 || attr.sched_policy != (unsigned)wanted->policy || attr.sched_flags != wanted->flags ||
	    attr.sched_priority != wanted->priority)
		return 2;
	return wanted->policy == SCHED_DEADLINE && (attr.sched_runtime != wanted->runtime || attr.sched_deadline != wanted->deadline) ? 3 : SUCCESS;
}

static int as_nobody(void *argument)
{
	return setuid(QUOTA_USER) < 0 ? 9 : try_scheduling(argument);
}

static int on_one_cpu(void *argument)
{
	unsigned long first = 1;

	return syscall(SYS_sched_setaffinity, 0, sizeof first, &first) < 0 ? 9 : try_scheduling(argument);
}

static int without_bandwidth(void *argument)
{
	refuse_call(SYS_sched_setattr, EBUSY);
	return try_scheduling(argument);
}

static int without_clamps(void *argument)
{
	refuse_call(SYS_sched_setattr, EOPNOTSUPP);
	return try_scheduling(argument);
}

static int without_real_time(void *argument)
{
	refuse_call(SYS_sched_setattr, EPERM);
	return try_scheduling(argument);
}

static void sets_the_scheduling(void **state)
{
	struct scheduling fifo = {.policy = SCHED_FIFO, .priority = 7, .flags = SCHED_FLAG_RESET_ON_FORK}, round_robin = {.policy = SCHED_RR, .priority = 99};
	struct scheduling batch = {.policy = SCHED_BATCH, .nice = 5}, idle = {.policy = SCHED_IDLE};
	struct scheduling deadline = {.policy = SCHED_DEADLINE, .runtime = 1000000, .deadline = 10000000, .period = 20000000};
	struct scheduling endless = {.policy = SCHED_DEADLINE, .runtime = 1000000, .deadline = 10000000, .period = INT64_MAX};
	struct scheduling *all[] = {&fifo, &round_robin, &batch, &idle, &deadline};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (in_child(try_scheduling, all[i]) != SUCCESS)
			fail_msg("%s: %s", scheduler_policy_name(all[i]->policy), said->text);
	assert_int_equal(in_child(as_nobody, &fifo), FAILURE);
	expect_said(EPERM, "cannot set the scheduling policy SCHED_FIFO (process.scheduler): Operation not permitted; it takes CAP_SYS_NICE");
	assert_int_equal(in_child(without_real_time, &fifo), FAILURE);
	expect_said(EPERM, "CAP_SYS_NICE is there: the process is in a cgroup v1 of the cpu controller whose cpu.rt_runtime_us is 0, or a seccomp filter (the one that minirun was started under, or linux.seccomp) may forbid the call");
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		assert_int_equal(in_child(on_one_cpu, &deadline), FAILURE);
		expect_said(EPERM, "only to a process that may run on every CPU of its scheduling domain: it cannot be used together with CPUs of linux.resources.cpu.cpus");
	}
	assert_int_equal(in_child(try_scheduling, &endless), FAILURE);
	expect_said(EINVAL, "its period must lie between sysctl kernel.sched_deadline_period_min_us and");
	assert_int_equal(in_child(without_bandwidth, &deadline), FAILURE);
	expect_said(EBUSY, "must leave room on the CPUs");
	assert_int_equal(in_child(without_clamps, &batch), FAILURE);
	expect_said(EOPNOTSUPP, "CONFIG_UCLAMP_TASK");
}

static int try_io_priority(void *argument)
{
	const struct io_priority *wanted = argument;

	if (io_priority_set(0, wanted, said) < 0)
		return FAILURE;
	return syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0) == IOPRIO_PRIO_VALUE(wanted->io_class, wanted->level) ? SUCCESS : 2;
}

static int io_priority_as_nobody(void *argument)
{
	return setuid(QUOTA_USER) < 0 ? 9 : try_io_priority(argument);
}

static int without_io_priority(void *argument)
{
	refuse_call(SYS_ioprio_set, ENOSYS);
	return try_io_priority(argument);
}

static void sets_the_io_priority(void **state)
{
	struct io_priority real_time = {IOPRIO_CLASS_RT, 3}, best_effort = {IOPRIO_CLASS_BE, 7}, idle = {IOPRIO_CLASS_IDLE, 0};

	(void)state;
	assert_int_equal(in_child(try_io_priority, &real_time), SUCCESS);
	assert_int_equal(in_child(try_io_priority, &best_effort), SUCCESS);
	assert_int_equal(in_child(try_io_priority, &idle), SUCCESS);
	assert_int_equal(in_child(io_priority_as_nobody, &best_effort), SUCCESS);
	assert_int_equal(in_child(io_priority_as_nobody, &real_time), FAILURE);
	expect_said(EPERM, "cannot set the I/O priority IOPRIO_CLASS_RT 3 (process.ioPriority): Operation not permitted; it takes CAP_SYS_ADMIN or CAP_SYS_NICE, which this process has not");
	assert_int_equal(in_child(without_io_priority, &idle), FAILURE);
	expect_said(ENOSYS, "without block devices");
}

// --- memory policy ---

static int try_memory_policy(void *argument)
{
	return memory_policy_set(argument, said) < 0 ? FAILURE : SUCCESS;
}

static int without_numa(void *argument)
{
	refuse_call(SYS_set_mempolicy, ENOSYS);
	return try_memory_policy(argument);
}

static int on_an_old_kernel(void *argument)
{
	refuse_call(SYS_set_mempolicy, EINVAL);
	return try_memory_policy(argument);
}

static void explains_a_memory_policy(void **state)
{
	unsigned long node_0 = 1, node_63 = 1ul << 63;
	struct memory_policy here = {.mode = MPOL_BIND, .nodes = {&node_0, 1}}, nowhere = {.mode = MPOL_BIND, .nodes = {&node_63, 1}}, local = {.mode = MPOL_LOCAL};
	struct memory_policy weighted = {.mode = memory_policy_mode("MPOL_WEIGHTED_INTERLEAVE"), .nodes = {&node_0, 1}};

	(void)state;
	assert_int_equal(in_child(without_numa, &local), FAILURE);
	expect_said(ENOSYS, "cannot set the memory policy MPOL_LOCAL, nodes none (linux.memoryPolicy): Function not implemented; this kernel knows no NUMA nodes");
	assert_int_equal(in_child(on_an_old_kernel, &weighted), FAILURE);
	expect_said(EINVAL, "MPOL_WEIGHTED_INTERLEAVE, nodes 0 (linux.memoryPolicy): Invalid argument; it takes Linux 6.9");
	if (access("/proc/self/numa_maps", F_OK) < 0)
		return;
	assert_int_equal(in_child(try_memory_policy, &here), SUCCESS);
	assert_int_equal(in_child(try_memory_policy, &nowhere), FAILURE);
	expect_said(EINVAL, "nodes 63 (linux.memoryPolicy): Invalid argument; one of the nodes at least must have memory and be allowed to the process");
}

// --- labels ---

// A file mounted over the attribute, as one who got to mount there would: the write must not go to it, nor count as done.
static int with_covered_attribute(void *argument)
{
	AUTO_FD proc = -1;
	char name[] = "/tmp/minirun-cover.XXXXXX", path[64], text[8];
	AUTO_FD cover = mkostemp(name, O_CLOEXEC);

	(void)argument;
	snprintf(path, sizeof path, "/proc/%d/attr/exec", getpid());
	if (cover < 0 || syscall(SYS_unshare, CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount(name, path, NULL, MS_BIND, NULL) < 0)
		return 2;
	unlink(name);
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (label_selinux_exec(proc, "a:b:c:s0", said) == 0)
		return SUCCESS;
	return pread(cover, text, sizeof text, 0) == 0 ? FAILURE : 3;
}

static int without_selinux(void *argument)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)argument;
	return label_selinux_exec(proc, "a:b:c:s0", said) < 0 ? FAILURE : SUCCESS;
}

static void a_label_goes_to_the_kernel_or_nowhere(void **state)
{
	(void)state;
	assert_int_equal(in_child(with_covered_attribute, NULL), FAILURE);
	expect_said(EXDEV, "Invalid cross-device link; something is mounted or linked over it on the host; umount it");
	if (access("/sys/fs/selinux/policy", F_OK) == 0 || access("/sys/module/apparmor", F_OK) == 0)
		return;
	assert_int_equal(in_child(without_selinux, NULL), FAILURE);
	expect_said(EINVAL, "cannot set the SELinux label of the program (process.selinuxLabel) to a:b:c:s0: Invalid argument; the loaded policy has no such label");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_a_keyring_by_name),
		cmocka_unit_test(sets_the_scheduling),
		cmocka_unit_test(sets_the_io_priority),
		cmocka_unit_test(explains_a_memory_policy),
		cmocka_unit_test(a_label_goes_to_the_kernel_or_nowhere),
	};

	said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (said == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
