// terminal.c: see terminal.h. No signal handling here: attend() decides when a terminal is raw.
#include "proc/terminal.h"

#include "proc/unix_socket.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>

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

int terminal_forbid_typing(struct error *err)
{
	// The kernel looks at the low half of the number alone, whatever is in the high one. Calls of another architecture end the process (libseccomp's default).
	const unsigned forbidden[] = {TIOCSTI, TIOCLINUX};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int code = filter == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden && code == 0; i++)
		code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, forbidden[i]));
	if (code == 0)
		code = seccomp_load(filter);
	seccomp_release(filter);
	return code < 0 ? error_errno(err, -code, "cannot keep the input of the terminal from others") : 0;
}

// ---- --console-socket -------------------------------------------------------------------------------------------------------------------

int terminal_send_master(const char *path, int master, unsigned seconds, struct error *err)
{
	char name[32];
	int number = 0, length;

	if (ioctl(master, TIOCGPTN, &number) < 0)
		return error_errno(err, errno, "cannot send the terminal to the console socket %s: it is not a pty master", path);
	length = snprintf(name, sizeof name, "/dev/pts/%d", number);
	return unix_socket_send(path, "console socket", name, (size_t)length, master, seconds, err);
}
