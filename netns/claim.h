// claim.h: names that one container has at a time: an address on a bridge, a port of the host. For all state roots (`--root`) of a machine together, without a daemon.
// A claim is a symbolic link whose name is what is claimed and whose text is who has it: made and read by one system call each, never seen half written, and
// shown by ls(1). Nobody follows it. It holds as long as its owner lives: who comes upon one whose process is gone takes it over. All under bridge_lock().
#ifndef MINIRUN_NETNS_CLAIM_H
#define MINIRUN_NETNS_CLAIM_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// Below it a directory for each place: "NETNS" for what the network namespace of that inode number has, "NETNS:BRIDGE" for a bridge in it. Neither outlives its last claim.
#define CLAIM_DIRECTORY "/run/minirun-net"

struct claimant {
	const char *owner;      // path of the container's state directory: unique on the machine
	pid_t pid;              // its first process; 0: the claim holds as long as the state directory is there
	uint64_t pid_start;     // start time of `pid` (field 22 of /proc/PID/stat)
	uint64_t pid_namespace; // inode of the pid namespace that `pid` is a number of; 0: not known
};

struct claims {
	int proc;          // the caller's fd of "/proc", for a look at owners
	int dir;           // -1: there are none
	uint64_t pid_namespace; // the caller's
	const char *top;
	char place[64];
};
#define CLAIMS_INIT ((struct claims){.proc = -1, .dir = -1})

struct claim {
	struct claimant by; // `owner` is `text`
	char text[PATH_MAX];
};

// The claimant that is process `pid` (0: none) of the caller's pid namespace. `proc`: fd of "/proc".
struct claimant claimant_of(int proc, const char *owner, pid_t pid);

// Opens the claims in `top` (CLAIM_DIRECTORY) of the caller's network namespace, or of `bridge` there (NULL: of no bridge). `make`: the directory is made if it is missing; else it may
// be absent, which is having none. `top` and `proc` stay the caller's. claims_close() removes the directories if they are empty; twice is harmless.
int claims_open(const char *top, int proc, const char *bridge, bool make, struct claims *ret_claims, struct error *err);
void claims_close(struct claims *claims);

// Claims `name` for `claimant`, who may have it already. 0; or 1: another one has it, who lives, in `ret_holder`; or -1.
int claim_take(const struct claims *claims, const char *name, const struct claimant *claimant, struct claim *ret_holder, struct error *err);

// Whether somebody who lives has `name`, then in `ret_holder`.
bool claim_holder(const struct claims *claims, const char *name, struct claim *ret_holder);

// The same, whether or not who has it lives.
bool claim_read(const struct claims *claims, const char *name, struct claim *ret_claim);

// Calls `handle` for each claim whose owner lives, in no order; non-zero ends it.
typedef int claim_handler(const char *name, const struct claim *claim, void *data);
int claims_each(const struct claims *claims, claim_handler *handle, void *data, struct error *err);

// Calls `handle` for the name of each claim, whoever has it: claims_each() reads a link and a file of /proc for each, this none. In no order; non-zero ends it.
typedef int claim_name_handler(const char *name, void *data);
int claims_names(const struct claims *claims, claim_name_handler *handle, void *data, struct error *err);

// Removes the claim `name` if no process of its owner's number is left; one whose pid is now another process's counts as living here, which is seen by one system call. Returns
// whether it was removed.
bool claim_drop_dead(const struct claims *claims, const char *name);

// Whether somebody other than `owner` who lives has a claim there. What cannot be read counts as none.
bool claims_others(const struct claims *claims, const char *owner);

// Removes the claim `name` if it is `owner`'s.
void claim_drop(const struct claims *claims, const char *name, const char *owner);

// Removes all claims of `owner` there. None is success.
int claims_drop(const struct claims *claims, const char *owner, struct error *err);

// "container "c1" (/run/minirun/c1, pid 77)" into `text`. Returns `text`.
char *claim_holder_text(const struct claim *claim, char *text, size_t size);

#endif
