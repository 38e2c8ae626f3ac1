// inside.h: owners of files as a container with a user namespace sees them, for who looks from the host: of a copy or an archive that is to be the container's,
// not the host's. Rules: user_namespaces(7), "File capabilities" in capabilities(7) (their root id), acl(5); kernel: security/commoncap.c cap_inode_getsecurity(). Pure.
#ifndef MINIRUN_ROOTFS_INSIDE_H
#define MINIRUN_ROOTFS_INSIDE_H

#include "base/id_map.h"

#include <sys/stat.h>
#include <sys/types.h>

// The user namespace's maps; borrowed. Functions take NULL for: as they are.
struct inside {
	struct id_mappings uids, gids;
};

// An id that is not mapped is nobody's (65534), as it is in the container.
void inside_owner(const struct inside *inside, struct stat *st);

// Changes the value of attribute `name`, `size` bytes, to that of the container: capabilities of a file, ids in access control lists; others stay. The value gets no longer.
// Returns its size; -1: the container does not see this attribute.
ssize_t inside_xattr(const struct inside *inside, const char *name, void *value, size_t size);

#endif
