// test_realtime.c: warnings about throttling on made-up settings; PM QoS and core scheduling on this machine, where it has them.
#include "cpus/realtime.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "tests/unit/in_child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
// cmocka wants the ones above first
#include <cmocka.h>

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

static char directory[] = "/tmp/test_realtime.XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return remove_tree_at(AT_FDCWD, directory);
}

static void put(int dir, const char *path, const char *text)
{
	if (write_file_atomic_at(dir, path, text, strlen(text), 0600) < 0)
		fail_msg("%s: %s", path, strerror(errno));
}

static void throttling_is_told_with_its_numbers(void **state)
{
	static const struct { const char *runtime; int policy; const char *told; } samples[] = {
		{"950000\n", SCHED_FIFO, "SCHED_FIFO on CPUs 3-5 are stopped for 50000 us of every 1000000 us"},
		{"950000\n", SCHED_RR, "SCHED_RR on CPUs 3-5"},
		{"0\n", SCHED_RR, "stopped for 1000000 us"},
		{"950000\n", SCHED_DEADLINE, "cannot be pinned to single CPUs of 3-5 (EBUSY)"},
		{"1000000\n", SCHED_FIFO, NULL},
		{"1000000\n", SCHED_DEADLINE, "EBUSY"},
		{"-1\n", SCHED_FIFO, NULL},
		{"-1\n", SCHED_DEADLINE, NULL},
		{"950000\n", SCHED_OTHER, NULL},
		{"950000\n", SCHED_BATCH, NULL},
		{"nonsense\n", SCHED_FIFO, NULL},
	};
	AUTO_FD proc = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct error err = ERROR_INIT;
	struct arena arena = {0};
	struct cpuset cpus;

	(void)state;
	assert_int_equal(cpuset_parse(&arena, "3-5", &cpus, &err), 0);
	assert_null(realtime_warning(&arena, proc, SCHED_FIFO, &cpus)); // no such files
	assert_int_equal(mkdirat(proc, "sys", 0700) | mkdirat(proc, "sys/kernel", 0700), 0);
	put(proc, "sys/kernel/sched_rt_period_us", "1000000\n");
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const char *told;

		put(proc, "sys/kernel/sched_rt_runtime_us", samples[i].runtime);
		told = realtime_warning(&arena, proc, samples[i].policy, &cpus);
		if (samples[i].told == NULL ? told != NULL : told == NULL || strstr(told, samples[i].told) == NULL)
			fail_msg("sample %zu: %s", i, told == NULL ? "nothing" : told);
	}
	arena_free(&arena);
}

// The device tells the lowest value that anybody holds.
static int32_t lowest(int dev)
{
	AUTO_FD reader = openat(dev, "cpu_dma_latency", O_RDONLY | O_CLOEXEC);
	int32_t value = -1;

	assert_int_equal(read(reader, &value, sizeof value), sizeof value);
	return value;
}

static void latency_is_held_while_open(void **state)
{
	AUTO_FD dev = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	struct error err = ERROR_INIT;

	(void)state;
	fd = realtime_hold_latency(dev, 7, &err);
	if (fd < 0) { // then it says what is missing
		assert_true(strstr(err.text, "CONFIG_CPU_IDLE") != NULL || strstr(err.text, "only root may") != NULL);
		return;
	}
	assert_in_range(lowest(dev), 0, 7);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

static void a_kernel_without_pm_qos_is_named(void **state)
{
	AUTO_FD dev = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(realtime_hold_latency(dev, 20, &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_non_null(strstr(err.text, "at 20 us"));
	assert_non_null(strstr(err.text, "CONFIG_CPU_IDLE"));
}

static int make_and_inherit(void *unused)
{
	struct error err = ERROR_INIT;
	uint64_t own = 0, parents = 0;

	(void)unused;
	if (realtime_make_cookie(0, &err) < 0) {
		bool named = (err.code == EINVAL && strstr(err.text, "CONFIG_SCHED_CORE") != NULL) || (err.code == ENODEV && strstr(err.text, "SMT siblings") != NULL);

		return named ? 77 : 1;
	}
	if (realtime_cookie(0, &own, &err) < 0 || own == 0 || realtime_cookie(getppid(), &parents, &err) < 0 || parents == own)
		return 2;
	return realtime_share_cookie(getppid(), &err) == 0 && realtime_cookie(0, &own, &err) == 0 && own == parents ? 0 : 3;
}

static void cookies_are_made_and_shared(void **state)
{
	int result = in_child(make_and_inherit, NULL);

	(void)state;
	if (result == 77) {
		print_message("this kernel or machine has no core scheduling; the error says so\n");
		return;
	}
	assert_int_equal(result, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(throttling_is_told_with_its_numbers),
		cmocka_unit_test(latency_is_held_while_open),
		cmocka_unit_test(a_kernel_without_pm_qos_is_named),
		cmocka_unit_test(cookies_are_made_and_shared),
	};

	return cmocka_run_group_tests_name("realtime", tests, make_directory, remove_directory);
}
