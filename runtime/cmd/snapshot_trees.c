// snapshot_trees.c: a snapshot opened for work on what is in it: by whom, with whose ids, and with a progress bar.
#include "base/cleanup.h"
#include "cmd/progress_bar.h"
#include "cmd/snapshot.h"
#include "play/as_root.h"
#include "proc/mapping.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>

bool snapshot_ids(struct arena *arena, const char *text, struct inside *ret_ids)
{
	const char *line = strchr(text, ';');

	return line != NULL && ids_parse(arena, text, (size_t)(line - text), &ret_ids->uids) && ids_parse(arena, line + 1, strlen(line + 1), &ret_ids->gids);
}

struct job {
	const struct snapshot_found *found;
	const struct inside *ids; // NULL: there are none, or they are not known
	bool by_root;             // of the container's user namespace, who sees what it sees
	struct snapshot_look look;
	snapshot_work work;
	void *data;
};

// A user namespace like the container's, for the layers whose ids it has mapped.
static int map_image(const struct job *job, int *ret_user_namespace, struct error *err)
{
	AUTO_FD proc = -1;
	struct mapping mapping = MAPPING_INIT;

	if (job->ids == NULL || job->by_root || !job->look.mapped || job->look.kind != SNAPSHOT_OVERLAY)
		return 0;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (mapping_create(proc, &job->ids->uids, &job->ids->gids, false, &mapping, err) < 0)
		return -1;
	*ret_user_namespace = mapping.user;
	return 0;
}

// What btrfs and reflink have written of a mapped image has the container's ids already.
static const struct inside *ids_to_change(const struct job *job)
{
	return job->by_root || (job->look.mapped && job->look.kind != SNAPSHOT_OVERLAY) ? NULL : job->ids;
}

static int perform(void *data, struct error *err)
{
	const struct job *job = data;
	AUTO_FD user_namespace = -1;
	AUTO_TREES trees = TREES_CLOSED;

	if (map_image(job, &user_namespace, err) < 0 || view_open(&(struct view){job->found->directory, job->found->image, user_namespace}, &trees, err) < 0)
		return -1;
	trees.inside = ids_to_change(job);
	return job->work(job->found, &trees, job->data, err);
}

int snapshot_with_trees(const struct snapshot_found *found, snapshot_work work, void *data, struct error *err)
{
	struct job job = {.found = found, .by_root = as_root_needed(&found->state), .work = work, .data = data};
	struct arena arena = {0};
	struct inside ids;
	int result = snapshot_look(found->directory, &job.look, err);

	if (result == 0) {
		job.ids = snapshot_ids(&arena, job.look.ids, &ids) ? &ids : NULL;
		result = job.by_root ? as_root(&found->state, CLONE_NEWNS, perform, &job, err) : perform(&job, err);
	}
	arena_free(&arena);
	return result;
}

// The two kinds of ids can only be told apart by who knows the maps.
static int refuse_mixed(const struct snapshot_found *found, const char *verb, struct error *err)
{
	error_set(err, ENOTSUP, "cannot %s the snapshot of \"%s\": the ids of its image are mapped by a user namespace that is somebody else's, and what was written has the host's ids", verb, found->id);
	return error_hint(err, "pack it inside, with `minirun exec ID tar`, or give the container the namespace's maps instead of its path");
}

int snapshot_copy(const struct snapshot_found *found, const struct trees *trees, const char *verb, snapshot_copier copier, void *data, struct error *err)
{
	struct progress_bar bar;
	char title[64];
	int result;

	if (trees->mixed)
		return refuse_mixed(found, verb, err);
	snprintf(title, sizeof title, "%s %s", verb, found->id);
	progress_bar_begin(&bar, title, snapshot_content(trees));
	result = copier(trees, &bar.progress, data, err);
	progress_bar_end(&bar);
	return result < 0 ? error_prefix(err, "cannot %s the snapshot of \"%s\"", verb, found->id) : 0;
}
