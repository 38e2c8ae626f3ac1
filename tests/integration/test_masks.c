// test_masks.c: masked and read-only paths, and a forged /dev/null.
// Needs root; ends with 77 otherwise. Everything happens in a private mount namespace.
#include "requests.h"

static void test_masks(void **state)
{
	int null = mask_open_null(&err);

	(void)state;
	assert_true(null >= 0);
	write_text("root/secret", "secret");
	write_text("root/secret2", "secret");
	mkdir("root/d1", 0755);
	mkdir("root/d2", 0755);
	mkdir("root/d2/content", 0755);
	// CVE-2025-31133: what the container calls /dev/null does not matter.
	mkdir("root/dev", 0755);
	assert_int_equal(symlink("/secret2", "root/dev/null"), 0);
	assert_int_equal(symlink("../../../../host/x", "root/out"), 0);
	write_text("host/x", "host");

	assert_ok(mask(root, "/secret", null));
	assert_ok(mask(root, "/secret2", null));
	assert_ok(mask(root, "/d1", null));
	assert_ok(mask(root, "/d2", null));
	assert_ok(mask(root, "/absent", null));
	assert_ok(mask(root, "/secret/below", null));
	assert_ok(mask(root, "/out", null));
	assert_false(exists("root/absent"));
	assert_text("root/secret", "");
	assert_text("root/secret2", "");
	write_text("root/secret", "lost"); // the null device takes and forgets it
	assert_text("root/secret", "");
	assert_int_equal(chmod("root/secret", 0777), -1);
	assert_int_equal(errno, EROFS);
	assert_true(empty_directory("root/d1") && empty_directory("root/d2"));
	assert_flags("root/d1", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC, 0);
	assert_flags("root/d2", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC, 0);
	assert_text("host/x", "host");
	assert_int_equal(symlink("loop", "root/loop"), 0);
	assert_fails(mask(root, "/loop", null), ELOOP, "cannot mask /loop"); // there, and not maskable
	close(null);
}

static int fake_null(void)
{
	CHECK(mount("host/file", "/dev/null", NULL, MS_BIND, NULL) == 0);
	CHECK(mask_open_null(&err) == -1);
	CHECK(strstr(err.text, "not the character device 1:3") != NULL);
	return 0;
}

static int fake_null_in_namespace(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	return fake_null();
}

static void test_fake_host_null(void **state)
{
	(void)state;
	write_text("host/file", "");
	assert_int_equal(in_child(fake_null_in_namespace), 0);
}

static void test_readonly_paths(void **state)
{
	(void)state;
	mkdir("root/p", 0755);
	mkdir("root/p/sub", 0755);
	write_text("root/file", "");
	assert_ok(perform("tmpfs", "tmpfs", "/p/sub", "nosuid nodev"));
	assert_ok(readonly_path(root, "/p", &err));
	assert_ok(readonly_path(root, "/file", &err));
	assert_ok(readonly_path(root, "/absent", &err));
	assert_flags("root/p", ST_RDONLY, 0);
	assert_flags("root/p/sub", ST_RDONLY | ST_NOSUID | ST_NODEV, 0);
	assert_int_equal(mkdir("root/p/x", 0755), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(mkdir("root/p/sub/x", 0755), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(open("root/file", O_WRONLY | O_CLOEXEC), -1);
	assert_int_equal(errno, EROFS);
	assert_flags("root", 0, ST_RDONLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_masks),
		SANDBOX_TEST(test_fake_host_null),
		SANDBOX_TEST(test_readonly_paths),
	};

	return run_requests(tests, sizeof tests / sizeof *tests, "masks");
}
