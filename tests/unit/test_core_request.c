// test_core_request.c: the words of --cpus: each of them, lists in their order, what reads back, and clear errors.
#include "cpus/request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct core_request parse(struct arena *arena, const char *text)
{
	struct error err = ERROR_INIT;
	struct core_request request;

	if (core_request_parse(arena, text, &request, &err) < 0)
		fail_msg("'%s': %s", text, err.text);
	return request;
}

static void requests_read_back(void **state)
{
	static const struct { const char *text, *canonical; unsigned count, main; } samples[] = {
		{"2-3", "2-3", 2, 1},
		{"7", "7", 1, 0},
		{"3,4,60", "3-4,60", 3, 1},
		{"60,3-4", "60,3-4", 3, 1},
		{"5,4,3", "5,4,3", 3, 1},
		{"cpus=2-3", "2-3", 2, 1},
		{"cpus=3,4,60,main=2", "cpus=3-4,60,main=2", 3, 2},
		{"2-3,shared=yes", "cpus=2-3,shared=yes", 2, 1},
		{"main=0,count=4", "count=4,main=0", 4, 0},
		{"count=1", "count=1", 1, 0},
		{"count=3,main=1,from=isolated,node=1,smt=avoid,l3=same,skip=5,7-9,irqs=keep", "count=3,main=1,from=isolated,node=1,smt=avoid,l3=same,skip=5,7-9,irqs=keep", 3, 1},
		{"skip=1,5-7,smt=any,count=2", "count=2,smt=any,skip=1,5-7", 2, 1},
		{"count=2,housekeeping=0,4,enforce=yes", "count=2,housekeeping=0,4,enforce=yes", 2, 1},
		{"count=2,housekeeping=own", "count=2,housekeeping=own", 2, 1},
		{"count=2,housekeeping=main", "count=2,housekeeping=main", 2, 1},
		{"count=2,housekeeping=none", "count=2,housekeeping=none", 2, 1},
		{"count=2,irqs=steer", "count=2,irqs=steer", 2, 1},
		{"count=2,core_sched=yes", "count=2,core_sched=yes", 2, 1},
		{"latency=0,count=2", "count=2,latency=0", 2, 1},
		{"resctrl=gold,count=2", "count=2,resctrl=gold", 2, 1},
		{"4-5,latency=20", "cpus=4-5,latency=20", 2, 1},
		{"count=2,housekeeping=auto,partition=auto,shared=no,enforce=no,cross_node=no,irqs=auto,l3=any,node=any", "count=2", 2, 1},
		{"count=2,partition=isolated", "count=2,partition=isolated", 2, 1},
		{"count=2,partition=none,cross_node=yes", "count=2,partition=none,cross_node=yes", 2, 1},
		{"count=2,from=any,smt=pairs", "count=2,from=any,smt=pairs", 2, 1},
		{"count=2,from=housekeeping", "count=2,from=housekeeping", 2, 1},
		{"count=2,node=dev:eth0.100", "count=2,node=dev:eth0.100", 2, 1},
		{"count=2,node=pci:3b:00.0", "count=2,node=pci:3b:00.0", 2, 1},
		{"count=2,node=pci:0000:3b:00.0", "count=2,node=pci:0000:3b:00.0", 2, 1},
		{"65535", "65535", 1, 0},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct core_request request;
		struct core_request again;

		request = parse(&arena, samples[i].text);
		assert_string_equal(core_request_format(&arena, &request), samples[i].canonical);
		assert_int_equal(request.count, samples[i].count);
		assert_int_equal(request.main, samples[i].main);
		again = parse(&arena, samples[i].canonical);
		assert_string_equal(core_request_format(&arena, &again), samples[i].canonical);
		assert_int_equal(request.bare, strchr(samples[i].canonical, '=') == NULL);
	}
	arena_free(&arena);
}

static void lists_keep_their_order(void **state)
{
	struct arena arena = {0};
	struct core_request request = parse(&arena, "60,3-5,1");
	static const unsigned expected[] = {60, 3, 4, 5, 1};

	(void)state;
	assert_true(request.has_list);
	assert_int_equal(request.list_count, 5);
	assert_memory_equal(request.list, expected, sizeof expected);
	request = parse(&arena, "0-299");
	assert_int_equal(request.list_count, 300);
	for (unsigned i = 0; i < 300; i++)
		assert_int_equal(request.list[i], i);
	arena_free(&arena);
}

static void nodes_are_numbers_or_devices(void **state)
{
	struct arena arena = {0};
	struct core_request request = parse(&arena, "count=1,node=3");
	const char *kind;
	const char *name;
	int node;

	(void)state;
	assert_true(core_request_node(&request, &node, &kind, &name));
	assert_int_equal(node, 3);
	assert_null(kind);
	request = parse(&arena, "count=1,node=dev:eth0");
	assert_true(core_request_node(&request, &node, &kind, &name));
	assert_int_equal(node, -1);
	assert_string_equal(kind, "dev");
	assert_string_equal(name, "eth0");
	request = parse(&arena, "count=1,node=pci:3b:00.0");
	assert_true(core_request_node(&request, &node, &kind, &name));
	assert_string_equal(kind, "pci");
	assert_string_equal(name, "3b:00.0");
	request = parse(&arena, "count=1");
	assert_false(core_request_node(&request, &node, &kind, &name));
	assert_int_equal(node, -1);
	arena_free(&arena);
}

