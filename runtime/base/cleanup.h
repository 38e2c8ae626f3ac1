// cleanup.h: scope-bound release of fds and memory, and handing them on.
// An fd starts at -1, a pointer at NULL; what is handed on is taken out first, so that there is
// one owner at any time.
#ifndef MINIRUN_BASE_CLEANUP_H
#define MINIRUN_BASE_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_fd(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void cleanup_memory(void *pointer)
{
	free(*(void **)pointer);
}

static inline void cleanup_file(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

static inline void cleanup_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

#define AUTO_FD __attribute__((cleanup(cleanup_fd))) int
#define AUTO_FREE __attribute__((cleanup(cleanup_memory)))
#define AUTO_FILE __attribute__((cleanup(cleanup_file))) FILE
#define AUTO_DIR __attribute__((cleanup(cleanup_dir))) DIR

// Takes the fd out of `*fd`: the caller owns the result, `*fd` is -1.
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

// Closes `*fd` if it is open and sets it to -1. errno is kept.
static inline void close_fd(int *fd)
{
	cleanup_fd(fd);
	*fd = -1;
}

#endif
