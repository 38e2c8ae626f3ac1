// test_cgroup_limits.c: linux.resources to cgroup v2 files: a table of limits with the writes or the error they must give.
// Writes are compared as "file=value" joined by " | ", with '?' behind an optional one, '!' behind a late one, and "&file=value" for the second file.
#include "cgroup/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof *(array))
#define SET(number) {.value = (number), .set = true}
#define RATES(...) {.items = (struct limit_rate_device[]){__VA_ARGS__}, .count = ARRAY_SIZE(((struct limit_rate_device[]){__VA_ARGS__}))}
#define LIST(type, ...) {.items = (struct type[]){__VA_ARGS__}, .count = ARRAY_SIZE(((struct type[]){__VA_ARGS__}))}
#define FILES(...) .unified = LIST(limit_unified, __VA_ARGS__)

struct row {
	struct cgroup_limits limits;
	const char *expected; // writes, or with `code` the whole error
	int code;
};

static const struct row writes[] = {
	// cpu
	{{.cpu.shares = {.set = false}}, "", 0},
	{{.cpu.shares = SET(0)}, "", 0},
	{{.cpu.shares = SET(1)}, "cpu.weight=1", 0},
	{{.cpu.shares = SET(2)}, "cpu.weight=1", 0},
	{{.cpu.shares = SET(512)}, "cpu.weight=59", 0},
	{{.cpu.shares = SET(1024)}, "cpu.weight=100", 0},
	{{.cpu.shares = SET(262144)}, "cpu.weight=10000", 0},
	{{.cpu.shares = SET(UINT64_MAX)}, "cpu.weight=10000", 0},
	{{.cpu.quota = SET(20000)}, "cpu.max=20000 100000!", 0},
	{{.cpu.quota = SET(20000), .cpu.period = SET(50000)}, "cpu.max=20000 50000!", 0},
	{{.cpu.quota = SET(-1)}, "cpu.max=max 100000!", 0},
	{{.cpu.quota = SET(-1), .cpu.period = SET(1000000)}, "cpu.max=max 1000000!", 0},
	{{.cpu.period = SET(50000)}, "cpu.max=max 50000!", 0},
	{{.cpu.quota = SET(0), .cpu.period = SET(0)}, "", 0},
	{{.cpu.quota = SET(1000), .cpu.period = SET(1000)}, "cpu.max=1000 1000!", 0},
	{{.cpu.quota = SET(50000), .cpu.burst = SET(50000)}, "cpu.max=50000 100000! | cpu.max.burst=50000!", 0},
	{{.cpu.burst = SET(0)}, "cpu.max.burst=0!", 0},
	{{.cpu.quota = SET(-1), .cpu.burst = SET(7000)}, "cpu.max=max 100000! | cpu.max.burst=7000!", 0},
	{{.cpu.idle = SET(1)}, "cpu.idle=1", 0},
	{{.cpu.idle = SET(1), .cpu.shares = SET(1024)}, "cpu.weight=100 | cpu.idle=1", 0},
	{{.cpu.idle = SET(0), .cpu.shares = SET(1024)}, "cpu.idle=0 | cpu.weight=100", 0},
	{{.cpu.realtime_runtime = SET(0), .cpu.realtime_period = SET(0)}, "", 0},
	// cpuset
	{{.cpu.cpus = "2-3"}, "cpuset.cpus=2-3", 0},
	{{.cpu.cpus = "0-7:2/4,9", .cpu.mems = "0"}, "cpuset.cpus=0-7:2/4,9 | cpuset.mems=0", 0},
	{{.cpu.cpus = "", .cpu.mems = ""}, "", 0},
	{{.cpu.shares = SET(1024), .cpu.cpus = "1"}, "cpuset.cpus=1 | cpu.weight=100", 0},
	// memory
	{{.memory.limit = SET(1048576)}, "memory.max=1048576", 0},
	{{.memory.limit = SET(0)}, "", 0},
	{{.memory.limit = SET(-1)}, "memory.swap.max=max? | memory.max=max", 0},
	{{.memory.limit = SET(-1), .memory.swap = SET(-1)}, "memory.swap.max=max? | memory.max=max", 0},
	{{.memory.limit = SET(-1), .memory.swap = SET(4096)}, "memory.swap.max=4096 | memory.max=max", 0},
	{{.memory.limit = SET(1000), .memory.swap = SET(3000)}, "memory.swap.max=2000 | memory.max=1000", 0},
	{{.memory.limit = SET(1000), .memory.swap = SET(1000)}, "memory.swap.max=0? | memory.max=1000", 0},
	{{.memory.limit = SET(1000), .memory.swap = SET(0)}, "memory.max=1000", 0},
	{{.memory.limit = SET(1000), .memory.swap = SET(-1)}, "memory.swap.max=max? | memory.max=1000", 0},
	{{.memory.swap = SET(-1)}, "memory.swap.max=max?", 0},
	{{.memory.limit = SET(INT64_MAX)}, "memory.max=9223372036854775807", 0},
	{{.memory.reservation = SET(4096)}, "memory.low=4096", 0},
	{{.memory.reservation = SET(-1)}, "memory.low=max", 0},
	{{.memory.kernel = SET(-1), .memory.kernel_tcp = SET(0), .memory.swappiness = SET(0)}, "", 0},
	{{.memory.disable_oom_killer = SET(false), .memory.use_hierarchy = SET(true), .memory.check_before_update = SET(true)}, "", 0},
	// pids
	{{.pids.limit = SET(0)}, "pids.max=0!", 0},
	{{.pids.limit = SET(1)}, "pids.max=1", 0},
	{{.pids.limit = SET(-1)}, "pids.max=max", 0},
	{{.pids.limit = SET(0), .cpu.quota = SET(5000), .cpu.cpus = "1", .memory.limit = SET(4096)},
	 "cpuset.cpus=1 | memory.max=4096 | cpu.max=5000 100000! | pids.max=0!", 0},
	// io
	{{.block_io.weight = SET(0), .block_io.leaf_weight = SET(0)}, "", 0},
	{{.block_io.weight = SET(10)}, "io.bfq.weight=10&io.weight=1", 0},
	{{.block_io.weight = SET(500)}, "io.bfq.weight=500&io.weight=4950", 0},
	{{.block_io.weight = SET(1000)}, "io.bfq.weight=1000&io.weight=10000", 0},
	{{.block_io.weight_device = (struct limit_weight_device[]){{.major = 8, .minor = 16, .weight = SET(100)}, {.major = 8, .minor = 32}},
	  .block_io.weight_device_count = 2},
	 "io.bfq.weight=8:16 100&io.weight=8:16 910", 0},
	{{.block_io.read_bps = RATES({8, 0, 1048576}, {8, 16, 0})}, "io.max=8:0 rbps=1048576 | io.max=8:16 rbps=max", 0},
	{{.block_io.write_bps = RATES({8, 0, UINT64_MAX})}, "io.max=8:0 wbps=18446744073709551615", 0},
	{{.block_io.read_iops = RATES({259, 3, 100}), .block_io.write_iops = RATES({259, 3, 200})},
	 "io.max=259:3 riops=100 | io.max=259:3 wiops=200", 0},
	// hugetlb
	{{.hugepages = LIST(limit_hugepage, {"2MB", 4194304})}, "hugetlb.2MB.rsvd.max=4194304? | hugetlb.2MB.max=4194304", 0},
	{{.hugepages = LIST(limit_hugepage, {"1GB", 0}, {"64KB", UINT64_MAX})},
	 "hugetlb.1GB.rsvd.max=0? | hugetlb.1GB.max=0 | hugetlb.64KB.rsvd.max=max? | hugetlb.64KB.max=max", 0},
	// rdma
	{{.rdma = LIST(limit_rdma, {"mlx5_1", SET(3), SET(10000)})}, "rdma.max=mlx5_1 hca_handle=3 hca_object=10000", 0},
	{{.rdma = LIST(limit_rdma, {"mlx4_0", SET(0), {0, false}}, {"rxe3", {0, false}, SET(UINT64_MAX)}, {"none", {0, false}, {0, false}})},
	 "rdma.max=mlx4_0 hca_handle=0 | rdma.max=rxe3 hca_object=max", 0},
	// network: nothing is asked for
	{{.network = {.class_id = SET(0), .priorities = (struct limit_network_priority[]){{"eth0", 0}}, .priority_count = 1}}, "", 0},
	// unified
	{{FILES({"memory.high", "1000000"})}, "memory.high=1000000", 0},
	{{FILES({"memory.notyetknown", "x y"})}, "memory.notyetknown=x y", 0},
	{{FILES({"cgroup.max.depth", "3"}, {"irq.pressure", "0"})}, "cgroup.max.depth=3 | irq.pressure=0", 0},
	{{FILES({"io.max", "8:0 rbps=1\n8:16 wbps=2\n"})}, "io.max=8:0 rbps=1 | io.max=8:16 wbps=2", 0},
	{{FILES({"cpuset.cpus", ""})}, "cpuset.cpus=\n", 0},
	{{FILES({"dmem.max", "region 1"}, {"misc.max", "sev 1"})}, "dmem.max=region 1 | misc.max=sev 1", 0},
	{{FILES({"cpu.max", "20000 100000"}, {"cpu.weight", "7"})}, "cpu.weight=7 | cpu.max=20000 100000!", 0},
	{{FILES({"pids.max", "0"})}, "pids.max=0!", 0},
	{{FILES({"pids.max", "9"})}, "pids.max=9", 0},
	{{.memory.limit = SET(4096), FILES({"memory.max", "8192"}, {"cpuset.mems", "1"}), .cpu.mems = "0"},
	 "cpuset.mems=0 | cpuset.mems=1 | memory.max=4096 | memory.max=8192", 0},
	{{.cpu.quota = SET(1000), FILES({"cpu.max", "max"}, {"cpu.max.burst", "5"})}, "cpu.max=1000 100000! | cpu.max=max! | cpu.max.burst=5!", 0},
};

