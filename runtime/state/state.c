// state.c: the state directory: opening, claiming, locking, listing; see state.h. The document itself is in document.c.
#include "state/state.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"
#include "cgroup/cgroup.h"
#include "state/standing.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { ENDING_MS = 2000, CONFIG_BYTES_MAX = 16 * 1024 * 1024 };

static const char *const status_names[STATUS_MAX] = {"creating", "created", "running", "paused", "stopped"};

const char *status_name(enum container_status status)
{
	return status_names[status];
}

static int make_directories(const char *root)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof path, "%s", root) >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

// Who can write to the state can have anything removed that a record names.
static int check_owner(int fd, const char *root, struct error *err)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return error_errno(err, errno, "cannot examine the state directory %s", root);
	if ((info.st_uid == 0 || info.st_uid == (uid_t)getauxval(AT_EUID)) && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return 0;
	error_set(err, EPERM, "cannot use the state directory %s: others can write to it (owner %u, mode %04o)", root, info.st_uid, info.st_mode & 07777);
	return error_hint(err, "name one with --root that does not exist yet, or that only you can write to");
}

int state_open_root(const char *root, bool create, struct error *err)
{
	AUTO_FD fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && create) {
		if (make_directories(root) < 0)
			return error_errno(err, errno, "cannot make the state directory %s", root);
		fd = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return error_errno(err, errno, "cannot open the state directory %s", root);
	return check_owner(fd, root, err) < 0 ? -1 : take_fd(&fd);
}

// A directory that was removed after it was opened has no link left.
static bool still_there(int dir)
{
	struct stat info;

	return fstat(dir, &info) == 0 && info.st_nlink > 0;
}

