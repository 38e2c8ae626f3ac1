// mapping.h: a user namespace that nobody lives in: it holds an id mapping for mounts (mount_setattr(2), MOUNT_ATTR_IDMAP).
// Rules: runtime-spec config.md "Mounts" (uidMappings, gidMappings), user_namespaces(7).
#ifndef MINIRUN_PROC_MAPPING_H
#define MINIRUN_PROC_MAPPING_H

#include "base/error.h"
#include "proc/ids.h"

#include <stdbool.h>

struct mapping {
	int user;  // the user namespace with the mapping
	int mount; // a mount namespace of it: a copy of the caller's in which the flags of all mounts are locked, as in a container with a user namespace; -1: not asked for
	int root;  // the caller's root directory in that one (O_PATH); -1 likewise
};

#define MAPPING_INIT ((struct mapping){-1, -1, -1})

// Makes the namespaces by a process that ends before this returns. `proc`: O_PATH fd of the host's /proc. `mounts`: the mount namespace, too. Without `uids` and `gids` (both NULL) nothing
// is mapped: for the mount namespace alone. The fds are owned by the caller: mapping_close(). -1 with the error, nothing left behind.
int mapping_create(int proc, const struct id_mappings *uids, const struct id_mappings *gids, bool mounts, struct mapping *ret_mapping, struct error *err);

void mapping_close(struct mapping *mapping);

#endif
