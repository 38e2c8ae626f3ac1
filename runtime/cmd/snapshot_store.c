// snapshot_store.c: what lies in stores and belongs to no container any more, as after a reboot, which takes the state along and leaves the disk.
#include "base/cleanup.h"
#include "cmd/snapshot.h"
#include "rootfs/names.h"
#include "rootfs/snapshot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

// A start marks what it makes with its owner at once; what is older without a mark is the rest of one.
enum { UNMARKED_SECONDS = 60 };

static void add_store(struct arena *arena, struct strings *stores, const char *path)
{
	if (!strings_contain(stores, path))
		strings_add(arena, stores, arena_strdup(arena, path));
}

// Where the container's own snapshot lies, if that is a store, and the one beside its image.
static void add_stores_of(int root, const char *id, struct arena *arena, struct strings *stores)
{
	struct error unreadable = ERROR_INIT;
	AUTO_FD dir = state_open(root, id, &unreadable);
	struct state state;

	if (dir < 0 || state_load(dir, arena, &state, &unreadable) < 0)
		return;
	for (size_t i = 0; i < state.undo_count; i++) {
		const char *slash = strrchr(state.undos[i].path, '/');

		if (state.undos[i].kind == UNDO_STORED && slash != NULL)
			add_store(arena, stores, arena_strndup(arena, state.undos[i].path, (size_t)(slash - state.undos[i].path)));
	}
	if (state.rootfs != NULL && strrchr(state.rootfs, '/') != NULL)
		add_store(arena, stores, arena_printf(arena, "%.*s/" SNAPSHOT_STORE, (int)(strrchr(state.rootfs, '/') - state.rootfs), state.rootfs));
}

// By its one true name: the same store by another would be listed twice.
static int add_named_store(struct arena *arena, struct strings *stores, const char *path, struct error *err)
{
	AUTO_FREE char *real = realpath(path, NULL);

	if (real == NULL)
		return error_errno(err, errno, "cannot open the store %s", path);
	add_store(arena, stores, real);
	return 0;
}

static int find_stores(const struct globals *globals, const struct snapshot_options_values *options, struct arena *arena, struct strings *stores, struct error *err)
{
	AUTO_FD root = state_open_root(globals->root, false, err);
	struct strings ids = {0};

	if (root < 0 && err->code != ENOENT)
		return -1;
	if (root >= 0 && state_list(root, arena, &ids, err) < 0)
		return -1;
	for (size_t i = 0; i < options->stores.count; i++)
		if (add_named_store(arena, stores, options->stores.items[i], err) < 0)
			return -1;
	add_store(arena, stores, SNAPSHOT_STORE_ON_DISK);
	for (size_t i = 0; i < ids.count; i++)
		add_stores_of(root, ids.items[i], arena, stores);
	return 0;
}

// A path may be written in more than one way, and what is somebody's must not be taken for nobody's.
static bool same_directory(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return strcmp(a, b) == 0 || (stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino);
}

// Whether the state directory `owner` is that of a container which has the snapshot in its record, or is being set up.
static bool has_owner(const char *owner, const char *directory)
{
	const char *slash = strrchr(owner, '/');
	struct error unreadable = ERROR_INIT;
	struct arena arena = {0};
	struct state state = {0};
	AUTO_FD root = -1;
	AUTO_FD dir = -1;
	bool owned = false;

	if (slash == NULL)
		return false;
	root = state_open_root(arena_strndup(&arena, owner, (size_t)(slash - owner)), false, &unreadable);
	dir = root >= 0 ? state_open(root, slash + 1, &unreadable) : -1;
	if (dir >= 0 && state_load(dir, &arena, &state, &unreadable) == 0)
		for (size_t i = 0; i < state.undo_count; i++)
			owned |= state.undos[i].kind == UNDO_STORED && same_directory(state.undos[i].path, directory);
	else
		owned = dir >= 0 && flock(dir, LOCK_SH | LOCK_NB) < 0;
	arena_free(&arena);
	return owned;
}

