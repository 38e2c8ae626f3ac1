// device.h: nodes, links and the console below the container's /dev.
// Rules: runtime-spec config-linux.md "Devices", "Default Devices", runtime-linux.md "Dev symbolic links".
// /dev is opened once below the root, without following a symlink, before anything is made in it (CVE-2026-41579).
#ifndef MINIRUN_ROOTFS_DEVICE_H
#define MINIRUN_ROOTFS_DEVICE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct device_node {
	const char *path; // in the container, absolute
	char type;        // 'c', 'u' (same as c), 'b' or 'p'
	uint32_t major;
	uint32_t minor;
	mode_t mode;      // permission bits; exact with umask 0, which the caller sets for the set-up
	uid_t uid;
	gid_t gid;
};

// The spec's default devices: null zero full random urandom tty. Static.
const struct device_node *device_defaults(size_t *ret_count);

// Makes one node. If the very same node is there already it is kept, and given mode and owner; a different file is an error
// (EEXIST), as the spec demands. `dev` keeps /dev open between the calls for several nodes: -1 at first, closed by the caller after the last; NULL: not kept. `bind`: bind the host's node of that path instead of mknod (in a user namespace, where mknod is refused);
// it must be the same device, and keeps the host's mode and owner. A fifo is made in either case.
// Where the host's /dev is bound on /dev none of these functions may be called: they would change the host's.
int device_create(int root, int *dev, const struct device_node *node, bool bind, struct error *err);

// /dev/fd, stdin, stdout, stderr, core -> /proc/..., and ptmx -> pts/ptmx. Existing entries are left alone, save a /dev/ptmx
// node that is not a link, which is replaced. Missing /proc/kcore: no /dev/core. `dev`: /dev as device_create() keeps it; -1: opened here.
int device_symlinks(int root, int dev, bool with_ptmx, struct error *err);

// Opens a new pty in the container's own devpts (dev/pts below `root`): verified to be devpts and major 136 (CVE-2025-52565), slave by
// TIOCGPTPEER. Both fds O_CLOEXEC|O_NOCTTY, owned by the caller.
int device_open_pty(int root, int *ret_master, int *ret_slave, struct error *err);

// Binds the tty behind `slave` on /dev/console, by fd.
int device_bind_console(int root, int slave, struct error *err);

#endif
