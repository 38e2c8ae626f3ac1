// links_text.c: see links_text.h.
#include "plan/links_text.h"

#include "netns/claim.h"
#include "netns/offload.h"
#include "netns/route.h"
#include "netns/shape.h"
#include "plan/describe.h"
#include "plan/flags.h"
#include "plan/shell_text.h"

#include <string.h>
#include <sys/socket.h>

static const char *mac_text(struct arena *arena, const struct net_link *link)
{
	return link_mac_text(link->mac, arena_alloc(arena, LINK_MAC_TEXT_MAX));
}

// ---- in short ----

static const char *summary_link(struct arena *arena, const struct net_link *link)
{
	const char *addresses = flags_addresses(arena, link);
	const char *text = *addresses == '\0' ? link->name : arena_printf(arena, "%s %s", link->name, addresses);
	char address[64], words[ROUTE_TEXT_MAX];

	for (size_t i = 0; i < link->gateway_count; i++)
		text = arena_printf(arena, "%s via %s", text, net_address_format(&link->gateways[i], false, address, sizeof address));
	for (size_t i = 0; i < link->route_count; i++)
		text = arena_printf(arena, "%s, %s", text, net_route_format(&link->routes[i], words, sizeof words));
	if (net_shape_is_set(&link->shape))
		text = arena_printf(arena, "%s, shaped", text);
	if (link->offloads_off != 0)
		text = arena_printf(arena, "%s, %s", text, offload_words(link->offloads_off, words, sizeof words));
	if (link->vrf != NULL)
		text = arena_printf(arena, "%s, in vrf %s", text, link->vrf);
	return link->down ? arena_printf(arena, "%s, down", text) : text;
}

static const char *summary_bridge(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "%s%s", link->bridge, flags_bridge(arena, &link->bridge_options));

	return link->bridge_options.mtu != 0 ? arena_printf(arena, "%s mtu %u", text, link->bridge_options.mtu) : text;
}

// "eth0: macvlan on enp3s0, mode bridge".
static const char *summary_made(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "%s: %s", link->name, link_kind_name(link->kind));

	if (link->parent != NULL)
		text = arena_printf(arena, "%s on %s", text, link->parent);
	if (link_mode_name(link) != NULL)
		text = arena_printf(arena, "%s, mode %s", text, link_mode_name(link));
	return link->vlan_id != 0 ? arena_printf(arena, "%s, VLAN %u", text, link->vlan_id) : text;
}

static const char *summary_peer(struct arena *arena, const struct net_link *link)
{
	return arena_printf(arena, "%s, with %s of container %s", summary_link(arena, link), link->peer_link, link->peer);
}

static const char *summary_nat(struct arena *arena, const struct step *step)
{
	const char *text = "";

	for (size_t i = 0; i < step->nat.count; i++) {
		const struct net_link *link = &step->nat.links[i];

		if (link->masquerade)
			text = arena_printf(arena, "%s%s%s masquerade", text, *text != '\0' ? ", " : "", link->name);
		for (size_t j = 0; j < link->port_count; j++)
			text = arena_printf(arena, "%s%s%s publish %s", text, *text != '\0' ? ", " : "", link->name, nat_port_text(arena, &link->ports[j]));
	}
	return text;
}

const char *links_summary(struct arena *arena, const struct step *step)
{
	const struct net_link *veth = step->veth.link;

	switch (step->kind) {
	case STEP_BRIDGE:
		return summary_bridge(arena, step->link);
	case STEP_ADDRESS:
		return arena_printf(arena, "%s on %s: %s", step->address.link->name, step->address.link->bridge, flags_addresses(arena, step->address.link));
	case STEP_NAT:
		return summary_nat(arena, step);
	case STEP_VETH:
	case STEP_LINK_READY:
		return arena_printf(arena, "%s%s%s", veth->name, veth->bridge != NULL ? " on " : "", veth->bridge != NULL ? veth->bridge : "");
	case STEP_NET_DEVICE:
		return arena_printf(arena, "%s as %s, back at the end", step->net_device.name, step->net_device.new_name);
	case STEP_VRF:
		return arena_printf(arena, "%s: table %u", step->link->vrf, step->link->vrf_table);
	case STEP_LINK:
		return summary_link(arena, step->link);
	case STEP_PEER:
		return summary_peer(arena, step->link);
	default:
		return summary_made(arena, step->link);
	}
}

