// test_ledger.c: claims on CPUs: written, read, refused, recovered, in a directory of the test's own and with a made-up /proc.
#include "base/cleanup.h"
#include "base/file.h"
#include "base/process.h"
#include "cpus/ledger.h"
#include "cpus/ledger_record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
// cmocka wants the ones above first
#include <cmocka.h>

#include "../assert.h"

static char place[] = "/tmp/minirun-test-ledger.XXXXXX";
static char directory[sizeof place + 16];
static int proc = -1; // made up
static struct arena arena;
static struct error err;

static void assert_error(int result, int code, const char *text)
{
	assert_int_equal(result, -1);
	if (err.code != code || strstr(err.text, text) == NULL)
		fail_msg("got %d \"%s\", expected %d \"%s\"", err.code, err.text, code, text);
}

// A process of the made-up /proc; its name is as nasty as names can be.
static void make_process(pid_t pid, uint64_t start, char state)
{
	char name[32], text[512];

	snprintf(name, sizeof name, "%d", (int)pid);
	assert_true(mkdirat(proc, name, 0755) == 0 || errno == EEXIST);
	snprintf(name, sizeof name, "%d/stat", (int)pid);
	snprintf(text, sizeof text, "%d (a) R 1 (b) %c 1 2 3 4 5 4194560 6 7 8 9 10 11 12 13 14 15 16 17 %llu 19 20\n", (int)pid, state, (unsigned long long)start);
	assert_int_equal(write_file_atomic_at(proc, name, text, strlen(text), 0644), 0);
}

