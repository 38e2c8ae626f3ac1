// overlay.h: the copy-on-write snapshot of a root file system by overlayfs.
// lower = the image, upper and work in a directory of the container's state. The image is never written to.
#ifndef MINIRUN_ROOTFS_OVERLAY_H
#define MINIRUN_ROOTFS_OVERLAY_H

#include "base/error.h"

#include <stdbool.h>

struct overlay {
	const char *lower;     // absolute path of the image's root file system
	const char *directory; // absolute path; made (0700); holds upper/ and work/
	bool user_xattrs;      // in a user namespace: overlayfs keeps its marks in user.* attributes, since trusted.* are root's (Linux 5.11)
	bool keep;             // the upper layer outlives the container: mounted without "volatile"
};

// Makes the directories (upper with mode and owner of lower, so that "/" looks alike) and returns a detached overlay mount (fsopen/fsmount),
// owned by the caller. Nothing is attached anywhere, so closing the fd undoes the mount. With `volatile` the kernel skips the sync
// of the upper file system at unmount (0.2 to 8 ms on ext4), which is right for a layer that is thrown away. With `keep` a layer that is there
// is continued; without it, it is an error (EEXIST). ENOSPC and the overlayfs reasons (upper on an overlay, lower missing) are worded with
// the way out. Paths with ',' ':' '\\' and long ones work, if /proc is mounted. After an error the directories are the caller's to remove.
int overlay_mount(const struct overlay *overlay, struct error *err);

// Removes directory, upper and work. Absent is success.
int overlay_remove(const char *directory, struct error *err);

#endif
