// diff.h: what a snapshot has that its image has not, and the other way round.
#ifndef MINIRUN_ROOTFS_DIFF_H
#define MINIRUN_ROOTFS_DIFF_H

#include "base/error.h"
#include "rootfs/view.h"

enum change { CHANGE_ADDED = 'A', CHANGE_CHANGED = 'C', CHANGE_DELETED = 'D' };

// `path` begins with '/'. 0 to go on; else it is the walk's result.
typedef int (*diff_report)(void *data, enum change change, const char *path);

// Reports each path that is in one tree alone, or whose type, mode, owner, device number, link target, extended attributes, content, or (of all but directories) time of last change
// differ. Of a directory that is gone only itself; of one that is new all that is in it, too. A directory with a change in it is changed. What overlayfs has copied up
// without a change is none. No order is kept. -1 with the error that names the path.
int diff_trees(const struct trees *trees, diff_report report, void *data, struct error *err);

#endif
