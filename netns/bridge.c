// bridge.c: see bridge.h. Whose a bridge is says its alias, which survives minirun.
#include "netns/bridge.h"

#include "base/cleanup.h"
#include "netns/interface.h"
#include "netns/veth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

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

void bridge_put_create(struct nl_batch *batch, const char *name, const struct net_bridge_options *options, const uint8_t mac[6])
{
	// Only a change makes the kernel keep an MTU when ports come with another one (br_change_mtu()): so it begins with the least one.
	const uint32_t other_mtu = options->mtu == ETH_MIN_MTU ? ETH_MIN_MTU + 1 : ETH_MIN_MTU;
	struct ifinfomsg *header;
	struct nlattr *info;
	struct nlattr *data;

	nl_begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *header);
	nl_put_string(batch, IFLA_IFNAME, name);
	nl_put(batch, IFLA_ADDRESS, mac, 6);
	if (options->mtu != 0)
		nl_put_u32(batch, IFLA_MTU, other_mtu);
	info = nl_begin_nested(batch, IFLA_LINKINFO);
	nl_put_string(batch, IFLA_INFO_KIND, "bridge");
	data = nl_begin_nested(batch, IFLA_INFO_DATA);
	nl_put_u32(batch, IFLA_BR_FORWARD_DELAY, 0);
	nl_put_u32(batch, IFLA_BR_STP_STATE, options->stp.value);
	if (options->vlan_filtering.value)
		nl_put_u8(batch, IFLA_BR_VLAN_FILTERING, 1);
	nl_end_nested(batch, data);
	nl_end_nested(batch, info);

	header = nl_begin(batch, RTM_SETLINK, 0, sizeof *header);
	if (header != NULL) {
		header->ifi_flags = IFF_UP;
		header->ifi_change = IFF_UP;
	}
	nl_put_string(batch, IFLA_IFNAME, name);
	nl_put(batch, IFLA_IFALIAS, BRIDGE_MARK, strlen(BRIDGE_MARK));
	if (options->mtu != 0)
		nl_put_u32(batch, IFLA_MTU, options->mtu);
}

static void put_port_vlan(struct nl_batch *batch, uint16_t type, int index, uint16_t vlan, uint16_t flags)
{
	const struct bridge_vlan_info entry = {.flags = flags, .vid = vlan};
	struct ifinfomsg *header = nl_begin(batch, type, 0, sizeof *header);
	struct nlattr *nested;

	if (header != NULL) {
		header->ifi_family = AF_BRIDGE;
		header->ifi_index = index;
	}
	nested = nl_begin_nested(batch, IFLA_AF_SPEC);
	nl_put(batch, IFLA_BRIDGE_VLAN_INFO, &entry, sizeof entry);
	nl_end_nested(batch, nested);
}

void bridge_put_port_vlan(struct nl_batch *batch, int index, uint16_t vlan)
{
	enum { DEFAULT = 1 }; // what every port is in at first

	if (vlan == DEFAULT)
		return;
	put_port_vlan(batch, RTM_DELLINK, index, DEFAULT, 0);
	put_port_vlan(batch, RTM_SETLINK, index, vlan, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED);
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
	if (failed > 0) {
		interface_delete(socket, index, &ignored);
		return;
	}
	nl_batch_init(&batch, buffer, sizeof buffer);
	interface_put_alias(&batch, index, "");
	nl_talk(socket, &batch, NULL, &ignored);
}

