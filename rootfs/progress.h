// progress.h: how far a long walk over a tree has come, told to whoever wants to show it, and the way to stop it.
#ifndef MINIRUN_ROOTFS_PROGRESS_H
#define MINIRUN_ROOTFS_PROGRESS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	// So many more bytes of files' content are done, holes included; called often. Whether to go on; false is an error (EINTR).
	bool (*advance)(void *data, uint64_t bytes);
	void *data;
};

// `progress` may be NULL. 0, or -1 with errno EINTR.
static inline int progress_advance(const struct progress *progress, uint64_t bytes)
{
	if (progress == NULL || progress->advance(progress->data, bytes))
		return 0;
	errno = EINTR;
	return -1;
}

#endif
