// test_crash.c: containers that are killed while they run, that meet each other, and that find no room: nothing may be left, and
// where something fails it is said in words.
#include "apart.h"

enum { RACES = 20, AT_ONCE = 20, IN_A_ROW = 200 };

static struct host_state *clean;

static struct child run(struct fault *fault, const char *id, const char *bundle)
{
	return START(fault, "run", "--id", id, "--net", "eth0:veth,bridge=torture0,address=10.9.0.2/24,gateway=10.9.0.1", "--pid-file", in_scratch("pid/file"),
		     in_scratch("%s", bundle));
}

static struct child run_until_it_runs(const char *bundle)
{
	struct child child = run(NULL, "box", bundle);

	wait_until(has_run, &child, "the program begins");
	return child;
}

static void delete_box(void)
{
	struct child child = START(NULL, "delete", "--force", "box");

	child_expect(&child, 0, "delete --force");
	assert_string_equal(child_output(&child), "");
}

// --- while it runs

static void minirun_is_killed(void **state)
{
	struct child child = run_until_it_runs("long");

	(void)state;
	kill(child.pid, SIGKILL);
	child_expect(&child, 128 + SIGKILL, "minirun killed");
	no_process_left("minirun killed: the program dies with it");
	delete_box();
	expect_host(clean, "minirun killed");
}

static void the_program_is_killed(void **state)
{
	struct child child = run_until_it_runs("long");

	(void)state;
	kill(first_process(&child), SIGKILL);
	child_expect(&child, 128 + SIGKILL, "PID 1 killed");
	assert_string_equal(child_output(&child), "it ran\n");
	no_process_left("PID 1 killed");
	expect_host(clean, "PID 1 killed");
}

static void it_is_deleted(void **state)
{
	struct child child = run_until_it_runs("long");

	(void)state;
	delete_box();
	child_expect(&child, 128 + SIGKILL, "deleted while run is attached");
	assert_string_equal(child_output(&child), "it ran\n");
	no_process_left("deleted while run is attached");
	expect_host(clean, "deleted while run is attached");
}

static void everybody_deletes(void **state)
{
	struct child child = run_until_it_runs("long");
	struct child deletions[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		deletions[i] = START(NULL, "delete", "--force", "box");
	for (size_t i = 0; i < 8; i++)
		child_expect(&deletions[i], 0, "one of many deletes");
	child_expect(&child, 128 + SIGKILL, "deleted by many");
	no_process_left("deleted by many");
	expect_host(clean, "deleted by many");
}

// --- several at once

static bool has_ended(const void *child)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)((const struct child *)child)->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

static bool one_has_ended(const void *pair)
{
	const struct child *children = pair;

	return has_ended(&children[0]) || has_ended(&children[1]);
}

static void one_of_two_wins(void **state)
{
	(void)state;
	for (int i = 0; i < RACES; i++) {
		struct child children[2] = {run(NULL, "box", "long"), run(NULL, "box", "long")};
		size_t loser;

		wait_until(one_has_ended, children, "one of two with the same id ends");
		loser = has_ended(&children[0]) ? 0 : 1;
		child_expect(&children[loser], EXIT_MINIRUN_FAILED, "the loser of two with the same id");
		if (strstr(child_output(&children[loser]), "exists already") == NULL)
			fail_msg("the loser does not say why: %s", child_output(&children[loser]));
		wait_until(has_run, &children[1 - loser], "the winner runs");
		delete_box();
		child_expect(&children[1 - loser], 128 + SIGKILL, "the winner");
		no_process_left("two with the same id");
	}
	expect_host(clean, "two with the same id");
}

static void twenty_at_once(void **state)
{
	struct child children[AT_ONCE];

	(void)state;
	for (int i = 0; i < AT_ONCE; i++) {
		char net[128];

		snprintf(net, sizeof net, "eth0:veth,bridge=torture0,address=10.9.0.%d/24,gateway=10.9.0.1", i + 2);
		children[i] = START(NULL, "run", "--net", net, in_scratch("short"));
	}
	for (int i = 0; i < AT_ONCE; i++) {
		child_expect(&children[i], 0, "twenty of one bundle at once");
		if (strcmp(child_output(&children[i]), "it ran\n") != 0)
			fail_msg("twenty at once: %s", child_output(&children[i]));
	}
	no_process_left("twenty of one bundle at once");
	expect_host(clean, "twenty of one bundle at once");
}

