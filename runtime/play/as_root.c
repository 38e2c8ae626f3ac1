// as_root.c: see as_root.h. The way of the container's own first process in small: a user namespace, its maps written from outside, root, the work.
#include "play/as_root.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "play/notes.h"
#include "proc/capabilities.h"
#include "proc/spawn.h"
#include "rootfs/snapshot.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

bool as_root_needed(const struct state *state)
{
	return state->uids.count > 0 && (capabilities_permitted() >> CAP_SYS_ADMIN & 1) == 0;
}

static bool maps_own_id(const struct id_mappings *maps, uint32_t own)
{
	return maps->count == 1 && maps->items[0].size == 1 && maps->items[0].host_id == own;
}

// As builder_id_maps() decides for the container itself.
static int write_maps(const struct state *state, pid_t pid, struct error *err)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	uint64_t capabilities = capabilities_permitted();
	const struct id_maps maps = {
		.uids = &state->uids, .gids = &state->gids,
		.uid_helper = (capabilities >> CAP_SETUID & 1) == 0 && !maps_own_id(&state->uids, geteuid()),
		.gid_helper = (capabilities >> CAP_SETGID & 1) == 0 && !maps_own_id(&state->gids, getegid()),
	};

	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	return ids_write_maps(proc, pid, &maps, err);
}

static uint32_t root_of(const struct id_mappings *maps)
{
	uint32_t host;

	return maps->count == 0 || ids_host_id(maps, 0, &host) ? 0 : maps->items[0].container_id;
}

// Without an id 0 any mapped one will do: the rights are those of the capabilities that whoever begins in a new user namespace has in it, and a change between ids of which none is 0
// takes none of them away (capabilities(7)).
static int become_root(const struct state *state, struct error *err)
{
	const struct user_ids user = {.uid = root_of(&state->uids), .gid = root_of(&state->gids)};

	return ids_set_user(&user, err);
}

// In the new process: the parent's note says that the maps are there. The result is told by the exit status, an error by a note.
_Noreturn static void perform(const struct state *state, int socket, int (*work)(void *data, struct error *err), void *data)
{
	struct error err = ERROR_INIT;
	int index = 0, fd = -1;
	int result = -1;

	if (note_receive(socket, &index, &fd, &err) == NOTE_DONE && become_root(state, &err) == 0)
		result = work(data, &err);
	if (result == 0)
		result = flush_stdout(&err);
	if (result < 0 && err.code != 0)
		note_error(socket, &err);
	_exit(result < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int supervise(const struct state *state, pid_t pid, int *socket, struct error *err)
{
	int result = write_maps(state, pid, err);
	int status = 0, index = 0, fd = -1;

	if (result == 0)
		result = note_done(*socket, 0, -1, err);
	if (result == 0 && note_receive(*socket, &index, &fd, err) == NOTE_FAILED)
		result = -1;
	close_fd(socket); // an end without a note, if it still waits for one
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (result == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS))
		result = error_set(err, EIO, "the process that was to work in a user namespace failed (wait status %d)", status);
	return result;
}

int as_root(const struct state *state, uint64_t namespaces, int (*work)(void *data, struct error *err), void *data, struct error *err)
{
	const struct spawn request = {.flags = CLONE_NEWUSER | namespaces, .cgroup_dir = -1};
	AUTO_FD pidfd = -1;
	int ends[2], result;
	pid_t pid;

	if (notes_pair(ends, err) < 0)
		return -1;
	*err = ERROR_INIT;
	fflush(stdout); // or the copy would print it once more
	pid = spawn(&request, &pidfd, err);
	if (pid == 0) {
		close_fd(&ends[0]);
		perform(state, ends[1], work, data);
	}
	close_fd(&ends[1]);
	result = pid < 0 ? -1 : supervise(state, pid, &ends[0], err);
	close_fd(&ends[0]);
	return result;
}

static int remove_snapshot(void *path, struct error *err)
{
	return snapshot_remove_stored(path, err);
}

int remove_as_root(const struct state *state, const char *path, struct error *err)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof copy, "%s", path);
	return as_root(state, 0, remove_snapshot, copy, err) < 0 ? error_prefix(err, "cannot remove the snapshot %s", path) : 0;
}
