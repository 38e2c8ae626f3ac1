// exclusive.h: cpuset.cpus.exclusive down a path: what a remote partition needs of all cgroups above it (cgroup-v2.rst, "cpuset.cpus.exclusive"; Linux 6.7). Internal to cgroup/.
// What a cgroup had before minirun widened it is kept in an extended attribute of it ("trusted.minirun.exclusive"), so that it can be narrowed again after a crash.
#ifndef MINIRUN_CGROUP_EXCLUSIVE_H
#define MINIRUN_CGROUP_EXCLUSIVE_H

#include "base/error.h"

#include <stdbool.h>

enum { CPU_LIST_MAX = 16 * 1024 }; // every other one of 4,096 CPUs

#define FILE_CPUS "cpuset.cpus"
#define FILE_EXCLUSIVE "cpuset.cpus.exclusive"
#define FILE_PARTITION "cpuset.cpus.partition"

// A list in a file of a cgroup, without newline. "" if the file is empty or absent. 0, or -1 with errno.
int exclusive_read(int dir, const char *file, char ret_list[CPU_LIST_MAX]);
// Writes a list; "" empties the file. 0, or -1 with errno.
int exclusive_write(int dir, const char *file, const char *list);

// Keeps the present value of cpuset.cpus.exclusive, unless one is kept already. 0, or -1 with errno.
int exclusive_keep(int dir);
// The value that is kept; false: none is, so minirun has changed nothing here.
bool exclusive_kept(int dir, char ret_list[CPU_LIST_MAX]);
// Forgets it. 0, or -1 with errno.
int exclusive_forget(int dir);

// Adds `cpus` to all cgroups above `path`, up to the nearest one that is a partition root, from the top down.
int exclusive_widen(int root, const char *path, const char *cpus, struct error *err);
// Takes from all cgroups above `path` what none of their sub-cgroups needs any more, from the bottom up, as far as they are those that exclusive_widen() changed. Those
// that are gone are passed over.
int exclusive_narrow(int root, const char *path, struct error *err);

#endif
