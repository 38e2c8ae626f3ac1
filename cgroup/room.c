// room.c: the cgroup of minirun's own unit handed on to containers below it, and given back. See cgroup.h; kernel rule: Documentation/admin-guide/cgroup-v2.rst,
// "No Internal Process Constraint".
#include "cgroup/cgroup.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cgroup/mark.h"
#include "cgroup/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX ((size_t)256) // the names of all controllers

// Opens `path` and locks it: shared by those who make a container there, alone for who takes the controllers back.
static int open_locked(int root, const char *path, int how, int *ret_dir)
{
	AUTO_FD dir = tree_open(root, path);

	if (dir < 0)
		return -1;
	while (flock(dir, how) < 0)
		if (errno != EINTR)
			return -1;
	*ret_dir = take_fd(&dir);
	return 0;
}

static int move_pid(pid_t pid, void *data)
{
	char number[16];

	snprintf(number, sizeof number, "%d", pid);
	return pid <= 0 || write_file_at(*(const int *)data, "cgroup.procs", number) == 0 || errno == ESRCH ? 0 : -1;
}

// The mark tells cgroup_end_room() that it is minirun's.
static int open_room(int dir)
{
	bool made = mkdirat(dir, CGROUP_SUPERVISOR, 0755) == 0;
	AUTO_FD room = -1;

	if (!made && errno != EEXIST)
		return -1;
	room = tree_open(dir, CGROUP_SUPERVISOR);
	if (room >= 0 && made && mark_write(room, MARK_PARENT, NULL) < 0)
		return -1;
	return take_fd(&room);
}

int cgroup_make_room(int root, const char *path, int *ret_lock, struct error *err)
{
	enum { ROUNDS = 100 }; // each for what was forked during the one before
	AUTO_FD dir = -1;
	AUTO_FD room = -1;
	char text[LIST_MAX];

	if (open_locked(root, path, LOCK_SH, &dir) < 0 || read_file_at(dir, "cgroup.subtree_control", text, sizeof text) < 0)
		return error_errno(err, errno, "cannot open cgroup %s", path);
	if (text[0] == '\0') {
		room = open_room(dir);
		if (room < 0)
			return error_errno(err, errno, "cannot make cgroup %s/" CGROUP_SUPERVISOR, path);
	}
	for (int round = 0; room >= 0; round++) {
		if (tree_each_pid(dir, "cgroup.procs", move_pid, &room) < 0)
			return error_errno(err, errno, "cannot move a process of cgroup %s into " CGROUP_SUPERVISOR " below it", path);
		if (read_file_at(dir, "cgroup.procs", text, sizeof text) == 0)
			break;
		if (round == ROUNDS)
			return error_set(err, EBUSY, "cannot empty cgroup %s for the container's limits: its processes keep making more", path);
	}
	*ret_lock = take_fd(&dir);
	return 0;
}

// minirun's own room is there, and no other cgroup but that of systemd's for ExecStartPre= and the like.
static bool only_room(int dir)
{
	AUTO_FD room = tree_open(dir, CGROUP_SUPERVISOR);
	struct mark mark;
	struct stat status;
	nlink_t expected = faccessat(dir, ".control", F_OK, 0) == 0 ? 4 : 3; // a directory has a link from each one below it, from itself and from above

	return room >= 0 && mark_read(room, &mark) == 0 && mark.kind == MARK_PARENT && fstat(dir, &status) == 0 && status.st_nlink == expected;
}

// "cpu memory" to "-cpu -memory".
static void negate(const char *names, char text[2 * LIST_MAX])
{
	size_t used = 0;

	for (const char *name = names; *name != '\0';) {
		int length = (int)strcspn(name, " \n");

		if (length > 0)
			used += (size_t)snprintf(text + used, 2 * LIST_MAX - used, "%s-%.*s", used > 0 ? " " : "", length, name);
		name += length + (name[length] != '\0');
	}
	text[used] = '\0';
}

int cgroup_end_room(int root, const char *path, struct error *err)
{
	AUTO_FD dir = -1;
	char names[LIST_MAX], text[2 * LIST_MAX];

	if (open_locked(root, path, LOCK_EX, &dir) < 0)
		return tree_vanished(errno) ? 0 : error_errno(err, errno, "cannot open cgroup %s", path);
	if (!only_room(dir) || read_file_at(dir, "cgroup.subtree_control", names, sizeof names) <= 0)
		return 0;
	negate(names, text);
	if (write_file_at(dir, "cgroup.subtree_control", text) < 0 && !tree_vanished(errno))
		return error_errno(err, errno, "cannot take the controllers %s back in cgroup %s", text, path);
	return 0;
}
