// host.h: what a plan has to know about the machine, probed once (play/probe.h) or made up by a test.
// Only facts: no decisions, no system calls.
#ifndef MINIRUN_PLAN_HOST_H
#define MINIRUN_PLAN_HOST_H

#include "cgroup/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct host {
	unsigned euid;
	uint64_t capabilities;                // the caller's permitted set
	const char *cgroup_mount;             // mount point of cgroup2; NULL: there is none
	unsigned controllers;                 // available in cgroup v2, bits 1u << CONTROLLER_*
	const char *v1_mounts[CONTROLLER_MAX]; // where a controller is mounted as cgroup v1; NULL: nowhere
	const char *cpus_online;              // list, "0-7"
	const char *cpus_isolated;            // isolcpus, "" for none
	const char *mems_online;              // NUMA nodes with memory, list
};

#endif