// Makes and marks the bridge in one send(2), which SIGKILL cannot split: an unmarked bridge without address would be taken for
// somebody else's for ever.
static int make(int socket, const char *name, const struct net_bridge_options *options, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[256];
	struct nl_batch batch;
	unsigned failed = 0;
	uint8_t mac[6];

	if (getrandom(mac, sizeof mac, 0) != sizeof mac)
		return error_errno(err, errno, "cannot get random bytes for a MAC address");
	mac[0] = (uint8_t)((mac[0] & 0xfc) | 0x02); // locally administered, unicast
	nl_batch_init(&batch, buffer, sizeof buffer);
	bridge_put_create(&batch, name, options, mac);
	if (nl_talk(socket, &batch, &failed, err) == 0)
		return 0;
	if (failed > 0 || err->code == EEXIST)
		unmake(socket, name, failed);
	if (err->code == EOPNOTSUPP && options->vlan_filtering.value)
		error_hint(err, "the kernel may be built without vlan_filtering (CONFIG_BRIDGE_VLAN_FILTERING)");
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

// --- what a bridge is like

struct settings {
	uint32_t mtu, stp;
	uint8_t vlan_filtering;
};

static int read_settings(const struct nlmsghdr *message, void *data)
{
	struct settings *settings = data;
	const struct nlattr *found;
	const void *attributes;
	size_t length;

	if (nl_payload(message, RTM_NEWLINK, sizeof(struct ifinfomsg), &attributes, &length) == NULL)
		return 0;
	nl_read(nl_find(attributes, length, IFLA_MTU), &settings->mtu, sizeof settings->mtu);
	found = nl_find(attributes, length, IFLA_LINKINFO);
	if (found != NULL)
		found = nl_find(nl_data(found), nl_length(found), IFLA_INFO_DATA);
	if (found == NULL)
		return 0;
	nl_read(nl_find(nl_data(found), nl_length(found), IFLA_BR_STP_STATE), &settings->stp, sizeof settings->stp);
	nl_read(nl_find(nl_data(found), nl_length(found), IFLA_BR_VLAN_FILTERING), &settings->vlan_filtering, sizeof settings->vlan_filtering);
	return 0;
}

static const char *maker(bool own)
{
	return own ? "minirun" : "somebody else than minirun";
}

static int differs(const char *name, bool own, const char *option, const char *wanted, const char *has, struct error *err)
{
	error_set(err, EEXIST, "cannot have %s=%s: bridge %s is there with %s=%s, made by %s", option, wanted, name, option, has, maker(own));
	return error_hint(err, "leave %s out, change the bridge, or choose another bridge=NAME", option);
}

// vlan_filtering= need not have been given.
static int does_not_filter(const char *name, bool own, unsigned vlan, struct error *err)
{
	error_set(err, EEXIST, "cannot have vlan=%u: bridge %s is there with vlan_filtering=no, made by %s", vlan, name, maker(own));
	return error_hint(err, "leave vlan out, make the bridge filter (ip link set %s type bridge vlan_filtering 1), or choose another bridge=NAME", name);
}

static const char *word(bool yes)
{
	return yes ? "yes" : "no";
}

// Whether a bridge that is there is as it is wanted.
static int check_settings(int socket, const char *name, int index, const struct net_bridge_options *options, bool own, struct error *err)
{
	struct settings has = {0};
	char wanted[16], found[16];

	if (!options->vlan_filtering.set && !options->stp.set && options->mtu == 0)
		return 0;
	if (interface_query(socket, NULL, index, read_settings, &has, err) < 0)
		return error_prefix(err, "cannot look at bridge %s", name);
	if (options->port_vlan != 0 && has.vlan_filtering == 0)
		return does_not_filter(name, own, options->port_vlan, err);
	if (options->vlan_filtering.set && options->vlan_filtering.value != (has.vlan_filtering != 0))
		return differs(name, own, "vlan_filtering", word(options->vlan_filtering.value), word(has.vlan_filtering != 0), err);
	if (options->stp.set && options->stp.value != (has.stp != 0))
		return differs(name, own, "stp", word(options->stp.value), word(has.stp != 0), err);
	if (options->mtu == 0 || options->mtu == has.mtu)
		return 0;
	snprintf(wanted, sizeof wanted, "%u", options->mtu);
	snprintf(found, sizeof found, "%u", has.mtu);
	return differs(name, own, "bridge_mtu", wanted, found, err);
}

int bridge_ensure(int socket, const char *name, const struct net_bridge_options *options, const struct net_address *gateways, size_t gateway_count, bool *ret_made, struct error *err)
{
	struct error ignored = ERROR_INIT;
	struct interface bridge;
	bool made = false, own;

	if (interface_find(socket, name, &bridge, err) < 0)
		return -1;
	if (bridge.index == 0) {
		if (make(socket, name, options, err) < 0)
			return -1;
		made = true;
		bridge.index = interface_index(socket, name);
		if (bridge.index == 0)
			return error_set(err, ENODEV, "bridge %s vanished after it was made", name);
	} else if (strcmp(bridge.kind, "bridge") != 0) {
		error_set(err, EEXIST, "cannot use %s as a bridge: the host has an interface of that name, %s%s", name,
		          bridge.kind[0] == '\0' ? "and it is no bridge" : "of kind ", bridge.kind);
		return error_hint(err, "choose another bridge=NAME");
	}
	own = made || strcmp(bridge.alias, BRIDGE_MARK) == 0;
	if ((made || check_settings(socket, name, bridge.index, options, own, err) == 0) &&
	    (!own || (made && gateway_count == 0) || complete(socket, name, bridge.index, gateways, gateway_count, err) == 0)) {
		*ret_made = made;
		return 0;
	}
	if (made)
		bridge_release(socket, name, "", false, &ignored);
	return -1;
}

struct ports {
	char alias[VETH_ALIAS_MAX];
	unsigned group;
	bool others;
};

static void forget_ports(void *data)
{
	((struct ports *)data)->others = false;
}

static int find_other(const struct interface *port, void *data)
{
	struct ports *ports = data;

	ports->others = !veth_is_of(port, ports->alias, ports->group) && strcmp(port->alias, VETH_RELEASED) != 0;
	return ports->others;
}

int bridge_release(int socket, const char *name, const char *owner, bool used, struct error *err)
{
	struct ports ports = {.others = used};
	const struct interface_visitor visitor = {forget_ports, find_other, &ports};
	struct interface bridge;

	if (interface_find(socket, name, &bridge, err) < 0)
		return -1;
	if (bridge.index == 0)
		return 0;
	if (strcmp(bridge.kind, "bridge") != 0 || strcmp(bridge.alias, BRIDGE_MARK) != 0)
		ports.others = true; // it stays
	veth_alias(owner, ports.alias);
	ports.group = veth_group(owner);
	if (!ports.others && interface_list(socket, NULL, bridge.index, &visitor, err) < 0)
		return error_prefix(err, "cannot see whether bridge %s is still used", name);
	if (!ports.others)
		return interface_delete(socket, bridge.index, err) < 0 ? error_prefix(err, "cannot remove bridge %s", name) : 0;
	return owner[0] != '\0' ? veth_release(socket, owner, err) : 0;
}
