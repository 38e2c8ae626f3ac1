// idmap.c: see idmap.h.
#include "rootfs/idmap.h"

#include "base/cleanup.h"
#include "base/sys.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>

static int refused(int code, struct error *err)
{
	error_errno(err, code, "cannot map the ids of the mount");
	if (code == EINVAL)
		return error_hint(err, "the file system, or one below it (ridmap), does not support idmapped mounts in this kernel");
	if (code == EPERM)
		return error_hint(err, "it takes root in the user namespace that the file system was mounted in (no rootless container has that), and a source whose ids are not mapped already");
	return -1;
}

static int clone_mapped(const struct idmap *idmap, const struct mount_request *m, struct error *err)
{
	struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)idmap->user_namespace};
	AUTO_FD tree = mount_tied_source(m, idmap->propagation, err);

	if (tree < 0)
		return -1;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | (m->idmap_recursive ? AT_RECURSIVE : 0), &map, sizeof map) < 0)
		return refused(errno, err);
	return take_fd(&tree);
}

// ---- in another mount namespace ----

// What the helper tells, in memory that both map. It shares the caller's fds, so the number of its clone is good here, too.
struct report {
	int tree;
	struct error err;
};

static int enter(const struct idmap *idmap, struct error *err)
{
	if (setns(idmap->mount_namespace, CLONE_NEWNS) < 0 || fchdir(idmap->root) < 0 || chroot(".") < 0)
		return error_errno(err, errno, "cannot look at the host's mounts as a container in a user namespace sees them");
	return 0;
}

static _Noreturn void help(const struct idmap *idmap, const struct mount_request *m, struct report *report)
{
	if (enter(idmap, &report->err) == 0)
		report->tree = clone_mapped(idmap, m, &report->err);
	_exit(0);
}

static int clone_by_helper(const struct idmap *idmap, const struct mount_request *m, struct error *err)
{
	struct clone_args args = {.flags = CLONE_FILES | CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
	struct report *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t helper;
	int tree = -1;

	if (report == MAP_FAILED)
		return error_errno(err, errno, "no memory shared with a helper");
	*report = (struct report){.tree = -1, .err = ERROR_INIT};
	helper = sys_clone3(&args);
	if (helper == 0)
		help(idmap, m, report);
	if (helper < 0) {
		error_errno(err, errno, "cannot start a helper");
	} else {
		while (waitpid(helper, NULL, 0) < 0 && errno == EINTR)
			;
		tree = report->tree;
		if (tree < 0 && report->err.code != 0)
			*err = report->err;
		else if (tree < 0)
			error_set(err, EIO, "the helper that makes it was killed");
	}
	munmap(report, sizeof *report);
	return tree;
}

int idmap_clone(const struct idmap *idmap, const struct mount_request *m, struct error *err)
{
	int tree = idmap->mount_namespace >= 0 ? clone_by_helper(idmap, m, err) : clone_mapped(idmap, m, err);

	return tree >= 0 ? tree : error_prefix(err, "cannot bind %s on %s", m->source, m->destination);
}
