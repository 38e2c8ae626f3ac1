// cores_shape.h: what follows from the CPUs that a container has been given, the same when it is made and when it is resized: its lines in the ledger and in its cgroup's
// files. Pure.
#ifndef MINIRUN_PLAN_CORES_SHAPE_H
#define MINIRUN_PLAN_CORES_SHAPE_H

#include "cgroup/limits.h"
#include "cgroup/threaded.h"
#include "cpus/ledger.h"
#include "cpus/placement.h"
#include "cpus/thread_rule.h"

// The ledger's claims as placement wants them: without that of `except`, and without the dead, whose partitions go before their CPUs are taken. EUCLEAN: a claim is damaged.
int cores_owners(struct arena *arena, const struct ledger_claims *claims, const char *except, struct placement_input *input, struct error *err);

// The CPUs of the claim and their roles; what else is in it stays.
void cores_fill_claim(struct ledger_claim *claim, const struct placement *placement);

// Where its threads may run. The siblings that are owned to be idle are no place for one.
struct thread_places cores_places(struct arena *arena, const struct ledger_claim *claim);

// For its cgroup's cpuset.cpus. What stays idle belongs to a partition, too, or others would run there.
struct cpuset cores_cgroup_cpus(struct arena *arena, const struct placement *placement, bool partition);
// Those of them that nobody else shall have.
struct cpuset cores_exclusive_cpus(struct arena *arena, const struct placement *placement, bool partition);

// Who works on the packets of its links: outside of the container CPUs of the machine's own (`machine`) without an owner, in it its control CPUs, or else the first of the others. Empty:
// there is none.
struct cpuset cores_host_packets(struct arena *arena, const struct cpuset *machine, const struct ledger_claims *claims, const struct ledger_claim *claim);
struct cpuset cores_own_packets(struct arena *arena, const struct cpuset *isolated, const struct cpuset *host, const struct ledger_claim *claim);

// What linux.resources (of the config, or of `update`) must not say about CPUs that only the container has: EINVAL names the field and the way out.
int cores_check_quota(const struct cgroup_limits *limits, struct error *err);
// And a cpuset beside the CPUs of the claim, or of --cpus with NULL: the ledger, the partition and the leaves would know nothing of it. `typed`: cpus and mems, too, not `unified` alone.
int cores_check_cpuset(struct arena *arena, const struct cgroup_limits *limits, const struct ledger_claim *claim, bool typed, struct error *err);

// One leaf each for control threads and main threads, and one for every worker, in `arena`.
struct threaded_leaf *cores_leaf_list(struct arena *arena, const struct thread_places *places, size_t *ret_count);

#endif
