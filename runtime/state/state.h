// state.h: what minirun remembers of a container between commands: ROOT/ID/state.json and the lock on ROOT/ID.
// The directory is 0700, opened O_NOFOLLOW; state.json is replaced atomically. Whoever changes a container holds the lock (flock on the
// directory), which the kernel releases when the holder dies: an unlocked container without a living process is finished or abandoned.
#ifndef MINIRUN_STATE_STATE_H
#define MINIRUN_STATE_STATE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/process.h"
#include "plan/plan.h"
#include "spec/spec.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

// Where an invocation without --root keeps its containers: /run/minirun for root; for others minirun below $XDG_RUNTIME_DIR or /run/user/UID, else /tmp/minirun-UID. In `path`.
const char *state_usual_root(char path[static PATH_MAX]);

// Guards the bridges of the machine; one for all state roots.
#define STATE_BRIDGE_LOCK "/run/minirun.lock"

// In the state directory while the container is "created": play/start.h.
#define STATE_START_SOCKET "start.sock"

// Mode bit of the state directory: another command than the container's maker has changed the record, so that a maker who has stayed reads it anew. (Its fstat(2) is done anyway.)
#define STATE_CHANGED_BIT S_ISVTX

// In the state directory: what the process has to say that pins the threads of a container in the background.
#define STATE_PIN_LOG "pin.log"

// Below the state directory: what a container with a service manager outside finds on /run/notify.
#define NOTIFY_STATE_DIRECTORY "notify"

// Mode bit of the record of a container that was paused while it was "created": state/survey.h.
#define STATE_PAUSED_BIT S_ISVTX

// The first process's name until it is the program or the reaper: while it makes the container, and as what waits for `start`.
#define FIRST_PROCESS_MAKING "minirun:[init]"
#define FIRST_PROCESS_READY "minirun:[ready]"

// Who made the container, and with that who sees to its end: what `run` waits for is taken away by it, the others wait for `delete`.
enum state_origin { ORIGIN_RUN, ORIGIN_DETACHED, ORIGIN_CREATE, ORIGIN_MAX };

enum container_status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED, STATUS_MAX };

struct state {
	const char *id, *bundle, *rootfs;
	const char *owner;       // path of the state directory: the mark of what belongs to the container, unique on the machine whatever the state root
	pid_t pid;               // of the container's first process; 0 before it exists
	uint64_t pid_start;      // its start time (field 22 of /proc/PID/stat), so that a reused pid is not mistaken for it
	int64_t created;         // microseconds since the epoch
	bool kept;               // stays until `minirun delete`, also after its end, and also for who wants its id: made by `create`, or with --keep
	enum state_origin origin;
	bool no_keyring;         // made with --no-new-keyring: `exec` joins none either
	const char *resctrl;     // class of the resctrl file system that --cpus has named, for `exec`; NULL: none
	bool core_cookie;        // its processes have a core scheduling cookie, which `exec` joins
	const char *cgroup_mount; // NULL: no cgroup
	const char *cgroup_path;
	struct strings lowers;   // layers that an overlay has over rootfs, the last one on top
	struct id_mappings uids, gids; // of the user namespace that may have made files of other ids in the snapshot; empty: none
	struct undo *undos;      // in building order
	size_t undo_count;
	struct spec_pairs annotations;
	const char *listener_path, *listener_metadata; // of a seccomp filter that notifies, for `start`; NULL: none
	struct hooks poststart, poststop; // those that other commands have to run; the bundle's config.json may have changed by then
};

const char *status_name(enum container_status status);

// Opens ROOT (made 0700 with its parents when `create`). Refused (EPERM) if others than root and the caller can write to it. fd owned by the caller; -1 with errno ENOENT in the error when it does not exist.
int state_open_root(const char *root, bool create, struct error *err);

