// walk_path.h: where a walk over a tree is, for what it says: a path that may be longer than any that the kernel would take, since the walk goes by directory fds.
#ifndef MINIRUN_ROOTFS_WALK_PATH_H
#define MINIRUN_ROOTFS_WALK_PATH_H

#include <stddef.h>

enum { WALK_DEPTH_MAX = 200 }; // an open directory each, or two

struct walk_path {
	char *text;
	size_t length;
};

// Begins at `top`, which is written in front of all ("", "."). 0, or -1 with errno; to be freed by walk_path_free().
int walk_path_begin(struct walk_path *path, const char *top);
void walk_path_free(struct walk_path *path);

// Appends "/NAME"; `*ret_before` is for walk_leave(). 0, or -1 with errno ENAMETOOLONG and the path as it was.
int walk_enter(struct walk_path *path, const char *name, size_t *ret_before);
void walk_leave(struct walk_path *path, size_t before);

#endif
