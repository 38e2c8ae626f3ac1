// placement_parts.h: what the files of placement share among themselves: how each CPU stands to a request (placement_standing.c), cores and groups of them (placement_core.c),
// explicit lists (placement_list.c). The order of work is in placement.c.
#ifndef MINIRUN_CPUS_PLACEMENT_PARTS_H
#define MINIRUN_CPUS_PLACEMENT_PARTS_H

#include "cpus/placement.h"

// Why a CPU can or cannot be a data CPU; the first that holds.
enum standing {
	STANDING_FREE,
	STANDING_CHOSEN,       // by an explicit list: data or idle
	STANDING_OFFLINE,
	STANDING_UNREACHABLE,
	STANDING_OTHER_NODE,
	STANDING_OWNED,
	STANDING_USED,         // as another container's shared housekeeping
	STANDING_PARTITION,
	STANDING_BOOT,
	STANDING_KEPT,         // for the machine, on a node without the boot CPU
	STANDING_SKIPPED,
	STANDING_LISTED,       // in housekeeping=LIST
	STANDING_NOT_ISOLATED,
	STANDING_ISOLATED,
	STANDING_SIBLING,      // free itself, but a sibling stands in the way
	STANDING_MAX,
};

struct seat {
	enum standing standing;
	const struct placement_owner *owner; // STANDING_OWNED, STANDING_USED
	unsigned sibling;                    // STANDING_SIBLING: whose standing it is
};

struct chooser {
	struct arena *arena;
	const struct placement_input *input;
	const struct topology *topology;
	const struct core_request *request;
	enum core_from from;    // what FROM_FREE means here
	int boot;               // -1: no CPU is online
	struct cpuset kept;
	struct seat *seats;     // one for each of topology->cpus
};

// What is taken together: one thread of a core with its idle siblings, a whole core, or a logical CPU.
struct core {
	const struct cpu *cpu;  // its first data CPU
	struct cpuset data, idle;
};

enum group_level { GROUP_L3, GROUP_DIE, GROUP_PACKAGE, GROUP_NODE, GROUP_MACHINE, GROUP_MAX };

struct chooser chooser_begin(struct arena *arena, const struct placement_input *input);
const struct seat *chooser_seat(const struct chooser *chooser, const struct cpu *cpu);
// "owned by lab1", "the boot CPU", ... in `arena`.
const char *standing_text(const struct chooser *chooser, const struct cpu *cpu);
// Whether a CPU that stands so may be the idle sibling of a data CPU.
bool standing_may_idle(enum standing standing);
// One text for each group of CPUs passed over that stand alike: "cpus 4-5: passed over: owned by lab1". Those in `chosen` are left out.
void standing_reasons(const struct chooser *chooser, const struct cpuset *chosen, struct strings *reasons);
// The same for the text of a refusal: "4-5 owned by lab1, 0 the boot CPU".
const char *standing_summary(const struct chooser *chooser);

// All cores that the request could use, in the order in which they are taken. Marks CPUs whose siblings stand in the way.
size_t chooser_cores(struct chooser *chooser, struct core **ret_cores);
// The first `need` cores of the first group that has as many, the closest kind of group first. Returns the size of the largest allowed group; *ret_picked is NULL if it is too small.
size_t chooser_pick(const struct chooser *chooser, const struct core *cores, size_t count, size_t need, const struct core **ret_picked, enum group_level *ret_level);
const char *group_name(enum group_level level);

// An explicit list as cores: one for each of its CPUs, in its order, siblings idle where smt was said. They are STANDING_CHOSEN then.
int chooser_list(struct chooser *chooser, struct core **ret_picked, struct error *err);

// The CPU and its siblings that are online.
struct cpuset online_siblings(const struct chooser *chooser, const struct cpu *cpu);
// Whether two CPUs are in one group; what the machine does not say is no group.
bool together(enum group_level level, const struct cpu *a, const struct cpu *b);

#endif
