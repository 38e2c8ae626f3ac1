// listener.c: see listener.h.
#include "play/listener.h"

#include "base/cleanup.h"
#include "play/notes.h"
#include "proc/unix_socket.h"

#include <errno.h>
#include <string.h>

enum { AGENT_SECONDS = 10 }; // for an agent that takes nothing; a program that waits longer looks hung to its engine

int listener_install(int socket, const struct seccomp_filter *filter, int *ret_index, struct error *err)
{
	int pidfd = -1;
	int number = seccomp_listener_number(&pidfd, err);

	if (number < 0)
		return -1;
	if (note_done(socket, number, pidfd, err) < 0)
		return -1;
	// Both stay open until execve, since close(2) may be notified of.
	if (seccomp_install(filter, err) < 0)
		return -1;
	if (note_read(socket, ret_index) < 0) {
		error_errno(err, errno, "linux.seccomp: cannot wait until the agent at listenerPath has the listener");
		return err->code == EPIPE ? -1 : error_hint(err, "the filter has to allow read(2), or to notify of it");
	}
	return 0;
}

int listener_hand_on(int pidfd, int number, const struct state *state, enum container_status status, pid_t pid, const char *path, const char *metadata, struct error *err)
{
	AUTO_FD listener = seccomp_take_listener(pidfd, number, err);
	struct arena arena = {0};
	const char *text;
	int result;

	if (listener < 0)
		return -1;
	text = state_listener_document(&arena, state, status, pid, pid_of_pidfd(pidfd), metadata);
	result = unix_socket_send(path, "seccomp agent's socket (linux.seccomp.listenerPath)", text, strlen(text), listener, AGENT_SECONDS, err);
	arena_free(&arena);
	return result;
}
