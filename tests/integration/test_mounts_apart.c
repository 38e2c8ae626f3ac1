// test_mounts_apart.c: mounts in a user, cgroup or mount namespace, with labels, and with mapped ids.
// Needs root; ends with 77 otherwise. Everything happens in a private mount namespace.
#include "requests.h"

#include "proc/mapping.h"
#include "rootfs/device.h"
#include "rootfs/idmap.h"

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
	CHECK(err.code == EPERM && strstr(err.text, "CAP_MKNOD") != NULL && strstr(err.text, "it is bound from the host") != NULL);
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
	assert_fails(clone_with(&ways[0], below, "bind idmap"), EPERM, "must not be mapped already");
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
		SANDBOX_TEST(test_user_namespace),
		SANDBOX_TEST(test_labels),
		SANDBOX_TEST(test_cgroup_mounts),
		SANDBOX_TEST(test_idmap),
	};

	return run_requests(tests, sizeof tests / sizeof *tests, "mounts_apart");
}
