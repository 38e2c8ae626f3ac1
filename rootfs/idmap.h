// idmap.h: the source of a bind mount with its ids mapped, made before the container can reach it.
// Rules: runtime-spec config.md "Mounts" (idmap, ridmap); calls: open_tree(2), mount_setattr(2) MOUNT_ATTR_IDMAP.
#ifndef MINIRUN_ROOTFS_IDMAP_H
#define MINIRUN_ROOTFS_IDMAP_H

#include "base/error.h"
#include "rootfs/mount.h"

struct idmap {
	int user_namespace;        // its maps become the mount's
	int mount_namespace;       // look the source up in this one, below its `root`; -1: in the caller's
	int root;
	unsigned long propagation; // of the clone and all below it: MS_SLAVE, MS_PRIVATE or MS_SHARED
};

// A detached clone of the bind request's source, mapped; attach it with mount_perform() (context.source). Done by whoever has CAP_SYS_ADMIN over the source's file system, which
// a container in a user namespace never has. A clone of the caller's own mounts would give such a container more than a bind mount of its own, since no flag
// (ro, nosuid, ...) of it would be locked: that is what `mount_namespace` is for, one of a user namespace below the caller's. A short-lived process enters it.
// fd owned by the caller; -1 with the error naming source and destination.
int idmap_clone(const struct idmap *idmap, const struct mount_request *m, struct error *err);

// Maps the ids of the detached mount `tree` (with all below it, if `recursive`) by the user namespace's. -1 with the reason, for the caller to say of what.
int idmap_apply(int tree, int user_namespace, bool recursive, struct error *err);

// Mounts a clone of the directory `path` with its ids mapped over it, in the caller's mount namespace, which must be its own: the path stays what a person reads in mountinfo.
// EINVAL in the error: its file system cannot. -1 with the reason.
int idmap_over(const char *path, int user_namespace, struct error *err);

#endif
