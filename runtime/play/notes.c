// notes.c: see notes.h.
#include "play/notes.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

// `index` below 0: an error follows.
struct datagram {
	int index;
	struct error error;
};

union fd_control {
	char buffer[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

int notes_pair(int ret_ends[2], struct error *err)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) < 0)
		return error_errno(err, errno, "cannot make the socket to the container's first process");
	return 0;
}

int note_done(int socket, int index, int fd, struct error *err)
{
	struct iovec data = {.iov_base = &index, .iov_len = sizeof index};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
	union fd_control control;

	if (fd >= 0) {
		struct cmsghdr *header;

		memset(&control, 0, sizeof control);
		message.msg_control = control.buffer;
		message.msg_controllen = sizeof control.buffer;
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
		return error_errno(err, errno, "cannot tell the other side of the set-up");
	return 0;
}

void note_error(int socket, const struct error *error)
{
	struct datagram datagram = {.index = -1, .error = *error};
	size_t length = offsetof(struct datagram, error.text) + strlen(error->text) + 1;

	// The program's seccomp filter may be in force already, and forbid sendto; hardly any forbids write. Failing that, there is nobody else to tell: a parent that
	// is gone has its own error.
	if (send(socket, &datagram, length, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET && write(socket, &datagram, length) < 0)
		return;
}

enum note_result note_receive(int socket, int *ret_index, int *fd, struct error *err)
{
	struct datagram datagram;
	struct iovec data = {.iov_base = &datagram, .iov_len = sizeof datagram};
	union fd_control control;
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control.buffer, .msg_controllen = sizeof control.buffer};
	const struct cmsghdr *header;
	ssize_t length;

	// A peer that ends with notes unread is told as ECONNRESET, once, before what it had sent itself (unix_release_sock() in the kernel); that comes next.
	do
		length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && (errno == EINTR || errno == ECONNRESET));
	if (length == 0)
		return NOTE_EOF;
	if (length < 0) {
		error_errno(err, errno, "cannot hear from the other side of the set-up");
		return NOTE_FAILED;
	}
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
		close_fd(fd);
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	}
	if (datagram.index < 0) {
		datagram.error.text[ERROR_TEXT_MAX - 1] = '\0';
		*err = datagram.error;
		return NOTE_FAILED;
	}
	*ret_index = datagram.index;
	return NOTE_DONE;
}

void notes_watch_end(int socket)
{
	fcntl(socket, F_SETFL, O_NONBLOCK);
}

int notes_ended(int socket)
{
	char dropped;
	ssize_t length;

	do
		length = read(socket, &dropped, 1); // a datagram a time
	while (length > 0);
	return length == 0 || errno == ECONNRESET;
}

int note_read(int socket, int *ret_index)
{
	ssize_t length;
	int index;

	do
		length = read(socket, &index, sizeof index);
	while (length < 0 && (errno == EINTR || errno == ECONNRESET));
	if (length >= 0 && length != sizeof index)
		errno = EPIPE;
	if (length != sizeof index)
		return -1;
	*ret_index = index;
	return 0;
}

int notes_peer_gone(int socket)
{
	// Not by reading: a note that is still unread would hide the end behind it.
	struct pollfd peer = {.fd = socket, .events = POLLRDHUP};

	return poll(&peer, 1, 0) > 0;
}
