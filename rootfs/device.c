// device.c: see device.h. /dev is opened without following any symlink, and everything is made relative to that fd: an image whose
// /dev is a link elsewhere gets an error, and nothing is made elsewhere (CVE-2026-41579).
#include "rootfs/device.h"

#include "base/cleanup.h"
#include "base/refusal.h"
#include "base/safepath.h"
#include "base/sys.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

enum {
	TTY_MAJOR_PTS_FIRST = 136, // Documentation/admin-guide/devices.txt: UNIX98 pty slaves
	TTY_MAJOR_PTS_LAST = 143,
	// The entry itself, whatever it is; never through a symlink, never upwards.
	ENTRY = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
};

const struct device_node *device_defaults(size_t *ret_count)
{
	static const struct device_node nodes[] = {
		{"/dev/null", 'c', 1, 3, 0666, 0, 0},   {"/dev/zero", 'c', 1, 5, 0666, 0, 0},    {"/dev/full", 'c', 1, 7, 0666, 0, 0},
		{"/dev/random", 'c', 1, 8, 0666, 0, 0}, {"/dev/urandom", 'c', 1, 9, 0666, 0, 0}, {"/dev/tty", 'c', 5, 0, 0666, 0, 0},
	};

	*ret_count = sizeof nodes / sizeof nodes[0];
	return nodes;
}

static int open_dev(int root, struct error *err)
{
	int dev = sys_openat2(root, "dev", O_PATH | O_DIRECTORY, 0, ENTRY);

	if (dev >= 0)
		return dev;
	error_errno(err, errno, "cannot open /dev of the container");
	if (err->code == ELOOP)
		return error_hint(err, "the image's /dev is a symbolic link; it must be a directory");
	return err->code == ENOENT ? error_hint(err, "mount a tmpfs on it, or make it in the image") : -1;
}

// The directory of a node, and its name there. Right below /dev it is /dev itself; deeper (/dev/net/tun) or elsewhere its parents are made,
// but where the path goes through /dev, that must be a directory all the same. `*ret_opened` is the caller's to close; -1 when the result is `*dev`.
static int open_directory_of(int root, int *dev, const char *path, int *ret_opened, const char **ret_name, struct error *err)
{
	static const char below_dev[] = "/dev/";
	const char *name = path + strlen(below_dev);

	if (strncmp(path, below_dev, strlen(below_dev)) == 0) {
		if (*dev < 0)
			*dev = open_dev(root, err);
		if (*dev < 0)
			return -1;
		if (name[0] != '\0' && name[strcspn(name, "/")] == '\0') {
			*ret_name = name;
			return *dev;
		}
	}
	*ret_opened = root_open_parent(root, path, ret_name);
	return *ret_opened >= 0 ? *ret_opened : error_errno(err, errno, "cannot open the directory of %s", path);
}

static mode_t node_type(const struct device_node *node)
{
	switch (node->type) {
	case 'b':
		return S_IFBLK;
	case 'p':
		return S_IFIFO;
	default:
		return S_IFCHR;
	}
}

static bool is_node(const struct stat *st, const struct device_node *node)
{
	if ((st->st_mode & S_IFMT) != node_type(node))
		return false;
	return node->type == 'p' || st->st_rdev == makedev(node->major, node->minor);
}

static int not_that_node(const struct device_node *node, int code, const char *where, struct error *err)
{
	if (node->type == 'p')
		return error_set(err, code, "cannot make %s: what is there%s is not a fifo; remove it, or choose another path", node->path, where);
	return error_set(err, code, "cannot make %s: what is there%s is not the %s device %u:%u; remove it, or choose another path", node->path, where,
	                 node->type == 'b' ? "block" : "character", node->major, node->minor);
}

// The node is held by an O_PATH fd; /proc/self/fd (the host's, before pivot_root) leads to just that node, where a name could lead to another.
static int set_mode(int fd, mode_t mode)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return chmod(path, mode);
}

static int chown_failed(const struct device_node *node, struct error *err)
{
	error_errno(err, errno, "cannot change the owner of %s", node->path);
	return error_refused(err, REFUSAL_BIT(CHOWN), REFUSAL_OWN, "the file system's ids are not those of this user namespace");
}

static int mode_failed(const struct device_node *node, struct error *err)
{
	error_errno(err, errno, "cannot change the mode of %s", node->path);
	return error_refused(err, REFUSAL_BIT(FOWNER), REFUSAL_OWN, NULL);
}

// The spec: an existing node that is the very same is fine, any other file is an error.
static int keep_node(int dir, const char *name, const struct device_node *node, struct error *err)
{
	AUTO_FD fd = sys_openat2(dir, name, O_PATH | O_NOFOLLOW, 0, ENTRY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, errno, "cannot examine %s", node->path);
	if (!is_node(&st, node))
		return not_that_node(node, EEXIST, "", err);
	if ((st.st_uid != node->uid || st.st_gid != node->gid) && fchownat(fd, "", node->uid, node->gid, AT_EMPTY_PATH) < 0)
		return chown_failed(node, err);
	if ((st.st_mode & 07777) != node->mode && set_mode(fd, node->mode) < 0)
		return mode_failed(node, err);
	return 0;
}

