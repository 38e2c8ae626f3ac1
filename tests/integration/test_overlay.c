// test_overlay.c: snapshots: the image is never written to, whatever the container does, and what cannot be done is explained.
// Needs root; ends with 77 otherwise.
#include "sandbox.h"

#include "base/parse.h"
#include "rootfs/snapshot.h"

#include <sys/xattr.h>

// Name, type, mode, owner, mtime and content of everything below `path`, as one number.
static uint64_t hash_tree(const char *path)
{
	char line[4096 + 256];
	struct stat st;
	uint64_t sum;

	assert_int_equal(lstat(path, &st), 0);
	snprintf(line, sizeof line, "%s %o %u %u %jd.%ld %jd", path, st.st_mode, st.st_uid, st.st_gid, (intmax_t)st.st_mtim.tv_sec,
	         st.st_mtim.tv_nsec, S_ISDIR(st.st_mode) ? (intmax_t)0 : (intmax_t)st.st_size);
	sum = hash_bytes(line, strlen(line));
	if (S_ISREG(st.st_mode)) {
		read_text(path, line, sizeof line);
		sum += hash_bytes(line, strlen(line));
	}
	if (S_ISDIR(st.st_mode)) {
		AUTO_DIR *dir = opendir(path);
		const struct dirent *entry;
		char child[4096];

		while ((entry = readdir(dir)) != NULL) {
			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
			sum = sum * 31 + hash_tree(child); // one directory is always read in one order as long as nothing changes
		}
	}
	return sum;
}

static void make_image(const char *path)
{
	char name[256];

	mkdir(path, 0755);
	assert_int_equal(chmod(path, 0751), 0);
	assert_int_equal(chown(path, 7, 8), 0);
	snprintf(name, sizeof name, "%s/etc", path);
	mkdir(name, 0755);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "%s/etc/file%d", path, i);
		write_text(name, "from the image\n");
	}
	snprintf(name, sizeof name, "%s/link", path);
	assert_int_equal(symlink("etc/file1", name), 0);
}

static char *in_sandbox(char *buffer, const char *name)
{
	sprintf(buffer, "%s/%s", sandbox, name);
	return buffer;
}

static struct snapshot overlay_of(const char *lower, const char *directory, bool keep)
{
	static char paths[2][4096];

	return (struct snapshot){.kind = SNAPSHOT_OVERLAY, .image = in_sandbox(paths[0], lower), .directory = in_sandbox(paths[1], directory), .keep = keep, .synced = keep};
}

// The way from a detached snapshot to a directory.
static void attach(int mount_fd, const char *path)
{
	mkdir(path, 0755);
	assert_int_equal(root_attach(mount_fd, path, &err), 0);
	close(mount_fd);
}

static int snapshot(const struct snapshot *o, const char *path)
{
	int mount_fd = snapshot_create(o, -1, &err);

	if (mount_fd < 0)
		return -1;
	attach(mount_fd, path);
	return 0;
}

static void use_everything(void)
{
	write_text("box/new", "new");
	write_text("box/etc/file2", "changed");
	assert_int_equal(unlink("box/etc/file3"), 0);
	assert_int_equal(rename("box/etc/file4", "box/moved"), 0);
	assert_int_equal(chmod("box/etc/file5", 0600), 0);
	assert_int_equal(chown("box/etc/file6", 1000, 1000), 0);
	assert_int_equal(setxattr("box/etc/file7", "trusted.x", "y", 1, 0), 0);
	assert_int_equal(truncate("box/etc/file8", 0), 0);
	assert_int_equal(mkdir("box/directory", 0700), 0);
	assert_int_equal(rename("box/new", "box/etc/file9"), 0);
	assert_int_equal(unlink("box/link"), 0);
	assert_int_equal(chmod("box", 0700), 0);
	assert_int_equal(chmod("box/etc", 0700), 0);
}

static void test_image_is_untouched(void **state)
{
	struct snapshot o = overlay_of("image", "snap", false);
	uint64_t before;

	(void)state;
	make_image("image");
	before = hash_tree("image");
	assert_ok(snapshot(&o, "box"));
	assert_text("box/etc/file1", "from the image\n");
	use_everything();
	assert_text("box/etc/file2", "changed");
	assert_false(exists("box/etc/file3"));
	assert_int_equal(hash_tree("image"), before);
	assert_int_equal(umount2("box", 0), 0);
	assert_ok(snapshot_remove(o.directory, &err));
	assert_false(exists("snap"));
	assert_ok(snapshot_remove(o.directory, &err));
	assert_int_equal(hash_tree("image"), before);
	write_text("image/etc/file1", "x"); // the hash does see changes
	assert_int_not_equal(hash_tree("image"), before);
}