// Makes ROOT/ID and locks it, or locks what a finished or crashed container left there. `*ret_stale`: there is an old state to be destroyed first
// (state_load() it). Refused (EEXIST) while the id lives, is being set up or removed, or is kept. Returns the locked directory's fd, owned by the caller; closing it unlocks.
int state_claim(int root, const char *id, bool *ret_stale, struct error *err);

// Opens and locks the directory of an existing container, waiting for whoever has the lock, unless that is a person who takes its steps by hand (EBUSY; state/standing.h). ENOENT: no such container.
int state_lock(int root, const char *id, struct error *err);
// The same for `minirun start`: others may look, and start, at the same time, but nobody may remove or build. `*ret_root`: ROOT's fd, owned by the caller.
int state_share(const char *root, const char *id, int *ret_root, struct error *err);
// Takes the lock of an already open directory again. ENOENT if the container was removed meanwhile. `*ret_changed` (may be NULL): whether state_change() was called.
int state_relock(int dir, bool *ret_changed, struct error *err);
// Opens without lock, for readers.
int state_open(int root, const char *id, struct error *err);
void state_unlock(int dir);

// Opens ROOT/ID for reading and loads its record into `arena`; an unknown root is an unknown container. Returns the directory's fd, owned by the caller.
int state_find(const char *root, const char *id, struct arena *arena, struct state *ret_state, struct error *err);

int state_load(int dir, struct arena *arena, struct state *ret_state, struct error *err);
int state_save(int dir, const struct state *state, struct error *err);
// The same by who has the lock of a container that somebody else made, who may still be there.
int state_change(int dir, const struct state *state, struct error *err);

// The text of config.json as the container was made by it: kept for later commands (exec, hooks), since the bundle's may change.
int state_keep_config(int dir, const char *text, size_t length, struct error *err);
// Parses it into `spec`, which has the text, too ({0} before; spec_free() also after a failure).
int state_load_config(int dir, const struct state *state, struct spec *spec, struct error *err);

// Removes ROOT/ID (state.json first). The lock's fd stays the caller's.
int state_remove(int root, const char *id, struct error *err);

// Whether the recorded process is there: pid and start time, by /proc.
bool state_alive(const struct state *state);
// The same with what else there is to know of it. `proc`: as of process_stat().
bool state_process(int proc, const struct state *state, struct process_stat *ret_process);

// The same; but a process that has been killed and has not ended yet, as after the SIGKILL of its `minirun run`, is waited for (2 s).
bool state_stays_alive(const struct state *state);

// What the container is now, for readers: `dir` tells by its lock whether somebody is still setting it up, so it must not be locked by the caller. A created container can be paused too.
enum container_status state_status(int dir, const struct state *state);

// Whether the first process is (or was, if it has ended) waiting for `minirun start`: STATUS_CREATED for who holds the lock.
bool state_awaits_start(int dir);

// Sets or clears STATE_PAUSED_BIT of container `id` below `root`, the path.
int state_mark_paused(const char *root, const char *id, bool paused, struct error *err);

// Start time of `pid` in clock ticks since boot; 0 if there is no such process or it is a zombie.
uint64_t process_start_time(pid_t pid);

// The OCI state document (runtime-spec runtime.md "State") with runc's extra fields, as pretty JSON in `arena`.
const char *state_document(struct arena *arena, const struct state *state, enum container_status status);

// What a hook finds on its stdin: the state document without extra fields, in one line. `pid` is the process's as the hook sees it; 0: there is none.
const char *state_hook_document(struct arena *arena, const struct state *state, enum container_status status, pid_t pid);

// What a seccomp agent is told with the listener ("container process state" of runtime-spec config-linux.md). `process`: the one under the filter; `pid`: the container's.
const char *state_listener_document(struct arena *arena, const struct state *state, enum container_status status, pid_t pid, pid_t process, const char *metadata);

// Names of all containers below ROOT, sorted. 0 or -1.
int state_list(int root, struct arena *arena, struct strings *ret_ids, struct error *err);

// RFC 3339 UTC with microseconds.
const char *state_time(struct arena *arena, int64_t microseconds);

#endif
