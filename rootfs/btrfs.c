// btrfs.c: see btrfs.h. Calls: ioctls of linux/btrfs.h; what they ask for is in fs/btrfs/ioctl.c.
#include "rootfs/btrfs.h"

#include "base/cleanup.h"
#include "base/safepath.h"
#include "rootfs/snapshot_place.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define SNAPSHOT_NAME "root"

static bool is_btrfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == BTRFS_SUPER_MAGIC;
}

static bool is_subvolume(int fd)
{
	struct stat info;

	// The root directory of every subvolume has this number, and on btrfs nothing else has.
	return fstat(fd, &info) == 0 && info.st_ino == BTRFS_FIRST_FREE_OBJECTID && is_btrfs(fd);
}

bool btrfs_is_subvolume(int dir, const char *name)
{
	AUTO_FD fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd >= 0 && is_subvolume(fd);
}

static bool get_info(int fd, struct btrfs_ioctl_fs_info_args *info)
{
	*info = (struct btrfs_ioctl_fs_info_args){0};
	return is_btrfs(fd) && ioctl(fd, BTRFS_IOC_FS_INFO, info) == 0;
}

bool btrfs_same_filesystem(int a, int b)
{
	struct btrfs_ioctl_fs_info_args of_a, of_b;

	return get_info(a, &of_a) && get_info(b, &of_b) && memcmp(of_a.fsid, of_b.fsid, sizeof of_a.fsid) == 0;
}

// ---- whether ----

