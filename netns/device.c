// device.c: see device.h. A device is found by its index, which is chosen here: its name may be the kernel's choice ("%d") or change on the way.
#include "netns/device.h"

#include "base/cleanup.h"
#include "base/refusal.h"
#include "netns/device_parts.h"
#include "netns/interface.h"
#include "netns/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

enum { ADDRESSES_SIZE = 16 * 1024, INDEX_TRIES = 64 };

void netns_close(struct netns *netns)
{
	close_fd(&netns->fd);
	close_fd(&netns->socket);
}

// Makes the socket in there and comes back. `name` of the namespace is for errors.
static int open_inside(int home, int *there, const char *name, struct netns *ret_netns, struct error *err)
{
	AUTO_FD socket = -1;

	if (setns(*there, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "cannot enter the network namespace %s", name);
	socket = nl_open(err);
	if (setns(home, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "cannot return from the network namespace %s", name);
	if (socket < 0)
		return -1;
	*ret_netns = (struct netns){take_fd(there), take_fd(&socket)};
	return 0;
}

int netns_open(int proc, const char *path, struct netns *ret_netns, struct error *err)
{
	AUTO_FD home = openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
	AUTO_FD there = openat(proc, path, O_RDONLY | O_CLOEXEC);

	if (home < 0 || there < 0)
		return error_errno(err, errno, "cannot open the network namespace /proc/%s", home < 0 ? "self/ns/net" : path);
	return open_inside(home, &there, path, ret_netns, err);
}

int netns_open_file(const char *path, struct netns *ret_netns, struct error *err)
{
	AUTO_FD home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	AUTO_FD there = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (home < 0 || there < 0)
		return error_errno(err, errno, "cannot open the network namespace %s", home < 0 ? "/proc/self/ns/net" : path);
	return open_inside(home, &there, path, ret_netns, err);
}

// ---- addresses ----

static int keep_address(const struct nlmsghdr *message, void *data)
{
	static const uint16_t kept[] = {IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST, IFA_RT_PRIORITY};
	// Flags that the user chose; the rest is the kernel's account of the address.
	const uint32_t chosen = IFA_F_NOPREFIXROUTE | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR;
	const void *attributes;
	size_t length;
	const struct ifaddrmsg *address = nl_payload(message, RTM_NEWADDR, sizeof *address, &attributes, &length);
	const struct device_words *words = data;
	struct nl_batch *batch = words->batch;
	struct ifaddrmsg *header;
	uint32_t flags;

	if (address == NULL || (int)address->ifa_index != words->index)
		return 0;
	flags = address->ifa_flags;
	nl_read(nl_find(attributes, length, IFA_FLAGS), &flags, sizeof flags);
	if (!(flags & IFA_F_PERMANENT) || (!words->all && address->ifa_scope != RT_SCOPE_UNIVERSE))
		return 0;
	header = nl_begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof *header);
	if (header != NULL)
		*header = (struct ifaddrmsg){.ifa_family = address->ifa_family, .ifa_prefixlen = address->ifa_prefixlen, .ifa_scope = address->ifa_scope, .ifa_index = address->ifa_index};
	device_copy_attributes(batch, attributes, length, kept, sizeof kept / sizeof kept[0]);
	if (words->all) // it begins with the name that the device has here
		device_copy_attributes(batch, attributes, length, (const uint16_t[]){IFA_LABEL}, 1);
	nl_put_u32(batch, IFA_FLAGS, (flags & chosen) | (address->ifa_family == AF_INET6 ? IFA_F_NODAD : 0));
	return 0;
}

void device_copy_attributes(struct nl_batch *batch, const void *attributes, size_t length, const uint16_t *types, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct nlattr *found = nl_find(attributes, length, types[i]);

		if (found != NULL)
			nl_put(batch, types[i], nl_data(found), nl_length(found));
	}
}

