// start.c: see start.h.
#include "play/start.h"

#include "base/cleanup.h"
#include "cgroup/cgroup.h"
#include "play/listener.h"
#include "play/notes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

// Its name for the one `start` that has claimed it.
static const char claimed_socket[] = "claimed.sock";

// By the directory's fd: a state root may be longer than sun_path.
static struct sockaddr_un address_in(int dir, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, name);
	return address;
}

int start_listen(int dir, struct error *err)
{
	struct sockaddr_un address = address_in(dir, STATE_START_SOCKET);
	AUTO_FD listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0)
		return error_errno(err, errno, "cannot make the socket that `minirun start` connects to");
	return take_fd(&listener);
}

int start_accept(int listener, struct error *err)
{
	for (;;) {
		AUTO_FD connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		char go;

		if (connection < 0 && errno != EINTR && errno != ECONNABORTED)
			return error_errno(err, errno, "cannot wait for `minirun start`");
		// A `start` that was killed on its way leaves the turn to the next one.
		if (connection >= 0 && recv(connection, &go, 1, 0) == 1)
			return take_fd(&connection);
	}
}

static int wrong_status(const struct state *state, struct error *err)
{
	if (state_alive(state))
		return error_set(err, EBUSY, "cannot start an already running container (\"%s\", pid %d)", state->id, state->pid);
	return error_set(err, ESRCH, "cannot start a container that has stopped (\"%s\"); `minirun delete %s` and create it again", state->id, state->id);
}

// Of several that start at once one can rename the socket, and with that the container is "created" no more. Should it be killed before it has said go, the
// renamed socket is there for the next one; of those that then meet, the first process takes one.
static int knock(int dir, const struct state *state, struct error *err)
{
	struct sockaddr_un address = address_in(dir, claimed_socket);
	AUTO_FD connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (connection < 0)
		return error_errno(err, errno, "cannot make a socket");
	if (renameat(dir, STATE_START_SOCKET, dir, claimed_socket) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot claim the start of container \"%s\"", state->id);
	if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0 && send(connection, "", 1, MSG_NOSIGNAL) == 1) {
		unlinkat(dir, claimed_socket, 0); // unless another one was faster
		return take_fd(&connection);
	}
	return wrong_status(state, err);
}

// A filter that notifies: its listener goes to the agent, then the process may go on.
static int hand_on(int connection, int pidfd, int number, const struct state *state, struct error *err)
{
	AUTO_FD none = -1;
	int unused;

	if (listener_hand_on(pidfd, number, state, STATUS_CREATED, state->pid, state->listener_path, state->listener_metadata, err) < 0) {
		// When the process has ended, it has said why.
		if (err->code == ESRCH)
			(void)note_receive(connection, &unused, &none, err);
		return -1;
	}
	return note_done(connection, INT_MAX, -1, err);
}

int container_start(int dir, const struct state *state, struct error *err)
{
	AUTO_FD connection = -1;
	bool announced = false;

	// A frozen process would not answer before it is thawed.
	if (state->cgroup_mount != NULL && cgroup_is_frozen(state->cgroup_mount, state->cgroup_path))
		return error_set(err, EBUSY, "cannot start container \"%s\": container paused; `minirun resume %s` first", state->id, state->id);
	connection = state_alive(state) ? knock(dir, state, err) : wrong_status(state, err);
	while (connection >= 0) {
		AUTO_FD pidfd = -1;
		int index;

		switch (note_receive(connection, &index, &pidfd, err)) {
		case NOTE_DONE:
			if (pidfd >= 0 && hand_on(connection, pidfd, index, state, err) < 0)
				return -1;
			announced = true; // only the filter and execve are left
			continue;
		case NOTE_EOF:
			if (announced)
				return 0;
			if (state_stays_alive(state))
				return wrong_status(state, err); // another one was faster
			return error_set(err, ECHILD, "the first process of container \"%s\" ended before the program could start", state->id);
		case NOTE_FAILED:
			return -1;
		}
	}
	return -1;
}
