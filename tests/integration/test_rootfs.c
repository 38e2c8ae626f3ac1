// test_rootfs.c: mounts, devices, masks and the root on this kernel, and the attacks on them (each named by its CVE).
// Needs root; ends with 77 otherwise. Everything happens in a private mount namespace.
#include "sandbox.h"

#include "base/safepath.h"
#include "base/sys.h"
#include "proc/mapping.h"
#include "rootfs/device.h"
#include "rootfs/idmap.h"
#include "rootfs/mask.h"

#include <linux/magic.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

static struct arena arena;

static struct mount_context context(void)
{
	return (struct mount_context){.root = root, .cgroup_dir = -1};
}

// One entry of mounts[], its options separated by blanks, into `m`.
static int parse_request(struct mount_request *m, const char *list)
{
	const char *items[16];
	struct strings options = {.items = items};
	char *copy = arena_strdup(&arena, list), *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		items[options.count++] = word;
	err = ERROR_INIT;
	return mount_parse_options(&arena, &options, m, &err);
}

static int perform_with(const struct mount_context *where, const char *type, const char *source, const char *destination, const char *list)
{
	struct mount_request m = {.destination = destination, .source = source, .type = type};

	if (parse_request(&m, list) < 0)
		return -1;
	// It may change the working directory; the tests' paths are relative.
	AUTO_FD here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = mount_perform(where, &m, &err);

	return fchdir(here) == 0 ? result : -1;
}

static int perform(const char *type, const char *source, const char *destination, const char *list)
{
	struct mount_context where = context();

	return perform_with(&where, type, source, destination, list);
}

static int mask_labelled(int from, const char *path, int null, const char *label)
{
	AUTO_FD here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = mask_path(from, path, null, label, &err);

	return fchdir(here) == 0 ? result : -1;
}

static int mask(int from, const char *path, int null)
{
	return mask_labelled(from, path, null, NULL);
}

static unsigned long flags_of(const char *path)
{
	struct statvfs fs;

	assert_int_equal(statvfs(path, &fs), 0);
	return fs.f_flag;
}

#define assert_flags(path, set, clear)                              \
	do {                                                        \
		assert_int_equal(flags_of(path) & (set), (set));    \
		assert_int_equal(flags_of(path) & (clear), 0);      \
	} while (0)

static int count_mounts(void)
{
	AUTO_FILE *file = fopen("/proc/self/mountinfo", "re");
	int lines = 0, c;

	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	return lines;
}

// ---- file systems ----

static const char *cgroup2_mount(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < 2; i++)
		if (magic_of(places[i]) == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

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

// ---- devices ----

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

// ---- masks ----

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

// ---- the root ----

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

// ---- namespaces ----

// A user namespace where we are root, with a mount namespace of its own.
static int enter_user_namespace(void)
{
	CHECK(unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0);
	write_text("/proc/self/setgroups", "deny");
	write_text("/proc/self/uid_map", "0 0 1");
	write_text("/proc/self/gid_map", "0 0 1");
	root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(root >= 0);
	return 0;
}

static int in_user_namespace(void)
{
	const struct device_node null = {"/dev/null", 'c', 1, 3, 0666, 0, 0};
	struct statvfs fs;

	if (enter_user_namespace() != 0)
		return 1;
	CHECK(perform("sysfs", "sysfs", "/sys", "") == -1);
	CHECK(err.code == EPERM && strstr(err.text, "network namespace") != NULL);
	CHECK(perform("mqueue", "mqueue", "/mq", "") == -1);
	CHECK(err.code == EPERM && strstr(err.text, "ipc namespace") != NULL);
	// The flags of the source are locked here; they stay, and what is asked for is added.
	CHECK(perform("none", "host/locked", "/data", "rbind rw suid dev noexec relatime") == 0);
	CHECK(statvfs("root/data", &fs) == 0);
	CHECK((fs.f_flag & (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME)) ==
	      (ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_NOATIME));
	CHECK(perform("none", "host/locked", "/data2", "rbind rrw") == 0);
	CHECK(statvfs("root/data2", &fs) == 0 && (fs.f_flag & ST_RDONLY));
	CHECK(perform("tmpfs", "tmpfs", "/dev", "mode=755") == 0);
	CHECK(device_create(root, NULL, &null, false, &err) == -1);
	CHECK(err.code == EPERM && strstr(err.text, "user namespace (bind it from the host)") != NULL);
	CHECK(device_create(root, NULL, &null, true, &err) == 0);
	int fd = open("root/dev/null", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "x", 1) == 1);
	return 0;
}

