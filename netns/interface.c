// interface.c: see interface.h.
#include "netns/interface.h"

#include "base/clock.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

// A string attribute into `text`; "" if there is none. The kernel's strings end with NUL, but their length is what counts.
static void copy_string(const struct nlattr *attribute, char *text, size_t size)
{
	size_t length = 0;

	if (attribute != NULL) {
		length = strnlen(nl_data(attribute), nl_length(attribute));
		if (length >= size)
			length = size - 1;
		memcpy(text, nl_data(attribute), length);
	}
	text[length] = '\0';
}

bool interface_read(const struct nlmsghdr *message, struct interface *ret_interface)
{
	const void *attributes;
	size_t length;
	const struct ifinfomsg *header = nl_payload(message, RTM_NEWLINK, sizeof *header, &attributes, &length);
	struct interface interface = {0};
	uint8_t operstate = 0;
	const struct nlattr *found;

	if (header == NULL)
		return false;
	interface.index = header->ifi_index;
	interface.flags = header->ifi_flags;
	nl_read(nl_find(attributes, length, IFLA_MASTER), &interface.master, sizeof interface.master);
	nl_read(nl_find(attributes, length, IFLA_GROUP), &interface.group, sizeof interface.group);
	copy_string(nl_find(attributes, length, IFLA_IFNAME), interface.name, sizeof interface.name);
	copy_string(nl_find(attributes, length, IFLA_IFALIAS), interface.alias, sizeof interface.alias);
	nl_read(nl_find(attributes, length, IFLA_OPERSTATE), &operstate, sizeof operstate);
	interface.operstate = operstate;
	found = nl_find(attributes, length, IFLA_LINKINFO);
	if (found != NULL)
		copy_string(nl_find(nl_data(found), nl_length(found), IFLA_INFO_KIND), interface.kind, sizeof interface.kind);
	*ret_interface = interface;
	return true;
}

static int keep(const struct nlmsghdr *message, void *data)
{
	interface_read(message, data);
	return 0;
}

