// tree.h: cgroup directories walked, emptied and read: what creating and removing share. Internal to cgroup/.
#ifndef MINIRUN_CGROUP_TREE_H
#define MINIRUN_CGROUP_TREE_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

// Opens `path` (with or without leading '/') below `root`, O_RDONLY|O_DIRECTORY, without leaving the cgroup2 mount. "" and "/" are `root` itself.
// The fd, or -1 with errno.
int tree_open(int root, const char *path);

// True for the errors that a cgroup gives which is removed meanwhile.
bool tree_vanished(int code);

// Calls `visit` for `top` and every cgroup below it until it returns non-zero. Cgroups that vanish are passed over. What `visit` returned last,
// or -1 with errno.
int tree_walk(int top, int (*visit)(int dir, void *data), void *data);

// Calls `visit` for the name of each cgroup directly below `dir` until it returns non-zero. What `visit` returned last, or -1 with errno.
int tree_each_child(int dir, int (*visit)(const char *name, void *data), void *data);

// The file that lists what is in `top` and below: "cgroup.procs", or "cgroup.threads" for a threaded cgroup, which has no process list of its own (a payload that may
// write its cgroup.type can make it one).
const char *tree_list_file(int top);

// Calls `visit` for each number in `file` of the cgroup itself until it returns non-zero; 0 stands for a process outside of the caller's pid namespace. A list that
// the kernel does not give (cgroup.procs of a threaded one, whose domain has it) is empty. What `visit` returned last, or -1 with errno.
int tree_each_pid(int dir, const char *file, int (*visit)(pid_t pid, void *data), void *data);

// A process in the cgroup or below; 0 if there is none or it cannot be named.
pid_t tree_any_pid(int top);

// Reads cgroup.events. 0, or -1 with errno.
int tree_events(int dir, bool *ret_populated, bool *ret_frozen);

// Removes all cgroups below `top`, which must be empty of processes, deepest first. One that is still busy is tried again until CLOCK_MONOTONIC's
// `deadline` (milliseconds). Depth is not bounded: two fds at a time and no recursion, since a payload may have built the tree. 0, or -1 with errno.
int tree_remove_below(int top, long long deadline);

#endif
