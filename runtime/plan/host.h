// host.h: what a plan has to know about the machine, probed once (play/probe.h) or made up by a test.
// Only facts: no decisions, no system calls.
#ifndef MINIRUN_PLAN_HOST_H
#define MINIRUN_PLAN_HOST_H

#include "cgroup/limits.h"
#include "cpus/ledger.h"
#include "cpus/topology.h"
#include "rootfs/snapshot_option.h"

#include <stdbool.h>
#include <stdint.h>

struct host {
	unsigned euid, egid;
	bool user_namespace;                  // minirun is in one: its root may do what concerns that namespace, and make no devices
	// minirun can mount nothing in its own mount namespace and load no program for cgroups (no CAP_SYS_ADMIN, or only in a user namespace); or --rootless says so.
	bool unprivileged;
	uint64_t capabilities;                // the caller's permitted set
	const char *cgroup_mount;             // mount point of cgroup2; NULL: there is none
	unsigned controllers;                 // available in cgroup v2, bits 1u << CONTROLLER_*
	const char *v1_mounts[CONTROLLER_MAX]; // where a controller is mounted as cgroup v1; NULL: nowhere
	const char *cgroup_base;              // of the unprivileged: the cgroup below cgroup_mount that is delegated to them, "" for the top; NULL: none
	const char *unit_cgroup;              // of root in a unit of systemd with Delegate=yes: the unit's cgroup; NULL: not in one
	const char *cgroup_own;               // and the one that minirun is in, for messages
	const char *resctrl_mount;            // NULL: no resctrl file system is mounted, or nobody asked
	const char *cpus_online;              // list, "0-7"
	const char *cpus_isolated;            // isolcpus, "" for none
	const char *mems_online;              // NUMA nodes with memory, list
	// Only for who asks for CPUs of its own (--cpus); NULL otherwise:
	const struct topology *topology;
	const struct ledger_claims *claims;   // who owns CPUs already
	int cores_node;                       // NUMA node that is asked for by number or device; -1: none
	struct snapshot_ground ground;        // where the image lies; not looked at: as if it were an ordinary directory
	bool image_known;                     // the next two are
	unsigned image_uid, image_gid;        // owner of the image's root directory
	bool apparmor;                        // enabled
	bool selinux;                         // enabled, with a policy
};

#endif
