// mapping.c: see mapping.h. The kernel makes a user namespace only together with a process, and takes its maps only through that process's /proc directory.
#include "proc/mapping.h"

#include "base/cleanup.h"
#include "base/sys.h"
#include "proc/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

void mapping_close(struct mapping *mapping)
{
	close_fd(&mapping->user);
	close_fd(&mapping->mount);
	close_fd(&mapping->root);
}

// The process: waits to be killed, and does not outlive its maker.
static _Noreturn void hold(pid_t maker)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == maker)
		pause();
	_exit(0);
}

static int open_of(int proc, pid_t pid, const char *file, int flags, struct error *err)
{
	char path[48];
	int fd;

	snprintf(path, sizeof path, "%d/%s", (int)pid, file);
	fd = openat(proc, path, flags | O_CLOEXEC);
	return fd >= 0 ? fd : error_errno(err, errno, "cannot open /proc/%s", path);
}

static int take_from(int proc, pid_t pid, const struct id_mappings *uids, const struct id_mappings *gids, bool mounts, struct mapping *mapping, struct error *err)
{
	if (uids != NULL && ids_write_maps(proc, pid, &(struct id_maps){.uids = uids, .gids = gids}, err) < 0)
		return -1;
	mapping->user = open_of(proc, pid, "ns/user", O_RDONLY, err);
	if (mapping->user < 0 || !mounts)
		return mapping->user < 0 ? -1 : 0;
	mapping->mount = open_of(proc, pid, "ns/mnt", O_RDONLY, err);
	if (mapping->mount < 0)
		return -1;
	mapping->root = open_of(proc, pid, "root", O_PATH | O_DIRECTORY, err);
	return mapping->root < 0 ? -1 : 0;
}

int mapping_create(int proc, const struct id_mappings *uids, const struct id_mappings *gids, bool mounts, struct mapping *ret_mapping, struct error *err)
{
	const struct spawn request = {.flags = CLONE_NEWUSER | (mounts ? CLONE_NEWNS : 0), .cgroup_dir = -1};
	struct mapping mapping = MAPPING_INIT;
	pid_t self = getpid(), pid;
	AUTO_FD pidfd = -1;
	int result;

	pid = spawn(&request, &pidfd, err);
	if (pid == 0)
		hold(self);
	if (pid < 0)
		return error_prefix(err, "cannot make a user namespace for the id mapping of a mount");
	result = take_from(proc, pid, uids, gids, mounts, &mapping, err);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (result < 0) {
		mapping_close(&mapping);
		return error_prefix(err, "cannot make a user namespace for the id mapping of a mount");
	}
	*ret_mapping = mapping;
	return 0;
}
