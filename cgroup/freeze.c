// freeze.c: a cgroup stopped and let go again, and the processes in it listed. See cgroup.h; kernel rules: Documentation/admin-guide/cgroup-v2.rst, "cgroup.freeze".
#include "cgroup/cgroup.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "cgroup/mark.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A directory that is gone, or somebody else's by now, is the end of the container it was of.
int cgroup_open(int root, const char *path, const char *owner, struct error *err)
{
	AUTO_FD dir = -1;
	struct mark mark;

	if (!valid_cgroup_path(path))
		return error_set(err, EINVAL, "%s is not a cgroup path: names between single slashes, without . and ..", path);
	dir = tree_open(root, path);
	if (dir < 0)
		return error_errno(err, errno, "cannot open cgroup %s", path);
	if (mark_read(dir, &mark) < 0)
		return error_errno(err, errno, "cannot read minirun's mark of cgroup %s", path);
	if (!mark_belongs_to(&mark, owner))
		return error_set(err, ENOENT, "cgroup %s belongs to somebody else by now", path);
	return take_fd(&dir);
}

// --- freeze

// Each read of the open file also arms poll(): the next change makes it ready. 1 as wanted, 0 not yet, -1 with errno.
static int reached(int events, bool frozen)
{
	char text[256];
	ssize_t length = pread(events, text, sizeof text - 1, 0);

	if (length < 0)
		return -1;
	text[length] = '\0';
	return (strstr(text, "frozen 1") != NULL) == frozen;
}

static int wait_frozen(int dir, const char *path, bool frozen, int timeout_ms, struct error *err)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
	long long deadline = clock_ms() + timeout_ms;
	int result;

	// Thawed processes may end at once, and the cgroup with them.
	if (events < 0)
		return !frozen && tree_vanished(errno) ? 0 : error_errno(err, errno, "cannot open cgroup.events of cgroup %s", path);
	while ((result = reached(events, frozen)) == 0) {
		struct pollfd change = {.fd = events, .events = POLLPRI};
		long long left = deadline - clock_ms();

		if (left <= 0)
			return error_set(err, ETIMEDOUT, "cgroup %s is not %s after %d ms", path, frozen ? "frozen" : "thawed", timeout_ms);
		poll(&change, 1, (int)left);
	}
	if (result > 0 || (!frozen && tree_vanished(errno)))
		return 0;
	return error_errno(err, errno, "cannot read cgroup.events of cgroup %s", path);
}

int cgroup_freeze(int root, const char *path, const char *owner, bool freeze, int timeout_ms, struct error *err)
{
	AUTO_FD dir = cgroup_open(root, path, owner, err);

	if (dir < 0)
		return -1;
	if (write_file_at(dir, "cgroup.freeze", freeze ? "1" : "0") < 0)
		return error_errno(err, errno, "cannot write cgroup.freeze of cgroup %s", path);
	if (wait_frozen(dir, path, freeze, timeout_ms, err) == 0)
		return 0;
	if (err->code != ETIMEDOUT)
		return -1;
	if (!freeze)
		return error_hint(err, "a cgroup above it may be frozen");
	// Half frozen would be neither: as before, then.
	if (write_file_at(dir, "cgroup.freeze", "0") < 0)
		return error_hint(err, "and it cannot be thawed again");
	return error_hint(err, "a process in it waits in the kernel, or is traced; it was thawed again");
}

bool cgroup_is_frozen_at(int root, const char *path)
{
	char file[PATH_MAX];
	char text[16];

	if (root != AT_FDCWD)
		path += strspn(path, "/");
	return (size_t)snprintf(file, sizeof file, "%s/cgroup.freeze", path) < sizeof file && read_line_at(root, file, text, sizeof text) > 0 && text[0] == '1';
}

bool cgroup_is_frozen(const char *mount_point, const char *path)
{
	char absolute[PATH_MAX];

	return (size_t)snprintf(absolute, sizeof absolute, "%s/%s", mount_point, path) < sizeof absolute && cgroup_is_frozen_at(AT_FDCWD, absolute);
}

// --- processes

struct gathering {
	struct arena *arena;
	const char *file;
	pid_t *pids;
	size_t count, room;
};

static int gather_pid(pid_t pid, void *data)
{
	struct gathering *gathering = data;

	if (pid == 0) // of a pid namespace that the caller cannot see into
		return 0;
	gathering->pids = arena_grow(gathering->arena, gathering->pids, gathering->count, &gathering->room, sizeof *gathering->pids);
	gathering->pids[gathering->count++] = pid;
	return 0;
}

static int gather_pids_of(int dir, void *data)
{
	return tree_each_pid(dir, ((struct gathering *)data)->file, gather_pid, data);
}

static int compare_pids(const void *a, const void *b)
{
	const pid_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

int cgroup_pids(int dir, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err)
{
	struct gathering gathering = {.arena = arena, .file = tree_list_file(dir)};
	size_t count = 0;

	if (tree_walk(dir, gather_pids_of, &gathering) < 0)
		return error_errno(err, errno, "cannot list the processes of the container's cgroup");
	if (gathering.count > 0)
		qsort(gathering.pids, gathering.count, sizeof *gathering.pids, compare_pids);
	// The threads of a threaded cgroup, and a process that moves while it is looked for, are seen twice.
	for (size_t i = 0; i < gathering.count; i++)
		if (i == 0 || gathering.pids[i] != gathering.pids[count - 1])
			gathering.pids[count++] = gathering.pids[i];
	*ret_pids = gathering.pids;
	*ret_count = count;
	return 0;
}