int device_read(int socket, uint16_t type, size_t header_size, int (*keep)(const struct nlmsghdr *message, void *words), const struct device_words *words, struct error *err)
{
	const struct nl_batch before = *words->batch;
	struct device_words again = *words;

	for (int i = 0;; i++) {
		_Alignas(struct nlmsghdr) char buffer[64];
		struct nl_batch request;
		int result;

		*words->batch = before;
		nl_batch_init(&request, buffer, sizeof buffer);
		nl_begin(&request, type, NLM_F_DUMP, header_size);
		result = nl_query(socket, &request, keep, &again, err);
		if (result == 0 || err->code != EAGAIN || i == 20)
			return result;
		*err = ERROR_INIT;
	}
}

int device_read_addresses(int socket, const struct device_words *words, struct error *err)
{
	return device_read(socket, RTM_GETADDR, sizeof(struct ifaddrmsg), keep_address, words, err);
}

// Messages that put the addresses on again, as they are found.
struct addresses {
	struct nl_batch batch;
	_Alignas(struct nlmsghdr) char buffer[ADDRESSES_SIZE];
};

static int read_addresses(int socket, int index, struct addresses *addresses, struct error *err)
{
	nl_batch_init(&addresses->batch, addresses->buffer, sizeof addresses->buffer);
	if (device_read_addresses(socket, &(struct device_words){.index = index, .batch = &addresses->batch}, err) < 0)
		return -1;
	return addresses->batch.overflow ? error_set(err, E2BIG, "it has more addresses than minirun can move (about 200)") : 0;
}

static int put_addresses(int socket, int index, struct addresses *addresses, struct error *err)
{
	for (size_t at = 0; at < addresses->batch.used;) {
		struct nlmsghdr *message = (void *)(addresses->buffer + at);

		((struct ifaddrmsg *)NLMSG_DATA(message))->ifa_index = (uint32_t)index;
		at += NLMSG_ALIGN(message->nlmsg_len);
	}
	return nl_talk(socket, &addresses->batch, NULL, err) < 0 ? error_prefix(err, "cannot put its addresses on again") : 0;
}

// ---- the move ----

int device_choose_index(int socket, int index, int *ret_index, struct error *err)
{
	for (int i = 0; i < INDEX_TRIES; i++) {
		struct interface taken;

		if (interface_get(socket, index + i, &taken, err) < 0)
			return -1;
		if (taken.index == 0) {
			*ret_index = index + i;
			return 0;
		}
	}
	return error_set(err, EBUSY, "no free interface index in the network namespace");
}

static struct ifinfomsg *begin_set(struct nl_batch *batch, int index)
{
	struct ifinfomsg *header = nl_begin(batch, RTM_SETLINK, 0, sizeof *header);

	if (header != NULL)
		header->ifi_index = index;
	return header;
}

static int send_to(int socket, int index, const struct netns *to, int new_index, const char *name, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	begin_set(&batch, index);
	nl_put_u32(&batch, IFLA_NET_NS_FD, (uint32_t)to->fd);
	nl_put_u32(&batch, IFLA_NEW_IFINDEX, (uint32_t)new_index);
	nl_put_string(&batch, IFLA_IFNAME, name);
	return nl_talk(socket, &batch, NULL, err);
}

int device_rename(int socket, int index, const char *name, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	begin_set(&batch, index);
	nl_put_string(&batch, IFLA_IFNAME, name);
	return nl_talk(socket, &batch, NULL, err);
}

int device_set_up(int socket, int index, bool up, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct ifinfomsg *header;
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	header = begin_set(&batch, index);
	if (header != NULL) {
		header->ifi_change = IFF_UP;
		header->ifi_flags = up ? IFF_UP : 0;
	}
	return nl_talk(socket, &batch, NULL, err) < 0 ? error_prefix(err, "cannot bring it %s", up ? "up" : "down") : 0;
}

static bool is_template(const char *name)
{
	return strchr(name, '%') != NULL;
}