#define R "linux.resources."
#define UNIFIED_HINT "is not the name of a cgroup file like memory.high"
#define V1 "cgroup v2 has no such limit; "
#define NFT V1 "mark packets with nftables' `socket cgroupv2` instead"
#define LEAF V1 "only the weights of cgroups are left in v2: remove it"
#define RT V1 "remove it; real-time threads are bounded by sched_rt_runtime_us of the whole machine"

static const struct row refused[] = {
	{{.cpu.quota = SET(999)}, R "cpu.quota: 999 is out of range; -1 (unlimited) or at least 1000 microseconds", EINVAL},
	{{.cpu.quota = SET(-2)}, R "cpu.quota: -2 is out of range; -1 (unlimited) or at least 1000 microseconds", EINVAL},
	{{.cpu.period = SET(999)}, R "cpu.period: 999 is out of range; 1000 to 1000000 microseconds", EINVAL},
	{{.cpu.period = SET(1000001)}, R "cpu.period: 1000001 is out of range; 1000 to 1000000 microseconds", EINVAL},
	{{.cpu.quota = SET(5000), .cpu.burst = SET(5001)},
	 R "cpu.burst: 5001 is more than the quota of 5000 microseconds; the kernel takes at most the quota", EINVAL},
	{{.cpu.idle = SET(2)}, R "cpu.idle: 2 is out of range; 0 or 1", EINVAL},
	{{.cpu.idle = SET(-1)}, R "cpu.idle: -1 is out of range; 0 or 1", EINVAL},
	{{.cpu.realtime_runtime = SET(950000)}, R "cpu.realtimeRuntime: " RT, EOPNOTSUPP},
	{{.cpu.realtime_period = SET(1000000)}, R "cpu.realtimePeriod: " RT, EOPNOTSUPP},
	{{.cpu.cpus = "0-3\n4"}, R "cpu.cpus: \"0-3\n4\" is not a list like 0-3,6", EINVAL},
	{{.cpu.mems = "all"}, R "cpu.mems: \"all\" is not a list like 0-3,6", EINVAL},
	{{.memory.swap = SET(4096)},
	 R "memory.swap: 4096 without " R "memory.limit; swap counts memory plus swap, so it needs a limit to be taken from", EINVAL},
	{{.memory.limit = SET(0), .memory.swap = SET(4096)},
	 R "memory.swap: 4096 without " R "memory.limit; swap counts memory plus swap, so it needs a limit to be taken from", EINVAL},
	{{.memory.limit = SET(4096), .memory.swap = SET(4095)},
	 R "memory.swap: 4095 is less than " R "memory.limit (4096); swap counts memory plus swap; equal to the limit means no swap, -1 no bound", EINVAL},
	{{.memory.limit = SET(-2)}, R "memory.limit: -2 is out of range; a number of bytes, or -1 for unlimited", EINVAL},
	{{.memory.swap = SET(-9)}, R "memory.swap: -9 is out of range; a number of bytes, or -1 for unlimited", EINVAL},
	{{.memory.reservation = SET(INT64_MIN)},
	 R "memory.reservation: -9223372036854775808 is out of range; a number of bytes, or -1 for unlimited", EINVAL},
	{{.memory.kernel = SET(4096)}, R "memory.kernel: " V1 "memory.limit counts kernel memory too", EOPNOTSUPP},
	{{.memory.kernel_tcp = SET(4096)}, R "memory.kernelTCP: " V1 "memory.limit counts socket buffers too", EOPNOTSUPP},
	{{.memory.swappiness = SET(60)}, R "memory.swappiness: " V1 "bound the swap by memory.swap instead", EOPNOTSUPP},
	{{.memory.disable_oom_killer = SET(true)},
	 R "memory.disableOOMKiller: " V1 "set memory.high in linux.resources.unified to slow down instead of kill", EOPNOTSUPP},
	{{.pids.limit = SET(-2)}, R "pids.limit: -2 is out of range; a number of tasks, or -1 for unlimited", EINVAL},
	{{.block_io.weight = SET(9)}, R "blockIO.weight: 9 is out of range; 10 to 1000", EINVAL},
	{{.block_io.weight = SET(1001)}, R "blockIO.weight: 1001 is out of range; 10 to 1000", EINVAL},
	{{.block_io.leaf_weight = SET(10)}, R "blockIO.leafWeight: " LEAF, EOPNOTSUPP},
	{{.block_io.weight_device = (struct limit_weight_device[]){{.major = 8, .weight = SET(100)}, {.major = 8, .minor = 16, .weight = SET(5)}},
	  .block_io.weight_device_count = 2},
	 R "blockIO.weightDevice[1].weight: 5 is out of range; 10 to 1000", EINVAL},
	{{.block_io.weight_device = (struct limit_weight_device[]){{.major = 8, .leaf_weight = SET(100)}}, .block_io.weight_device_count = 1},
	 R "blockIO.weightDevice[0].leafWeight: " LEAF, EOPNOTSUPP},
	{{.block_io.read_bps = RATES({4096, 0, 1})}, R "blockIO.throttleReadBpsDevice[0]: no device has the numbers 4096:0", EINVAL},
	{{.block_io.write_iops = RATES({8, 0, 1}, {8, 1048576, 1})},
	 R "blockIO.throttleWriteIOPSDevice[1]: no device has the numbers 8:1048576", EINVAL},
	{{.hugepages = LIST(limit_hugepage, {"2M", 0})}, R "hugepageLimits[0].pageSize: \"2M\" is not a size like 2MB or 1GB", EINVAL},
	{{.hugepages = LIST(limit_hugepage, {"2MB", 0}, {"../2MB", 0})},
	 R "hugepageLimits[1].pageSize: \"../2MB\" is not a size like 2MB or 1GB", EINVAL},
	{{.hugepages = LIST(limit_hugepage, {"2", 0})}, R "hugepageLimits[0].pageSize: \"2\" is not a size like 2MB or 1GB", EINVAL},
	{{.hugepages = LIST(limit_hugepage, {NULL, 0})}, R "hugepageLimits[0].pageSize: \"\" is not a size like 2MB or 1GB", EINVAL},
	{{.rdma = LIST(limit_rdma, {"mlx5 hca_handle=max", SET(3), SET(1)})}, R "rdma: \"mlx5 hca_handle=max\" is not the name of a device", EINVAL},
	{{.rdma = LIST(limit_rdma, {"", SET(3), SET(1)})}, R "rdma: \"\" is not the name of a device", EINVAL},
	{{.network = {.class_id = SET(1048577)}}, R "network.classID: " NFT, EOPNOTSUPP},
	{{.network = {.priorities = (struct limit_network_priority[]){{"lo", 0}, {"eth0", 5}}, .priority_count = 2}},
	 R "network.priorities[1]: " NFT, EOPNOTSUPP},
	{{FILES({"../memory.max", "1"})}, R "unified: \"../memory.max\" " UNIFIED_HINT, EINVAL},
	{{FILES({"memory.max/x", "1"})}, R "unified: \"memory.max/x\" " UNIFIED_HINT, EINVAL},
	{{FILES({"memory", "1"})}, R "unified: \"memory\" " UNIFIED_HINT, EINVAL},
	{{FILES({"memory.", "1"})}, R "unified: \"memory.\" " UNIFIED_HINT, EINVAL},
	{{FILES({"", "1"})}, R "unified: \"\" " UNIFIED_HINT, EINVAL},
	{{FILES({"..", "1"})}, R "unified: \"..\" " UNIFIED_HINT, EINVAL},
	{{FILES({"memory.max\n", "1"})}, R "unified: \"memory.max\n\" " UNIFIED_HINT, EINVAL},
	{{FILES({"blkio.weight", "1"})},
	 R "unified: \"blkio.weight\": no controller is named \"blkio\"; cpu, cpuset, memory, pids, io, hugetlb, rdma, misc, dmem, or a file cgroup.*", EINVAL},
	{{FILES({"cpux.max", "1"})},
	 R "unified: \"cpux.max\": no controller is named \"cpux\"; cpu, cpuset, memory, pids, io, hugetlb, rdma, misc, dmem, or a file cgroup.*", EINVAL},
};

