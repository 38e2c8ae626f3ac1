// test_resctrl.c: groups of resctrl on a fake tree: a plain directory in which this program plays the kernel's part, since hardly a machine has the real thing.
// mkdirat() and unlinkat() are defined here, so that the library's calls come by: a new group gets its files, and a removed one loses them with it.
#include "proc/resctrl.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
// cmocka wants the ones above first
#include <cmocka.h>

static char fake[] = "/tmp/test_resctrl.XXXXXX";
static int root = -1;
static struct error err;
static int groups_left = 8; // classes of service that the processor has
static bool monitors = true;

static void put(int dir, const char *name, const char *text)
{
	AUTO_FD fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void fill_group(int dir)
{
	put(dir, "tasks", "");
	put(dir, "schemata", "    L3:0=0000ff;1=0000ff\n    MB:0=100;1= 10\n");
	if (monitors)
		syscall(SYS_mkdirat, dir, "mon_groups", 0755);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	AUTO_FD made = -1;

	if (groups_left == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (syscall(SYS_mkdirat, dir, path, mode) < 0)
		return -1;
	made = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fill_group(made);
	return 0;
}

int unlinkat(int dir, const char *path, int flags)
{
	static bool inside; // remove_tree_at() calls this, too

	if (inside || !(flags & AT_REMOVEDIR))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	if (faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	inside = true;
	int result = remove_tree_at(dir, path);

	inside = false;
	return result;
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(fake));
	root = open(fake, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fill_group(root);
	syscall(SYS_mkdirat, root, "info", 0755);
	put(root, "info/last_cmd_status", "ok\n");
	err = ERROR_INIT;
	groups_left = 8;
	monitors = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close_fd(&root);
	assert_int_equal(remove_tree_at(AT_FDCWD, fake), 0);
	memcpy(fake + strlen(fake) - 6, "XXXXXX", 6);
	return 0;
}

static const char *content(const char *path)
{
	static char text[4096];

	assert_true(read_file_at(root, path, text, sizeof text) >= 0);
	return text;
}

static bool exists(const char *path)
{
	return faccessat(root, path, F_OK, 0) == 0;
}

static int prepare(struct resctrl_group group, const char *first, const char *second, struct resctrl_made *ret_made)
{
	const char *items[] = {first, second};

	group.lines = (struct strings){.items = items, .count = (size_t)(first != NULL) + (second != NULL)};
	err = ERROR_INIT;
	return resctrl_prepare(root, &group, ret_made, &err);
}

#define assert_refused(expression, errno_, words)                                  \
	do {                                                                       \
		assert_int_equal((expression), -1);                                \
		assert_int_equal(err.code, (errno_));                              \
		if (strstr(err.text, (words)) == NULL)                             \
			fail_msg("expected '%s' in '%s'", (words), err.text);      \
	} while (0)

static void a_new_group_has_its_schemata(void **state)
{
	struct resctrl_made made = {0};

	(void)state;
	assert_int_equal(prepare((struct resctrl_group){.name = "box", .monitor = "box"}, "L3:0=f", "MB:0=50", &made), 0);
	assert_true(made.group && made.monitor);
	// One write, as the spec wants; the file of the fake keeps what was longer before.
	assert_true(strncmp(content("box/schemata"), "L3:0=f\nMB:0=50\n", 15) == 0);
	assert_true(exists("box/mon_groups/box"));
	assert_int_equal(resctrl_join(root, "box", "box", 4711, &err), 0);
	assert_string_equal(content("box/tasks"), "4711");
	assert_string_equal(content("box/mon_groups/box/tasks"), "4711");
	assert_string_equal(content("tasks"), "");
	assert_int_equal(resctrl_remove(root, "box/mon_groups/box", &err), 0);
	assert_int_equal(resctrl_remove(root, "box", &err), 0);
	assert_int_equal(resctrl_remove(root, "box", &err), 0);
	assert_false(exists("box"));
}

static void without_a_schema_none_is_written(void **state)
{
	struct resctrl_made made = {0};

	(void)state;
	assert_int_equal(prepare((struct resctrl_group){.name = "box"}, NULL, NULL, &made), 0);
	assert_true(made.group && !made.monitor);
	assert_non_null(strstr(content("box/schemata"), "L3:0=0000ff"));
}

static void a_group_that_is_there_is_compared(void **state)
{
	struct resctrl_made made = {.group = true};

	(void)state;
	assert_int_equal(mkdirat(root, "gold", 0755), 0);
	assert_int_equal(prepare((struct resctrl_group){.name = "gold"}, "L3:0=ff;1=FF", "MB:1=10", &made), 0);
	assert_false(made.group);
	assert_refused(prepare((struct resctrl_group){.name = "gold"}, "L3:0=f", NULL, &made), EINVAL, "resctrl group gold is there already and does not have the schema L3:0=f; leave the schema out");
	assert_non_null(strstr(content("gold/schemata"), "0000ff"));
	assert_int_equal(prepare((struct resctrl_group){.name = "gold", .must_exist = true, .monitor = "box"}, NULL, NULL, &made), 0);
	assert_true(!made.group && made.monitor);
	// The container's id as a monitoring group that is somebody's already.
	assert_refused(prepare((struct resctrl_group){.name = "gold", .monitor = "box"}, NULL, NULL, &made), EEXIST, "remove it (rmdir)");
	assert_true(exists("gold"));
	assert_refused(prepare((struct resctrl_group){.name = "absent", .must_exist = true}, NULL, NULL, &made), ENOENT, "there is no resctrl group absent (linux.intelRdt.closID); make it first");
	assert_false(exists("absent"));
}

static void the_root_group(void **state)
{
	struct resctrl_made made = {.group = true};

	(void)state;
	assert_int_equal(prepare((struct resctrl_group){.name = "", .must_exist = true, .monitor = "box"}, NULL, NULL, &made), 0);
	assert_false(made.group);
	assert_int_equal(resctrl_join(root, "", "box", 7, &err), 0);
	assert_string_equal(content("mon_groups/box/tasks"), "7");
	assert_refused(prepare((struct resctrl_group){.name = ""}, "L3:0=1", NULL, &made), EINVAL, "resctrl group / is there already");
}

static void what_fails_leaves_nothing(void **state)
{
	struct resctrl_made made = {0};

	(void)state;
	monitors = false;
	assert_refused(prepare((struct resctrl_group){.name = "box", .monitor = "box"}, "L3:0=f", NULL, &made), ENOENT, "this processor or kernel does not monitor");
	assert_false(exists("box"));
	put(root, "info/last_cmd_status", "no free CLOSIDs\n");
	groups_left = 0;
	assert_refused(prepare((struct resctrl_group){.name = "box"}, NULL, NULL, &made), ENOSPC, "the kernel says: no free CLOSIDs; the processor has no more classes of service");
	assert_refused(resctrl_join(root, "box", NULL, 1, &err), ENOENT, "cannot put process 1 into resctrl group box");
	assert_false(made.group);
}

static void only_a_resctrl_file_system_will_do(void **state)
{
	(void)state;
	assert_refused(resctrl_open(fake, &err), ENOTSUP, "is not a resctrl file system");
	assert_refused(resctrl_open("/nowhere", &err), ENOENT, "cannot open the resctrl file system /nowhere");
}

static void lines_are_compared_by_value(void **state)
{
	static const char there[] = "    MB:0= 50;1=100\n    L3:0=000ff;1=00000\nL3CODE:0=3\n";

	(void)state;
	assert_true(resctrl_line_matches(there, "MB:0=50;1=100"));
	assert_true(resctrl_line_matches(there, "MB:1=100"));
	assert_true(resctrl_line_matches(there, " L3:0=FF"));
	assert_true(resctrl_line_matches(there, "L3:1=0"));
	assert_true(resctrl_line_matches(there, "L3CODE:0=3"));
	assert_true(resctrl_line_matches(there, "MB:0= 50"));
	assert_false(resctrl_line_matches(there, "MB:0=5"));
	assert_false(resctrl_line_matches(there, "MB:2=50"));
	assert_false(resctrl_line_matches(there, "L3:0=f"));
	assert_false(resctrl_line_matches(there, "L2:0=f"));
	assert_false(resctrl_line_matches(there, "L3"));
	assert_false(resctrl_line_matches(there, "L3:x"));
	assert_false(resctrl_line_matches("", "L3:0=f"));
}

// The fake's files are plain ones: what is written first stands before what was there.
static void schemata_change_and_change_back(void **state)
{
	const char *items[] = {"L3:0=000f;1=000f", "MB:0=50"};
	const struct strings lines = {.items = items, .count = 2};
	struct resctrl_made made;
	char *former = NULL;

	(void)state;
	assert_int_equal(prepare((struct resctrl_group){.name = "box"}, NULL, NULL, &made), 0);
	assert_int_equal(resctrl_change(root, "box", &lines, &former, &err), 0);
	assert_ptr_equal(strstr(content("box/schemata"), "L3:0=000f;1=000f\nMB:0=50\n"), content("box/schemata"));
	assert_string_equal(former, "    L3:0=0000ff;1=0000ff\n    MB:0=100;1= 10\n");
	const char *text = former;
	assert_int_equal(resctrl_change(root, "box", &(const struct strings){.items = &text, .count = 1}, NULL, &err), 0);
	assert_ptr_equal(strstr(content("box/schemata"), former), content("box/schemata"));
	free(former);
	assert_int_equal(resctrl_change(root, "absent", &lines, NULL, &err), -1);
	assert_non_null(strstr(err.text, "cannot open resctrl group absent: No such file or directory"));
}

#define TREE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(a_new_group_has_its_schemata),
		TREE_TEST(without_a_schema_none_is_written),
		TREE_TEST(a_group_that_is_there_is_compared),
		TREE_TEST(the_root_group),
		TREE_TEST(what_fails_leaves_nothing),
		TREE_TEST(schemata_change_and_change_back),
		TREE_TEST(only_a_resctrl_file_system_will_do),
		cmocka_unit_test(lines_are_compared_by_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