static void make_boot(const char *boot, const char *pid_namespace)
{
	assert_int_equal(remove_tree_at(proc, "sys"), 0);
	assert_int_equal(remove_tree_at(proc, "self"), 0);
	if (boot != NULL) {
		assert_int_equal(mkdirat(proc, "sys", 0755) | mkdirat(proc, "sys/kernel", 0755) | mkdirat(proc, "sys/kernel/random", 0755), 0);
		assert_int_equal(write_file_atomic_at(proc, "sys/kernel/random/boot_id", boot, strlen(boot), 0644), 0);
	}
	if (pid_namespace != NULL) {
		assert_int_equal(mkdirat(proc, "self", 0755) | mkdirat(proc, "self/ns", 0755), 0);
		assert_int_equal(symlinkat(pid_namespace, proc, "self/ns/pid"), 0);
	}
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(place));
	snprintf(directory, sizeof directory, "%s/cores", place);
	assert_int_equal(mkdir(strcat(strcpy((char[64]){0}, place), "/proc"), 0755), 0);
	proc = open(strcat(strcpy((char[64]){0}, place), "/proc"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(proc >= 0);
	make_boot("0b9a\n", "pid:[42]");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_fd(&proc);
	arena_free(&arena);
	assert_int_equal(remove_tree_at(AT_FDCWD, place), 0);
	strcpy(place + strlen(place) - 6, "XXXXXX");
	return 0;
}

static struct cpuset set(const char *list)
{
	struct cpuset cpus;

	assert_ok(cpuset_parse(&arena, list, &cpus, &err));
	return cpus;
}

static struct ledger_claim claim_of(const char *owner, const char *cpus, pid_t pid)
{
	return (struct ledger_claim){.owner = owner, .id = strrchr(owner, '/') + 1, .pid = pid, .pid_start = 1000 + (uint64_t)pid, .cpus = set(cpus), .node = -1};
}

static struct ledger open_ledger(bool write)
{
	struct ledger ledger = LEDGER_INIT;

	assert_ok(ledger_open(directory, write, &ledger, &err));
	return ledger;
}

static void put(const struct ledger_claim *claim)
{
	struct ledger ledger = open_ledger(true);

	assert_ok(ledger_put(&ledger, proc, claim, &err));
	ledger_close(&ledger);
}

static struct ledger_claims claims(void)
{
	struct ledger ledger = open_ledger(false);
	struct ledger_claims all;

	assert_ok(ledger_read(&arena, &ledger, proc, &all, &err));
	ledger_close(&ledger);
	return all;
}

// A living owner.
static void own(const char *owner, const char *cpus, pid_t pid)
{
	struct ledger_claim claim = claim_of(owner, cpus, pid);

	make_process(pid, claim.pid_start, 'S');
	put(&claim);
}

static const char *taken(const char *except)
{
	struct ledger_claims all = claims();
	struct cpuset cpus;

	assert_ok(ledger_taken(&arena, &all, except, &cpus, &err));
	return cpuset_format(&arena, &cpus);
}

// --- tests

static void nobody_owns_anything_where_there_is_no_ledger(void **state)
{
	struct ledger ledger = open_ledger(false);
	struct ledger_claims all;

	(void)state;
	assert_int_equal(ledger.dir, -1);
	assert_ok(ledger_read(&arena, &ledger, proc, &all, &err));
	assert_int_equal(all.count, 0);
	ledger_close(&ledger);
	ledger_close(&ledger);
	assert_int_equal(access(directory, F_OK), -1); // a reader makes nothing
	assert_string_equal(taken(NULL), "");
}

static void assert_same(const struct ledger_claim *got, const struct ledger_claim *expected)
{
	assert_string_equal(got->owner, expected->owner);
	assert_string_equal(got->id, expected->id);
	assert_int_equal(got->pid, expected->pid);
	assert_int_equal(got->pid_start, expected->pid_start);
	assert_true(cpuset_equal(&got->cpus, &expected->cpus));
	assert_true(cpuset_equal(&got->mains, &expected->mains));
	assert_true(cpuset_equal(&got->workers, &expected->workers));
	assert_true(cpuset_equal(&got->housekeeping, &expected->housekeeping));
	assert_true(cpuset_equal(&got->idle, &expected->idle));
	assert_int_equal(got->shared, expected->shared);
	assert_int_equal(got->steer, expected->steer);
	assert_int_equal(got->holds_latency, expected->holds_latency);
	assert_int_equal(got->latency, expected->latency);
	assert_int_equal(got->enforce, expected->enforce);
	assert_int_equal(got->node, expected->node);
	assert_int_equal(got->threads.count, expected->threads.count);
	for (size_t i = 0; i < got->threads.count; i++)
		assert_string_equal(got->threads.items[i], expected->threads.items[i]);
}

static void a_claim_reads_back_as_it_was_written(void **state)
{
	static const char *rules[] = {"vpp_main=main", "odd\nname 100%=workers", "*=housekeeping", ""};
	struct ledger_claim claim = claim_of("/run/minirun/c1", "2-5,2047", 77);
	struct ledger_claims all;

	(void)state;
	claim.mains = set("2");
	claim.workers = set("3-4,2047");
	claim.housekeeping = set("0");
	claim.idle = set("5");
	claim.steer = claim.enforce = claim.holds_latency = true;
	claim.latency = 20;
	claim.node = 1;
	claim.level = "partition";
	claim.cgroup = "/minirun-c1";
	claim.threads = (struct strings){.items = rules, .count = 4};
	put(&claim);
	all = claims();
	assert_int_equal(all.count, 1);
	assert_same(&all.items[0], &claim);
	assert_string_equal(all.items[0].level, "partition");
	assert_string_equal(all.items[0].cgroup, "/minirun-c1");
	assert_null(all.items[0].damaged);
	assert_string_equal(all.items[0].file, "+run+minirun+c1.claim");
	// A new claim of the same owner takes the old one's place.
	claim = claim_of("/run/minirun/c1", "7", 78);
	claim.shared = true;
	put(&claim);
	all = claims();
	assert_int_equal(all.count, 1);
	assert_same(&all.items[0], &claim);
	assert_null(all.items[0].level);
	assert_null(all.items[0].cgroup);
}

static void every_owner_has_a_file_of_its_own(void **state)
{
	static const char *const owners[] = {"/a/b", "/a+b", "/a%2Fb", "/a%2fb", "/a b", "/a\nb", "/x.claim.5.tmp", "/\xc3\xa4", "/a//b", "/a/b.claim", "/%", "/a/../b"};
	struct ledger_claims all;

	(void)state;
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		const char *name = ledger_file_name(&arena, owners[i]);

		assert_null(strchr(name, '/'));
		assert_string_equal(ledger_file_owner(&arena, name), owners[i]);
		own(owners[i], "1", 10);
	}
	all = claims();
	assert_int_equal(all.count, sizeof owners / sizeof *owners);
	for (size_t i = 1; i < all.count; i++)
		assert_true(strcmp(all.items[i - 1].owner, all.items[i].owner) < 0);
	assert_null(ledger_file_name(&arena, "relative"));
	assert_null(ledger_file_owner(&arena, "lock"));
	assert_null(ledger_file_owner(&arena, "neighbours"));
	assert_null(ledger_file_owner(&arena, "+a.claim.5.tmp"));
	assert_null(ledger_file_owner(&arena, "+a%zz.claim"));
	assert_null(ledger_file_owner(&arena, "+a%00.claim"));
}