// Who makes a node owns it: chown is needed for other owners only.
static int make_node(int dir, const char *name, const struct device_node *node, struct error *err)
{
	if (mknodat(dir, name, node_type(node) | node->mode, node->type == 'p' ? 0 : makedev(node->major, node->minor)) < 0) {
		if (errno == EEXIST)
			return keep_node(dir, name, node, err);
		error_errno(err, errno, "cannot make %s", node->path);
		if (err->code != EPERM) // EACCES is a matter of file modes
			return -1;
		error_refused(err, REFUSAL_BIT(MKNOD), REFUSAL_FIRST, "a cgroup above has a device filter that denies it");
		return error_hint(err, "in a user namespace no node can be made: it is bound from the host");
	}
	if ((node->uid == 0 && node->gid == 0) || fchownat(dir, name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return chown_failed(node, err);
}

// An empty file to mount on, made if nothing is there; never through a symlink.
static int open_mount_file(int dir, const char *name)
{
	if (mknodat(dir, name, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return -1;
	return sys_openat2(dir, name, O_PATH | O_NOFOLLOW, 0, ENTRY);
}

static int cover_file(int mount, int dir, const char *name)
{
	AUTO_FD target = open_mount_file(dir, name);

	if (target < 0)
		return -1;
	return move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int bind_node(int dir, const char *name, const struct device_node *node, struct error *err)
{
	AUTO_FD host = open_tree(AT_FDCWD, node->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	struct stat st;

	if (host < 0 || fstat(host, &st) < 0)
		return error_errno(err, errno, "cannot open the host's %s", node->path);
	if (!is_node(&st, node))
		return not_that_node(node, ENODEV, " on the host", err);
	if (cover_file(host, dir, name) < 0)
		return error_errno(err, errno, "cannot bind the host's %s", node->path);
	return 0;
}

int device_create(int root, int *dev, const struct device_node *node, bool bind, struct error *err)
{
	const char *name = NULL;
	AUTO_FD own_dev = -1;
	AUTO_FD opened = -1;
	int dir = open_directory_of(root, dev != NULL ? dev : &own_dev, node->path, &opened, &name, err);

	if (dir < 0)
		return -1;
	return bind && node->type != 'p' ? bind_node(dir, name, node, err) : make_node(dir, name, node, err);
}

// ---- links ----

static int link_ptmx(int dev, struct error *err)
{
	struct stat st;

	if (symlinkat("pts/ptmx", dev, "ptmx") == 0)
		return 0;
	if (errno != EEXIST || fstatat(dev, "ptmx", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(err, errno, "cannot make /dev/ptmx");
	if (S_ISLNK(st.st_mode))
		return 0;
	if (unlinkat(dev, "ptmx", 0) < 0 || symlinkat("pts/ptmx", dev, "ptmx") < 0)
		return error_errno(err, errno, "cannot replace /dev/ptmx by a link to pts/ptmx");
	return 0;
}

int device_symlinks(int root, int dev, bool with_ptmx, struct error *err)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"},
	};
	AUTO_FD opened = dev < 0 ? open_dev(root, err) : -1;
	bool have_fd, have_core;

	if (opened >= 0)
		dev = opened;
	if (dev < 0)
		return -1;
	// The spec wants the links whose source is there after the mounts. Only whether it is there is asked, wherever a /proc of the image may lead.
	have_fd = faccessat(root, "proc/self/fd", F_OK, 0) == 0;
	have_core = faccessat(root, "proc/kcore", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
		bool wanted = strcmp(links[i].name, "core") == 0 ? have_core : have_fd;

		if (wanted && symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
			return error_errno(err, errno, "cannot make the link /dev/%s", links[i].name);
	}
	return with_ptmx ? link_ptmx(dev, err) : 0;
}

// ---- terminal ----

static bool on_devpts(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

static int open_ptmx(int root, struct error *err)
{
	AUTO_FD dev = open_dev(root, err);
	AUTO_FD pts = -1;
	AUTO_FD master = -1;
	struct stat st;

	if (dev < 0)
		return -1;
	pts = sys_openat2(dev, "pts", O_PATH | O_DIRECTORY, 0, ENTRY);
	if (pts < 0)
		return error_errno(err, errno, "cannot open /dev/pts of the container");
	if (!on_devpts(pts)) {
		error_set(err, EINVAL, "/dev/pts of the container is not a devpts file system");
		return error_hint(err, "a container with a terminal needs a mount of type devpts there");
	}
	// ptmxmode= may well be 000, which root passes.
	master = sys_openat2(pts, "ptmx", O_RDWR | O_NOCTTY, 0, ENTRY | RESOLVE_NO_XDEV);
	if (master < 0 || fstat(master, &st) < 0)
		return error_errno(err, errno, "cannot open /dev/pts/ptmx of the container");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
		return error_set(err, EINVAL, "/dev/pts/ptmx of the container is not the device 5:2");
	return take_fd(&master);
}

int device_open_pty(int root, int *ret_master, int *ret_slave, struct error *err)
{
	AUTO_FD master = open_ptmx(root, err);
	AUTO_FD slave = -1;
	struct stat st;
	int unlock = 0;

	if (master < 0)
		return -1;
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return error_errno(err, errno, "cannot unlock the new terminal");
	// By ioctl and not by name: /dev/pts/N could be anything by now (CVE-2025-52565).
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || fstat(slave, &st) < 0)
		return error_errno(err, errno, "cannot open the new terminal");
	if (!S_ISCHR(st.st_mode) || major(st.st_rdev) < TTY_MAJOR_PTS_FIRST || major(st.st_rdev) > TTY_MAJOR_PTS_LAST || !on_devpts(slave))
		return error_set(err, EINVAL, "the new terminal is not a pty of the container's devpts");
	*ret_master = take_fd(&master);
	*ret_slave = take_fd(&slave);
	return 0;
}

int device_bind_console(int root, int slave, struct error *err)
{
	AUTO_FD dev = open_dev(root, err);
	AUTO_FD tree = -1;

	if (dev < 0)
		return -1;
	tree = open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0 || cover_file(tree, dev, "console") < 0)
		return error_errno(err, errno, "cannot bind the terminal on /dev/console");
	return 0;
}
