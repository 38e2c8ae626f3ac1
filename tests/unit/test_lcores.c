// test_lcores.c: CPUs in the words of VPP and DPDK: written (handover.h), and found in what their users write (lcores.h).
#include "cpus/handover.h"
#include "cpus/lcores.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct cpuset set_of(struct arena *arena, const char *list)
{
	struct error err = ERROR_INIT;
	struct cpuset set;

	assert_int_equal(cpuset_parse(arena, list, &set, &err), 0);
	return set;
}

static void in_their_words(void **state)
{
	static const struct {
		const char *cpus, *mains, *workers;
		const char *eal, *vpp, *relative;
	} rows[] = {
		{"0,2-4", "2", "3-4", "0@2,1@3,2@4", "cpu {\n\tmain-core 2\n\tcorelist-workers 3-4\n}", "cpu {\n\tmain-core 1 relative\n\tcorelist-workers 2-3\n}"},
		{"5,59,61", "59", "5,61", "0@59,1@5,2@61", "cpu {\n\tmain-core 59\n\tcorelist-workers 5,61\n}", "cpu {\n\tmain-core 1 relative\n\tcorelist-workers 0,2\n}"},
		{"7", "", "7", "0@7", "cpu {\n\tmain-core 7\n}", "cpu {\n\tmain-core 0 relative\n}"},
		{"2-5", "2,4", "3,5", "0@2,1@3,2@4,3@5", "cpu {\n\tmain-core 2\n\tcorelist-workers 3-5\n}", "cpu {\n\tmain-core 0 relative\n\tcorelist-workers 1-3\n}"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct handover handover = {set_of(&arena, rows[i].cpus), set_of(&arena, rows[i].mains), set_of(&arena, rows[i].workers)};

		assert_string_equal(handover_eal(&arena, &handover), rows[i].eal);
		assert_string_equal(handover_vpp(&arena, &handover, false), rows[i].vpp);
		assert_string_equal(handover_vpp(&arena, &handover, true), rows[i].relative);
	}
	arena_free(&arena);
}

#define ARGS(...) {__VA_ARGS__}, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)

static void arguments(void **state)
{
	static const struct {
		const char *args[10];
		size_t count;
		const char *cpus;
		const char *error; // part of it; NULL: passes
	} rows[] = {
		{ARGS("dpdk-testpmd", "--lcores", "0@2,1@3", "--", "-i"), "2-3", NULL},
		{ARGS("dpdk-testpmd", "--lcores", "0@2,1@4"), "2-3", "--lcores names CPU 4"},
		{ARGS("/usr/bin/dpdk-testpmd", "--lcores=(0-1)@(2,3),2@9"), "2-3", "--lcores names CPU 9"},
		{ARGS("/usr/bin/dpdk-testpmd", "--lcores=(0-1)@(2,3)"), "2-3", NULL},
		{ARGS("dpdk-testpmd", "--lcores", "1,2"), "2-3", "--lcores names CPU 1"},
		{ARGS("dpdk-testpmd", "-l", "2-5"), "2-3", "-l names CPU 4"},
		{ARGS("dpdk-testpmd", "-l2-3"), "2-3", NULL},
		{ARGS("dpdk-l3fwd", "-c", "0x1c"), "2-3", "-c names CPU 4"},
		{ARGS("dpdk-l3fwd", "-c", "c"), "2-3", NULL},
		{ARGS("myapp", "--file-prefix=a", "-l", "0"), "2-3", "-l names CPU 0"},
		{ARGS("dpdk-testpmd", "-l", "2", "--", "-l", "9"), "2-3", NULL},
		{ARGS("dpdk-testpmd", "-l"), "2-3", NULL},
		{ARGS("dpdk-testpmd", "-l", "nonsense"), "2-3", NULL},
		{ARGS("sh", "-c", "0x1c"), "2-3", NULL},
		{ARGS("ls", "-l", "9"), "2-3", NULL},
		{ARGS("vpp", "unix", "{", "interactive", "}", "cpu", "{", "main-core", "1", "}"), "2-3", "main-core names CPU 1"},
		{ARGS("vpp", "cpu {main-core 2 corelist-workers 3}"), "2-3", NULL},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cpuset cpus = set_of(&arena, rows[i].cpus);
		struct error err = ERROR_INIT;
		int result = lcores_check_arguments(&arena, rows[i].args, rows[i].count, &cpus, &err);

		assert_int_equal(result, rows[i].error != NULL ? -1 : 0);
		if (rows[i].error != NULL && strstr(err.text, rows[i].error) == NULL)
			fail_msg("row %zu: '%s' is not in: %s", i, rows[i].error, err.text);
	}
	arena_free(&arena);
}

static void vpp_configuration(void **state)
{
	static const struct {
		const char *text, *cpus;
		const char *error;
	} rows[] = {
		{"unix { nodaemon }\ncpu {\n  main-core 2 # and 9\n  corelist-workers 3-4\n}\n", "2-4", NULL},
		{"cpu { main-core 2 corelist-workers 3-5 }", "2-4", "corelist-workers names CPU 5"},
		{"cpu{main-core 0 relative corelist-workers 1-2}", "2-4", NULL},
		{"cpu{main-core 0 relative corelist-workers 1-3}", "2-4", "corelist-workers names CPU 3"},
		{"cpu { workers 2 }", "2-4", "workers 2"},
		{"cpu { workers 0 }", "2-4", NULL},
		{"# cpu { main-core 9 }\nplugins { cpu { main-core 9 } }", "2-4", NULL},
		{"cpu", "2-4", NULL},
		{"cpu {", "2-4", NULL},
		{"cpu { main-core", "2-4", NULL},
		{"}}} cpu { main-core 1 }", "2-4", "main-core names CPU 1"},
		{"", "2-4", NULL},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct cpuset cpus = set_of(&arena, rows[i].cpus);
		struct error err = ERROR_INIT;
		int result = lcores_check_vpp(&arena, rows[i].text, &cpus, &err);

		assert_int_equal(result, rows[i].error != NULL ? -1 : 0);
		if (rows[i].error != NULL && strstr(err.text, rows[i].error) == NULL)
			fail_msg("row %zu: '%s' is not in: %s", i, rows[i].error, err.text);
	}
	arena_free(&arena);
}

static void the_file_of_vpp(void **state)
{
	const char *vpp[] = {"/usr/bin/vpp", "-c", "/etc/vpp/startup.conf"}, *shell[] = {"sh", "-c", "true"}, *bare[] = {"vpp", "-c"};

	(void)state;
	assert_string_equal(lcores_vpp_file(vpp, 3), "/etc/vpp/startup.conf");
	assert_null(lcores_vpp_file(shell, 3));
	assert_null(lcores_vpp_file(bare, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_their_words),
		cmocka_unit_test(arguments),
		cmocka_unit_test(vpp_configuration),
		cmocka_unit_test(the_file_of_vpp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
