// copy_file.c: see copy_file.h.
#include "rootfs/copy_file.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rootfs/copy_tree.h"

#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

enum { CHUNK = 65536 };

// ---- attributes ----

struct copied {
	const struct xattrs_of *to;
	const struct copy *how;
};

// An attribute that the target file system cannot store (user.* on tmpfs before 6.6, trusted.* without privilege) is left out, as cp -a does.
static int copy_xattr(void *data, const char *name, void *value, size_t size)
{
	const struct copied *copied = data;
	ssize_t seen;

	if ((copied->how->flags & COPY_ALL) == 0 && strncmp(name, "trusted.overlay.", strlen("trusted.overlay.")) == 0)
		return 0;
	seen = inside_xattr(copied->how->inside, name, value, size);
	if (seen < 0 || xattrs_set(copied->to, name, value, (size_t)seen) == 0)
		return 0;
	return errno == ENOTSUP || errno == EPERM || errno == EINVAL ? 0 : -1;
}

int copy_xattrs(const struct xattrs_of *from, const struct xattrs_of *to, const struct copy *how)
{
	return xattrs_each(from, copy_xattr, &(struct copied){to, how});
}

// In a user namespace an owner without a mapping (EINVAL) cannot be given: the copy belongs to who made it.
static int change_owner(int to, const struct stat *st)
{
	return fchown(to, st->st_uid, st->st_gid) == 0 || errno == EINVAL ? 0 : -1;
}

// Owner before mode, since chown clears the set-id bits, and before the attributes, since it clears capabilities.
int copy_attributes(int from, int to, const struct stat *st, const struct copy *how)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (change_owner(to, st) < 0 || fchmod(to, st->st_mode & 07777) < 0 || copy_xattrs(&(struct xattrs_of){.file = from}, &(struct xattrs_of){.file = to}, how) < 0)
		return -1;
	return futimens(to, times);
}

// ---- data ----

// btrfs clones nothing between a file whose blocks are copied on write and one whose are not (chattr +C).
static int share(int from, int to)
{
	int flags;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (errno != EINVAL || ioctl(from, FS_IOC_GETFLAGS, &flags) < 0 || (flags & FS_NOCOW_FL) == 0 || ioctl(to, FS_IOC_SETFLAGS, &flags) < 0)
		return -1;
	return ioctl(to, FICLONE, from);
}

static int copy_range(int from, int to, off_t begin, off_t end, const struct progress *progress)
{
	AUTO_FREE char *buffer = malloc(CHUNK);

	if (buffer == NULL || lseek(to, begin, SEEK_SET) < 0)
		return -1;
	while (begin < end) {
		ssize_t got = pread(from, buffer, end - begin < CHUNK ? (size_t)(end - begin) : CHUNK, begin);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (int)got;
		if (write_all(to, buffer, (size_t)got) < 0 || progress_advance(progress, (uint64_t)got) < 0)
			return -1;
		begin += got;
	}
	return 0;
}

// What grows or shrinks meanwhile is copied as far as it was there at the beginning. A file system that knows no holes has one stretch of data.
static int copy_stretches(int from, int to, off_t size, const struct progress *progress)
{
	off_t begin = 0, end = 0;

	while (begin < size) {
		begin = lseek(from, begin, SEEK_DATA);
		if (begin < 0 && errno == ENXIO)
			break; // a hole up to the end
		if (begin < 0)
			return errno == EINVAL ? copy_range(from, to, 0, size, progress) : -1;
		if (progress_advance(progress, (uint64_t)(begin - end)) < 0)
			return -1;
		end = lseek(from, begin, SEEK_HOLE);
		if (end < 0 || end > size)
			end = size;
		if (copy_range(from, to, begin, end, progress) < 0)
			return -1;
		begin = end;
	}
	return ftruncate(to, size);
}

// A size of 0 says nothing in procfs and its like.
static int copy_to_end(int from, int to, const struct progress *progress)
{
	return copy_range(from, to, 0, LLONG_MAX, progress);
}

int copy_data(int from, int to, const struct stat *st, const struct copy *how)
{
	const struct progress *progress = how->progress;

	if ((how->flags & (COPY_SHARE | COPY_SHARE_ONLY)) != 0 && st->st_size > 0) {
		if (share(from, to) == 0)
			return progress_advance(progress, (uint64_t)st->st_size);
		if ((how->flags & COPY_SHARE_ONLY) != 0)
			return -1;
	}
	if (st->st_size > 0 && st->st_blocks < st->st_size / 512)
		return copy_stretches(from, to, st->st_size, progress);
	return copy_to_end(from, to, progress);
}
