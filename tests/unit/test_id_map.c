// test_id_map.c: which id is which, in both directions and as text; and owners, file capabilities and access control lists as a container sees them.
#include "base/id_map.h"
#include "rootfs/inside.h"

#include <linux/xattr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct id_mapping uid_items[] = {{0, 100000, 1000}, {1000, 5, 1}, {2000, 4294967290U, 4}};
static struct id_mapping gid_items[] = {{0, 200000, 10}};
static const struct inside inside = {{uid_items, 3}, {gid_items, 1}};

static void both_directions(void **state)
{
	uint32_t id = 77;

	(void)state;
	assert_true(ids_host_id(&inside.uids, 999, &id) && id == 100999);
	assert_true(ids_container_id(&inside.uids, 100999, &id) && id == 999);
	assert_true(ids_host_id(&inside.uids, 1000, &id) && id == 5);
	assert_true(ids_container_id(&inside.uids, 5, &id) && id == 1000);
	assert_true(ids_container_id(&inside.uids, 4294967293U, &id) && id == 2003);
	id = 77;
	assert_false(ids_host_id(&inside.uids, 1001, &id));
	assert_false(ids_container_id(&inside.uids, 101000, &id));
	assert_false(ids_container_id(&inside.uids, 0, &id));
	assert_false(ids_container_id(&inside.uids, 4294967294U, &id));
	assert_int_equal(id, 77);
}

static void as_text(void **state)
{
	static const char *const wrong[] = {"", "0", "0:1", "0:1:", "a:1:1", "0:1:1:1", "0:1:1,", "0:1:1,2", "0:1:4294967296", " 0:1:1", "-1:1:1"};
	struct arena arena = {0};
	struct id_mappings read = {0};
	const char *text;

	(void)state;
	text = ids_text(&arena, &inside.uids);
	assert_string_equal(text, "0:100000:1000,1000:5:1,2000:4294967290:4");
	assert_true(ids_parse(&arena, text, strlen(text), &read));
	assert_int_equal(read.count, 3);
	assert_memory_equal(read.items, uid_items, sizeof uid_items);
	assert_true(ids_parse(&arena, "7:8:9xyz", 5, &read));
	assert_int_equal(read.items[0].size, 9);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (ids_parse(&arena, wrong[i], strlen(wrong[i]), &read))
			fail_msg("\"%s\" is taken for mappings", wrong[i]);
	assert_int_equal(read.items[0].container_id, 7);
	arena_free(&arena);
}

static void owners(void **state)
{
	struct stat st = {.st_uid = 100003, .st_gid = 200004};

	(void)state;
	inside_owner(NULL, &st);
	assert_int_equal(st.st_uid, 100003);
	inside_owner(&inside, &st);
	assert_int_equal(st.st_uid, 3);
	assert_int_equal(st.st_gid, 4);
	inside_owner(&inside, &st);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, 65534);
}

#define CAPABILITIES "\x00\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void expect_capabilities(const char *value, size_t size, const char *expected, ssize_t expected_size)
{
	char changed[64];

	memcpy(changed, value, size);
	assert_int_equal(inside_xattr(&inside, XATTR_NAME_CAPS, changed, size), expected_size);
	if (expected_size > 0)
		assert_memory_equal(changed, expected, (size_t)expected_size);
}

// By the root id: 100000, the container's root; 100002; 1, which is not mapped; and none.
static void capabilities(void **state)
{
	(void)state;
	expect_capabilities("\1\0\0\3" CAPABILITIES "\xa0\x86\1\0", 24, "\1\0\0\2" CAPABILITIES, 20);
	expect_capabilities("\1\0\0\3" CAPABILITIES "\xa2\x86\1\0", 24, "\1\0\0\3" CAPABILITIES "\2\0\0\0", 24);
	expect_capabilities("\1\0\0\3" CAPABILITIES "\1\0\0\0", 24, NULL, -1);
	expect_capabilities("\1\0\0\2" CAPABILITIES, 20, "\1\0\0\2" CAPABILITIES, 20);
	expect_capabilities("\1\0\0\3", 4, "\1\0\0\3", 4); // cut off: nothing to be changed
}

static void access_lists(void **state)
{
	// Owner, user 100005, group 200006, user 1 (not mapped), others; a rest that is no entry.
	static const char list[] = "\2\0\0\0" "\1\0\6\0\xff\xff\xff\xff" "\2\0\4\0\xa5\x86\1\0" "\x8\0\4\0\x46\x0d\3\0" "\2\0\4\0\1\0\0\0" "\x20\0\4\0\xff\xff\xff\xff" "ab";
	static const char expected[] = "\2\0\0\0" "\1\0\6\0\xff\xff\xff\xff" "\2\0\4\0\5\0\0\0" "\x8\0\4\0\6\0\0\0" "\2\0\4\0\xfe\xff\0\0" "\x20\0\4\0\xff\xff\xff\xff" "ab";
	char changed[sizeof list];

	(void)state;
	memcpy(changed, list, sizeof list);
	assert_int_equal(inside_xattr(&inside, "user.other", changed, sizeof list), sizeof list);
	assert_int_equal(inside_xattr(NULL, XATTR_NAME_POSIX_ACL_ACCESS, changed, sizeof list), sizeof list);
	assert_memory_equal(changed, list, sizeof list);
	assert_int_equal(inside_xattr(&inside, XATTR_NAME_POSIX_ACL_ACCESS, changed, sizeof list), sizeof list);
	assert_memory_equal(changed, expected, sizeof expected);
	memcpy(changed, list, sizeof list);
	assert_int_equal(inside_xattr(&inside, XATTR_NAME_POSIX_ACL_DEFAULT, changed, sizeof list), sizeof list);
	assert_memory_equal(changed, expected, sizeof expected);
	assert_int_equal(inside_xattr(&inside, XATTR_NAME_POSIX_ACL_DEFAULT, changed, 2), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions), cmocka_unit_test(as_text), cmocka_unit_test(owners), cmocka_unit_test(capabilities), cmocka_unit_test(access_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
