// ledger.h: which container owns which CPUs of this machine, on disk, for all state directories (`--root`) together.
// One directory, one file per owner (text, see ledger.c), each replaced atomically, and one lock. The directory is root's and everybody may read it: minirun without
// privileges respects the owners, and cannot become one. An owner is alive while the process that its claim names is (pid and start time, of this boot).
#ifndef MINIRUN_CPUS_LEDGER_H
#define MINIRUN_CPUS_LEDGER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strings.h"
#include "cpus/cpuset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// An owner's file is named by its path ('/' is '+', other unusual bytes are %XX) and ends in ".claim". Beside them: `lock`, and what cpus/neighbours.h keeps.
#define LEDGER_DIRECTORY "/run/minirun-cores"

struct ledger {
	int dir;  // -1: it does not exist, so nobody owns anything (reading only)
	int lock; // held until ledger_close(); -1: an unprivileged reader goes without (nobody but root can hold others up), and may see a moment between two changes
	bool write;
	const char *directory; // as given to ledger_open(), the caller's
};
#define LEDGER_INIT ((struct ledger){.dir = -1, .lock = -1})

struct ledger_claim {
	const char *owner;     // absolute path of the container's state directory: unique on the machine
	const char *id;        // of the container
	pid_t pid;             // its init; before that is born, the minirun that makes it
	uint64_t pid_start;    // start time of `pid` (field 22 of /proc/PID/stat)
	struct cpuset cpus;    // all that is owned: data, idle siblings, and the housekeeping CPU if that is owned too
	struct cpuset mains, workers, housekeeping, idle; // their roles; housekeeping may lie outside of `cpus` (shared with others)
	bool shared;           // shared=yes: nobody is kept off `cpus`
	bool steer;            // interrupts and other neighbours are kept off `cpus`
	bool holds_latency;    // who watches its threads keeps the CPUs' wake-up latency (realtime.h) at
	uint64_t latency;      // so many microseconds
	bool enforce;          // threads are held by threaded leaves
	int node;              // NUMA node, -1: several or unknown
	const char *level;     // of isolation, by name (cgroup/partition.h); NULL: not known yet
	const char *cgroup;    // path of its cgroup from the cgroup2 mount; NULL: none
	struct strings threads; // thread rules as text, in order

	// Filled by ledger_read() only.
	bool stale;            // its process is gone: the CPUs are free, what is left of it is to be cleared away
	const char *damaged;   // NULL, or why its file cannot be understood; then only owner and file are known
	const char *file;      // its file's name in the ledger's directory
};

struct ledger_claims {
	struct ledger_claim *items; // by owner, ascending
	size_t count;
};

// Opens the ledger in `directory` (LEDGER_DIRECTORY). With `write` the directory is made if it is missing and the lock is taken exclusively: a second writer waits, so hold
// it from looking to claiming and no longer. Without, the lock is shared with other readers. A writer without the rights is told that only root can own CPUs, and of shared=yes.
int ledger_open(const char *directory, bool write, struct ledger *ret_ledger, struct error *err);
// Unlocks, also for a child that was forked meanwhile, and closes; twice is harmless.
// A writer that leaves nobody in it removes the directory.
void ledger_close(struct ledger *ledger);

// Reads all claims into `arena`. `proc` is an fd of "/proc". A file that cannot be understood is a claim with `damaged`, never none.
int ledger_read(struct arena *arena, const struct ledger *ledger, int proc, struct ledger_claims *ret_claims, struct error *err);

// A number that is another one when the owner's claim in `directory` has been replaced; 0: there is none. Without the lock, for who asks often.
uint64_t ledger_version(const char *directory, const char *owner);

// The claim of that owner, stale or not; NULL: none.
const struct ledger_claim *ledger_find(const struct ledger_claims *claims, const char *owner);
// The living claim that owns CPU `number`, `except` (an owner; may be NULL) and shared ones apart; NULL: it is free.
const struct ledger_claim *ledger_owner(const struct ledger_claims *claims, unsigned number, const char *except);

// EUCLEAN if the claim is damaged. The text speaks of "its claim": for who is busy with its container.
int ledger_check_claim(const struct ledger_claim *claim, struct error *err);

// All CPUs that living owners other than `except` (may be NULL) own: not those of shared claims. EUCLEAN when a damaged claim makes that unknowable; the text names the
// file and the way out. Pure.
int ledger_taken(struct arena *arena, const struct ledger_claims *claims, const char *except, struct cpuset *ret_cpus, struct error *err);
// All CPUs of living claims with `steer`: what neighbours are to be kept off. Pure.
struct cpuset ledger_steered(struct arena *arena, const struct ledger_claims *claims);
// EBUSY if one of `cpus` is owned by another than `except`: the text names CPU, container, its state directory and pid, and the ways out. EUCLEAN as above. Pure.
int ledger_refuse(const struct ledger_claims *claims, const struct cpuset *cpus, const char *except, struct error *err);

// Writes the claim (whatever `claim->owner` had before is replaced). The ledger must be open for writing, and the caller has looked at the claims of others under the same lock.
int ledger_put(const struct ledger *ledger, int proc, const struct ledger_claim *claim, struct error *err);
// Removes the claim of `owner`; absent is success.
int ledger_remove(const struct ledger *ledger, const char *owner, struct error *err);

#endif
