// overlay.c: see overlay.h and the kernel's Documentation/filesystems/overlayfs.rst.
#include "rootfs/overlay.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/refusal.h"
#include "rootfs/copy_tree.h"
#include "rootfs/filesystem.h"
#include "rootfs/helper.h"
#include "rootfs/idmap.h"
#include "rootfs/project_quota.h"
#include "rootfs/root.h"
#include "rootfs/snapshot_place.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

enum { LAYER_TEXT_MAX = 255 }; // fsconfig(2)

// A layer left by somebody else must not become part of a container that is to start afresh; one that is kept is continued.
static int make_layers(int lower, const struct snapshot *s, int dir, int *ret_upper, int *ret_work, struct error *err)
{
	bool fresh = mkdirat(dir, "upper", 0700) == 0;

	if (!fresh && errno != EEXIST)
		return place_failed(s->directory, errno, err);
	if (!fresh && !s->keep) {
		error_set(err, EEXIST, "%s holds the snapshot of an earlier container", s->directory);
		return error_hint(err, "remove it with minirun delete --force, or with minirun snapshot prune if that is gone");
	}
	if (mkdirat(dir, "work", 0700) < 0 && errno != EEXIST)
		return place_failed(s->directory, errno, err);
	*ret_upper = openat(dir, "upper", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*ret_work = openat(dir, "work", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_upper < 0 || *ret_work < 0)
		return error_errno(err, errno, "cannot open the snapshot in %s", s->directory);
	return fresh ? copy_directory_attributes(lower, *ret_upper, err) : 0;
}

// What overlayfs would take for a separator. How such characters are escaped differs between kernels.
static bool is_plain(const char *path)
{
	return strpbrk(path, ",:\\") == NULL;
}

// The plain path, which a person wants to read in mountinfo; or, for one that is awkward or too long for fsconfig(2), the same directory by its fd.
static int set_layer(int fs, const char *key, const char *directory, const char *name, int fd, struct error *err)
{
	char text[LAYER_TEXT_MAX + 1];
	int length = snprintf(text, sizeof text, "%s/%s", directory, name);

	if (length < 0 || length > LAYER_TEXT_MAX || !is_plain(directory))
		snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
	return filesystem_set(fs, key, text, err);
}

// ---- the layers that are only read ----

// Of one overlay, the lowest first: the image, then those over it.
struct lowers {
	const char *paths[SNAPSHOT_LOWERS_MAX];
	int fds[SNAPSHOT_LOWERS_MAX];
	size_t count;
};

static void close_lowers(struct lowers *lowers)
{
	for (size_t i = 1; i < lowers->count; i++) // the image's is the caller's
		close_fd(&lowers->fds[i]);
}

#define AUTO_LOWERS __attribute__((cleanup(close_lowers))) struct lowers

static int open_lowers(const struct snapshot *s, int image, struct lowers *lowers, struct error *err)
{
	*lowers = (struct lowers){.paths = {s->image}, .fds = {image}, .count = 1};
	for (size_t i = 0; i < s->lowers.count && lowers->count < SNAPSHOT_LOWERS_MAX; i++) {
		int fd = open(s->lowers.items[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return error_errno(err, errno, "cannot open the layer %s", s->lowers.items[i]);
		lowers->paths[lowers->count] = s->lowers.items[i];
		lowers->fds[lowers->count++] = fd;
	}
	return 0;
}

// "TOP:...:IMAGE", all by their paths or all by their fds: fsconfig(2) takes no more in one string, and a key for single layers (lowerdir+) only from Linux 6.5 on.
static int set_lowers(int fs, const struct lowers *lowers, struct error *err)
{
	char paths[LAYER_TEXT_MAX + 1] = "", fds[LAYER_TEXT_MAX + 1] = "";
	size_t path_length = 0, fd_length = 0;
	bool plain = true;

	for (size_t i = lowers->count; i > 0; i--) {
		const char *separator = i < lowers->count ? ":" : "";

		plain = plain && is_plain(lowers->paths[i - 1]);
		if (path_length < sizeof paths)
			path_length += (size_t)snprintf(paths + path_length, sizeof paths - path_length, "%s%s", separator, lowers->paths[i - 1]);
		if (fd_length < sizeof fds)
			fd_length += (size_t)snprintf(fds + fd_length, sizeof fds - fd_length, "%s/proc/self/fd/%d", separator, lowers->fds[i - 1]);
	}
	return filesystem_set(fs, "lowerdir", plain && path_length < sizeof paths ? paths : fds, err);
}

static const struct refusal_need needs[] = {{REFUSAL_BIT(SYS_ADMIN), REFUSAL_MOUNT}, {REFUSAL_BIT(DAC_OVERRIDE), REFUSAL_OWN}, {0}};

static int refused(const struct snapshot *s, int upper, struct error *err)
{
	struct statfs fs;
	int code = err->code;

	error_prefix(err, "cannot make the snapshot of %s", s->image);
	if (code == ENODEV)
		return error_hint(err, "or run without a snapshot: --snapshot none");
	if (s->size > 0 && (code == ENOSPC || code == EDQUOT))
		return error_hint(err, "size= is too small for the snapshot's own directories");
	if (code == ENOSPC || code == EDQUOT)
		return error_hint(err, "the file system of %s is full: free some space, or use --root DIR on another one", s->directory);
	if (code == EROFS)
		return error_hint(err, "the file system of %s is read-only: use --root DIR on another one, or --snapshot none", s->directory);
	if (code == ELOOP)
		return error_hint(err, "%s lies inside the image, or the image inside it: use --root DIR elsewhere", s->directory);
	// The kernel makes the work directory with mode 0, so that whoever mounts has to see past it.
	if (code == EACCES || code == EPERM)
		return error_refused_list(err, needs, "a directory on the way may not be searched, or the file system refuses the trusted attributes of an overlay");
	if (upper >= 0 && fstatfs(upper, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC)
		return error_hint(err, "%s is itself on an overlay, which cannot hold a writable layer: use --root DIR on another file system "
		                       "(a tmpfs will do), or --snapshot none",
		                  s->directory);
	return error_hint(err, "the file system of %s may not be able to hold a writable layer: use --root DIR on another one, or --snapshot none",
	                  s->directory);
}

// nosuid, nodev and noexec of the mounts that the image and its layers are on hold for the snapshot, as they would for a bind of them.
static unsigned attributes_of(const struct lowers *lowers)
{
	unsigned attributes = 0;

	for (size_t i = 0; i < lowers->count; i++) {
		struct statvfs fs;

		if (fstatvfs(lowers->fds[i], &fs) < 0)
			return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
		attributes |= fs.f_flag & ST_NOSUID ? MOUNT_ATTR_NOSUID : 0;
		attributes |= fs.f_flag & ST_NODEV ? MOUNT_ATTR_NODEV : 0;
		attributes |= fs.f_flag & ST_NOEXEC ? MOUNT_ATTR_NOEXEC : 0;
	}
	return attributes;
}

// ---- the mount ----

// The layer on a tmpfs that is attached nowhere has no path.
static int set_writable(int fs, const struct snapshot *s, int upper, int work, bool detached, struct error *err)
{
	if (detached)
		return filesystem_set_fd(fs, "upperdir", upper, err) < 0 ? -1 : filesystem_set_fd(fs, "workdir", work, err);
	return set_layer(fs, "upperdir", s->directory, "upper", upper, err) < 0 ? -1 : set_layer(fs, "workdir", s->directory, "work", work, err);
}

// `dir`: that of the writable layer; `detached`: it is the root of a mount that is attached nowhere.
static int mount_overlay(const struct snapshot *s, int image, int dir, bool detached, struct error *err)
{
	AUTO_LOWERS lowers = {.count = 0};
	AUTO_FD upper = -1;
	AUTO_FD work = -1;
	AUTO_FD fs = -1;
	int mount;

	if (open_lowers(s, image, &lowers, err) < 0 || make_layers(image, s, dir, &upper, &work, err) < 0)
		return -1;
	fs = filesystem_open("overlay", err);
	if (fs < 0 || filesystem_set(fs, "source", "overlay", err) < 0)
		return refused(s, upper, err);
	if (set_lowers(fs, &lowers, err) < 0 || set_writable(fs, s, upper, work, detached, err) < 0)
		return refused(s, upper, err);
	if (s->user_xattrs && filesystem_set(fs, "userxattr", NULL, err) < 0)
		return refused(s, upper, err);
	if (!s->synced && filesystem_set(fs, "volatile", NULL, err) < 0)
		return refused(s, upper, err);
	mount = filesystem_mount(fs, attributes_of(&lowers), err);
	return mount >= 0 ? mount : refused(s, upper, err);
}

// ---- on a tmpfs of its own ----

// The tmpfs, attached nowhere.
static int make_tmpfs(const struct snapshot *s, struct error *err)
{
	AUTO_FD fs = filesystem_open("tmpfs", err);
	char size[32];
	int mount = -1;

	snprintf(size, sizeof size, "%ju", (uintmax_t)s->size);
	if (fs >= 0 && filesystem_set(fs, "source", "minirun", err) == 0 && filesystem_set(fs, "mode", "700", err) == 0 && (s->size == 0 || filesystem_set(fs, "size", size, err) == 0))
		mount = filesystem_mount(fs, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID, err);
	return mount >= 0 ? mount : error_prefix(err, "cannot make the tmpfs for the snapshot");
}

// A fifth of the time that a mount namespace for it takes, which the caller waits for until it is torn down again. EINVAL before Linux 6.15.
static int mount_on_tmpfs(const struct snapshot *s, int image, struct error *err)
{
	AUTO_FD tmpfs = make_tmpfs(s, err);

	return tmpfs < 0 ? -1 : mount_overlay(s, image, tmpfs, true, err);
}

// ---- in a mount namespace of its own ----

struct apart {
	const struct snapshot *snapshot;
	int user_namespace;
};

static int attach_tmpfs(const struct snapshot *s, struct error *err)
{
	AUTO_FD mount = make_tmpfs(s, err);

	if (mount < 0)
		return -1;
	if (move_mount(mount, "", AT_FDCWD, s->directory, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return error_errno(err, errno, "cannot mount a tmpfs on %s", s->directory);
	return 0;
}

static int map_layer(const char *path, const struct apart *apart, struct error *err)
{
	if (idmap_over(path, apart->user_namespace, err) == 0 || (err->code == EINVAL && !apart->snapshot->must_map))
		return 0;
	error_prefix(err, "cannot make the snapshot of %s", path);
	return err->code == EINVAL ? error_hint(err, "give the image the ids of the container's user namespace with chown, and use idmap=no") : -1;
}

static int mount_apart(const void *data, struct error *err)
{
	const struct apart *apart = data;
	const struct snapshot *s = apart->snapshot;
	AUTO_FD image = -1;
	AUTO_FD dir = -1;

	if (root_set_propagation(MS_REC | MS_PRIVATE, err) < 0)
		return -1;
	if (s->mapped && map_layer(s->image, apart, err) < 0)
		return -1;
	for (size_t i = 0; i < s->lowers.count && s->mapped; i++)
		if (map_layer(s->lowers.items[i], apart, err) < 0)
			return -1;
	if (s->tmpfs && attach_tmpfs(s, err) < 0)
		return -1;
	// Again, for what is mounted there by now.
	image = open(s->image, O_PATH | O_DIRECTORY | O_CLOEXEC);
	dir = open(s->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (image < 0 || dir < 0)
		return error_errno(err, errno, "cannot open %s", image < 0 ? s->image : s->directory);
	return mount_overlay(s, image, dir, false, err);
}

int overlay_create(const struct snapshot *s, int image, int dir, int user_namespace, struct error *err)
{
	const struct apart apart = {s, user_namespace};

	if (s->size > 0 && !s->tmpfs && project_quota_begin(dir, s->directory, err) < 0)
		return -1;
	if (s->size > 0 && !s->tmpfs && project_quota_limit(dir, s->directory, s->size, err) < 0)
		return -1;
	if (!s->tmpfs && !s->mapped)
		return mount_overlay(s, image, dir, false, err);
	if (!s->mapped) {
		int mount = mount_on_tmpfs(s, image, err);

		// EOPNOTSUPP: of overlayfs before Linux 6.5, which knew strings alone.
		if (mount >= 0 || (err->code != EINVAL && err->code != EOPNOTSUPP))
			return mount;
		*err = ERROR_INIT;
	}
	return helper_run(CLONE_NEWNS, mount_apart, &apart, err);
}

// ---- whether ----

// What overlayfs needs of an upper layer: extended attributes, d_type, whiteouts as character devices, renames that exchange.
static const struct { long type; const char *name; } no_upper[] = {
	{OVERLAYFS_SUPER_MAGIC, "an overlay"}, {NFS_SUPER_MAGIC, "NFS"}, {MSDOS_SUPER_MAGIC, "FAT"}, {0x2011BAB0, "exFAT"}, {V9FS_MAGIC, "9p"},
	{ISOFS_SUPER_MAGIC, "ISO 9660"}, {SQUASHFS_MAGIC, "squashfs"}, {CIFS_SUPER_MAGIC, "CIFS"}, {SMB2_SUPER_MAGIC, "SMB"},
};
// File systems whose names are not what they are on others (overlayfs's ovl_dentry_weird()).
static const struct { long type; const char *name; } no_lower[] = {{MSDOS_SUPER_MAGIC, "FAT"}, {0x2011BAB0, "exFAT"}};

int overlay_fits(const struct snapshot *s, struct error *reason)
{
	AUTO_FD above = -1;
	struct statfs fs;

	for (size_t i = 0; i <= s->lowers.count; i++) {
		const char *path = i == 0 ? s->image : s->lowers.items[i - 1];

		if (statfs(path, &fs) < 0)
			return error_errno(reason, errno, "the layer %s", path);
		for (size_t j = 0; j < sizeof no_lower / sizeof *no_lower; j++)
			if (fs.f_type == no_lower[j].type)
				return error_set(reason, EINVAL, "%s is on %s, which overlayfs does not take", path, no_lower[j].name);
	}
	if (s->tmpfs)
		return 0;
	above = place_open_above(s->directory);
	// Who may not look, as an ordinary user who has a plan shown of what root would run, gets the kind that fits mostly.
	if (above < 0 && errno == EACCES)
		return 0;
	if (above < 0 || fstatfs(above, &fs) < 0)
		return error_errno(reason, errno, "the file system of %s", s->directory);
	if ((fs.f_flags & ST_RDONLY) != 0)
		return error_set(reason, EROFS, "the writable layer would be %s, on a read-only file system", s->directory);
	for (size_t j = 0; j < sizeof no_upper / sizeof *no_upper; j++)
		if (fs.f_type == no_upper[j].type)
			return error_set(reason, EINVAL, "the writable layer would be %s, on %s, which cannot hold one", s->directory, no_upper[j].name);
	return s->size > 0 ? project_quota_fits(s->directory, reason) : 0;
}