static void a_path_too_long_for_a_file_name_is_refused(void **state)
{
	char owner[NAME_MAX + 2] = "/";
	struct ledger ledger = open_ledger(true);
	struct ledger_claim claim;

	(void)state;
	memset(owner + 1, 'a', NAME_MAX - 1);
	claim = claim_of(owner, "1", 10);
	err = ERROR_INIT;
	assert_error(ledger_put(&ledger, proc, &claim, &err), ENAMETOOLONG, "choose a shorter --root or container id");
	assert_ok(ledger_remove(&ledger, owner, &err)); // it has none
	owner[NAME_MAX - 18] = '\0'; // room for ".claim" and ".4194304.tmp"
	claim = claim_of(owner, "1", 10);
	assert_ok(ledger_put(&ledger, proc, &claim, &err));
	ledger_close(&ledger);
	assert_int_equal(claims().count, 1);
}

static void an_owned_cpu_is_refused_and_its_owner_named(void **state)
{
	struct ledger_claims all;
	struct cpuset wanted = set("1,4,6");

	(void)state;
	own("/run/minirun/lab1", "2-5", 10);
	own("/srv/other/lab2", "6-7", 11);
	all = claims();
	assert_string_equal(taken(NULL), "2-7");
	assert_string_equal(taken("/run/minirun/lab1"), "6-7");
	err = ERROR_INIT;
	assert_error(ledger_refuse(&all, &wanted, NULL, &err), EBUSY, "CPU 4 is owned by container \"lab1\" (/run/minirun/lab1, pid 10); ");
	assert_error(ledger_refuse(&all, &wanted, "/run/minirun/lab1", &err), EBUSY, "CPU 6 is owned by container \"lab2\" (/srv/other/lab2, pid 11); ");
	wanted = set("0-1,8-4096");
	assert_ok(ledger_refuse(&all, &wanted, NULL, &err));
	assert_string_equal(ledger_owner(&all, 5, NULL)->id, "lab1");
	assert_null(ledger_owner(&all, 5, "/run/minirun/lab1"));
	assert_null(ledger_owner(&all, 8, NULL));
	assert_string_equal(ledger_find(&all, "/srv/other/lab2")->id, "lab2");
	assert_null(ledger_find(&all, "lab2"));
}

static void shared_cpus_keep_nobody_off(void **state)
{
	struct ledger_claim claim = claim_of("/r/shared", "2-5", 10);
	struct ledger_claims all;
	struct cpuset wanted = set("3"), steered;

	(void)state;
	make_process(10, 1010, 'R');
	claim.shared = claim.steer = true;
	put(&claim);
	assert_string_equal(taken(NULL), "");
	all = claims();
	assert_ok(ledger_refuse(&all, &wanted, NULL, &err));
	assert_null(ledger_owner(&all, 3, NULL));
	steered = ledger_steered(&arena, &all);
	assert_string_equal(cpuset_format(&arena, &steered), "2-5");
}

static void only_living_claims_that_ask_for_it_are_steered_around(void **state)
{
	struct ledger_claim claim = claim_of("/r/a", "2", 10);
	struct ledger_claims all;
	struct cpuset steered;

	(void)state;
	make_process(10, 1010, 'S');
	claim.steer = true;
	put(&claim);
	own("/r/b", "3", 11);
	claim = claim_of("/r/dead", "4", 12);
	claim.steer = true;
	put(&claim);
	all = claims();
	steered = ledger_steered(&arena, &all);
	assert_string_equal(cpuset_format(&arena, &steered), "2");
}

