// snapshot_rm.c: `minirun snapshot rm ID...` and `minirun snapshot prune`: snapshots that no running container has, taken away.
#include "base/cleanup.h"
#include "cmd/document.h"
#include "cmd/snapshot.h"
#include "cmd/still.h"
#include "play/destroy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

// The lock is held. A container that waits for `delete` is still there afterwards; what nobody waits for goes as a whole, as it does when its id is used again.
static int remove_found(int root, const struct snapshot_found *found, struct error *err)
{
	if (found->stored)
		return container_remove_snapshot(&found->state, found->directory, err);
	if (!found->recorded)
		return state_remove(root, found->id, err);
	if (found->owner == SNAPSHOT_OWNER_ENDED)
		return container_remove_snapshot(&found->state, found->directory, err);
	return container_destroy(root, &found->state, NULL, err);
}

static int refuse(const struct snapshot_found *found, struct error *err)
{
	error_set(err, EBUSY, "cannot remove the snapshot of \"%s\": its container is %s", found->id, status_name(found->status));
	return error_hint(err, "`minirun delete --force %s` ends and removes both", found->id);
}

// Whoever has the lock may be setting the container up: then it is there by then, or gone.
static int remove_one(const struct globals *globals, const char *id, struct error *err)
{
	AUTO_FD root = state_open_root(globals->root, false, err);
	AUTO_FD lock = -1;
	AUTO_FD dir = -1;
	struct arena arena = {0};
	struct snapshot_found found = {0};
	int result = -1;

	if (root < 0 && err->code == ENOENT)
		return error_set(err, ENOENT, "container \"%s\" does not exist", id);
	if (root >= 0)
		lock = state_lock(root, id, err);
	if (lock >= 0)
		dir = snapshot_find(root, globals->root, id, true, &arena, &found, err);
	if (dir >= 0)
		result = found.owner == SNAPSHOT_OWNER_USES ? refuse(&found, err) : remove_found(root, &found, err);
	arena_free(&arena);
	return result;
}

static int remove_orphan(const struct globals *globals, const struct snapshot_options_values *options, const char *id, struct error *err)
{
	struct arena arena = {0};
	struct snapshot_found found = {0};
	AUTO_FD lock = snapshot_find_orphan(globals, options, id, LOCK_EX, &arena, &found, err);
	int result = lock < 0 ? -1 : remove_found(-1, &found, err);

	arena_free(&arena);
	return result;
}

int snapshot_rm(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	int status = EXIT_OK;

	if (argc == 0)
		return command_usage("snapshot", "rm: no container id is given");
	for (int i = 0; i < argc; i++) {
		struct error err = ERROR_INIT;

		if ((strchr(argv[i], '@') != NULL ? remove_orphan(globals, options, argv[i], &err) : remove_one(globals, argv[i], &err)) < 0)
			status = command_failed(&err, EXIT_FAILED);
	}
	return status;
}

// ---- prune ------------------------------------------------------------------------------------------------------------------------------

struct pruning {
	struct arena arena;
	size_t count;
	uint64_t bytes;
};

static void say(struct pruning *pruning, const struct snapshot_found *found, bool sized, uint64_t bytes)
{
	struct arena *arena = &pruning->arena;

	pruning->count++;
	pruning->bytes += sized ? bytes : 0;
	printf("%s: removed%s%s, of %s, made %s\n", found->id, sized ? ", " : "", sized ? snapshot_size_text(arena, bytes) : "", found->image != NULL ? document_visible(arena, found->image) : "an image unknown",
	       state_time(arena, found->created));
}

// Who copies has the container's lock, so that a freeze for a copy is a killed one's by now.
static int let_go_on(const struct snapshot_found *found, struct error *err)
{
	int recovered = found->recorded ? still_recover(&found->state, err) : 0;

	if (recovered > 0)
		printf("%s: goes on, which a copy that was killed had stopped\n", found->id);
	return recovered < 0 ? -1 : 0;
}

// What somebody has the lock of is being made, read or removed.
static int prune_one(const struct globals *globals, int root, const char *id, struct pruning *pruning, struct error *err)
{
	struct error gone = ERROR_INIT;
	AUTO_FD lock = state_open(root, id, &gone);
	AUTO_FD dir = -1;
	struct snapshot_found found = {0};
	uint64_t bytes = 0;
	bool sized;

	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
		return 0;
	dir = snapshot_find(root, globals->root, id, true, &pruning->arena, &found, &gone);
	if (dir < 0 || found.owner == SNAPSHOT_OWNER_ENDED)
		return 0;
	if (found.owner == SNAPSHOT_OWNER_USES)
		return let_go_on(&found, err);
	sized = snapshot_size(&found, &bytes);
	if (remove_found(root, &found, err) < 0)
		return -1;
	say(pruning, &found, sized, bytes);
	return 0;
}

static int prune_orphans(const struct globals *globals, const struct snapshot_options_values *options, struct pruning *pruning, struct error *err)
{
	struct snapshot_orphans orphans;
	int result = 0;

	if (snapshot_orphans(globals, options, &pruning->arena, &orphans, err) < 0)
		return -1;
	for (size_t i = 0; i < orphans.count; i++) {
		struct error one = ERROR_INIT;
		struct snapshot_found *found = &orphans.items[i];
		AUTO_FD lock = open(found->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		uint64_t bytes = 0;
		bool sized;

		if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0)
			continue;
		sized = snapshot_size(found, &bytes);
		if (remove_found(-1, found, &one) == 0) {
			say(pruning, found, sized, bytes);
			continue;
		}
		*err = one;
		result = -1;
	}
	return result;
}

int snapshot_prune(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct pruning pruning = {0};
	struct strings ids = {0};
	AUTO_FD root = -1;
	int status = EXIT_OK;

	if (argc > 0)
		return command_usage("snapshot", "prune: '%s' is one word too many", argv[0]);
	root = state_open_root(globals->root, false, &err);
	if ((root < 0 && err.code != ENOENT) || (root >= 0 && state_list(root, &pruning.arena, &ids, &err) < 0))
		return command_failed(&err, EXIT_FAILED);
	for (size_t i = 0; i < ids.count; i++) {
		err = ERROR_INIT;
		if (prune_one(globals, root, ids.items[i], &pruning, &err) < 0)
			status = command_failed(&err, EXIT_FAILED);
	}
	err = ERROR_INIT;
	if (prune_orphans(globals, options, &pruning, &err) < 0)
		status = command_failed(&err, EXIT_FAILED);
	printf("%zu removed, %s freed\n", pruning.count, snapshot_size_text(&pruning.arena, pruning.bytes));
	arena_free(&pruning.arena);
	return status;
}
