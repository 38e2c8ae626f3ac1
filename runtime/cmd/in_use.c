// in_use.c: see in_use.h.
#include "cmd/in_use.h"

#include "base/cleanup.h"
#include "cgroup/cgroup.h"

#include <sys/syscall.h>

int in_use_refuse(const char *id, const char *what, enum container_status status, struct error *err)
{
	return error_set(err, ESRCH, "cannot %s container \"%s\": container not running (it is %s)", what, id, status_name(status));
}

int in_use_find(const char *root, const char *id, const char *what, struct arena *arena, struct state *ret_state, enum container_status *ret_status, struct error *err)
{
	struct state state;
	AUTO_FD dir = state_find(root, id, arena, &state, err);
	enum container_status status;

	if (dir < 0)
		return -1;
	status = state_status(dir, &state);
	if (status == STATUS_STOPPED || status == STATUS_CREATING)
		return in_use_refuse(id, what, status, err);
	*ret_state = state;
	*ret_status = status;
	return 0;
}

int in_use_pidfd(const struct state *state, const char *what, struct error *err)
{
	int pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);

	// Looked at when the pidfd is there: the pid may be another process's by now.
	if (pidfd >= 0 && process_start_time(state->pid) == state->pid_start)
		return pidfd;
	close_fd(&pidfd);
	return error_set(err, ESRCH, "cannot %s container \"%s\": container not running", what, state->id);
}

int in_use_cgroup(const struct state *state, const char *what, const char *without, struct error *err)
{
	AUTO_FD root = -1;
	int dir;

	if (state->cgroup_mount == NULL)
		return error_set(err, ENOTSUP, "cannot %s container \"%s\": it has no cgroup %s", what, state->id, without);
	root = cgroup_open_root(state->cgroup_mount, err);
	dir = root >= 0 ? cgroup_open(root, state->cgroup_path, state->owner, err) : -1;
	return dir >= 0 ? dir : error_prefix(err, "cannot %s container \"%s\"", what, state->id);
}
