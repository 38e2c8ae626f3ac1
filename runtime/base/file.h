// file.h: whole files in one call, always relative to a directory fd (AT_FDCWD allowed), always O_CLOEXEC.
#ifndef MINIRUN_BASE_FILE_H
#define MINIRUN_BASE_FILE_H

#include "base/error.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

// Writes all bytes, restarting after EINTR and short writes. 0, or -1 with errno.
int write_all(int fd, const void *data, size_t length);

// Writes what stdio still holds for standard output. Also -1 if one of its earlier writes has failed; each failure is told once.
int flush_stdout(struct error *err);

// Opens `path` below `dir` O_WRONLY (the file must exist; a final symlink is not followed) and writes `text` in ONE
// write(2), as kernel files demand. 0, or -1 with errno.
int write_file_at(int dir, const char *path, const char *text);

// Reads at most `size - 1` bytes of a (kernel) file into `buffer` and ends it with NUL; a trailing newline is
// dropped. Returns the length, or -1 with errno (EFBIG when the file is longer).
ssize_t read_file_at(int dir, const char *path, char *buffer, size_t size);

// The same for a file that the kernel gives as a whole by the first read(2), such as a single value of cgroupfs or /proc/PID/stat: its end is not looked for.
ssize_t read_line_at(int dir, const char *path, char *buffer, size_t size);

// Reads a whole file of at most `max` bytes into malloc'd memory, NUL behind the last byte; the caller frees.
// NULL with errno (EFBIG when longer).
char *read_whole_file_at(int dir, const char *path, size_t max, size_t *ret_length);

// The same from an open fd, such as stdin, from where it stands. The fd stays the caller's.
char *read_whole_fd(int fd, size_t max, size_t *ret_length);

// Writes `path` below `dir` atomically: temporary file in the same directory, rename over. `mode` as of open(2).
// A reader sees the old content or the new, never a part. 0, or -1 with errno; nothing is left behind on failure.
int write_file_atomic_at(int dir, const char *path, const void *data, size_t length, mode_t mode);

// Whether that would find a place for its file, for those who have much to do before: 0, or -1 with errno (EEXIST: what is there is no regular file). Leaves all as it is.
int try_file_atomic_at(int dir, const char *path);

// The directory `path` below `dir` for readdir(3), with a position of its own: "." is `dir` itself, which stays the caller's. To be closed by closedir(3). NULL with errno.
DIR *open_directory_at(int dir, const char *path);

// Removes `name` below `dir` with all below it; never follows symlinks and never leaves the file system entry it began with
// (mount points are entered, so unmount before). Absent is success. 0, or -1 with errno.
int remove_tree_at(int dir, const char *name);

#endif