// ---- system calls ----

static const char *call_before(struct arena *arena, const struct net_link *link)
{
	const char *text = "netlink:";
	char words[SHAPE_TEXT_MAX];

	if (link->offloads_off != 0)
		text = arena_printf(arena, "ioctl(SIOCETHTOOL, {%s: %s}); %s", link->name, offload_words(link->offloads_off, words, sizeof words), text);
	if (*net_shape_netem(&link->shape, words, sizeof words) != '\0')
		text = arena_printf(arena, "%s RTM_NEWQDISC netem %s;", text, words);
	if (*net_shape_tbf(&link->shape, link->mtu, words, sizeof words) != '\0')
		text = arena_printf(arena, "%s RTM_NEWQDISC tbf %s;", text, words);
	return text;
}

static const char *call_link(struct arena *arena, const struct net_link *link)
{
	const char *text = call_before(arena, link);
	char address[64], words[ROUTE_TEXT_MAX];

	text = arena_printf(arena, "%s RTM_SETLINK %s %s%s", text, link->name, link->down ? "not IFF_UP" : "IFF_UP",
			    link->txqueuelen.set ? arena_printf(arena, ", IFLA_TXQLEN %u", (unsigned)link->txqueuelen.value) : "");
	if (link->vrf != NULL)
		text = arena_printf(arena, "%s, IFLA_MASTER %s", text, link->vrf);
	for (size_t i = 0; i < link->address_count; i++)
		text = arena_printf(arena, "%s; RTM_NEWADDR %s", text, net_address_format(&link->addresses[i], true, address, sizeof address));
	if (link->auto_address)
		text = arena_printf(arena, "%s; RTM_NEWADDR <next free>", text);
	if (link->keeps_addresses)
		text = arena_printf(arena, "%s; RTM_NEWADDR of each that %s has on the host", text, link->device);
	for (size_t i = 0; i < link->gateway_count; i++)
		text = arena_printf(arena, "%s; RTM_NEWROUTE default via %s", text, net_address_format(&link->gateways[i], false, address, sizeof address));
	if (link->auto_address && link->gateway_count == 0 && !link->no_gateway)
		text = arena_printf(arena, "%s; RTM_NEWROUTE default via <the bridge>", text);
	for (size_t i = 0; i < link->route_count; i++)
		text = arena_printf(arena, "%s; RTM_NEWROUTE %s", text, net_route_format(&link->routes[i], words, sizeof words));
	return arena_printf(arena, "%s (one batch)", text);
}

static const char *call_veth(struct arena *arena, const struct plan *plan, const struct net_link *link)
{
	const char *mtu = link->mtu != 0 ? arena_printf(arena, ", IFLA_MTU %u", link->mtu) : "";
	const char *mac = link->has_mac ? arena_printf(arena, ", IFLA_ADDRESS %s", mac_text(arena, link)) : "";
	const char *vlan = link->vlan_id > 1 ? arena_printf(arena, "; RTM_DELLINK AF_BRIDGE of the port: vlan 1; RTM_SETLINK AF_BRIDGE: vlan %u, PVID, untagged", link->vlan_id) : "";

	return arena_printf(arena, "netlink: RTM_NEWLINK kind=veth%s%s, IFF_UP, peer {%s, IFLA_NET_NS_PID <pid>%s%s}; RTM_SETLINK of the host end: IFLA_IFALIAS minirun:%s%s",
			    link->bridge != NULL ? ", IFLA_MASTER " : "", link->bridge != NULL ? link->bridge : "", link->name, mtu, mac, plan->state_directory, vlan);
}

