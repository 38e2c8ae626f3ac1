// memory_policy.c: see memory_policy.h.
#include "cpus/memory_policy.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WEIGHTED_INTERLEAVE = 6 }; // MPOL_WEIGHTED_INTERLEAVE: newer than Debian 12's headers

static const char *const modes[] = {
	[MPOL_DEFAULT] = "MPOL_DEFAULT", [MPOL_PREFERRED] = "MPOL_PREFERRED", [MPOL_BIND] = "MPOL_BIND", [MPOL_INTERLEAVE] = "MPOL_INTERLEAVE",
	[MPOL_LOCAL] = "MPOL_LOCAL", [MPOL_PREFERRED_MANY] = "MPOL_PREFERRED_MANY", [WEIGHTED_INTERLEAVE] = "MPOL_WEIGHTED_INTERLEAVE",
};

enum { MODE_COUNT = sizeof modes / sizeof modes[0] };

static const struct {
	unsigned bit;
	const char *name;
} flags[] = {
	{MPOL_F_NUMA_BALANCING, "MPOL_F_NUMA_BALANCING"}, {MPOL_F_RELATIVE_NODES, "MPOL_F_RELATIVE_NODES"}, {MPOL_F_STATIC_NODES, "MPOL_F_STATIC_NODES"},
};

enum { FLAG_COUNT = sizeof flags / sizeof flags[0] };

int memory_policy_mode(const char *name)
{
	for (int i = 0; i < MODE_COUNT; i++)
		if (strcmp(modes[i], name) == 0)
			return i;
	return -1;
}

const char *memory_policy_mode_name(int mode)
{
	return mode >= 0 && mode < MODE_COUNT ? modes[mode] : NULL;
}

unsigned memory_policy_flag(const char *name)
{
	for (int i = 0; i < FLAG_COUNT; i++)
		if (strcmp(flags[i].name, name) == 0)
			return flags[i].bit;
	return 0;
}

const char *memory_policy_flag_name(unsigned flag)
{
	for (int i = 0; i < FLAG_COUNT; i++)
		if (flags[i].bit == flag)
			return flags[i].name;
	return NULL;
}

int memory_policy_set(const struct memory_policy *policy, struct error *err)
{
	bool empty = cpuset_count(&policy->nodes) == 0;
	// The kernel takes one bit less than it is told (mm/mempolicy.c get_nodes()).
	unsigned long bits = empty ? 0 : 8 * sizeof *policy->nodes.bits * policy->nodes.words + 1;
	struct arena arena = {0};

	if (syscall(SYS_set_mempolicy, (unsigned)policy->mode | policy->flags, empty ? NULL : policy->nodes.bits, bits) == 0)
		return 0;
	error_errno(err, errno, "cannot set the memory policy %s, nodes %s (linux.memoryPolicy)", memory_policy_mode_name(policy->mode),
	            empty ? "none" : cpuset_format(&arena, &policy->nodes));
	arena_free(&arena);
	if (err->code == ENOSYS)
		return error_hint(err, "this kernel knows no NUMA nodes (CONFIG_NUMA)");
	if (err->code != EINVAL)
		return -1;
	if (policy->mode == WEIGHTED_INTERLEAVE)
		return error_hint(err, "it takes Linux 6.9");
	return error_hint(err, "one of the nodes at least must have memory and be allowed to the process (Mems_allowed_list in /proc/self/status); MPOL_F_NUMA_BALANCING with "
	                       "MPOL_PREFERRED_MANY takes Linux 6.9");
}
