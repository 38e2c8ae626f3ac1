// veth.c: see veth.h. Behaviour of the kernel that this relies on (drivers/net/veth.c, net/core/rtnetlink.c; test_netns tries it):
// IFLA_MASTER, IFF_UP, IFLA_MTU of the new link and IFLA_NET_NS_FD/PID, IFLA_ADDRESS, IFLA_MTU of the peer take effect in the RTM_NEWLINK;
// IFLA_IFALIAS is ignored there, and IFF_UP of the peer fails (ENOTCONN: it is opened before it has a partner).
#include "netns/veth.h"

#include "base/clock.h"
#include "base/parse.h"
#include "netns/bridge.h"
#include "netns/interface.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAME_TRIES = 16 };

void veth_host_name(const char *id, const char *link_name, unsigned salt, char ret_name[IFNAMSIZ])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	enum { PREFIX = 8, HASH = IFNAMSIZ - 1 - PREFIX - 1 };
	char text[512];
	int used = snprintf(text, sizeof text, "%.300s-%.15s", id, link_name);
	uint64_t hash;

	if (salt == 0 && used < IFNAMSIZ) {
		memcpy(ret_name, text, (size_t)used + 1);
	} else {
		used = snprintf(text, sizeof text, "%.300s/%.15s/%u", id, link_name, salt);
		hash = hash_bytes(text, (size_t)used);
		hash ^= hash >> 32; // the high bits of FNV are the better mixed ones
		used = snprintf(ret_name, IFNAMSIZ, "%.*s-", PREFIX, id);
		for (int i = 0; i < HASH; i++, hash /= 36)
			ret_name[used++] = digits[hash % 36];
		ret_name[used] = '\0';
	}
	if (ret_name[0] == '-') // an id may begin so, but a name that looks like an option is a trap
		ret_name[0] = '_';
}

void veth_alias(const char *owner, char ret_alias[VETH_ALIAS_MAX])
{
	enum { HASHED = 200 };
	// The kernel takes at most 255 bytes (IFALIASZ with NUL).
	int length = snprintf(ret_alias, VETH_ALIAS_MAX, "minirun:%s", owner);

	if (length >= VETH_ALIAS_MAX)
		snprintf(ret_alias, VETH_ALIAS_MAX, "minirun:%.*s#%016llx", HASHED, owner, (unsigned long long)hash_bytes(owner, strlen(owner)));
}

unsigned veth_group(const char *owner)
{
	uint64_t hash = hash_bytes(owner, strlen(owner));

	return (unsigned)(hash ^ hash >> 32) | 1; // 0 is everybody's
}

bool veth_is_of(const struct interface *host_end, const char *alias, unsigned group)
{
	return strcmp(host_end->alias, alias) == 0 || (host_end->alias[0] == '\0' && host_end->group == group);
}

// Of both ends: what the one sends by a queue, the other receives by it.
static void put_queues(struct nl_batch *batch, const struct net_link *link)
{
	if (link->queues == 0)
		return;
	nl_put_u32(batch, IFLA_NUM_TX_QUEUES, link->queues);
	nl_put_u32(batch, IFLA_NUM_RX_QUEUES, link->queues);
}

static void put_peer(struct nl_batch *batch, const struct net_link *link, int netns_fd, pid_t pid)
{
	struct nlattr *peer = nl_begin_nested(batch, VETH_INFO_PEER);

	nl_put_raw(batch, sizeof(struct ifinfomsg));
	nl_put_string(batch, IFLA_IFNAME, link->name);
	if (link->mtu != 0)
		nl_put_u32(batch, IFLA_MTU, link->mtu);
	if (link->has_mac)
		nl_put(batch, IFLA_ADDRESS, link->mac, sizeof link->mac);
	put_queues(batch, link);
	if (netns_fd >= 0)
		nl_put_u32(batch, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	else
		nl_put_u32(batch, IFLA_NET_NS_PID, (uint32_t)pid);
	nl_end_nested(batch, peer);
}

void veth_put_create(struct nl_batch *batch, const struct net_link *link, const char *host, int bridge, int netns_fd, pid_t pid)
{
	struct ifinfomsg *header = nl_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *header);
	struct nlattr *info;
	struct nlattr *data;

	if (header != NULL) {
		header->ifi_flags = IFF_UP;
		header->ifi_change = IFF_UP;
	}
	nl_put_string(batch, IFLA_IFNAME, host);
	if (link->mtu != 0)
		nl_put_u32(batch, IFLA_MTU, link->mtu);
	if (bridge != 0)
		nl_put_u32(batch, IFLA_MASTER, (uint32_t)bridge);
	put_queues(batch, link);
	info = nl_begin_nested(batch, IFLA_LINKINFO);
	nl_put_string(batch, IFLA_INFO_KIND, "veth");
	data = nl_begin_nested(batch, IFLA_INFO_DATA);
	put_peer(batch, link, netns_fd, pid);
	nl_end_nested(batch, data);
	nl_end_nested(batch, info);
}

