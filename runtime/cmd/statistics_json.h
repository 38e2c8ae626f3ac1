// statistics_json.h: a cgroup's statistics as runc's `events` prints them (the document "stats" of its types/events.go).
#ifndef MINIRUN_CMD_STATISTICS_JSON_H
#define MINIRUN_CMD_STATISTICS_JSON_H

#include "cgroup/statistics.h"

struct json_object;

// A new object, owned by the caller. A group whose controller is not enabled is an empty object. Besides runc's keys: "rdma", with limits.
struct json_object *statistics_json(struct arena *arena, const struct statistics *statistics);

#endif
