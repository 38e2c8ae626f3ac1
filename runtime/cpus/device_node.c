// device_node.c: the NUMA node of a network interface or a PCI device (see topology.h).
#include "cpus/topology.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PARENTS_MAX = 8 };

// "0000:3b:00.0", or without the domain, as lspci prints it; hexadecimal digits of either case. The name in sysfs is the long one in lower case.
static bool full_pci_address(const char *text, char *ret_address, size_t size)
{
	size_t length = strlen(text);
	const char *from_bus = length >= 7 ? text + length - 7 : text;
	size_t domain = (size_t)(from_bus - text);

	if (length < 7 || length + 5 >= size || (domain != 0 && (domain < 5 || domain > 9 || from_bus[-1] != ':')))
		return false;
	for (size_t i = 0; domain != 0 && i < domain - 1; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	if (!isxdigit((unsigned char)from_bus[0]) || !isxdigit((unsigned char)from_bus[1]) || from_bus[2] != ':' || !isxdigit((unsigned char)from_bus[3])
	    || !isxdigit((unsigned char)from_bus[4]) || from_bus[5] != '.' || from_bus[6] < '0' || from_bus[6] > '7')
		return false;
	snprintf(ret_address, size, "%s%s", domain == 0 ? "0000:" : "", text);
	for (char *c = ret_address; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return true;
}

// The node of the device in `dir` or of the nearest one above that has any: a virtio interface's device has none, the PCI device that carries it does.
static int node_of(int dir, const char *name, int *ret_node, struct error *err)
{
	AUTO_FD device = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < PARENTS_MAX && device >= 0; i++) {
		char text[24];
		int64_t node;
		int parent;

		if (read_file_at(device, "numa_node", text, sizeof text) >= 0) {
			if (!parse_i64(text, &node) || node < -1 || node > INT_MAX)
				return error_set(err, EINVAL, "cannot use the numa_node of '%s': '%s' is no number of a node", name, text);
			*ret_node = (int)node;
			return 0;
		}
		// Above the last device is the bus's root, which has no subsystem.
		if (errno != ENOENT || faccessat(device, "subsystem", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
			break;
		parent = openat(device, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close_fd(&device);
		device = parent;
	}
	*ret_node = -1;
	return 0;
}

static int interface_device(int sys_fd, const char *name, int *ret_fd, struct error *err)
{
	char path[64];
	AUTO_FD interface = -1;
	AUTO_FD device = -1;

	if (!valid_interface_name(name))
		return error_set(err, EINVAL, "'%s' cannot be the name of a network interface", name);
	snprintf(path, sizeof path, "class/net/%s", name);
	interface = openat(sys_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (interface < 0)
		return error_set(err, ENODEV, "there is no network interface '%s' here (/sys/%s); `ip link` lists them, and a PCI device that a driver such as vfio-pci holds is named by its address",
			name, path);
	device = openat(interface, "device", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (device < 0)
		return error_set(err, ENODEV, "network interface '%s' is a virtual one, so it is on no NUMA node; name the port that carries it, or a node", name);
	*ret_fd = take_fd(&device);
	return 0;
}

static int pci_device(int sys_fd, const char *name, int *ret_fd, struct error *err)
{
	char address[32];
	char path[64];
	AUTO_FD device = -1;

	if (!full_pci_address(name, address, sizeof address))
		return error_set(err, EINVAL, "'%s' is no PCI address; write it as lspci does, for example 3b:00.0 or 0000:3b:00.0", name);
	snprintf(path, sizeof path, "bus/pci/devices/%s", address);
	device = openat(sys_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (device < 0)
		return error_set(err, ENODEV, "there is no PCI device %s (/sys/%s); `lspci -D` lists them", address, path);
	*ret_fd = take_fd(&device);
	return 0;
}

int topology_device_node(int sys_fd, const char *kind, const char *name, int *ret_node, struct error *err)
{
	AUTO_FD device = -1;

	if (strcmp(kind, "dev") == 0) {
		if (interface_device(sys_fd, name, &device, err) < 0)
			return -1;
	} else if (strcmp(kind, "pci") == 0) {
		if (pci_device(sys_fd, name, &device, err) < 0)
			return -1;
	} else {
		return error_set(err, EINVAL, "a device is named by dev:INTERFACE or pci:ADDRESS, not by '%s:'", kind);
	}
	return node_of(device, name, ret_node, err);
}
