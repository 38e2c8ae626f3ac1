// undo.c: see undo.h.
#include "plan/undo.h"

#include <stddef.h>
#include <string.h>

static const char *const names[UNDO_KIND_MAX] = {
	[UNDO_SNAPSHOT] = "snapshot", [UNDO_STORED] = "stored-snapshot", [UNDO_CGROUP] = "cgroup",     [UNDO_BRIDGE] = "bridge",
	[UNDO_NAT] = "nat",
	[UNDO_LINKS] = "links",       [UNDO_PID_FILE] = "pid-file", [UNDO_RESCTRL] = "resctrl",
	[UNDO_UNIT] = "unit",         [UNDO_USER_UNIT] = "user-unit", [UNDO_CORES] = "cores", [UNDO_ROOM] = "room",
	[UNDO_JOINED_LINKS] = "joined-links", [UNDO_PEER] = "peer", [UNDO_NETWORK] = "network", [UNDO_DEVICE] = "device",
};

const char *undo_name(enum undo_kind kind)
{
	return names[kind];
}

enum undo_kind undo_from_name(const char *name)
{
	for (size_t i = 0; i < UNDO_KIND_MAX; i++)
		if (strcmp(names[i], name) == 0)
			return (enum undo_kind)i;
	return UNDO_INVALID;
}
