// apart.h: groups of tests side by side, since most of their time is waiting for the kernel: each in a process with mounts, links, /run and a cgroup of its
// own, as tests/isolate makes them for the whole program. Their output comes one after the other.
#ifndef MINIRUN_TESTS_APART_H
#define MINIRUN_TESTS_APART_H

#include "bundle.h"

#include <sys/mman.h>

struct group {
	const char *name; // also of its cgroup
	int (*run)(const struct group *group);
	void *data;
	pid_t pid;
	int output;
};

static inline void write_number(const char *path, const char *text)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(path);
		_exit(1);
	}
}

// The group's own cgroup becomes the root of what it sees; its processes stay in a leaf of it.
static inline void enter_own_cgroup(const char *name)
{
	const char *mount_point = getenv("TEST_CGROUP");
	char path[256];

	snprintf(path, sizeof path, "%s/torture-%s", mount_point, name);
	if (mkdir(path, 0755) < 0)
		_exit(1);
	snprintf(path, sizeof path, "%s/torture-%s/cgroup.procs", mount_point, name);
	write_number(path, "0");
	if (unshare(CLONE_NEWCGROUP | CLONE_NEWNS | CLONE_NEWNET) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || umount2(mount_point, MNT_DETACH) < 0 ||
	    mount("cgroup2", mount_point, "cgroup2", 0, NULL) < 0 || mount("tmpfs", "/run", "tmpfs", 0, "mode=755") < 0) {
		perror("torture: cannot make namespaces");
		_exit(1);
	}
	snprintf(path, sizeof path, "%s/program", mount_point);
	if (mkdir(path, 0755) < 0)
		_exit(1);
	snprintf(path, sizeof path, "%s/program/cgroup.procs", mount_point);
	write_number(path, "0");
}

_Noreturn static inline void group_main(const struct group *group)
{
	int failed;

	if (dup2(group->output, 1) < 0 || dup2(group->output, 2) < 0)
		_exit(1);
	enter_own_cgroup(group->name);
	if (make_scratch() < 0)
		_exit(1);
	failed = group->run(group);
	remove_scratch();
	fflush(NULL);
	_exit(failed != 0);
}

static inline void print_output(int fd)
{
	char text[4096];
	ssize_t length;

	lseek(fd, 0, SEEK_SET);
	while ((length = read(fd, text, sizeof text)) > 0)
		fwrite(text, 1, (size_t)length, stdout);
}

// What tests/isolate gave us has to be as it was.
static inline void remove_group_cgroup(const struct group *group)
{
	char path[256];

	snprintf(path, sizeof path, "%s/torture-%s/program", getenv("TEST_CGROUP"), group->name);
	rmdir(path);
	snprintf(path, sizeof path, "%s/torture-%s", getenv("TEST_CGROUP"), group->name);
	rmdir(path);
}

// Number of groups that failed.
static inline int run_groups(struct group *groups, size_t count)
{
	int failed = 0;

	if (getenv("TEST_CGROUP") == NULL) {
		fprintf(stderr, "torture: start this through tests/run\n");
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		groups[i].output = memfd_create(groups[i].name, MFD_CLOEXEC);
		fflush(NULL);
		groups[i].pid = fork();
		if (groups[i].pid == 0)
			group_main(&groups[i]);
	}
	for (size_t i = 0; i < count; i++) {
		int status = -1;

		waitpid(groups[i].pid, &status, 0);
		print_output(groups[i].output);
		close(groups[i].output);
		remove_group_cgroup(&groups[i]);
		failed += status != 0;
	}
	return failed;
}

#endif
