// unix_socket.c: see unix_socket.h.
#include "proc/unix_socket.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

// A path longer than sun_path is reached through its directory's fd; containerd's are often that long.
static int make_address(const char *path, int *ret_directory, struct sockaddr_un *address)
{
	const char *slash = strrchr(path, '/');
	size_t length = strlen(path);

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (length < sizeof address->sun_path) {
		memcpy(address->sun_path, path, length + 1);
		return 0;
	}
	if (slash != NULL) {
		char *directory = strndup(path, (size_t)(slash - path) + 1);

		*ret_directory = directory != NULL ? open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
		free(directory);
		if (*ret_directory >= 0 && snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", *ret_directory, slash) < (int)sizeof address->sun_path)
			return 0;
		if (*ret_directory < 0)
			return -1;
	}
	errno = ENAMETOOLONG;
	return -1;
}

static int connect_to(const char *path, const char *what, unsigned seconds, struct error *err)
{
	AUTO_FD directory = -1;
	AUTO_FD fd = -1;
	struct timeval limit = {.tv_sec = seconds};
	struct sockaddr_un address;

	if (make_address(path, &directory, &address) < 0)
		return error_errno(err, errno, "cannot reach the %s %s", what, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(err, errno, "cannot make a socket for the %s %s", what, path);
	// Also for a connect(2) to one whose queue is full.
	if (seconds > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0)
		return error_errno(err, errno, "cannot limit the time for the %s %s", what, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return take_fd(&fd);
	error_errno(err, errno, "cannot connect to the %s %s", what, path);
	return err->code == EAGAIN ? error_hint(err, "it has not taken a connection for %u s", seconds) : -1;
}

// The first bytes, as many as go at once, with the fd.
static ssize_t send_first(int socket, const char *text, size_t length, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(struct cmsghdr)))) = {0};
	struct iovec data = {.iov_len = length};
	struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	memcpy(&data.iov_base, &text, sizeof text); // only read
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	return sendmsg(socket, &message, MSG_NOSIGNAL);
}

int unix_socket_send(const char *path, const char *what, const char *text, size_t length, int fd, unsigned seconds, struct error *err)
{
	AUTO_FD socket = connect_to(path, what, seconds, err);
	ssize_t sent;

	if (socket < 0)
		return -1;
	sent = send_first(socket, text, length, fd);
	while (sent >= 0 && (size_t)sent < length) {
		text += sent;
		length -= (size_t)sent;
		sent = send(socket, text, length, MSG_NOSIGNAL);
	}
	if (sent >= 0)
		return 0;
	error_errno(err, errno, "cannot send to the %s %s", what, path);
	return err->code == EAGAIN ? error_hint(err, "nobody has taken it for %u s", seconds) : -1;
}