static void describe(const struct cgroup_plan *plan, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < plan->count; i++) {
		const struct cgroup_write *write = &plan->writes[i];

		used += (size_t)snprintf(text + used, size - used, "%s%s=%s%s%s", i > 0 ? " | " : "", write->file, write->value,
					 write->optional ? "?" : "", write->late ? "!" : "");
		if (write->also_file != NULL)
			used += (size_t)snprintf(text + used, size - used, "&%s=%s", write->also_file, write->also_value);
		assert_in_range(used, 1, size - 1);
	}
}

// What every plan must keep, whatever the limits: each write names its field, and the controller of its file is in the set.
static void check_controllers(const struct cgroup_plan *plan)
{
	unsigned needed = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct cgroup_write *write = &plan->writes[i];

		assert_int_equal(strncmp(write->field, R, strlen(R)), 0);
		assert_int_equal(write->controller, controller_from_name(write->file, strcspn(write->file, ".")));
		if (write->controller != CONTROLLER_INVALID)
			needed |= 1u << write->controller;
	}
	assert_int_equal(plan->controllers, needed);
}

static void test_writes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct arena arena = {0};
		struct cgroup_plan plan;
		struct error err = ERROR_INIT;
		char text[1024];

		if (limits_plan(&arena, &writes[i].limits, &plan, &err) < 0)
			fail_msg("row %zu (%s): %s", i, writes[i].expected, err.text);
		describe(&plan, text, sizeof text);
		if (strcmp(text, writes[i].expected) != 0)
			fail_msg("row %zu: got \"%s\", expected \"%s\"", i, text, writes[i].expected);
		check_controllers(&plan);
		arena_free(&arena);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct arena arena = {0};
		struct cgroup_plan plan = {.count = 4711};
		struct error err = ERROR_INIT;

		if (limits_plan(&arena, &refused[i].limits, &plan, &err) != -1)
			fail_msg("row %zu was accepted; expected \"%s\"", i, refused[i].expected);
		if (strcmp(err.text, refused[i].expected) != 0 || err.code != refused[i].code)
			fail_msg("row %zu: got %d \"%s\", expected %d \"%s\"", i, err.code, err.text, refused[i].code, refused[i].expected);
		assert_int_equal(plan.count, 4711); // ret_ is written on success only
		arena_free(&arena);
	}
}

