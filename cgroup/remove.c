// remove.c: the end of a cgroup: signals, killing, removing. See cgroup.h; the marks that say what may be removed are mark.h's.
#include "cgroup/cgroup.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/refusal.h"
#include "cgroup/device_filter.h"
#include "cgroup/mark.h"
#include "cgroup/owner.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	REMOVE_MS = 10000, // for processes to die (one in an uninterruptible wait cannot) and directories to become free
	KILL_AGAIN_MS = 100,
};

static int check_path(const char *path, struct error *err)
{
	if (valid_cgroup_path(path))
		return 0;
	return error_set(err, EINVAL, "%s is not a cgroup path: names between single slashes, without . and ..", path);
}

// The directory; -1 without error if it is absent, else with one.
static int open_existing(int root, const char *path, int *ret_dir, struct error *err)
{
	int dir = tree_open(root, path);

	if (dir < 0 && !tree_vanished(errno))
		return error_errno(err, errno, "cannot open cgroup %s", path);
	*ret_dir = dir;
	return 0;
}

// --- signal

struct sending {
	const char *file;
	int signal;
};

static int signal_pid(pid_t pid, void *data)
{
	if (pid > 0 && kill(pid, ((struct sending *)data)->signal) < 0 && errno != ESRCH)
		return -1;
	return 0;
}

static int signal_pids_of(int dir, void *data)
{
	return tree_each_pid(dir, ((struct sending *)data)->file, signal_pid, data);
}

// A thread's number reaches its process; in a threaded cgroup one with several threads gets the signal several times.
static int send_signal(int dir, int signal)
{
	struct sending sending = {.file = tree_list_file(dir), .signal = signal};

	return tree_walk(dir, signal_pids_of, &sending);
}

// cgroup.kill kills all that is in the cgroup, forks in progress included. Not used where it does harm or does not work:
// - a cgroup that will be used again: since the fix of Linux 6.14 (b69bb476dee9, in the stable kernels too) clone3(CLONE_INTO_CGROUP) compares the target's count of kills with
//   that of the caller's own cgroup instead of the target's, so every process born in a cgroup that was killed once dies at birth;
// - a threaded cgroup, where the kernel refuses it.
// There, freezing keeps anybody from forking (a child is born frozen), and SIGKILL reaches the frozen.
static int kill_now(int dir, bool used_again)
{
	if (!used_again && write_file_at(dir, "cgroup.kill", "1") == 0)
		return 0;
	if (!used_again && errno != EOPNOTSUPP)
		return -1;
	if (write_file_at(dir, "cgroup.freeze", "1") < 0)
		return -1;
	return send_signal(dir, SIGKILL);
}

// --- kill

// Reads cgroup.events through an open fd, which also arms poll(): the next change makes it ready.
static bool is_populated(int events)
{
	char text[256];
	ssize_t length = pread(events, text, sizeof text - 1, 0);

	if (length < 0)
		return false; // removed meanwhile, so empty
	text[length] = '\0';
	return strstr(text, "populated 1") != NULL;
}

static int kill_all(int dir, const char *path, bool used_again, long long deadline, struct error *err)
{
	AUTO_FD events = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);

	if (events < 0)
		return tree_vanished(errno) ? 0 : error_errno(err, errno, "cannot open cgroup.events of cgroup %s", path);
	while (is_populated(events)) {
		struct pollfd change = {.fd = events, .events = POLLPRI};
		long long left = deadline - clock_ms();

		if (left <= 0)
			return error_set(err, ETIMEDOUT, "cannot empty cgroup %s: process %d does not die; it may wait in the kernel for a device or a "
					 "network file system (see its /proc/PID/stack)", path, (int)tree_any_pid(dir));
		// Once is enough for all that is in it, forks included; a process that is moved in later takes another.
		if (kill_now(dir, used_again) < 0 && !tree_vanished(errno))
			return error_errno(err, errno, "cannot kill the processes of cgroup %s", path);
		poll(&change, 1, left < KILL_AGAIN_MS ? (int)left : KILL_AGAIN_MS);
	}
	return 0;
}

int cgroup_kill(int root, const char *path, int timeout_ms, struct error *err)
{
	AUTO_FD dir = -1;

	if (check_path(path, err) < 0 || open_existing(root, path, &dir, err) < 0)
		return -1;
	return dir < 0 ? 0 : kill_all(dir, path, false, clock_ms() + timeout_ms, err);
}