static int creation_failed(const struct net_link *link, const char *host, struct error *err)
{
	if (link->bridge != NULL)
		return error_prefix(err, "cannot make veth %s (host end %s on bridge %s)", link->name, host, link->bridge);
	return error_prefix(err, "cannot make veth %s (host end %s)", link->name, host);
}

// Makes the pair with a host end of that name. 1: the name is taken.
static int create_named(int socket, const struct net_link *link, const char *host, unsigned group, int bridge, int netns_fd, pid_t pid, struct error *err)
{
	// EEXIST is said of either end's name. Nobody has the host end's: then it is the peer's, or who had it has gone since, which a second try tells.
	for (int i = 0; i < 2; i++) {
		_Alignas(struct nlmsghdr) char buffer[512];
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		veth_put_create(&batch, link, host, bridge, netns_fd, pid);
		nl_put_u32(&batch, IFLA_GROUP, group);
		if (nl_talk(socket, &batch, NULL, err) == 0)
			return 0;
		if (err->code != EEXIST)
			break;
		if (interface_index(socket, host) != 0)
			return 1;
	}
	if (err->code == EEXIST) {
		error_hint(err, "the container's network namespace has an interface %s already", link->name);
	} else if (err->code == ESRCH || err->code == EBADF) {
		error_hint(err, "the container's network namespace is gone");
	}
	return creation_failed(link, host, err);
}

// Whether the interface `host` is the end of a container that has gone, and goes with its network namespace: one of `owner`'s own life before, one whose bridge was given up, or
// one whose owner's state directory is no more.
static bool is_leaving(int socket, const char *owner, const char *host)
{
	static const char mark[] = "minirun:";
	struct error ignored = ERROR_INIT;
	char alias[VETH_ALIAS_MAX];
	struct interface end;

	if (interface_find(socket, host, &end, &ignored) < 0)
		return false;
	veth_alias(owner, alias);
	if (end.index == 0 || strcmp(end.alias, alias) == 0 || strcmp(end.alias, mark) == 0)
		return true;
	return strncmp(end.alias, mark, strlen(mark)) == 0 && end.alias[strlen(mark)] == '/' && access(end.alias + strlen(mark), F_OK) < 0 && errno == ENOENT;
}

// With the name that the user chose, as soon as it is free: it may still be that of the container before.
static int create_chosen(int socket, const char *owner, const struct net_link *link, int bridge, int netns_fd, pid_t pid, struct error *err)
{
	struct timespec pause = {.tv_nsec = 500000};
	int64_t began = 0;
	int result;

	do {
		result = create_named(socket, link, link->host, veth_group(owner), bridge, netns_fd, pid, err);
		if (result <= 0)
			return result;
	} while (is_leaving(socket, owner, link->host) && interface_pause(&pause, &began, INTERFACE_REMOVAL));
	creation_failed(link, link->host, err);
	return error_hint(err, "the host has an interface %s already; choose another host=NAME", link->host);
}

// Finds a free name and makes the pair.
static int create_pair(int socket, const char *id, const struct net_link *link, unsigned group, int bridge, int netns_fd, pid_t pid,
                       char host[IFNAMSIZ], struct error *err)
{
	unsigned salt = 0;

	for (int i = 0; i < NAME_TRIES; i++) {
		int result;

		veth_host_name(id, link->name, salt, host);
		result = create_named(socket, link, host, group, bridge, netns_fd, pid, err);
		if (result <= 0)
			return result;
		salt = (unsigned)clock_ns() | 1;
	}
	creation_failed(link, host, err);
	return error_hint(err, "no free name after %d tries; give one with host=NAME", NAME_TRIES);
}

// Adds the alias to the mark of the first moment, the group, and puts the port into its VLAN.
static int finish_host_end(int socket, const struct net_link *link, const char *host, int index, const char *alias, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nl_batch batch;
	unsigned failed = 0;

	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_alias(&batch, index, alias);
	if (link->vlan_id != 0)
		bridge_put_port_vlan(&batch, index, link->vlan_id);
	if (nl_talk(socket, &batch, &failed, err) == 0)
		return 0;
	if (failed > 0)
		return error_prefix(err, "cannot put %s, the host end of veth %s, into vlan %u of bridge %s", host, link->name, link->vlan_id, link->bridge);
	return error_prefix(err, "cannot mark %s, the host end of veth %s", host, link->name);
}

