// destroy.c: see destroy.h.
#include "play/destroy.h"

#include "base/cleanup.h"
#include "base/refusal.h"
#include "cgroup/cgroup.h"
#include "play/as_root.h"
#include "play/cores.h"
#include "play/hooks.h"
#include "play/network_steps.h"
#include "play/pid_file.h"
#include "play/resctrl_steps.h"
#include "play/scope.h"
#include "rootfs/snapshot.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { END_TIMEOUT_MS = 10000 };

int container_kill(const struct state *state, struct error *err)
{
	AUTO_FD pidfd = -1;
	struct pollfd ended = {.events = POLLIN};

	if (!state_alive(state))
		return 0;
	pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);
	// The pid may have been reused between the look at its start time and here: look again, now that it is held.
	if (pidfd < 0 || process_start_time(state->pid) != state->pid_start)
		return 0;
	if (syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0) < 0) {
		if (errno == ESRCH)
			return 0;
		error_errno(err, errno, "cannot kill the container's process %d", state->pid);
		return error_refused(err, REFUSAL_BIT(KILL), REFUSAL_OWN, "its process is another user's, in a user namespace above");
	}
	ended.fd = pidfd;
	if (poll(&ended, 1, END_TIMEOUT_MS) == 0)
		return error_set(err, ETIMEDOUT, "the container's process %d does not end, %d s after SIGKILL; it may be waiting in the kernel (see /proc/%d/stack)", state->pid,
				 END_TIMEOUT_MS / 1000, state->pid);
	return 0;
}

static bool is_stored(const struct state *state, const char *path)
{
	for (size_t i = 0; i < state->undo_count; i++)
		if (state->undos[i].kind == UNDO_STORED && strcmp(state->undos[i].path, path) == 0)
			return true;
	return false;
}

int container_remove_snapshot(const struct state *state, const char *path, struct error *err)
{
	if ((is_stored(state, path) ? snapshot_remove_stored(path, err) : snapshot_remove(path, err)) == 0)
		return 0;
	// Files of other ids, and overlayfs's own work directory, are closed to an ordinary user; root of a namespace that maps all these ids may remove them.
	if ((err->code != EACCES && err->code != EPERM) || state->uids.count == 0)
		return -1;
	return remove_as_root(state, path, err);
}

static int undo_cgroup(const struct state *state, const struct undo *undo, struct error *err)
{
	AUTO_FD root = -1;

	if (state->cgroup_mount == NULL)
		return 0;
	root = cgroup_open_root(state->cgroup_mount, err);
	if (root < 0)
		return -1;
	return undo->kind == UNDO_CGROUP ? cgroup_remove(root, undo->path, state->owner, err) : cgroup_end_room(root, undo->path, err);
}

static int undo_one(const struct state *state, const struct undo *undo, struct ledger *ledger, struct error *err)
{
	switch (undo->kind) {
	case UNDO_SNAPSHOT:
	case UNDO_STORED:
		return container_remove_snapshot(state, undo->path, err);
	case UNDO_CGROUP:
	case UNDO_ROOM:
		return undo_cgroup(state, undo, err);
	case UNDO_BRIDGE:
	case UNDO_NAT:
	case UNDO_LINKS:
	case UNDO_JOINED_LINKS:
	case UNDO_PEER:
	case UNDO_DEVICE:
	case UNDO_NETWORK:
		return network_undo(state, undo, err);
	case UNDO_RESCTRL:
		return resctrl_take_away(undo->path, err);
	case UNDO_PID_FILE:
		return pid_file_remove(undo->path, state->id, state->pid, err);
	case UNDO_UNIT:
	case UNDO_USER_UNIT:
		return scope_undo(state, undo, err);
	case UNDO_CORES:
		return cores_give_back(state, undo->path, ledger, err);
	case UNDO_KIND_MAX:
	case UNDO_INVALID:
		break;
	}
	return 0;
}

// Before any cgroup goes, whoever removes it: some kernels cannot bear the removal of a partition that has become invalid (cgroup/partition.h).
static int release_cores(const struct state *state, struct ledger *ledger, struct error *err)
{
	for (size_t i = 0; i < state->undo_count; i++)
		if (state->undos[i].kind == UNDO_CORES)
			return cores_release(state, state->undos[i].path, ledger, err);
	return 0;
}

int container_destroy(int state_root, const struct state *state, struct ledger *ledger, struct error *err)
{
	int result = container_kill(state, err);

	if (result == 0)
		result = release_cores(state, ledger, err);
	for (size_t i = state->undo_count; i > 0; i--) {
		struct error one = ERROR_INIT;

		if (undo_one(state, &state->undos[i - 1], ledger, &one) < 0 && result == 0) {
			*err = one;
			result = -1;
		}
	}
	if (result < 0 || state_remove(state_root, state->id, err) < 0)
		return -1;
	// A hook may ask minirun for CPUs, or give some back: it would wait for who waits for it. Who goes on to claim some opens the ledger again, and looks again.
	if (ledger != NULL && state->poststop.count > 0)
		ledger_close(ledger);
	hooks_poststop(state);
	return 0;
}