// pid, start time, zombie, boot, pid namespace.
static void an_owner_that_died_is_stale(void **state)
{
	struct ledger_claim claim = claim_of("/r/c", "2", 10);

	(void)state;
	put(&claim);
	assert_true(claims().items[0].stale);
	make_process(10, claim.pid_start, 'S');
	assert_false(claims().items[0].stale);
	assert_string_equal(taken(NULL), "2");
	make_process(10, claim.pid_start + 1, 'S'); // the number is somebody else's by now
	assert_true(claims().items[0].stale);
	assert_string_equal(taken(NULL), "");
	make_process(10, claim.pid_start, 'Z');
	assert_true(claims().items[0].stale);
	make_process(10, claim.pid_start, 'S');
	make_boot("another\n", "pid:[42]");
	assert_true(claims().items[0].stale);
	make_boot(NULL, NULL);
	assert_false(claims().items[0].stale);
	make_boot("0b9a\n", "pid:[43]"); // who looks from another pid namespace cannot tell
	make_process(10, claim.pid_start + 1, 'S');
	assert_false(claims().items[0].stale);
	claim.pid = 0;
	put(&claim);
	assert_true(claims().items[0].stale);
}

static void a_stale_claim_goes_with_its_removal(void **state)
{
	struct ledger ledger;

	(void)state;
	own("/r/a", "2", 10);
	own("/r/b", "3", 11);
	ledger = open_ledger(true);
	assert_ok(ledger_remove(&ledger, "/r/a", &err));
	assert_ok(ledger_remove(&ledger, "/r/a", &err));
	assert_ok(ledger_remove(&ledger, "/r/never", &err));
	ledger_close(&ledger);
	assert_int_equal(claims().count, 1);
	assert_string_equal(taken(NULL), "3");
}

// --- files that are not as they were written

static char good[2048];

static void write_claim_file(const char *text, size_t length)
{
	char path[sizeof directory + 32];

	snprintf(path, sizeof path, "%s/+r+c.claim", directory);
	assert_int_equal(write_file_atomic_at(AT_FDCWD, path, text, length, 0644), 0);
}

static void assert_damaged(const char *why)
{
	struct ledger_claims all = claims();
	struct cpuset cpus = set("1");

	assert_int_equal(all.count, 1);
	assert_string_equal(all.items[0].owner, "/r/c");
	assert_string_equal(all.items[0].id, "c");
	if (all.items[0].damaged == NULL || strstr(all.items[0].damaged, why) == NULL)
		fail_msg("got \"%s\", expected \"%s\"", all.items[0].damaged != NULL ? all.items[0].damaged : "nothing wrong", why);
	err = ERROR_INIT;
	assert_error(ledger_taken(&arena, &all, NULL, &cpus, &err), EUCLEAN, "/run/minirun-cores/+r+c.claim: ");
	assert_error(ledger_refuse(&all, &cpus, NULL, &err), EUCLEAN, "remove the file when it is gone");
	assert_ok(ledger_taken(&arena, &all, "/r/c", &cpus, &err)); // its own owner replaces it
	assert_false(all.items[0].stale);
	assert_null(ledger_owner(&all, 1, NULL));
}

// `good` with one part replaced.
static void write_changed(const char *part, const char *by)
{
	const char *at = strstr(good, part);
	const char *text;

	assert_non_null(at);
	text = arena_printf(&arena, "%.*s%s%s", (int)(at - good), good, by, at + strlen(part));
	write_claim_file(text, strlen(text));
}