int veth_create(int socket, const char *id, const char *owner, const struct net_link *link, int netns_fd, pid_t pid, int *ret_ifindex,
                char ret_host[IFNAMSIZ], struct error *err)
{
	char alias[VETH_ALIAS_MAX];
	char host[IFNAMSIZ] = "";
	struct error ignored = ERROR_INIT;
	int bridge = 0;
	int index;

	if (link->bridge != NULL) {
		bridge = interface_index(socket, link->bridge);
		if (bridge == 0)
			return error_set(err, ENODEV, "cannot make veth %s: there is no bridge %s", link->name, link->bridge);
	}
	if (link->host != NULL) {
		snprintf(host, sizeof host, "%s", link->host);
		if (create_chosen(socket, owner, link, bridge, netns_fd, pid, err) < 0)
			return -1;
	} else if (create_pair(socket, id, link, veth_group(owner), bridge, netns_fd, pid, host, err) < 0) {
		return -1;
	}
	index = interface_index(socket, host);
	if (index == 0)
		return error_set(err, ENODEV, "the host end %s of veth %s vanished; was the container's network namespace removed?", host, link->name);
	veth_alias(owner, alias);
	if (finish_host_end(socket, link, host, index, alias, err) < 0) {
		interface_delete(socket, index, &ignored);
		return -1;
	}
	*ret_ifindex = index;
	if (ret_host != NULL)
		memcpy(ret_host, host, IFNAMSIZ);
	return 0;
}

// Whether frames pass the host end and, if it is the first port of minirun's bridge, the bridge itself: its carrier follows that of its ports, and
// without carrier the host's answers are dropped. What somebody else's bridge does (down, STP) is their affair. 1: yes.
static int passes(int socket, int ifindex, struct interface *ret_end, struct error *err)
{
	struct interface bridge;

	if (interface_get(socket, ifindex, ret_end, err) < 0)
		return -1;
	if (ret_end->index == 0)
		return error_set(err, ENODEV, "the host end of a veth vanished while waiting for its carrier");
	if (ret_end->operstate != INTERFACE_OPER_UP)
		return 0;
	if (ret_end->master == 0)
		return 1;
	if (interface_get(socket, ret_end->master, &bridge, err) < 0)
		return -1;
	return bridge.operstate == INTERFACE_OPER_UP || strcmp(bridge.alias, BRIDGE_MARK) != 0;
}

int veth_wait(int socket, int ifindex, struct error *err)
{
	struct timespec pause = {.tv_nsec = 50000}; // grows; the usual delay is that of a kernel work item
	struct interface end;
	int64_t began = 0;

	do {
		int result = passes(socket, ifindex, &end, err);

		if (result != 0)
			return result < 0 ? -1 : 0;
	} while (interface_pause(&pause, &began, INTERFACE_PATIENCE));
	error_set(err, ETIMEDOUT, "the way between %s, the host end of a veth, and its peer is not open after %d seconds", end.name, INTERFACE_PATIENCE);
	return error_hint(err, "was one of them, or the bridge, taken down?");
}

struct marks {
	char alias[VETH_ALIAS_MAX];
	unsigned group;
};

static bool has_marks(const struct interface *interface, const void *data)
{
	const struct marks *marks = data;

	return veth_is_of(interface, marks->alias, marks->group);
}

int veth_remove(int socket, const char *owner, struct error *err)
{
	struct marks marks = {.group = veth_group(owner)};

	veth_alias(owner, marks.alias);
	return interfaces_delete(socket, "veth", has_marks, &marks, err) < 0 ? error_prefix(err, "cannot remove the veths of container %s", owner) : 0;
}

int veth_release(int socket, const char *owner, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct nl_batch batch;
	struct ifinfomsg *header;

	nl_batch_init(&batch, buffer, sizeof buffer);
	// Without an index, a name and NLM_F_CREATE it is a change of all interfaces of the group (rtnl_group_changelink()).
	header = nl_begin(&batch, RTM_NEWLINK, 0, sizeof *header);
	if (header != NULL)
		header->ifi_change = IFF_UP; // down
	nl_put_u32(&batch, IFLA_GROUP, veth_group(owner));
	nl_put(&batch, IFLA_IFALIAS, VETH_RELEASED, strlen(VETH_RELEASED));
	return nl_talk(socket, &batch, NULL, err) < 0 ? error_prefix(err, "cannot take the veths of container %s down", owner) : 0;
}