// As much of the lost record as it takes to read and to remove what the container has written.
static void take_record(struct arena *arena, const char *directory, const struct snapshot_look *look, struct state *state)
{
	struct undo *undo = arena_alloc(arena, sizeof *undo);
	struct inside ids;

	*undo = (struct undo){.kind = UNDO_STORED, .path = directory};
	state->undos = undo;
	state->undo_count = 1;
	if (!snapshot_ids(arena, look->ids, &ids))
		return;
	state->uids = ids.uids;
	state->gids = ids.gids;
}

// "ID@HASH", as snapshot_of() names them.
static bool is_orphan(const char *directory, struct arena *arena, struct snapshot_found *ret_found)
{
	const char *name = strrchr(directory, '/') + 1;
	struct error gone = ERROR_INIT;
	struct snapshot_look look;
	struct stat info;

	if (strchr(name, '@') == NULL || snapshot_look(directory, &look, &gone) < 0 || lstat(directory, &info) < 0)
		return false;
	if (look.owner[0] == '\0' ? time(NULL) - info.st_mtim.tv_sec < UNMARKED_SECONDS : has_owner(look.owner, directory))
		return false;
	*ret_found = (struct snapshot_found){
		.id = arena_strdup(arena, name),
		.directory = directory,
		.backend = look.kind != SNAPSHOT_NONE ? snapshot_kind_name(look.kind) : "?",
		.image = look.image[0] != '\0' ? arena_strdup(arena, look.image) : NULL,
		.created = info.st_ctim.tv_sec * INT64_C(1000000) + info.st_ctim.tv_nsec / 1000,
		.owner = SNAPSHOT_OWNER_NONE,
		.status = STATUS_STOPPED,
		.stored = true,
	};
	take_record(arena, directory, &look, &ret_found->state);
	return true;
}

int snapshot_orphans(const struct globals *globals, const struct snapshot_options_values *options, struct arena *arena, struct snapshot_orphans *ret_orphans, struct error *err)
{
	struct snapshot_orphans orphans = {0};
	struct strings stores = {0};

	if (find_stores(globals, options, arena, &stores, err) < 0)
		return -1;
	for (size_t i = 0; i < stores.count; i++) {
		AUTO_FD store = open(stores.items[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		AUTO_NAMES names = {0};

		// One that only might have been there is none, and what is closed to the caller is not the caller's.
		if (store < 0 || names_read(store, &names) < 0)
			continue;
		for (size_t j = 0; j < names.count; j++) {
			orphans.items = arena_grow(arena, orphans.items, orphans.count, &orphans.room, sizeof *orphans.items);
			orphans.count += is_orphan(arena_printf(arena, "%s/%s", stores.items[i], names.items[j]), arena, &orphans.items[orphans.count]);
		}
	}
	*ret_orphans = orphans;
	return 0;
}

int snapshot_find_orphan(const struct globals *globals, const struct snapshot_options_values *options, const char *id, int lock, struct arena *arena, struct snapshot_found *ret_found, struct error *err)
{
	struct snapshot_orphans orphans;
	AUTO_FD dir = -1;

	if (snapshot_orphans(globals, options, arena, &orphans, err) < 0)
		return -1;
	for (size_t i = 0; i < orphans.count; i++) {
		if (strcmp(orphans.items[i].id, id) != 0)
			continue;
		dir = open(orphans.items[i].directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0)
			return error_errno(err, errno, "cannot open the snapshot %s", orphans.items[i].directory);
		if (flock(dir, lock | LOCK_NB) < 0)
			return error_set(err, EBUSY, "the snapshot %s is in use by another minirun", id);
		*ret_found = orphans.items[i];
		return take_fd(&dir);
	}
	error_set(err, ENOENT, "there is no snapshot %s without a container", id);
	return error_hint(err, "`minirun snapshot ls` shows those that there are, with --store DIR also those of another store");
}
