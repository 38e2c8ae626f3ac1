// write.c: one value into one file of a cgroup, and why the kernel did not take it. See cgroup.h.
#include "cgroup/cgroup.h"

#include "base/file.h"

#include <errno.h>
#include <string.h>

struct cause {
	int code;
	const char *prefix; // of the file's name; "" = any
	const char *hint;
};

// The first that fits. What the codes mean: the files' write functions in kernel/cgroup, kernel/sched/core.c, mm/memcontrol.c, block/blk-cgroup.c.
static const struct cause causes[] = {
	{ERANGE, "cpu.weight", "the kernel takes 1 to 10000"},
	{EINVAL, "cpu.weight", "the kernel takes a number from 1 to 10000, and none while cpu.idle is 1"},
	{EINVAL, "cpu.max.burst", "the burst may not exceed the quota in cpu.max"},
	{EINVAL, "io.", "the kernel takes MAJOR:MINOR and known keys, one disk a line"},
	{EINVAL, "rdma.", "the line is DEVICE hca_handle=N hca_object=N, and the device must be in /sys/class/infiniband"},
	{EINVAL, "", "the kernel refuses this value for this file"},
	{ERANGE, "", "the value is out of the kernel's range for this file"},
	{ENODEV, "io.", "no disk has this number; a partition has no limits of its own, use the whole disk's"},
	{ENODEV, "rdma.", "no such RDMA device; /sys/class/infiniband lists them"},
	{ENODEV, "", "the cgroup was removed meanwhile"},
	{EOPNOTSUPP, "io.", "the disk's scheduler does not offer it; weights need bfq or io.cost on that disk"},
	{EOPNOTSUPP, "", "the cgroup is threaded (cgroup.type), where this file does not work"},
	{ENOSPC, "cpuset.", "no CPU or memory node would be left for the processes in it"},
	{EBUSY, "cpuset.", "the list takes away what a cgroup below or beside uses exclusively"},
	{EBUSY, "cgroup.subtree_control", "processes are in the cgroup itself"},
	{EBUSY, "memory.", "less than what is in use, and it cannot be reclaimed"},
	{EACCES, "", "run as root, or below a cgroup that is delegated to this user"},
	{EPERM, "", "run as root, or below a cgroup that is delegated to this user"},
	{EROFS, "", "cgroup2 is mounted read-only here"},
};

static int hint_absent(int dir, const struct cgroup_write *write, struct error *err)
{
	const char *name = controller_name(write->controller);
	struct error ignored = ERROR_INIT;
	unsigned set = 0;

	if (write->controller == CONTROLLER_INVALID || cgroup_controllers(dir, &set, &ignored) < 0)
		return error_hint(err, "this kernel has no such file");
	if ((set & 1u << write->controller) == 0)
		return error_hint(err, "the %s controller is not enabled here: cgroup.subtree_control of the cgroup above does not list it", name);
	return error_hint(err, "the %s controller of this kernel has no such file", name);
}

// A list is checked against the whole machine, so "above" is as far as one can look.
static int hint_cpuset(int dir, const char *file, struct error *err)
{
	bool cpus = strncmp(file, "cpuset.cpus", 11) == 0;
	char list[512];

	if (read_file_at(dir, cpus ? "../cpuset.cpus.effective" : "../cpuset.mems.effective", list, sizeof list) <= 0)
		return error_hint(err, "name %s that this machine has", cpus ? "CPUs" : "memory nodes");
	return error_hint(err, "the cgroup above has %s %s, of which none may be another cgroup's exclusively", cpus ? "the CPUs" : "the memory nodes", list);
}

static int write_error(int dir, const struct cgroup_write *write, const char *file, const char *value, int code, struct error *err)
{
	error_errno(err, code, "cannot set %s: cannot write \"%s\" to %s", write->field, value, file);
	if (code == ENOENT)
		return hint_absent(dir, write, err);
	if ((code == EINVAL || code == ERANGE) && strncmp(file, "cpuset.", 7) == 0)
		return hint_cpuset(dir, file, err);
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		if (causes[i].code == code && strncmp(file, causes[i].prefix, strlen(causes[i].prefix)) == 0)
			return error_hint(err, "%s", causes[i].hint);
	}
	return -1;
}

int cgroup_write(int dir, const struct cgroup_write *write, struct error *err)
{
	int code = write_file_at(dir, write->file, write->value) == 0 ? 0 : errno;

	if (write->also_file != NULL) {
		int also = write_file_at(dir, write->also_file, write->also_value) == 0 ? 0 : errno;

		// Of two failures, that of a file that is there says more.
		if (also == 0)
			code = 0;
		else if (code == ENOENT)
			return write_error(dir, write, write->also_file, write->also_value, also, err);
	}
	if (code == 0 || (code == ENOENT && write->optional))
		return 0;
	return write_error(dir, write, write->file, write->value, code, err);
}
