// reflink.c: see reflink.h and ioctl_ficlone(2).
#include "rootfs/reflink.h"

#include "base/cleanup.h"
#include "rootfs/copy_tree.h"
#include "rootfs/project_quota.h"
#include "rootfs/snapshot_place.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define PARTIAL "root.partial"
#define WHOLE "root"

#ifndef BCACHEFS_STATFS_MAGIC
#define BCACHEFS_STATFS_MAGIC 0xca451a4e
#endif

static bool shares_blocks(const struct statfs *fs)
{
	return fs->f_type == XFS_SUPER_MAGIC || fs->f_type == BTRFS_SUPER_MAGIC || fs->f_type == OCFS2_SUPER_MAGIC || fs->f_type == BCACHEFS_STATFS_MAGIC;
}

static int fits_size(const struct snapshot *s, const struct statfs *fs, struct error *reason)
{
	if (s->size == 0)
		return 0;
	if (fs->f_type == BTRFS_SUPER_MAGIC)
		return error_set(reason, ENOTSUP, "btrfs can limit subvolumes, not copies in a directory, so size= is for the btrfs kind or upper=tmpfs");
	return project_quota_fits(s->store, reason);
}

int reflink_fits(const struct snapshot *s, struct error *reason)
{
	AUTO_FD image = open(s->image, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (image < 0 || fstatfs(image, &fs) < 0)
		return error_errno(reason, errno, "cannot open %s", s->image);
	if (!shares_blocks(&fs))
		return error_set(reason, EOPNOTSUPP, "the file system of %s has no files that share blocks, as xfs and btrfs have", s->image);
	return place_fits_beside(s, image, reason) < 0 ? -1 : fits_size(s, &fs, reason);
}

static int refused(const struct snapshot *s, struct error *err)
{
	int code = err->code;

	error_prefix(err, "cannot make the reflink snapshot %s/" WHOLE " of %s", s->directory, s->image);
	if (code == EOPNOTSUPP)
		return error_hint(err, "its file system cannot share blocks (xfs: made with mkfs.xfs -m reflink=1): use --snapshot overlay");
	if (code == EXDEV)
		return error_hint(err, "give store=DIR on the file system of the image");
	if (code == ENOSPC || code == EDQUOT)
		return error_hint(err, "free some space of the image's file system, or use --snapshot overlay");
	return -1;
}

static int copy(const struct snapshot *s, int image, int dir, struct error *err)
{
	AUTO_FD partial = -1;

	if (mkdirat(dir, PARTIAL, 0700) < 0) {
		error_errno(err, errno, "cannot make %s/" PARTIAL, s->directory);
		return err->code == EEXIST ? error_hint(err, "it is of an earlier container: remove it with minirun delete --force, or with minirun snapshot prune if that is gone") : refused(s, err);
	}
	partial = openat(dir, PARTIAL, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (partial < 0)
		return error_errno(err, errno, "cannot open %s/" PARTIAL, s->directory);
	if (copy_tree(image, partial, &(struct copy){.flags = COPY_SHARE_ONLY | COPY_ALL}, err) < 0)
		return refused(s, err);
	if (renameat(dir, PARTIAL, dir, WHOLE) < 0)
		return error_errno(err, errno, "cannot give %s/" PARTIAL " its name", s->directory);
	return 0;
}

int reflink_create(const struct snapshot *s, int image, int dir, int user_namespace, struct error *err)
{
	bool there = faccessat(dir, WHOLE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	if (there && !s->keep)
		return error_hint((error_set(err, EEXIST, "%s holds the snapshot of an earlier container", s->directory), err), "remove it with minirun delete --force, or with minirun snapshot prune if that is gone");
	if (!there && s->size > 0 && project_quota_begin(dir, s->directory, err) < 0)
		return -1;
	if (!there && copy(s, image, dir, err) < 0)
		return -1;
	if (!there && s->size > 0 && project_quota_limit(dir, s->directory, s->size, err) < 0)
		return -1;
	return place_mount_root(s, user_namespace, err);
}
