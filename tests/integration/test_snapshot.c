// test_snapshot.c: the backends of snapshots by themselves: copies with all that files have, hundreds of snapshots of one image, what is whole and what is not.
// Needs root, loop devices, btrfs and xfs; ends with 77 without root.
// limit: 600
#include "sandbox.h"

#include "rootfs/copy_tree.h"
#include "rootfs/snapshot.h"

#include <linux/btrfs.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void run(const char *command)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s: wait status %d", command, status);
}

// A file system on a loop device, mounted on ./disk.
static void make_disk(const char *make, const char *size)
{
	char command[256];

	snprintf(command, sizeof command, "truncate -s %s image.disk && %s image.disk >/dev/null 2>&1 && mkdir disk && mount -o loop image.disk disk", size, make);
	run(command);
}

static struct snapshot snapshot_in(enum snapshot_kind kind, const char *store, const char *image, int number)
{
	static char paths[4][4200];

	snprintf(paths[0], sizeof paths[0], "%s/%s", sandbox, image);
	snprintf(paths[1], sizeof paths[1], "%s/%s", sandbox, store);
	snprintf(paths[2], sizeof paths[2], "%s/%s/c%d@0", sandbox, store, number);
	snprintf(paths[3], sizeof paths[3], "/run/minirun/c%d", number);
	return (struct snapshot){.kind = kind, .image = paths[0], .store = paths[1], .directory = paths[2], .owner = paths[3]};
}