static void bad_requests_are_named(void **state)
{
	static const struct { const char *text, *expected; } samples[] = {
		{"", "the CPU request is empty"},
		{"from=any", "neither how many CPUs"},
		{"count=0", "'count=0' in the CPU request 'count=0': count takes a number from 1"},
		{"count=", "count takes a number"},
		{"count=-1", "count takes a number"},
		{"count=65537", "count takes a number"},
		{"count=3,", "is no word for CPUs"},
		{"count=3,,smt=any", "is no word for CPUs"},
		{",count=3", "is no word for CPUs"},
		{"cuont=3", "'cuont' in the CPU request 'cuont=3' is no word for CPUs; known are a list of CPUs, and cpus, count, main"},
		{"banana", "'banana' in the CPU request"},
		{"count", "'count' in the CPU request 'count' is no word"},
		{"Count=3", "is no word"},
		{"count=3,count=3", "count is twice"},
		{"2-3,cpus=4", "cpus is twice"},
		{"count=2,5", "'5' in the CPU request 'count=2,5' belongs to no list"},
		{"count=3,main=4", "main is larger"},
		{"7,main=2", "main is larger"},
		{"main=x,count=1", "main takes a number"},
		{"count=2,from=moon", "from takes isolated, any or housekeeping"},
		{"count=2,smt=off", "smt takes avoid, pairs or any"},
		{"count=2,l3=one", "l3 takes same or any"},
		{"count=2,shared=1", "shared takes yes or no"},
		{"count=2,partition=yes", "partition takes auto, isolated or none"},
		{"count=2,housekeeping=x", "housekeeping takes auto, own, main, none or a list"},
		{"count=2,housekeeping=", "housekeeping takes auto"},
		{"count=2,enforce=maybe", "enforce takes yes or no"},
		{"count=2,core_sched=1", "core_sched takes yes or no"},
		{"count=2,latency=", "latency takes microseconds from 0 to 1000000"},
		{"count=2,resctrl=", "resctrl takes the name of a class"},
		{"count=2,resctrl=..", "resctrl takes the name of a class"},
		{"count=2,resctrl=a/b", "resctrl takes the name of a class"},
		{"count=2,latency=-1", "latency takes microseconds from 0 to 1000000"},
		{"count=2,latency=1000001", "latency takes microseconds from 0 to 1000000"},
		{"count=2,irqs=off", "irqs takes auto, steer or keep"},
		{"count=2,node=1024", "node takes a NUMA node's number"},
		{"count=2,node=dev:", "node takes"},
		{"count=2,node=dev:a/b", "node takes"},
		{"count=2,node=pci:3b:00", "node takes"},
		{"count=2,node=pci:3b:0g.0", "node takes"},
		{"count=2,node=", "node takes"},
		{"count=2,skip=", "skip takes a list"},
		{"count=2,skip=a", "skip in the CPU request"},
		{"count=2,skip=5-3", "a range runs backwards"},
		{"cpus=", "cpus takes a list"},
		{"3-", "a number from 0 to 65535 is missing"},
		{"70000", "a number from 0 to 65535 is missing"},
		{"3,4,3", "CPU 3 is twice"},
		{"3-5,4", "CPU 4 is twice"},
		{"2-3,count=3", "count is not the length of the list"},
		{"2-3,skip=3", "a CPU of the list is in skip"},
		{"2-3,8x=1", "'8x' in the CPU request"},
		{"2-3, shared=yes", "' shared' in the CPU request"},
		{"2-3,shared=yes,partition=isolated", "shared=yes owns nothing"},
		{"count=2,shared=yes,housekeeping=own", "shared=yes owns nothing"},
		{"count=2,node=1,cross_node=yes", "node says one NUMA node"},
		{"count=2,l3=same,cross_node=yes", "one level-3 cache"},
		{"count=2,enforce=yes,housekeeping=none", "housekeeping=none leaves them none"},
	};
	struct arena arena = {0};

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct error err = ERROR_INIT;
		struct core_request request;

		if (core_request_parse(&arena, samples[i].text, &request, &err) == 0)
			fail_msg("'%s' was understood", samples[i].text);
		if (strstr(err.text, samples[i].expected) == NULL)
			fail_msg("'%s': '%s' is not in '%s'", samples[i].text, samples[i].expected, err.text);
		assert_int_equal(err.code, EINVAL);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_read_back),
		cmocka_unit_test(lists_keep_their_order),
		cmocka_unit_test(nodes_are_numbers_or_devices),
		cmocka_unit_test(bad_requests_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
