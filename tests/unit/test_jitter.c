// test_jitter.c: gaps are counted in the right bucket, and a CPU can be measured; a short run on a busy machine tells nothing about how long its gaps are.
#include "cpus/jitter.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct arena arena;
static struct error err = ERROR_INIT;
static volatile sig_atomic_t never, at_once = 1;

static void gaps_fall_into_their_buckets(void **state)
{
	static const struct {
		uint64_t ns;
		int bucket;
	} cases[] = {{0, 0}, {999, 0}, {1000, 1}, {1999, 1}, {2000, 2}, {3999, 2}, {4000, 3}, {20000, 5}, {1048575999, 20}, {1048576000, 21}, {UINT64_MAX, 21}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct jitter_cpu result = {0};
		uint64_t from, to;

		jitter_count(&result, cases[i].ns, 20000);
		assert_int_equal(result.buckets[cases[i].bucket], 1);
		assert_int_equal(result.samples, 1);
		jitter_bucket(cases[i].bucket, &from, &to);
		assert_true(cases[i].ns / 1000 >= from && (to == 0 || cases[i].ns / 1000 < to));
		assert_int_equal(result.above_limit, cases[i].ns > 20000);
		assert_true(result.longest_ns == cases[i].ns);
		assert_true(result.lost_ns == (cases[i].ns >= 1000 ? cases[i].ns : 0));
	}
}

static void buckets_follow_each_other(void **state)
{
	uint64_t from, to = 0;

	(void)state;
	for (int i = 0; i < JITTER_BUCKETS; i++) {
		uint64_t last = to;

		jitter_bucket(i, &from, &to);
		assert_int_equal(from, last);
		assert_true(i == JITTER_BUCKETS - 1 ? to == 0 : to > from);
	}
}

static int measure(const struct cpuset *cpus, const volatile sig_atomic_t *stop, struct jitter_cpu **ret_results, size_t *ret_count)
{
	AUTO_FD proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct jitter_request request = {.cpus = cpus, .duration_ns = 20000000, .limit_ns = 20000, .stop = stop};

	return jitter_measure(&arena, proc, &request, ret_results, ret_count, &err);
}

static void a_cpu_is_measured(void **state)
{
	struct jitter_cpu *results = NULL;
	struct cpuset cpus = {0};
	uint64_t sum = 0;
	cpu_set_t allowed;
	size_t count = 0;
	unsigned cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	cpuset_add(&arena, &cpus, cpu);
	if (measure(&cpus, &never, &results, &count) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(count, 1);
	assert_int_equal(results[0].cpu, cpu);
	assert_true(results[0].samples > 0);
	assert_true(results[0].measured_ns >= 20000000);
	assert_true(results[0].longest_ns >= results[0].shortest_ns);
	for (int i = 0; i < JITTER_BUCKETS; i++)
		sum += results[0].buckets[i];
	assert_int_equal(sum, results[0].samples);

	// Stopped before it began.
	assert_int_equal(measure(&cpus, &at_once, &results, &count), 0);
	assert_int_equal(results[0].samples, 0);
	assert_int_equal(sched_setaffinity(0, sizeof allowed, &allowed), 0);
}

static void a_cpu_that_is_not_there_is_named(void **state)
{
	struct jitter_cpu *results;
	struct cpuset cpus = {0};
	size_t count;

	(void)state;
	cpuset_add(&arena, &cpus, 60000);
	assert_int_equal(measure(&cpus, &never, &results, &count), -1);
	assert_non_null(strstr(err.text, "cannot measure CPU 60000: cannot set the CPU affinity to 60000"));
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_fall_into_their_buckets),
		cmocka_unit_test(buckets_follow_each_other),
		cmocka_unit_test(a_cpu_is_measured),
		cmocka_unit_test(a_cpu_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
