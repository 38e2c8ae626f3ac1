// usage.c: see usage.h.
#include "rootfs/usage.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "rootfs/seen.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 200, BLOCK = 512 }; // st_blocks of stat(2)

struct counting {
	struct usage usage;
	struct seen seen;
	dev_t device;
};

static int count_directory(struct counting *counting, int dir, int depth);

static int count_entry(struct counting *counting, int dir, const char *name, int depth)
{
	AUTO_FD below = -1;
	struct stat st;

	// What is in use may lose files meanwhile.
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (seen_before(&counting->seen, &st, "") != NULL)
		return 0;
	counting->usage.files++;
	counting->usage.bytes += (uint64_t)st.st_blocks * BLOCK;
	if (S_ISREG(st.st_mode))
		counting->usage.content += (uint64_t)st.st_size;
	if (!S_ISDIR(st.st_mode) || st.st_dev != counting->device)
		return 0;
	below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0)
		return errno == ENOENT ? 0 : -1;
	return count_directory(counting, below, depth + 1);
}

static int count_directory(struct counting *counting, int dir, int depth)
{
	AUTO_DIR *stream = NULL;
	const struct dirent *entry;

	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		return -1;
	}
	stream = open_directory_at(dir, ".");
	if (stream == NULL)
		return -1;
	while (errno = 0, (entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && count_entry(counting, dir, entry->d_name, depth) < 0)
			return -1;
	return errno == 0 ? 0 : -1;
}

int usage_of_tree(int dir, struct usage *ret_usage)
{
	struct counting counting = {0};
	struct stat st;
	int result = fstat(dir, &st);

	counting.device = st.st_dev;
	if (result == 0)
		result = count_directory(&counting, dir, 0);
	seen_free(&counting.seen);
	if (result == 0)
		*ret_usage = counting.usage;
	return result;
}
