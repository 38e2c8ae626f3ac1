// bridge.c: see bridge.h. Whose a bridge is says its alias, which survives minirun.
#include "netns/bridge.h"

#include "base/cleanup.h"
#include "netns/interface.h"
#include "netns/veth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

static const char released_mark[] = "minirun:"; // no container has the empty id

// Whether `path` still leads to the file behind `fd`: the holder before may have removed it.
static bool still_at(int fd, const char *path)
{
	struct stat opened;
	struct stat found;

	return fstat(fd, &opened) == 0 && stat(path, &found) == 0 && opened.st_ino == found.st_ino && opened.st_dev == found.st_dev;
}

int bridge_lock(const char *path, struct error *err)
{
	for (;;) {
		AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);

		if (fd < 0)
			return error_errno(err, errno, "cannot open the lock of the bridges, %s", path);
		while (flock(fd, LOCK_EX) < 0)
			if (errno != EINTR)
				return error_errno(err, errno, "cannot lock %s", path);
		if (still_at(fd, path))
			return take_fd(&fd);
	}
}

void bridge_unlock(const char *path, int *lock)
{
	if (*lock < 0)
		return;
	// While the lock is held: whoever waits for it finds the file gone, and makes a new one. A file that cannot be removed is only left over.
	unlink(path);
	close_fd(lock);
}

void bridge_put_create(struct nl_batch *batch, const char *name, const uint8_t mac[6])
{
	struct ifinfomsg *header;
	struct nlattr *info;
	struct nlattr *data;

	nl_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *header);
	nl_put_string(batch, IFLA_IFNAME, name);
	nl_put(batch, IFLA_ADDRESS, mac, 6);
	info = nl_begin_nested(batch, IFLA_LINKINFO);
	nl_put_string(batch, IFLA_INFO_KIND, "bridge");
	data = nl_begin_nested(batch, IFLA_INFO_DATA);
	nl_put_u32(batch, IFLA_BR_FORWARD_DELAY, 0);
	nl_put_u32(batch, IFLA_BR_STP_STATE, 0);
	nl_end_nested(batch, data);
	nl_end_nested(batch, info);

	header = nl_begin(batch, RTM_SETLINK, 0, sizeof *header);
	if (header != NULL) {
		header->ifi_flags = IFF_UP;
		header->ifi_change = IFF_UP;
	}
	nl_put_string(batch, IFLA_IFNAME, name);
	nl_put(batch, IFLA_IFALIAS, BRIDGE_MARK, strlen(BRIDGE_MARK));
}

// Undoes the half of bridge_put_create() that was done. A failed first message (`failed` 0, EEXIST) means that an interface of somebody
// else's appeared after our look-up and got our mark: it had none, being new.
static void unmake(int socket, const char *name, unsigned failed)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct error ignored = ERROR_INIT;
	int index = interface_index(socket, name);
	struct nl_batch batch;

	if (index == 0)
		return;
	nl_batch_init(&batch, buffer, sizeof buffer);
	if (failed == 0)
		interface_put_alias(&batch, index, "");
	else
		interface_put_delete(&batch, index);
	nl_talk(socket, &batch, NULL, &ignored);
}

// Makes and marks the bridge in one send(2), which SIGKILL cannot split: an unmarked bridge without address would be taken for
// somebody else's for ever.
static int make(int socket, const char *name, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;
	unsigned failed = 0;
	uint8_t mac[6];

	if (getrandom(mac, sizeof mac, 0) != sizeof mac)
		return error_errno(err, errno, "cannot get random bytes for a MAC address");
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); // locally administered, unicast
	nl_batch_init(&batch, buffer, sizeof buffer);
	bridge_put_create(&batch, name, mac);
	if (nl_talk(socket, &batch, &failed, err) == 0)
		return 0;
	if (failed > 0 || err->code == EEXIST)
		unmake(socket, name, failed);
	return error_prefix(err, "cannot make bridge %s", name);
}

