// snapshot_commit.c: `minirun snapshot commit ID DIR`: a new image of what the container sees as its root file system.
#include "cmd/progress_bar.h"
#include "cmd/snapshot.h"
#include "rootfs/commit.h"

#include <stdio.h>

static int commit_trees(const struct snapshot_found *found, const struct trees *trees, void *data, struct error *err)
{
	const struct commit what = {.tree = trees->now, .target = data, .subvolume = trees->kind == SNAPSHOT_BTRFS, .share = trees->kind != SNAPSHOT_OVERLAY};
	struct progress_bar bar;
	char title[64];
	int result;

	if (snapshot_refuse_mapped(found, trees, "commit", err) < 0)
		return -1;
	snprintf(title, sizeof title, "commit %s", found->id);
	progress_bar_begin(&bar, title, snapshot_content(trees));
	result = commit_tree(&what, &bar.progress, err);
	progress_bar_end(&bar);
	return result < 0 ? error_prefix(err, "cannot commit the snapshot of \"%s\"", found->id) : 0;
}

static int commit(const struct snapshot_found *found, const struct snapshot_options_values *options, void *data, struct error *err)
{
	(void)options;
	return snapshot_with_trees_still(found, commit_trees, data, err);
}

int snapshot_commit(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	if (argc != 2)
		return command_usage("snapshot", "commit: it takes a container id and the directory that is to be made");
	progress_bar_catch();
	return snapshot_do(globals, options, argv[0], commit, argv[1]);
}
