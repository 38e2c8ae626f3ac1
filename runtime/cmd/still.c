// still.c: see still.h.
#include "cmd/still.h"

#include "base/cleanup.h"
#include "cgroup/cgroup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define MARK "copying"

enum { FREEZE_MS = 10000 }; // as `minirun pause`

static int freeze(const struct state *state, bool frozen, struct error *err)
{
	AUTO_FD root = cgroup_open_root(state->cgroup_mount, err);

	return root < 0 ? -1 : cgroup_freeze(root, state->cgroup_path, state->owner, frozen, FREEZE_MS, err);
}

static int open_state(const struct state *state)
{
	return open(state->owner, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int open_mark(int dir, int flags)
{
	return openat(dir, MARK, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
}

// Whether the mark that is open is still the container's.
static bool in_force(int mark)
{
	struct stat info;

	return fstat(mark, &info) == 0 && info.st_nlink > 0;
}

// The mark, made where there is none. -1 with errno; EBUSY: the container is frozen without one.
static int find_mark(const struct state *state, int dir)
{
	int mark = open_mark(dir, 0);

	if (mark >= 0 || errno != ENOENT)
		return mark;
	if (!cgroup_is_frozen(state->cgroup_mount, state->cgroup_path))
		return open_mark(dir, O_CREAT);
	// Another copy may have begun in between: it makes its mark before it freezes.
	mark = open_mark(dir, 0);
	if (mark < 0 && errno == ENOENT)
		errno = EBUSY;
	return mark;
}

// The same, locked. Who has ended in between has taken it away: then it is looked for anew.
static int lock_mark(const struct state *state, int dir)
{
	for (;;) {
		AUTO_FD mark = find_mark(state, dir);

		if (mark < 0 || flock(mark, LOCK_SH) < 0)
			return -1;
		if (in_force(mark))
			return take_fd(&mark);
	}
}

// With the mark locked for oneself. The mark goes last: it stays where the container does not go on.
static int thaw(const struct state *state, int dir, struct error *err)
{
	if (freeze(state, false, err) < 0)
		return -1;
	return unlinkat(dir, MARK, 0) < 0 ? error_errno(err, errno, "cannot remove %s/" MARK, state->owner) : 0;
}

int still_begin(const struct state *state, int *ret_mark, struct error *err)
{
	AUTO_FD dir = open_state(state);
	AUTO_FD mark = dir < 0 ? -1 : lock_mark(state, dir);
	struct error ignored = ERROR_INIT;

	*ret_mark = -1;
	if (mark < 0 && dir >= 0 && errno == EBUSY)
		return 0;
	if (mark < 0)
		return error_errno(err, errno, "cannot make the mark %s/" MARK, state->owner);
	if (freeze(state, true, err) < 0) {
		still_end(state, take_fd(&mark), &ignored);
		return -1;
	}
	*ret_mark = take_fd(&mark);
	return 0;
}

int still_end(const struct state *state, int mark, struct error *err)
{
	AUTO_FD held = mark;
	AUTO_FD dir = -1;

	if (flock(held, LOCK_EX | LOCK_NB) < 0 || !in_force(held))
		return 0;
	dir = open_state(state);
	return dir < 0 ? error_errno(err, errno, "cannot open the state directory %s", state->owner) : thaw(state, dir, err);
}

int still_recover(const struct state *state, struct error *err)
{
	AUTO_FD dir = open_state(state);
	AUTO_FD mark = dir < 0 ? -1 : open_mark(dir, 0);

	if (mark < 0 || flock(mark, LOCK_EX | LOCK_NB) < 0 || !in_force(mark))
		return 0;
	return thaw(state, dir, err) < 0 ? error_prefix(err, "container \"%s\" was stopped for a copy that was killed, and does not go on", state->id) : 1;
}

void still_forget(const struct state *state)
{
	AUTO_FD dir = open_state(state);

	if (dir >= 0)
		unlinkat(dir, MARK, 0);
}
