// mountinfo.h: /proc/PID/mountinfo (proc_pid_mountinfo(5)).
#ifndef MINIRUN_BASE_MOUNTINFO_H
#define MINIRUN_BASE_MOUNTINFO_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One mount. The kernel's escapes (\040 for a blank) are taken back in the strings.
struct mountinfo {
	uint64_t id, parent;       // as statx(2) has them in stx_mnt_id
	const char *root;          // directory of the file system that is mounted
	const char *point;         // mount point, as seen from the process's root
	const char *options;       // of this mount: "ro,nosuid"
	bool shared;               // its peer group gets its mounts
	const char *type, *source; // of the file system
	const char *super_options; // of the file system, wherever it is mounted
};

struct mounts {
	struct mountinfo *items; // in the file's order, which is that of the ids on newer kernels, and an id is used again: it does not tell what lies on what
	size_t count;
};

// All mounts of the file `path` below the directory `dir` (or AT_FDCWD), in `arena`. Lines that have not the file's format are passed over. 0, or -1 with errno.
int mountinfo_read(struct arena *arena, int dir, const char *path, struct mounts *ret_mounts);

// The mount with this id; NULL: none.
const struct mountinfo *mountinfo_find(const struct mounts *mounts, uint64_t id);

// The one that is seen at this mount point (absolute, without a slash at its end), of those that lie on each other there, or on what is above; NULL: none.
const struct mountinfo *mountinfo_topmost(const struct mounts *mounts, const char *point);

#endif
