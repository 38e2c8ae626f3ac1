# One right way through lab 1, as it can be typed in the labs' shell.

# 1: the bundle is the current directory. The program sleeps, so the shell is free again.
minirun run --detach --id first .

# 2: the namespaces that config.json does not list are inherited from the shell; the links show it.
pid=$(minirun state first | jq .pid)
for kind in cgroup ipc mnt net pid time user uts; do
	[ "$(readlink /proc/self/ns/$kind)" != "$(readlink "/proc/$pid/ns/$kind")" ] || echo $kind
done
answer 2 cgroup time user

# 3: --fork, since a new PID namespace is for children only; --mount-proc, since /proc shows the PID namespace of who mounted it (and it takes a mount namespace to do so unseen).
unshare --uts --pid --fork --mount-proc sh -c 'hostname byhand && exec sleep 1000000' >/dev/null 2>&1 &

# 4: into one namespace of the container, and into no other.
nsenter --net --target "$pid" sleep 1000000 >/dev/null 2>&1 &

# 5: all that config.json lists is new, but the network, which is the other container's.
minirun run --detach --id second --net container:first .

# 6: a bind mount of the namespace's file holds it, as a process in it would.
touch kept
unshare --net=kept true
