// view.h: a snapshot to be looked at: what its container sees as "/", without what is mounted there, read-only.
#ifndef MINIRUN_ROOTFS_VIEW_H
#define MINIRUN_ROOTFS_VIEW_H

#include "base/error.h"
#include "rootfs/inside.h"
#include "rootfs/snapshot.h"

#include <stdbool.h>

struct view {
	const char *directory; // of the snapshot
	const char *image;     // absolute path of its root file system
	int user_namespace;    // with the maps of the container's, for an image whose ids are mapped; -1: they stay what they are
};

// The trees that a snapshot is made of; fds of directories, owned by the caller, closed by trees_close().
struct trees {
	int now;    // what there is: a detached read-only mount of overlay's layers, or btrfs's and reflink's own directory
	int before; // the image; of an overlay of several layers these together
	enum snapshot_kind kind;
	const struct inside *inside; // what its owners are for the container, for a copy that is to be the container's: set by who knows it, borrowed; NULL: what they are
	bool mixed; // an overlay on an image whose ids were mapped, by maps that were not given: what was written has the host's ids, the rest the image's
	int layer;  // overlay: the upper directory, which has all that is not the image's; -1: there is none
};

#define TREES_CLOSED ((struct trees){.now = -1, .before = -1, .layer = -1})

// Nothing is attached anywhere. An overlay has the host's ids, in all of its layers. The container may be running: each file is then as it is when it is read.
int view_open(const struct view *view, struct trees *ret_trees, struct error *err);
void trees_close(struct trees *trees);

// A detached mount of `trees->now`, read-only, without set-id programs and devices; owned by the caller. -1 with errno.
int view_mount(const struct trees *trees);

#define AUTO_TREES __attribute__((cleanup(trees_close))) struct trees

#endif
