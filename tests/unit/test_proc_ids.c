// test_proc_ids.c: id maps that the kernel would refuse without a name, rlimits, and what an ordinary user may do.
#include "proc/ids.h"

#include "tests/unit/in_child.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static struct id_mapping good[] = {{0, 1000, 1}};
static const struct id_mappings good_map = {good, 1};

static void expect_refused(struct id_mapping *items, size_t count, const char *text)
{
	struct id_mappings map = {items, count};
	struct error err = ERROR_INIT;

	// The pid is nobody's and the fd closed: a map that is checked first never reaches them.
	assert_int_equal(ids_write_maps(-1, 1, &(struct id_maps){.uids = &map, .gids = &good_map}, &err), -1);
	assert_int_equal(err.code, EINVAL);
	if (strstr(err.text, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, err.text);
	assert_int_equal(ids_write_maps(-1, 1, &(struct id_maps){.uids = &good_map, .gids = &map}, &err), -1);
	assert_int_equal(err.code, EINVAL);
	assert_non_null(strstr(err.text, "gid"));
}

static void wrong_maps(void **state)
{
	struct id_mapping many[341];

	(void)state;
	expect_refused(NULL, 0, "there are no uid mappings");
	expect_refused((struct id_mapping[]){{0, 5, 0}}, 1, "uids 0+0 to host uids 5+0: the size must not be 0");
	expect_refused((struct id_mapping[]){{4294967290U, 5, 6}}, 1, "ids end at 4294967294");
	expect_refused((struct id_mapping[]){{0, 4294967295U, 1}}, 1, "ids end at 4294967294");
	expect_refused((struct id_mapping[]){{0, 100, 10}, {9, 200, 1}}, 2, "container uids 9+1 to host uids 200+1: another mapping has some of these container ids");
	expect_refused((struct id_mapping[]){{0, 100, 10}, {10, 109, 1}}, 2, "another mapping has some of these host ids");
	for (unsigned i = 0; i < 341; i++)
		many[i] = (struct id_mapping){i, i, 1};
	expect_refused(many, 341, "341 mappings are more than the kernel takes (340)");
}

static void long_map(void **state)
{
	struct id_mapping items[200];
	struct id_mappings map = {items, 200};
	struct error err = ERROR_INIT;

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		items[i] = (struct id_mapping){1000000000 + i, 2000000000 + i, 1};
	assert_int_equal(ids_write_maps(-1, 1, &(struct id_maps){.uids = &map, .gids = &good_map}, &err), -1);
	assert_int_equal(err.code, E2BIG);
}

static int lower_limits(void *unused)
{
	struct rlimit_value limit = {.resource = RLIMIT_NOFILE, .soft = 20, .hard = 30};
	struct error err = ERROR_INIT;
	struct rlimit now;

	(void)unused;
	if (ids_set_rlimit(&limit, &err) < 0 || getrlimit(RLIMIT_NOFILE, &now) < 0 || now.rlim_cur != 20 || now.rlim_max != 30)
		return 1;
	limit = (struct rlimit_value){.resource = RLIMIT_NOFILE, .soft = 31, .hard = 30};
	if (ids_set_rlimit(&limit, &err) == 0 || err.code != EINVAL || strstr(err.text, "soft limit is above the hard") == NULL)
		return 2;
	limit = (struct rlimit_value){.resource = 99, .soft = 1, .hard = 1};
	return ids_set_rlimit(&limit, &err) == 0 || err.code != EINVAL ? 3 : 0;
}

static int raise_as_nobody(void *unused)
{
	struct rlimit_value limit = {.resource = RLIMIT_CORE, .soft = 0, .hard = 1000};
	struct error err = ERROR_INIT;

	(void)unused;
	if (ids_set_rlimit(&limit, &err) < 0 || (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0))
		return 1;
	limit.hard = 5000;
	if (ids_set_rlimit(&limit, &err) == 0 || err.code != EPERM)
		return 2;
	return strcmp(err.text, "cannot set RLIMIT_CORE to 0:5000: Operation not permitted; the hard limit is 1000 now; ask for at most that; it takes CAP_SYS_RESOURCE, which this process has not in its user namespace") == 0 ? 0 : 3;
}

static void rlimits(void **state)
{
	(void)state;
	assert_int_equal(in_child(lower_limits, NULL), 0);
	assert_int_equal(in_child(raise_as_nobody, NULL), 0);
}

static int change_without_privilege(void *unused)
{
	gid_t group = 7;
	struct user_ids user = {.uid = 12345, .gid = 12345};
	struct error err = ERROR_INIT;

	(void)unused;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 1;
	if (ids_set_user(&user, &err) == 0 || err.code != EPERM || strstr(err.text, "it takes CAP_SETGID") == NULL)
		return 2;
	user.groups = &group;
	user.group_count = 1;
	if (ids_set_user(&user, &err) == 0 || strstr(err.text, "cannot set 1 supplementary groups") == NULL)
		return 3;
	return ids_become_root(&err) == 0 ? 4 : 0;
}

static void without_privilege(void **state)
{
	(void)state;
	assert_int_equal(in_child(change_without_privilege, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_maps), cmocka_unit_test(long_map), cmocka_unit_test(rlimits), cmocka_unit_test(without_privilege),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