static const char *call_peer(struct arena *arena, const struct plan *plan, const struct net_link *link)
{
	const char *text = arena_printf(arena, "flock(open(\"%s/..\"), LOCK_EX); readlinkat(\"%s/../%s/peer-%s\"); symlinkat(\"%s\", \"%s/peer-%s\"); if the peer is there, netlink: RTM_NEWLINK kind=veth {%s", plan->state_directory,
					plan->state_directory, link->peer, link->peer_link, link->text, plan->state_directory, link->name, link->name);

	text = arena_printf(arena, "%s, IFLA_NET_NS_FD <its own>%s%s}, peer {%s, IFLA_NET_NS_FD <the peer's>}", text, link->mtu != 0 ? arena_printf(arena, ", IFLA_MTU %u", link->mtu) : "",
			    link->has_mac ? arena_printf(arena, ", IFLA_ADDRESS %s", mac_text(arena, link)) : "", link->peer_link);
	if (link->vrf != NULL)
		text = arena_printf(arena, "%s; RTM_NEWLINK %s kind=vrf, IFLA_VRF_TABLE %u, IFF_UP if there is none", text, link->vrf, link->vrf_table);
	for (size_t i = 0; i < link->sysctl_count; i++)
		text = arena_printf(arena, "%s; write(\"/proc/sys/%s\", \"%s\") inside", text, link->sysctls[i].path, link->sysctls[i].value);
	return arena_printf(arena, "%s; there the same for %s's options; here %s", text, link->peer, call_link(arena, link));
}

static const char *call_tap(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "open(\"/dev/net/tun\"); ioctl(TUNSETIFF, {%s, IFF_TAP|IFF_NO_PI|IFF_TUN_EXCL%s})", link->name, link->queues > 1 ? "|IFF_MULTI_QUEUE" : "");

	if (link->owner_uid.set)
		text = arena_printf(arena, "%s; ioctl(TUNSETOWNER, %u)", text, (unsigned)link->owner_uid.value);
	if (link->owner_gid.set)
		text = arena_printf(arena, "%s; ioctl(TUNSETGROUP, %u)", text, (unsigned)link->owner_gid.value);
	if (link->mtu != 0 || link->has_mac)
		text = arena_printf(arena, "%s; netlink: RTM_SETLINK%s%s", text, link->mtu != 0 ? arena_printf(arena, " IFLA_MTU %u", link->mtu) : "",
				    link->has_mac ? arena_printf(arena, " IFLA_ADDRESS %s", mac_text(arena, link)) : "");
	return arena_printf(arena, "%s; ioctl(TUNSETPERSIST, 1)", text);
}

static const char *call_made(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "netlink: RTM_NEWLINK %s kind=%s", link->name, link_kind_name(link->kind));

	if (link->parent != NULL)
		text = arena_printf(arena, "%s, IFLA_LINK %s, IFLA_NET_NS_PID <pid>", text, link->parent);
	if (link->kind == LINK_MACVLAN)
		text = arena_printf(arena, "%s, IFLA_MACVLAN_MODE %s", text, link_mode_name(link));
	if (link->kind == LINK_IPVLAN)
		text = arena_printf(arena, "%s, IFLA_IPVLAN_MODE %s", text, link_mode_name(link));
	if (link->kind == LINK_VLAN)
		text = arena_printf(arena, "%s, IFLA_VLAN_ID %u", text, link->vlan_id);
	if (link->mtu != 0)
		text = arena_printf(arena, "%s, IFLA_MTU %u", text, link->mtu);
	if (link->queues != 0)
		text = arena_printf(arena, "%s, IFLA_NUM_TX_QUEUES %u, IFLA_NUM_RX_QUEUES %u", text, link->queues, link->queues);
	return link->has_mac ? arena_printf(arena, "%s, IFLA_ADDRESS %s", text, mac_text(arena, link)) : text;
}

