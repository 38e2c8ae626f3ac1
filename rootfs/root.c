// root.c: see root.h. Why pivot_root(2) is refused with a bare EINVAL is looked up afterwards.
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

// ---- why pivot_root(2) was refused ----
// Every cause named is one that the kernel refuses (path_pivot_root() of fs/namespace.c), but not in its order: what can be seen comes first, a locked mount, which is only
// inferred, last. put_old is the new root itself, which leaves "put_old is not at or underneath new_root" out.

struct pivot_view {
	int root;
	struct statx new_root, old_root;
	struct mounts mounts;
	const struct mountinfo *new_mount, *old_mount; // NULL: not to be seen from here
};

static int look(struct arena *arena, int root, struct pivot_view *ret_view)
{
	struct pivot_view view = {.root = root};

	if (statx(root, "", AT_EMPTY_PATH, STATX_MNT_ID, &view.new_root) < 0 || statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &view.old_root) < 0 ||
	    mountinfo_read(arena, AT_FDCWD, "/proc/self/mountinfo", &view.mounts) < 0)
		return -1;
	view.new_mount = mountinfo_find(&view.mounts, view.new_root.stx_mnt_id);
	view.old_mount = mountinfo_find(&view.mounts, view.old_root.stx_mnt_id);
	*ret_view = view;
	return 0;
}

static bool is_mount_root(const struct statx *file)
{
	return (file->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

// A clone of what is below `path`, which fails with EINVAL for what cannot be cloned, and goes with its fd: asks without changing anything.
static bool can_clone(int directory, const char *path, unsigned flags)
{
	AUTO_FD clone = open_tree(directory, path, AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);

	return clone >= 0 || errno != EINVAL;
}

static bool explain_shared(const struct mountinfo *mount, const char *what, struct error *err)
{
	if (mount == NULL || !mount->shared)
		return false;
	error_set(err, EINVAL, "pivot_root: %s, %s, has shared propagation", what, mount->point);
	error_hint(err, "make it private or slave first (rootfsPropagation, or mount --make-slave %s)", mount->point);
	return true;
}

static bool explain_propagation(const struct pivot_view *view, struct error *err)
{
	if (view->new_mount == NULL || view->old_mount == NULL)
		return false;
	return explain_shared(view->new_mount, "the new root", err) ||
	       explain_shared(mountinfo_find(&view->mounts, view->new_mount->parent), "the mount that holds the new root", err) ||
	       explain_shared(mountinfo_find(&view->mounts, view->old_mount->parent), "the mount below the current root", err);
}

// mountinfo has nothing of a root that is not a mount point, nor of one in another namespace.
static bool explain_place(const struct pivot_view *view, struct error *err)
{
	if (!is_mount_root(&view->old_root)) {
		error_set(err, EINVAL, "pivot_root: the current root is not a mount point: minirun was started in a chroot");
		error_hint(err, "bind the chroot's directory on itself first (mount --bind DIR DIR), or use --no-pivot");
	} else if (view->old_mount == NULL) {
		error_set(err, EINVAL, "pivot_root: the current root is not in this mount namespace");
		error_hint(err, "whoever changed the mount namespace kept a root directory of the former one: change to a directory of the new one first (chroot)");
	} else if (view->new_mount == NULL && can_clone(view->root, "", AT_RECURSIVE)) {
		error_set(err, EINVAL, "pivot_root: the new root is not below the current root");
		error_hint(err, "minirun was started in a chroot, and the new root lies outside of it: put it inside");
	} else if (view->new_mount == NULL) {
		error_set(err, EINVAL, "pivot_root: the new root is not attached in this mount namespace");
	} else {
		return false;
	}
	return true;
}

static bool explain_roots(const struct pivot_view *view, struct error *err)
{
	if (strcmp(view->old_mount->type, "rootfs") == 0) {
		error_set(err, EINVAL, "pivot_root: the current root is the initramfs, which cannot be replaced");
		error_hint(err, "use --no-pivot, or boot from a real root file system");
	} else if (!is_mount_root(&view->new_root)) {
		error_set(err, EINVAL, "pivot_root: the new root is not a mount point");
		error_hint(err, "bind it on itself first (mount --bind DIR DIR)");
	} else {
		return false;
	}
	return true;
}

// Neither is to be seen in mountinfo: MNT_LOCKED, and mounts that are not below the current root. A tree with locked mounts in it cannot be cloned without them.
static void explain_hidden(const struct pivot_view *view, struct error *err)
{
	if (!can_clone(view->root, "..", 0)) {
		error_set(err, EINVAL, "pivot_root: the new root, %s, is a mount from a more privileged mount namespace, which is locked here", view->new_mount->point);
		error_hint(err, "bind it on itself in this namespace, with the mounts below it (mount --rbind DIR DIR)");
	} else {
		error_set(err, EINVAL, "pivot_root: the mount that the current root is mounted on, which cannot be seen from here, has shared propagation");
		error_hint(err, "make it private before the root is changed to what is mounted on it, or use --no-pivot");
	}
}

static int explain_invalid(int root, struct error *err)
{
	AUTO_ARENA arena = {0};
	struct pivot_view view;

	error_set(err, EINVAL, "pivot_root: Invalid argument");
	if (look(&arena, root, &view) < 0)
		return error_hint(err, "the cause is not known, because /proc/self/mountinfo cannot be read");
	if (!explain_propagation(&view, err) && !explain_place(&view, err) && !explain_roots(&view, err))
		explain_hidden(&view, err);
	return -1;
}

static int explain_pivot(int code, int root, struct error *err)
{
	if (code == EINVAL)
		return explain_invalid(root, err);
	error_errno(err, code, "pivot_root");
	if (code == EBUSY)
		return error_hint(err, "the new root is on the same mount as the current root: it has to be a mount point of its own (mount --bind DIR DIR)");
	return code == ENOENT ? error_hint(err, "the directory of the new root has been removed") : -1;
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
		return explain_pivot(errno, root, err);
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
