// idmap.c: see idmap.h.
#include "rootfs/idmap.h"

#include "base/cleanup.h"
#include "base/refusal.h"
#include "rootfs/helper.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

static int refused(int code, struct error *err)
{
	error_errno(err, code, "cannot map the ids of the mount");
	if (code == EINVAL)
		return error_hint(err, "the file system, or one below it (ridmap), does not support idmapped mounts in this kernel");
	if (code == EPERM)
		return error_refused(err, REFUSAL_BIT(SYS_ADMIN), REFUSAL_OWN, "it has to count in the user namespace that the file system was mounted in (no rootless container has that), and the ids of the source must not be mapped already");
	return -1;
}

int idmap_apply(int tree, int user_namespace, bool recursive, struct error *err)
{
	struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user_namespace};

	return mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &map, sizeof map) < 0 ? refused(errno, err) : 0;
}

int idmap_over(const char *path, int user_namespace, struct error *err)
{
	AUTO_FD tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return error_errno(err, errno, "cannot clone the directory %s", path);
	if (idmap_apply(tree, user_namespace, false, err) < 0)
		return -1;
	if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) < 0)
		return error_errno(err, errno, "cannot mount %s with mapped ids", path);
	return 0;
}

static int clone_mapped(const struct idmap *idmap, const struct mount_request *m, struct error *err)
{
	AUTO_FD tree = mount_tied_source(m, idmap->propagation, err);

	return tree < 0 || idmap_apply(tree, idmap->user_namespace, m->idmap_recursive, err) < 0 ? -1 : take_fd(&tree);
}

// ---- in another mount namespace ----

static int enter(const struct idmap *idmap, struct error *err)
{
	if (setns(idmap->mount_namespace, CLONE_NEWNS) < 0 || fchdir(idmap->root) < 0 || chroot(".") < 0)
		return error_errno(err, errno, "cannot look at the host's mounts as a container in a user namespace sees them");
	return 0;
}

struct request {
	const struct idmap *idmap;
	const struct mount_request *mount;
};

static int enter_and_clone(const void *data, struct error *err)
{
	const struct request *request = data;

	return enter(request->idmap, err) < 0 ? -1 : clone_mapped(request->idmap, request->mount, err);
}

int idmap_clone(const struct idmap *idmap, const struct mount_request *m, struct error *err)
{
	const struct request request = {idmap, m};
	int tree = idmap->mount_namespace >= 0 ? helper_run(0, enter_and_clone, &request, err) : clone_mapped(idmap, m, err);

	return tree >= 0 ? tree : error_prefix(err, "cannot bind %s on %s", m->source, m->destination);
}
