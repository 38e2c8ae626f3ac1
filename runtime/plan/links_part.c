// links_part.c: the container's network: links made beside the process and in its network namespace, devices of the host's, undoing.
#include "plan/build.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

// The whole move is the parent's, which has the rights in both namespaces; a program in a user namespace could not take what is the host's.
static void add_net_devices(struct builder *b)
{
	const struct spec_pairs *devices = &b->spec->linux_.net_devices;

	for (size_t i = 0; i < devices->count; i++) {
		struct step *step = builder_add(b, STEP_NET_DEVICE);

		step->net_device.name = devices->items[i].key;
		step->net_device.new_name = devices->items[i].value != NULL ? devices->items[i].value : devices->items[i].key;
		step->net_device.number = b->plan->net_device_count++;
	}
}

// Whether the container's network namespace is there after its end: lent devices are fetched from it.
static bool keeps_network(const struct builder *b)
{
	for (size_t i = 0; i < b->own->link_count; i++)
		if (b->own->links[i].kind == LINK_PHYS)
			return true;
	return b->request->keeps_network || !builder_new_namespace(b, CLONE_NEWNET);
}

static void add_bridge(struct builder *b, const struct net_link *link)
{
	struct step *step;

	builder_add(b, STEP_BRIDGE)->link = link;
	if (link->address_count == 0 && !link->auto_address)
		return;
	step = builder_add(b, STEP_ADDRESS);
	step->address.link = link;
	// Rules, too, lead to the address until they are removed.
	step->address.outlives = keeps_network(b) || nat_wanted(link);
	b->plan->assigns |= link->auto_address;
}

// Kinds that the parent makes: what they are on is in its network namespace. The others need nothing of the host's, and are made where they belong.
static void add_link(struct builder *b, size_t number)
{
	const struct net_link *link = &b->own->links[number];
	struct step *step;

	if (link->peer != NULL)
		return;
	if (link->kind == LINK_PHYS) {
		step = builder_add(b, STEP_NET_DEVICE);
		step->net_device.name = link->device;
		step->net_device.new_name = link->name;
		step->net_device.link = link;
		b->plan->assigns |= link->keeps_addresses;
		return;
	}
	if (link->kind != LINK_VETH) {
		if (link_on_host(link))
			builder_add(b, STEP_SUBLINK)->link = link;
		return;
	}
	if (link->bridge != NULL)
		add_bridge(b, link);
	step = builder_add(b, STEP_VETH);
	step->veth.link = link;
	step->veth.number = number;
}

// One table for all, when the addresses are known.
static void add_nat(struct builder *b)
{
	const char *table = nat_table(b->arena, b->plan->state_directory);
	struct step *step;

	for (size_t i = 0; i < b->own->link_count; i++) {
		if (!nat_wanted(&b->own->links[i]))
			continue;
		builder_undo(b, UNDO_NAT, table);
		step = builder_add(b, STEP_NAT);
		step->nat.table = table;
		step->nat.links = b->own->links;
		step->nat.count = b->own->link_count;
		return;
	}
}

void builder_links(struct builder *b)
{
	for (size_t i = 0; i < b->own->link_count; i++)
		add_link(b, i);
	add_nat(b);
	builder_cores_links(b);
	add_net_devices(b);
}

// The kernel opens a bridge's port a moment after the link is up, from a work queue; what the program sent before would be dropped.
static void add_links_ready(struct builder *b)
{
	int configured = builder_last(b, ACTOR_INIT);

	for (size_t i = 0; i < b->own->link_count; i++) {
		struct step *step;

		if (b->own->links[i].kind != LINK_VETH || b->own->links[i].peer != NULL || b->own->links[i].down)
			continue;
		step = builder_add(b, STEP_LINK_READY);
		step->veth.link = &b->own->links[i];
		step->veth.number = i;
		builder_needs(b, configured);
	}
}

// Behind the record, by which the peer finds this container, and when init has done its part in the network namespace: from here on the peer may make the pair.
static void add_peers(struct builder *b)
{
	int ready = builder_last(b, ACTOR_INIT);

	for (size_t i = 0; i < b->own->link_count; i++) {
		if (b->own->links[i].peer == NULL)
			continue;
		builder_add(b, STEP_PEER)->link = &b->own->links[i];
		builder_needs(b, ready);
	}
}

// Before the link is up: what is to hold for its first packet, and for the addresses that the kernel gives it then.
static void add_link_sysctls(struct builder *b, const struct net_link *link, int made)
{
	for (size_t i = 0; i < link->sysctl_count; i++) {
		struct step *step = builder_add(b, STEP_SYSCTL);

		step->sysctl.path = link->sysctls[i].path;
		step->sysctl.value = link->sysctls[i].value;
		builder_needs(b, made);
	}
}

