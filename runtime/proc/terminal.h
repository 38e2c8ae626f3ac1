// terminal.h: the caller's terminal in raw mode, and window sizes.
#ifndef MINIRUN_PROC_TERMINAL_H
#define MINIRUN_PROC_TERMINAL_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

// Saved settings of a terminal; zero-initialise.
struct terminal {
	int fd;
	bool raw;
	struct termios saved;
};

// Puts the tty `fd` into raw mode; terminal_restore() gives it back (idempotent; also to be called on every exit path and before the process ends by a signal).
int terminal_raw(struct terminal *terminal, int fd, struct error *err);
void terminal_restore(struct terminal *terminal);

// Copies the window size of tty `from` to the pty `to`; a `from` that is not a tty, or does not know its size (0x0), is success without effect.
int terminal_copy_size(int from, int to, struct error *err);
int terminal_set_size(int fd, unsigned short rows, unsigned short columns, struct error *err);

// From here on neither the calling process nor its children can put characters into the input of a terminal (TIOCSTI, TIOCLINUX), as if its user had typed them (CVE-2017-5226): for who shares the
// caller's terminal and session but is not trusted. A seccomp filter, so no_new_privs has to be set, or CAP_SYS_ADMIN there.
int terminal_forbid_typing(struct error *err);

// Sends the fd of the pty master over the AF_UNIX stream socket at `path` (--console-socket), in one message whose text is the pty's name. `path` may be longer than sun_path.
// `seconds`: as of unix_socket_send().
int terminal_send_master(const char *path, int master, unsigned seconds, struct error *err);

#endif
