// names.h: what is in a directory, in one order whatever the file system: what walks a tree must find the same twice, and its user something sorted.
#ifndef MINIRUN_ROOTFS_NAMES_H
#define MINIRUN_ROOTFS_NAMES_H

#include <stddef.h>

struct names {
	char **items; // byte by byte in order; without "." and ".."
	size_t count;
	char *text;   // that they lie in
};

// Of the open directory `dir` (readable or O_PATH, borrowed). 0, or -1 with errno; to be freed by names_free() after a success.
int names_read(int dir, struct names *ret_names);
void names_free(struct names *names);

#define AUTO_NAMES __attribute__((cleanup(names_free))) struct names

#endif
