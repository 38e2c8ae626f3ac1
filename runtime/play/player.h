// player.h: what the steps of one play share. Private to play/. The fds belong to the process that has them: init gets copies at the spawn.
#ifndef MINIRUN_PLAY_PLAYER_H
#define MINIRUN_PLAY_PLAYER_H

#include "netns/device.h"
#include "play/play.h"
#include "proc/mapping.h"
#include "systemd/manager.h"

#include <stdbool.h>

// Of one routing table.
struct default_routes {
	bool v4, v6;
};

struct player {
	struct arena *arena;
	const struct plan *plan;
	const struct play_options *options;
	int64_t began;              // clock_ns()
	struct state state;         // what is saved in state.json
	int state_root, state_dir;
	int proc, null;             // host's, O_PATH
	int tree;                   // detached root, then the attached one: O_PATH root
	int cgroup_root, cgroup_dir;
	int cgroup_room;            // lock of the unit's cgroup until the container's own is there
	int program;                // device filter
	int route;                  // netlink socket in the network namespace of this process
	int bridge_lock;
	int socket;                 // this side's end of the notes
	int notify;                 // socket that the program tells that it is ready
	int notify_tree;            // the directory that it is in, detached
	int init_socket;            // init's end, until the spawn
	int start;                  // listens for `minirun start`
	int pidfd, master;
	int dev;                    // the container's /dev
	struct net_link *links;     // the plan's, with the addresses that were chosen: memory that init shares; NULL: none has to choose
	const struct default_routes *routed; // one a link: what its routing table has already, which the link is not to replace; NULL: nothing
	int *ifindexes;             // of the host ends, one a --net
	struct mapping *mappings;   // one a STEP_MAPPING
	const char *class_made;     // resctrl group with a name of its own, made here: only a failed start takes it away again
	struct netns host_netns, netns; // of the parent and of the container, for moved devices
	struct moved_device *moved; // one a STEP_NET_DEVICE; index 0: not moved
	int *sources;               // detached mounts with mapped ids, one a STEP_IDMAP
	struct manager manager;     // systemd's, for a container in a unit of it
	pid_t pid;
	sigset_t mask;
	struct seccomp_filter filter;
	int reached;                // last step that this actor has begun
	int heard;                  // last step index that the other actor has reported
	const char *chdir_again;    // chdir failed for the privileged user: try this as the user
	bool join_late;             // init joins its cgroup itself instead of being born in it
	bool killed_at_birth;       // init ended by SIGKILL before it said anything
	bool watching;              // notes_watch_end() has been called
	bool announced;             // init has told that only the filter and execve are left
	bool reaped;                // the program's parent is the reaper, not minirun
	dev_t self_device;          // minirun's own binary
	ino_t self_inode;
};

typedef int step_function(struct player *player, const struct step *step, struct error *err);

// Tables by step kind: NULL where the actor has no such step.
extern step_function *const parent_steps[STEP_KIND_MAX];
extern step_function *const init_steps[STEP_KIND_MAX];

// Who may mount performs these: the parent, or without privileges init.
step_function step_snapshot, step_clone_root;
int step_clone_notify(struct player *player, struct error *err);

// Opens player->route, the netlink socket of this process's network namespace, at its first use.
int player_open_route(struct player *player, struct error *err);

// The link with the addresses that it has really got. `link` is the plan's.
const struct net_link *player_link(const struct player *player, const struct net_link *link);

// Waits until the other actor has reported step `index`; 0, or -1 with its error.
int player_wait(struct player *player, enum actor actor, int index, struct error *err);

// Walks the list from `first` up to and without `end` for `actor`; 0 or -1 (err->step is the failed one).
int player_walk(struct player *player, enum actor actor, size_t first, size_t end, struct error *err);

// Init's life: walks its lines; ends the process, after having sent the error, if one fails.
_Noreturn void player_init(struct player *player, size_t first);

#endif
