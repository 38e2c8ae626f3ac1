// file.c: see file.h.
#include "base/file.h"

#include "base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int write_all(int fd, const void *data, size_t length)
{
	const char *position = data;

	while (length > 0) {
		ssize_t written = write(fd, position, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -1;
		position += written;
		length -= (size_t)written;
	}
	return 0;
}

int write_file_at(int dir, const char *path, const char *text)
{
	AUTO_FD fd = openat(dir, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t length = strlen(text);
	ssize_t written;

	if (fd < 0)
		return -1;
	do
		written = write(fd, text, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return -1;
	if ((size_t)written != length) {
		errno = EIO;
		return -1;
	}
	return 0;
}

// Reads until the end or until `size` bytes are there. The length, or -1. `exact`: the size of a regular file, whose end needs no further look, 1 for what
// comes in one piece; 0 if unknown.
static ssize_t read_up_to(int fd, char *buffer, size_t size, size_t exact)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, buffer + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		used += (size_t)got;
		if (got == 0 || (exact != 0 && used >= exact))
			break;
	}
	return (ssize_t)used;
}

static ssize_t read_text_at(int dir, const char *path, char *buffer, size_t size, size_t exact)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return -1;
	length = read_up_to(fd, buffer, size, exact);
	if (length < 0)
		return -1;
	if ((size_t)length == size) {
		errno = EFBIG;
		return -1;
	}
	if (length > 0 && buffer[length - 1] == '\n')
		length--;
	buffer[length] = '\0';
	return length;
}

ssize_t read_file_at(int dir, const char *path, char *buffer, size_t size)
{
	return read_text_at(dir, path, buffer, size, 0);
}

ssize_t read_line_at(int dir, const char *path, char *buffer, size_t size)
{
	return read_text_at(dir, path, buffer, size, 1);
}

char *read_whole_file_at(int dir, const char *path, size_t max, size_t *ret_length)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? NULL : read_whole_fd(fd, max, ret_length);
}

char *read_whole_fd(int fd, size_t max, size_t *ret_length)
{
	AUTO_FREE char *buffer = NULL;
	struct stat info;
	size_t size;
	ssize_t length;
	char *result;

	if (fstat(fd, &info) < 0)
		return NULL;
	if (S_ISDIR(info.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	if (info.st_size > 0 && (uint64_t)info.st_size > max) {
		errno = EFBIG;
		return NULL;
	}
	// Files of procfs and pipes say size 0: then read to `max`.
	size = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : max;
	buffer = malloc(size + 1);
	if (buffer == NULL)
		return NULL;
	length = read_up_to(fd, buffer, size + 1, S_ISREG(info.st_mode) ? (size_t)info.st_size : 0);
	if (length < 0)
		return NULL;
	if ((size_t)length > size) {
		errno = EFBIG;
		return NULL;
	}
	buffer[length] = '\0';
	*ret_length = (size_t)length;
	result = buffer;
	buffer = NULL;
	return result;
}

int flush_stdout(struct error *err)
{
	bool lost = ferror(stdout) != 0;

	errno = 0;
	// stdio keeps no reason for what it has lost: one more byte meets the same.
	if (fflush(stdout) == 0 && lost) {
		putchar('\n');
		fflush(stdout);
	}
	if (ferror(stdout) == 0)
		return 0;
	clearerr(stdout);
	return error_errno(err, errno != 0 ? errno : EIO, "cannot write to standard output");
}

enum { TEMPORARY_MAX = 4096 };

static int open_temporary(int dir, const char *path, mode_t mode, char temporary[TEMPORARY_MAX])
{
	// The pid makes the name unique among writers of one file; a leftover of a dead one is overwritten.
	if (snprintf(temporary, TEMPORARY_MAX, "%s.%d.tmp", path, getpid()) >= TEMPORARY_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
}

int try_file_atomic_at(int dir, const char *path)
{
	char temporary[TEMPORARY_MAX];
	AUTO_FD fd = -1;
	struct stat there;

	if (fstatat(dir, path, &there, 0) == 0 && !S_ISREG(there.st_mode)) {
		errno = S_ISDIR(there.st_mode) ? EISDIR : EEXIST;
		return -1;
	}
	if (*path == '\0') {
		errno = ENOENT;
		return -1;
	}
	fd = open_temporary(dir, path, 0600, temporary);
	return fd < 0 ? -1 : unlinkat(dir, temporary, 0);
}

int write_file_atomic_at(int dir, const char *path, const void *data, size_t length, mode_t mode)
{
	char temporary[TEMPORARY_MAX];
	AUTO_FD fd = open_temporary(dir, path, mode, temporary);
	int saved;

	if (fd < 0)
		return -1;
	if (write_all(fd, data, length) == 0 && renameat(dir, temporary, dir, path) == 0)
		return 0;
	saved = errno;
	unlinkat(dir, temporary, 0);
	errno = saved;
	return -1;
}

// What a container has written may be nested deeper than there are fds or stack for: at REMOVE_DEPTH a directory is moved up to the top, where it is met
// again.
enum { REMOVE_DEPTH = 32 };

struct removal {
	int top;
	unsigned moved;
};

static int empty_directory(struct removal *removal, int dir, int depth);

static int move_up(struct removal *removal, int dir, const char *name)
{
	char place[32];

	for (;;) {
		snprintf(place, sizeof place, ".minirun-%u", removal->moved++);
		if (renameat2(dir, name, removal->top, place, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return -1;
	}
}

// Removing while reading may make a file system skip entries: it is done when the directory itself can be removed.
static int remove_directory(struct removal *removal, int dir, const char *name, int depth)
{
	AUTO_FD child = -1;

	for (;;) {
		if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return -1;
		if (depth == REMOVE_DEPTH)
			return move_up(removal, dir, name);
		if (child < 0) {
			child = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child < 0)
				return errno == ENOENT ? 0 : -1;
			if (depth == 0)
				removal->top = child;
		} else if (lseek(child, 0, SEEK_SET) < 0) {
			return -1;
		}
		if (empty_directory(removal, child, depth + 1) < 0)
			return -1;
	}
}

static int remove_entry(struct removal *removal, int dir, const char *name, unsigned char type, int depth)
{
	if (type != DT_DIR) {
		if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
			return 0;
		// A file system that tells no types.
		if (errno != EISDIR && errno != EPERM)
			return -1;
	}
	return remove_directory(removal, dir, name, depth);
}

// One pass over the entries.
static int empty_directory(struct removal *removal, int dir, int depth)
{
	_Alignas(struct dirent64) char entries[2048];
	ssize_t length;

	while ((length = getdents64(dir, entries, sizeof entries)) > 0) {
		const struct dirent64 *entry;

		for (const char *at = entries; at < entries + length; at += entry->d_reclen) {
			entry = (const void *)at;
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			    remove_entry(removal, dir, entry->d_name, entry->d_type, depth) < 0)
				return -1;
		}
	}
	return length < 0 ? -1 : 0;
}

int remove_tree_at(int dir, const char *name)
{
	struct removal removal = {.top = -1};

	if (remove_directory(&removal, dir, name, 0) == 0)
		return 0;
	if (errno == ENOTDIR)
		return unlinkat(dir, name, 0) == 0 || errno == ENOENT ? 0 : -1;
	return -1;
}

DIR *open_directory_at(int dir, const char *path)
{
	AUTO_FD fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;

	if (stream != NULL)
		take_fd(&fd);
	return stream;
}
