// test_root.c: pivot_root and what stands in for it.
// Needs root; ends with 77 otherwise. Everything happens in a private mount namespace.
#include "requests.h"

static int null_of_parent = -1;

// As the first process of a container does it: a clone made by the parent, attached and pivoted to in a namespace of its own.
static int pivot(void)
{
	int tree = root_clone_tree("root", &err);
	int new_root;
	char cwd[64];

	CHECK(tree >= 0);
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(root_set_propagation(MS_SLAVE | MS_REC, &err) == 0);
	CHECK(root_attach(tree, "root", &err) == 0);
	new_root = tree;
	root = new_root;
	CHECK(perform("proc", "proc", "/proc", "") == 0);
	CHECK(root_pivot(new_root, &err) == 0);
	CHECK(getcwd(cwd, sizeof cwd) != NULL && strcmp(cwd, "/") == 0);
	CHECK(exists("/mark") && !exists("/host") && !exists("/root"));
	CHECK(count_mounts() == 2);
	CHECK(mask(new_root, "/mark", null_of_parent) == 0); // masks come after the pivot
	CHECK(mask(new_root, "/mark2", null_of_parent) == 0);
	CHECK(mask(new_root, "/d", null_of_parent) == 0);
	CHECK(mask(new_root, "/d2", null_of_parent) == 0);
	CHECK(count_mounts() == 6);
	CHECK(mount("tmpfs", "/d", "tmpfs", 0, NULL) == 0 && mount("/mark3", "/mark", NULL, MS_BIND, NULL) == 0);
	CHECK(mount("tmpfs", "/d3", "tmpfs", 0, NULL) == 0);
	CHECK(root_make_readonly(&err) == 0);
	CHECK(mkdir("/x", 0755) < 0 && errno == EROFS);
	CHECK(root_set_rootfs_propagation(MS_SHARED, &err) == 0);
	return 0;
}

static void test_pivot(void **state)
{
	int before = count_mounts();

	(void)state;
	write_text("root/mark", "x");
	write_text("root/mark2", "x");
	mkdir("root/d", 0755);
	write_text("root/mark3", "x");
	mkdir("root/d2", 0755);
	mkdir("root/d3", 0755);
	// As on a host where everything is shared: nothing of the container may come back.
	assert_int_equal(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL), 0);
	null_of_parent = mask_open_null(&err);
	assert_true(null_of_parent >= 0);
	assert_int_equal(in_child(pivot), 0);
	assert_int_equal(count_mounts(), before);
	assert_int_equal(mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL), 0);
	assert_int_equal(mkdir("root/still-writable", 0755), 0);
	close_fd(&null_of_parent);
}

static int pivot_read_only(void)
{
	CHECK(mount(NULL, "root", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
	CHECK(root_pivot(root, &err) == 0);
	CHECK(mkdir("/x", 0755) < 0 && errno == EROFS);
	return 0;
}

// root is an fd of the parent's namespace here: the child has to open its own.
static int reopen_and(int (*function)(void))
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);
	return function();
}

static int pivot_read_only_child(void)
{
	return reopen_and(pivot_read_only);
}

static int pivot_to_plain_directory(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	int dir = open("host", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "not a mount point") != NULL);
	return 0;
}

static int pivot_below_shared(void)
{
	CHECK(mount(NULL, sandbox, NULL, MS_SHARED, NULL) == 0);
	CHECK(root_pivot(root, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "the mount that holds the new root") != NULL && strstr(err.text, sandbox) != NULL);
	CHECK(mount(NULL, sandbox, NULL, MS_PRIVATE, NULL) == 0);
	CHECK(chdir(sandbox) == 0 && mount(NULL, "root", NULL, MS_SHARED, NULL) == 0);
	CHECK(root_pivot(root, &err) == -1);
	CHECK(strstr(err.text, "the new root, ") != NULL && strstr(err.text, "shared propagation") != NULL);
	return 0;
}

static int pivot_below_shared_child(void)
{
	return reopen_and(pivot_below_shared);
}

static int pivot_to_other_namespace(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(root_pivot(root, &err) == -1); // the fd is of the parent's namespace
	CHECK(err.code == EINVAL && strstr(err.text, "not attached in this mount namespace") != NULL);
	return 0;
}

static int change_root(void)
{
	CHECK(root_chroot(root, &err) == 0);
	CHECK(exists("/mark") && !exists("/host"));
	return 0;
}

static void test_pivot_variants(void **state)
{
	(void)state;
	write_text("root/mark", "");
	assert_int_equal(in_child(pivot_read_only_child), 0);
	assert_int_equal(in_child(pivot_to_plain_directory), 0);
	assert_int_equal(in_child(pivot_below_shared_child), 0);
	assert_int_equal(in_child(pivot_to_other_namespace), 0);
	assert_int_equal(in_child(change_root), 0);
	assert_fails(root_clone_tree("absent", &err), ENOENT, "absent");
	assert_fails(root_clone_tree("root/mark", &err), ENOTDIR, "not a directory");
	assert_fails(root_attach(root, "absent", &err), ENOENT, "absent");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_pivot),
		SANDBOX_TEST(test_pivot_variants),
	};

	return run_requests(tests, sizeof tests / sizeof *tests, "root");
}