int device_change_namespace(const struct netns *from, const struct netns *to, int index, int new_index, const char *new_name, struct error *err)
{
	if (send_to(from->socket, index, to, new_index, new_name, err) == 0)
		return 0;
	if (err->code != EEXIST || is_template(new_name))
		return -1;
	*err = ERROR_INIT;
	if (send_to(from->socket, index, to, new_index, "moving%d", err) < 0)
		return -1;
	return device_rename(to->socket, new_index, new_name, err);
}

int device_explain(struct error *err)
{
	if (err->code == EINVAL)
		return error_hint(err, "the kernel does not let this kind of device change its network namespace (ip -d link shows 'netns-immutable'), as lo");
	if (err->code == EEXIST)
		return error_hint(err, "the container's network namespace has an interface of that name already; choose another \"name\", or one that ends in %%d");
	return error_refused(err, REFUSAL_BIT(NET_ADMIN), REFUSAL_NET, "it has to count in the user namespaces that own either network namespace");
}

static int move_found(const struct netns *from, const struct netns *to, const struct interface *device, const char *new_name, bool up, struct moved_device *ret_device,
                      struct error *err)
{
	struct moved_device moved = {.was_up = (device->flags & IFF_UP) != 0};
	struct addresses addresses;
	struct error ignored = ERROR_INIT;

	if (read_addresses(from->socket, device->index, &addresses, err) < 0 || device_choose_index(to->socket, device->index, &moved.index, err) < 0)
		return -1;
	// A name changes only while the device is down (kernels before 6.2).
	if (moved.was_up && device_set_up(from->socket, device->index, false, err) < 0)
		return -1;
	if (device_change_namespace(from, to, device->index, moved.index, new_name, err) < 0) {
		device_explain(err);
		if (moved.was_up && device_set_up(from->socket, device->index, true, &ignored) == 0) // IPv6 addresses go when a device goes down
			put_addresses(from->socket, device->index, &addresses, &ignored);
		return -1;
	}
	*ret_device = moved;
	// IPv6 addresses of a device that is down are tentative until it is up.
	if ((up && device_set_up(to->socket, moved.index, true, err) < 0) || put_addresses(to->socket, moved.index, &addresses, err) < 0)
		return -1;
	return 0;
}

int device_move(const struct netns *from, const struct netns *to, const char *name, const char *new_name, bool up, struct moved_device *ret_device, struct error *err)
{
	struct moved_device moved = {0};
	struct interface device, taken = {0};
	struct error ignored = ERROR_INIT;

	if (interface_find(from->socket, name, &device, err) < 0)
		return error_prefix(err, "cannot move the network device %s", name);
	if (device.index == 0)
		return error_set(err, ENODEV, "cannot move the network device %s: the host's network namespace has none of that name", name);
	if (!is_template(new_name) && interface_find(to->socket, new_name, &taken, err) < 0)
		return error_prefix(err, "cannot move the network device %s", name);
	if (!is_template(new_name) && taken.index != 0) {
		error_set(err, EEXIST, "cannot move the network device %s to %s in the container: File exists", name, new_name);
		return device_explain(err);
	}
	if (move_found(from, to, &device, new_name, up, &moved, err) == 0) {
		*ret_device = moved;
		return 0;
	}
	if (moved.index != 0)
		device_move_back(to, from, &moved, name, &ignored);
	return error_prefix(err, "cannot move the network device %s to %s in the container", name, new_name);
}

int device_move_back(const struct netns *from, const struct netns *to, const struct moved_device *device, const char *name, struct error *err)
{
	struct moved_device back;
	struct interface found;

	if (interface_get(from->socket, device->index, &found, err) < 0)
		return error_prefix(err, "cannot move the network device %s back", name);
	if (found.index == 0)
		return error_set(err, ENODEV, "cannot move the network device %s back: it is gone", name);
	return move_found(from, to, &found, name, device->was_up, &back, err) < 0 ? error_prefix(err, "cannot move the network device %s back", name) : 0;
}
