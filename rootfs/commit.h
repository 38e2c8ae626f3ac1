// commit.h: a tree made a new image: a directory, or where the file system is btrfs a subvolume, of which snapshots can be made in no time.
#ifndef MINIRUN_ROOTFS_COMMIT_H
#define MINIRUN_ROOTFS_COMMIT_H

#include "base/error.h"
#include "rootfs/inside.h"
#include "rootfs/progress.h"

#include <stdbool.h>

struct commit {
	int tree;           // readable, borrowed
	const char *target; // path of what is made; must not be there
	bool subvolume;     // `tree` is a subvolume of btrfs: on the same file system it is snapshotted, and nothing copied
	const struct inside *inside; // the image gets the ids that the container sees; NULL: the tree's
	bool share;         // files share their blocks with those of the tree where the file system can (not from an overlay)
};

// The copy gets its name when it is whole and on the disk; before, it is .NAME.partial beside it, which is removed after an error, and by the next commit to that name after a crash.
// EEXIST if the target is there; EBUSY while another commit makes it. `progress` may be NULL.
int commit_tree(const struct commit *commit, const struct progress *progress, struct error *err);

#endif