static const char *call_bridge(struct arena *arena, const struct net_link *link)
{
	const struct net_bridge_options *options = &link->bridge_options;
	const char *text = arena_printf(arena, "netlink, unless it is there: RTM_NEWLINK %s kind=bridge%s%s; RTM_SETLINK %s, IFLA_IFALIAS minirun%s", link->bridge,
					options->stp.value ? ", IFLA_BR_STP_STATE 1" : "", options->vlan_filtering.value ? ", IFLA_BR_VLAN_FILTERING 1" : "", link->bridge,
					options->mtu != 0 ? arena_printf(arena, ", IFLA_MTU %u", options->mtu) : "");
	char address[64];

	text = arena_printf(arena, "%s; RTM_SETLINK %s IFF_UP", text, link->bridge);
	for (size_t i = 0; i < link->gateway_count; i++)
		text = arena_printf(arena, "%s; RTM_NEWADDR %s", text, net_address_format(&link->gateways[i], true, address, sizeof address));
	return text;
}

static const char *call_address(struct arena *arena, const struct plan *plan, const struct net_link *link)
{
	return arena_printf(arena, "%ssymlinkat(\"<pid> ... %s\", \"" CLAIM_DIRECTORY "/<network namespace>:%s/%s\") for each",
			    link->auto_address ? "netlink: RTM_GETADDR of the bridge; getdents64() and readlinkat() of what is claimed; " : "", plan->state_directory, link->bridge,
			    link->auto_address ? "<next free>" : "<address>");
}

static const char *call_device(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const struct net_link *link = step->net_device.link;
	const char *text = arena_printf(arena, "symlinkat(\"%1$s\", \"" CLAIM_DIRECTORY "/<network namespace>/device:%2$s\"); netlink: RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE of %2$s = <record>; write and rename(\"%1$s/device.%2$s\", <record>); "
					"mount(\"/proc/<pid>/ns/net\", \"%1$s/" STATE_NETWORK "\", MS_BIND); netlink: RTM_SETLINK %2$s not IFF_UP; RTM_SETLINK %2$s, IFLA_NET_NS_FD open(\"/proc/<pid>/ns/net\"), IFLA_IFNAME %3$s",
					plan->state_directory, step->net_device.name, step->net_device.new_name);

	if (link->mtu == 0 && !link->has_mac)
		return text;
	return arena_printf(arena, "%s; in that namespace: RTM_SETLINK%s%s", text, link->mtu != 0 ? arena_printf(arena, " IFLA_MTU %u", link->mtu) : "",
			    link->has_mac ? arena_printf(arena, " IFLA_ADDRESS %s", mac_text(arena, link)) : "");
}

const char *links_call(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_BRIDGE:
		return call_bridge(arena, step->link);
	case STEP_ADDRESS:
		return call_address(arena, plan, step->address.link);
	case STEP_NAT:
		return arena_printf(arena, "write(open(\"/proc/sys/net/ipv4/ip_forward\"), \"1\") if it is 0; posix_spawn(nft, one transaction: table inet %s); undone by its removal", step->nat.table);
	case STEP_VETH:
		return call_veth(arena, plan, step->veth.link);
	case STEP_NET_DEVICE:
		return call_device(arena, plan, step);
	case STEP_VRF:
		return arena_printf(arena, "netlink: RTM_GETLINK %s; RTM_NEWLINK %s kind=vrf, IFLA_VRF_TABLE %u, IFF_UP", step->link->vrf, step->link->vrf, step->link->vrf_table);
	case STEP_LINK:
		return call_link(arena, step->link);
	case STEP_PEER:
		return call_peer(arena, plan, step->link);
	default:
		return step->link->kind == LINK_TAP ? call_tap(arena, step->link) : call_made(arena, step->link);
	}
}

// ---- a person's commands ----

// As minirun gives it: with its network's broadcast address (which ip leaves out where there is none: /31 and /32), or usable at once.
static const char *shell_address(struct arena *arena, const struct net_address *address, const char *link)
{
	char text[64];

	return arena_printf(arena, "ip addr add %s dev %s %s", net_address_format(address, true, text, sizeof text), link, address->family == AF_INET ? "brd +" : "nodad");
}