static void many_in_a_row(void **state)
{
	int fds = count_fds();

	(void)state;
	for (int i = 0; i < IN_A_ROW; i++) {
		struct child child = run(NULL, "box", "short");

		child_expect(&child, 0, "one of many in a row");
		assert_string_equal(child_output(&child), "it ran\n");
	}
	no_process_left("many in a row");
	expect_host(clean, "many in a row");
	assert_int_equal(count_fds(), fds);
}

// --- no room

// All that may stay in a state root is the cache, which is nobody's.
static void expect_empty_root(const char *when)
{
	AUTO_DIR *dir = opendir(in_scratch("%s", state_name));
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(entry->d_name, ".seccomp") != 0)
			fail_msg("%s: %s is left in the state directory", when, entry->d_name);
}

// One run with the state root on a tmpfs with these options. Returns whether it worked; otherwise it must have said that there is no space.
static bool fits(const char *options)
{
	const char *root = in_scratch("small");
	struct child child;
	int code;

	assert_int_equal(mount("tmpfs", root, "tmpfs", 0, options), 0);
	state_name = "small";
	child = run(NULL, "box", "short");
	code = child_wait(&child, options);
	no_process_left(options);
	expect_empty_root(options);
	state_name = "state";
	assert_int_equal(umount2(root, MNT_DETACH), 0);
	expect_host(clean, options);
	if (code == 0)
		return true;
	if (code != EXIT_MINIRUN_FAILED || strstr(child_output(&child), "No space left on device") == NULL)
		fail_msg("%s: exit code %d: %s", options, code, child_output(&child));
	return false;
}

// With one file more each time, until it is enough: each thing that is made on the disk fails once.
static void the_disk_is_full(void **state)
{
	int files = 1;
	char options[64];

	(void)state;
	assert_false(fits("mode=700,size=4k"));
	do {
		assert_true(files < 100);
		snprintf(options, sizeof options, "mode=700,nr_inodes=%d", ++files);
	} while (!fits(options));
	assert_true(files > 5);
}

// With one file descriptor more each time. Undoing needs some, too: what it could not do, `delete` does.
static void there_are_no_descriptors(void **state)
{
	rlim_t files = 4;
	int code = -1;

	(void)state;
	while (code != 0) {
		struct fault fault = {.files = ++files};
		struct child child = run(&fault, "box", "short");
		char when[64];

		snprintf(when, sizeof when, "with %d file descriptors", (int)files);
		code = child_wait(&child, when);
		if (code != 0 && (code != EXIT_MINIRUN_FAILED || strstr(child_output(&child), "Too many open files") == NULL))
			fail_msg("%s: exit code %d: %s", when, code, child_output(&child));
		no_process_left(when);
		delete_box();
		expect_host(clean, when);
		assert_true(files < 100);
	}
}

// --- main

static int run_all(const struct group *group)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(minirun_is_killed),   cmocka_unit_test(the_program_is_killed), cmocka_unit_test(it_is_deleted),
		cmocka_unit_test(everybody_deletes),   cmocka_unit_test(one_of_two_wins),       cmocka_unit_test(twenty_at_once),
		cmocka_unit_test(many_in_a_row),       cmocka_unit_test(the_disk_is_full),      cmocka_unit_test(there_are_no_descriptors),
	};
	const char *image = strdup(in_scratch("image"));

	(void)group;
	make_image(image);
	make_bundle("long", image, PAYLOAD_LONG, NULL);
	make_bundle("short", image, PAYLOAD_SHORT, NULL);
	if (mkdir(in_scratch("small"), 0700) < 0)
		return 1;
	host_frozen[0] = image;
	host_directories[0] = strdup(in_scratch("state"));
	host_directories[1] = strdup(in_scratch("pid"));
	host_directories[2] = "/run";
	warm_up("short");
	clean = host_look();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	struct group group = {.name = "crash", .run = run_all};

	return run_groups(&group, 1);
}
