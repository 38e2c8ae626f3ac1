// seen.c: see seen.h.
#include "rootfs/seen.h"

#include <stdint.h>

static struct seen_file *place_of(struct seen_file *files, size_t room, dev_t device, ino_t inode)
{
	// Numbers follow one another; the factor, 2^64 divided by the golden ratio, spreads them.
	size_t at = (size_t)(((uint64_t)inode + ((uint64_t)device << 32)) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);

	while (files[at].name != NULL && (files[at].inode != inode || files[at].device != device))
		at = (at + 1) & (room - 1);
	return &files[at];
}

static void grow(struct seen *seen)
{
	size_t room = seen->room == 0 ? 64 : 2 * seen->room;
	struct seen_file *files = arena_array(&seen->arena, room, sizeof *files);

	for (size_t i = 0; i < seen->room; i++)
		if (seen->files[i].name != NULL)
			*place_of(files, room, seen->files[i].device, seen->files[i].inode) = seen->files[i];
	seen->files = files;
	seen->room = room;
}

const char *seen_before(struct seen *seen, const struct stat *st, const char *name)
{
	struct seen_file *place;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return NULL;
	if (2 * seen->count >= seen->room)
		grow(seen);
	place = place_of(seen->files, seen->room, st->st_dev, st->st_ino);
	if (place->name != NULL)
		return place->name;
	*place = (struct seen_file){st->st_dev, st->st_ino, arena_strdup(&seen->arena, name)};
	seen->count++;
	return NULL;
}

void seen_free(struct seen *seen)
{
	arena_free(&seen->arena);
	*seen = (struct seen){0};
}