static bool first_of_vrf(const struct builder *b, size_t number)
{
	const struct net_link *links = b->own->links;

	for (size_t i = 0; i < number; i++)
		if (links[i].peer == NULL && links[i].vrf != NULL && links[number].vrf != NULL && strcmp(links[i].vrf, links[number].vrf) == 0)
			return false;
	return links[number].vrf != NULL;
}

// The last step with which the parent gives the container a link.
static int last_made(const struct builder *b)
{
	const enum step_kind kinds[] = {STEP_VETH, STEP_SUBLINK, STEP_NET_DEVICE};
	int last = -1;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (builder_last_of(b, kinds[i]) > last)
			last = builder_last_of(b, kinds[i]);
	return last;
}

static void add_configured(struct builder *b)
{
	int made = last_made(b);

	for (size_t i = 0; i < b->own->link_count; i++) {
		if (b->own->links[i].peer != NULL)
			continue; // made and configured by who comes second
		if (first_of_vrf(b, i))
			builder_add(b, STEP_VRF)->link = &b->own->links[i];
		if (!link_on_host(&b->own->links[i]))
			builder_add(b, STEP_OWN_LINK)->link = &b->own->links[i];
		add_link_sysctls(b, &b->own->links[i], made);
		builder_add(b, STEP_LINK)->link = &b->own->links[i];
		builder_needs(b, made);
	}
}

void builder_network(struct builder *b)
{
	if (builder_new_namespace(b, CLONE_NEWNET))
		builder_add(b, STEP_LOOPBACK);
	add_configured(b);
	add_links_ready(b);
	add_peers(b);
}

static int lend_devices(struct builder *b)
{
	const struct spec_pairs *devices = &b->spec->linux_.net_devices;
	const char *network = arena_printf(b->arena, "%s/" STATE_NETWORK, b->plan->state_directory);

	for (size_t i = 0; i < b->own->link_count; i++) {
		const struct net_link *link = &b->own->links[i];

		if (link->kind != LINK_PHYS)
			continue;
		for (size_t j = 0; j < devices->count; j++)
			if (strcmp(devices->items[j].key, link->device) == 0)
				return error_set(b->err, EINVAL, "cannot move the network device %s into the container as %s: linux.netDevices moves it, too", link->device, link->name);
		builder_undo(b, UNDO_NETWORK, network);
		builder_undo(b, UNDO_DEVICE, link->device);
	}
	return 0;
}

int builder_check_links(struct builder *b)
{
	const struct spec_namespace *network = builder_namespace(b, CLONE_NEWNET);

	if (b->own->link_count == 0)
		return 0;
	if (network == NULL)
		return error_set(b->err, EINVAL,
				 "cannot give the container link %s: linux.namespaces has no network namespace, so it shares the host's; add "
				 "{\"type\": \"network\"}",
				 b->own->links[0].name);
	for (size_t i = 0; i < b->own->link_count; i++)
		if (b->own->links[i].peer != NULL && strcmp(b->own->links[i].peer, b->request->id) == 0)
			return error_set(b->err, EINVAL, "cannot give the container link %s: peer=%s:%s is this container itself", b->own->links[i].name, b->own->links[i].peer, b->own->links[i].peer_link);
	for (size_t i = 0; i < b->own->link_count; i++) {
		if (b->own->links[i].bridge != NULL)
			builder_undo(b, UNDO_BRIDGE, b->own->links[i].bridge);
		if (b->own->links[i].peer != NULL)
			builder_undo(b, UNDO_PEER, b->own->links[i].name);
	}
	// A namespace of our own takes its links along when it ends; one that was joined does not.
	for (size_t i = 0; i < b->own->link_count && network->path != NULL; i++) {
		if (b->own->links[i].kind == LINK_VETH && b->own->links[i].peer == NULL)
			builder_undo(b, UNDO_LINKS, b->request->id);
		else if (b->own->links[i].kind != LINK_PHYS)
			builder_undo(b, UNDO_JOINED_LINKS, network->path);
		if (b->own->links[i].vrf != NULL)
			builder_undo(b, UNDO_JOINED_LINKS, network->path);
	}
	return lend_devices(b);
}

int plan_add_link(struct arena *arena, const struct plan_request *request, struct plan *ret_plan, struct error *err)
{
	struct plan plan = {
		.id = request->id,
		.bundle = request->spec->bundle,
		.state_directory = arena_printf(arena, "%s/%s", request->root, request->id),
		.links = request->own->links,
		.link_count = request->own->link_count,
	};
	struct builder b = {.arena = arena, .request = request, .spec = request->spec, .own = request->own, .plan = &plan, .spawn = -1, .parent_hook = -1, .listener = -1, .err = err};

	if (builder_check_links(&b) < 0)
		return -1;
	for (size_t i = 0; i < b.own->link_count; i++)
		add_link(&b, i);
	add_nat(&b);
	add_configured(&b);
	add_links_ready(&b);
	add_peers(&b);
	*ret_plan = plan;
	return 0;
}
