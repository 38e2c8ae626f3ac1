// sysfs.c: see sysfs.h.
#include "netns/sysfs.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

static int mount_here(void)
{
	AUTO_FD context = fsopen("sysfs", FSOPEN_CLOEXEC);

	if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int sysfs_of_namespace(int proc, const char *path, struct error *err)
{
	AUTO_FD home = openat(proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
	AUTO_FD there = openat(proc, path, O_RDONLY | O_CLOEXEC);
	AUTO_FD sysfs = -1;
	int code;

	if (home < 0 || there < 0)
		return error_errno(err, errno, "cannot open the network namespace /proc/%s", home < 0 ? "self/ns/net" : path);
	if (setns(there, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "cannot enter the network namespace /proc/%s", path);
	sysfs = mount_here();
	code = errno;
	if (setns(home, CLONE_NEWNET) < 0)
		return error_errno(err, errno, "cannot return from the network namespace /proc/%s", path);
	return sysfs >= 0 ? take_fd(&sysfs) : error_errno(err, code, "cannot mount sysfs for the network namespace /proc/%s", path);
}
