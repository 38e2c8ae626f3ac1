// threaded.c: see threaded.h.
#include "cgroup/threaded.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cgroup/cgroup.h"
#include "cgroup/exclusive.h"
#include "cgroup/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int type_error(int dir, const char *name, int code, struct error *err)
{
	char handed_on[256] = "";

	error_errno(err, code, "cannot make the leaf %s of the container's cgroup threaded", name);
	if (code != EOPNOTSUPP || read_file_at(dir, "cgroup.subtree_control", handed_on, sizeof handed_on) < 0)
		return -1;
	return error_hint(err, "it is invalid while the cgroup hands on controllers of memory and the like to sub-cgroups (cgroup.subtree_control: %s)", handed_on);
}

// The directory, made if it is missing, as a threaded cgroup.
static int make_leaf(int dir, const char *name, int *ret_leaf, struct error *err)
{
	AUTO_FD leaf = -1;
	char type[64];

	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return error_errno(err, errno, "cannot make the leaf %s of the container's cgroup", name);
	leaf = tree_open(dir, name);
	if (leaf < 0 || read_file_at(leaf, "cgroup.type", type, sizeof type) < 0)
		return error_errno(err, errno, "cannot open the leaf %s of the container's cgroup", name);
	if (strcmp(type, "threaded") != 0 && write_file_at(leaf, "cgroup.type", "threaded") < 0)
		return type_error(dir, name, errno, err);
	*ret_leaf = take_fd(&leaf);
	return 0;
}

// After the leaves are threaded: while one is a plain cgroup with processes beside it, a controller could not be handed on.
static int enable_cpuset(int dir, struct error *err)
{
	unsigned available;

	if (write_file_at(dir, "cgroup.subtree_control", "+cpuset") == 0)
		return 0;
	error_errno(err, errno == ENOENT ? EOPNOTSUPP : errno, "cannot give each leaf of the container's cgroup its own CPUs");
	if (cgroup_controllers(dir, &available, &(struct error){0}) == 0 && (available & 1u << CONTROLLER_CPUSET) == 0)
		return error_hint(err, "it has no cpuset controller: cgroup.subtree_control of the cgroup above does not list it, or it is mounted as cgroup v1; leave "
				  "enforce=yes away");
	return -1;
}

// Read back: the kernel takes any list, and where a part of it is not in the cgroup above it leaves that out, or uses all of the cgroup above where nothing is left.
static int set_cpus(int leaf, const struct threaded_leaf *wanted, struct error *err)
{
	struct cgroup_write write = {.file = FILE_CPUS, .value = wanted->cpus, .controller = CONTROLLER_CPUSET, .field = "the CPUs of a leaf"};
	char cpus[CPU_LIST_MAX], effective[CPU_LIST_MAX];

	if (cgroup_write(leaf, &write, err) < 0)
		return error_prefix(err, "leaf %s", wanted->name);
	if (exclusive_read(leaf, FILE_CPUS, cpus) < 0 || exclusive_read(leaf, FILE_CPUS ".effective", effective) < 0)
		return error_errno(err, errno, "cannot read the CPUs of leaf %s of the container's cgroup", wanted->name);
	if (strcmp(cpus, effective) != 0)
		return error_set(err, EINVAL, "cannot hold threads on the CPUs %s in leaf %s of the container's cgroup: the kernel gives it %s", cpus, wanted->name, effective);
	return 0;
}

int threaded_make(int dir, const struct threaded_leaf *leaves, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_FD leaf = -1;

		if (make_leaf(dir, leaves[i].name, &leaf, err) < 0)
			return -1;
	}
	if (enable_cpuset(dir, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		AUTO_FD leaf = threaded_open(dir, leaves[i].name, err);

		if (leaf < 0 || set_cpus(leaf, &leaves[i], err) < 0)
			return -1;
	}
	return 0;
}

int threaded_open(int dir, const char *name, struct error *err)
{
	int leaf = tree_open(dir, name);

	return leaf >= 0 ? leaf : error_errno(err, errno, "cannot open the leaf %s of the container's cgroup", name);
}

static int move(int leaf, const char *file, pid_t number, const char *what, struct error *err)
{
	char text[16];

	snprintf(text, sizeof text, "%d", (int)number);
	if (write_file_at(leaf, file, text) == 0)
		return 0;
	error_errno(err, errno, "cannot move %s %d to a leaf of the container's cgroup", what, (int)number);
	if (err->code == EOPNOTSUPP)
		return error_hint(err, "its process is not in that cgroup");
	return -1;
}

int threaded_move(int leaf, pid_t tid, struct error *err)
{
	return move(leaf, "cgroup.threads", tid, "thread", err);
}

int threaded_join(int leaf, pid_t pid, struct error *err)
{
	return move(leaf, "cgroup.procs", pid, "process", err);
}

int threaded_remove(int dir, const char *name, struct error *err)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return error_errno(err, errno, "cannot remove the leaf %s of the container's cgroup", name);
}