// One that is there is left as it is.
static const char *shell_bridge(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "if ! ip link show dev %1$s > /dev/null 2>&1; then ip link add %1$s type bridge%2$s; ip link set %1$s%3$s up", link->bridge, flags_bridge(arena, &link->bridge_options),
					link->bridge_options.mtu != 0 ? arena_printf(arena, " mtu %u", link->bridge_options.mtu) : "");

	for (size_t i = 0; i < link->gateway_count; i++)
		text = arena_printf(arena, "%s; %s", text, shell_address(arena, &link->gateways[i], link->bridge));
	return arena_printf(arena, "%s; fi", text);
}

const char *links_host_end(struct arena *arena, const struct plan *plan, const struct net_link *link)
{
	char name[IFNAMSIZ];

	if (link->host != NULL)
		return link->host;
	veth_host_name(plan->id, link->name, 0, name);
	return arena_strdup(arena, name);
}

static const char *shell_veth(struct arena *arena, const struct plan *plan, const struct net_link *link)
{
	const char *host = links_host_end(arena, plan, link);
	const char *text;

	text = arena_printf(arena, "ip link add %s type veth peer name %s netns \"$PID\"", host, link->name);
	text = arena_printf(arena, "%s\nip link set %s%s%s up", text, host, link->bridge != NULL ? " master " : "", link->bridge != NULL ? link->bridge : "");
	if (link->vlan_id > 1)
		text = arena_printf(arena, "%1$s\nbridge vlan del dev %2$s vid 1\nbridge vlan add dev %2$s vid %3$u pvid untagged", text, host, link->vlan_id);
	return text;
}

static const char *shell_link(struct arena *arena, const struct net_link *link)
{
	const char *text = "", *vrf = link->vrf != NULL ? arena_printf(arena, " vrf %s", link->vrf) : "";
	char address[64], words[ROUTE_TEXT_MAX + SHAPE_TEXT_MAX];

	// The others are born with both.
	if ((link->kind == LINK_VETH || link->kind == LINK_TAP || link->kind == LINK_PHYS) && (link->has_mac || link->mtu != 0))
		text = arena_printf(arena, "ip link set %s%s%s\n", link->name,
				    link->mtu != 0 ? arena_printf(arena, " mtu %u", link->mtu) : "",
				    link->has_mac ? arena_printf(arena, " address %s", mac_text(arena, link)) : "");
	if (link->vrf != NULL)
		text = arena_printf(arena, "%sip link set %s master %s\n", text, link->name, link->vrf);
	for (size_t i = 0; i < link->address_count; i++)
		text = arena_printf(arena, "%s%s\n", text, shell_address(arena, &link->addresses[i], link->name));
	if (link->auto_address)
		text = arena_printf(arena, "%sip addr add \"$(cat \"$STATE\"/address.%s)\" dev %s brd +\n", text, link->name, link->name);
	if (link->keeps_addresses)
		text = arena_printf(arena, "%sxargs -r -L 1 ip addr add dev %s < \"$STATE\"/%s.kept\n", text, link->name, link->device);
	if (link->offloads_off != 0)
		text = arena_printf(arena, "%sethtool -K %s %s\n", text, link->name, offload_words(link->offloads_off, words, sizeof words));
	if (*net_shape_netem(&link->shape, words, sizeof words) != '\0')
		text = arena_printf(arena, "%stc qdisc add dev %s root handle 1: netem %s\n", text, link->name, words);
	if (*net_shape_tbf(&link->shape, link->mtu, words, sizeof words) != '\0')
		text = arena_printf(arena, "%stc qdisc add dev %s %s handle 2: tbf %s\n", text, link->name, link->shape.delay != 0 || link->shape.loss != 0 ? "parent 1:1" : "root", words);
	text = arena_printf(arena, "%sip link set %s%s %s", text, link->name, link->txqueuelen.set ? arena_printf(arena, " txqueuelen %u", (unsigned)link->txqueuelen.value) : "",
			    link->down ? "down" : "up");
	for (size_t i = 0; i < link->gateway_count; i++)
		text = arena_printf(arena, "%s\nip route add default via %s%s", text, net_address_format(&link->gateways[i], false, address, sizeof address), vrf);
	for (size_t i = 0; i < link->route_count; i++)
		text = arena_printf(arena, "%s\nip route add %s dev %s%s", text, net_route_format(&link->routes[i], words, sizeof words), link->name, vrf);
	if (link->auto_address && link->gateway_count == 0 && !link->no_gateway)
		text = arena_printf(arena, "%s\nip route add default via \"$(cat \"$STATE\"/gateway.%s)\"", text, link->name);
	return text;
}

