// snapshot_part.c: the plan's snapshot: which kind, where, with whose ids; or none, and then what becomes "/" is the root file system itself.
#include "plan/build.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

// An image as it was unpacked, owned by the ids that it has inside: without a mapping they would all be nobody's. One that was chowned for these mappings is as it should be.
static bool needs_mapping(const struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	const struct host *host = b->host;
	uint32_t id;

	if (!builder_new_namespace(b, CLONE_NEWUSER) || b->host->unprivileged || !host->image_known || b->snapshot.kind == SNAPSHOT_NONE)
		return false;
	return ids_host_id(&config->uid_mappings, host->image_uid, &id) && ids_host_id(&config->gid_mappings, host->image_gid, &id) &&
	       !ids_container_id(&config->uid_mappings, host->image_uid, &id) && !ids_container_id(&config->gid_mappings, host->image_gid, &id);
}

// For who looks at what the container has left when nobody else knows it any more. Maps that are too long for that (hundreds of ranges) are in no mark; then it cannot be copied.
static const char *ids_mark(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	const char *text;

	if (!builder_new_namespace(b, CLONE_NEWUSER) || config->uid_mappings.count == 0 || config->gid_mappings.count == 0)
		return NULL;
	text = arena_printf(b->arena, "%s;%s", ids_text(b->arena, &config->uid_mappings), ids_text(b->arena, &config->gid_mappings));
	return strlen(text) <= SNAPSHOT_IDS_MAX ? text : NULL;
}

static int choose_mapping(struct builder *b)
{
	const struct snapshot_option *option = &b->own->snapshot;

	b->snapshot.ids = ids_mark(b);
	b->snapshot.mapped = option->idmap.set ? option->idmap.value : needs_mapping(b);
	b->snapshot.must_map = option->idmap.set;
	if (!option->idmap.set || !option->idmap.value)
		return 0;
	if (builder_namespace(b, CLONE_NEWUSER) == NULL)
		return error_set(b->err, EINVAL, "--snapshot: idmap=yes maps ids by the container's user namespace, and linux.namespaces has none");
	if (b->host->unprivileged)
		return error_set(b->err, EPERM, "--snapshot: idmap=yes takes CAP_SYS_ADMIN over the image's file system, which only root of the machine has; leave it out, or run as root");
	return 0;
}

int builder_choose_snapshot(struct builder *b)
{
	const struct snapshot_option *option = &b->own->snapshot;
	enum snapshot_kind kind;

	if (snapshot_choose(b->arena, option, b->plan->rootfs, &b->host->ground, &kind, &b->snapshot_why, b->err) < 0 ||
	    snapshot_of(b->arena, option, kind, b->plan->rootfs, b->plan->state_directory, b->plan->keep, &b->snapshot, b->err) < 0)
		return error_prefix(b->err, "--snapshot");
	if (option->upper == UPPER_DISK && option->store == NULL && b->host->unprivileged)
		return error_set(b->err, EPERM, "--snapshot: upper=disk lies in " SNAPSHOT_STORE_ON_DISK ", which is root's; give store=DIR of your own instead");
	b->plan->lowers = b->snapshot.lowers;
	b->plan->snapshot_guessed = option->automatic && !b->host->ground.looked;
	return choose_mapping(b);
}

void builder_undo_snapshot(struct builder *b)
{
	if (b->snapshot.kind != SNAPSHOT_NONE && builder_new_namespace(b, CLONE_NEWNS))
		builder_undo(b, b->snapshot.store != NULL ? UNDO_STORED : UNDO_SNAPSHOT, b->snapshot.directory);
}

static size_t add_mapping(struct builder *b)
{
	const struct spec_linux *config = &b->spec->linux_;
	const struct spec_namespace *user = builder_namespace(b, CLONE_NEWUSER);

	if (!b->snapshot.mapped)
		return 0;
	return user->path != NULL ? builder_mapping(b, NULL, NULL, user->path) : builder_mapping(b, &config->uid_mappings, &config->gid_mappings, NULL);
}

void builder_root_source(struct builder *b, enum actor actor)
{
	struct step *step;
	size_t mapping;

	if (!builder_new_namespace(b, CLONE_NEWNS))
		return;
	mapping = add_mapping(b);
	if (b->snapshot.kind == SNAPSHOT_NONE) {
		step = builder_add(b, STEP_CLONE_ROOT);
		step->root.path = b->plan->rootfs;
		step->root.mapped = b->snapshot.mapped;
		step->root.mapping = mapping;
	} else {
		step = builder_add(b, STEP_SNAPSHOT);
		step->snapshot.what = b->snapshot;
		step->snapshot.what.user_xattrs = b->plan->rootless;
		step->snapshot.why = b->snapshot_why;
		step->snapshot.mapping = mapping;
		builder_undo_snapshot(b);
	}
	step->actor = actor;
}
