// undo.h: what has to be taken away again, as data: recorded in the container's state before anything is made,
// so that one implementation (play/undo.h) serves the failed start, the normal end, and `delete` after a crash.
#ifndef MINIRUN_PLAN_UNDO_H
#define MINIRUN_PLAN_UNDO_H

enum undo_kind {
	UNDO_SNAPSHOT, // path: the snapshot's directory, in the container's state
	UNDO_STORED,   // path: the same, in a store
	UNDO_CGROUP,   // path: in the cgroup tree
	UNDO_ROOM,     // path: of the unit whose cgroup hands controllers on to the container's
	UNDO_BRIDGE,   // path: the bridge's name
	UNDO_NAT,      // path: name of the table of nf_tables
	UNDO_LINKS,    // the host ends of veth pairs whose network namespace lives on
	UNDO_JOINED_LINKS, // path: of the network namespace, not the container's own, in which links were made
	UNDO_PEER,     // path: name of a link to another container, which the state directory says
	UNDO_NETWORK,  // path: of a mount in the state directory that keeps the container's network namespace
	UNDO_DEVICE,   // path: name of a network device of the host's that is lent
	UNDO_PID_FILE, // path
	UNDO_RESCTRL,  // path of the group's directory
	UNDO_UNIT,     // path: name of a unit of systemd
	UNDO_USER_UNIT, // the same, of the systemd of the user who deletes
	UNDO_CORES,    // path: the ledger's directory
	UNDO_KIND_MAX,
	UNDO_INVALID = -1,
};

struct undo {
	enum undo_kind kind;
	const char *path;
};

// "snapshot", "cgroup", ... as written in state.json; UNDO_INVALID for unknown words.
const char *undo_name(enum undo_kind kind);
enum undo_kind undo_from_name(const char *name);

#endif
