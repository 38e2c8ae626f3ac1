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

// A root that is a directory, not a mount.
static int pivot_in_chroot(void)
{
	CHECK(mkdir("jail", 0755) == 0 && mkdir("jail/new", 0755) == 0 && mkdir("jail/proc", 0755) == 0);
	CHECK(mount("proc", "jail/proc", "proc", 0, NULL) == 0 && mount("tmpfs", "jail/new", "tmpfs", 0, NULL) == 0);
	CHECK(chroot("jail") == 0 && chdir("/") == 0);
	int dir = open("new", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "the current root is not a mount point: minirun was started in a chroot") != NULL && strstr(err.text, "--bind") != NULL);
	return 0;
}

// Of a chroot whose root is a mount point, and a new root that is not below it.
static int pivot_out_of_chroot(void)
{
	CHECK(mkdir("cell", 0755) == 0 && mount("tmpfs", "cell", "tmpfs", 0, NULL) == 0 && mkdir("cell/proc", 0755) == 0);
	CHECK(mount("proc", "cell/proc", "proc", 0, NULL) == 0);
	CHECK(chroot("cell") == 0);
	CHECK(root_pivot(root, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "the new root is not below the current root; minirun was started in a chroot") != NULL);
	return 0;
}

// A root on a shared mount: mountinfo, which is of what is below the root, does not have it.
static int pivot_on_shared_below(void)
{
	CHECK(mkdir("base", 0755) == 0 && mount("tmpfs", "base", "tmpfs", 0, NULL) == 0 && mkdir("base/top", 0755) == 0);
	CHECK(mount("tmpfs", "base/top", "tmpfs", 0, NULL) == 0 && mkdir("base/top/new", 0755) == 0 && mkdir("base/top/proc", 0755) == 0);
	CHECK(mount("proc", "base/top/proc", "proc", 0, NULL) == 0 && mount("tmpfs", "base/top/new", "tmpfs", 0, NULL) == 0);
	CHECK(mount(NULL, "base", NULL, MS_SHARED, NULL) == 0);
	CHECK(chroot("base/top") == 0 && chdir("/") == 0);
	int dir = open("new", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "the mount that the current root is mounted on, which cannot be seen from here, has shared propagation; make it private") != NULL);
	return 0;
}

static int pivot_in_chroot_child(void)
{
	return reopen_and(pivot_in_chroot);
}

static int pivot_out_of_chroot_child(void)
{
	return reopen_and(pivot_out_of_chroot);
}

static int pivot_on_shared_below_child(void)
{
	return reopen_and(pivot_on_shared_below);
}

// The mounts that a less privileged namespace is made with are locked there.
static int pivot_to_locked(void)
{
	CHECK(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	int dir = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "is a mount from a more privileged mount namespace, which is locked here; bind it on itself") != NULL);
	return 0;
}

// A root of the former mount namespace.
static int pivot_from_other_namespace(void)
{
	AUTO_FD slash = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(slash >= 0 && unshare(CLONE_NEWNS) == 0);
	int dir = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(fchdir(slash) == 0 && chroot(".") == 0);
	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "the current root is not in this mount namespace; whoever changed") != NULL);
	return 0;
}

static int pivot_to_same_mount(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EBUSY && strstr(err.text, "the new root is on the same mount as the current root: it has to be a mount point of its own") != NULL);
	return 0;
}

static int pivot_to_removed(void)
{
	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mkdir("gone", 0755) == 0);
	int dir = open("gone", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(rmdir("gone") == 0 && root_pivot(dir, &err) == -1);
	CHECK(err.code == ENOENT && strstr(err.text, "the directory of the new root has been removed") != NULL);
	return 0;
}

// What the kernel says without a cause that can be looked up: no /proc.
static int pivot_without_proc(void)
{
	CHECK(mkdir("bare", 0755) == 0 && mount("tmpfs", "bare", "tmpfs", 0, NULL) == 0 && mkdir("bare/new", 0755) == 0);
	CHECK(mount("tmpfs", "bare/new", "tmpfs", 0, NULL) == 0 && mount(NULL, "bare/new", NULL, MS_SHARED, NULL) == 0);
	CHECK(chroot("bare") == 0 && chdir("/") == 0);
	int dir = open("new", O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(root_pivot(dir, &err) == -1);
	CHECK(err.code == EINVAL && strstr(err.text, "the cause is not known, because /proc/self/mountinfo cannot be read") != NULL);
	return 0;
}

static int pivot_without_proc_child(void)
{
	return reopen_and(pivot_without_proc);
}

// Each cause of pivot_root(2)'s ERRORS that a call of ours can meet, but for the initramfs, which takes a machine that runs from one.
static void test_pivot_refusals(void **state)
{
	static const struct {
		const char *name;
		int (*function)(void);
	} refusals[] = {
		{"in a chroot", pivot_in_chroot_child},
		{"out of a chroot", pivot_out_of_chroot_child},
		{"shared below", pivot_on_shared_below_child},
		{"locked", pivot_to_locked},
		{"another namespace's root", pivot_from_other_namespace},
		{"the same mount", pivot_to_same_mount},
		{"removed", pivot_to_removed},
		{"without /proc", pivot_without_proc_child},
	};

	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (in_child(refusals[i].function) != 0)
			fail_msg("%s", refusals[i].name);
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
		SANDBOX_TEST(test_pivot_refusals),
	};

	return run_requests(tests, sizeof tests / sizeof *tests, "root");
}