int interface_query(int socket, const char *name, int index, int (*handle)(const struct nlmsghdr *message, void *data), void *data, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct ifinfomsg *header;
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	header = nl_begin(&batch, RTM_GETLINK, 0, sizeof *header);
	if (header != NULL)
		header->ifi_index = index;
	if (name != NULL)
		nl_put_string(&batch, IFLA_IFNAME, name);
	nl_put_u32(&batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nl_query(socket, &batch, handle, data, err);
}

static int ask(int socket, const char *name, int index, struct interface *ret_interface, struct error *err)
{
	struct interface interface = {0};

	if (interface_query(socket, name, index, keep, &interface, err) < 0 && err->code != ENODEV)
		return error_prefix(err, "cannot look up interface %s", name != NULL ? name : "by index");
	*ret_interface = interface;
	return 0;
}

int interface_find(int socket, const char *name, struct interface *ret_interface, struct error *err)
{
	return ask(socket, name, 0, ret_interface, err);
}

int interface_get(int socket, int index, struct interface *ret_interface, struct error *err)
{
	return ask(socket, NULL, index, ret_interface, err);
}

int interface_index(int socket, const char *name)
{
	struct ifreq request = {0};
	size_t length = strlen(name);

	if (length >= sizeof request.ifr_name)
		return 0;
	memcpy(request.ifr_name, name, length);
	if (ioctl(socket, SIOCGIFINDEX, &request) < 0) // works on any socket: sock_do_ioctl() in net/socket.c
		return 0;
	return request.ifr_ifindex;
}

struct listing {
	const struct interface_visitor *visitor;
	int master;
	const char *kind;
};

// The kernel's filters are asked for, but not relied upon.
static int visit(const struct nlmsghdr *message, void *data)
{
	const struct listing *listing = data;
	struct interface interface;

	if (!interface_read(message, &interface))
		return 0;
	if (listing->master != 0 && interface.master != listing->master)
		return 0;
	if (listing->kind != NULL && strcmp(interface.kind, listing->kind) != 0)
		return 0;
	return listing->visitor->handle(&interface, listing->visitor->data);
}

static void put_filters(struct nl_batch *batch, const struct listing *listing)
{
	struct nlattr *info;

	nl_begin(batch, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	nl_put_u32(batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (listing->master != 0)
		nl_put_u32(batch, IFLA_MASTER, (uint32_t)listing->master);
	if (listing->kind != NULL) {
		info = nl_begin_nested(batch, IFLA_LINKINFO);
		nl_put_string(batch, IFLA_INFO_KIND, listing->kind);
		nl_end_nested(batch, info);
	}
}

int interface_list(int socket, const char *kind, int master, const struct interface_visitor *visitor, struct error *err)
{
	struct listing listing = {.visitor = visitor, .master = master, .kind = kind};
	enum { TRIES = 20 }; // with many containers starting, a table of some datagrams may change under several readings

	for (int i = 0; i < TRIES; i++) {
		_Alignas(struct nlmsghdr) char buffer[128];
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		put_filters(&batch, &listing);
		visitor->restart(visitor->data);
		if (nl_query(socket, &batch, visit, &listing, err) == 0)
			return 0;
		if (err->code != EAGAIN)
			break;
	}
	return error_prefix(err, "cannot list network interfaces");
}

static struct ifinfomsg *put_interface(struct nl_batch *batch, uint16_t type, int index)
{
	struct ifinfomsg *header = nl_begin(batch, type, 0, sizeof *header);

	if (header != NULL)
		header->ifi_index = index;
	return header;
}

void interface_put_alias(struct nl_batch *batch, int index, const char *alias)
{
	put_interface(batch, RTM_SETLINK, index);
	nl_put(batch, IFLA_IFALIAS, alias, strlen(alias));
}

void interface_put_up(struct nl_batch *batch, int index)
{
	struct ifinfomsg *header = put_interface(batch, RTM_SETLINK, index);

	if (header != NULL) {
		header->ifi_flags = IFF_UP;
		header->ifi_change = IFF_UP;
	}
}

void interface_put_attributes(struct nl_batch *batch, int index, uint32_t mtu, const uint8_t mac[6], unsigned group)
{
	put_interface(batch, RTM_SETLINK, index);
	if (group != 0)
		nl_put_u32(batch, IFLA_GROUP, group);
	if (mtu != 0)
		nl_put_u32(batch, IFLA_MTU, mtu);
	if (mac != NULL)
		nl_put(batch, IFLA_ADDRESS, mac, 6);
}

int interface_delete(int socket, int index, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[64];
	struct nl_batch batch;

	nl_batch_init(&batch, buffer, sizeof buffer);
	put_interface(&batch, RTM_DELLINK, index);
	return nl_talk(socket, &batch, NULL, err) < 0 && err->code != ENODEV ? -1 : 0;
}

int interface_remove(int socket, const char *name, struct error *err)
{
	int index = interface_index(socket, name);

	return index != 0 && interface_delete(socket, index, err) < 0 ? error_prefix(err, "cannot remove %s", name) : 0;
}

enum { DELETE_AT_ONCE = 32 };

struct deletion {
	bool (*wanted)(const struct interface *interface, const void *data);
	const void *data;
	int found[DELETE_AT_ONCE];
	size_t count;
};

static void forget_found(void *data)
{
	((struct deletion *)data)->count = 0;
}

static int find_wanted(const struct interface *interface, void *data)
{
	struct deletion *deletion = data;

	if (deletion->wanted(interface, deletion->data))
		deletion->found[deletion->count++] = interface->index;
	return deletion->count == DELETE_AT_ONCE;
}

int interfaces_delete(int socket, const char *kind, bool (*wanted)(const struct interface *interface, const void *data), const void *data, struct error *err)
{
	struct deletion deletion = {.wanted = wanted, .data = data};
	const struct interface_visitor visitor = {forget_found, find_wanted, &deletion};

	do {
		if (interface_list(socket, kind, 0, &visitor, err) < 0)
			return -1;
		for (size_t i = 0; i < deletion.count; i++)
			if (interface_delete(socket, deletion.found[i], err) < 0)
				return -1;
	} while (deletion.count == DELETE_AT_ONCE);
	return 0;
}

// The broadcast address of an IPv4 network, which the kernel does not fill in by itself.
static void put_broadcast(struct nl_batch *batch, const struct net_address *address)
{
	uint32_t host = 0xffffffffU >> address->prefix;
	uint32_t broadcast;

	memcpy(&broadcast, address->bytes, sizeof broadcast);
	nl_put_u32(batch, IFA_BROADCAST, broadcast | __builtin_bswap32(host));
}

void interface_put_address(struct nl_batch *batch, int index, const struct net_address *address)
{
	struct ifaddrmsg *header = nl_begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, sizeof *header);

	if (header != NULL) {
		header->ifa_family = (uint8_t)address->family;
		header->ifa_prefixlen = address->prefix;
		header->ifa_index = (uint32_t)index;
		header->ifa_scope = net_address_link_local(address) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
		if (address->family == AF_INET6)
			header->ifa_flags = IFA_F_NODAD;
	}
	nl_put(batch, IFA_LOCAL, address->bytes, net_address_size(address));
	nl_put(batch, IFA_ADDRESS, address->bytes, net_address_size(address));
	if (address->family == AF_INET && address->prefix < 31)
		put_broadcast(batch, address);
}

struct address_list {
	int index;
	struct net_address *addresses;
	size_t count, max;
};

bool interface_address_read(const struct nlmsghdr *message, struct interface_address *ret_address)
{
	const void *attributes;
	size_t length;
	const struct ifaddrmsg *header = nl_payload(message, RTM_NEWADDR, sizeof *header, &attributes, &length);
	struct interface_address read;
	const struct nlattr *found;

	if (header == NULL || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
		return false;
	read = (struct interface_address){.index = (int)header->ifa_index, .scope = header->ifa_scope, .address = {.family = header->ifa_family, .prefix = header->ifa_prefixlen}};
	found = nl_find(attributes, length, IFA_LOCAL);
	if (found == NULL) // IPv6 has it only where there is a peer
		found = nl_find(attributes, length, IFA_ADDRESS);
	if (found == NULL || nl_length(found) < net_address_size(&read.address))
		return false;
	nl_read(found, read.address.bytes, net_address_size(&read.address));
	*ret_address = read;
	return true;
}

static int take_address(const struct nlmsghdr *message, void *data)
{
	struct address_list *list = data;
	struct interface_address read;

	if (interface_address_read(message, &read) && read.index == list->index && read.scope == RT_SCOPE_UNIVERSE && list->count < list->max)
		list->addresses[list->count++] = read.address;
	return 0;
}

int interface_addresses(int socket, int index, struct net_address *addresses, size_t max, size_t *ret_count, struct error *err)
{
	struct address_list list = {.index = index, .addresses = addresses, .max = max};
	enum { TRIES = 20 }; // as for interfaces
	const int on = 1;

	// Else the kernel does not look at the index, and tells of all interfaces: 3 ms with 500 ports on a bridge.
	setsockopt(socket, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
	for (int i = 0; i < TRIES; i++) {
		_Alignas(struct nlmsghdr) char buffer[64];
		struct ifaddrmsg *header;
		struct nl_batch batch;

		nl_batch_init(&batch, buffer, sizeof buffer);
		header = nl_begin(&batch, RTM_GETADDR, NLM_F_DUMP, sizeof *header);
		if (header != NULL)
			header->ifa_index = (uint32_t)index;
		list.count = 0;
		if (nl_query(socket, &batch, take_address, &list, err) == 0) {
			*ret_count = list.count;
			return 0;
		}
		if (err->code != EAGAIN)
			break;
	}
	return error_prefix(err, "cannot list addresses");
}

static int read_route_type(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = NLMSG_DATA(message);

	if (message->nlmsg_type == RTM_NEWROUTE && message->nlmsg_len >= NLMSG_LENGTH(sizeof *header))
		*(int *)data = header->rtm_type;
	return 0;
}

// The type of the route to `address`: RTN_LOCAL once the kernel has completed it. No route at all counts as not yet.
static int route_type(int socket, int index, const struct net_address *address, int *ret_type, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[128];
	struct rtmsg *header;
	struct nl_batch batch;
	int type = RTN_UNSPEC;

	nl_batch_init(&batch, buffer, sizeof buffer);
	header = nl_begin(&batch, RTM_GETROUTE, 0, sizeof *header);
	if (header != NULL) {
		header->rtm_family = AF_INET6;
		header->rtm_dst_len = 128;
	}
	nl_put(&batch, RTA_DST, address->bytes, 16);
	nl_put_u32(&batch, RTA_OIF, (uint32_t)index);
	if (nl_query(socket, &batch, read_route_type, &type, err) < 0 && err->code != ENETUNREACH)
		return error_prefix(err, "cannot look up the route to an own address");
	*ret_type = type;
	return 0;
}

bool interface_pause(struct timespec *pause, int64_t *began, int seconds)
{
	enum { LONGEST = 5000000 };

	if (*began == 0)
		*began = clock_us();
	if (clock_us() - *began > seconds * INT64_C(1000000))
		return false;
	nanosleep(pause, NULL);
	if (pause->tv_nsec < LONGEST)
		pause->tv_nsec += pause->tv_nsec / 2;
	return true;
}

static int await_address(int socket, int index, const struct net_address *address, struct error *err)
{
	struct timespec pause = {.tv_nsec = 20000};
	char text[NET_ADDRESS_TEXT_MAX];
	int type = RTN_UNSPEC;
	int64_t began = 0;

	do {
		if (route_type(socket, index, address, &type, err) < 0)
			return -1;
		if (type == RTN_LOCAL)
			return 0;
	} while (interface_pause(&pause, &began, INTERFACE_PATIENCE));
	return error_set(err, ETIMEDOUT, "the kernel has not made %s usable within %d seconds", net_address_format(address, false, text, sizeof text), INTERFACE_PATIENCE);
}

int interface_await_addresses(int socket, int index, const struct net_address *addresses, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (addresses[i].family == AF_INET6 && await_address(socket, index, &addresses[i], err) < 0)
			return -1;
	return 0;
}
