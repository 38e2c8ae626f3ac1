// walk_path.c: see walk_path.h.
#include "rootfs/walk_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024 * 1024 }; // more than WALK_DEPTH_MAX names of NAME_MAX

int walk_path_begin(struct walk_path *path, const char *top)
{
	path->length = strlen(top);
	path->text = malloc(ROOM);
	if (path->text == NULL)
		return -1;
	memcpy(path->text, top, path->length + 1);
	return 0;
}

void walk_path_free(struct walk_path *path)
{
	free(path->text);
}

int walk_enter(struct walk_path *path, const char *name, size_t *ret_before)
{
	size_t more = strlen(name) + 1;

	if (more >= ROOM - path->length) {
		errno = ENAMETOOLONG;
		return -1;
	}
	*ret_before = path->length;
	path->text[path->length] = '/';
	memcpy(path->text + path->length + 1, name, more);
	path->length += more;
	return 0;
}

void walk_leave(struct walk_path *path, size_t before)
{
	path->length = before;
	path->text[before] = '\0';
}
