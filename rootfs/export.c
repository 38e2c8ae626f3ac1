// export.c: see export.h. libarchive makes the headers; the tree is walked here, by directory fds, since it may be anybody's.
#include "rootfs/export.h"

#include "base/cleanup.h"
#include "rootfs/names.h"
#include "rootfs/seen.h"
#include "rootfs/walk_path.h"
#include "rootfs/xattrs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

enum { CHUNK = 256 * 1024 }; // read and written at once

struct tar {
	struct archive *archive;
	struct archive_entry *entry;
	const struct inside *inside;
	const struct progress *progress;
	struct error *err;
	struct seen seen;
	dev_t device;
	struct walk_path path; // "./etc/passwd"
	char *chunk, *zeros;
};

static int failed(struct tar *tar, int code)
{
	if (code == EINTR)
		return error_set(tar->err, EINTR, "interrupted");
	return error_errno(tar->err, code, "cannot pack %.600s", tar->path.text);
}

// libarchive's own failures are those of writing to the archive, but for what it cannot express.
static int refused(struct tar *tar)
{
	int code = archive_errno(tar->archive);

	if (code == ENOSPC || code == EDQUOT || code == EPIPE || code == EIO)
		return error_errno(tar->err, code, "cannot write the archive");
	return error_set(tar->err, code > 0 ? code : EIO, "cannot pack %.600s: %s", tar->path.text, archive_error_string(tar->archive));
}

// ---- Attributes -------------------------------------------------------------------------------------------------------------------------

static int add_xattr(void *data, const char *name, void *value, size_t size)
{
	const struct tar *tar = data;
	ssize_t seen = inside_xattr(tar->inside, name, value, size);

	if (seen >= 0)
		archive_entry_xattr_add_entry(tar->entry, name, value, (size_t)seen);
	return 0;
}

