// seal.c: see seal.h.
#include "play/seal.h"

#include "base/cleanup.h"
#include "base/memory_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

// On a disk that is read-only for everybody nothing is to be protected either.
static bool sealed(int self)
{
	struct statvfs info;

	return fstatvfs(self, &info) == 0 && (info.f_flag & ST_RDONLY) != 0;
}

// The clone has no path; what lies beside the binary (the helper of systemd/manager.c) is found by this one.
static void remember_path(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);

	if (length < 0)
		return;
	path[length] = '\0';
	setenv("MINIRUN_SELF", path, 1);
}

// What the caller can neither write to nor give itself the right to, a container of the caller's ids cannot either.
static bool out_of_reach(int self)
{
	struct stat status;

	return fstat(self, &status) == 0 && status.st_uid != geteuid() && faccessat(self, "", W_OK, AT_EACCESS | AT_EMPTY_PATH) < 0 && (errno == EACCES || errno == EROFS);
}

// Without the right to clone a mount: a copy in memory, which is what everybody then sees as /proc/PID/exe.
static int seal_copy(char **argv, struct error *err)
{
	AUTO_FD self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	AUTO_FD copy = -1;
	ssize_t sent;

	if (self < 0)
		return error_errno(err, errno, "cannot open minirun's own binary");
	if (fcntl(self, F_GET_SEALS) > 0 || out_of_reach(self))
		return 0;
	copy = memory_file_open("minirun");
	if (copy < 0)
		return error_errno(err, errno, "cannot make a memory file for minirun's own binary");
	do
		sent = sendfile(copy, self, NULL, 1 << 20);
	while (sent > 0);
	if (sent < 0 || memory_file_seal(copy) < 0)
		return error_errno(err, errno, "cannot copy minirun's own binary into memory");
	remember_path();
	syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
	return error_errno(err, errno, "cannot start from the copy of minirun's own binary");
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
	if (clone < 0 && errno == EPERM)
		return seal_copy(argv, err);
	if (clone < 0 || mount_setattr(clone, "", AT_EMPTY_PATH, &readonly, sizeof readonly) < 0)
		return error_errno(err, errno, "cannot make a read-only clone of minirun's own binary");
	remember_path();
	syscall(SYS_execveat, clone, "", argv, environ, AT_EMPTY_PATH);
	return error_errno(err, errno, "cannot start from the read-only clone of minirun's own binary");
}