// Gives minirun's bridge the gateways' addresses and brings it up; what is there already stays.
static int complete(int socket, const char *name, int index, const struct net_address *gateways, size_t gateway_count, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	char text[NET_ADDRESS_TEXT_MAX];
	unsigned failed = 0;
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_up(&batch, index);
	for (size_t i = 0; i < gateway_count; i++)
		interface_put_address(&batch, index, &gateways[i]);
	if (nl_talk(socket, &batch, &failed, err) == 0) {
		if (interface_await_addresses(socket, index, gateways, gateway_count, err) < 0)
			return error_prefix(err, "cannot complete bridge %s", name);
		return 0;
	}
	if (failed == 0 || failed > gateway_count)
		return error_prefix(err, "cannot bring up bridge %s", name);
	net_address_format(&gateways[failed - 1], true, text, sizeof text);
	return error_prefix(err, "cannot give bridge %s the address %s", name, text);
}

int bridge_ensure(int socket, const char *name, const struct net_address *gateways, size_t gateway_count, bool *ret_made, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct interface bridge;
	bool made = false;

	if (interface_find(socket, name, &bridge, err) < 0)
		return -1;
	if (bridge.index == 0) {
		if (make(socket, name, err) < 0)
			return -1;
		made = true;
		bridge.index = interface_index(socket, name);
		if (bridge.index == 0)
			return error_set(err, ENODEV, "bridge %s vanished after it was made", name);
	} else if (strcmp(bridge.kind, "bridge") != 0) {
		error_set(err, EEXIST, "cannot use %s as a bridge: the host has an interface of that name, %s%s", name,
		          bridge.kind[0] == '\0' ? "and it is no bridge" : "of kind ", bridge.kind);
		return error_hint(err, "choose another bridge=NAME");
	} else if (strcmp(bridge.alias, BRIDGE_MARK) != 0) {
		*ret_made = false;
		return 0;
	}
	if ((made && gateway_count == 0) || complete(socket, name, bridge.index, gateways, gateway_count, err) == 0) {
		*ret_made = made;
		return 0;
	}
	if (made)
		bridge_release(socket, name, "", &ignored);
	return -1;
}

struct ports {
	char alias[VETH_ALIAS_MAX];
	unsigned group;
	int own[16];             // more than that are left as they are
	size_t own_count;
	bool others;
};

static void forget_ports(void *data)
{
	struct ports *ports = data;

	ports->own_count = 0;
	ports->others = false;
}

static int count_port(const struct interface *port, void *data)
{
	struct ports *ports = data;

	if (veth_is_of(port, ports->alias, ports->group)) {
		if (ports->own_count < sizeof ports->own / sizeof *ports->own)
			ports->own[ports->own_count++] = port->index;
	} else if (strcmp(port->alias, released_mark) != 0) {
		ports->others = true;
	}
	return 0;
}

// Failures do not matter: a port that vanishes at this moment is just what is hoped for.
static void mark_released(int socket, const struct ports *ports)
{
	_Alignas(struct nlmsghdr) char buffer[1024];
	struct error ignored = ERROR_INIT;
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	for (size_t i = 0; i < ports->own_count; i++)
		interface_put_alias(&batch, ports->own[i], released_mark);
	nl_talk(socket, &batch, NULL, &ignored);
}

int bridge_release(int socket, const char *name, const char *owner, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct ports ports = {0};
	const struct interface_visitor visitor = {forget_ports, count_port, &ports};
	struct interface bridge;
	struct nl_batch batch;

	if (interface_find(socket, name, &bridge, err) < 0)
		return -1;
	if (bridge.index == 0 || strcmp(bridge.kind, "bridge") != 0 || strcmp(bridge.alias, BRIDGE_MARK) != 0)
		return 0;
	veth_alias(owner, ports.alias);
	ports.group = veth_group(owner);
	if (interface_list(socket, NULL, bridge.index, &visitor, err) < 0)
		return error_prefix(err, "cannot see whether bridge %s is still used", name);
	if (ports.others) {
		mark_released(socket, &ports);
		return 0;
	}
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_delete(&batch, bridge.index);
	if (nl_talk(socket, &batch, NULL, err) < 0 && err->code != ENODEV)
		return error_prefix(err, "cannot remove bridge %s", name);
	return 0;
}
