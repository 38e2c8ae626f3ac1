// usage.h: the room that a tree takes on its file system.
#ifndef MINIRUN_ROOTFS_USAGE_H
#define MINIRUN_ROOTFS_USAGE_H

#include <stdint.h>

struct usage {
	uint64_t bytes;   // of blocks; a file with several names counts once
	uint64_t content; // of files as they are read, holes included
	uint64_t files;   // of all kinds
};

// Of the tree below the open directory `dir` (borrowed), without what is mounted in it. 0, or -1 with errno.
int usage_of_tree(int dir, struct usage *ret_usage);

#endif
