// test_thread_rule.c: rules for threads by name, with the names of VPP and DPDK, and who gets which CPU by them.
#include "cpus/thread_rule.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct arena arena;

static int free_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct cpuset set(const char *list)
{
	struct error err = ERROR_INIT;
	struct cpuset cpus;

	if (cpuset_parse(&arena, list, &cpus, &err) < 0)
		fail_msg("%s", err.text);
	return cpus;
}

static struct thread_rules rules(const char *const *texts, size_t count)
{
	struct error err = ERROR_INIT;
	struct thread_rules parsed;

	if (thread_rules_parse(&arena, texts, count, &parsed, &err) < 0)
		fail_msg("%s", err.text);
	return parsed;
}

static struct thread_places places(const char *cpus, const char *mains, const char *workers, const char *housekeeping)
{
	return (struct thread_places){.cpus = set(cpus), .mains = set(mains), .workers = set(workers), .housekeeping = set(housekeeping)};
}

// ---- rules --------------------------------------------------------------------------------------------------------------------------------

static void rules_say_pattern_and_target(void **state)
{
	static const struct { const char *text, *pattern, *target, *cpus; } samples[] = {
		{"vpp_main=main", "vpp_main", "main", ""},
		{"vpp_wk_*=workers", "vpp_wk_*", "workers", ""},
		{"*=housekeeping", "*", "housekeeping", ""},
		{"eal-intr-thread=all", "eal-intr-thread", "all", ""},
		{"rte_mp_handle=2-3,8", "rte_mp_handle", "list", "2-3,8"},
		{"a=b=4", "a=b", "list", "4"},
		{"[ab]?=2047", "[ab]?", "list", "2047"},
		{"=x=main", "=x", "main", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct thread_rules parsed = rules(&samples[i].text, 1);

		assert_string_equal(parsed.items->text, samples[i].text);
		assert_string_equal(parsed.items->pattern, samples[i].pattern);
		assert_string_equal(thread_target_name(parsed.items->target), samples[i].target);
		assert_string_equal(cpuset_format(&arena, &parsed.items->cpus), samples[i].cpus);
		assert_false(parsed.built_in);
	}
}

static void what_is_no_rule_is_refused_with_the_reason(void **state)
{
	static const struct { const char *text, *why; } samples[] = {
		{"", "has no '='"},
		{"vpp_main", "has no '='"},
		{"=main", "has no pattern"},
		{"=", "has no pattern"},
		{"vpp_main=", "target is unknown"},
		{"vpp_main=Main", "target is unknown"},
		{"vpp_main= main", "target is unknown"},
		{"vpp_main=worker", "main, workers, housekeeping, all, or CPUs"},
		{"vpp_main=list", "target is unknown"},
		{"vpp_main=-1", "target is unknown"},
		{"vpp_main=3-1", "a range runs backwards"},
		{"vpp_main=3,", "ends with a comma"},
		{"vpp_main=70000", "0 to 65535"},
		{"a_name_of_16_byt=main", "at most 15 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct thread_rules parsed = {0};
		struct error err = ERROR_INIT;

		assert_int_equal(thread_rules_parse(&arena, &samples[i].text, 1, &parsed, &err), -1);
		assert_int_equal(err.code, EINVAL);
		if (strstr(err.text, samples[i].why) == NULL)
			fail_msg("'%s': %s", samples[i].text, err.text);
		assert_null(parsed.items);
	}
}

static void without_rules_the_names_of_vpp_and_dpdk_are_known(void **state)
{
	static const struct { const char *name, *target; } samples[] = {
		{"vpp_main", "main"}, {"vpp_wk_0", "workers"}, {"vpp_wk_17", "workers"}, {"edge_wk_3", "workers"},
		{"rte-worker-1", "workers"}, {"lcore-worker-12", "workers"},
		{"vpp", NULL}, {"vpp_stats", NULL}, {"dpdk-testpmd", NULL}, {"eal-intr-thread", NULL}, {"rte_mp_handle", NULL}, {"sh", NULL}, {"x_wk_", NULL}, {"", NULL},
	};
	struct thread_rules parsed = rules(NULL, 0);

	(void)state;
	assert_true(parsed.built_in);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		const struct thread_rule *rule = thread_rules_match(&parsed, samples[i].name);

		if (rule == NULL || samples[i].target == NULL)
			assert_true(rule == NULL && samples[i].target == NULL);
		else
			assert_string_equal(thread_target_name(rule->target), samples[i].target);
	}
}

static void the_first_rule_that_matches_decides(void **state)
{
	static const char *const texts[] = {"vpp_main=main", "vpp_*=workers", "*=housekeeping"};
	struct thread_rules parsed = rules(texts, 3);

	(void)state;
	assert_string_equal(thread_rules_match(&parsed, "vpp_main")->text, texts[0]);
	assert_string_equal(thread_rules_match(&parsed, "vpp_wk_0")->text, texts[1]);
	assert_string_equal(thread_rules_match(&parsed, "sh")->text, texts[2]);
}

static void a_rule_stays_within_the_container(void **state)
{
	static const char *const texts[] = {"a=main", "b=3-5"}, *const enforceable[] = {"a=main", "b=workers", "*=housekeeping"}, *const all[] = {"*=all"};
	struct thread_rules parsed = rules(texts, 2), kept = rules(enforceable, 3), anywhere = rules(all, 1);
	struct thread_places inside = places("2-5", "2", "3-5", ""), outside = places("2-4", "2", "3-4", "");
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(thread_rules_check(&parsed, &inside, &err), 0);
	assert_int_equal(thread_rules_check(&parsed, &outside, &err), -1);
	assert_non_null(strstr(err.text, "'b=3-5' wants CPU 5"));
	assert_int_equal(thread_rules_enforceable(&kept, &err), 0);
	assert_int_equal(thread_rules_enforceable(&parsed, &err), -1);
	assert_non_null(strstr(err.text, "'b=3-5' cannot be enforced"));
	assert_int_equal(thread_rules_enforceable(&anywhere, &err), -1);
}

// ---- assignment ---------------------------------------------------------------------------------------------------------------------------

struct sample {
	pid_t pid, tid;
	const char *name, *allowed;
	enum thread_pinned pinned;
	const char *expected; // "": no rule
	bool crowded;
};

static void assign(const struct thread_rules *by, const struct thread_places *on, const struct sample *samples, size_t count)
{
	struct thread_seen *seen = arena_array(&arena, count, sizeof *seen);
	struct thread_place *got = arena_array(&arena, count, sizeof *got);

	for (size_t i = 0; i < count; i++)
		seen[i] = (struct thread_seen){samples[i].pid, samples[i].tid, samples[i].name, set(samples[i].allowed), samples[i].pinned};
	thread_rules_assign(&arena, by, on, seen, count, got);
	for (size_t i = 0; i < count; i++) {
		const char *cpus = cpuset_format(&arena, &got[i].cpus);

		if (strcmp(cpus, samples[i].expected) != 0 || got[i].crowded != samples[i].crowded)
			fail_msg("%s (%d) gets '%s'%s, not '%s'", samples[i].name, samples[i].tid, cpus, got[i].crowded ? ", crowded" : "", samples[i].expected);
	}
}
#define ASSIGN(by, on, ...) assign(&(by), &(on), (struct sample[]){__VA_ARGS__}, sizeof (struct sample[]){__VA_ARGS__} / sizeof(struct sample))

static void workers_get_one_cpu_each_in_the_order_of_their_numbers(void **state)
{
	struct thread_rules built_in = rules(NULL, 0);
	struct thread_places on = places("1,3-4,60", "3", "4,60,61", "1");

	(void)state;
	// As VPP makes them: all inherit main's CPU. Ten comes behind nine.
	ASSIGN(built_in, on, {9, 12, "vpp_wk_10", "3", 0, "61", false}, {9, 9, "vpp_main", "3", 0, "3", false}, {9, 11, "vpp_wk_9", "3", 0, "60", false}, {9, 10, "vpp_wk_1", "3", 0, "4", false},
	       {9, 13, "vpp_stats", "3", 0, "", false});
	// On the whole set, as before anybody has pinned.
	ASSIGN(built_in, on, {7, 7, "dpdk-testpmd", "1,3-4,60", 0, "", false}, {7, 9, "rte-worker-1", "1,3-4,60", 0, "4", false}, {7, 10, "rte-worker-2", "1,3-4,60", 0, "60", false});
	// Two processes: the first one's first.
	ASSIGN(built_in, on, {8, 30, "rte-worker-1", "1", 0, "60", false}, {7, 40, "rte-worker-1", "1", 0, "4", false});
}

static void a_programs_own_pinning_within_the_role_stays(void **state)
{
	static const char *const texts[] = {"m=main", "w*=workers", "c*=housekeeping", "l=4-6", "*=all"};
	struct thread_rules by = rules(texts, 5);
	struct thread_places on = places("1-6", "3", "4-6", "1-2");

	(void)state;
	ASSIGN(by, on, {1, 1, "w0", "6", 0, "6", false}, {1, 2, "w1", "4", 0, "4", false}, {1, 3, "w2", "4-6", 0, "5", false}, {1, 4, "c", "2", 0, "2", false}, {1, 5, "c2", "1-3", 0, "1-2", false},
	       {1, 6, "l", "5-6", 0, "5-6", false}, {1, 7, "x", "0-7", 0, "1-6", false}, {1, 8, "y", "3-4", 0, "3-4", false});
	// What only looks pinned, being inherited from w1, does not take w1's CPU from it; a late word of the program does.
	ASSIGN(by, on, {1, 2, "w1", "4", THREAD_PINNED_BY_RULE, "4", false}, {1, 3, "w2", "4", 0, "5", false});
	ASSIGN(by, on, {1, 2, "w1", "4", THREAD_PINNED_BY_RULE, "5", false}, {1, 3, "w2", "4", THREAD_PINNED_BY_PROGRAM, "4", false});
}

static void a_lower_number_that_comes_late_gets_its_cpu(void **state)
{
	struct thread_rules built_in = rules(NULL, 0);
	struct thread_places on = places("3-6", "3", "4-6", "");

	(void)state;
	ASSIGN(built_in, on, {1, 2, "vpp_wk_1", "3", 0, "4", false});
	ASSIGN(built_in, on, {1, 2, "vpp_wk_1", "4", THREAD_PINNED_BY_RULE, "5", false}, {1, 3, "vpp_wk_0", "3", 0, "4", false});
	// Not so those that the program has pinned, and not when one in the middle has ended.
	ASSIGN(built_in, on, {1, 2, "vpp_wk_1", "4", THREAD_PINNED_BY_PROGRAM, "4", false}, {1, 3, "vpp_wk_0", "3", 0, "5", false});
	ASSIGN(built_in, on, {1, 2, "vpp_wk_0", "4", THREAD_PINNED_BY_RULE, "4", false}, {1, 4, "vpp_wk_2", "6", THREAD_PINNED_BY_RULE, "6", false}, {1, 9, "vpp_wk_3", "3", 0, "5", false});
}

static void more_workers_than_cpus_share_and_are_told(void **state)
{
	struct thread_rules built_in = rules(NULL, 0);
	struct thread_places on = places("3-5", "3", "4-5", "");

	(void)state;
	ASSIGN(built_in, on, {1, 2, "vpp_wk_0", "3", 0, "4", false}, {1, 3, "vpp_wk_1", "3", 0, "5", false}, {1, 4, "vpp_wk_2", "3", 0, "4", true}, {1, 5, "vpp_wk_3", "3", 0, "5", true},
	       {1, 6, "vpp_wk_4", "3", 0, "4", true});
	// Several that are called main on the one CPU are as meant.
	ASSIGN(built_in, on, {1, 1, "vpp_main", "3-5", 0, "3", false}, {2, 2, "vpp_main", "3-5", 0, "3", false});
}

static void a_role_without_cpus_has_those_of_another(void **state)
{
	static const char *const texts[] = {"m=main", "w=workers", "*=housekeeping"};
	struct thread_rules by = rules(texts, 3);
	struct thread_places only_workers = places("4-5", "", "4-5", ""), only_main = places("4", "4", "", ""), none = places("7-8", "", "", "");

	(void)state;
	ASSIGN(by, only_workers, {1, 1, "m", "4-5", 0, "4", false}, {1, 2, "w", "4-5", 0, "4", false}, {1, 3, "x", "4-5", 0, "4", false});
	ASSIGN(by, only_main, {1, 1, "m", "4-5", 0, "4", false}, {1, 2, "w", "4-5", 0, "4", false}, {1, 3, "x", "4-5", 0, "4", false});
	ASSIGN(by, none, {1, 1, "m", "4-5", 0, "7", false}, {1, 2, "w", "4-5", 0, "7", false}, {1, 3, "x", "4-5", 0, "7", false});
}

static void cpus_beyond_1024_are_handed_out(void **state)
{
	struct thread_rules built_in = rules(NULL, 0);
	struct thread_places on = places("1023-1026,2047", "1023", "1024-1026,2047", "");

	(void)state;
	ASSIGN(built_in, on, {1, 1, "vpp_main", "0-2047", 0, "1023", false}, {1, 2, "vpp_wk_0", "2047", 0, "2047", false}, {1, 3, "vpp_wk_1", "1023", 0, "1024", false});
}

// ---- whatever is seen: a pass after a pass changes nothing, and a CPU is shared only when all are used ----------------------------------------

enum { WORKER_CPUS = 4, ROUNDS = 20000 };

static void check_round(const struct thread_rules *by, const struct thread_places *on, struct thread_seen *seen, size_t count)
{
	struct thread_place first[8], again[8];
	size_t loads[64] = {0}, used = 0, crowded = 0;

	thread_rules_assign(&arena, by, on, seen, count, first);
	for (size_t i = 0; i < count; i++) {
		int cpu = cpuset_first(&first[i].cpus);

		assert_int_equal(cpuset_count(&first[i].cpus), 1);
		assert_true(cpuset_has(&on->workers, (unsigned)cpu));
		used += loads[cpu]++ == 0;
		crowded += first[i].crowded;
		if (!cpuset_equal(&seen[i].allowed, &first[i].cpus))
			seen[i].pinned = THREAD_PINNED_BY_RULE;
		seen[i].allowed = first[i].cpus;
	}
	assert_int_equal(used, count < WORKER_CPUS ? count : WORKER_CPUS);
	assert_int_equal(crowded, count - used);
	thread_rules_assign(&arena, by, on, seen, count, again);
	for (size_t i = 0; i < count; i++)
		if (!cpuset_equal(&first[i].cpus, &again[i].cpus))
			fail_msg("of %zu threads %s moves from %s to %s", count, seen[i].name, cpuset_format(&arena, &first[i].cpus), cpuset_format(&arena, &again[i].cpus));
}

static void a_second_pass_changes_nothing(void **state)
{
	static const char *const lists[] = {"4", "5", "6", "7", "4-7", "3", "4-5"};
	static const char *const names[] = {"vpp_wk_0", "vpp_wk_1", "vpp_wk_2", "vpp_wk_3", "vpp_wk_10", "rte-worker-1", "rte-worker-2"};
	struct thread_rules built_in = rules(NULL, 0);
	struct thread_places on = places("3-7", "3", "4-7", "");
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct thread_seen seen[8];
		size_t count = 1 + (size_t)rand_r(&seed) % 8;

		for (size_t i = 0; i < count; i++)
			seen[i] = (struct thread_seen){1 + rand_r(&seed) % 2, (pid_t)(10 + i), names[rand_r(&seed) % 7], set(lists[rand_r(&seed) % 7]), (enum thread_pinned)(rand_r(&seed) % 3)};
		check_round(&built_in, &on, seen, count);
		if (round % 100 == 99) {
			arena_free(&arena);
			built_in = rules(NULL, 0);
			on = places("3-7", "3", "4-7", "");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_say_pattern_and_target),
		cmocka_unit_test(what_is_no_rule_is_refused_with_the_reason),
		cmocka_unit_test(without_rules_the_names_of_vpp_and_dpdk_are_known),
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(a_rule_stays_within_the_container),
		cmocka_unit_test(workers_get_one_cpu_each_in_the_order_of_their_numbers),
		cmocka_unit_test(a_programs_own_pinning_within_the_role_stays),
		cmocka_unit_test(a_lower_number_that_comes_late_gets_its_cpu),
		cmocka_unit_test(more_workers_than_cpus_share_and_are_told),
		cmocka_unit_test(a_role_without_cpus_has_those_of_another),
		cmocka_unit_test(cpus_beyond_1024_are_handed_out),
		cmocka_unit_test(a_second_pass_changes_nothing),
	};

	return cmocka_run_group_tests_name("thread rules", tests, NULL, free_arena);
}