// Points of runtime-spec 1.3's formula, and a FNV-1a 64 of all 262143 weights (two bytes each), both computed apart by
// Python's ceil(10**((l*l + 125*l) / 612.0 - 7.0 / 34.0)) with l = math.log2(shares).
static void test_cpu_weight(void **state)
{
	static const uint64_t points[][2] = {
		{2, 1},     {3, 2},      {10, 4},      {50, 10},     {100, 17},     {128, 21},      {200, 29},      {256, 35},       {512, 59},
		{1000, 99}, {1023, 100}, {1024, 100},  {1025, 101},  {2048, 174},   {4096, 303},    {8192, 532},    {10000, 627},    {65536, 3023},
		{0, 1},     {1, 1},      {131072, 5478}, {262143, 10000}, {262144, 10000}, {262145, 10000}, {UINT64_MAX, 10000},
	};
	uint64_t hash = 0xcbf29ce484222325, before = 1;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		assert_int_equal(limits_cpu_weight(points[i][0]), points[i][1]);
	for (uint64_t shares = 2; shares <= 262144; shares++) {
		uint64_t weight = limits_cpu_weight(shares);

		assert_true(weight >= before && weight <= 10000);
		hash = (hash ^ (weight & 0xff)) * 0x100000001b3;
		hash = (hash ^ weight >> 8) * 0x100000001b3;
		before = weight;
	}
	assert_int_equal(hash, 0x65a31facb03a9c0e);
}

