// cores.h: steps of the parent for CPUs of the container's own, and giving them back. One lock, the ledger's, is held from choosing CPUs (cmd/bundle.c opens it) to
// STEP_SETTLE_CORES; whoever changes partitions or neighbours holds it, too.
#ifndef MINIRUN_PLAY_CORES_H
#define MINIRUN_PLAY_CORES_H

#include "play/player.h"

step_function cores_claim, cores_partition, cores_leaves, cores_settle, cores_enter_leaf;
step_function cores_steer_link; // of the parent, too; what cannot be is a warning
step_function cores_check_file; // init's

// The container's process is there: it is the owner from now on, no longer minirun. Nothing to do for a container without CPUs of its own.
int cores_record(struct player *player, struct error *err);

// Clears away what owners that have died had claimed and isolated; what was kept off their CPUs is for the next cores_steer(). The ledger is open for writing, as below.
int cores_clear_dead(struct arena *arena, struct ledger *ledger, const char *cgroup_mount, const struct ledger_claims *claims, struct error *err);
// The kernel's own work goes where the claims as they are now allow it: away from those of who `steers` itself, and back from where a claim that is gone had kept it off. `proc`: fd
// of /proc. `tell`: warn of what does not go; once, to who starts or resizes a container.
int cores_steer(struct arena *arena, struct ledger *ledger, int proc, bool steers, bool tell, struct error *err);

// The same for the links of a container that has been given other CPUs: receive queues that are as the first claim would have them, to what the second one says. Trouble is a warning.
void cores_resteer_links(struct arena *arena, int proc, pid_t pid, const struct cpuset *from, const struct cpuset *to);

// Makes the container's cgroup an ordinary one again, while it still exists; the claim stays. `directory` and `held` as of cores_give_back().
int cores_release(const struct state *state, const char *directory, struct ledger *held, struct error *err);

// The undo of UNDO_CORES: the claim of `state->owner` goes, its partition and what it kept off its CPUs. `held`: the ledger if the caller has it open for writing, else NULL.
int cores_give_back(const struct state *state, const char *directory, struct ledger *held, struct error *err);

// The claim of the container, from the machine's ledger, in `arena`; NULL in `ret_claim` if it has none. For who only looks.
int cores_find(struct arena *arena, const struct state *state, const struct ledger_claim **ret_claim, struct error *err);

#endif
