// memory_policy.h: on which NUMA nodes the memory of a process lies. Rules: runtime-spec config-linux.md "Memory policy", set_mempolicy(2).
#ifndef MINIRUN_CPUS_MEMORY_POLICY_H
#define MINIRUN_CPUS_MEMORY_POLICY_H

#include "base/error.h"
#include "cpus/cpuset.h"

struct memory_policy {
	int mode;       // MPOL_*
	unsigned flags; // MPOL_F_*
	struct cpuset nodes;
};

// "MPOL_BIND" -> MPOL_BIND; -1 if it is unknown. And back (static; NULL if unknown).
int memory_policy_mode(const char *name);
const char *memory_policy_mode_name(int mode);

// "MPOL_F_STATIC_NODES" -> its bit; 0 if it is unknown. And back, for one bit.
unsigned memory_policy_flag(const char *name);
const char *memory_policy_flag_name(unsigned flag);

// set_mempolicy of the calling thread: for what it and what it becomes by execve allocates from now on.
int memory_policy_set(const struct memory_policy *policy, struct error *err);

#endif
