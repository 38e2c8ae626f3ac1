// mountinfo.c: see mountinfo.h.
#include "base/mountinfo.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { MOUNTINFO_BYTES_MAX = 64 << 20 }; // 100,000 mounts (fs.mount-max) of 600 bytes

// Blanks, line feeds, backslashes and '#' are \ooo.
static const char *unescape(char *text)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		unsigned char c = (unsigned char)in[0];

		if (c == '\\' && strspn(in + 1, "01234567") >= 3) {
			c = (unsigned char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 3;
		}
		*(unsigned char *)out++ = c;
	}
	*out = '\0';
	return text;
}

// id parent device root point options [optional field]... - type source super-options
static bool parse_line(char *line, struct mountinfo *ret)
{
	enum { ID, PARENT, DEVICE, ROOT, POINT, OPTIONS, BEFORE };
	enum { TYPE, SOURCE, SUPER, BEHIND };
	char *before[BEFORE], *behind[BEHIND], *field;
	bool shared = false;

	for (int i = 0; i < BEFORE; i++)
		if ((before[i] = strsep(&line, " ")) == NULL)
			return false;
	while ((field = strsep(&line, " ")) != NULL && strcmp(field, "-") != 0)
		shared |= strncmp(field, "shared:", strlen("shared:")) == 0;
	for (int i = 0; i < BEHIND; i++)
		if ((behind[i] = strsep(&line, " ")) == NULL)
			return false;
	*ret = (struct mountinfo){
		.id = strtoull(before[ID], NULL, 10),
		.parent = strtoull(before[PARENT], NULL, 10),
		.root = unescape(before[ROOT]),
		.point = unescape(before[POINT]),
		.options = before[OPTIONS],
		.shared = shared,
		.type = behind[TYPE],
		.source = unescape(behind[SOURCE]),
		.super_options = unescape(behind[SUPER]),
	};
	return true;
}

int mountinfo_read(struct arena *arena, int dir, const char *path, struct mounts *ret_mounts)
{
	size_t length, room = 0;
	AUTO_FREE char *file = read_whole_file_at(dir, path, MOUNTINFO_BYTES_MAX, &length);
	struct mounts mounts = {0};
	struct mountinfo mount;
	char *rest;

	if (file == NULL)
		return -1;
	rest = arena_strdup(arena, file);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (!parse_line(line, &mount))
			continue;
		mounts.items = arena_grow(arena, mounts.items, mounts.count, &room, sizeof *mounts.items);
		mounts.items[mounts.count++] = mount;
	}
	*ret_mounts = mounts;
	return 0;
}

const struct mountinfo *mountinfo_find(const struct mounts *mounts, uint64_t id)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->items[i].id == id)
			return &mounts->items[i];
	return NULL;
}

// NULL: below all that are listed, where the process's root is, or the parent of the namespace's first.
static bool lies_on(const struct mounts *mounts, const struct mountinfo *mount, const struct mountinfo *below)
{
	if (below != NULL)
		return mount->parent == below->id && mount != below;
	return mount->parent == mount->id || mountinfo_find(mounts, mount->parent) == NULL;
}

// From `mount` up to the last one that lies there, at the first `length` bytes of `point`. As many steps as there are mounts at most, whatever a list says that changed while it was read.
static const struct mountinfo *climb(const struct mounts *mounts, const struct mountinfo *mount, const char *point, size_t length)
{
	for (size_t steps = 0, i = 0; steps < mounts->count && i < mounts->count; i++) {
		const struct mountinfo *item = &mounts->items[i];

		if (strncmp(item->point, point, length) != 0 || item->point[length] != '\0' || !lies_on(mounts, item, mount))
			continue;
		mount = item;
		steps++;
		i = SIZE_MAX; // from the first again: the order tells nothing
	}
	return mount;
}

const struct mountinfo *mountinfo_topmost(const struct mounts *mounts, const char *point)
{
	const struct mountinfo *mount = climb(mounts, NULL, "/", 1);

	// As the kernel walks a path: what lies on the mount that it has come to.
	for (size_t end = 1; point[end] != '\0';) {
		end += point[end] == '/';
		end += strcspn(point + end, "/");
		mount = climb(mounts, mount, point, end);
	}
	return mount != NULL && strcmp(mount->point, point) == 0 ? mount : NULL;
}