static uint64_t used_bytes(void)
{
	struct statvfs fs;
	int fd = open("disk", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(syncfs(fd), 0);
	assert_int_equal(fstatvfs(fd, &fs), 0);
	close(fd);
	return (uint64_t)(fs.f_blocks - fs.f_bfree) * fs.f_frsize;
}

// ---- copies ----

static void make_tree(void)
{
	int fd;

	assert_int_equal(mkdir("disk/image", 0751), 0);
	assert_int_equal(mkdir("disk/image/sub", 0700), 0);
	write_text("disk/image/sub/file", "content");
	assert_int_equal(link("disk/image/sub/file", "disk/image/again"), 0);
	assert_int_equal(link("disk/image/sub/file", "disk/image/sub/and-again"), 0);
	assert_int_equal(symlink("sub/file", "disk/image/link"), 0);
	assert_int_equal(lchown("disk/image/link", 3, 4), 0);
	assert_int_equal(lsetxattr("disk/image/link", "trusted.of-a-link", "x", 1, 0), 0);
	assert_int_equal(setxattr("disk/image/sub/file", "trusted.name", "value", 5, 0), 0);
	assert_int_equal(setxattr("disk/image/sub", "trusted.overlay.opaque", "y", 1, 0), 0);
	assert_int_equal(mknod("disk/image/null", S_IFCHR | 0620, makedev(1, 3)), 0);
	assert_int_equal(mknod("disk/image/socket", S_IFSOCK | 0600, 0), 0);
	write_text("disk/image/setuid", "program");
	assert_int_equal(chown("disk/image/setuid", 5, 6), 0);
	assert_int_equal(chmod("disk/image/setuid", 06755), 0);
	fd = open("disk/image/sparse", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(pwrite(fd, "middle", 6, 1 << 20), 6);
	assert_int_equal(ftruncate(fd, 3 << 20), 0);
	close(fd);
}

static struct stat info_of(const char *path)
{
	struct stat info;

	if (lstat(path, &info) < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return info;
}

static void assert_copied(const char *copy, unsigned flags)
{
	char value[8] = "";
	char text[16] = "";
	int fd;

	assert_int_equal(chdir(copy), 0);
	assert_int_equal(info_of(".").st_mode & 07777, 0751);
	assert_int_equal(info_of("again").st_ino, info_of("sub/file").st_ino);
	assert_int_equal(info_of("sub/and-again").st_nlink, 3);
	assert_int_equal(info_of("link").st_uid, 3);
	assert_int_equal(info_of("setuid").st_mode & 07777, 06755);
	assert_int_equal(info_of("setuid").st_gid, 6);
	assert_int_equal(info_of("null").st_rdev, makedev(1, 3));
	assert_int_equal(info_of("null").st_mode & 07777, 0620);
	assert_int_equal(getxattr("sub/file", "trusted.name", value, sizeof value), 5);
	assert_int_equal(exists("socket"), (flags & COPY_ALL) != 0);
	assert_int_equal(lgetxattr("link", "trusted.of-a-link", value, sizeof value), (flags & COPY_ALL) != 0 ? 1 : -1);
	assert_int_equal(getxattr("sub", "trusted.overlay.opaque", value, sizeof value), (flags & COPY_ALL) != 0 ? 1 : -1);
	assert_int_equal(info_of("sparse").st_size, 3 << 20);
	assert_true(info_of("sparse").st_blocks * 512 < 1 << 20);
	fd = open("sparse", O_RDONLY | O_CLOEXEC);
	assert_int_equal(pread(fd, text, 6, 1 << 20), 6);
	assert_string_equal(text, "middle");
	close(fd);
	assert_int_equal(chdir(sandbox), 0);
}

static void copy_with(const char *to, unsigned flags)
{
	int from_fd = open("disk/image", O_PATH | O_DIRECTORY | O_CLOEXEC), to_fd;

	assert_int_equal(mkdir(to, 0700), 0);
	to_fd = open(to, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_ok(copy_tree(from_fd, to_fd, &(struct copy){.flags = flags}, &err));
	close(from_fd);
	close(to_fd);
	assert_copied(to, flags);
}

static void test_copies(void **state)
{
	(void)state;
	make_disk("mkfs.xfs -q", "400M");
	make_tree();
	copy_with("disk/data", 0);
	copy_with("disk/shared", COPY_SHARE | COPY_ALL);
	copy_with("disk/shared-only", COPY_SHARE_ONLY | COPY_ALL);
	copy_with("elsewhere", COPY_SHARE | COPY_ALL); // on the sandbox's tmpfs no block can be shared
	assert_int_equal(umount2("disk", MNT_DETACH), 0);
}

static void test_copy_names_the_path(void **state)
{
	int from, to;

	(void)state;
	mkdir("from", 0755);
	mkdir("from/deep", 0755);
	write_text("from/deep/file", "x");
	mkdir("to", 0755);
	from = open("from", O_PATH | O_DIRECTORY | O_CLOEXEC);
	to = open("to", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_fails(copy_tree(from, to, &(struct copy){.flags = COPY_SHARE_ONLY}, &err), EOPNOTSUPP, "(deep/file)");
	close(from);
	close(to);
}

// ---- whole or not ----

static void test_look(void **state)
{
	struct snapshot s;
	struct snapshot_look look;
	int mount;

	(void)state;
	make_disk("mkfs.btrfs -q", "256M");
	run("btrfs subvolume create disk/image >/dev/null && mkdir disk/plain && touch disk/plain/file");
	assert_fails(snapshot_look("disk/none", &look, &err), ENOENT, "disk/none");
	s = snapshot_in(SNAPSHOT_BTRFS, "disk/store", "disk/image", 1);
	assert_ok(mount = snapshot_create(&s, -1, &err));
	close(mount);
	assert_ok(snapshot_look(s.directory, &look, &err));
	assert_true(look.kind == SNAPSHOT_BTRFS && look.whole);
	assert_string_equal(look.owner, s.owner);
	assert_string_equal(look.image, s.image);
	assert_fails(snapshot_create(&s, -1, &err), EEXIST, "File exists");
	assert_ok(snapshot_remove_stored(s.directory, &err));
	assert_ok(snapshot_remove_stored(s.directory, &err)); // absent is success
	assert_true(exists("disk/store")); // the user's
	s = snapshot_in(SNAPSHOT_REFLINK, "disk/.minirun", "disk/plain", 2);
	assert_ok(mount = snapshot_create(&s, -1, &err));
	close(mount);
	assert_ok(snapshot_look(s.directory, &look, &err));
	assert_true(look.kind == SNAPSHOT_REFLINK && look.whole);
	assert_fails(snapshot_create(&s, -1, &err), EEXIST, "delete --force");
	run("mv disk/.minirun/c2@0/root disk/.minirun/c2@0/root.partial");
	assert_ok(snapshot_look(s.directory, &look, &err));
	assert_true(look.kind == SNAPSHOT_REFLINK && !look.whole);
	assert_fails(snapshot_create(&s, -1, &err), EEXIST, "delete --force");
	run("rm -r disk/.minirun/c2@0/root.partial; mkdir disk/.minirun/c2@0/upper");
	assert_ok(snapshot_look(s.directory, &look, &err));
	assert_true(look.kind == SNAPSHOT_OVERLAY && !look.whole);
	run("mkdir disk/.minirun/c2@0/work");
	assert_ok(snapshot_look(s.directory, &look, &err));
	assert_true(look.kind == SNAPSHOT_OVERLAY && look.whole);
	run("rmdir disk/.minirun/c2@0/work disk/.minirun/c2@0/upper");
	assert_ok(snapshot_look(s.directory, &look, &err));
	assert_true(look.kind == SNAPSHOT_NONE && !look.whole);
	assert_ok(snapshot_remove_stored(s.directory, &err));
	assert_false(exists("disk/.minirun")); // the last one puts out the light
	assert_int_equal(umount2("disk", MNT_DETACH), 0);
}

// More nested than there are fds for.
static void test_nested_subvolumes(void **state)
{
	struct snapshot s;
	int dir;

	(void)state;
	make_disk("mkfs.btrfs -q", "512M");
	run("btrfs subvolume create disk/image >/dev/null");
	s = snapshot_in(SNAPSHOT_BTRFS, "disk/.minirun", "disk/image", 1);
	assert_ok(dir = snapshot_create(&s, -1, &err));
	close(dir);
	dir = open("disk/.minirun/c1@0/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < 1100; i++) {
		struct btrfs_ioctl_vol_args args = {.name = "s"};
		int next;

		assert_int_equal(ioctl(dir, BTRFS_IOC_SUBVOL_CREATE, &args), 0);
		next = openat(dir, "s", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(dir);
		dir = next;
	}
	close(dir);
	assert_ok(snapshot_remove_stored(s.directory, &err));
	assert_false(exists("disk/.minirun"));
	assert_int_equal(umount2("disk", MNT_DETACH), 0);
}

// ---- one image, many snapshots ----

// In an emulated machine, where each takes a tenth of a second and on a busy one a whole one, fewer: five hundred are made on the machine itself.
static int many(void)
{
	return getenv("TEST_VM") != NULL ? 30 : 500;
}

static void make_many(enum snapshot_kind kind)
{
	for (int i = 0; i < many(); i++) {
		struct snapshot s = snapshot_in(kind, "disk/.minirun", "disk/image", i);
		int mount;

		assert_ok(mount = snapshot_create(&s, -1, &err));
		close(mount);
	}
}

static void remove_many(enum snapshot_kind kind)
{
	for (int i = 0; i < many(); i++) {
		struct snapshot s = snapshot_in(kind, "disk/.minirun", "disk/image", i);

		assert_ok(snapshot_remove_stored(s.directory, &err));
	}
	assert_false(exists("disk/.minirun"));
}

static void many_of(enum snapshot_kind kind)
{
	uint64_t before, after;

	run("head -c 50000000 /dev/urandom >disk/image/large");
	before = used_bytes();
	make_many(kind);
	after = used_bytes();
	// One copy would be 50 MB, all of them 25 GB.
	if (after > before + 40000000)
		fail_msg("%s: %ju bytes before, %ju with %d snapshots", snapshot_kind_name(kind), (uintmax_t)before, (uintmax_t)after, many());
	remove_many(kind);
	assert_int_equal(umount2("disk", MNT_DETACH), 0);
}

static void test_many_of_btrfs(void **state)
{
	(void)state;
	make_disk("mkfs.btrfs -q", "512M");
	run("btrfs subvolume create disk/image >/dev/null");
	many_of(SNAPSHOT_BTRFS);
}

static void test_many_of_reflink(void **state)
{
	(void)state;
	make_disk("mkfs.xfs -q", "400M");
	run("mkdir disk/image");
	many_of(SNAPSHOT_REFLINK);
}

static void test_many_of_overlay(void **state)
{
	(void)state;
	make_disk("mkfs.ext4 -q -N 20000", "400M");
	run("mkdir disk/image");
	many_of(SNAPSHOT_OVERLAY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_copies),
		SANDBOX_TEST(test_copy_names_the_path),
		SANDBOX_TEST(test_look),
		SANDBOX_TEST(test_nested_subvolumes),
		SANDBOX_TEST(test_many_of_btrfs),
		SANDBOX_TEST(test_many_of_reflink),
		SANDBOX_TEST(test_many_of_overlay),
	};
	int failed;

	sandbox_enter();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(sandbox);
	return failed;
}
