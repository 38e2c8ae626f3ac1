// seen.h: files that have more than one name, and the first of these names: what a walk that keeps hard links has to remember.
#ifndef MINIRUN_ROOTFS_SEEN_H
#define MINIRUN_ROOTFS_SEEN_H

#include "base/arena.h"

#include <stddef.h>
#include <sys/stat.h>

struct seen_file {
	dev_t device;
	ino_t inode;
	const char *name; // NULL: an empty place
};

struct seen { // begins as {0}
	struct arena arena;
	struct seen_file *files; // a hash table of `room` places, a power of two
	size_t count, room;
};

// The first name of the file; NULL if it was not there before, and then `name` (copied) is the first. A file of one name is not remembered: NULL.
const char *seen_before(struct seen *seen, const struct stat *st, const char *name);
void seen_free(struct seen *seen);

#endif
