// mask.c: see mask.h. What is mounted over a path is read-only from the beginning, so that hiding it costs few system calls.
#include "rootfs/mask.h"

#include "base/cleanup.h"
#include "base/safepath.h"
#include "rootfs/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const unsigned mask_attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

int mask_open_null(struct error *err)
{
	// Private: as a peer of a shared /dev of the host, what the container mounts over a mask would appear on the host's /dev/null.
	struct mount_attr attr = {.attr_set = mask_attributes, .propagation = MS_PRIVATE};
	AUTO_FD null = mount_clone_tree(AT_FDCWD, "/dev/null", AT_SYMLINK_NOFOLLOW, &attr);
	struct stat st;

	if (null < 0 || fstat(null, &st) < 0)
		return error_errno(err, errno, "cannot open /dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return error_set(err, EINVAL, "/dev/null of the host is not the character device 1:3");
	return take_fd(&null);
}

// An empty tmpfs of its own, by mount(2) on the directory as ".": read-only, superblock and all.
static int cover_directory(int target, const char *path, const char *label, struct error *err)
{
	char data[512];

	if ((size_t)snprintf(data, sizeof data, "nr_blocks=1,nr_inodes=1,mode=555%s%s%s", label != NULL ? ",context=\"" : "", label != NULL ? label : "", label != NULL ? "\"" : "") >= sizeof data)
		return error_set(err, ENAMETOOLONG, "cannot mask %s: the label %.64s... is too long", path, label);
	if (fchdir(target) < 0 || mount("tmpfs", ".", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, data) < 0)
		return error_errno(err, errno, "cannot mask %s", path);
	return 0;
}

static int cover_file(int null, int target, const char *path, struct error *err)
{
	AUTO_FD clone = mount_clone(null);

	if (clone < 0 || move_mount(clone, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_errno(err, errno, "cannot mask %s", path);
	return 0;
}

int mask_path(int root, const char *path, int null_fd, const char *label, struct error *err)
{
	AUTO_FD target = root_open(root, path, O_PATH);
	struct stat st;

	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (target < 0 || fstat(target, &st) < 0)
		return error_errno(err, errno, "cannot mask %s", path);
	return S_ISDIR(st.st_mode) ? cover_directory(target, path, label, err) : cover_file(null_fd, target, path, err);
}

int readonly_path(int root, const char *path, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	AUTO_FD target = root_open(root, path, O_PATH);
	AUTO_FD tree = -1;

	if (target < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (target < 0)
		return error_errno(err, errno, "cannot make %s read-only", path);
	tree = mount_clone_tree(target, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr);
	if (tree < 0 ||
	    move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return error_errno(err, errno, "cannot make %s read-only", path);
	return 0;
}
