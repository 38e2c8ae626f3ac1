// pinning.h: the threads of one container pinned by the rules and CPUs of its claim in the ledger: once, or again and again beside something else.
#ifndef MINIRUN_CMD_PINNING_H
#define MINIRUN_CMD_PINNING_H

#include "cmd/command.h"
#include "cpus/ledger.h"
#include "cpus/pin.h"
#include "state/state.h"

#include <stdbool.h>

struct pinning {
	struct arena arena;         // all but the passes
	struct arena pass;          // of the last pass, freed by the next
	const char *id;
	pid_t init;
	int proc;                   // fd of /proc
	int cgroup;                 // directory of the container's cgroup; -1: it has none
	const struct ledger_claim *claim;
	struct thread_rules rules;
	struct thread_places places;
	struct pin_container container;
	struct pin pin;
	struct pin_watch watch;
	uint64_t told;              // fingerprint of the threads whose problems have been logged
	unsigned lines;             // that have been logged so
	int latency;                // holds the CPUs' wake-up latency while it is open; -1
	const struct state *state;  // the caller's
	uint64_t version;           // of the claim in the ledger: another one after `update --cpus`
	bool own_rules;             // the claim's, not the caller's
	bool watching;              // minirun itself has left the container's CPUs, and holds the latency
};
#define PINNING_INIT ((struct pinning){.proc = -1, .cgroup = -1, .latency = -1})

// Finds the claim of the container and its cgroup. The rules are `texts`, or the claim's with `count` 0. For pinning_watch() `state` has to stay. ENODATA: it has no CPUs of its own. The error's text speaks of "it", so put before it what cannot be done to which container. pinning_close() also after a failure; the
// struct must not move in between.
int pinning_open(struct pinning *pinning, const struct state *state, const char *const *texts, size_t count, struct error *err);
void pinning_close(struct pinning *pinning);

// One pass. The report is valid until the next one. Its problems and crowded workers are logged, again only when threads have come, gone or been renamed since.
int pinning_pass(struct pinning *pinning, struct pin_report *ret_report, struct error *err);

// One pass of many, from CPUs that are not the container's, with the CPUs' wake-up latency held if the claim says so (until pinning_close()), and by the claim as it is now when `update --cpus` has replaced it: returns how many milliseconds until the next, -1 with `err` when there can be none.
int pinning_watch(struct pinning *pinning, struct pin_report *ret_report, struct error *err);

// The same as `timer` of struct attend; `context` is the struct pinning. Errors are logged, changes at debug level.
int pinning_timer(void *context);

// Starts `minirun pin --watch` for the container, in a session of its own: for containers whose minirun does not stay. It ends with the container. What it has to say goes to the
// caller's --log, or else to STATE_PIN_LOG in the container's state directory, which must not go meanwhile: in logrus' text, or as --log-format says.
int pinning_start_watcher(const struct globals *globals, const struct state *state, struct error *err);

#endif
