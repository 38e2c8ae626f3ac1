// device.h: a network device that is there, moved into another network namespace with what it has.
// Rules: runtime-spec config-linux.md "Network Devices"; rtnetlink(7): IFLA_NET_NS_FD, IFLA_NEW_IFINDEX.
#ifndef MINIRUN_NETNS_DEVICE_H
#define MINIRUN_NETNS_DEVICE_H

#include "base/error.h"

#include <stdbool.h>

// A network namespace and a netlink socket in it.
struct netns {
	int fd;
	int socket;
};

#define NETNS_INIT ((struct netns){-1, -1})

// Opens the namespace file `path` below `proc` (O_PATH fd of the host's /proc; "77/ns/net") with a socket in it: the caller steps in and out again, so it must have one thread. It is to be closed by
// netns_close(). -1 with the error; nothing open then.
int netns_open(int proc, const char *path, struct netns *ret_netns, struct error *err);
// The same of a namespace file anywhere ("/run/netns/lab").
int netns_open_file(const char *path, struct netns *ret_netns, struct error *err);
void netns_close(struct netns *netns);

// A device that was moved: what it takes to find it, and to bring it back.
struct moved_device {
	int index;   // in the namespace it is in now
	bool was_up; // before
};

// Moves the device `name` to `to` under `new_name`, which must be free there; one that ends in "%d" stands for the first free number. Its attributes stay (the kernel's doing), and so do its permanent addresses
// of global scope, which are taken off by the kernel and put on again here, with IPv6 usable at once (no duplicate address detection). `up`: it is brought up then. Routes, other
// addresses and the bridge that it is a port of do not go along. On failure it is where it was, as it was.
int device_move(const struct netns *from, const struct netns *to, const char *name, const char *new_name, bool up, struct moved_device *ret_device, struct error *err);

// Brings a moved device back as `name`, up if it was.
int device_move_back(const struct netns *from, const struct netns *to, const struct moved_device *device, const char *name, struct error *err);

#endif
