// unit_limits.h: limits as properties of a systemd unit, so that systemd knows of them, shows them, and writes the same when it writes (after `systemctl daemon-reload`,
// or when another unit needs a controller). Pure.
#ifndef MINIRUN_PLAN_UNIT_LIMITS_H
#define MINIRUN_PLAN_UNIT_LIMITS_H

#include "cgroup/limits.h"
#include "systemd/property.h"

// Appends the property for one write; nothing for a file that systemd does not know (hugetlb, rdma, misc, ...), which it leaves alone. A later one of
// the same name replaces an earlier one. For new scopes and for `update` (manager_set()).
void unit_limit(struct arena *arena, const struct cgroup_write *write, struct unit_properties *properties);

#endif