static int open_directory(int root, const char *id)
{
	return openat(root, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int unknown(struct error *err, const char *id, int code)
{
	if (code == ENOENT)
		return error_set(err, ENOENT, "container \"%s\" does not exist; `minirun list` shows those that do", id);
	return error_errno(err, code, "cannot open the state of container \"%s\"", id);
}

int state_open(int root, const char *id, struct error *err)
{
	int dir;

	if (!valid_container_id(id))
		return error_set(err, EINVAL, "'%s' is no container id: use 1 to 255 of the characters A-Z a-z 0-9 _ + - . and no leading dot", id);
	dir = open_directory(root, id);
	return dir >= 0 ? dir : unknown(err, id, errno);
}

int state_find(const char *root, const char *id, struct arena *arena, struct state *ret_state, struct error *err)
{
	AUTO_FD root_fd = state_open_root(root, false, err);
	AUTO_FD dir = -1;

	if (root_fd < 0)
		return err->code == ENOENT ? unknown(err, id, ENOENT) : -1;
	dir = state_open(root_fd, id, err);
	if (dir < 0 || state_load(dir, arena, ret_state, err) < 0)
		return -1;
	return take_fd(&dir);
}

// Who holds the lock is soon done with it, unless a person takes the container's steps by hand.
static int lock_or_refuse(int dir, const char *id, int operation, struct error *err)
{
	struct standing standing;
	struct arena arena = {0};
	int result = 0;

	if (flock(dir, operation | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK && standing_load(dir, &arena, &standing))
		result = standing_refuse(id, &standing, err);
	else if (flock(dir, operation) < 0)
		result = error_errno(err, errno, "cannot lock the state of container \"%s\"", id);
	arena_free(&arena);
	return result;
}

static int lock(int root, const char *id, int operation, struct error *err)
{
	for (;;) {
		AUTO_FD dir = state_open(root, id, err);

		if (dir < 0)
			return -1;
		if (lock_or_refuse(dir, id, operation, err) < 0)
			return -1;
		if (still_there(dir))
			return take_fd(&dir);
	}
}

int state_lock(int root, const char *id, struct error *err)
{
	return lock(root, id, LOCK_EX, err);
}

int state_share(const char *root, const char *id, int *ret_root, struct error *err)
{
	*ret_root = state_open_root(root, false, err);
	if (*ret_root < 0)
		return err->code == ENOENT ? unknown(err, id, ENOENT) : -1;
	return lock(*ret_root, id, LOCK_SH, err);
}

int state_relock(int dir, bool *ret_changed, struct error *err)
{
	struct stat info;

	if (flock(dir, LOCK_EX) < 0)
		return error_errno(err, errno, "cannot lock the container's state");
	if (fstat(dir, &info) < 0 || info.st_nlink == 0)
		return error_set(err, ENOENT, "the container was removed by another command");
	if (ret_changed != NULL)
		*ret_changed = info.st_mode & STATE_CHANGED_BIT;
	return 0;
}

int state_change(int dir, const struct state *state, struct error *err)
{
	if (fchmod(dir, 0700 | STATE_CHANGED_BIT) < 0)
		return error_errno(err, errno, "cannot mark the record of container \"%s\" as changed", state->id);
	return state_save(dir, state, err);
}

void state_unlock(int dir)
{
	flock(dir, LOCK_UN);
}

static int check_reusable(int dir, const char *id, bool *ret_stale, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	struct error unreadable = ERROR_INIT;
	int result = 0;

	*ret_stale = false;
	if (state_load(dir, &arena, &state, &unreadable) < 0) {
		// No state.json: its maker died before it made anything. A damaged one is removed with the directory; it was never made by a rename of ours.
		arena_free(&arena);
		return 0;
	}
	if (state_stays_alive(&state))
		result = error_set(err, EEXIST, "container \"%s\" exists already and is running as pid %d; choose another id, or `minirun delete --force %s` first",
				   id, state.pid, id);
	else if (state.kept)
		result = error_set(err, EEXIST, "container \"%s\" exists already: it has ended and waits for its removal; `minirun delete %s` first", id, id);
	else
		*ret_stale = true;
	arena_free(&arena);
	return result;
}

// A reader holds the lock for some microseconds (state_status()); who holds it longer is a writer.
static int try_lock(int dir)
{
	for (int tries = 0; flock(dir, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK || tries == 20)
			return -1;
		usleep(500);
	}
	return 0;
}

int state_claim(int root, const char *id, bool *ret_stale, struct error *err)
{
	if (!valid_container_id(id))
		return error_set(err, EINVAL, "'%s' is no container id: use 1 to 255 of the characters A-Z a-z 0-9 _ + - . and no leading dot", id);
	for (;;) {
		AUTO_FD dir = -1;

		if (mkdirat(root, id, 0700) < 0 && errno != EEXIST)
			return error_errno(err, errno, "cannot make the state directory of container \"%s\"", id);
		dir = open_directory(root, id);
		if (dir < 0 && errno == ENOENT)
			continue; // removed by another minirun in between
		if (dir < 0)
			return error_errno(err, errno, "cannot open the state directory of container \"%s\"", id);
		if (try_lock(dir) < 0) {
			if (errno == EWOULDBLOCK)
				return error_set(err, EEXIST, "container \"%s\" exists already: another minirun is setting it up or removing it", id);
			return error_errno(err, errno, "cannot lock the state directory of container \"%s\"", id);
		}
		// Also if we have made it: until we have the lock it is anybody's to remove, or to run a container in.
		if (!still_there(dir))
			continue;
		if (check_reusable(dir, id, ret_stale, err) < 0)
			return -1;
		return take_fd(&dir);
	}
}

int state_keep_config(int dir, const char *text, size_t length, struct error *err)
{
	// A removal that was killed may have left an old one: state.json goes first.
	AUTO_FD fd = openat(dir, "config.json", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 || write_all(fd, text, length) < 0 ? error_errno(err, errno, "cannot keep a copy of config.json in the state directory") : 0;
}

int state_load_config(int dir, const struct state *state, struct spec *spec, struct error *err)
{
	spec->text = read_whole_file_at(dir, "config.json", CONFIG_BYTES_MAX, &spec->text_length);
	if (spec->text == NULL)
		return error_errno(err, errno, "cannot read the copy of config.json in the state of container \"%s\"", state->id);
	return spec_parse(spec, state->bundle, spec->text, spec->text_length, NULL, err) < 0 ? error_prefix(err, "the kept config.json of container \"%s\"", state->id) : 0;
}

int state_remove(int root, const char *id, struct error *err)
{
	char record[CONTAINER_ID_MAX + sizeof "/state.json"];
	char config[CONTAINER_ID_MAX + sizeof "/config.json"];

	// Normally these are all that is left.
	snprintf(record, sizeof record, "%s/state.json", id);
	snprintf(config, sizeof config, "%s/config.json", id);
	if ((unlinkat(root, record, 0) == 0 || errno == ENOENT) && (unlinkat(root, config, 0) == 0 || errno == ENOENT) && unlinkat(root, id, AT_REMOVEDIR) == 0)
		return 0;
	return remove_tree_at(root, id) < 0 ? error_errno(err, errno, "cannot remove the state directory of container \"%s\"", id) : 0;
}

uint64_t process_start_time(pid_t pid)
{
	return process_start(AT_FDCWD, pid);
}

bool state_process(int proc, const struct state *state, struct process_stat *ret_process)
{
	return state->pid > 0 && state->pid_start != 0 && process_stat(proc, state->pid, ret_process) == 0 && ret_process->start == state->pid_start &&
	       ret_process->state != 'Z' && ret_process->state != 'X';
}

bool state_alive(const struct state *state)
{
	struct process_stat process;

	return state_process(AT_FDCWD, state, &process);
}

static bool is_ending(const struct process_stat *process)
{
	const uint64_t exiting = 0x4, killed = 1u << (SIGKILL - 1); // PF_EXITING of linux/sched.h

	return (process->flags & exiting) != 0 || (process->pending & killed) != 0;
}

bool state_stays_alive(const struct state *state)
{
	struct pollfd ended = {.events = POLLIN};
	struct process_stat process;
	AUTO_FD pidfd = -1;

	if (!state_process(AT_FDCWD, state, &process))
		return false;
	if (!is_ending(&process))
		return true;
	pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	ended.fd = pidfd;
	if (pidfd >= 0)
		poll(&ended, 1, ENDING_MS);
	return state_alive(state);
}

bool state_awaits_start(int dir)
{
	return faccessat(dir, STATE_START_SOCKET, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int state_mark_paused(const char *root, const char *id, bool paused, struct error *err)
{
	AUTO_FD root_fd = state_open_root(root, false, err);
	AUTO_FD dir = root_fd >= 0 ? state_open(root_fd, id, err) : -1;

	if (dir < 0)
		return -1;
	return fchmodat(dir, "state.json", 0600 | (paused ? STATE_PAUSED_BIT : 0), 0) < 0 ? error_errno(err, errno, "cannot note the pause of container \"%s\"", id) : 0;
}

enum container_status state_status(int dir, const struct state *state)
{
	bool alive = state_alive(state);

	// The lock is held until the program has been executed.
	if (state->pid <= 0 || alive) {
		if (flock(dir, LOCK_SH | LOCK_NB) < 0)
			return STATUS_CREATING;
		flock(dir, LOCK_UN);
	}
	if (!alive)
		return STATUS_STOPPED;
	if (state->cgroup_mount != NULL && cgroup_is_frozen(state->cgroup_mount, state->cgroup_path))
		return STATUS_PAUSED;
	return state_awaits_start(dir) ? STATUS_CREATED : STATUS_RUNNING;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int state_list(int root, struct arena *arena, struct strings *ret_ids, struct error *err)
{
	AUTO_DIR *dir = open_directory_at(root, ".");
	const struct dirent *entry;
	struct strings ids = {0};

	if (dir == NULL)
		return error_errno(err, errno, "cannot read the state directory");
	while ((entry = readdir(dir)) != NULL) {
		if (!valid_container_id(entry->d_name))
			continue;
		strings_add(arena, &ids, arena_strdup(arena, entry->d_name));
	}
	if (ids.count > 1)
		qsort(ids.items, ids.count, sizeof *ids.items, compare_names);
	*ret_ids = ids;
	return 0;
}
