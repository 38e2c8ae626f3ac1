// verify.h: the report of `minirun verify`, printed.
#ifndef MINIRUN_CMD_VERIFY_H
#define MINIRUN_CMD_VERIFY_H

#include "cpus/neighbours.h"
#include "cpus/verify.h"

struct verify_view {
	const struct ledger_claim *claim;
	const char *kernel, *command_line;
	struct verify_input input;
	struct verify_report report;
	struct neighbour *neighbours; // what may work on its CPUs at any time, by the kernel's knobs
	size_t neighbour_count;
};

void verify_print_table(struct arena *arena, const struct verify_view *view);
void verify_print_json(struct arena *arena, const struct verify_view *view);

#endif
