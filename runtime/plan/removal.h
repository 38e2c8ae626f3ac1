// removal.h: what `net del` takes away of one link, as play/network_change.h finds it, and the steps of it in words for `net del --explain`. Pure.
#ifndef MINIRUN_PLAN_REMOVAL_H
#define MINIRUN_PLAN_REMOVAL_H

#include "base/arena.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stddef.h>

struct removal {
	const char *name;            // of the container's interface
	const char *state_directory; // absolute, of the container
	// Of these two kinds nothing else is to be taken away.
	bool peer;                   // one of a pair between containers, or what waits for it
	const char *device;          // the host's name of the device that is lent as it; NULL: it is none
	const char *lent_as;         // what the container got it as: the record's name
	const char *table;           // of nf_tables, which has rules of it; NULL: masquerade= and publish= are not
	bool table_goes;             // no other link has rules in it
	const char *bridge;          // of the host's, that its other end is a port of; NULL: none
	bool bridge_goes;            // minirun made that, so it goes with its last port
	const struct net_address *addresses; // of the interface: what may be claimed of the bridge's
	size_t address_count;
};

enum { REMOVAL_STEPS_MAX = 4 };

// As describe.h and lesson.h say of the steps of a plan; `shell` NULL: it has no command.
struct removal_step {
	enum actor actor;
	const char *name, *summary, *call, *why, *source, *shell, *look;
};

// The steps of the removal in their order; returns how many. Texts in `arena`.
size_t removal_steps(struct arena *arena, const struct removal *removal, struct removal_step ret_steps[REMOVAL_STEPS_MAX]);

#endif
