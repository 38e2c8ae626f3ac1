// root.c: see root.h. What pivot_root(2) refuses with a bare EINVAL is looked up in mountinfo afterwards.
#include "rootfs/root.h"

#include "base/cleanup.h"
#include "base/mountinfo.h"
#include "base/sys.h"
#include "rootfs/filesystem.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

// A clone of a shared mount is its peer, wherever it is attached: every mount of the container would appear on the host, and pivot_root(2) refuses
// a shared root. As a slave it still gets what the host mounts there later.
int root_clone_tree(const char *path, struct error *err)
{
	struct mount_attr attr = {.propagation = MS_SLAVE};
	AUTO_FD tree = mount_clone_tree(AT_FDCWD, path, AT_RECURSIVE, &attr);
	struct stat st;

	if (tree < 0) {
		error_errno(err, errno, "cannot clone the root file system %s", path);
		return err->code == EINVAL ? error_hint(err, "it is on an unbindable mount") : -1;
	}
	if (fstat(tree, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set(err, ENOTDIR, "the root file system %s is not a directory", path);
	return take_fd(&tree);
}

int root_set_propagation(unsigned long flags, struct error *err)
{
	if (mount(NULL, "/", NULL, flags, NULL) == 0)
		return 0;
	error_errno(err, errno, "cannot set the propagation of the host's mounts");
	return err->code == EINVAL ? error_hint(err, "/ is not a mount point here: minirun was started in a chroot; bind the chroot's directory on itself first (mount --bind DIR DIR)") : -1;
}

// Only the root of a mount can be changed (EINVAL otherwise), so the way goes up to it.
int root_keep_private(const char *path, struct error *err)
{
	struct mount_attr attr = {.propagation = MS_PRIVATE};
	AUTO_FD here = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (here < 0)
		return error_errno(err, errno, "cannot open the root file system %s", path);
	while (mount_setattr(here, "", AT_EMPTY_PATH, &attr, sizeof attr) < 0) {
		int above;

		if (errno != EINVAL)
			return error_errno(err, errno, "cannot make the mount that holds %s private", path);
		above = openat(here, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (above < 0)
			return error_errno(err, errno, "cannot find the mount that holds %s", path);
		close_fd(&here);
		here = above;
	}
	return 0;
}

static int attach_failed(const char *path, struct error *err)
{
	error_errno(err, errno, "cannot attach the root file system on %s", path);
	return err->code == EACCES ? error_hint(err, "in a user namespace, the id that its root is mapped to must be able to search every directory on that path") : -1;
}

int root_attach(int tree, const char *path, struct error *err)
{
	if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return attach_failed(path, err);
	return 0;
}

// ---- why pivot_root(2) gave EINVAL ----

static int shared_obstacle(const struct mountinfo *mount, const char *what, struct error *err)
{
	if (mount == NULL || !mount->shared)
		return 0;
	error_set(err, EINVAL, "pivot_root: %s, %s, has shared propagation", what, mount->point);
	return error_hint(err, "make it private or slave first (rootfsPropagation)");
}

static int explain_pivot(int root, struct error *err)
{
	struct statx new_root, old_root;
	const struct mountinfo *new_mount, *old_mount;
	AUTO_ARENA arena = {0};
	struct mounts mounts;

	error_set(err, EINVAL, "pivot_root: Invalid argument");
	if (statx(root, "", AT_EMPTY_PATH, STATX_MNT_ID, &new_root) < 0 || statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &old_root) < 0)
		return -1;
	if (!(new_root.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return error_set(err, EINVAL, "pivot_root: the new root is not a mount point");
	if (mountinfo_read(&arena, AT_FDCWD, "/proc/self/mountinfo", &mounts) < 0)
		return error_hint(err, "the cause is not known, because /proc/self/mountinfo cannot be read");
	new_mount = mountinfo_find(&mounts, new_root.stx_mnt_id);
	old_mount = mountinfo_find(&mounts, old_root.stx_mnt_id);
	if (new_mount == NULL)
		return error_set(err, EINVAL, "pivot_root: the new root is not attached in this mount namespace");
	if (old_mount == NULL)
		return -1;
	if (strcmp(old_mount->type, "rootfs") == 0) {
		error_set(err, EINVAL, "pivot_root: the current root is the initramfs, which cannot be replaced");
		return error_hint(err, "use --no-pivot, or boot from a real root file system");
	}
	if (shared_obstacle(new_mount, "the new root", err) < 0 ||
	    shared_obstacle(mountinfo_find(&mounts, new_mount->parent), "the mount that holds the new root", err) < 0 ||
	    shared_obstacle(mountinfo_find(&mounts, old_mount->parent), "the mount below the current root", err) < 0)
		return -1;
	return -1;
}

// pivot_root(".", ".") stacks the old root on the new one, so that no directory is needed for it and a read-only root will do; "." is then the old root
// (pivot_root(2), NOTES).
// `old`: the old root, made a slave before it goes; -1: it is none of the host's peers.
static int pivot(int root, int old, struct error *err)
{
	struct mount_attr attr = {.propagation = MS_SLAVE};

	if (fchdir(root) < 0)
		return error_errno(err, errno, "cannot enter the new root");
	if (sys_pivot_root(".", ".") < 0)
		return errno == EINVAL ? explain_pivot(root, err) : error_errno(err, errno, "pivot_root");
	if (old >= 0 && mount_setattr(old, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) < 0)
		return error_errno(err, errno, "cannot cut the old root's ties to the host");
	if (umount2(".", MNT_DETACH) < 0)
		return error_errno(err, errno, "cannot detach the old root");
	return chdir("/") < 0 ? error_errno(err, errno, "cannot enter the new root") : 0;
}

int root_pivot(int root, struct error *err)
{
	return pivot(root, -1, err);
}

int root_pivot_from_shared(int root, struct error *err)
{
	AUTO_FD old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return old < 0 ? error_errno(err, errno, "cannot open the old root") : pivot(root, old, err);
}

// ---- without pivot_root ----

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

// From the last to the first, since one may lie on another.
static int hide_kernel_mounts(const char *new_root, struct error *err)
{
	AUTO_ARENA arena = {0};
	struct mounts mounts;

	if (mountinfo_read(&arena, AT_FDCWD, "/proc/self/mountinfo", &mounts) < 0)
		return error_errno(err, errno, "cannot read /proc/self/mountinfo");
	for (size_t i = mounts.count; i-- > 0;) {
		const struct mountinfo *at = &mounts.items[i];

		if (strcmp(at->type, "proc") != 0 && strcmp(at->type, "sysfs") != 0)
			continue;
		if (is_below(at->point, new_root) || umount2(at->point, MNT_DETACH) == 0)
			continue;
		if (errno == ENOENT) // it lies below one that is gone already
			continue;
		if ((errno != EINVAL && errno != EPERM) || mount("tmpfs", at->point, "tmpfs", MS_RDONLY, NULL) < 0)
			return error_errno(err, errno, "cannot unmount the host's %s", at->point);
	}
	return 0;
}

int root_move(int root, struct error *err)
{
	char link[32], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", root);
	length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return error_errno(err, errno, "cannot find where the new root is");
	path[length] = '\0';
	if (fchdir(root) < 0)
		return error_errno(err, errno, "cannot enter the new root");
	if (hide_kernel_mounts(path, err) < 0)
		return -1;
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return error_errno(err, errno, "cannot move the new root over the old one");
	if (chroot(".") < 0 || chdir("/") < 0)
		return error_errno(err, errno, "cannot change to the moved root");
	return 0;
}

int root_chroot(int root, struct error *err)
{
	if (fchdir(root) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return error_errno(err, errno, "cannot change the root directory");
	return 0;
}

int root_make_readonly(struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	if (mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof attr) < 0)
		return error_errno(err, errno, "cannot make the root file system read-only");
	return 0;
}

int root_set_rootfs_propagation(unsigned long flags, struct error *err)
{
	if (mount(NULL, "/", NULL, flags, NULL) < 0)
		return error_errno(err, errno, "cannot set the propagation of the root file system");
	return 0;
}
