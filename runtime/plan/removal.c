// removal.c: see removal.h.
#include "plan/removal.h"

#include "netns/claim.h"
#include "netns/nat.h"
#include "plan/describe.h"

static const char look_inside[] = "nsenter -t $PID -n ip link";

static struct removal_step of_peer(struct arena *arena, const struct removal *removal)
{
	return (struct removal_step){
		.actor = ACTOR_PARENT, .name = "peer", .summary = removal->name,
		.call = arena_printf(arena, "flock(open(\"%1$s/..\"), LOCK_EX); unlinkat(\"%1$s/peer-%2$s\"); netlink inside, if the pair is there: RTM_DELLINK %2$s", removal->state_directory, removal->name),
		.why = "the other container's end goes with it, and waits again, as its own record says; under the lock of the pairs, so that nobody makes it meanwhile",
		.source = "veth(4); minirun(1): LINKS BETWEEN CONTAINERS",
		.shell = arena_printf(arena, "nsenter --target \"$PID\" --net ip link del %s", removal->name),
		.look = look_inside,
	};
}

static struct removal_step of_device(struct arena *arena, const struct removal *removal)
{
	return (struct removal_step){
		.actor = ACTOR_PARENT, .name = "net-device", .summary = arena_printf(arena, "%s back to the host as %s", removal->name, removal->device),
		.call = arena_printf(arena, "netlink inside: RTM_SETLINK %1$s not IFF_UP; RTM_SETLINK %1$s, IFLA_NET_NS_FD open(\"/proc/self/ns/net\"), IFLA_IFNAME %2$s; netlink: what \"%3$s/device.%2$s\" has of it by RTM_SETLINK, "
					    "RTM_NEWADDR and RTM_NEWROUTE; unlinkat(\"%3$s/device.%2$s\"); unlinkat(\"" CLAIM_DIRECTORY "/<network namespace>/device:%2$s\")",
				     removal->name, removal->device, removal->state_directory),
		.why = "a lent device is the host's: it gets the attributes, addresses and routes again that were recorded before it was touched",
		.source = "network_namespaces(7); rtnetlink(7)",
		.shell = arena_printf(arena, "nsenter --target \"$PID\" --net ip link set %1$s down; nsenter --target \"$PID\" --net ip link set %1$s netns $$ name %2$s", removal->name, removal->device),
		.look = arena_printf(arena, "ip addr show %s", removal->device),
	};
}

static struct removal_step of_rules(struct arena *arena, const struct removal *removal)
{
	const char *words = nat_removal_rules(arena, removal->table, removal->table_goes ? NULL : removal->name);

	return (struct removal_step){
		.actor = ACTOR_PARENT, .name = "nat", .summary = arena_printf(arena, "%s: %s", removal->name, removal->table_goes ? "the last rules, and so the table" : "its chains of the table"),
		.call = "posix_spawn(nft, one transaction); unlinkat() of what it has claimed of ports; write(open(\"/proc/sys/net/ipv4/ip_forward\"), \"0\") if minirun turned it on and no other link needs it",
		.why = "before the link, so that no rule leads to an address that is free again",
		.source = "nft(8); Documentation/networking/ip-sysctl.rst: ip_forward",
		.shell = arena_printf(arena, "nft %s", shell_quoted(arena, words)),
		.look = arena_printf(arena, "nft list table inet %s", removal->table),
	};
}

static struct removal_step of_link(struct arena *arena, const struct removal *removal)
{
	return (struct removal_step){
		.actor = ACTOR_INIT, .name = "link", .summary = removal->name,
		.call = arena_printf(arena, "netlink: RTM_DELLINK %s", removal->name),
		.why = "the kernel takes its addresses and routes along, and the other end of a pair",
		.source = "rtnetlink(7)",
		.shell = arena_printf(arena, "ip link del %s", removal->name),
		.look = look_inside,
	};
}

static struct removal_step of_bridge(struct arena *arena, const struct removal *removal)
{
	return (struct removal_step){
		.actor = ACTOR_PARENT, .name = "bridge", .summary = arena_printf(arena, "%s, if no port is left", removal->bridge),
		.call = arena_printf(arena, "flock(<lock of the bridges>, LOCK_EX); netlink: RTM_GETLINK of its ports; RTM_DELLINK %s if there are none", removal->bridge),
		.why = "what minirun has made goes with its last user; under the lock, so that no start is about to use it",
		.source = "rtnetlink(7); bridge(8)",
		.shell = arena_printf(arena, "[ -n \"$(ip -o link show master %1$s)\" ] || ip link del %1$s", removal->bridge),
		.look = arena_printf(arena, "ip link show master %s", removal->bridge),
	};
}

static struct removal_step of_addresses(struct arena *arena, const struct removal *removal)
{
	const char *list = "", *call = "";
	char text[NET_ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < removal->address_count; i++) {
		net_address_format(&removal->addresses[i], false, text, sizeof text);
		list = arena_printf(arena, "%s %s", list, text);
		call = arena_printf(arena, "%s%sunlinkat(\"" CLAIM_DIRECTORY "/<network namespace>:%s/%s\")", call, i > 0 ? "; " : "", removal->bridge, text);
	}
	return (struct removal_step){
		.actor = ACTOR_PARENT, .name = "address", .summary = arena_printf(arena, "%s on %s:%s", removal->name, removal->bridge, list),
		.call = arena_printf(arena, "%s, if the container has claimed it, and has it on no other link", call),
		.why = "the address is free for others then; under the lock of the bridges",
		.source = "minirun(1): LINKS",
		.look = "ls -l " CLAIM_DIRECTORY "/*",
	};
}

size_t removal_steps(struct arena *arena, const struct removal *removal, struct removal_step ret_steps[REMOVAL_STEPS_MAX])
{
	size_t count = 0;

	if (removal->peer || removal->device != NULL) {
		ret_steps[0] = removal->peer ? of_peer(arena, removal) : of_device(arena, removal);
		return 1;
	}
	if (removal->table != NULL)
		ret_steps[count++] = of_rules(arena, removal);
	ret_steps[count++] = of_link(arena, removal);
	if (removal->bridge_goes)
		ret_steps[count++] = of_bridge(arena, removal);
	if (removal->bridge != NULL && removal->address_count > 0)
		ret_steps[count++] = of_addresses(arena, removal);
	return count;
}
