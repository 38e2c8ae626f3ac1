// snapshot.h: `minirun snapshot` with its sub-commands, one file each: what containers have written to their root file systems, found, compared, packed, and taken away.
#ifndef MINIRUN_CMD_SNAPSHOT_H
#define MINIRUN_CMD_SNAPSHOT_H

#include "cmd/command.h"
#include "rootfs/progress.h"
#include "rootfs/view.h"
#include "state/state.h"

// All options of all sub-commands; which of them a sub-command takes is its affair.
struct snapshot_options_values {
	const char *format; // ls: "table", "json"; NULL: table
	const char *output; // export; NULL: stdout
	bool writable;      // mount
	struct option_list stores; // all; beside the usual ones
};

enum snapshot_owner {
	SNAPSHOT_OWNER_USES,  // the container is there: made, created, running or paused
	SNAPSHOT_OWNER_ENDED, // it has ended and waits for `delete`
	SNAPSHOT_OWNER_NONE,  // nobody's: what a minirun that was killed has left, and a container that has ended and that nothing keeps
};

struct snapshot_found {
	const char *id, *directory; // of one in a store without a container, the id is its name there
	const char *backend; // "overlay", ...; "?" for what cannot be recognised
	const char *image;   // NULL: it is not known any more
	int64_t created;     // microseconds since the epoch
	enum snapshot_owner owner;
	enum container_status status; // of the owner, if there is one
	bool stored;         // it has no container, and lies in a store
	bool recorded;       // there is a record of the container, and `state` is it
	struct state state;
};

// The snapshot of container `id` below the open state root. Returns its state directory's fd, owned by the caller, or -1: ENOENT for a container without one.
// `path`: of that root. `locked`: the caller has the container's lock for itself.
int snapshot_find(int root, const char *path, const char *id, bool locked, struct arena *arena, struct snapshot_found *ret_found, struct error *err);

struct snapshot_orphans {
	struct snapshot_found *items;
	size_t count, room;
};

// Those in stores that belong to no container, whatever its state root: in SNAPSHOT_STORE_ON_DISK, in the stores that are named, and in those of the state root's containers and their images.
int snapshot_orphans(const struct globals *globals, const struct snapshot_options_values *options, struct arena *arena, struct snapshot_orphans *ret_orphans, struct error *err);
// The one of that name, locked (`lock`: LOCK_SH, LOCK_EX of flock(2)) by the fd that is returned, the caller's. -1: ENOENT, EBUSY.
int snapshot_find_orphan(const struct globals *globals, const struct snapshot_options_values *options, const char *id, int lock, struct arena *arena, struct snapshot_found *ret_found, struct error *err);

// "running", "stopped", "none", ...
const char *snapshot_owner_word(const struct snapshot_found *found);

// What it takes on its file system. False where that cannot be had.
bool snapshot_size(const struct snapshot_found *found, uint64_t *ret_bytes);
// "12.3 MiB".
const char *snapshot_size_text(struct arena *arena, uint64_t bytes);

// The bytes of all files in it, if there is a progress bar to be drawn by them; 0: none, or not known.
uint64_t snapshot_content(const struct trees *trees);

// Does `work` with the snapshot's trees open, as the container's root where that takes no less. `work` may run in a copy of the process. `trees->inside` says what a copy has to know.
typedef int (*snapshot_work)(const struct snapshot_found *found, const struct trees *trees, void *data, struct error *err);
int snapshot_with_trees(const struct snapshot_found *found, snapshot_work work, void *data, struct error *err);

// Copies what is in the trees, as `verb` ("export") says, with a progress bar. ENOTSUP for a snapshot with two kinds of ids in it, of which a copy would be wrong.
typedef int (*snapshot_copier)(const struct trees *trees, const struct progress *progress, void *data, struct error *err);
int snapshot_copy(const struct snapshot_found *found, const struct trees *trees, const char *verb, snapshot_copier copier, void *data, struct error *err);

// Refuses (EINVAL) to `verb` ("export") to the path `target` what that lies in: the image, a layer, the snapshot, or the container's root seen from outside. By the directories above it, whatever the way to
// it; a part of the image that is mounted elsewhere is not recognised. What is there already is left as it is.
int snapshot_check_target(const struct snapshot_found *found, const char *verb, const char *target, struct error *err);

// The maps in the text of its mark (struct snapshot_look); false: there are none.
bool snapshot_ids(struct arena *arena, const char *text, struct inside *ret_ids);

// The same while nothing in the container runs: a running one is frozen meanwhile.
int snapshot_with_trees_still(const struct snapshot_found *found, snapshot_work work, void *data, struct error *err);

// Does `action` with the one snapshot `id`; its container is not removed meanwhile. The sub-command's exit code.
typedef int (*snapshot_action)(const struct snapshot_found *found, const struct snapshot_options_values *options, void *data, struct error *err);
int snapshot_do(const struct globals *globals, const struct snapshot_options_values *options, const char *id, snapshot_action action, void *data);

// Sub-commands: like a command's run, `argv` being what follows the sub-command's name.
int snapshot_ls(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
int snapshot_rm(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
int snapshot_prune(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
int snapshot_diff(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
int snapshot_commit(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
int snapshot_mount(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
int snapshot_export(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);

#endif