static void test_user_namespace(void **state)
{
	(void)state;
	mkdir("host/locked", 0755);
	assert_int_equal(mount("tmpfs", "host/locked", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOATIME | MS_RDONLY, NULL), 0);
	assert_int_equal(in_child(in_user_namespace), 0);
}

static int in_cgroup_namespace(void)
{
	struct mount_context where = context();
	struct statvfs fs;

	CHECK(unshare(CLONE_NEWCGROUP) == 0);
	where.cgroup_namespace = true;
	where.cgroup_dir = open(cgroup2_mount(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(perform_with(&where, "cgroup2", "cgroup", "/own", "nosuid") == 0);
	CHECK(magic_of("root/own") == CGROUP2_SUPER_MAGIC);
	CHECK(statvfs("root/own", &fs) == 0 && (fs.f_flag & ST_NOSUID) && !(fs.f_flag & ST_RDONLY));
	where.cgroup_dir = -1; // the caller's cgroup, then: only to look at
	CHECK(perform_with(&where, "cgroup", "cgroup", "/caller", "rw") == 0);
	CHECK(statvfs("root/caller", &fs) == 0 && (fs.f_flag & ST_RDONLY));
	return 0;
}

static int parents_cgroup = -1;

// The parent has opened the cgroup, and the container has a mount namespace of its own.
static int in_mount_namespace(void)
{
	struct mount_context where = context();

	where.cgroup_dir = parents_cgroup;
	CHECK(unshare(CLONE_NEWNS) == 0);
	where.root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(perform_with(&where, "cgroup", "cgroup", "/parents", "") == 0);
	CHECK(magic_of("root/parents") == CGROUP2_SUPER_MAGIC);
	return 0;
}

// Without SELinux a label cannot be had, and is not left out silently: who takes context= is seen by who refuses it.
static void test_labels(void **state)
{
	struct mount_context where = context();
	struct mount_request bind = {.bind = true, .type = "tmpfs"};

	(void)state;
	if (access("/sys/fs/selinux/policy", F_OK) == 0)
		return;
	where.label = "a:b:c:s0:c4,c5";
	assert_fails(perform_with(&where, "tmpfs", "tmpfs", "/labelled", ""), EINVAL, "option \"context=a:b:c:s0:c4,c5\"");
	assert_fails(perform_with(&where, "devpts", "devpts", "/pts", "newinstance"), EINVAL, "option \"context=a:b:c:s0:c4,c5\"");
	assert_fails(perform_with(&where, "mqueue", "mqueue", "/mq", ""), EOPNOTSUPP, "cannot label it a:b:c:s0:c4,c5");
	assert_ok(perform_with(&where, "sysfs", "sysfs", "/sys", "ro"));
	assert_ok(perform_with(&where, NULL, "host", "/bound", "bind"));
	assert_false(mount_takes_context(&bind));
	assert_int_equal(mkdir("root/masked", 0755), 0);
	assert_fails(mask_labelled(root, "/masked", -1, where.label), EINVAL, "cannot mask /masked");
}

// CVE-2023-25809: outside of a cgroup namespace read-only unless asked otherwise.
static void test_cgroup_mounts(void **state)
{
	struct mount_context where = context();

	(void)state;
	where.cgroup_dir = open(cgroup2_mount(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_ok(perform_with(&where, "cgroup", "cgroup", "/plain", ""));
	assert_flags("root/plain", ST_RDONLY, 0);
	assert_ok(perform_with(&where, "cgroup2", "cgroup", "/writable", "rw"));
	assert_flags("root/writable", 0, ST_RDONLY);
	parents_cgroup = where.cgroup_dir;
	assert_int_equal(in_child(in_mount_namespace), 0);
	close(where.cgroup_dir);
	// A detached clone does as well, twice, also on kernels that cannot clone it.
	where.cgroup_dir = open_tree(AT_FDCWD, cgroup2_mount(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	assert_ok(perform_with(&where, "cgroup", "cgroup", "/one", ""));
	assert_ok(perform_with(&where, "cgroup", "cgroup", "/two", ""));
	assert_int_equal(magic_of("root/one"), CGROUP2_SUPER_MAGIC);
	assert_int_equal(magic_of("root/two"), CGROUP2_SUPER_MAGIC);
	close(where.cgroup_dir);
	assert_int_equal(in_child(in_cgroup_namespace), 0);
}

// A process that holds a user namespace with ids moved by 1000.
static int mapped_user_namespace(void)
{
	int ready[2], fd;
	char path[64], c;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		c = unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
		_exit(write(ready[1], &c, 1) == 1 ? (pause(), 0) : 1);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_int_equal(c, 'y');
	snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
	write_text(path, "0 1000 1000");
	snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
	write_text(path, "0 1000 1000");
	snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(ready[0]);
	close(ready[1]);
	return fd;
}

// A mount namespace of a user namespace of its own, as `ret_mounts` and its root directory.
static void locked_mounts(int *ret_mounts, int *ret_root)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct mapping mapping = MAPPING_INIT;

	err = ERROR_INIT;
	if (mapping_create(proc, NULL, NULL, true, &mapping, &err) < 0)
		fail_msg("%s", err.text);
	close(mapping.user);
	*ret_mounts = mapping.mount;
	*ret_root = mapping.root;
}

static int clone_with(const struct idmap *idmap, const char *source, const char *options)
{
	struct mount_request m = {.destination = "/mapped", .source = source};

	return parse_request(&m, options) < 0 ? -1 : idmap_clone(idmap, &m, &err);
}

// By both ways: in the own mount namespace, and in that of a user namespace.
static void test_idmap(void **state)
{
	struct idmap ways[2] = {{.mount_namespace = -1, .root = -1, .propagation = MS_PRIVATE}, {.propagation = MS_SLAVE}};
	const char *directory = "host/disk", *file = "host/disk/file";
	struct mount_context where = context();
	char source[PATH_MAX], below[PATH_MAX];
	struct stat st;

	(void)state;
	ways[0].user_namespace = ways[1].user_namespace = mapped_user_namespace();
	assert_true(ways[0].user_namespace >= 0);
	// A file system of its own: tmpfs, which all else here is on, has idmapped mounts since Linux 6.3 only.
	assert_int_equal(mkdir(directory, 0755), 0);
	assert_int_equal(system("truncate -s 4M host/image && mke2fs -q -t ext4 host/image && mount -o loop,nodev host/image host/disk"), 0);
	write_text(file, "");
	assert_int_equal(chown(file, 5, 6), 0);
	assert_non_null(realpath(directory, source));
	locked_mounts(&ways[1].mount_namespace, &ways[1].root);
	for (size_t i = 0; i < 2; i++) {
		where.source = clone_with(&ways[i], source, "bind idmap");
		if (where.source < 0)
			fail_msg("%s", err.text);
		assert_ok(perform_with(&where, "none", source, "/mapped", "bind idmap ro dev"));
		assert_int_equal(stat("root/mapped/file", &st), 0);
		assert_true(st.st_uid == 1005 && st.st_gid == 1006);
		// What the host's mount does not allow is locked in a copy for a user namespace.
		assert_flags("root/mapped", i == 0 ? ST_RDONLY : ST_RDONLY | ST_NODEV, i == 0 ? ST_NODEV : 0);
		close(where.source);
		assert_int_equal(umount2("root/mapped", 0), 0);
		assert_fails(clone_with(&ways[i], "/proc", "rbind ridmap"), EINVAL, "cannot bind /proc on /mapped: cannot map the ids of the mount: Invalid argument; the file system, or one below it (ridmap)");
		assert_fails(clone_with(&ways[i], "/absent", "bind idmap"), ENOENT, "cannot open the source");
	}
	// What is mapped already is not mapped again.
	where.source = clone_with(&ways[0], source, "bind idmap");
	assert_ok(perform_with(&where, "none", source, "/mapped", "bind idmap"));
	assert_non_null(realpath("root/mapped", below));
	assert_fails(clone_with(&ways[0], below, "bind idmap"), EPERM, "whose ids are not mapped already");
	close(where.source);
	assert_int_equal(umount2("root/mapped", 0), 0);
	close(ways[1].mount_namespace);
	close(ways[1].root);
	assert_int_equal(umount2(directory, 0), 0);
	close(ways[0].user_namespace);
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
		SANDBOX_TEST(test_devices),
		SANDBOX_TEST(test_device_links),
		SANDBOX_TEST(test_terminal),
		SANDBOX_TEST(test_masks),
		SANDBOX_TEST(test_fake_host_null),
		SANDBOX_TEST(test_readonly_paths),
		SANDBOX_TEST(test_pivot),
		SANDBOX_TEST(test_pivot_variants),
		SANDBOX_TEST(test_user_namespace),
		SANDBOX_TEST(test_labels),
		SANDBOX_TEST(test_cgroup_mounts),
		SANDBOX_TEST(test_idmap),
	};
	int failed;

	sandbox_enter();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(&arena);
	rmdir(sandbox);
	return failed;
}
