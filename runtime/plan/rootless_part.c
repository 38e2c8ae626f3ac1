// rootless_part.c: the plan of a minirun without privileges: what init does in the parent's place, who writes the id maps, and what cannot be had.
// Rules: user_namespaces(7), cgroups(7) "Delegation containment", newuidmap(1).
#include "plan/build.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>

static bool has(const struct builder *b, int capability)
{
	return (b->host->capabilities >> capability & 1) != 0;
}

static int refuse_links(struct builder *b)
{
	const struct spec_pairs *devices = &b->spec->linux_.net_devices;

	if (has(b, CAP_NET_ADMIN))
		return 0;
	if (devices->count > 0)
		return error_set(b->err, EPERM, "cannot give the container the host's device %s without privileges: it takes CAP_NET_ADMIN on the host; remove it from linux.netDevices, or run as root",
				 devices->items[0].key);
	for (size_t i = 0; i < b->own->link_count; i++)
		if (b->own->links[i].kind == LINK_PHYS)
			return error_set(b->err, EPERM, "cannot give the container link %s without privileges: device=%s is the host's, and moving it takes CAP_NET_ADMIN there; leave the link out, or run as root",
					 b->own->links[i].name, b->own->links[i].device);
		else if (link_on_host(&b->own->links[i]))
			return error_set(b->err, EPERM,
					 "cannot give the container link %s without privileges: %s the host; leave the link out (the host's network, "
					 "or a network namespace with lo alone), or run as root",
					 b->own->links[i].name, b->own->links[i].peer != NULL ? "its other end is another container's, and making it takes rights on" : b->own->links[i].kind == LINK_VETH ? "its other end and the bridge are on" : "what it is on belongs to");
	return 0;
}

int builder_rootless(struct builder *b)
{
	struct plan *plan = b->plan;
	const struct spec_linux *config = &b->spec->linux_;

	if (!b->host->unprivileged)
		return 0;
	// Root of a user namespace needs no further one. For anybody else only a user namespace brings the rights that the other namespaces take; without, the
	// plan is the one that root would carry out.
	plan->rootless = builder_namespace(b, CLONE_NEWUSER) != NULL || has(b, CAP_SYS_ADMIN);
	plan->needs_root = !plan->rootless;
	if (!plan->rootless)
		return 0;
	// Recorded before the cgroup, as in every plan, so that it is removed when the cgroup's processes are gone.
	builder_undo_snapshot(b);
	if (b->snapshot.kind != SNAPSHOT_NONE && config->uid_mappings.count > 0 && config->gid_mappings.count > 0) {
		plan->uids = &config->uid_mappings;
		plan->gids = &config->gid_mappings;
	}
	return refuse_links(b);
}

int builder_no_delegation(struct builder *b)
{
	const char *own = b->host->cgroup_own != NULL ? b->host->cgroup_own : "one outside of its cgroup namespace";

	if (b->limits.count > 0)
		return error_set(b->err, EACCES,
				 "cannot set %s: no cgroup is delegated to this user; minirun is in %s, which is not the user's to write to. Start it in one that is (systemd-run "
				 "--user --scope -p Delegate=yes minirun ...), or remove the limit",
				 b->limits.writes[0].field, own);
	builder_warn(b, "the container gets no cgroup of its own: none is delegated to this user (minirun is in %s); systemd-run --user --scope -p Delegate=yes "
			"minirun ... gives it one",
		     own);
	return 0;
}

// Without CAP_SETUID (CAP_SETGID for groups) the kernel takes a map of the writer's own id alone; newuidmap and newgidmap, which have it, write what root has granted.
static bool takes_helper(const struct builder *b, int capability, const struct id_mappings *maps, unsigned own)
{
	return !has(b, capability) && !(maps->count == 1 && maps->items[0].size == 1 && maps->items[0].host_id == own);
}

void builder_id_maps(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	struct step *step = builder_add(b, STEP_ID_MAPS);

	step->maps.uids = &config->uid_mappings;
	step->maps.gids = &config->gid_mappings;
	if (!b->plan->rootless)
		return;
	step->maps.uid_helper = takes_helper(b, CAP_SETUID, step->maps.uids, b->host->euid);
	step->maps.gid_helper = takes_helper(b, CAP_SETGID, step->maps.gids, b->host->egid);
	step->maps.groups_denied = !step->maps.gid_helper && !has(b, CAP_SETGID);
}
