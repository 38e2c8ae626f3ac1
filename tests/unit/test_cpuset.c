// test_cpuset.c: CPU lists: strict parsing, the shortest text, and sets beyond 1,024 CPUs.
#include "cpus/cpuset.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static void lists_read_back_in_their_shortest_form(void **state)
{
	static const struct { const char *list, *shortest; size_t count; int first; } samples[] = {
		{"", "", 0, -1},
		{"0", "0", 1, 0},
		{"7", "7", 1, 7},
		{"0-0", "0", 1, 0},
		{"0,1", "0-1", 2, 0},
		{"3,2,1", "1-3", 3, 1},
		{"0-3,8", "0-3,8", 5, 0},
		{"8,0-3", "0-3,8", 5, 0},
		{"1-4,2-6", "1-6", 6, 1},
		{"5,5,5", "5", 1, 5},
		{"007", "7", 1, 7},
		{"63-64", "63-64", 2, 63},
		{"1023-1025", "1023-1025", 3, 1023},
		{"0-2047", "0-2047", 2048, 0},
		{"0-65535", "0-65535", 65536, 0},
		{"65535", "65535", 1, 65535},
		{"0,2,4,6", "0,2,4,6", 4, 0},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct error err = ERROR_INIT;
		struct cpuset set;

		if (cpuset_parse(&arena, samples[i].list, &set, &err) < 0)
			fail_msg("'%s': %s", samples[i].list, err.text);
		assert_string_equal(cpuset_format(&arena, &set), samples[i].shortest);
		assert_int_equal(cpuset_count(&set), samples[i].count);
		assert_int_equal(cpuset_first(&set), samples[i].first);
	}
	arena_free(&arena);
}

// All numbers apart: the longest text that a set can have must fit.
static void the_longest_list_fits(void **state)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct cpuset set;
	size_t used = 0;
	char *list = arena_alloc(&arena, 7 * 32768);

	(void)state;
	for (unsigned n = 1; n < 65536; n += 2)
		used += (size_t)sprintf(list + used, "%s%u", n > 1 ? "," : "", n);
	assert_int_equal(cpuset_parse(&arena, list, &set, &err), 0);
	assert_string_equal(cpuset_format(&arena, &set), list);
	arena_free(&arena);
}

static void what_is_no_list_is_refused_with_the_reason(void **state)
{
	static const struct { const char *list, *why; } samples[] = {
		{"3-1", "a range runs backwards"},
		{"a", "a number from 0 to 65535 is missing"},
		{"-", "a number from 0 to 65535 is missing"},
		{"-1", "a number from 0 to 65535 is missing"},
		{"1-", "missing behind '-'"},
		{"1-a", "missing behind '-'"},
		{",", "a number from 0 to 65535 is missing"},
		{"1,", "it ends with a comma"},
		{"1,,2", "a number from 0 to 65535 is missing"},
		{",1", "a number from 0 to 65535 is missing"},
		{" 1", "a number from 0 to 65535 is missing"},
		{"1 ", "only digits, '-' and ',' are allowed"},
		{"1\n", "only digits"},
		{"1-2-3", "only digits"},
		{"0-10:2/4", "only digits"},
		{"0x1", "only digits"},
		{"+1", "is missing"},
		{"65536", "a number from 0 to 65535 is missing"},
		{"0-65536", "missing behind '-'"},
		{"99999999999999999999", "a number from 0 to 65535 is missing"},
		{"18446744073709551616", "a number from 0 to 65535 is missing"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct error err = ERROR_INIT;
		struct cpuset set;

		if (cpuset_parse(&arena, samples[i].list, &set, &err) == 0)
			fail_msg("'%s' is taken", samples[i].list);
		assert_int_equal(err.code, EINVAL);
		if (strstr(err.text, samples[i].why) == NULL || strstr(err.text, samples[i].list) == NULL || strstr(err.text, "0-3,8") == NULL)
			fail_msg("'%s': %s", samples[i].list, err.text);
	}
	arena_free(&arena);
}

static void the_first_outside_is_found(void **state)
{
	static const struct { const char *set, *within; int outside; } samples[] = {
		{"", "", -1}, {"", "0-3", -1}, {"0", "", 0}, {"0-3", "0-3", -1}, {"2", "0-3", -1}, {"4", "0-3", 4}, {"0-70", "0-3", 4}, {"100", "0-3", 100}, {"2-3", "0-1,3", 2}, {"64", "0-63", 64}, {"3", "0-2047", -1},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct error err = ERROR_INIT;
		struct cpuset set, within;

		assert_int_equal(cpuset_parse(&arena, samples[i].set, &set, &err), 0);
		assert_int_equal(cpuset_parse(&arena, samples[i].within, &within, &err), 0);
		if (cpuset_first_outside(&set, &within) != samples[i].outside)
			fail_msg("'%s' within '%s': %d", samples[i].set, samples[i].within, cpuset_first_outside(&set, &within));
		for (unsigned n = 0; n < 130; n++)
			if (cpuset_has(&set, n) && !cpuset_has(&within, n) && samples[i].outside < 0)
				fail_msg("%u is outside", n);
	}
	arena_free(&arena);
}

static void a_number_behind_the_set_is_not_in_it(void **state)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct cpuset set;

	(void)state;
	assert_int_equal(cpuset_parse(&arena, "1,3", &set, &err), 0);
	assert_true(cpuset_has(&set, 1) && cpuset_has(&set, 3));
	assert_false(cpuset_has(&set, 0) || cpuset_has(&set, 2) || cpuset_has(&set, 64) || cpuset_has(&set, 1000000));
	arena_free(&arena);
}

