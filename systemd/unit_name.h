// unit_name.h: names of systemd's units and the cgroups that follow from them. Pure. Rules: systemd.unit(5), systemd.slice(5), runc's docs/systemd.md.
#ifndef MINIRUN_SYSTEMD_UNIT_NAME_H
#define MINIRUN_SYSTEMD_UNIT_NAME_H

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

enum { UNIT_NAME_MAX = 255 };

struct unit_place {
	const char *unit;  // "minirun-box.scope"
	const char *slice; // "system.slice"
	const char *path;  // of the unit's cgroup below the manager's own: "/system.slice/minirun-box.scope"
	bool is_slice;     // the unit is a slice itself
};

// From a cgroupsPath "SLICE:PREFIX:NAME" (NULL or "": all by default) and the container's id. SLICE "" is system.slice, or user.slice for `user`; NAME that ends in ".slice"
// is the unit itself, else it is PREFIX-NAME.scope, or NAME.scope without a prefix. What a unit's name cannot hold becomes \xNN, as systemd-escape(1) does it.
// EINVAL names the part that is wrong.
int unit_place(struct arena *arena, const char *cgroups_path, const char *id, bool user, struct unit_place *ret_place, struct error *err);

// "file:///run/minirun/box": the Documentation of a unit, which says to whom it belongs: the container's state directory. manager_stop() asks for it.
const char *unit_owner(struct arena *arena, const char *state_directory);

#endif
