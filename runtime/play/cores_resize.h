// cores_resize.h: other CPUs of its own for a container in use (`update --cpus`): all of it, or the CPUs from before stay in force and in the ledger.
#ifndef MINIRUN_PLAY_CORES_RESIZE_H
#define MINIRUN_PLAY_CORES_RESIZE_H

#include "cpus/request.h"
#include "state/state.h"

// Chooses CPUs for `request` as if the container had none, moves cgroup, leaves, threads and the kernel's own work, and writes the claim. Which of the new CPUs each thread has by
// its name's rule is for a pass of cmd/pinning.h behind it. The caller holds the state directory's lock, shared. Errors speak of "it": ENODATA: no CPUs of its own; EINVAL: a word
// that was decided when the container started (shared, enforce, partition, irqs, latency); EBUSY: a CPU is owned, or the kernel would isolate less than before.
int cores_resize(const struct state *state, const struct core_request *request, struct error *err);

#endif
