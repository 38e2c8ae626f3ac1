// test_mounts.c: mounts of each kind on this kernel, binds, and the attacks on their destinations (each named by its CVE).
// Needs root; ends with 77 otherwise. Everything happens in a private mount namespace.
#include "requests.h"

#include "base/sys.h"
#include "rootfs/device.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

// The mounts of `runc spec`, then devices and links, as `run` does it.
static void test_default_mounts(void **state)
{
	size_t count;
	const struct device_node *nodes = device_defaults(&count);
	struct mount_context where = context();
	struct stat st;
	char link[64] = "";

	(void)state;
	assert_ok(perform("proc", "proc", "/proc", ""));
	assert_ok(perform("tmpfs", "tmpfs", "/dev", "nosuid strictatime mode=755 size=65536k"));
	assert_ok(perform("devpts", "devpts", "/dev/pts", "nosuid noexec newinstance ptmxmode=0666 mode=0620 gid=5"));
	assert_ok(perform("tmpfs", "shm", "/dev/shm", "nosuid noexec nodev mode=1777 size=65536k"));
	assert_ok(perform("mqueue", "mqueue", "/dev/mqueue", "nosuid noexec nodev"));
	assert_ok(perform("sysfs", "sysfs", "/sys", "nosuid noexec nodev ro"));
	where.cgroup_dir = open(cgroup2_mount(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(where.cgroup_dir >= 0);
	assert_ok(perform_with(&where, "cgroup", "cgroup", "/sys/fs/cgroup", "nosuid noexec nodev relatime ro"));
	close(where.cgroup_dir);
	for (size_t i = 0; i < count; i++)
		assert_ok(device_create(root, NULL, &nodes[i], false, &err));
	assert_ok(device_symlinks(root, -1, true, &err));

	assert_int_equal(magic_of("root/proc"), PROC_SUPER_MAGIC);
	assert_int_equal(magic_of("root/dev"), TMPFS_MAGIC);
	assert_int_equal(magic_of("root/dev/pts"), DEVPTS_SUPER_MAGIC);
	assert_int_equal(magic_of("root/sys"), SYSFS_MAGIC);
	assert_int_equal(magic_of("root/sys/fs/cgroup"), CGROUP2_SUPER_MAGIC);
	assert_flags("root/dev", ST_NOSUID, ST_NOEXEC | ST_NODEV | ST_RDONLY | ST_RELATIME | ST_NOATIME);
	assert_flags("root/dev/shm", ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RELATIME, ST_RDONLY);
	assert_flags("root/sys", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC, 0);
	assert_flags("root/sys/fs/cgroup", ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC, 0);
	assert_flags("/sys", 0, ST_RDONLY); // the superblock is the host's and stays writable
	assert_int_equal(stat("root/dev/shm", &st), 0);
	assert_int_equal(st.st_mode & 07777, 01777);
	assert_int_equal(stat("root/dev/null", &st), 0);
	assert_int_equal(st.st_mode, S_IFCHR | 0666);
	assert_int_equal(st.st_rdev, makedev(1, 3));
	write_text("root/dev/null", "x");
	assert_int_equal(readlink("root/dev/ptmx", link, sizeof link - 1), 8);
	assert_string_equal(link, "pts/ptmx");
	assert_true(exists("root/dev/fd") && exists("root/dev/stdin") && exists("root/dev/stdout") && exists("root/dev/stderr"));
	assert_int_equal(exists("root/dev/core"), exists("/proc/kcore"));
}

static void test_errors_of_file_systems(void **state)
{
	char *long_option = arena_printf(&arena, "mpol=%0300d", 1);

	(void)state;
	assert_fails(perform("tmpfs", "tmpfs", "/t", "size=banana"), EINVAL, "cannot mount tmpfs on /t: option \"size=banana\": tmpfs: Bad value for 'size'");
	assert_fails(perform("tmpfs", "tmpfs", "/t", "nosuchoption"), EINVAL, "Unknown parameter 'nosuchoption'");
	assert_fails(perform("nosuchfs", "x", "/t", ""), ENODEV, "no file system type nosuchfs");
	assert_fails(perform("bind", "host", "/t", ""), ENODEV, "option bind or rbind");
	assert_fails(perform(NULL, "x", "/t", ""), EINVAL, "neither a file system type nor the option bind");
	assert_fails(perform("tmpfs", "tmpfs", "/t", long_option), ENAMETOOLONG, "255 bytes");
	assert_fails(perform("proc", "proc", "/p", "tmpcopyup"), EINVAL, "tmpfs only");
	assert_fails(perform("cgroup", "cgroup", "/c", "ro"), ENOENT, "no cgroup of its own");
	assert_fails(perform("none", "/nothing/here", "/t", "bind"), ENOENT, "cannot bind /nothing/here on /t: cannot open the source");
	assert_fails(perform("none", NULL, "/t", "bind"), EINVAL, "needs a source");
	write_text("root/file", "");
	assert_fails(perform("tmpfs", "tmpfs", "/file", ""), ENOTDIR, "directory");
	assert_fails(perform("none", "host", "/file", "bind"), ENOTDIR, "directory");
	assert_fails(perform("tmpfs", "tmpfs", "/file/below", ""), ENOTDIR, "destination");
	assert_ok(perform("tmpfs", "tmpfs", "/locked", "ro"));
	assert_fails(perform("tmpfs", "tmpfs", "/locked/below", ""), EROFS, "make the destination in the image");
}

// What follows is mounted in the new one, which is where the old one was: `/..` of a root is itself.
static void test_mount_on_the_root(void **state)
{
	static const char *const names[] = {"/", "/../.."};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mount_context where = context();
		struct statfs info;
		int fd = -1;

		where.ret_root = &fd;
		assert_ok(perform_with(&where, "tmpfs", "tmpfs", names[i], ""));
		assert_true(fd >= 0);
		assert_int_equal(fstatfs(fd, &info), 0);
		assert_int_equal(info.f_type, TMPFS_MAGIC);
		close(fd);
	}
}

static void test_superblock_options(void **state)
{
	static char mountinfo[65536];
	const char *line;

	(void)state;
	assert_ok(perform("tmpfs", "special-source", "/t", "sync dirsync lazytime noatime nodiratime nosymfollow silent iversion size=4096k"));
	read_text("/proc/self/mountinfo", mountinfo, sizeof mountinfo);
	line = strstr(mountinfo, "/root/t ");
	assert_non_null(line);
	mountinfo[line - mountinfo + strcspn(line, "\n")] = '\0';
	assert_non_null(strstr(line, "noatime,nodiratime"));
	assert_non_null(strstr(line, "nosymfollow"));
	assert_non_null(strstr(line, "special-source"));
	assert_non_null(strstr(line, "sync,dirsync"));
	assert_non_null(strstr(line, "lazytime"));
	assert_non_null(strstr(line, "size=4096k"));
}

static void test_remount(void **state)
{
	(void)state;
	assert_ok(perform("tmpfs", "tmpfs", "/t", "nosuid size=4096k"));
	assert_ok(perform(NULL, NULL, "/t", "remount bind ro"));
	assert_flags("root/t", ST_RDONLY | ST_NOSUID, ST_NODEV); // what was not named stays
	assert_ok(perform(NULL, NULL, "/t", "remount rw nodev sync size=8192k"));
	assert_flags("root/t", ST_NOSUID | ST_NODEV | ST_SYNCHRONOUS, ST_RDONLY);
	struct statvfs fs;

	assert_int_equal(statvfs("root/t", &fs), 0);
	assert_int_equal(fs.f_blocks * fs.f_frsize, 8192 * 1024);
	assert_ok(perform(NULL, NULL, "/t", "remount async"));
	assert_flags("root/t", 0, ST_SYNCHRONOUS);
	mkdir("root/plain", 0755);
	assert_fails(perform(NULL, NULL, "/plain", "remount ro"), EINVAL, "nothing is mounted there");
	assert_fails(perform(NULL, NULL, "/absent", "remount ro"), ENOENT, "cannot remount /absent");
	assert_fails(perform(NULL, NULL, "/t", "remount size=banana"), EINVAL, "size");
}

static void test_tmpcopyup(void **state)
{
	struct stat st;
	char link[16] = "";

	(void)state;
	mkdir("root/var", 0755);
	mkdir("root/var/sub", 0700);
	assert_int_equal(chown("root/var/sub", 3, 4), 0);
	assert_int_equal(chmod("root/var", 01770), 0);
	write_text("root/var/sub/file", "content");
	assert_int_equal(chmod("root/var/sub/file", 04711), 0);
	assert_int_equal(symlink("/host/secret", "root/var/link"), 0);
	assert_int_equal(mkfifo("root/var/fifo", 0600), 0);
	assert_ok(perform("tmpfs", "tmpfs", "/var", "tmpcopyup ro nosuid"));
	assert_int_equal(magic_of("root/var"), TMPFS_MAGIC);
	assert_flags("root/var", ST_RDONLY | ST_NOSUID, 0);
	assert_text("root/var/sub/file", "content");
	assert_int_equal(lstat("root/var/sub/file", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 04711);
	assert_int_equal(lstat("root/var/sub", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 0700);
	assert_int_equal(st.st_uid, 3);
	assert_int_equal(st.st_gid, 4);
	assert_int_equal(lstat("root/var", &st), 0);
	assert_int_equal(st.st_mode, S_IFDIR | 01770);
	assert_int_equal(lstat("root/var/fifo", &st), 0);
	assert_int_equal(st.st_mode, S_IFIFO | 0600);
	assert_true(readlink("root/var/link", link, sizeof link) == (ssize_t)strlen("/host/secret"));
	assert_int_equal(unlink("root/var/link"), -1);
	assert_int_equal(errno, EROFS);
}

// Each one in the one before: works only in the order given.
static void test_nested_mounts(void **state)
{
	char path[1024] = "";
	int before = count_mounts();

	(void)state;
	for (int i = 0; i < 50; i++) {
		snprintf(path + strlen(path), sizeof path - strlen(path), "/m%d", i);
		assert_ok(perform("tmpfs", "tmpfs", path, "mode=700"));
		assert_int_equal(count_mounts(), before + i + 1);
	}
	for (int i = 49; i >= 0; i--) {
		char full[1100];

		snprintf(full, sizeof full, "root%s", path);
		assert_int_equal(umount2(full, 0), 0);
		*strrchr(path, '/') = '\0';
	}
}

// ---- binds ----

static void test_bind_kinds(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "host/socket"};
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	(void)state;
	write_text("host/file", "from the host");
	mkdir("host/directory", 0755);
	write_text("host/directory/x", "x");
	assert_int_equal(mkfifo("host/fifo", 0600), 0);
	assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(symlink("file", "host/link"), 0);

	assert_ok(perform("none", "host/file", "/etc/deep/hosts", "bind"));
	assert_text("root/etc/deep/hosts", "from the host");
	assert_ok(perform("none", "host/link", "/etc/link", "bind"));
	assert_text("root/etc/link", "from the host");
	assert_ok(perform("none", "host/directory", "/data", "rbind ro"));
	assert_text("root/data/x", "x");
	assert_int_equal(mkdir("root/data/y", 0755), -1);
	assert_int_equal(errno, EROFS);
	assert_int_equal(mkdir("host/directory/y", 0755), 0); // the host can still write (the superblock is not read-only)
	assert_ok(perform("none", "host/fifo", "/run/fifo", "bind"));
	assert_int_equal(stat("root/run/fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_ok(perform("none", "host/socket", "/run/docker.sock", "bind ro"));
	strcpy(address.sun_path, "root/run/docker.sock");
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
	close(client);
	close(server);
}

static void test_bind_flags(void **state)
{
	(void)state;
	mkdir("host/tree", 0755);
	assert_int_equal(mount("tmpfs", "host/tree", "tmpfs", MS_NOSUID, NULL), 0);
	mkdir("host/tree/sub", 0755);
	assert_int_equal(mount("tmpfs", "host/tree/sub", "tmpfs", MS_NODEV, NULL), 0);
	mkdir("host/tree/sub/inner", 0755);

	assert_ok(perform("none", "host/tree", "/bind", "bind"));
	assert_false(exists("root/bind/sub/inner"));
	assert_flags("root/bind", ST_NOSUID, ST_RDONLY | ST_NODEV);
	assert_ok(perform("none", "host/tree", "/ro", "rbind ro noexec noatime"));
	assert_flags("root/ro", ST_RDONLY | ST_NOSUID | ST_NOEXEC | ST_NOATIME, ST_NODEV);
	assert_flags("root/ro/sub", ST_NODEV | ST_RELATIME, ST_RDONLY | ST_NOEXEC | ST_NOATIME);
	assert_ok(perform("none", "host/tree", "/rro", "rbind rro rnoatime rnosymfollow"));
	assert_flags("root/rro", ST_RDONLY | ST_NOSUID | ST_NOATIME, 0);
	assert_flags("root/rro/sub", ST_RDONLY | ST_NODEV | ST_NOATIME, ST_NOSUID);
	assert_int_equal(mkdir("root/rro/sub/x", 0755), -1);
	assert_int_equal(errno, EROFS);
	assert_ok(perform("none", "host/tree", "/mixed", "rbind rro rw suid"));
	assert_flags("root/mixed", 0, ST_RDONLY | ST_NOSUID);
	assert_flags("root/mixed/sub", ST_RDONLY, 0);
	assert_ok(perform("none", "host/tree", "/strict", "rbind strictatime nodiratime"));
	assert_flags("root/strict", ST_NODIRATIME, ST_RELATIME | ST_NOATIME);
	assert_flags("host/tree", ST_NOSUID, ST_RDONLY | ST_NOATIME | ST_NODIRATIME); // the source is as it was
	assert_flags("host/tree/sub", ST_NODEV, ST_RDONLY);
}

static void test_propagation(void **state)
{
	(void)state;
	mkdir("host/tree", 0755);
	assert_int_equal(mount("tmpfs", "host/tree", "tmpfs", 0, NULL), 0);
	assert_int_equal(mount(NULL, "host/tree", NULL, MS_SHARED, NULL), 0);
	mkdir("host/tree/later", 0755);
	mkdir("host/tree/back", 0755);
	assert_ok(perform("none", "host/tree", "/slave", "rbind rslave"));
	assert_ok(perform("none", "host/tree", "/private", "rbind rprivate"));
	assert_ok(perform("none", "host/tree", "/shared", "rbind rshared"));
	assert_ok(perform("tmpfs", "tmpfs", "/unbindable", "unbindable"));
	assert_fails(perform("none", "root/unbindable", "/x", "bind"), EINVAL, "unbindable");
	assert_int_equal(mount("tmpfs", "host/tree/later", "tmpfs", 0, NULL), 0);
	write_text("host/tree/later/mark", "");
	assert_true(exists("root/slave/later/mark"));
	assert_true(exists("root/shared/later/mark"));
	assert_false(exists("root/private/later/mark"));
	assert_int_equal(mount("tmpfs", "root/slave/back", "tmpfs", 0, NULL), 0);
	write_text("root/slave/back/mark", "");
	assert_false(exists("host/tree/back/mark"));
	assert_int_equal(mount("tmpfs", "root/shared/back", "tmpfs", 0, NULL), 0);
	write_text("root/shared/back/mark", "");
	assert_true(exists("host/tree/back/mark"));
}

// ---- attacks on destinations ----

// CVE-2019-18837 and its like: links and ".." of the image stay inside.
static void test_links_stay_inside(void **state)
{
	char host[128];

	(void)state;
	snprintf(host, sizeof host, "%s/host", sandbox);
	write_text("evil", "evil");
	mkdir("root/etc", 0755);
	assert_int_equal(symlink(host, "root/etc/absolute"), 0);
	assert_int_equal(symlink("../../../../../../host", "root/etc/climb"), 0);
	assert_ok(perform("tmpfs", "tmpfs", "/etc/absolute", ""));
	assert_ok(perform("tmpfs", "tmpfs", "/etc/climb", ""));
	assert_ok(perform("tmpfs", "tmpfs", "/../../../host", ""));
	assert_ok(perform("none", "evil", "/etc/absolute/file", "bind"));
	assert_ok(perform("none", "evil", "/etc/climb/../../../host/file", "bind"));
	assert_true(empty_directory("host"));
	assert_int_equal(magic_of("root/host"), TMPFS_MAGIC);
	assert_text("root/host/file", "evil");
	write_text("root/host/inside", "");
	assert_true(empty_directory("host"));
}

// CVE-2019-16884, 2019-19921, 2023-27561, 2023-28642.
static void test_proc_and_sys_are_plain(void **state)
{
	(void)state;
	mkdir("root/volume", 0755);
	assert_int_equal(symlink("volume", "root/proc"), 0);
	assert_int_equal(symlink("volume", "root/sys"), 0);
	mkdir("root/volume/p", 0755);
	assert_fails(perform("proc", "proc", "/proc", ""), ELOOP, "symbolic link");
	assert_fails(perform("proc", "proc", "//./proc/", ""), ELOOP, "symbolic link");
	assert_fails(perform("sysfs", "sysfs", "/sys", ""), ELOOP, "symbolic link");
	assert_fails(perform("proc", "proc", "/proc/p", ""), ELOOP, "symbolic link");
	assert_fails(perform("none", "/proc", "/proc", "rbind"), ELOOP, "symbolic link");
	assert_true(magic_of("root/volume") == TMPFS_MAGIC && magic_of("root/volume/p") == TMPFS_MAGIC);
	unlink("root/proc");
	unlink("root/sys");

	assert_fails(perform("none", "host", "/proc", "bind"), EINVAL, "only a proc file system");
	assert_fails(perform("tmpfs", "tmpfs", "/proc", ""), EINVAL, "only a proc file system");
	assert_ok(perform("none", "/proc", "/proc", "rbind ro"));
	assert_int_equal(umount2("root/proc", MNT_DETACH), 0);
	assert_ok(perform("proc", "proc", "/proc", "nosuid"));
	assert_ok(perform("sysfs", "sysfs", "/sys", "ro"));

	assert_int_equal(symlink("/proc", "root/innocent"), 0);
	assert_int_equal(symlink("../sys/kernel", "root/innocent2"), 0);
	assert_fails(perform("none", "host", "/innocent", "bind"), ELOOP, "leads into /proc");
	assert_fails(perform("tmpfs", "tmpfs", "/innocent/sys", ""), ELOOP, "leads into /proc");
	assert_fails(perform("tmpfs", "tmpfs", "/volume/../proc/sys", ""), ELOOP, "leads into /proc");
	assert_fails(perform("tmpfs", "tmpfs", "/innocent2", ""), ELOOP, "leads into /sys");
	write_text("host/cpuinfo", "none");
	assert_ok(perform("none", "host/cpuinfo", "/proc/cpuinfo", "bind")); // as lxcfs does, openly
	assert_text("root/proc/cpuinfo", "none");
}

// CVE-2026-41579, CVE-2026-47766.
static void test_dev_is_a_symlink(void **state)
{
	const struct device_node null = {"/dev/null", 'c', 1, 3, 0666, 0, 0}, tun = {"/dev/net/tun", 'c', 10, 200, 0600, 0, 0};
	char host[128];
	int master = -1, slave = -1;

	(void)state;
	snprintf(host, sizeof host, "%s/host", sandbox);
	assert_int_equal(symlink(host, "root/dev"), 0);
	assert_fails(device_create(root, NULL, &null, false, &err), ELOOP, "/dev is a symbolic link");
	assert_fails(device_create(root, NULL, &null, true, &err), ELOOP, "/dev is a symbolic link");
	assert_fails(device_create(root, NULL, &tun, false, &err), ELOOP, "/dev is a symbolic link");
	assert_fails(device_symlinks(root, -1, true, &err), ELOOP, "/dev is a symbolic link");
	assert_fails(device_open_pty(root, &master, &slave, &err), ELOOP, "/dev is a symbolic link");
	assert_fails(device_bind_console(root, 0, &err), ELOOP, "/dev is a symbolic link");
	assert_true(empty_directory("host"));
}

// CVE-2021-30465, CVE-2024-45310: another container swaps a directory on the way with a symlink to the host, all the time.
struct swapper {
	atomic_bool stop;
	atomic_long swaps;
	int dir;
};

static void *swap_for_ever(void *argument)
{
	struct swapper *s = argument;

	while (!atomic_load(&s->stop))
		if (renameat2(s->dir, "way", s->dir, "trap", RENAME_EXCHANGE) == 0)
			atomic_fetch_add(&s->swaps, 1);
	return NULL;
}

static void test_swap_race(void **state)
{
	struct swapper s = {.dir = -1};
	char host[128];
	pthread_t thread;
	int done = 0, refused = 0;

	(void)state;
	snprintf(host, sizeof host, "%s/host", sandbox);
	mkdir("root/volume", 0755);
	mkdir("root/volume/way", 0755);
	assert_int_equal(symlink(host, "root/volume/trap"), 0);
	mkdir("host/there", 0755);
	write_text("host/there/mark", "");
	s.dir = open("root/volume", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(pthread_create(&thread, NULL, swap_for_ever, &s), 0);
	// A machine in emulation is twenty times slower.
	for (int i = 0; i < (getenv("TEST_VM") != NULL ? 500 : 4000); i++) {
		char path[64];
		int before = count_mounts();

		// In turn: what exists on the host, a directory to be made, a file to be made.
		snprintf(path, sizeof path, i % 3 == 0 ? "/volume/way/there" : "/volume/way/new%d", i);
		if (perform(i % 3 == 2 ? "none" : "tmpfs", "host/there/mark", path, i % 3 == 2 ? "bind" : "") < 0) {
			refused++;
			continue;
		}
		done++;
		assert_int_equal(count_mounts(), before + 1);
		// The newest mount is the root's youngest child; it goes with the whole root in tear-down, but 4000 would be slow.
		if (done % 200 == 0) {
			atomic_store(&s.stop, true);
			pthread_join(thread, NULL);
			assert_int_equal(umount2("root", MNT_DETACH), 0);
			close_fd(&root);
			root = root_clone_tree("root", &err);
			assert_int_equal(root_attach(root, "root", &err), 0);
			close(s.dir);
			s.dir = open("root/volume", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			atomic_store(&s.stop, false);
			assert_int_equal(pthread_create(&thread, NULL, swap_for_ever, &s), 0);
		}
	}
	atomic_store(&s.stop, true);
	pthread_join(thread, NULL);
	close(s.dir);
	print_message("%d mounted, %d refused, %ld swaps\n", done, refused, (long)s.swaps);
	assert_true(done > 0 && s.swaps > 1000);
	assert_int_equal(unlink("host/there/mark"), 0);
	assert_true(empty_directory("host/there")); // neither mounted on nor anything made in it
	assert_int_equal(rmdir("host/there"), 0);
	assert_true(empty_directory("host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_default_mounts),
		SANDBOX_TEST(test_errors_of_file_systems),
		SANDBOX_TEST(test_mount_on_the_root),
		SANDBOX_TEST(test_superblock_options),
		SANDBOX_TEST(test_remount),
		SANDBOX_TEST(test_tmpcopyup),
		SANDBOX_TEST(test_nested_mounts),
		SANDBOX_TEST(test_bind_kinds),
		SANDBOX_TEST(test_bind_flags),
		SANDBOX_TEST(test_propagation),
		SANDBOX_TEST(test_links_stay_inside),
		SANDBOX_TEST(test_proc_and_sys_are_plain),
		SANDBOX_TEST(test_dev_is_a_symlink),
		SANDBOX_TEST(test_swap_race),
	};

	return run_requests(tests, sizeof tests / sizeof *tests, "mounts");
}
