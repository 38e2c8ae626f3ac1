// resctrl.h: shares of cache and memory bandwidth by Intel RDT and its like: groups of the resctrl file system.
// Rules: runtime-spec config-linux.md "IntelRdt"; the kernel's Documentation/filesystems/resctrl.rst. `root` is an fd of the root directory of a resctrl file system.
#ifndef MINIRUN_PROC_RESCTRL_H
#define MINIRUN_PROC_RESCTRL_H

#include "base/error.h"
#include "base/strings.h"

#include <stdbool.h>
#include <sys/types.h>

struct resctrl_group {
	const char *name;       // directory below the root; "": the root group itself
	bool must_exist;        // it is somebody's who has set it up
	struct strings lines;   // of schemata: written to a new group, compared with one that is there; none: schemata are not touched
	const char *monitor;    // monitoring group of the container, below the group's mon_groups; NULL: none
};

struct resctrl_made {
	bool group, monitor;
};

// Opens the mount point and verifies that it is a resctrl file system. fd owned by the caller.
int resctrl_open(const char *mount, struct error *err);

// Makes the group unless it is there, with its schemata, and its monitoring group. A group that is there and has other schemata than these is an error. On failure nothing made here is left. The
// error has what the kernel says in info/last_cmd_status.
int resctrl_prepare(int root, const struct resctrl_group *group, struct resctrl_made *ret_made, struct error *err);

// Writes the lines into the schemata of a group that is there, in one write(2), which the kernel takes whole or not at all. `ret_former`: what was there, malloc'd, for
// the caller to free; it can be written back as one line list. NULL: not wanted.
int resctrl_change(int root, const char *name, const struct strings *lines, char **ret_former, struct error *err);

// Puts process `pid` (its later children follow) into the group and its monitoring group.
int resctrl_join(int root, const char *name, const char *monitor, pid_t pid, struct error *err);

// Removes the group or monitoring group at `path` below the root; its processes fall to the group above. Absent is success.
int resctrl_remove(int root, const char *path, struct error *err);

// Does `schemata`, as the kernel prints it, grant just what `line` ("L3:0=ff;1=f") asks for? Ids that the line leaves out are not compared. Pure.
bool resctrl_line_matches(const char *schemata, const char *line);

#endif
