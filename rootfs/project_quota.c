// project_quota.c: see project_quota.h. Calls: quotactl_fd(2) (Linux 5.14), FS_IOC_FSSETXATTR; quotas(5), Documentation/filesystems/ext4 and xfs.
#include "rootfs/project_quota.h"

#include "base/cleanup.h"
#include "base/parse.h"
#include "rootfs/snapshot_place.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef PRJQUOTA
#define PRJQUOTA 2
#endif

// Projects of minirun's own: 'm','r' in front, so that they are told from those in /etc/projid.
enum { PROJECT_FIRST = 0x6d720000, PROJECT_COUNT = 0x10000, QUOTA_BLOCK = 1024 };

static int quota(int fd, int command, unsigned project, struct dqblk *block)
{
	// QCMD(), but of unsigned numbers: that of sys/quota.h shifts into the sign of an int.
	return (int)syscall(SYS_quotactl_fd, fd, (unsigned)command << 8 | PRJQUOTA, project, block);
}

static int open_readable(int dir)
{
	return openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int no_quota(const char *path, int code, struct error *err)
{
	error_set(err, code, "the file system of %s enforces no project quotas", path);
	return error_hint(err, "mount it with prjquota (ext4: after tune2fs -O quota,project), or use upper=tmpfs");
}

// EPERM and ENOENT say that quotas are there, and something about the project or the caller.
static bool enforces(int fd)
{
	struct dqblk block = {0};

	return quota(fd, Q_GETQUOTA, PROJECT_FIRST, &block) == 0 || errno == ENOENT;
}

int project_quota_fits(const char *path, struct error *reason)
{
	AUTO_FD fd = place_open_above(path);

	if (fd < 0)
		return error_errno(reason, errno, "the file system of %s", path);
	return enforces(fd) ? 0 : no_quota(path, ENOTSUP, reason);
}

// Neither limited nor used. A filesystem without a record of it says ENOENT (xfs).
static bool is_free(int fd, unsigned project)
{
	struct dqblk block = {0};

	if (quota(fd, Q_GETQUOTA, project, &block) < 0)
		return errno == ENOENT;
	return block.dqb_bhardlimit == 0 && block.dqb_ihardlimit == 0 && block.dqb_curspace == 0 && block.dqb_curinodes == 0;
}

static int set_project(int fd, unsigned project)
{
	struct fsxattr attributes;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		return -1;
	attributes.fsx_projid = project;
	attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	return ioctl(fd, FS_IOC_FSSETXATTR, &attributes);
}

// From a place that the path gives on, so that few are looked at in vain.
static int take_free(int fd, const char *path)
{
	unsigned start = (unsigned)hash_bytes(path, strlen(path)) % PROJECT_COUNT;

	for (unsigned i = 0; i < PROJECT_COUNT; i++) {
		unsigned project = PROJECT_FIRST + (start + i) % PROJECT_COUNT;

		if (is_free(fd, project))
			return set_project(fd, project); // the directory itself counts from here on
	}
	errno = ENOSPC;
	return -1;
}

int project_quota_begin(int dir, const char *path, struct error *err)
{
	AUTO_FD fd = open_readable(dir);
	AUTO_FD parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || parent < 0 || flock(parent, LOCK_EX) < 0)
		return error_errno(err, errno, "cannot lock the directory of %s", path);
	if (!enforces(fd))
		return no_quota(path, ENOTSUP, err);
	return take_free(fd, path) < 0 ? error_errno(err, errno, "cannot give %s a project for its quota", path) : 0;
}

static int project_of(int fd, unsigned *ret_project)
{
	struct fsxattr attributes;

	if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) < 0)
		return -1;
	*ret_project = attributes.fsx_projid;
	return 0;
}

int project_quota_limit(int dir, const char *path, uint64_t bytes, struct error *err)
{
	struct dqblk block = {0};
	AUTO_FD fd = open_readable(dir);
	unsigned project;

	if (fd < 0 || project_of(fd, &project) < 0 || quota(fd, Q_GETQUOTA, project, &block) < 0)
		return error_errno(err, errno, "cannot find the quota of %s", path);
	block.dqb_bhardlimit = block.dqb_bsoftlimit = (block.dqb_curspace + bytes + QUOTA_BLOCK - 1) / QUOTA_BLOCK;
	block.dqb_valid = QIF_BLIMITS;
	return quota(fd, Q_SETQUOTA, project, &block) < 0 ? error_errno(err, errno, "cannot limit %s to %ju bytes", path, (uintmax_t)bytes) : 0;
}

int project_quota_end(int dir)
{
	struct dqblk block = {.dqb_valid = QIF_BLIMITS};
	AUTO_FD fd = open_readable(dir);
	unsigned project;

	if (fd < 0)
		return -1;
	// A file system without projects says so; one with, of others than ours, is none of our business.
	if (project_of(fd, &project) < 0 || project < PROJECT_FIRST || project >= PROJECT_FIRST + PROJECT_COUNT)
		return 0;
	return quota(fd, Q_SETQUOTA, project, &block) < 0 && errno != ESRCH && errno != ENOENT ? -1 : 0;
}
