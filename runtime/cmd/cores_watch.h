// cores_watch.h: what `run` does for a container with CPUs of its own while it attends it: pins threads as they appear, and tells when the kernel gives up the partition.
#ifndef MINIRUN_CMD_CORES_WATCH_H
#define MINIRUN_CMD_CORES_WATCH_H

#include "cmd/pinning.h"
#include "plan/plan.h"

struct cores_watch {
	struct pinning pinning;
	int partition; // fd of partition_watch(); -1: there is none
	bool pins;
};
#define CORES_WATCH_INIT ((struct cores_watch){.pinning = PINNING_INIT, .partition = -1})

// The container of `plan` runs. What cannot be watched is a warning: the program runs, and `minirun verify` tells. cores_watch_close() in any case; the struct must not move.
void cores_watch_open(struct cores_watch *watch, const struct plan *plan, const struct state *state);
void cores_watch_close(struct cores_watch *watch);

// `timer` of struct attend; `context` is the struct cores_watch.
int cores_watch_timer(void *context);

// For a container whose minirun does not stay: a process that pins its threads as they appear, if it was given rules for them, and holds the wake-up latency, if one was asked for. Trouble is a warning.
void cores_watch_leave(const struct globals *globals, const struct ledger_claim *claim, const struct state *state);

#endif
