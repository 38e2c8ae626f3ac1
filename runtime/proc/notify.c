// notify.c: see notify.h.
#include "proc/notify.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { BARRIER_MS = 30000 };

int notify_listen(int dir, struct error *err)
{
	AUTO_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	// By the directory's fd: a state root may be longer than sun_path.
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/" NOTIFY_SOCKET_NAME, dir);
	if (unlinkat(dir, NOTIFY_SOCKET_NAME, 0) < 0 && errno != ENOENT)
		return error_errno(err, errno, "cannot remove the former notification socket");
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || fchmodat(dir, NOTIFY_SOCKET_NAME, 0777, 0) < 0)
		return error_errno(err, errno, "cannot make the notification socket of the container");
	return take_fd(&fd);
}

static bool may_be_said(const char *line, size_t length)
{
	static const char *const names[] = {"READY=", "STATUS=", "RELOADING=", "STOPPING=", "MONOTONIC_USEC=", "ERRNO=", "WATCHDOG=", "EXTEND_TIMEOUT_USEC="};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (length >= strlen(names[i]) && memcmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

size_t notify_filter(const char *message, size_t length, char ret_lines[static NOTIFY_MESSAGE_MAX + 1], bool *ret_ready)
{
	size_t used = 0;

	*ret_ready = false;
	for (size_t at = 0; at < length;) {
		const char *line = message + at, *end = memchr(line, '\n', length - at);
		size_t size = end != NULL ? (size_t)(end - line) : length - at;

		at += size + 1;
		if (!may_be_said(line, size) || used + size + 1 > NOTIFY_MESSAGE_MAX)
			continue;
		*ret_ready |= size == strlen("READY=1") && memcmp(line, "READY=1", size) == 0;
		memcpy(ret_lines + used, line, size);
		used += size;
		ret_lines[used++] = '\n';
	}
	ret_lines[used] = '\0';
	return used;
}

// --- to the manager

static int host_address(const char *host, struct sockaddr_un *ret_address, socklen_t *ret_length, struct error *err)
{
	size_t length = strlen(host);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if ((*host != '/' && *host != '@') || length < 2 || length >= sizeof address.sun_path)
		return error_set(err, EINVAL, "cannot use NOTIFY_SOCKET '%s': it is neither an absolute path nor an abstract name (@...)", host);
	memcpy(address.sun_path, host, length);
	if (*host == '@')
		address.sun_path[0] = '\0';
	*ret_address = address;
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (*host == '/'));
	return 0;
}

// `fd` (>= 0) goes along.
static int send_to_host(const char *host, const char *text, size_t length, int fd, struct error *err)
{
	AUTO_FD client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	union {
		char buffer[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	char copy[NOTIFY_MESSAGE_MAX + 64];
	struct iovec data = {.iov_base = copy, .iov_len = length};
	struct msghdr message = {.msg_name = &address, .msg_iov = &data, .msg_iovlen = 1};

	if (host_address(host, &address, &message.msg_namelen, err) < 0)
		return -1;
	memcpy(copy, text, length);
	if (fd >= 0) {
		struct cmsghdr *header = &control.align;

		message.msg_control = control.buffer;
		message.msg_controllen = sizeof control.buffer;
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	if (client < 0 || sendmsg(client, &message, MSG_NOSIGNAL) < 0)
		return error_errno(err, errno, "cannot tell the service manager at %s (NOTIFY_SOCKET) what the container says", host);
	return 0;
}

int notify_forward(int socket, const char *host, pid_t main_pid, bool *ret_ready, struct error *err)
{
	char message[NOTIFY_MESSAGE_MAX];
	char lines[NOTIFY_MESSAGE_MAX + 64];
	ssize_t length;

	while ((length = recv(socket, message, sizeof message, MSG_DONTWAIT)) >= 0) {
		bool ready;
		size_t used = notify_filter(message, (size_t)length, lines, &ready);

		if (ready)
			used += (size_t)snprintf(lines + used, sizeof lines - used, "MAINPID=%d\n", main_pid);
		if (used > 0 && send_to_host(host, lines, used, -1, err) < 0)
			return -1;
		*ret_ready |= ready;
	}
	return errno == EAGAIN || errno == EINTR ? 0 : error_errno(err, errno, "cannot read what the container says");
}

// The manager closes the pipe when it gets to the message: until then it may still look at who has sent the ones before.
static int barrier(const char *host, struct error *err)
{
	AUTO_FD mine = -1;
	AUTO_FD its = -1;
	struct pollfd closed = {.events = 0};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe");
	mine = ends[0];
	its = ends[1];
	if (send_to_host(host, "BARRIER=1", strlen("BARRIER=1"), its, err) < 0)
		return -1;
	close_fd(&its);
	closed.fd = mine;
	while (poll(&closed, 1, BARRIER_MS) < 0 && errno == EINTR)
		;
	return 0; // a manager that does not know of barriers never closes it in time, which is no error
}

int notify_wait_ready(int socket, int pidfd, const char *host, pid_t main_pid, struct error *err)
{
	struct pollfd polls[] = {{.fd = socket, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	bool ready = false;

	while (!ready) {
		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			return error_errno(err, errno, "cannot wait for the container to be ready");
		if (notify_forward(socket, host, main_pid, &ready, err) < 0)
			return -1;
		if (polls[1].revents != 0 && !ready)
			return 0;
	}
	return barrier(host, err);
}
