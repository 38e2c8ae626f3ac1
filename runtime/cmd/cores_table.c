// cores_table.c: `minirun cores`: a line a CPU, then a line an owner.
#include "cmd/cores.h"
#include "cmd/table.h"

#include <stdio.h>
#include <string.h>

enum { CPU_COLUMNS = 10, OWNER_COLUMNS = 6 };

static const char *id_text(struct arena *arena, int id)
{
	return id < 0 ? "-" : arena_printf(arena, "%d", id);
}

// Whose the CPU is and for what; several may share a housekeeping CPU.
static void name_owners(struct arena *arena, const struct ledger_claims *claims, unsigned number, const char **ret_owner, const char **ret_role)
{
	const char *owner = NULL, *role = NULL;

	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];
		const char *its_role = cores_alive(claim) ? cores_role(claim, number) : NULL;

		if (its_role == NULL)
			continue;
		owner = owner == NULL ? claim->id : arena_printf(arena, "%s,%s", owner, claim->id);
		role = role == NULL ? its_role : arena_printf(arena, "%s,%s", role, its_role);
	}
	*ret_owner = table_cell(owner);
	*ret_role = table_cell(role);
}

static void print_cpus(struct arena *arena, const struct cores_view *view)
{
	static const char *const titles[CPU_COLUMNS] = {"CPU", "NODE", "PACKAGE", "DIE", "L3", "CORE", "SIBLINGS", "STATE", "OWNER", "ROLE"};
	size_t count = view->topology.count;
	const char **cells = arena_array(arena, (count + 1) * CPU_COLUMNS, sizeof *cells);

	memcpy(cells, titles, sizeof titles);
	for (size_t i = 0; i < count; i++) {
		const struct cpu *cpu = &view->topology.cpus[i];
		const char **row = &cells[(i + 1) * CPU_COLUMNS];

		row[0] = arena_printf(arena, "%u", cpu->number);
		row[1] = id_text(arena, cpu->node);
		row[2] = id_text(arena, cpu->package);
		row[3] = id_text(arena, cpu->die);
		row[4] = id_text(arena, cpu->l3);
		row[5] = id_text(arena, cpu->core);
		row[6] = table_cell(cpuset_format(arena, &cpu->siblings));
		row[7] = table_cell(cores_state(arena, &view->topology, cpu));
		name_owners(arena, &view->claims, cpu->number, &row[8], &row[9]);
	}
	table_print(cells, count + 1, CPU_COLUMNS, 0, TABLE_GAP);
}

static void print_owners(struct arena *arena, const struct ledger_claims *claims)
{
	static const char *const titles[OWNER_COLUMNS] = {"OWNER", "PID", "LEVEL", "NODE", "CPUS", "STATE DIRECTORY"};
	const char **cells = arena_array(arena, (claims->count + 1) * OWNER_COLUMNS, sizeof *cells);

	memcpy(cells, titles, sizeof titles);
	for (size_t i = 0; i < claims->count; i++) {
		const struct ledger_claim *claim = &claims->items[i];
		const char **row = &cells[(i + 1) * OWNER_COLUMNS];

		row[0] = claim->damaged != NULL ? "-" : claim->id;
		row[1] = claim->damaged != NULL ? "-" : arena_printf(arena, "%d", claim->pid);
		row[2] = claim->damaged != NULL ? "damaged" : claim->stale ? "ended" : table_cell(claim->level);
		row[3] = id_text(arena, claim->damaged != NULL ? -1 : claim->node);
		row[4] = claim->damaged != NULL ? "-" : table_cell(arena_printf(arena, "%s%s", cpuset_format(arena, &claim->cpus), claim->shared ? " shared" : ""));
		row[5] = claim->owner;
	}
	printf("\n");
	table_print(cells, claims->count + 1, OWNER_COLUMNS, 0, TABLE_GAP);
}

void cores_print_table(struct arena *arena, const struct cores_view *view)
{
	print_cpus(arena, view);
	if (view->claims.count > 0)
		print_owners(arena, &view->claims);
}
