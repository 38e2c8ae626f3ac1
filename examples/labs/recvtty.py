#!/usr/bin/python3
"""recvtty.py SOCKET: the part of an engine that holds the terminal of a container.

Waits at the AF_UNIX socket for one message with the master of a pty, which a runtime sends to --console-socket, and joins it to its own input and output until the container closes the terminal.
"""
import os
import select
import socket
import sys

with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(sys.argv[1])
    listener.listen(1)
    connection, _ = listener.accept()
os.unlink(sys.argv[1])
with connection:
    name, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
master = descriptors[0]
print("master of", name.decode(), flush=True)

inputs = [master, 0]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if 0 in ready:
        typed = os.read(0, 4096)
        if typed:
            os.write(master, typed)
        else:
            inputs.remove(0)
    if master in ready:
        try:
            seen = os.read(master, 4096)
        except OSError:  # EIO: nobody has the other end any more
            break
        os.write(1, seen)