static void test_root_looks_alike(void **state)
{
	struct snapshot o = overlay_of("image", "snap", false);
	struct stat st;
	char value[8];

	(void)state;
	make_image("image");
	assert_int_equal(setxattr("image", "trusted.minirun", "kept", 4, 0), 0);
	assert_ok(snapshot(&o, "box"));
	assert_int_equal(stat("box", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0751);
	assert_int_equal(st.st_uid, 7);
	assert_int_equal(st.st_gid, 8);
	assert_int_equal(getxattr("box", "trusted.minirun", value, sizeof value), 4);
	assert_int_equal(stat("snap", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(st.st_uid, geteuid());
}

static bool mounted_with(const char *point, const char *word)
{
	static char mountinfo[65536];
	char name[4200], *line;

	read_text("/proc/self/mountinfo", mountinfo, sizeof mountinfo);
	snprintf(name, sizeof name, "/%s ", point);
	line = strstr(mountinfo, name);
	assert_non_null(line);
	line[strcspn(line, "\n")] = '\0';
	return strstr(line, word) != NULL;
}

static void test_volatile_and_keep(void **state)
{
	struct snapshot o = overlay_of("image", "snap", false);

	(void)state;
	make_image("image");
	assert_ok(snapshot(&o, "box"));
	assert_true(mounted_with("box", "volatile"));
	assert_int_equal(umount2("box", 0), 0);
	assert_fails(snapshot_create(&o, -1, &err), EEXIST, "delete --force");
	assert_ok(snapshot_remove(o.directory, &err));

	o.keep = o.synced = true;
	assert_ok(snapshot(&o, "box"));
	assert_false(mounted_with("box", "volatile"));
	write_text("box/kept", "kept");
	assert_int_equal(umount2("box", 0), 0);
	assert_ok(snapshot(&o, "box"));
	assert_text("box/kept", "kept");
	assert_int_equal(umount2("box", 0), 0);
}

// Closing the fd of a snapshot that was never attached undoes it.
static void test_detached(void **state)
{
	struct snapshot o = overlay_of("image", "snap", false);
	int mount_fd;

	(void)state;
	make_image("image");
	assert_ok(mount_fd = snapshot_create(&o, -1, &err));
	assert_int_equal(fcntl(mount_fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(mount_fd);
	assert_ok(snapshot_remove(o.directory, &err));
}

static void test_awkward_paths(void **state)
{
	static const char *const names[] = {"a,b", "a:b", "a\\b", "a b", "a=b", "a\"b", "a,userxattr"};
	char long_name[256];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char snap[64];

		snprintf(snap, sizeof snap, "snap %s", names[i]);
		struct snapshot o = overlay_of(names[i], snap, false);

		make_image(names[i]);
		assert_ok(snapshot(&o, "box"));
		assert_text("box/etc/file1", "from the image\n");
		write_text("box/new", "x");
		assert_int_equal(umount2("box", 0), 0);
		assert_ok(snapshot_remove(o.directory, &err));
	}
	memset(long_name, 'n', 240);
	long_name[240] = '\0';
	struct snapshot o = overlay_of(long_name, "snap", false);

	assert_int_equal(mkdir(long_name, 0755), 0);
	assert_ok(snapshot(&o, "box"));
}

static void test_refusals(void **state)
{
	struct snapshot o = overlay_of("missing", "snap", false);

	(void)state;
	assert_fails(snapshot_create(&o, -1, &err), ENOENT, "missing");
	assert_false(exists("snap"));
	write_text("file", "");
	o = overlay_of("file", "snap", false);
	assert_fails(snapshot_create(&o, -1, &err), ENOTDIR, "Not a directory");
	make_image("image");
	o = overlay_of("image", "absent/snap", false);
	assert_fails(snapshot_create(&o, -1, &err), ENOENT, "absent/snap");
	assert_int_equal(symlink("host", "snap"), 0);
	o = overlay_of("image", "snap", false);
	assert_fails(snapshot_create(&o, -1, &err), ENOTDIR, "snap");
	assert_true(empty_directory("host"));
	assert_int_equal(mkdir("open", 0777), 0);
	o = overlay_of("image", "open", false);
	assert_fails(snapshot_create(&o, -1, &err), EPERM, "written by others");
}

static void test_overlay_on_overlay(void **state)
{
	struct snapshot o = overlay_of("image", "snap", false);

	(void)state;
	make_image("image");
	assert_ok(snapshot(&o, "box"));
	o = overlay_of("image", "box/inner", false);
	assert_fails(snapshot_create(&o, -1, &err), EINVAL, "--root DIR");
	assert_non_null(strstr(err.text, "is itself on an overlay"));
	assert_non_null(strstr(err.text, "--snapshot none"));
	o = overlay_of("box", "second", false); // but an overlay may be the image
	assert_ok(snapshot(&o, "box2"));
	assert_text("box2/etc/file1", "from the image\n");
}

static void test_full_and_read_only_disk(void **state)
{
	struct snapshot o = overlay_of("image", "disk/snap", false);

	(void)state;
	make_image("image");
	mkdir("disk", 0755);
	assert_int_equal(mount("tmpfs", "disk", "tmpfs", 0, "nr_inodes=3"), 0);
	assert_fails(snapshot_create(&o, -1, &err), ENOSPC, "free some space");
	assert_ok(snapshot_remove(o.directory, &err));
	assert_int_equal(mount("tmpfs", "disk", "tmpfs", MS_REMOUNT, "nr_inodes=5"), 0);
	assert_fails(snapshot_create(&o, -1, &err), ENOSPC, "free some space"); // upper and work fit, overlayfs's own directory does not
	assert_ok(snapshot_remove(o.directory, &err));
	assert_int_equal(mount("tmpfs", "disk", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_fails(snapshot_create(&o, -1, &err), EROFS, "--snapshot none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SANDBOX_TEST(test_image_is_untouched),
		SANDBOX_TEST(test_root_looks_alike),
		SANDBOX_TEST(test_volatile_and_keep),
		SANDBOX_TEST(test_detached),
		SANDBOX_TEST(test_awkward_paths),
		SANDBOX_TEST(test_refusals),
		SANDBOX_TEST(test_overlay_on_overlay),
		SANDBOX_TEST(test_full_and_read_only_disk),
	};
	int failed;

	sandbox_enter();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(sandbox);
	return failed;
}
