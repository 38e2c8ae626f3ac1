// snapshot_still.c: a container that runs is stopped while its snapshot is copied, so that the copy is of one moment.
#include "base/log.h"
#include "cmd/snapshot.h"
#include "cmd/still.h"

int snapshot_with_trees_still(const struct snapshot_found *found, snapshot_work work, void *data, struct error *err)
{
	const struct state *state = &found->state;
	struct error thaw = ERROR_INIT;
	bool runs = (found->status == STATUS_RUNNING || found->status == STATUS_PAUSED) && state->cgroup_mount != NULL;
	int mark = -1;
	int result;

	if (runs && still_begin(state, &mark, err) < 0)
		return error_prefix(err, "cannot stop container \"%s\" for a copy of one moment", found->id);
	result = snapshot_with_trees(found, work, data, err);
	if (mark >= 0 && still_end(state, mark, &thaw) < 0) {
		log_error("container \"%s\" was stopped for the copy and does not go on: %s; try `minirun resume %s`", found->id, thaw.text, found->id);
		if (result == 0)
			*err = thaw;
		result = -1;
	}
	return result;
}