static const char *shell_root_option(struct arena *arena, const struct plan *plan)
{
	size_t length = strlen(plan->state_directory) - strlen(plan->id) - 1; // ROOT/ID

	return length == strlen(PLAN_USUAL_ROOT) && strncmp(plan->state_directory, PLAN_USUAL_ROOT, length) == 0 ? "" : arena_printf(arena, " --root %s", shell_quoted(arena, arena_printf(arena, "%.*s", (int)length, plan->state_directory)));
}

// Of the one who comes second. What the peer's end is to be like only its own options say, which are not here: it is as long as this one, and up. The kernel opens an end a moment after both are up.
static const char *shell_peer(struct arena *arena, const struct plan *plan, const struct net_link *link)
{
	const char *text, *before = link->vrf == NULL ? "" : arena_printf(arena, "ip link add %1$s type vrf table %2$u && ip link set %1$s up\n", link->vrf, link->vrf_table); // if there is none

	for (size_t i = 0; i < link->sysctl_count; i++)
		before = arena_printf(arena, "%secho %s > /proc/sys/%s\n", before, shell_quoted(arena, link->sysctls[i].value), link->sysctls[i].path);
	text = arena_printf(arena, "PEER=$(minirun%1$s state %2$s | jq .pid)\nip link add %3$s netns \"$PID\" type veth peer name %4$s netns \"$PEER\"\nnsenter --target \"$PEER\" --net ip link set %4$s%5$s up\nnsenter --target \"$PID\" --net bash -c %6$s",
			    shell_root_option(arena, plan), shell_quoted(arena, link->peer), link->name, link->peer_link, link->mtu != 0 ? arena_printf(arena, " mtu %u", link->mtu) : "",
			    shell_quoted(arena, shell_one_line(arena, arena_printf(arena, "%s%s", before, shell_link(arena, link)))));
	return link->down ? text : arena_printf(arena, "%s\nwhile nsenter --target \"$PID\" --net ip -o link show up dev %s | grep -v 'state UP'; do sleep 0.01; done > /dev/null", text, link->name);
}

static const char *shell_tap(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "ip tuntap add dev %s mode tap", link->name);

	if (link->owner_uid.set)
		text = arena_printf(arena, "%s user %u", text, (unsigned)link->owner_uid.value);
	if (link->owner_gid.set)
		text = arena_printf(arena, "%s group %u", text, (unsigned)link->owner_gid.value);
	return link->queues > 1 ? arena_printf(arena, "%s multi_queue", text) : text;
}

static const char *shell_made(struct arena *arena, const struct net_link *link)
{
	const char *text = arena_printf(arena, "ip link add%s%s name %s", link->parent != NULL ? " link " : "", link->parent != NULL ? link->parent : "", link->name);

	if (link->parent != NULL)
		text = arena_printf(arena, "%s netns \"$PID\"", text);
	if (link->has_mac)
		text = arena_printf(arena, "%s address %s", text, mac_text(arena, link));
	if (link->mtu != 0)
		text = arena_printf(arena, "%s mtu %u", text, link->mtu);
	if (link->queues != 0)
		text = arena_printf(arena, "%s numtxqueues %u numrxqueues %u", text, link->queues, link->queues);
	text = arena_printf(arena, "%s type %s", text, link_kind_name(link->kind));
	if (link_mode_name(link) != NULL)
		text = arena_printf(arena, "%s mode %s", text, link_mode_name(link));
	return link->kind == LINK_VLAN ? arena_printf(arena, "%s id %u", text, link->vlan_id) : text;
}