// /sys/fs/btrfs/UUID is there for each mounted one, its qgroups with quotas that are on (Linux 5.9). Where sysfs does not tell, the limit itself will.
static bool quotas_are_off(int fd)
{
	struct btrfs_ioctl_fs_info_args info;
	char path[128];
	int length = snprintf(path, sizeof path, "/sys/fs/btrfs/");

	if (!get_info(fd, &info))
		return false;
	for (int i = 0; i < BTRFS_FSID_SIZE; i++)
		length += snprintf(path + length, sizeof path - (size_t)length, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", info.fsid[i]);
	if (access(path, F_OK) < 0)
		return false;
	snprintf(path + length, sizeof path - (size_t)length, "/qgroups");
	return access(path, F_OK) < 0;
}

static int no_quotas(const char *path, int code, struct error *err)
{
	error_set(err, code, "size= needs the quotas of the btrfs that %s is on, and they are off", path);
	return error_hint(err, "turn them on: btrfs quota enable %s", path);
}

static int fits_image(const struct snapshot *s, int image, struct error *reason)
{
	struct stat info;

	if (!is_btrfs(image))
		return error_set(reason, EINVAL, "%s is on no btrfs", s->image);
	if (!is_subvolume(image))
		return error_hint((error_set(reason, EINVAL, "%s is a directory of btrfs, no subvolume", s->image), reason),
				  "use --snapshot reflink, or make it one with btrfs subvolume create and cp -a --reflink");
	if (fstat(image, &info) == 0 && geteuid() != 0 && info.st_uid != geteuid())
		return error_set(reason, EPERM, "%s belongs to the user %u, and only its owner and root may take snapshots of it", s->image, info.st_uid);
	return s->size > 0 && quotas_are_off(image) ? no_quotas(s->image, ENOTCONN, reason) : 0;
}

int btrfs_fits(const struct snapshot *s, struct error *reason)
{
	AUTO_FD image = open(s->image, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (image < 0)
		return error_errno(reason, errno, "cannot open %s", s->image);
	return fits_image(s, image, reason) < 0 ? -1 : place_fits_beside(s, image, reason);
}

// ---- making ----

static int refused(const struct snapshot *s, int code, struct error *err)
{
	error_errno(err, code, "cannot make the btrfs snapshot %s/" SNAPSHOT_NAME " of %s", s->directory, s->image);
	if (code == EXDEV)
		return error_hint(err, "give store=DIR on the file system of the image");
	if (code == EINVAL || code == ENOTTY)
		return error_hint(err, "the image must be a subvolume of btrfs: use --snapshot auto");
	if (code == EPERM)
		return error_hint(err, "only the subvolume's owner and root may");
	if (code == ETXTBSY)
		return error_hint(err, "a swap file in it is in use");
	if (code == ENOSPC || code == EDQUOT)
		return error_hint(err, "free some space of the image's file system, or use --snapshot overlay");
	return code == EROFS ? error_hint(err, "mount it writable, or use --snapshot overlay") : -1;
}

static int limit(const struct snapshot *s, int dir, struct error *err)
{
	struct btrfs_ioctl_qgroup_limit_args args = {.lim = {.flags = BTRFS_QGROUP_LIMIT_MAX_EXCL, .max_excl = s->size}}; // qgroup 0: that of the fd's subvolume
	AUTO_FD root = openat(dir, SNAPSHOT_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (root < 0)
		return error_errno(err, errno, "cannot open %s/" SNAPSHOT_NAME, s->directory);
	if (ioctl(root, BTRFS_IOC_QGROUP_LIMIT, &args) == 0)
		return 0;
	if (errno == ENOTCONN)
		return no_quotas(s->image, ENOTCONN, err);
	return error_errno(err, errno, "cannot limit the btrfs snapshot %s/" SNAPSHOT_NAME " to %ju bytes", s->directory, (uintmax_t)s->size);
}

int btrfs_create(const struct snapshot *s, int image, int dir, int user_namespace, struct error *err)
{
	struct btrfs_ioctl_vol_args_v2 args = {.name = SNAPSHOT_NAME};
	AUTO_FD source = openat(image, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD target = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (source < 0 || target < 0)
		return error_errno(err, errno, "cannot open %s", source < 0 ? s->image : s->directory);
	args.fd = source;
	if (ioctl(target, BTRFS_IOC_SNAP_CREATE_V2, &args) < 0 && (errno != EEXIST || !s->keep))
		return refused(s, errno, err);
	if (s->size > 0 && limit(s, dir, err) < 0)
		return -1;
	return place_mount_root(s, user_namespace, err);
}

// ---- the end ----

static bool make_writable(int subvolume)
{
	uint64_t flags = 0;

	if (ioctl(subvolume, BTRFS_IOC_SUBVOL_GETFLAGS, &flags) < 0)
		return false;
	if ((flags & BTRFS_SUBVOL_RDONLY) == 0)
		return true;
	flags &= ~(uint64_t)BTRFS_SUBVOL_RDONLY;
	return ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags) == 0;
}

// One of the subvolumes directly in `subvolume`, as its parent directory and its name. 1: there is one, 0: none, -1 with errno.
static int first_child(int subvolume, int *ret_parent, char name[static BTRFS_VOL_NAME_MAX + 1])
{
	AUTO_FREE struct btrfs_ioctl_get_subvol_rootref_args *refs = calloc(1, sizeof *refs);
	AUTO_FREE struct btrfs_ioctl_ino_lookup_user_args *lookup = calloc(1, sizeof *lookup);
	int parent;

	if (refs == NULL || lookup == NULL)
		return -1;
	// EOVERFLOW: there are more than one answer holds.
	if (ioctl(subvolume, BTRFS_IOC_GET_SUBVOL_ROOTREF, refs) < 0 && errno != EOVERFLOW)
		return -1;
	if (refs->num_items == 0)
		return 0;
	lookup->treeid = refs->rootref[0].treeid;
	lookup->dirid = refs->rootref[0].dirid;
	if (ioctl(subvolume, BTRFS_IOC_INO_LOOKUP_USER, lookup) < 0)
		return -1;
	// No part of it can be a symlink as the kernel tells it; nor may one have become one since.
	parent = root_open(subvolume, lookup->path, O_RDONLY | O_DIRECTORY);
	if (parent < 0)
		return -1;
	snprintf(name, BTRFS_VOL_NAME_MAX + 1, "%s", lookup->name);
	*ret_parent = parent;
	return 1;
}

// Its qgroup would stay behind without a subvolume. From Linux 6.11 on the kernel removes it itself; without quotas there is none.
static void remove_qgroup(int dir, uint64_t id)
{
	struct btrfs_ioctl_qgroup_create_args args = {.create = 0, .qgroupid = id};

	if (id >= BTRFS_FIRST_FREE_OBJECTID)
		ioctl(dir, BTRFS_IOC_QGROUP_CREATE, &args);
}

static int destroy(int parent, const char *name, int subvolume)
{
	struct btrfs_ioctl_ino_lookup_args id = {.objectid = BTRFS_FIRST_FREE_OBJECTID};
	struct btrfs_ioctl_vol_args args = {0};

	if (ioctl(subvolume, BTRFS_IOC_INO_LOOKUP, &id) < 0)
		id.treeid = 0;
	snprintf(args.name, sizeof args.name, "%s", name);
	if (ioctl(parent, BTRFS_IOC_SNAP_DESTROY, &args) < 0)
		return -1;
	remove_qgroup(parent, id.treeid);
	return 0;
}

// Removes `name` if no subvolume is in it, else one that has none in it. 1: it was `name` itself.
// From the top each time: a container may have nested more of them than there are fds for.
static int remove_innermost(int dir, const char *top)
{
	char name[BTRFS_VOL_NAME_MAX + 1];
	AUTO_FD parent = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD subvolume = openat(dir, top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool is_top = true;
	int next;

	if (parent < 0 || subvolume < 0)
		return -1;
	snprintf(name, sizeof name, "%s", top);
	for (;;) {
		int found = first_child(subvolume, &next, name);

		if (found < 0)
			return -1;
		if (found == 0)
			return destroy(parent, name, subvolume) < 0 ? -1 : is_top;
		make_writable(subvolume);
		close_fd(&parent);
		parent = next;
		close_fd(&subvolume);
		subvolume = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (subvolume < 0)
			return -1;
		is_top = false;
	}
}

int btrfs_remove_subvolumes(int dir, const char *name)
{
	int done = 0;

	if (!btrfs_is_subvolume(dir, name))
		return 0;
	while (done == 0)
		done = remove_innermost(dir, name);
	return done > 0 || errno == EPERM || errno == EACCES || errno == ENAMETOOLONG ? 0 : -1;
}
