// commit.c: see commit.h.
#include "rootfs/commit.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rootfs/btrfs.h"
#include "rootfs/copy_tree.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

struct place {
	int parent;
	const char *name;              // of the target, in `copies`
	char partial[NAME_MAX + 1];
	char copies[2][PATH_MAX];      // dirname(3) and basename(3) write to what they are given
};

static int open_place(const struct commit *commit, struct place *place, struct error *err)
{
	size_t length = strlen(commit->target);

	place->parent = -1;
	if (length >= PATH_MAX)
		return error_set(err, ENAMETOOLONG, "cannot make the image %.200s...: the path is too long", commit->target);
	memcpy(place->copies[0], commit->target, length + 1);
	memcpy(place->copies[1], commit->target, length + 1);
	place->name = basename(place->copies[1]);
	if (strcmp(place->name, "/") == 0 || strcmp(place->name, ".") == 0 || strcmp(place->name, "..") == 0)
		return error_set(err, EINVAL, "cannot make the image '%s': its last part is no name", commit->target);
	if ((size_t)snprintf(place->partial, sizeof place->partial, ".%s.partial", place->name) >= sizeof place->partial)
		return error_set(err, ENAMETOOLONG, "cannot make the image %.200s...: its name is too long", commit->target);
	place->parent = open(dirname(place->copies[0]), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->parent < 0)
		return error_errno(err, errno, "cannot open the directory of the image %s", commit->target);
	if (faccessat(place->parent, place->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return error_set(err, EEXIST, "cannot make the image %s: it exists already", commit->target);
	return 0;
}

static int hint_room(struct error *err)
{
	return err->code == ENOSPC || err->code == EDQUOT ? error_hint(err, "free some space, or name a directory on another file system; nothing is left of it") : -1;
}

static int failed(const struct commit *commit, int code, struct error *err)
{
	error_errno(err, code, "cannot make the image %s", commit->target);
	return hint_room(err);
}

static int remove_partial(const struct place *place)
{
	if (btrfs_remove_subvolumes(place->parent, place->partial) < 0)
		return -1;
	return remove_tree_at(place->parent, place->partial);
}

static int busy(const struct commit *commit, struct error *err)
{
	return error_set(err, EBUSY, "cannot make the image %s: another commit makes it right now", commit->target);
}

// What a crash has left is locked by nobody. The lock goes with the fd.
static int clear_former(const struct commit *commit, const struct place *place, struct error *err)
{
	AUTO_FD former = openat(place->parent, place->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (former < 0 && errno == ENOENT)
		return 0;
	if (former < 0)
		return failed(commit, errno, err);
	if (flock(former, LOCK_EX | LOCK_NB) < 0)
		return busy(commit, err);
	return remove_partial(place) < 0 ? failed(commit, errno, err) : 0;
}

// 1: it is made by the kernel, and whole; 0: it is an empty directory; -1 with errno.
static int make_partial(const struct commit *commit, const struct place *place)
{
	struct btrfs_ioctl_vol_args_v2 snapshot = {.fd = commit->tree};
	struct btrfs_ioctl_vol_args subvolume = {0};

	if (strlen(place->partial) > BTRFS_SUBVOL_NAME_MAX)
		return mkdirat(place->parent, place->partial, 0700);
	memcpy(snapshot.name, place->partial, strlen(place->partial) + 1);
	memcpy(subvolume.name, place->partial, strlen(place->partial) + 1);
	if (commit->subvolume && commit->inside == NULL && btrfs_same_filesystem(commit->tree, place->parent) && ioctl(place->parent, BTRFS_IOC_SNAP_CREATE_V2, &snapshot) == 0)
		return 1;
	// Elsewhere the ioctl is unknown.
	if (ioctl(place->parent, BTRFS_IOC_SUBVOL_CREATE, &subvolume) == 0)
		return 0;
	return mkdirat(place->parent, place->partial, 0700);
}

// The fd of what was made, locked. Who commits to the same name at the same time may take it for what a crash has left, up to the lock.
static int open_own(const struct commit *commit, const struct place *place, struct error *err)
{
	AUTO_FD copy = openat(place->parent, place->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat own, named;

	if (copy < 0 && errno != ENOENT)
		return failed(commit, errno, err);
	if (copy < 0 || flock(copy, LOCK_EX | LOCK_NB) < 0 || fstat(copy, &own) < 0 || fstatat(place->parent, place->partial, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return busy(commit, err);
	return own.st_ino == named.st_ino && own.st_dev == named.st_dev ? take_fd(&copy) : busy(commit, err);
}

static int fill(const struct commit *commit, int copy, const struct progress *progress, struct error *err)
{
	const struct copy how = {.flags = COPY_ALL | (commit->share ? COPY_SHARE : 0), .progress = progress, .inside = commit->inside};

	if (copy_tree(commit->tree, copy, &how, err) == 0)
		return 0;
	if (err->code == EINTR)
		return error_set(err, EINTR, "cannot make the image %s: interrupted", commit->target);
	error_prefix(err, "cannot make the image %s", commit->target);
	return hint_room(err);
}

static int make(const struct commit *commit, const struct place *place, const struct progress *progress, struct error *err)
{
	AUTO_FD copy = -1;
	int made = make_partial(commit, place), result;

	if (made < 0)
		return errno == EEXIST ? busy(commit, err) : failed(commit, errno, err);
	copy = open_own(commit, place, err);
	if (copy < 0)
		return -1;
	result = made > 0 ? 0 : fill(commit, copy, progress, err);
	// An image that has its name is whole also after the power has failed.
	if (result == 0 && (syncfs(copy) < 0 || renameat2(place->parent, place->partial, place->parent, place->name, RENAME_NOREPLACE) < 0))
		result = failed(commit, errno, err);
	if (result < 0)
		remove_partial(place);
	else
		fsync(place->parent);
	return result;
}

int commit_tree(const struct commit *commit, const struct progress *progress, struct error *err)
{
	struct place place = {.parent = -1, .name = ""};
	int result = -1;

	if (open_place(commit, &place, err) == 0 && clear_former(commit, &place, err) == 0)
		result = make(commit, &place, progress, err);
	close_fd(&place.parent);
	return result;
}
