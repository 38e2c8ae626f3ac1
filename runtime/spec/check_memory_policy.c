// check_memory_policy.c: linux.memoryPolicy against itself; the kernel says EINVAL to all of it (mm/mempolicy.c mpol_new(), sanitize_mpol_flags()). See check.h.
#include "spec/check.h"

#include "cpus/cpuset.h"

#include <errno.h>
#include <string.h>

// Whether a mode has to have nodes, may have some, or must have none.
enum need { NODES_NONE, NODES_OPTIONAL, NODES_NEEDED };

static enum need need_of(const char *mode)
{
	if (strcmp(mode, "MPOL_DEFAULT") == 0 || strcmp(mode, "MPOL_LOCAL") == 0)
		return NODES_NONE;
	return strcmp(mode, "MPOL_PREFERRED") == 0 ? NODES_OPTIONAL : NODES_NEEDED;
}

static int check_flags(const char *mode, const struct strings *flags, bool any_node, struct error *err)
{
	bool fixed = strings_contain(flags, "MPOL_F_STATIC_NODES"), relative = strings_contain(flags, "MPOL_F_RELATIVE_NODES");

	if (fixed && relative)
		return error_set(err, EINVAL, "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
	if (strings_contain(flags, "MPOL_F_NUMA_BALANCING") && strcmp(mode, "MPOL_BIND") != 0 && strcmp(mode, "MPOL_PREFERRED_MANY") != 0)
		return error_set(err, EINVAL, "linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING goes with MPOL_BIND or MPOL_PREFERRED_MANY, not with %s", mode);
	if ((fixed || relative) && !any_node)
		return error_set(err, EINVAL, "linux.memoryPolicy.flags: %s says how to read the nodes, but none is given", fixed ? "MPOL_F_STATIC_NODES" : "MPOL_F_RELATIVE_NODES");
	return 0;
}

int check_memory_policy(struct spec *spec, struct error *err)
{
	const char *mode = spec->linux_.memory_policy.mode;
	const char *nodes = spec->linux_.memory_policy.nodes;
	struct cpuset set = {0};
	bool any_node;

	if (!spec->linux_.memory_policy.present)
		return 0;
	if (nodes != NULL && cpuset_parse(&spec->arena, nodes, &set, err) < 0)
		return error_prefix(err, "linux.memoryPolicy.nodes");
	any_node = cpuset_count(&set) > 0;
	if (need_of(mode) == NODES_NEEDED && !any_node)
		return error_set(err, EINVAL, "linux.memoryPolicy.nodes: missing, but %s needs at least one", mode);
	if (need_of(mode) == NODES_NONE && any_node)
		return error_set(err, EINVAL, "linux.memoryPolicy.nodes: %s takes none, not \"%.64s\"", mode, nodes);
	return check_flags(mode, &spec->linux_.memory_policy.flags, any_node, err);
}
