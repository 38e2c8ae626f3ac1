// test_devices.c: device nodes, the links in /dev, and the terminal.
// Needs root; ends with 77 otherwise. Everything happens in a private mount namespace.
#include "requests.h"

#include "rootfs/device.h"

#include <sys/sysmacros.h>

static void test_devices(void **state)
{
	struct device_node node = {"/dev/x", 'c', 1, 3, 0640, 11, 12};
	struct stat st;

	(void)state;
	assert_fails(device_create(root, NULL, &node, false, &err), ENOENT, "mount a tmpfs on it");
	mkdir("root/dev", 0755);
	assert_ok(device_create(root, NULL, &node, false, &err));
	assert_int_equal(lstat("root/dev/x", &st), 0);
	assert_int_equal(st.st_mode, S_IFCHR | 0640);
	assert_true(st.st_uid == 11 && st.st_gid == 12 && st.st_rdev == makedev(1, 3));

	node.mode = 0606; // there already: kept, with the mode and owner asked for now
	node.uid = 0;
	assert_ok(device_create(root, NULL, &node, false, &err));
	assert_int_equal(lstat("root/dev/x", &st), 0);
	assert_int_equal(st.st_mode, S_IFCHR | 0606);
	assert_true(st.st_uid == 0 && st.st_gid == 12);
	node.minor = 5;
	assert_fails(device_create(root, NULL, &node, false, &err), EEXIST, "not the character device 1:5");
	node.type = 'b';
	assert_fails(device_create(root, NULL, &node, false, &err), EEXIST, "not the block device");
	node.type = 'p';
	assert_fails(device_create(root, NULL, &node, false, &err), EEXIST, "not a fifo");
	assert_int_equal(symlink("../../host/x", "root/dev/link"), 0);
	node = (struct device_node){"/dev/link", 'c', 1, 3, 0666, 0, 0};
	assert_int_equal(device_create(root, NULL, &node, false, &err), -1);
	assert_true(empty_directory("host"));

	node = (struct device_node){"/dev/net/tun", 'u', 10, 200, 0600, 0, 0};
	assert_ok(device_create(root, NULL, &node, false, &err));
	assert_int_equal(lstat("root/dev/net/tun", &st), 0);
	assert_true(st.st_mode == (S_IFCHR | 0600) && st.st_rdev == makedev(10, 200));
	node = (struct device_node){"/srv/pipe", 'p', 0, 0, 0622, 0, 0};
	assert_ok(device_create(root, NULL, &node, false, &err));
	assert_ok(device_create(root, NULL, &node, false, &err));
	assert_int_equal(lstat("root/srv/pipe", &st), 0);
	assert_int_equal(st.st_mode, S_IFIFO | 0622);

	node = (struct device_node){"/dev/null", 'c', 1, 3, 0666, 0, 0};
	assert_ok(device_create(root, NULL, &node, true, &err));
	assert_int_equal(lstat("root/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
	node = (struct device_node){"/dev/zero", 'c', 1, 3, 0666, 0, 0};
	assert_fails(device_create(root, NULL, &node, true, &err), ENODEV, "cannot make /dev/zero: what is there on the host is not the character device 1:3");
}

static void test_device_links(void **state)
{
	struct stat st;

	(void)state;
	mkdir("root/dev", 0755);
	assert_ok(device_symlinks(root, -1, false, &err)); // no /proc: no links
	assert_true(empty_directory("root/dev"));
	assert_ok(perform("proc", "proc", "/proc", ""));
	assert_int_equal(symlink("elsewhere", "root/dev/stdin"), 0);
	assert_int_equal(mknod("root/dev/ptmx", S_IFCHR | 0666, makedev(5, 2)), 0);
	assert_ok(device_symlinks(root, -1, true, &err));
	assert_int_equal(lstat("root/dev/ptmx", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	char link[16] = "";

	assert_int_equal(readlink("root/dev/stdin", link, sizeof link), 9);
	assert_ok(device_symlinks(root, -1, true, &err));
}

// CVE-2025-52565 and the right case.
static void test_terminal(void **state)
{
	int master = -1, slave = -1;
	struct stat a, b;
	char text[8] = "";

	(void)state;
	mkdir("root/dev", 0755);
	mkdir("root/dev/pts", 0755);
	assert_int_equal(mknod("root/dev/pts/ptmx", S_IFCHR | 0666, makedev(5, 2)), 0);
	assert_fails(device_open_pty(root, &master, &slave, &err), EINVAL, "not a devpts");
	unlink("root/dev/pts/ptmx");
	assert_ok(perform("devpts", "devpts", "/dev/pts", "newinstance ptmxmode=0666 mode=0620"));
	assert_ok(device_open_pty(root, &master, &slave, &err));
	assert_int_equal(fcntl(master, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(slave, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(write(slave, "ab", 2), 2);
	assert_int_equal(read(master, text, sizeof text), 2);
	assert_ok(device_bind_console(root, slave, &err));
	assert_int_equal(fstat(slave, &a), 0);
	assert_int_equal(stat("root/dev/console", &b), 0);
	assert_true(S_ISCHR(b.st_mode) && a.st_rdev == b.st_rdev && a.st_ino == b.st_ino);
	close(master);
	close(slave);

	assert_int_equal(umount2("root/dev/console", 0), 0);
	unlink("root/dev/console");
	assert_int_equal(symlink("../../host/console", "root/dev/console"), 0);
	assert_ok(device_open_pty(root, &master, &slave, &err));
	assert_ok(device_bind_console(root, slave, &err)); // over the link, not through it
	assert_int_equal(stat("root/dev/console", &b), 0);
	assert_true(S_ISCHR(b.st_mode));
	assert_true(empty_directory("host"));
	close(master);
	close(slave);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_devices),
		SANDBOX_TEST(test_device_links),
		SANDBOX_TEST(test_terminal),
	};

	return run_requests(tests, sizeof tests / sizeof *tests, "devices");
}