// The CPUs that the test itself may use; back to them at the end.
static void affinity_is_set_and_what_cannot_be_is_named(void **state)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct cpuset set;
	cpu_set_t before, now, widest;
	char list[16];
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	memset(&widest, 0xff, sizeof widest);
	while (!CPU_ISSET(cpu, &before))
		cpu++;
	snprintf(list, sizeof list, "%d", cpu);
	assert_int_equal(cpuset_parse(&arena, list, &set, &err), 0);
	assert_int_equal(cpuset_set_affinity(&set, cpu, &err), 0);
	assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
	assert_int_equal(CPU_COUNT(&now), 1);
	assert_true(CPU_ISSET(cpu, &now));
	assert_int_equal(sched_getcpu(), cpu);

	// Left to the cgroup it has all that the cgroup has, which is what everybody may widen to.
	assert_int_equal(cpuset_leave_to_cgroup(&set, cpu, &err), 0);
	assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
	assert_int_equal(sched_setaffinity(0, sizeof widest, &widest), 0);
	assert_int_equal(sched_getaffinity(0, sizeof widest, &widest), 0);
	assert_true(CPU_EQUAL(&now, &widest));

	assert_int_equal(cpuset_parse(&arena, "65535", &set, &err), 0);
	assert_int_equal(cpuset_set_affinity(&set, -1, &err), -1);
	assert_non_null(strstr(err.text, "65535"));
	assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
	arena_free(&arena);
}

static struct cpuset set_of(struct arena *arena, const char *list)
{
	struct error err = ERROR_INIT;
	struct cpuset set;

	assert_int_equal(cpuset_parse(arena, list, &set, &err), 0);
	return set;
}

// Of sets of different lengths, either of them the longer one, and of the set without bits.
static void sets_are_joined_cut_and_taken_away(void **state)
{
	static const struct { const char *a, *b, *both, *common, *rest; } samples[] = {
		{"", "", "", "", ""},
		{"0-3", "", "0-3", "", "0-3"},
		{"", "0-3", "0-3", "", ""},
		{"0-3", "2-5", "0-5", "2-3", "0-1"},
		{"0-3,2000", "2-5", "0-5,2000", "2-3", "0-1,2000"},
		{"0-3", "2-5,2000", "0-5,2000", "2-3", "0-1"},
		{"63-64", "64", "63-64", "64", "63"},
	};
	struct arena arena = {0};
	const struct cpuset none = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct cpuset a = set_of(&arena, samples[i].a);
		struct cpuset b = set_of(&arena, samples[i].b);
		struct cpuset both = cpuset_union(&arena, &a, &b);
		struct cpuset common = cpuset_intersection(&arena, &a, &b);
		struct cpuset rest = cpuset_minus(&arena, &a, &b);

		assert_string_equal(cpuset_format(&arena, &both), samples[i].both);
		assert_string_equal(cpuset_format(&arena, &common), samples[i].common);
		assert_string_equal(cpuset_format(&arena, &rest), samples[i].rest);
		assert_string_equal(cpuset_format(&arena, &a), samples[i].a);
		assert_int_equal(cpuset_intersects(&a, &b), cpuset_count(&common) > 0);
		rest = cpuset_union(&arena, &rest, &common);
		assert_true(cpuset_equal(&rest, &a));
		assert_int_equal(cpuset_equal(&a, &b), strcmp(samples[i].a, samples[i].b) == 0);
		assert_false(cpuset_intersects(&none, &a));
	}
	arena_free(&arena);
}

static void numbers_are_added_removed_and_walked(void **state)
{
	static const unsigned numbers[] = {0, 63, 64, 127, 128, 1024, 65535};
	struct arena arena = {0};
	struct cpuset set = {0};
	size_t i = 0;

	(void)state;
	assert_int_equal(cpuset_next(&set, 0), -1);
	for (size_t k = sizeof numbers / sizeof *numbers; k-- > 0;)
		cpuset_add(&arena, &set, numbers[k]);
	for (int n = cpuset_next(&set, 0); n >= 0; n = cpuset_next(&set, (unsigned)n + 1))
		assert_int_equal(n, numbers[i++]);
	assert_int_equal(i, sizeof numbers / sizeof *numbers);
	assert_int_equal(cpuset_next(&set, 65536), -1);
	cpuset_remove(&set, 64);
	cpuset_remove(&set, 65535);
	cpuset_remove(&set, 70000);
	assert_string_equal(cpuset_format(&arena, &set), "0,63,127-128,1024");
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_read_back_in_their_shortest_form),
		cmocka_unit_test(the_longest_list_fits),
		cmocka_unit_test(what_is_no_list_is_refused_with_the_reason),
		cmocka_unit_test(the_first_outside_is_found),
		cmocka_unit_test(a_number_behind_the_set_is_not_in_it),
		cmocka_unit_test(sets_are_joined_cut_and_taken_away),
		cmocka_unit_test(numbers_are_added_removed_and_walked),
		cmocka_unit_test(affinity_is_set_and_what_cannot_be_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
