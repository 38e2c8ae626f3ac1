// exclusive.c: see exclusive.h. Lists are put together as text: the kernel takes numbers twice and in any order, and gives them back sorted.
#include "cgroup/exclusive.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

static const char attribute[] = "trusted.minirun.exclusive";

int exclusive_read(int dir, const char *file, char ret_list[CPU_LIST_MAX])
{
	ret_list[0] = '\0';
	return read_file_at(dir, file, ret_list, CPU_LIST_MAX) < 0 && errno != ENOENT ? -1 : 0;
}

int exclusive_write(int dir, const char *file, const char *list)
{
	// A write of nothing would not reach the kernel's cpuset code.
	return write_file_at(dir, file, *list != '\0' ? list : "\n");
}

int exclusive_keep(int dir)
{
	char list[CPU_LIST_MAX];

	if (exclusive_read(dir, FILE_EXCLUSIVE, list) < 0)
		return -1;
	return fsetxattr(dir, attribute, list, strlen(list), XATTR_CREATE) == 0 || errno == EEXIST ? 0 : -1;
}

bool exclusive_kept(int dir, char ret_list[CPU_LIST_MAX])
{
	ssize_t length = fgetxattr(dir, attribute, ret_list, CPU_LIST_MAX - 1);

	if (length >= 0)
		ret_list[length] = '\0';
	return length >= 0;
}

int exclusive_forget(int dir)
{
	return fremovexattr(dir, attribute) == 0 || errno == ENODATA ? 0 : -1;
}

// --- the cgroups above

// The cgroups above "a/b/c" are its first 0, 1 and 3 characters. The next longer one; -1 at the end.
static int next_above(const char *path, int length)
{
	const char *slash = strchr(path + length + (length > 0), '/');

	return slash != NULL ? (int)(slash - path) : -1;
}

static int open_above(int root, const char *path, int length)
{
	char above[PATH_MAX];

	if ((size_t)snprintf(above, sizeof above, "%.*s", length, path) < sizeof above)
		return tree_open(root, above);
	errno = ENAMETOOLONG;
	return -1;
}

// The machine's root has all CPUs and no such file; the root of a cgroup namespace has one. What a partition root has can be handed on as it is.
static bool is_source(int dir)
{
	char words[CPU_LIST_MAX];

	if (faccessat(dir, FILE_EXCLUSIVE, F_OK, 0) < 0)
		return true;
	return exclusive_read(dir, FILE_PARTITION, words) == 0 && (strcmp(words, "root") == 0 || strcmp(words, "isolated") == 0);
}

static int widen_one(int dir, const char *cpus)
{
	char list[2 * CPU_LIST_MAX + 1];
	size_t length;

	if (exclusive_keep(dir) < 0 || exclusive_read(dir, FILE_EXCLUSIVE, list) < 0)
		return -1;
	length = strlen(list);
	snprintf(list + length, sizeof list - length, "%s%s", length > 0 ? "," : "", cpus);
	return exclusive_write(dir, FILE_EXCLUSIVE, list);
}

int exclusive_widen(int root, const char *path, const char *cpus, struct error *err)
{
	int source = 0;

	path += *path == '/';
	for (int length = 0; length >= 0; length = next_above(path, length)) {
		AUTO_FD dir = open_above(root, path, length);

		if (dir >= 0 && is_source(dir))
			source = length;
	}
	// From the top down: the kernel gives a cgroup only what the one above it has.
	for (int length = next_above(path, source); length >= 0; length = next_above(path, length)) {
		AUTO_FD dir = open_above(root, path, length);

		if (dir < 0 || widen_one(dir, cpus) < 0)
			return error_errno(err, errno, "cannot write \"%s\" to " FILE_EXCLUSIVE " of cgroup /%.*s", cpus, length, path);
	}
	return 0;
}

struct children {
	struct arena arena;
	int top;
	const char *lists; // of all of them, with a comma in front of each
};

// The value of one child; children of children count in theirs.
static int add_list(const char *name, void *data)
{
	struct children *children = data;
	char file[NAME_MAX + sizeof "/" FILE_EXCLUSIVE], list[CPU_LIST_MAX];

	if ((size_t)snprintf(file, sizeof file, "%s/" FILE_EXCLUSIVE, name) >= sizeof file)
		return 0; // no cgroup that minirun made has such a name
	if (exclusive_read(children->top, file, list) < 0)
		return tree_vanished(errno) ? 0 : -1;
	if (*list != '\0')
		children->lists = arena_printf(&children->arena, "%s,%s", children->lists, list);
	return 0;
}

static int narrow_one(int dir)
{
	struct children children = {.top = dir, .lists = ""};
	char kept[CPU_LIST_MAX];
	int result;

	if (!exclusive_kept(dir, kept))
		return 0;
	result = tree_each_child(dir, add_list, &children);
	if (result == 0 && *children.lists != '\0')
		result = exclusive_write(dir, FILE_EXCLUSIVE, *kept != '\0' ? arena_printf(&children.arena, "%s%s", kept, children.lists) : children.lists + 1);
	else if (result == 0)
		result = exclusive_write(dir, FILE_EXCLUSIVE, kept) < 0 ? -1 : exclusive_forget(dir);
	arena_free(&children.arena);
	return result;
}

int exclusive_narrow(int root, const char *path, struct error *err)
{
	path += *path == '/';
	for (const char *slash = strrchr(path, '/'); slash != NULL; slash = memrchr(path, '/', (size_t)(slash - path))) {
		AUTO_FD dir = open_above(root, path, (int)(slash - path));

		if ((dir < 0 || narrow_one(dir) < 0) && !tree_vanished(errno))
			return error_errno(err, errno, "cannot give CPUs back in " FILE_EXCLUSIVE " of cgroup /%.*s", (int)(slash - path), path);
	}
	return 0;
}
