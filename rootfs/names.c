// names.c: see names.h.
#include "rootfs/names.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <string.h>

// All names behind one another, each with its NUL.
struct gathering {
	char *text;
	size_t length, room, count;
};

static int gather(struct gathering *gathering, const char *name)
{
	size_t size = strlen(name) + 1;

	if (size > gathering->room - gathering->length) {
		size_t room = gathering->room == 0 ? 4096 : 2 * gathering->room;
		char *larger = realloc(gathering->text, room);

		if (larger == NULL)
			return -1;
		gathering->text = larger;
		gathering->room = room;
	}
	memcpy(gathering->text + gathering->length, name, size);
	gathering->length += size;
	gathering->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int gather_all(DIR *dir, struct gathering *gathering)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && gather(gathering, entry->d_name) < 0)
			return -1;
	return errno == 0 ? 0 : -1;
}

int names_read(int dir, struct names *ret_names)
{
	AUTO_DIR *stream = open_directory_at(dir, ".");
	struct gathering gathering = {0};
	char **items = NULL;
	char *name;

	if (stream == NULL)
		return -1;
	if (gather_all(stream, &gathering) == 0)
		items = calloc(gathering.count + 1, sizeof *items);
	if (items == NULL) {
		free(gathering.text);
		return -1;
	}
	name = gathering.text;
	for (size_t i = 0; i < gathering.count; i++, name += strlen(name) + 1)
		items[i] = name;
	if (gathering.count > 1)
		qsort(items, gathering.count, sizeof *items, compare);
	*ret_names = (struct names){items, gathering.count, gathering.text};
	return 0;
}

void names_free(struct names *names)
{
	free(names->items);
	free(names->text);
	*names = (struct names){0};
}
