// test_systemd.c: names of units, properties from annotations and from limits.
#include "base/error.h"
#include "base/parse.h"
#include "plan/unit_limits.h"
#include "systemd/property.h"
#include "systemd/unit_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct arena arena;

static int clear(void **state)
{
	(void)state;
	arena_free(&arena);
	arena = (struct arena){0};
	return 0;
}

static const char *joined(const struct unit_properties *properties)
{
	const char *text = "";

	for (size_t i = 0; i < properties->words.count; i++)
		text = arena_printf(&arena, "%s%s%s", text, i > 0 ? " " : "", properties->words.items[i]);
	return text;
}

static void units_and_their_cgroups(void **state)
{
	static const struct {
		const char *path, *id;
		bool user;
		const char *unit, *slice, *cgroup;
	} cases[] = {
		{NULL, "box", false, "minirun-box.scope", "system.slice", "/system.slice/minirun-box.scope"},
		{"", "box", true, "minirun-box.scope", "user.slice", "/user.slice/minirun-box.scope"},
		{"machine.slice:libpod:0a", "x", false, "libpod-0a.scope", "machine.slice", "/machine.slice/libpod-0a.scope"},
		{":lab:box", "x", false, "lab-box.scope", "system.slice", "/system.slice/lab-box.scope"},
		{"::box", "x", false, "box.scope", "system.slice", "/system.slice/box.scope"},
		{"a-b-c.slice:lab:box", "x", false, "lab-box.scope", "a-b-c.slice", "/a.slice/a-b.slice/a-b-c.slice/lab-box.scope"},
		{"-.slice:lab:box", "x", false, "lab-box.scope", "-.slice", "/lab-box.scope"},
		{"system.slice:lab:own-box.slice", "x", false, "own-box.slice", "system.slice", "/own.slice/own-box.slice"},
		{NULL, "a+b", false, "minirun-a\\x2bb.scope", "system.slice", "/system.slice/minirun-a\\x2bb.scope"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = ERROR_INIT;
		struct unit_place place;

		if (unit_place(&arena, cases[i].path, cases[i].id, cases[i].user, &place, &err) < 0)
			fail_msg("%s: %s", cases[i].path, err.text);
		assert_string_equal(place.unit, cases[i].unit);
		assert_string_equal(place.slice, cases[i].slice);
		assert_string_equal(place.path, cases[i].cgroup);
		assert_int_equal(place.is_slice, strstr(cases[i].unit, ".slice") != NULL);
	}
}

static void paths_that_are_no_units(void **state)
{
	static const char *const cases[] = {
		"/lab/box", "lab", "a.slice:b", "a.slice:b:c:d", "a.slice:b:", "lab:b:c", "-a.slice:b:c", "a-.slice:b:c", "a--b.slice:b:c", ".slice:b:c", "a/b.slice:b:c",
		"system.slice:lab:a--b.slice",
	};
	char id[CONTAINER_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = ERROR_INIT;
		struct unit_place place = {.unit = "untouched"};

		if (unit_place(&arena, cases[i], "box", false, &place, &err) == 0)
			fail_msg("%s was taken for %s", cases[i], place.unit);
		assert_non_null(strstr(err.text, "linux.cgroupsPath"));
		assert_string_equal(place.unit, "untouched");
	}
	memset(id, 'a', CONTAINER_ID_MAX);
	id[CONTAINER_ID_MAX] = '\0';
	struct error err = ERROR_INIT;
	struct unit_place place;

	assert_int_equal(unit_place(&arena, NULL, id, false, &place, &err), -1);
	assert_non_null(strstr(err.text, "255 is the most"));
}

static void owners(void **state)
{
	(void)state;
	assert_string_equal(unit_owner(&arena, "/run/minirun/box"), "file:///run/minirun/box");
	assert_string_equal(unit_owner(&arena, "/srv/a b%\xc3\xa4"), "file:///srv/a%20b%25%C3%A4");
}

static void annotations(void **state)
{
	static const struct {
		const char *name, *text, *words; // NULL: refused
	} cases[] = {
		{"KillMode", "'mixed'", "KillMode s mixed"},
		{"KillMode", "\"it's\"", "KillMode s it's"},
		{"KillMode", "'it\\'s'", "KillMode s it's"},
		{"SendSIGKILL", "true", "SendSIGKILL b true"},
		{"SendSIGKILL", " false ", "SendSIGKILL b false"},
		{"KillSignal", "10", "KillSignal i 10"},
		{"KillSignal", "-10", "KillSignal i -10"},
		{"TimeoutStopUSec", "uint64 18446744073709551615", "TimeoutStopUSec t 18446744073709551615"},
		{"TimeoutStopSec", "5", "TimeoutStopUSec t 5000000"},
		{"TimeoutStopSec", "uint64 5", "TimeoutStopUSec t 5000000"},
		{"TimeoutStopSec", "0.25", "TimeoutStopUSec t 250000"},
		{"After", "['a.service', \"b.service\"]", "After as 2 a.service b.service"},
		{"After", "[]", "After as 0"},
		{"AllowedCPUs", "[byte 1, 255]", "AllowedCPUs ay 2 1 255"},
		{"Flags", "[true,false]", "Flags ab 2 true false"},
		{"KillMode", "", NULL}, {"KillMode", "mixed", NULL}, {"KillMode", "'mixed", NULL}, {"KillMode", "'a' 'b'", NULL}, {"KillMode", "'a\\", NULL},
		{"KillSignal", "1.5", NULL}, {"KillSignal", "2147483648", NULL}, {"KillSignal", "uint32 -1", NULL}, {"KillSignal", "byte 256", NULL}, {"KillSignal", "0x10", NULL},
		{"After", "['a' 'b']", NULL}, {"After", "['a',", NULL}, {"After", "['a', 7]", NULL}, {"After", "[true, 'a']", NULL}, {"After", "[1, true]", NULL}, {"After", "[", NULL},
		{"TimeoutStopSec", "soon", NULL}, {"TimeoutStopSec", "-1", NULL}, {"TimeoutStopSec", "nan", NULL}, {"TimeoutStopSec", "1e300", NULL},
		{"Ab", "true", NULL}, {"", "true", NULL}, {"Kill.Mode", "true", NULL}, {"Kill Mode", "true", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct unit_properties properties = {.count = 0};
		struct error err = ERROR_INIT;
		int result = property_from_text(&arena, &properties, cases[i].name, cases[i].text, &err);

		if ((result == 0) != (cases[i].words != NULL))
			fail_msg("%s: %s: %s", cases[i].name, cases[i].text, result == 0 ? joined(&properties) : err.text);
		if (result == 0)
			assert_string_equal(joined(&properties), cases[i].words);
		else
			assert_non_null(strstr(err.text, "org.systemd.property."));
		assert_int_equal(properties.count, result == 0);
	}
}

static void limits(void **state)
{
	static const struct {
		const char *file, *value, *words;
	} cases[] = {
		{"memory.max", "1048576", "MemoryMax t 1048576"},
		{"memory.max", "max", "MemoryMax t 18446744073709551615"},
		{"memory.swap.max", "0", "MemorySwapMax t 0"},
		{"memory.oom.group", "1", "OOMPolicy s kill"},
		{"pids.max", "0", ""},
		{"pids.max", "1", "TasksMax t 1"},
		{"cpu.max", "max 100000", "CPUQuotaPerSecUSec t 18446744073709551615 CPUQuotaPeriodUSec t 100000"},
		{"cpu.max", "20000 100000", "CPUQuotaPerSecUSec t 200000 CPUQuotaPeriodUSec t 100000"},
		{"cpu.max", "12345 50000", "CPUQuotaPerSecUSec t 250000 CPUQuotaPeriodUSec t 50000"},
		{"cpu.max", "20000", "CPUQuotaPerSecUSec t 200000 CPUQuotaPeriodUSec t 100000"},
		{"cpu.max", "1 0", ""},
		{"cpu.weight", "79", "CPUWeight t 79"},
		{"cpu.idle", "1", "CPUWeight t 0"},
		{"cpu.idle", "0", ""},
		{"cpuset.cpus", "0,9-10", "AllowedCPUs ay 2 1 6"},
		{"cpuset.cpus", "\n", ""},
		{"cpuset.mems", "1", "AllowedMemoryNodes ay 1 2"},
		{"io.weight", "default 200", "IOWeight t 200"},
		{"io.weight", "8:16 300", "IODeviceWeight a(st) 1 /dev/block/8:16 300"},
		{"io.max", "8:0 rbps=1000 wiops=max", "IOReadBandwidthMax a(st) 1 /dev/block/8:0 1000 IOWriteIOPSMax a(st) 1 /dev/block/8:0 18446744073709551615"},
		{"hugetlb.2MB.max", "4194304", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct unit_properties properties = {.count = 0};
		struct cgroup_write write = {.file = cases[i].file, .value = cases[i].value};

		unit_limit(&arena, &write, &properties);
		assert_string_equal(joined(&properties), cases[i].words);
	}
	// The weight of the scheduler-independent file, not bfq's.
	struct unit_properties properties = {.count = 0};
	struct cgroup_write both = {.file = "io.bfq.weight", .value = "500", .also_file = "io.weight", .also_value = "4950"};

	unit_limit(&arena, &both, &properties);
	assert_string_equal(joined(&properties), "IOWeight t 4950");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(units_and_their_cgroups, clear), cmocka_unit_test_teardown(paths_that_are_no_units, clear), cmocka_unit_test_teardown(owners, clear),
		cmocka_unit_test_teardown(annotations, clear), cmocka_unit_test_teardown(limits, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
