// overlay.c: see overlay.h and the kernel's Documentation/filesystems/overlayfs.rst.
#include "rootfs/overlay.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rootfs/copy_tree.h"
#include "rootfs/filesystem.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

enum { LAYER_TEXT_MAX = 255 }; // fsconfig(2)

static int open_lower(const char *path, struct error *err)
{
	int lower = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return lower >= 0 ? lower : error_errno(err, errno, "cannot open the root file system %s", path);
}

static int directory_failed(const char *directory, int code, struct error *err)
{
	error_errno(err, code, "cannot make the directory %s for the snapshot", directory);
	if (code == ENOSPC || code == EDQUOT)
		return error_hint(err, "free some space, or use --root DIR on another file system");
	if (code == EROFS)
		return error_hint(err, "use --root DIR on a writable file system, or --snapshot none");
	if (code == EACCES)
		return error_hint(err, "this user may not write there; in a user namespace its root must be who owns the state directory: use --root DIR, or --snapshot none");
	return -1;
}

// A layer left by somebody else must not become part of a container that is to start afresh; one that is kept is continued.
static int make_layers(int lower, const struct overlay *o, int dir, int *ret_upper, int *ret_work, struct error *err)
{
	bool fresh = mkdirat(dir, "upper", 0700) == 0;

	if (!fresh && errno != EEXIST)
		return directory_failed(o->directory, errno, err);
	if (!fresh && !o->keep) {
		error_set(err, EEXIST, "%s holds the snapshot of an earlier container", o->directory);
		return error_hint(err, "remove it with minirun delete --force");
	}
	if (mkdirat(dir, "work", 0700) < 0 && errno != EEXIST)
		return directory_failed(o->directory, errno, err);
	*ret_upper = openat(dir, "upper", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*ret_work = openat(dir, "work", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_upper < 0 || *ret_work < 0)
		return error_errno(err, errno, "cannot open the snapshot in %s", o->directory);
	return fresh ? copy_directory_attributes(lower, *ret_upper, err) : 0;
}

static int open_directory(const char *path, struct error *err)
{
	AUTO_FD dir = -1;
	struct stat st;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return directory_failed(path, errno, err);
	dir = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 || fstat(dir, &st) < 0)
		return error_errno(err, errno, "cannot open the directory %s of the snapshot", path);
	if (st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return error_set(err, EPERM, "the directory %s of the snapshot can be written by others", path);
	return take_fd(&dir);
}

// The plain path, which a person wants to read in mountinfo; or, for what overlayfs would take for a separator or fsconfig(2) for too long,
// the same directory by its fd. How such characters are escaped differs between kernels.
static int set_layer(int fs, const char *key, const char *directory, const char *name, int fd, struct error *err)
{
	char text[LAYER_TEXT_MAX + 1];
	int length = snprintf(text, sizeof text, "%s%s%s", directory, name[0] != '\0' ? "/" : "", name);

	if (length < 0 || length > LAYER_TEXT_MAX || strpbrk(directory, ",:\\") != NULL)
		snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
	return filesystem_set(fs, key, text, err);
}

static int refused(const struct overlay *o, int upper, struct error *err)
{
	struct statfs fs;
	int code = err->code;

	error_prefix(err, "cannot make the snapshot of %s", o->lower);
	if (code == ENODEV)
		return error_hint(err, "or run without a snapshot: --snapshot none");
	if (code == ENOSPC || code == EDQUOT)
		return error_hint(err, "the file system of %s is full: free some space, or use --root DIR on another one", o->directory);
	if (code == EROFS)
		return error_hint(err, "the file system of %s is read-only: use --root DIR on another one, or --snapshot none", o->directory);
	if (code == ELOOP)
		return error_hint(err, "%s lies inside the image, or the image inside it: use --root DIR elsewhere", o->directory);
	if (upper >= 0 && fstatfs(upper, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return error_hint(err, "%s is itself on an overlay, which cannot hold a writable layer: use --root DIR on another file system "
		                       "(a tmpfs will do), or --snapshot none",
		                  o->directory);
	return error_hint(err, "the file system of %s may not be able to hold a writable layer: use --root DIR on another one, or --snapshot none",
	                  o->directory);
}

// nosuid, nodev and noexec of the mount that the image is on hold for the snapshot, as they would for a bind of it.
static unsigned attributes_of(int lower)
{
	struct statvfs fs;
	unsigned attributes = 0;

	if (fstatvfs(lower, &fs) < 0)
		return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	attributes |= fs.f_flag & ST_NOSUID ? MOUNT_ATTR_NOSUID : 0;
	attributes |= fs.f_flag & ST_NODEV ? MOUNT_ATTR_NODEV : 0;
	attributes |= fs.f_flag & ST_NOEXEC ? MOUNT_ATTR_NOEXEC : 0;
	return attributes;
}

int overlay_mount(const struct overlay *o, struct error *err)
{
	AUTO_FD lower = open_lower(o->lower, err);
	AUTO_FD dir = -1;
	AUTO_FD upper = -1;
	AUTO_FD work = -1;
	AUTO_FD fs = -1;
	int mount;

	if (lower < 0)
		return -1;
	dir = open_directory(o->directory, err);
	if (dir < 0 || make_layers(lower, o, dir, &upper, &work, err) < 0)
		return -1;
	fs = filesystem_open("overlay", err);
	if (fs < 0 || filesystem_set(fs, "source", "overlay", err) < 0)
		return refused(o, upper, err);
	if (set_layer(fs, "lowerdir", o->lower, "", lower, err) < 0 || set_layer(fs, "upperdir", o->directory, "upper", upper, err) < 0 ||
	    set_layer(fs, "workdir", o->directory, "work", work, err) < 0)
		return refused(o, upper, err);
	if (o->user_xattrs && filesystem_set(fs, "userxattr", NULL, err) < 0)
		return refused(o, upper, err);
	if (!o->keep && filesystem_set(fs, "volatile", NULL, err) < 0)
		return refused(o, upper, err);
	mount = filesystem_mount(fs, attributes_of(lower), err);
	return mount >= 0 ? mount : refused(o, upper, err);
}

int overlay_remove(const char *directory, struct error *err)
{
	if (remove_tree_at(AT_FDCWD, directory) < 0)
		return error_errno(err, errno, "cannot remove the snapshot %s", directory);
	return 0;
}