static void test_controller_names(void **state)
{
	(void)state;
	for (int i = 0; i < CONTROLLER_MAX; i++) {
		const char *name = controller_name((enum cgroup_controller)i);

		assert_int_equal(controller_from_name(name, strlen(name)), i);
	}
	assert_int_equal(controller_from_name("cpuset", 3), CONTROLLER_CPU);
	assert_int_equal(controller_from_name("cp", 2), CONTROLLER_INVALID);
	assert_int_equal(controller_from_name("", 0), CONTROLLER_INVALID);
	assert_string_equal(controller_name(CONTROLLER_INVALID), "none");
	assert_string_equal(controller_name(CONTROLLER_MAX), "none");
}

// More writes than the first block of the list holds: none may be lost when it grows.
static void test_many(void **state)
{
	struct limit_hugepage pages[100];
	struct cgroup_limits limits = {.hugepages = {.items = pages, .count = ARRAY_SIZE(pages)}};
	struct arena arena = {0};
	struct cgroup_plan plan;
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = (struct limit_hugepage){.page_size = "2MB", .limit = i};
	assert_int_equal(limits_plan(&arena, &limits, &plan, &err), 0);
	assert_int_equal(plan.count, 200);
	for (size_t i = 0; i < plan.count; i++) {
		char value[24];

		snprintf(value, sizeof value, "%zu", i / 2);
		assert_string_equal(plan.writes[i].value, value);
	}
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cpu_weight),
		cmocka_unit_test(test_controller_names),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