static void a_damaged_file_is_no_lost_owner(void **state)
{
	static const struct { const char *part, *by, *why; } samples[] = {
		{"minirun-claim 1", "minirun-claim 2", "first line"},
		{"\nend\n", "\n", "\"end\", is missing"},
		{"\nend\n", "\nen", "not whole"},
		{"cpus 2-3\n", "", "\"cpus\" is missing"},
		{"cpus 2-3", "cpus 3-2", "\"cpus\" cannot be \"3-2\""},
		{"cpus 2-3", "cpus 2-3\ncpus 2", "\"cpus\" is there twice"},
		{"cpus 2-3", "cpus", "has no value"},
		{"pid 10", "pid -1", "\"pid\" cannot be"},
		{"pid 10", "pid 99999999999", "\"pid\" cannot be"},
		{"shared no", "shared maybe", "\"shared\" cannot be"},
		{"node -1", "node -2", "\"node\" cannot be"},
		{"thread a=main", "thread a%ZZ", "\"thread\" cannot be"},
		{"id c", "id %00", "\"id\" cannot be"},
		{"owner /r/c", "owner /r/d", "another owner"},
	};
	static const char *rules[] = {"a=main"};
	struct ledger_claim claim = claim_of("/r/c", "2-3", 10);
	char path[sizeof directory + 32];

	(void)state;
	claim.threads = (struct strings){.items = rules, .count = 1};
	make_process(10, claim.pid_start, 'S');
	put(&claim);
	snprintf(path, sizeof path, "%s/+r+c.claim", directory);
	assert_true(read_file_at(AT_FDCWD, path, good, sizeof good) > 0);
	strcat(good, "\n"); // read_file_at() drops it
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		write_changed(samples[i].part, samples[i].by);
		assert_damaged(samples[i].why);
	}
	write_claim_file("", 0);
	assert_damaged("first line");
	write_claim_file("minirun-claim 1\nend\0", 21);
	assert_damaged("not text");
	for (size_t length = 0; length < strlen(good) - 1; length++) { // cut anywhere but behind "end"
		write_claim_file(good, length);
		assert_damaged("");
	}
	write_changed("\nnode", "\nof-a-later-minirun 1 2 3\nnode");
	assert_null(claims().items[0].damaged);
}

static void a_file_that_cannot_be_read_is_no_lost_owner(void **state)
{
	char path[sizeof directory + 32];

	(void)state;
	own("/r/c", "2", 10);
	snprintf(path, sizeof path, "%s/+r+c.claim", directory);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_damaged(""); // not followed
}

static void what_a_killed_writer_left_is_cleared_away(void **state)
{
	char path[sizeof directory + 32];
	struct ledger ledger;
	struct ledger_claims all;

	(void)state;
	own("/r/c", "2", 10);
	snprintf(path, sizeof path, "%s/+r+d.claim.4711.tmp", directory);
	assert_int_equal(write_file_atomic_at(AT_FDCWD, path, "minirun-cl", 10, 0644), 0);
	assert_int_equal(claims().count, 1);
	assert_int_equal(access(path, F_OK), 0); // a reader clears nothing
	ledger = open_ledger(true);
	assert_ok(ledger_read(&arena, &ledger, proc, &all, &err));
	ledger_close(&ledger);
	assert_int_equal(all.count, 1);
	assert_int_equal(access(path, F_OK), -1);
}

// --- rights

