// seal.c: see seal.h.
#include "play/seal.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

// On a disk that is read-only for everybody nothing is to be protected either.
static bool sealed(int self)
{
	struct statvfs info;

	return fstatvfs(self, &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

int seal_self(char **argv, struct error *err)
{
	AUTO_FD self = open("/proc/self/exe", O_PATH | O_CLOEXEC);
	AUTO_FD clone = -1;
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};

	if (self < 0)
		return error_errno(err, errno, "cannot open minirun's own binary");
	if (sealed(self))
		return 0;
	clone = open_tree(self, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (clone < 0 || mount_setattr(clone, "", AT_EMPTY_PATH, &readonly, sizeof readonly) < 0)
		return error_errno(err, errno, "cannot make a read-only clone of minirun's own binary");
	syscall(SYS_execveat, clone, "", argv, environ, AT_EMPTY_PATH);
	return error_errno(err, errno, "cannot start from the read-only clone of minirun's own binary");
}
