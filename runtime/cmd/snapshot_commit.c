// snapshot_commit.c: `minirun snapshot commit ID DIR`: a new image of what the container sees as its root file system.
#include "cmd/progress_bar.h"
#include "cmd/snapshot.h"
#include "rootfs/commit.h"

static int make_image(const struct trees *trees, const struct progress *progress, void *target, struct error *err)
{
	const struct commit what = {.tree = trees->now, .target = target, .subvolume = trees->kind == SNAPSHOT_BTRFS, .inside = trees->inside, .share = trees->kind != SNAPSHOT_OVERLAY};

	return commit_tree(&what, progress, err);
}

static int commit_trees(const struct snapshot_found *found, const struct trees *trees, void *target, struct error *err)
{
	return snapshot_copy(found, trees, "commit", make_image, target, err);
}

static int commit(const struct snapshot_found *found, const struct snapshot_options_values *options, void *data, struct error *err)
{
	(void)options;
	if (snapshot_check_target(found, "commit", data, err) < 0)
		return -1;
	return snapshot_with_trees_still(found, commit_trees, data, err);
}

int snapshot_commit(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	if (argc != 2)
		return command_usage("snapshot", "commit: it takes a container id and the directory that is to be made");
	progress_bar_catch();
	return snapshot_do(globals, options, argv[0], commit, argv[1]);
}
