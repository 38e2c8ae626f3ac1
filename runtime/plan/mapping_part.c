// mapping_part.c: the plan's lines for mounts with mapped ids: the user namespaces that hold the mappings, and the mapped clones of the sources.
// Both come before the process: in a container's user namespace nobody has the privilege over the source's file system that it takes, and what is made
// before the spawn is there for init without a hand-over.
#include "plan/build.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

static bool same_mappings(const struct id_mappings *a, const struct id_mappings *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct id_mapping *x = &a->items[i], *y = &b->items[i];

		if (x->container_id != y->container_id || x->host_id != y->host_id || x->size != y->size)
			return false;
	}
	return true;
}

size_t builder_mapping(struct builder *b, const struct id_mappings *uids, const struct id_mappings *gids, const char *path)
{
	struct step *step;

	for (size_t i = 0; i < b->plan->count; i++) {
		step = &b->plan->steps[i];
		if (step->kind == STEP_MAPPING && step->mapping.path == path && same_mappings(step->mapping.uids, uids) && same_mappings(step->mapping.gids, gids))
			return step->mapping.number;
	}
	step = builder_add(b, STEP_MAPPING);
	step->mapping.uids = uids;
	step->mapping.gids = gids;
	step->mapping.path = path;
	step->mapping.mounts = builder_namespace(b, CLONE_NEWUSER) != NULL;
	step->mapping.number = b->plan->mapping_count++;
	return step->mapping.number;
}

// runtime-spec config.md "Mounts": the mount's own mappings, else those of the container's user namespace, else an error.
static int add_mapped_source(struct builder *b, size_t index, const struct mount_request *request)
{
	const struct spec_mount *mount = &b->spec->mounts[index];
	const struct spec_namespace *user = builder_namespace(b, CLONE_NEWUSER);
	const struct spec_linux *config = &b->spec->linux_;
	struct step *step;
	size_t mapping;

	if (b->plan->rootless)
		return error_set(b->err, EPERM, "mounts[%zu] (%s): the option %s takes CAP_SYS_ADMIN over the source's file system, which only root of the machine has; leave it out, or run as root",
				 index, mount->destination, request->idmap_recursive ? "ridmap" : "idmap");
	if (mount->uid_mappings.count > 0)
		mapping = builder_mapping(b, &mount->uid_mappings, &mount->gid_mappings, NULL);
	else if (user == NULL)
		return error_set(b->err, EINVAL, "mounts[%zu] (%s): the option %s needs a mapping; give the mount uidMappings and gidMappings, or the container a user namespace", index,
				 mount->destination, request->idmap_recursive ? "ridmap" : "idmap");
	else if (user->path != NULL)
		mapping = builder_mapping(b, NULL, NULL, user->path);
	else
		mapping = builder_mapping(b, &config->uid_mappings, &config->gid_mappings, NULL);
	step = builder_add(b, STEP_IDMAP);
	step->mount.request = *request;
	step->mount.mapping = mapping;
	step->mount.source = b->plan->source_count++;
	step->mount.propagation = builder_propagation(b) & ~(unsigned long)MS_REC;
	return 0;
}

int builder_mappings(struct builder *b)
{
	for (size_t i = 0; i < b->spec->mount_count; i++) {
		struct mount_request request = {0};

		if (builder_mount_request(b, i, &request) < 0)
			return -1;
		if (request.idmap && add_mapped_source(b, i, &request) < 0)
			return -1;
	}
	return 0;
}
