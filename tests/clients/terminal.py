#!/usr/bin/python3
"""terminal.py ROWS COLUMNS COMMAND [ARGUMENT...]: runs a client on a terminal of that size, as a person would.

Its own standard input is typed into the terminal once the client has written WAIT_FOR (environment; by default at once), its output is what
the terminal shows, without carriage returns. RESIZE=ROWSxCOLUMNS changes the size together with the typing. Exit status: the client's; 124 if it has
not ended after a minute, it is killed then.
"""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

LIMIT = 60


def set_size(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def start(rows, columns, command):
    """The client's pid and the terminal's master; the size stands before the client runs."""
    master, slave = pty.openpty()
    set_size(master, rows, columns)
    pid = os.fork()
    if pid == 0:
        os.close(master)
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for target in range(3):
            os.dup2(slave, target)
        os.execvp(command[0], command)
    os.close(slave)
    return pid, master


def show(master, typed, awaited, resize):
    """Copies what the terminal shows until the client is gone (True) or out of time; types when it has shown what is awaited."""
    shown = b""
    end = time.monotonic() + LIMIT
    while True:
        if typed is not None and awaited in shown:
            if resize:
                set_size(master, *map(int, resize.split("x")))
            os.write(master, typed)
            typed = None
        if not select.select([master], [], [], max(0, end - time.monotonic()))[0]:
            return False
        try:
            piece = os.read(master, 4096)
        except OSError:  # EIO: the last process has closed the terminal
            return True
        if not piece:
            return True
        shown += piece
        sys.stdout.buffer.write(piece.replace(b"\r", b""))
        sys.stdout.buffer.flush()


def main():
    rows, columns, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    typed = sys.stdin.buffer.read()
    pid, master = start(rows, columns, command)
    if not show(master, typed or None, os.environ.get("WAIT_FOR", "").encode(), os.environ.get("RESIZE")):
        os.kill(pid, signal.SIGKILL)
        sys.exit(124)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)


main()
