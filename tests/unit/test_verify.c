// test_verify.c: proof of placement. Readings of made /proc trees, and the comparison of made readings: every kind of finding has a case, and each case is on plan without its fault.
#include "cpus/verify.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
// cmocka wants the ones above first
#include <cmocka.h>

static struct arena arena;
static struct error err;
static struct thread_rules rules;
static struct ledger_claim claim;
static struct thread_sample before[4], after[4], foreign_before[2], foreign_after[3];
static struct thread_places places;
static struct verify_input input;

static struct cpuset set_of(const char *list)
{
	struct cpuset set;

	assert_int_equal(cpuset_parse(&arena, list, &set, &err), 0);
	return set;
}

static struct interrupts table_of(const char *text)
{
	struct cpuset cpus = set_of("2-4,2047");
	struct interrupts table;

	if (interrupts_parse(&arena, arena_strdup(&arena, text), &cpus, &table, &err) < 0)
		fail_msg("%s", err.text);
	return table;
}

#define HEAD "           CPU0       CPU2       CPU3       CPU4\n"

// A container on CPUs 1 to 4: housekeeping 1 (shared with others), main 2, workers 3 and 4; all its threads are at their places and did some work.
static int set_up(void **state)
{
	static const char *const texts[] = {"vpp_main=main", "vpp_wk_*=workers"};
	static const struct {
		const char *name, *allowed;
		int processor;
	} threads[4] = {{"vpp_main", "2", 2}, {"vpp_wk_0", "3", 3}, {"vpp_wk_1", "4", 4}, {"logger", "1", 1}};

	(void)state;
	err = ERROR_INIT;
	assert_int_equal(thread_rules_parse(&arena, texts, 2, &rules, &err), 0);
	claim = (struct ledger_claim){
		.id = "lab", .cpus = set_of("2-4"), .mains = set_of("2"), .workers = set_of("3-4"), .housekeeping = set_of("1"), .steer = true, .node = 0, .level = "partition",
	};
	for (int i = 0; i < 4; i++) {
		before[i] = (struct thread_sample){
			.pid = 100, .tid = 100 + i, .name = threads[i].name, .start = 7, .processor = threads[i].processor, .allowed = set_of(threads[i].allowed),
			.ticks = 10, .run_ns = 1000, .voluntary = 5, .forced = 5, .migrations = 3, .has_migrations = true,
		};
		after[i] = before[i];
		after[i].ticks += 200;
		after[i].run_ns += 1900000000;
	}
	foreign_before[1] = (struct thread_sample){.pid = 50, .tid = 50, .name = "sshd", .start = 3, .processor = 0, .run_ns = 10};
	foreign_before[0] = (struct thread_sample){.pid = 20, .tid = 20, .name = "ksoftirqd/3", .start = 1, .kernel = true, .bound = true, .processor = 3, .run_ns = 10};
	memcpy(foreign_after, foreign_before, sizeof foreign_before);
	foreign_after[1].run_ns += 10;
	input = (struct verify_input){
		.claim = &claim, .rules = &rules, .places = &places,
		.before = {0, {before, 4}, {foreign_before, 2}, table_of(HEAD " 36: 1 1 1 1 virtio1\nLOC: 10 10 10 10 Local timer interrupts\n")},
		.after = {2000000, {after, 4}, {foreign_after, 2}, table_of(HEAD " 36: 9 1 1 1 virtio1\nLOC: 500 510 510 510 Local timer interrupts\n")},
		.online = set_of("0-7"), .isolated = set_of(""), .nohz_full = set_of(""), .level = "partition",
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	arena = (struct arena){0};
	return 0;
}

static struct verify_report compare(void)
{
	places = (struct thread_places){
		.cpus = cpuset_union(&arena, &claim.cpus, &claim.housekeeping), .mains = claim.mains, .workers = claim.workers, .housekeeping = claim.housekeeping,
	};
	return verify_compare(&arena, &input);
}

// Exactly one finding off plan, and what it says.
static void expect_one(enum finding_kind kind, const char *text)
{
	struct verify_report report = compare();

	if (report.off_plan_count != 1)
		fail_msg("%zu findings off plan, the first: %s", report.off_plan_count, report.off_plan_count > 0 ? report.findings[0].text : "");
	assert_string_equal(finding_name(report.findings[0].kind), finding_name(kind));
	if (strcmp(report.findings[0].text, text) != 0)
		fail_msg("'%s' is not '%s'", report.findings[0].text, text);
}

static void expect_none(void)
{
	struct verify_report report = compare();

	if (report.off_plan_count != 0)
		fail_msg("%s", report.findings[0].text);
}

static void on_plan_there_is_nothing(void **state)
{
	struct verify_report report = compare();

	(void)state;
	assert_int_equal(report.finding_count, 0);
	assert_int_equal(report.thread_count, 4);
	assert_string_equal(report.threads[1].rule, "vpp_wk_*=workers");
	assert_null(report.threads[3].rule);
	assert_true(report.threads[1].ran && !report.threads[1].off_plan);
	assert_true(report.seconds > 1.99 && report.seconds < 2.01);
	assert_int_equal(report.threads[1].run_ns, 1900000000);
}

static void a_thread_that_may_run_elsewhere(void **state)
{
	(void)state;
	after[1].allowed = set_of("3-5");
	expect_one(FINDING_AFFINITY, "thread vpp_wk_0 (tid 101) may run on 3-5, but belongs on 3 (rule vpp_wk_*=workers)");
	after[1].allowed = set_of("3");
	after[3].allowed = set_of("0-1"); // no rule is about this one, but the container's CPUs are
	expect_one(FINDING_AFFINITY, "thread logger (tid 103) may run on 0-1, but belongs on 1-4 (the container's CPUs)");
}

static void a_thread_that_ran_elsewhere(void **state)
{
	(void)state;
	after[2].processor = 6;
	expect_one(FINDING_PROCESSOR, "thread vpp_wk_1 (tid 102) ran on CPU 6, but belongs on 4");
	assert_true(compare().threads[2].off_plan);
}

static void what_a_sleeping_thread_says_of_its_cpu_does_not_count(void **state)
{
	(void)state;
	after[2] = before[2];
	after[2].processor = 6;
	expect_none();
	assert_false(compare().threads[2].ran);
	after[2].voluntary++; // it woke up, too short for any clock
	expect_one(FINDING_PROCESSOR, "thread vpp_wk_1 (tid 102) ran on CPU 6, but belongs on 4");
}

static void a_thread_that_was_moved(void **state)
{
	(void)state;
	after[1].migrations += 2;
	expect_one(FINDING_MIGRATION, "thread vpp_wk_0 (tid 101) was moved between CPUs 2 times");
	after[1].has_migrations = false; // a kernel that does not count them
	expect_none();
	after[3].migrations += 5; // it has four CPUs to choose from
	expect_none();
}

static void a_thread_that_was_forced_off(void **state)
{
	(void)state;
	after[1].forced += 20;
	expect_none();
	after[1].forced++;
	expect_one(FINDING_PREEMPTION, "thread vpp_wk_0 (tid 101) was forced off CPU 3 21 times in 2.0 s");
	claim.shared = true;
	expect_none();
	assert_int_equal(compare().finding_count, 1);
	claim.shared = false;
	claim.housekeeping = set_of("3"); // where exec'd processes are welcome
	after[3].allowed = set_of("3");
	after[3].processor = 3;
	expect_none();
}

static void a_thread_that_waited(void **state)
{
	(void)state;
	after[0].run_delay_ns += 20000000;
	expect_none();
	after[0].run_delay_ns += 5000000;
	expect_one(FINDING_DELAY, "thread vpp_main (tid 100) waited for CPU 2 for 25.0 ms in 2.0 s");
}

static void more_workers_than_cpus(void **state)
{
	struct verify_report report;

	(void)state;
	claim.workers = set_of("3");
	claim.cpus = set_of("2-3");
	after[2].allowed = set_of("3");
	after[2].processor = 3;
	report = compare();
	assert_true(report.off_plan_count >= 1);
	for (size_t i = 0; i < report.off_plan_count; i++)
		assert_int_equal(report.findings[i].kind, FINDING_CROWDED);
	assert_non_null(strstr(report.findings[0].text, "shares CPU 3 with another worker: there are more than worker CPUs (3)"));
}

static void a_new_thread_is_judged_by_its_place_only(void **state)
{
	(void)state;
	input.before.own.count = 3;
	after[3].forced = 10000;
	after[3].run_delay_ns = 1000000000;
	expect_none();
	after[3].processor = 7;
	expect_one(FINDING_PROCESSOR, "thread logger (tid 103) ran on CPU 7, but belongs on 1-4");
	// The same number, but another thread than at the first reading.
	input.before.own.count = 4;
	after[3].processor = 1;
	after[1].start++;
	after[1].migrations += 100;
	expect_none();
}

static void a_foreign_task(void **state)
{
	struct verify_report report;

	(void)state;
	foreign_after[1].processor = 3;
	expect_one(FINDING_FOREIGN, "task sshd (tid 50), not of the container, ran on its CPU 3");
	foreign_after[1].run_ns = foreign_before[1].run_ns; // it slept there all the time
	expect_none();
	foreign_after[2] = (struct thread_sample){.pid = 60, .tid = 60, .name = "kworker/u16:1", .start = 99, .kernel = true, .processor = 4}; // it came meanwhile
	input.after.others.count = 3;
	expect_one(FINDING_FOREIGN, "kernel thread kworker/u16:1 (tid 60), not of the container, ran on its CPU 4");
	foreign_after[2].processor = 1; // shared housekeeping is not owned
	expect_none();
	foreign_after[2].processor = 4;
	claim.shared = true;
	expect_none();
	report = compare();
	assert_int_equal(report.finding_count, 1);
}

static void the_kernels_own_threads_of_a_cpu_are_told_only(void **state)
{
	struct verify_report report;

	(void)state;
	foreign_after[0].run_ns += 10;
	report = compare();
	assert_int_equal(report.off_plan_count, 0);
	assert_int_equal(report.finding_count, 1);
	assert_string_equal(report.findings[0].text, "ksoftirqd/3, the kernel's own thread of CPU 3, ran there");
}

static void an_interrupt(void **state)
{
	(void)state;
	input.after.interrupts = table_of(HEAD " 36: 9 1 6 1 PCI-MSIX  1-edge   virtio1\nLOC: 10 10 10 10 Local timer interrupts\n");
	expect_one(FINDING_INTERRUPT, "interrupt 36 (PCI-MSIX 1-edge virtio1) happened 5 times on CPU 3");
	claim.steer = false; // irqs=keep
	expect_none();
	assert_int_equal(compare().finding_count, 1);
}

static void an_interrupt_that_moves(void **state)
{
	const char *leaving[] = {"35", "36"};

	(void)state;
	input.leaving = (struct strings){.items = leaving, .count = 2};
	input.after.interrupts = table_of(HEAD " 36: 9 1 2 1 virtio1\nLOC: 10 10 10 10 Local timer interrupts\n");
	expect_none();
	assert_string_equal(compare().findings[0].text, "interrupt 36 (virtio1) happened on CPU 3 for the last time: it is another CPU's now");
	input.leaving.count = 1;
	expect_one(FINDING_INTERRUPT, "interrupt 36 (virtio1) happened 1 times on CPU 3");
	input.leaving.count = 2;
	input.after.interrupts = table_of(HEAD " 36: 9 1 3 1 virtio1\nLOC: 10 10 10 10 Local timer interrupts\n");
	expect_one(FINDING_INTERRUPT, "interrupt 36 (virtio1) happened 2 times on CPU 3");
}

static void a_ticking_timer(void **state)
{
	(void)state;
	input.nohz_full = set_of("4");
	expect_one(FINDING_TICK, "the timer ticked 500 times in 2.0 s on CPU 4, which is booted with nohz_full: more than one task can run there, one has POSIX CPU timers, or the clock is unstable (dmesg)");
	input.after.interrupts = table_of(HEAD " 36: 9 1 1 1 virtio1\nLOC: 500 510 510 15 Local timer interrupts\n");
	expect_none();
}

static void memory_elsewhere(void **state)
{
	char maps[] = "7f00 default anon=3 dirty=3 N0=2 N1=1 kernelpagesize_kB=4\n"
		      "7f10 default file=/usr/lib/libc.so.6 mapped=9 N1=9 kernelpagesize_kB=4\n"
		      "7f20 bind:0 file=/memfd:buffers\\040(deleted) huge dirty=2 N0=2 kernelpagesize_kB=2048\n";

	(void)state;
	memory_parse(&arena, maps, &input.memory);
	assert_int_equal(input.memory.count, 2);
	assert_int_equal(input.memory.nodes[0].own_kb, 2 * 4 + 2 * 2048);
	assert_int_equal(input.memory.nodes[1].own_kb, 4);
	assert_int_equal(input.memory.nodes[1].file_kb, 36);
	expect_one(FINDING_MEMORY, "4 kB of the container's memory lie on node 1, its CPUs on node 0");
	claim.node = -1; // on several by its own wish
	expect_none();
	claim.node = 0;
	input.memory.nodes[1].own_kb = 0; // a file's pages lie where it was read first
	expect_none();
}

static void an_isolation_that_was_lost(void **state)
{
	(void)state;
	input.level = "affinity-only";
	input.level_reason = "isolated invalid (Cpu list in cpuset.cpus not exclusive)";
	expect_one(FINDING_ISOLATION, "the isolation is affinity-only now, and was partition: isolated invalid (Cpu list in cpuset.cpus not exclusive)");
	input.level = NULL;
	expect_none();
	claim.level = "isolcpus";
	input.isolated = set_of("2,4-7");
	expect_one(FINDING_ISOLATION, "CPU 3 is not isolated, although the container was given isolcpus");
	input.isolated = set_of("2-7");
	expect_none();
	claim.level = NULL;
	expect_none();
}

static void an_offline_cpu(void **state)
{
	(void)state;
	input.online = set_of("0-3,5-7");
	expect_one(FINDING_OFFLINE, "CPU 4 is offline");
}

static void what_is_off_plan_comes_first(void **state)
{
	struct verify_report report;

	(void)state;
	claim.steer = false;
	input.after.interrupts = table_of(HEAD " 36: 9 1 6 1 virtio1\nLOC: 10 10 10 10 Local timer interrupts\n");
	input.online = set_of("0-3");
	after[1].processor = 7;
	report = compare();
	assert_int_equal(report.off_plan_count, 2);
	assert_int_equal(report.finding_count, 3);
	assert_int_equal(report.findings[0].kind, FINDING_PROCESSOR);
	assert_int_equal(report.findings[1].kind, FINDING_OFFLINE);
	assert_int_equal(report.findings[2].kind, FINDING_INTERRUPT);
}

// --- readings

static void interrupts_of_many_cpus(void **state)
{
	char *text = arena_alloc(&arena, 2048 * 40);
	struct interrupts table;
	size_t used = 0;

	(void)state;
	for (int i = 0; i < 2048; i++)
		used += (size_t)sprintf(text + used, "%sCPU%d", i == 0 ? "     " : "  ", i);
	used += (size_t)sprintf(text + used, "\n 36:");
	for (int i = 0; i < 2048; i++)
		used += (size_t)sprintf(text + used, " %d", i * 3);
	sprintf(text + used, "  IO-APIC   5-edge  ACPI:Ged \nERR:          7\nMIS: 1\n");
	table = table_of(text);
	assert_int_equal(table.column_count, 4);
	assert_int_equal(table.columns[3], 2047);
	assert_int_equal(table.row_count, 3);
	assert_string_equal(table.rows[0].label, "36");
	assert_string_equal(table.rows[0].name, "IO-APIC 5-edge ACPI:Ged");
	assert_int_equal(table.rows[0].counts[0], 6);
	assert_int_equal(table.rows[0].counts[3], 2047 * 3);
	assert_int_equal(table.rows[1].counts[0], 0); // the machine's, not a CPU's
}

static void interrupts_between_two_readings(void **state)
{
	struct interrupts first = table_of(HEAD " 36: 1 1 1 1 old\n 40: 5 5 5 5 gone\nLOC: 10 10 10 10 Local timer interrupts\n");
	struct interrupts second = table_of(HEAD " 36: 1 1 3 1 old\n 41: 5 0 5 5 new\nLOC: 10 10 90 10 Local timer interrupts\n");
	size_t count;
	struct interrupt_count *counts = interrupts_between(&arena, &first, &second, 3, &count);

	(void)state;
	assert_int_equal(count, 3);
	assert_string_equal(counts[0].label, "LOC");
	assert_int_equal(counts[0].count, 80);
	assert_false(counts[0].device);
	assert_string_equal(counts[1].name, "new");
	assert_int_equal(counts[1].count, 5);
	assert_int_equal(counts[2].count, 2);
	assert_true(counts[2].device);
	interrupts_between(&arena, &first, &second, 2, &count);
	assert_int_equal(count, 0);
	interrupts_between(&arena, &first, &second, 99, &count);
	assert_int_equal(count, 0);
}

static void what_is_no_table_of_interrupts(void **state)
{
	struct cpuset cpus = set_of("0");
	struct interrupts table;
	char empty[] = "", strange[] = "hello\n", far[] = "  CPU99999\n";

	(void)state;
	assert_int_equal(interrupts_parse(&arena, empty, &cpus, &table, &err), -1);
	assert_int_equal(interrupts_parse(&arena, strange, &cpus, &table, &err), -1);
	assert_non_null(strstr(err.text, "names no CPUs"));
	assert_int_equal(interrupts_parse(&arena, far, &cpus, &table, &err), -1);
	assert_int_equal(interrupts_read(&arena, -1, &cpus, &table, &err), -1);
	assert_non_null(strstr(err.text, "cannot read /proc/interrupts"));
}

static void put(int root, const char *path, const char *text)
{
	char parents[256];

	snprintf(parents, sizeof parents, "%s", path);
	for (char *slash = strchr(parents, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdirat(root, parents, 0755);
		*slash = '/';
	}

	AUTO_FD fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

#define STAT(tid, name, flags, utime, start, processor) \
	tid " (" name ") R 1 1 1 0 -1 " flags " 0 0 0 0 " utime " 5 0 0 20 0 2 0 " start " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 " processor " 0 0 0 0 0\n"
#define STATUS(list, voluntary, forced) \
	"Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t" list "\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t" voluntary "\nnonvoluntary_ctxt_switches:\t" forced "\n"

static void threads_are_read(void **state)
{
	char fake[] = "/tmp/test_verify.XXXXXX";
	const pid_t pids[] = {10, 11};
	struct memory_sample memory;
	struct sample sample;

	(void)state;
	assert_non_null(mkdtemp(fake));

	AUTO_FD root = open(fake, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	put(root, "10/task/12/stat", STAT("12", "a) (b", "4194304", "7", "900", "5"));
	put(root, "10/task/12/status", STATUS("2-3,2047", "40", "41"));
	put(root, "10/task/12/schedstat", "123456 789 12\n");
	put(root, "10/task/12/sched", "a (12, #threads: 2)\n-----\nse.exec_start      :   1.0\nse.nr_migrations                             :                   17\nnr_switches : 3\n");
	put(root, "10/task/10/stat", STAT("10", "vpp_main", "4194304", "7", "900", "5"));
	put(root, "10/task/10/status", STATUS("2", "1", "2"));
	put(root, "10/task/11/stat", "half a li"); // ends just now
	put(root, "30/task/30/stat", STAT("30", "kworker/3:1", "69238880", "0", "5", "3"));
	put(root, "31/task/31/stat", STAT("31", "kworker/u8:1", "69238880", "0", "5", "3"));
	put(root, "32/task/32/stat", STAT("32", "kthreadd", "2129984", "0", "5", "3"));
	put(root, "40/task/40/stat", STAT("40", "minirun", "4194304", "0", "5", "3"));
	put(root, "10/numa_maps", "7f00 default anon=3 N0=2 kernelpagesize_kB=4\n");
	put(root, "uptime/nothing", "");

	assert_int_equal(sample_processes(&arena, root, pids, 2, &sample, &err), 0);
	assert_int_equal(sample.count, 2);
	assert_int_equal(sample.threads[0].tid, 10);
	assert_false(sample.threads[0].has_migrations);
	assert_string_equal(sample.threads[1].name, "a) (b");
	assert_int_equal(sample.threads[1].processor, 5);
	assert_int_equal(sample.threads[1].ticks, 12);
	assert_int_equal(sample.threads[1].start, 900);
	assert_int_equal(sample.threads[1].run_ns, 123456);
	assert_int_equal(sample.threads[1].run_delay_ns, 789);
	assert_int_equal(sample.threads[1].voluntary, 40);
	assert_int_equal(sample.threads[1].forced, 41);
	assert_int_equal(sample.threads[1].migrations, 17);
	assert_true(cpuset_has(&sample.threads[1].allowed, 2047));
	assert_non_null(sample_find(&sample, &sample.threads[1]));

	assert_int_equal(sample_others(&arena, root, pids, 2, 40, &sample, &err), 0);
	assert_int_equal(sample.count, 3);
	assert_true(sample.threads[0].kernel && sample.threads[0].bound);
	assert_true(sample.threads[1].kernel && !sample.threads[1].bound);
	assert_true(sample.threads[2].kernel && !sample.threads[2].bound);

	assert_int_equal(sample_memory(&arena, root, pids, 2, &memory, &err), 0);
	assert_true(memory.known);
	assert_int_equal(memory.nodes[0].own_kb, 8);
	assert_int_equal(sample_processes(&arena, root, pids + 1, 1, &sample, &err), -1);
	assert_non_null(strstr(err.text, "no thread of the container"));
	assert_int_equal(sample_others(&arena, -1, pids, 2, 40, &sample, &err), -1);
	assert_int_equal(remove_tree_at(AT_FDCWD, fake), 0);
}

static void this_process_can_be_read(void **state)
{
	AUTO_FD proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const pid_t self = getpid();
	struct cpuset all = set_of("0-8191");
	struct interrupts table;
	struct sample sample;

	(void)state;
	assert_int_equal(sample_processes(&arena, proc, &self, 1, &sample, &err), 0);
	assert_int_equal(sample.threads[0].tid, self);
	assert_true(cpuset_count(&sample.threads[0].allowed) >= 1);
	assert_int_equal(sample_others(&arena, proc, &self, 1, 1, &sample, &err), 0);
	assert_int_equal(interrupts_read(&arena, proc, &all, &table, &err), 0);
	assert_true(table.column_count >= 1);
}

#define VERIFY_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VERIFY_TEST(on_plan_there_is_nothing),
		VERIFY_TEST(a_thread_that_may_run_elsewhere),
		VERIFY_TEST(a_thread_that_ran_elsewhere),
		VERIFY_TEST(what_a_sleeping_thread_says_of_its_cpu_does_not_count),
		VERIFY_TEST(a_thread_that_was_moved),
		VERIFY_TEST(a_thread_that_was_forced_off),
		VERIFY_TEST(a_thread_that_waited),
		VERIFY_TEST(more_workers_than_cpus),
		VERIFY_TEST(a_new_thread_is_judged_by_its_place_only),
		VERIFY_TEST(a_foreign_task),
		VERIFY_TEST(the_kernels_own_threads_of_a_cpu_are_told_only),
		VERIFY_TEST(an_interrupt),
		VERIFY_TEST(an_interrupt_that_moves),
		VERIFY_TEST(a_ticking_timer),
		VERIFY_TEST(memory_elsewhere),
		VERIFY_TEST(an_isolation_that_was_lost),
		VERIFY_TEST(an_offline_cpu),
		VERIFY_TEST(what_is_off_plan_comes_first),
		VERIFY_TEST(interrupts_of_many_cpus),
		VERIFY_TEST(interrupts_between_two_readings),
		VERIFY_TEST(what_is_no_table_of_interrupts),
		VERIFY_TEST(threads_are_read),
		VERIFY_TEST(this_process_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
