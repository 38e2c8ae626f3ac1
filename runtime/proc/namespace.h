// namespace.h: the eight kinds of namespaces: their names, and files that stand for one.
// Calls: setns(2), ioctl_ns(2), namespaces(7). Rules: runtime-spec config-linux.md "Namespaces".
#ifndef MINIRUN_PROC_NAMESPACE_H
#define MINIRUN_PROC_NAMESPACE_H

#include "base/error.h"

#include <stdbool.h>

// A namespace to join. Open with namespace_open() before anything is created.
struct namespace_join {
	int type; // CLONE_NEWNET, ...
	int fd;
};

// The spec's word ("network") for a CLONE_NEW* type and back; NULL / 0 if unknown.
const char *namespace_name(int type);
int namespace_type(const char *name);

// The kernel's word: the name in /proc/PID/ns and in user.max_*_namespaces ("net", "mnt"); NULL if unknown.
const char *namespace_file(int type);

// Whether the caller is in the initial user namespace, the one of the machine itself; true also where /proc does not tell.
bool namespace_user_is_initial(void);

// Opens a namespace file and verifies that it is one and of `type` (NS_GET_NSTYPE; the spec demands the error). fd owned by the caller.
int namespace_open(const char *path, int type, struct error *err);

// Said to whom lacks a capability for entering a user namespace: the kernel looks for it in that namespace, where its creator has all (user_namespaces(7)).
#define NAMESPACE_CREATOR "the user who made the user namespace to join has it there, and may join without"

// setns(2) with an error that names the namespace and the missing privilege.
int namespace_enter(const struct namespace_join *join, struct error *err);

#endif