int cgroup_signal(int root, const char *path, const char *owner, int signal, struct error *err)
{
	AUTO_FD dir = -1;
	struct mark mark;
	int result;

	if (check_path(path, err) < 0 || open_existing(root, path, &dir, err) < 0)
		return -1;
	if (dir < 0 || (mark_read(dir, &mark) == 0 && !mark_belongs_to(&mark, owner)))
		return 0;
	result = signal == SIGKILL ? kill_now(dir, false) : send_signal(dir, signal);
	if (result < 0 && !tree_vanished(errno)) {
		error_errno(err, errno, "cannot send signal %d to the processes of cgroup %s", signal, path);
		return signal != SIGKILL ? error_refused(err, REFUSAL_BIT(KILL), REFUSAL_OWN, NULL) : -1; // that goes by the files of the cgroup
	}
	return 0;
}

// --- remove

static int remove_directory(int root, const char *path, long long deadline)
{
	while (unlinkat(root, path + (*path == '/'), AT_REMOVEDIR) < 0) {
		if (tree_vanished(errno))
			return 0;
		if (errno != EBUSY || clock_ms() >= deadline)
			return -1;
		usleep(1000); // the last process has left cgroup.events, but not the kernel yet
	}
	return 0;
}

static int remove_made(int root, int dir, const char *path, struct error *err)
{
	long long deadline = clock_ms() + REMOVE_MS;

	if (unlinkat(root, path + (*path == '/'), AT_REMOVEDIR) == 0) // the usual end: everybody is gone
		return 0;
	if (kill_all(dir, path, false, deadline, err) < 0)
		return -1;
	if (tree_remove_below(dir, deadline) < 0 || remove_directory(root, path, deadline) < 0) {
		if (!tree_vanished(errno))
			return error_errno(err, errno, "cannot remove cgroup %s", path);
	}
	return 0;
}

static int release_adopted(int dir, const char *path, enum mark_kind kind, struct error *err)
{
	long long deadline = clock_ms() + REMOVE_MS;

	if (kill_all(dir, path, true, deadline, err) < 0)
		return -1;
	if (write_file_at(dir, "cgroup.freeze", "0") < 0)
		return error_errno(err, errno, "cannot thaw cgroup %s", path);
	if (kind == MARK_ADOPTED && tree_remove_below(dir, deadline) < 0)
		return error_errno(err, errno, "cannot remove the cgroups below %s", path);
	if (cgroup_restore_owner(dir) < 0)
		return error_errno(err, errno, "cannot give cgroup %s back to its owner", path);
	if (device_filter_detach(dir, err) < 0)
		return error_prefix(err, "cannot give cgroup %s back", path);
	if (mark_erase(dir) < 0)
		return error_errno(err, errno, "cannot remove minirun's mark from cgroup %s", path);
	return 0;
}

// The places of minirun's own choice, /minirun-ID and what is below /minirun, are nobody else's: what has no mark there was made by a minirun
// that was killed before it could mark it.
static bool is_own_place(const char *path)
{
	path += *path == '/';
	return strncmp(path, "minirun/", 8) == 0 || (strncmp(path, "minirun-", 8) == 0 && strchr(path, '/') == NULL);
}

static bool is_own_parent(const char *path)
{
	return strcmp(path, "minirun") == 0 || strncmp(path, "minirun/", 8) == 0;
}

// Parents that minirun made, from the deepest up, while nobody else needs them. One that is in use or not ours ends it; failing is no error, since the next
// container below removes them.
static void remove_parents(int root, const char *path)
{
	char parent[PATH_MAX];
	char *slash;

	if ((size_t)snprintf(parent, sizeof parent, "%s", path + (*path == '/')) >= sizeof parent)
		return;
	while ((slash = strrchr(parent, '/')) != NULL) {
		AUTO_FD dir = -1;
		struct mark mark;

		*slash = '\0';
		dir = tree_open(root, parent);
		if (dir < 0 && tree_vanished(errno))
			continue;
		if (dir < 0 || mark_read(dir, &mark) < 0)
			return;
		if (mark.kind != MARK_PARENT && (mark.kind != MARK_NONE || !is_own_parent(parent)))
			return;
		if (unlinkat(root, parent, AT_REMOVEDIR) < 0 && !tree_vanished(errno))
			return;
	}
}

int cgroup_remove(int root, const char *path, const char *owner, struct error *err)
{
	struct mark mark = {.kind = MARK_NONE};
	AUTO_FD dir = -1;
	int result = 0;

	if (check_path(path, err) < 0 || open_existing(root, path, &dir, err) < 0)
		return -1;
	if (dir >= 0 && mark_read(dir, &mark) < 0 && !tree_vanished(errno))
		return error_errno(err, errno, "cannot read minirun's mark of cgroup %s", path);
	if (mark_belongs_to(&mark, owner))
		result = mark.kind == MARK_MADE ? remove_made(root, dir, path, err) : release_adopted(dir, path, mark.kind, err);
	else if (dir >= 0 && mark.kind == MARK_NONE && is_own_place(path))
		(void)unlinkat(root, path + (*path == '/'), AT_REMOVEDIR); // only an empty one goes
	if (result == 0)
		remove_parents(root, path);
	return result;
}