static int set_attributes(struct tar *tar, int dir, const char *name, struct stat *st)
{
	char target[PATH_MAX];
	ssize_t length;

	inside_owner(tar->inside, st);
	archive_entry_clear(tar->entry);
	archive_entry_copy_pathname(tar->entry, tar->path.text);
	archive_entry_set_mode(tar->entry, st->st_mode);
	archive_entry_set_uid(tar->entry, st->st_uid);
	archive_entry_set_gid(tar->entry, st->st_gid);
	archive_entry_set_mtime(tar->entry, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(tar->entry, S_ISREG(st->st_mode) ? st->st_size : 0);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		archive_entry_set_rdev(tar->entry, st->st_rdev);
	if (S_ISLNK(st->st_mode)) {
		length = readlinkat(dir, name, target, sizeof target - 1);
		if (length < 0)
			return -1;
		target[length] = '\0';
		archive_entry_copy_symlink(tar->entry, target);
	}
	return xattrs_each(&(struct xattrs_of){-1, dir, name}, add_xattr, tar);
}

// A name that is no UTF-8 is written as it is, with a warning of libarchive's that nobody has to see.
static int write_header(struct tar *tar)
{
	return archive_write_header(tar->archive, tar->entry) < ARCHIVE_WARN ? refused(tar) : 0;
}

// ---- Content ----------------------------------------------------------------------------------------------------------------------------

// The next range of data from `*start` on; both are `size` when there is none. A file system without holes has one range.
static int next_data(int file, off_t size, off_t *start, off_t *ret_end)
{
	off_t data = *start < size ? lseek(file, *start, SEEK_DATA) : size;
	off_t hole;

	if (data < 0 && errno == ENXIO)
		data = size;
	if (data < 0)
		return -1;
	if (data > size)
		data = size;
	hole = data < size ? lseek(file, data, SEEK_HOLE) : size;
	if (hole < 0)
		return -1;
	*start = data;
	*ret_end = hole < size ? hole : size;
	return 0;
}

// Tells libarchive where data is, unless it is everywhere.
static int describe_holes(struct tar *tar, int file, off_t size)
{
	off_t start = 0, end = 0;

	for (;;) {
		if (next_data(file, size, &start, &end) < 0)
			return -1;
		if (start == 0 && end == size)
			return 0;
		if (start == size)
			break;
		archive_entry_sparse_add_entry(tar->entry, start, end - start);
		start = end;
	}
	// Nothing but a hole would otherwise be taken for a file without one.
	if (archive_entry_sparse_count(tar->entry) == 0 && size > 0)
		archive_entry_sparse_add_entry(tar->entry, 0, 0);
	return 0;
}

static int put(struct tar *tar, const char *data, size_t length)
{
	while (length > 0) {
		la_ssize_t written = archive_write_data(tar->archive, data, length);

		if (written <= 0)
			return refused(tar);
		if (progress_advance(tar->progress, (uint64_t)written) < 0)
			return failed(tar, errno);
		data += written;
		length -= (size_t)written;
	}
	return 0;
}

// libarchive wants holes as well, and leaves them out itself.
static int put_zeros(struct tar *tar, off_t length)
{
	while (length > 0) {
		size_t part = length < CHUNK ? (size_t)length : CHUNK;

		if (put(tar, tar->zeros, part) < 0)
			return -1;
		length -= (off_t)part;
	}
	return 0;
}

static int put_range(struct tar *tar, int file, off_t start, off_t end)
{
	while (start < end) {
		size_t part = end - start < CHUNK ? (size_t)(end - start) : CHUNK;
		ssize_t got = pread(file, tar->chunk, part, start);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(tar, errno);
		if (got == 0)
			return put_zeros(tar, end - start);
		if (put(tar, tar->chunk, (size_t)got) < 0)
			return -1;
		start += got;
	}
	return 0;
}

static int put_content(struct tar *tar, int file, off_t size)
{
	off_t done = 0, start = 0, end = 0;

	while (done < size) {
		if (next_data(file, size, &start, &end) < 0)
			return failed(tar, errno);
		if (put_zeros(tar, start - done) < 0 || put_range(tar, file, start, end) < 0)
			return -1;
		done = start = end;
	}
	return 0;
}

static int pack_regular(struct tar *tar, int dir, const char *name, const struct stat *st)
{
	AUTO_FD file = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (file < 0 || describe_holes(tar, file, st->st_size) < 0)
		return failed(tar, errno);
	return write_header(tar) < 0 ? -1 : put_content(tar, file, st->st_size);
}

// ---- The tree ---------------------------------------------------------------------------------------------------------------------------

static int pack_directory(struct tar *tar, int dir, int depth);

static int pack_below(struct tar *tar, int dir, const char *name, const struct stat *st, int depth)
{
	AUTO_FD below = -1;

	if (st->st_dev != tar->device)
		return 0;
	below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return below < 0 ? failed(tar, errno) : pack_directory(tar, below, depth + 1);
}

static int pack_entry(struct tar *tar, int dir, const char *name, int depth)
{
	const char *first;
	struct stat st;

	if (progress_advance(tar->progress, 0) < 0)
		return failed(tar, errno);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(tar, errno);
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (set_attributes(tar, dir, name, &st) < 0)
		return failed(tar, errno);
	first = seen_before(&tar->seen, &st, tar->path.text);
	if (first != NULL) {
		archive_entry_copy_hardlink(tar->entry, first);
		archive_entry_unset_size(tar->entry);
		return write_header(tar);
	}
	if (S_ISREG(st.st_mode))
		return pack_regular(tar, dir, name, &st);
	if (write_header(tar) < 0)
		return -1;
	return S_ISDIR(st.st_mode) ? pack_below(tar, dir, name, &st, depth) : 0;
}

static int pack_directory(struct tar *tar, int dir, int depth)
{
	AUTO_NAMES names = {0};
	int result = 0;

	if (depth > WALK_DEPTH_MAX)
		return failed(tar, ELOOP);
	if (names_read(dir, &names) < 0)
		return failed(tar, errno);
	for (size_t i = 0; result == 0 && i < names.count; i++) {
		size_t before;

		if (walk_enter(&tar->path, names.items[i], &before) < 0)
			return failed(tar, errno);
		result = pack_entry(tar, dir, names.items[i], depth);
		walk_leave(&tar->path, before);
	}
	return result;
}

static int pack_root(struct tar *tar, int tree)
{
	struct stat st;

	if (fstat(tree, &st) < 0 || set_attributes(tar, tree, ".", &st) < 0)
		return failed(tar, errno);
	tar->device = st.st_dev;
	return write_header(tar) < 0 ? -1 : pack_directory(tar, tree, 0);
}

// No padding behind the end: a pipe has no blocks.
static int open_archive(struct tar *tar, int fd)
{
	if (archive_write_set_format_pax(tar->archive) != ARCHIVE_OK || archive_write_set_format_option(tar->archive, "pax", "xattrheader", "SCHILY") != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(tar->archive, CHUNK) != ARCHIVE_OK || archive_write_set_bytes_in_last_block(tar->archive, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(tar->archive, fd) != ARCHIVE_OK)
		return refused(tar);
	return 0;
}

static int export_with(struct tar *tar, int tree, int fd)
{
	if (tar->archive == NULL || tar->entry == NULL || walk_path_begin(&tar->path, ".") < 0 || tar->chunk == NULL || tar->zeros == NULL)
		return error_errno(tar->err, ENOMEM, "cannot make an archive");
	if (open_archive(tar, fd) < 0)
		return -1;
	if (pack_root(tar, tree) < 0) {
		archive_write_fail(tar->archive); // closing it is not to write an end
		return -1;
	}
	return archive_write_close(tar->archive) != ARCHIVE_OK ? refused(tar) : 0;
}

int export_tree(int tree, int fd, const struct inside *inside, const struct progress *progress, struct error *err)
{
	AUTO_FREE char *chunk = malloc(CHUNK);
	AUTO_FREE char *zeros = calloc(1, CHUNK);
	struct tar tar = {.archive = archive_write_new(), .entry = archive_entry_new(), .inside = inside, .progress = progress, .err = err, .chunk = chunk, .zeros = zeros};
	int result = export_with(&tar, tree, fd);

	archive_entry_free(tar.entry);
	archive_write_free(tar.archive);
	seen_free(&tar.seen);
	walk_path_free(&tar.path);
	return result;
}
