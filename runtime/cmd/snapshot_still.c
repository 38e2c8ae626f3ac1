// snapshot_still.c: a container that runs is stopped while its snapshot is copied, so that the copy is of one moment.
#include "base/cleanup.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cmd/snapshot.h"

enum { FREEZE_MS = 10000 }; // as `minirun pause`

static int freeze(const struct state *state, bool frozen, struct error *err)
{
	AUTO_FD root = cgroup_open_root(state->cgroup_mount, err);

	return root < 0 ? -1 : cgroup_freeze(root, state->cgroup_path, state->owner, frozen, FREEZE_MS, err);
}

int snapshot_with_trees_still(const struct snapshot_found *found, snapshot_work work, void *data, struct error *err)
{
	const struct state *state = &found->state;
	struct error thaw = ERROR_INIT;
	bool still = found->status == STATUS_RUNNING && state->cgroup_mount != NULL;
	int result;

	if (still && freeze(state, true, err) < 0)
		return error_prefix(err, "cannot stop container \"%s\" for a copy of one moment", found->id);
	result = snapshot_with_trees(found, work, data, err);
	if (still && freeze(state, false, &thaw) < 0) {
		log_error("container \"%s\" was stopped for the copy and does not go on: %s; try `minirun resume %s`", found->id, thaw.text, found->id);
		if (result == 0)
			*err = thaw;
		result = -1;
	}
	return result;
}
