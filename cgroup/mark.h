// mark.h: what minirun has to do with a cgroup directory, kept in an extended attribute of it, so that it survives a crash and a reader needs no state file.
// "trusted.minirun" (readable and writable with CAP_SYS_ADMIN only, so nobody in a container forges it); without that capability, "user.minirun".
#ifndef MINIRUN_CGROUP_MARK_H
#define MINIRUN_CGROUP_MARK_H

#include "base/parse.h"

#include <limits.h>
#include <stdbool.h>

enum mark_kind {
	MARK_NONE,    // no attribute: not ours. Nothing in it is killed, it is never removed
	MARK_PARENT,  // "parent": made on the way to a container's cgroup. Removed when it is empty
	MARK_MADE,    // "made:OWNER": made for the container OWNER. Goes with everything below
	MARK_ADOPTED, // "adopted:OWNER": was there, without sub-cgroups. Stays; what is below goes
	MARK_SHARED,  // "shared:OWNER": was there, with sub-cgroups. Stays with all of them; only processes are killed
};

struct mark {
	enum mark_kind kind;
	char owner[PATH_MAX]; // of the state directory; "" for MARK_NONE and MARK_PARENT
};

// `dir` must be open for reading (not O_PATH). 0, or -1 with errno. An attribute that is none of the above reads as MARK_NONE.
int mark_read(int dir, struct mark *ret_mark);
int mark_write(int dir, enum mark_kind kind, const char *owner);
int mark_erase(int dir);

// One of the three kinds that name an owner, and it is this one.
bool mark_belongs_to(const struct mark *mark, const char *owner);

#endif
