// topology.h: which CPUs the machine has, how they hang together and which are set apart, as sysfs and the cgroup tree say; nothing is concluded from CPU numbers (the sibling
// of CPU 2 is 58 on one machine and 3 on the next). Sources: kernel Documentation/ABI/stable/sysfs-devices-system-cpu, -node, admin-guide/cgroup-v2.rst "Cpuset".
// Only reads, through directory fds, so that tests and recorded machines serve as well as /sys.
#ifndef MINIRUN_CPUS_TOPOLOGY_H
#define MINIRUN_CPUS_TOPOLOGY_H

#include "base/arena.h"
#include "base/error.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>

// One CPU (logical, a hardware thread). What the machine does not say is -1; an offline CPU has only its number.
struct cpu {
	unsigned number;
	bool online;
	int package;            // physical_package_id
	int die;                // die_id, unique within the package
	int core;               // core_id: unique within package and die only; compare `siblings`, not this
	int l3;                 // smallest CPU that shares the level-3 cache
	int node;               // NUMA node
	struct cpuset siblings; // the threads of its core, itself among them; only itself where there is no SMT, empty when offline
};

struct topology_node {
	int number;
	struct cpuset cpus; // online ones
	bool memory;        // a node may have CPUs without memory, and memory without CPUs
};

struct topology {
	struct cpu *cpus; // the present ones, ascending by number
	size_t count;
	struct cpuset present;
	struct cpuset online;
	struct cpuset isolated;   // isolcpus= of the command line
	struct cpuset nohz_full;  // nohz_full= of the command line
	struct cpuset partitions; // in cpuset partitions of the kind "isolated" now; a CPU may be here and in `isolated`
	struct cpuset apart;      // in cpuset partitions of the kind "root" now: balanced, but taken from the rest of the machine
	struct cpuset reachable;  // online ones that the cgroup tree's root gives: all of them, less inside of a container
	struct cpuset housekeeping; // reachable ones in none of isolated, partitions, apart
	struct topology_node *nodes; // ascending; one node 0 with all on a kernel without NUMA
	size_t node_count;
	const char *kernel; // release, as of uname -r
};

// `sys_fd` is "/sys"; `cgroup_fd` the root of the cgroup v2 tree, or -1 (then nothing is in partitions, and so if the tree lacks the cpuset controller). All in `arena`.
// An error means that sysfs is not there or says something that cannot be read; files that only some kernels and machines have may be missing.
int topology_read(struct arena *arena, int sys_fd, int cgroup_fd, struct topology *ret_topology, struct error *err);

// The CPU of that number; NULL if the machine has none.
const struct cpu *topology_cpu(const struct topology *topology, unsigned number);
// The node of that number; NULL if the machine has none.
const struct topology_node *topology_node(const struct topology *topology, int number);
// The same of a node that was asked for: NULL with the error.
const struct topology_node *topology_node_asked(const struct topology *topology, int number, struct error *err);

// The NUMA node of a device: `kind` "dev" and an interface's name, or "pci" and an address ("0000:3b:00.0", "3b:00.0"). *ret_node is -1 where the machine does not say (usual on
// machines with one node). ENODEV if there is no such device, or if it is a virtual one, which is on no node.
int topology_device_node(int sys_fd, const char *kind, const char *name, int *ret_node, struct error *err);

#endif
