// Paths below a root: what exists, what is made, and that nothing outside is ever reached. Needs no privilege.
#include "base/safepath.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/sys.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

// A directory with root/ (the container's) and outside/ (the host's) beside each other.
struct fixture {
	char path[64];
	int top, root, outside;
};

static int set_up(void **state)
{
	static struct fixture f;

	umask(0);
	strcpy(f.path, "/tmp/test_safepath.XXXXXX");
	if (mkdtemp(f.path) == NULL)
		return -1;
	f.top = open(f.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdirat(f.top, "root", 0755);
	mkdirat(f.top, "outside", 0755);
	f.root = openat(f.top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	f.outside = openat(f.top, "outside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = &f;
	return f.top < 0 || f.root < 0 || f.outside < 0 ? -1 : 0;
}

static int count_entries(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = -2;
	AUTO_DIR *stream = fdopendir(fd);

	while (readdir(stream) != NULL)
		count++;
	return count;
}

// Whatever a test did: nothing appeared outside.
static int tear_down(void **state)
{
	struct fixture *f = *state;
	int outside = count_entries(f->outside), top = count_entries(f->top);

	close(f->top);
	close(f->root);
	close(f->outside);
	remove_tree_at(AT_FDCWD, f->path);
	return outside == 0 && top == 2 ? 0 : -1;
}

static bool same(int fd, int dir, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dir, path, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static mode_t mode_of(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static void assert_opens(int fd, int root, const char *path)
{
	assert_true(fd >= 0);
	assert_true(same(fd, root, path));
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
}

static void test_open(void **state)
{
	const struct fixture *f = *state;

	mkdirat(f->root, "a", 0755);
	mkdirat(f->root, "a/b", 0755);
	symlinkat("/a/b", f->root, "absolute");
	symlinkat("../../../../../a", f->root, "up");
	symlinkat("loop", f->root, "loop");
	assert_opens(root_open(f->root, "/a/b", O_PATH), f->root, "a/b");
	assert_opens(root_open(f->root, "a/./b/", O_PATH), f->root, "a/b");
	assert_opens(root_open(f->root, "/a/b/../../../../../a", O_PATH), f->root, "a");
	assert_opens(root_open(f->root, "absolute", O_PATH), f->root, "a/b");
	assert_opens(root_open(f->root, "/up/b", O_PATH), f->root, "a/b");
	assert_opens(root_open(f->root, "", O_PATH), f->root, ".");
	assert_opens(root_open(f->root, "/", O_PATH), f->root, ".");
	assert_int_equal(root_open(f->root, "/nothing", O_PATH), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(root_open(f->root, "/loop", O_PATH), -1);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(root_open(f->root, "../outside", O_PATH), -1);
	assert_int_equal(errno, ENOENT);
}

static void test_mkdirs(void **state)
{
	const struct fixture *f = *state;

	assert_opens(root_mkdirs(f->root, "/x/y/z"), f->root, "x/y/z");
	assert_int_equal(mode_of(f->root, "x"), S_IFDIR | 0755);
	assert_int_equal(mode_of(f->root, "x/y/z"), S_IFDIR | 0755);
	assert_opens(root_mkdirs(f->root, "/x//y/./z/"), f->root, "x/y/z");
	assert_opens(root_mkdirs(f->root, "/x/new/../other"), f->root, "x/other");
	assert_opens(root_mkdirs(f->root, "../../../outside"), f->root, "outside");
	mknodat(f->root, "file", S_IFREG | 0644, 0);
	assert_int_equal(root_mkdirs(f->root, "/file/d"), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(root_mkdirs(f->root, "/file"), -1);
	assert_int_equal(errno, ENOTDIR);
}

// Symlinks of the image, also dangling ones, are followed inside the root, and what they lead to is made there.
static void test_mkdirs_through_links(void **state)
{
	const struct fixture *f = *state;
	char outside[96];

	snprintf(outside, sizeof outside, "%s/outside", f->path);
	symlinkat(outside, f->root, "escape");
	symlinkat("../../../../outside", f->root, "climb");
	symlinkat("/run", f->root, "dangling");
	symlinkat("dangling/deep", f->root, "chain");
	symlinkat("b", f->root, "a");
	symlinkat("a", f->root, "b");
	close(root_mkdirs(f->root, "/escape/d"));
	assert_int_equal(count_entries(f->outside), 0);
	assert_opens(root_mkdirs(f->root, "/climb/d"), f->root, "outside/d");
	assert_opens(root_mkdirs(f->root, "/dangling/lock"), f->root, "run/lock");
	assert_opens(root_mkdirs(f->root, "/chain/../new"), f->root, "run/new");
	assert_opens(root_mkdirs(f->root, "chain"), f->root, "run/deep");
	assert_int_equal(root_mkdirs(f->root, "/a/x"), -1);
	assert_int_equal(errno, ELOOP);
}

static void test_touch(void **state)
{
	const struct fixture *f = *state;

	assert_opens(root_touch(f->root, "/etc/hosts"), f->root, "etc/hosts");
	assert_int_equal(mode_of(f->root, "etc/hosts"), S_IFREG | 0644);
	assert_opens(root_touch(f->root, "/etc/hosts"), f->root, "etc/hosts");
	symlinkat("../run/resolve/stub.conf", f->root, "etc/resolv.conf");
	assert_opens(root_touch(f->root, "/etc/resolv.conf"), f->root, "run/resolve/stub.conf");
	assert_int_equal(mode_of(f->root, "run/resolve/stub.conf"), S_IFREG | 0644);
	symlinkat("../../../../outside/f", f->root, "etc/climb");
	assert_opens(root_touch(f->root, "/etc/climb"), f->root, "outside/f");
	assert_opens(root_touch(f->root, "/etc"), f->root, "etc");
	assert_int_equal(root_touch(f->root, "/etc/hosts/x"), -1);
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(root_touch(f->root, "/missing/.."), -1);
	assert_int_equal(errno, EISDIR);
}

static void test_parent(void **state)
{
	const struct fixture *f = *state;
	const char *path = "/dev/net/tun", *name = NULL;

	assert_opens(root_open_parent(f->root, path, &name), f->root, "dev/net");
	assert_ptr_equal(name, path + strlen("/dev/net/"));
	assert_opens(root_open_parent(f->root, "top", &name), f->root, ".");
	assert_string_equal(name, "top");
	assert_opens(root_open_parent(f->root, "/top", &name), f->root, ".");
	name = NULL;
	static const char *const bad[] = {"", "/", "/dev/", "/dev/.", "/dev/..", ".."};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(root_open_parent(f->root, bad[i], &name), -1);
		assert_int_equal(errno, EINVAL);
		assert_null(name);
	}
}

static void test_long_paths(void **state)
{
	const struct fixture *f = *state;
	char path[PATH_MAX + 64] = "";

	for (size_t length = 0; length < PATH_MAX; length += strlen("/component"))
		memcpy(path + length, "/component", sizeof "/component");
	assert_int_equal(root_mkdirs(f->root, path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(root_touch(f->root, path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	path[300] = '\0';
	memset(path + 1, 'n', 298); // a component of more than NAME_MAX bytes
	assert_int_equal(root_mkdirs(f->root, path), -1);
	assert_int_equal(errno, ENAMETOOLONG);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_mkdirs),
		TEST(test_mkdirs_through_links),
		TEST(test_touch),
		TEST(test_parent),
		TEST(test_long_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
