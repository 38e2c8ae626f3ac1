// terminal.c: see terminal.h. No signal handling here: attend() decides when a terminal is raw.
#include "proc/terminal.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int terminal_raw(struct terminal *terminal, int fd, struct error *err)
{
	struct termios raw;

	if (!terminal->raw && tcgetattr(fd, &terminal->saved) < 0)
		return error_errno(err, errno, "cannot read the settings of the terminal");
	raw = terminal->saved;
	cfmakeraw(&raw);
	// TCSANOW here and below: waiting for output to drain could take for ever on a terminal that nobody reads.
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return error_errno(err, errno, "cannot put the terminal into raw mode");
	terminal->fd = fd;
	terminal->raw = true;
	return 0;
}

void terminal_restore(struct terminal *terminal)
{
	if (!terminal->raw)
		return;
	while (tcsetattr(terminal->fd, TCSANOW, &terminal->saved) < 0 && errno == EINTR)
		;
	terminal->raw = false;
}

int terminal_copy_size(int from, int to, struct error *err)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) < 0)
		return errno == ENOTTY ? 0 : error_errno(err, errno, "cannot read the size of the terminal");
	// 0x0 is "unknown" (serial lines, ptys of scripts): the size in the config is better.
	return size.ws_col != 0 && size.ws_row != 0 ? terminal_set_size(to, size.ws_row, size.ws_col, err) : 0;
}

int terminal_set_size(int fd, unsigned short rows, unsigned short columns, struct error *err)
{
	struct winsize size = {.ws_row = rows, .ws_col = columns};

	if (ioctl(fd, TIOCSWINSZ, &size) < 0)
		return error_errno(err, errno, "cannot set the size of the container's terminal to %ux%u", columns, rows);
	return 0;
}

// ---- --console-socket -------------------------------------------------------------------------------------------------------------------

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

static int connect_to(const char *path, struct error *err)
{
	AUTO_FD directory = -1;
	AUTO_FD fd = -1;
	struct sockaddr_un address;

	if (make_address(path, &directory, &address) < 0)
		return error_errno(err, errno, "cannot reach the console socket %s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(err, errno, "cannot make a socket for the console socket %s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return error_errno(err, errno, "cannot connect to the console socket %s", path);
	return take_fd(&fd);
}

int terminal_send_master(const char *path, int master, struct error *err)
{
	AUTO_FD fd = connect_to(path, err);
	char name[32], control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(sizeof(struct cmsghdr)))) = {0};
	struct iovec text = {.iov_base = name};
	struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int number = 0;

	if (fd < 0)
		return -1;
	if (ioctl(master, TIOCGPTN, &number) < 0)
		return error_errno(err, errno, "cannot send the terminal to the console socket %s: it is not a pty master", path);
	text.iov_len = (size_t)snprintf(name, sizeof name, "/dev/pts/%d", number);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &master, sizeof master);
	if (sendmsg(fd, &message, MSG_NOSIGNAL) != (ssize_t)text.iov_len)
		return error_errno(err, errno, "cannot send the terminal to the console socket %s", path);
	return 0;
}