// nft defines variables for rules that it reads from a file only.
static const char *shell_nat(struct arena *arena, const struct plan *plan, const struct step *step)
{
	const char *rules = shell_quoted(arena, nat_rules(arena, plan->state_directory, step->nat.links, step->nat.count)), *variables = "";

	for (size_t i = 0; i < step->nat.count; i++) {
		const struct net_link *link = &step->nat.links[i];

		if (link->auto_address && link->address_count == 0 && (link->masquerade || link->port_count > 0))
			variables = arena_printf(arena, "%1$s --define ADDRESS_%2$s=\"$(cut -d / -f 1 \"$STATE\"/address.%2$s)\" --define NETWORK_%2$s=\"$(cat \"$STATE\"/address.%2$s)\"", variables, link->name);
	}
	return arena_printf(arena, *variables != '\0' ? "echo 1 > /proc/sys/net/ipv4/ip_forward\nnft%s -f - <<< %s" : "echo 1 > /proc/sys/net/ipv4/ip_forward\nnft%s %s", variables, rules);
}

// For the way back: nsenter --net="$STATE"/DEVICE.network ip link set NAME netns 1, ip addr restore, ip route restore. What it keeps inside it has there under its new name (`ip addr restore`
// would label it by the old one). The kernel's own routes of other types follow from the addresses; restored, an IPv6 one would be there twice.
static const char *shell_lend(struct arena *arena, const struct step *step)
{
	const char *name = step->net_device.name, *kept = "";

	if (step->net_device.link->keeps_addresses)
		kept = arena_printf(arena, "ip -o addr show dev %1$s scope global permanent | sed 's, peer [^/]*,,; s/.* inet \\([^ ]*\\).*/\\1 brd +/; s/.* inet6 \\([^ ]*\\).*/\\1 nodad/' > \"$STATE\"/%1$s.kept\n", name);
	return arena_printf(arena, "ip -d -o link show dev %1$s | grep -owE '(mtu|qlen|link/ether) [0-9a-f:]+|addrgenmode (none|eui64)' | sed 's/qlen/txqueuelen/; s,link/ether,address,' > \"$STATE\"/%1$s.link\n"
				   "ip addr save dev %1$s scope global permanent > \"$STATE\"/%1$s.addresses\n%3$sip route save dev %1$s table all type unicast > \"$STATE\"/%1$s.routes\n"
				   ": > \"$STATE\"/%1$s.network\nmount --bind /proc/\"$PID\"/ns/net \"$STATE\"/%1$s.network\nip link set %1$s down\nip link set %1$s netns \"$PID\" name %2$s",
			    name, step->net_device.new_name, kept);
}

const char *links_shell(struct arena *arena, const struct plan *plan, const struct step *step)
{
	switch (step->kind) {
	case STEP_BRIDGE:
		return shell_bridge(arena, step->link);
	case STEP_ADDRESS:
		return step->address.link->auto_address ? arena_printf(arena, "free_address %s %s", step->address.link->bridge, step->address.link->name) : NULL;
	case STEP_NAT:
		return shell_nat(arena, plan, step);
	case STEP_VETH:
		return shell_veth(arena, plan, step->veth.link);
	case STEP_NET_DEVICE:
		return shell_lend(arena, step);
	case STEP_VRF:
		return arena_printf(arena, "ip link add %s type vrf table %u\nip link set %s up", step->link->vrf, step->link->vrf_table, step->link->vrf);
	case STEP_LINK:
		return shell_link(arena, step->link);
	case STEP_PEER:
		return shell_peer(arena, plan, step->link);
	case STEP_LINK_READY:
		return step->veth.link->bridge == NULL ? NULL : arena_printf(arena, "while [ -n \"$(ip link show up dev %s)\" ] && bridge link show dev %s | grep -qv 'state forwarding'; do sleep 0.01; done",
												step->veth.link->bridge, links_host_end(arena, plan, step->veth.link));
	default:
		return step->link->kind == LINK_TAP ? shell_tap(arena, step->link) : shell_made(arena, step->link);
	}
}
