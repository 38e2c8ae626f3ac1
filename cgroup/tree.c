// tree.c: see tree.h.
#include "cgroup/tree.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { OPEN_DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW };

int tree_open(int root, const char *path)
{
	path += strspn(path, "/");
	return sys_openat2(root, *path == '\0' ? "." : path, OPEN_DIRECTORY, 0,
			   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
}

bool tree_vanished(int code)
{
	return code == ENOENT || code == ENODEV;
}

int tree_events(int dir, bool *ret_populated, bool *ret_frozen)
{
	char text[256];

	if (read_line_at(dir, "cgroup.events", text, sizeof text) < 0)
		return -1;
	*ret_populated = strstr(text, "populated 1") != NULL;
	*ret_frozen = strstr(text, "frozen 1") != NULL;
	return 0;
}

// --- processes

const char *tree_list_file(int top)
{
	char type[64];

	if (read_line_at(top, "cgroup.type", type, sizeof type) > 0 && strcmp(type, "threaded") == 0)
		return "cgroup.threads";
	return "cgroup.procs";
}

int tree_each_pid(int dir, const char *file, int (*visit)(pid_t pid, void *data), void *data)
{
	AUTO_FD fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t length;
	pid_t pid = 0;
	int result = 0;

	if (fd < 0)
		return -1;
	while ((length = read(fd, text, sizeof text)) > 0) {
		for (ssize_t i = 0; i < length; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			result = visit(pid, data);
			if (result != 0)
				return result;
			pid = 0;
		}
	}
	return length == 0 || errno == EOPNOTSUPP ? 0 : -1;
}

struct search {
	const char *file;
	pid_t found;
};

static int note_pid(pid_t pid, void *data)
{
	((struct search *)data)->found = pid;
	return pid > 0;
}

static int search_in(int dir, void *data)
{
	return tree_each_pid(dir, ((struct search *)data)->file, note_pid, data) > 0;
}

pid_t tree_any_pid(int top)
{
	struct search search = {.file = tree_list_file(top)};

	tree_walk(top, search_in, &search);
	return search.found;
}

// --- walking

// The next directory in the listing; NULL at the end.
static const struct dirent *next_child(DIR *stream)
{
	const struct dirent *entry;

	do
		entry = readdir(stream);
	while (entry != NULL && (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
	return entry;
}

int tree_each_child(int dir, int (*visit)(const char *name, void *data), void *data)
{
	AUTO_DIR *stream = open_directory_at(dir, ".");
	const struct dirent *entry;
	int result = 0;

	if (stream == NULL)
		return -1;
	while (result == 0 && (entry = next_child(stream)) != NULL)
		result = visit(entry->d_name, data);
	return result;
}

struct place {
	struct place *next;
	const char *path; // relative to the top
};

static int push_children(struct arena *arena, int dir, const char *path, struct place **places)
{
	AUTO_DIR *stream = open_directory_at(dir, ".");
	const struct dirent *entry;

	if (stream == NULL)
		return -1;
	while ((entry = next_child(stream)) != NULL) {
		struct place *place = arena_alloc(arena, sizeof *place);

		*place = (struct place){.next = *places, .path = arena_printf(arena, "%s/%s", path, entry->d_name)};
		*places = place;
	}
	return 0;
}

int tree_walk(int top, int (*visit)(int dir, void *data), void *data)
{
	struct arena arena = {0};
	struct place *places = arena_alloc(&arena, sizeof *places);
	int result = 0;

	places->path = "";
	while (places != NULL && result == 0) {
		const char *path = places->path;
		AUTO_FD dir = tree_open(top, path);

		places = places->next;
		result = dir < 0 ? -1 : visit(dir, data);
		if (result == 0)
			result = push_children(&arena, dir, path, &places);
		if (result < 0 && tree_vanished(errno))
			result = 0;
	}
	arena_free(&arena);
	return result;
}

// --- removing

// The cgroup file system does not keep to NAME_MAX: with its own cgroup writable, a container makes names as long as a path may be.
// Removes the children of `dir` that can be. 0: none is left; 1: `ret_name` is busy (processes or cgroups below); -1 with errno.
static int remove_children(int dir, char ret_name[PATH_MAX], bool *ret_removed)
{
	AUTO_DIR *stream = open_directory_at(dir, ".");
	const struct dirent *entry;

	*ret_removed = false;
	if (stream == NULL)
		return -1;
	while ((entry = next_child(stream)) != NULL) {
		if (unlinkat(dir, entry->d_name, AT_REMOVEDIR) == 0 || errno == ENOENT) {
			*ret_removed = true;
			continue;
		}
		if (errno != EBUSY && errno != ENOTEMPTY)
			return -1;
		if ((size_t)snprintf(ret_name, PATH_MAX, "%s", entry->d_name) < PATH_MAX)
			return 1;
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

static int change_directory(int *dir, const char *name)
{
	int next = openat(*dir, name, OPEN_DIRECTORY);

	if (next < 0)
		return -1;
	close_fd(dir);
	*dir = next;
	return 0;
}

// Goes down into the first busy child, up again when nothing is left. Coming up and finding nothing to remove means that the child is empty and yet busy: a process
// that has left cgroup.events but not the kernel yet; waiting a millisecond helps.
int tree_remove_below(int top, long long deadline)
{
	AUTO_FD dir = openat(top, ".", OPEN_DIRECTORY);
	bool came_up = false;
	size_t depth = 0;

	while (dir >= 0) {
		char name[PATH_MAX];
		bool removed;
		int busy = remove_children(dir, name, &removed);

		if (busy < 0 || (busy == 0 && depth == 0))
			return busy;
		if (busy > 0 && came_up && !removed) {
			if (clock_ms() >= deadline) {
				errno = EBUSY;
				return -1;
			}
			usleep(1000);
		}
		came_up = busy == 0;
		if (change_directory(&dir, busy > 0 ? name : "..") < 0) {
			if (busy > 0 && tree_vanished(errno))
				continue;
			return -1;
		}
		depth = busy > 0 ? depth + 1 : depth - 1;
	}
	return -1;
}
