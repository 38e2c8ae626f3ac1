// cores.h: `minirun cores` with its sub-commands, one file each: the machine's CPUs, who owns them, and what a request would get.
#ifndef MINIRUN_CMD_CORES_H
#define MINIRUN_CMD_CORES_H

#include "cmd/command.h"
#include "cpus/ledger.h"
#include "cpus/topology.h"

// All options of all sub-commands; which of them a sub-command takes is its affair.
struct cores_options_values {
	const char *format;         // "table", "map", "json"; NULL: table
	bool vpp, dpdk, relative;   // stanza
	const char *cpus, *csit;    // plan
	const char *topology;       // the machine itself, and plan
};

// What `cores` looks at: read once.
struct cores_view {
	struct topology topology;
	struct ledger_claims claims;
};

// Reads this machine and its ledger; needs no privileges.
int cores_read(struct arena *arena, struct cores_view *ret_view, struct error *err);

// The ledger alone.
int cores_claims(struct arena *arena, struct ledger_claims *ret_claims, struct error *err);

// The same from a file in which it is what `cores --format json` printed, mostly on another machine; "-" is stdin.
int cores_load(struct arena *arena, const char *path, struct cores_view *ret_view, struct error *err);

// What a claim has CPU `number` for: "main", "worker", "idle" (the sibling of one, kept free), "housekeeping"; NULL: nothing.
const char *cores_role(const struct ledger_claim *claim, unsigned number);

// A claim of whom the CPUs are: it can be understood and its process is alive.
bool cores_alive(const struct ledger_claim *claim);

// What a CPU is, from the words offline, housekeeping, isolated, nohz_full, partition, apart, unreachable, separated by commas. In `arena`.
const char *cores_state(struct arena *arena, const struct topology *topology, const struct cpu *cpu);

void cores_print_table(struct arena *arena, const struct cores_view *view);
// Drawn by node, core and thread, never wider than 80 columns.
void cores_print_map(struct arena *arena, const struct cores_view *view);
void cores_print_json(struct arena *arena, const struct cores_view *view);

// Sub-commands: like a command's run, `argv` being what follows the sub-command's name.
int cores_stanza(const struct globals *globals, const struct cores_options_values *options, int argc, char **argv);
int cores_plan(const struct globals *globals, const struct cores_options_values *options, int argc, char **argv);

#endif