static void the_directory_is_its_owners_alone(void **state)
{
	struct ledger ledger;
	struct stat info;
	mode_t former = umask(0077);

	(void)state;
	ledger = open_ledger(true);
	umask(former);
	assert_true(fcntl(ledger.dir, F_GETFD) & FD_CLOEXEC && fcntl(ledger.lock, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(ledger.dir, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0755);
	assert_int_equal(fstat(ledger.lock, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	ledger_close(&ledger);
	assert_int_equal(access(directory, F_OK), -1); // nobody is in it
	assert_int_equal(mkdir(directory, 0777), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	err = ERROR_INIT;
	assert_error(ledger_open(directory, true, &ledger, &err), EPERM, "others than its owner can write");
	assert_int_equal(rmdir(directory), 0);
}

static int as_nobody(void)
{
	struct ledger ledger = LEDGER_INIT;
	struct ledger_claims all;
	struct error problem = ERROR_INIT;

	if (setgid(65534) < 0 || setuid(65534) < 0)
		return 1;
	if (ledger_open(directory, true, &ledger, &problem) == 0 || strstr(problem.text, "shared=yes") == NULL)
		return 2;
	if (ledger_open(directory, false, &ledger, &problem) < 0 || ledger.lock != -1)
		return 3;
	if (ledger_read(&arena, &ledger, proc, &all, &problem) < 0 || all.count != 1 || all.items[0].damaged != NULL || all.items[0].stale)
		return 4;
	ledger_close(&ledger);
	snprintf(directory, sizeof directory, "/proc/nowhere");
	return ledger_open(directory, true, &ledger, &problem) == 0 ? 5 : 0;
}

static void others_read_and_cannot_own(void **state)
{
	struct ledger held = LEDGER_INIT;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) // then this is what all the other tests are
		return;
	own("/r/c", "2", 10);
	assert_int_equal(chmod(place, 0755), 0);
	assert_int_equal(fchmod(proc, 0755), 0);
	held = open_ledger(true); // holds up nobody who may not lock
	pid = fork();
	if (pid == 0)
		_exit(as_nobody());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	ledger_close(&held);
	assert_int_equal(status, 0);
}

// --- several at once

// Takes the lowest free CPU of 0-63, as a start of a container does; gives up after all are taken.
static int take_one(unsigned number)
{
	struct ledger ledger = LEDGER_INIT;
	struct arena own_arena = {0};
	struct ledger_claims all;
	struct cpuset cpus;
	char owner[32];
	struct ledger_claim claim = {.owner = owner, .id = "x", .pid = 10, .pid_start = 1010, .node = -1};
	unsigned cpu = 0;

	snprintf(owner, sizeof owner, "/r/c%u", number);
	if (ledger_open(directory, true, &ledger, &err) < 0 || ledger_read(&own_arena, &ledger, proc, &all, &err) < 0 || ledger_taken(&own_arena, &all, NULL, &cpus, &err) < 0)
		return 1;
	while (cpuset_has(&cpus, cpu))
		cpu++;
	sched_yield();
	cpuset_add(&own_arena, &claim.cpus, cpu);
	if (ledger_refuse(&all, &claim.cpus, owner, &err) < 0 || ledger_put(&ledger, proc, &claim, &err) < 0)
		return 2;
	ledger_close(&ledger);
	arena_free(&own_arena);
	return 0;
}

enum { WRITERS = 40 };

static void parallel_writers_never_take_the_same_cpu(void **state)
{
	struct ledger_claims all;
	struct cpuset together = {0};

	(void)state;
	make_process(10, 1010, 'S');
	for (unsigned i = 0; i < WRITERS; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(take_one(i));
		assert_true(pid > 0);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	all = claims();
	assert_int_equal(all.count, WRITERS);
	for (size_t i = 0; i < all.count; i++) {
		assert_int_equal(cpuset_count(&all.items[i].cpus), 1);
		assert_false(cpuset_intersects(&together, &all.items[i].cpus));
		together = cpuset_union(&arena, &together, &all.items[i].cpus);
	}
	assert_string_equal(cpuset_format(&arena, &together), "0-39");
}

// A container's init is born with all fds of its maker: the lock must not live on with it.
static void closing_unlocks_for_a_child_too(void **state)
{
	struct ledger ledger = open_ledger(true);
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pause();
		_exit(0);
	}
	ledger_close(&ledger);
	ledger = open_ledger(true); // would wait for ever
	ledger_close(&ledger);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void real_processes_are_read(void **state)
{
	struct process_stat stat;
	uint64_t start = process_start(AT_FDCWD, getpid());

	(void)state;
	assert_true(start > 0);
	assert_int_equal(process_stat(AT_FDCWD, getpid(), &stat), 0);
	assert_int_equal(stat.state, 'R');
	assert_int_equal(stat.start, start);
	assert_int_equal(process_start(AT_FDCWD, 0), 0);
	assert_int_equal(process_start(proc, 4711), 0);
	make_process(9, 123, 'S');
	assert_int_equal(process_stat(proc, 9, &stat), 0);
	assert_int_equal(stat.start, 123);
	assert_int_equal(stat.flags, 4194560);
	assert_int_equal(write_file_atomic_at(proc, "9/stat", "9 (no end", 9, 0644), 0);
	assert_int_equal(process_stat(proc, 9, &stat), -1);
	assert_int_equal(errno, EINVAL);
}

#define test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nobody_owns_anything_where_there_is_no_ledger),
		test(a_claim_reads_back_as_it_was_written),
		test(every_owner_has_a_file_of_its_own),
		test(a_path_too_long_for_a_file_name_is_refused),
		test(an_owned_cpu_is_refused_and_its_owner_named),
		test(shared_cpus_keep_nobody_off),
		test(only_living_claims_that_ask_for_it_are_steered_around),
		test(an_owner_that_died_is_stale),
		test(a_stale_claim_goes_with_its_removal),
		test(a_damaged_file_is_no_lost_owner),
		test(a_file_that_cannot_be_read_is_no_lost_owner),
		test(what_a_killed_writer_left_is_cleared_away),
		test(the_directory_is_its_owners_alone),
		test(others_read_and_cannot_own),
		test(parallel_writers_never_take_the_same_cpu),
		test(closing_unlocks_for_a_child_too),
		test(real_processes_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
