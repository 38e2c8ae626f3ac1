// snapshot.c: `minirun snapshot`: its words, and how the snapshot of a container is found.
#include "cmd/snapshot.h"

#include "base/cleanup.h"
#include "rootfs/snapshot.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

const struct option_entry snapshot_options[] = {
	{"format", 'f', OPTION_STRING, offsetof(struct snapshot_options_values, format), "table|json", "ls: form of the output"},
	{"output", 'o', OPTION_STRING, offsetof(struct snapshot_options_values, output), "FILE", "export: where the tar goes, instead of standard output"},
	{"writable", 'w', OPTION_FLAG, offsetof(struct snapshot_options_values, writable), NULL, "mount: for changes, too; not while the container is there"},
	{"store", 0, OPTION_LIST, offsetof(struct snapshot_options_values, stores), "DIR", "look for snapshots without a container in this store, too; repeatable"},
	{0},
};

static const struct {
	const char *name;
	int (*run)(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv);
	bool format, output, writable; // which options it takes
} subcommands[] = {
	{.name = "ls", .run = snapshot_ls, .format = true},
	{.name = "rm", .run = snapshot_rm},
	{.name = "prune", .run = snapshot_prune},
	{.name = "diff", .run = snapshot_diff},
	{.name = "commit", .run = snapshot_commit},
	{.name = "mount", .run = snapshot_mount, .writable = true},
	{.name = "export", .run = snapshot_export, .output = true},
};

const char *snapshot_owner_word(const struct snapshot_found *found)
{
	return found->owner == SNAPSHOT_OWNER_NONE ? "none" : status_name(found->status);
}

static int no_snapshot(const char *id, struct error *err)
{
	error_set(err, ENOENT, "container \"%s\" has no snapshot", id);
	return error_hint(err, "`minirun snapshot ls` shows those that there are");
}

// What `minirun run` has waited for, and had not to keep, is left over only where that was killed.
static enum snapshot_owner owner_of(const struct snapshot_found *found)
{
	if (!found->recorded)
		return found->status == STATUS_CREATING ? SNAPSHOT_OWNER_USES : SNAPSHOT_OWNER_NONE;
	if (found->status != STATUS_STOPPED)
		return SNAPSHOT_OWNER_USES;
	return found->state.kept || found->state.origin != ORIGIN_RUN ? SNAPSHOT_OWNER_ENDED : SNAPSHOT_OWNER_NONE;
}

// A directory without a record is being set up, as its lock tells, or its maker died.
static bool is_locked(int dir)
{
	if (flock(dir, LOCK_SH | LOCK_NB) < 0)
		return true;
	flock(dir, LOCK_UN);
	return false;
}

static enum container_status status_of(int dir, const struct state *state, bool locked)
{
	if (!locked)
		return state_status(dir, state);
	if (!state_stays_alive(state))
		return STATUS_STOPPED;
	return state_awaits_start(dir) ? STATUS_CREATED : STATUS_RUNNING;
}

static void take_record(int dir, bool locked, struct arena *arena, struct snapshot_found *found)
{
	struct error unreadable = ERROR_INIT;
	struct state state = {0};

	found->recorded = state_load(dir, arena, &state, &unreadable) == 0;
	if (!found->recorded) {
		found->status = !locked && is_locked(dir) ? STATUS_CREATING : STATUS_STOPPED;
		return;
	}
	found->state = state;
	found->status = status_of(dir, &state, locked);
	found->image = state.rootfs;
	found->created = state.created;
	for (size_t i = 0; i < state.undo_count; i++)
		if (state.undos[i].kind == UNDO_SNAPSHOT || state.undos[i].kind == UNDO_STORED)
			found->directory = state.undos[i].path;
}

static const char *backend_of(const struct snapshot_found *found)
{
	struct error unreadable = ERROR_INIT;
	struct snapshot_look look;

	return snapshot_look(found->directory, &look, &unreadable) == 0 && look.kind != SNAPSHOT_NONE ? snapshot_kind_name(look.kind) : "?";
}

int snapshot_find(int root, const char *path, const char *id, bool locked, struct arena *arena, struct snapshot_found *ret_found, struct error *err)
{
	AUTO_FD dir = state_open(root, id, err);
	struct snapshot_found found = {.id = arena_strdup(arena, id)};
	struct stat info;

	if (dir < 0)
		return -1;
	take_record(dir, locked, arena, &found);
	if (found.directory == NULL && found.recorded)
		return no_snapshot(id, err);
	if (found.directory == NULL)
		found.directory = arena_printf(arena, "%s/%s/snapshot", path, id);
	if (lstat(found.directory, &info) < 0)
		return errno == ENOENT ? no_snapshot(id, err) : error_errno(err, errno, "cannot examine the snapshot %s", found.directory);
	if (!found.recorded)
		found.created = info.st_mtim.tv_sec * INT64_C(1000000) + info.st_mtim.tv_nsec / 1000;
	found.owner = owner_of(&found);
	found.backend = backend_of(&found);
	*ret_found = found;
	return take_fd(&dir);
}

static int has_image(const struct snapshot_found *found, struct error *err)
{
	if (found->image != NULL)
		return 0;
	return error_set(err, ENODATA, "the snapshot of \"%s\" is what an interrupted start has left: it has no record of its image; `minirun snapshot prune` removes it", found->id);
}

// The lock in `*ret_lock` is the caller's also after a failure.
static int hold(const struct globals *globals, const struct snapshot_options_values *options, const char *id, struct arena *arena, struct snapshot_found *ret_found, int *ret_lock, struct error *err)
{
	AUTO_FD root = -1;
	AUTO_FD dir = -1;

	if (strchr(id, '@') != NULL) {
		*ret_lock = snapshot_find_orphan(globals, options, id, LOCK_SH, arena, ret_found, err);
		return *ret_lock < 0 ? -1 : has_image(ret_found, err);
	}
	*ret_lock = state_share(globals->root, id, &root, err);
	if (*ret_lock < 0)
		return -1;
	dir = snapshot_find(root, globals->root, id, false, arena, ret_found, err);
	return dir < 0 ? -1 : has_image(ret_found, err);
}

int snapshot_do(const struct globals *globals, const struct snapshot_options_values *options, const char *id, snapshot_action action, void *data)
{
	struct arena arena = {0};
	struct snapshot_found found = {0};
	struct error err = ERROR_INIT;
	AUTO_FD lock = -1;
	int result = hold(globals, options, id, &arena, &found, &lock, &err);

	if (result == 0)
		result = action(&found, options, data, &err);
	arena_free(&arena);
	return result < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}

// ---- The command ------------------------------------------------------------------------------------------------------------------------

static int check_options(size_t index, const struct snapshot_options_values *options)
{
	const struct option_check checks[] = {
		{"format", options->format != NULL, subcommands[index].format},
		{"output", options->output != NULL, subcommands[index].output},
		{"writable", options->writable, subcommands[index].writable},
	};

	return command_check_options("snapshot", subcommands[index].name, checks, sizeof checks / sizeof *checks);
}

int command_snapshot(const struct globals *globals, int argc, char **argv)
{
	struct snapshot_options_values options = {0};
	int words;
	int status = command_options("snapshot", snapshot_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words == 0)
		return command_usage("snapshot", "it takes a word that says what to do");
	for (size_t i = 0; i < sizeof subcommands / sizeof *subcommands; i++) {
		if (strcmp(argv[0], subcommands[i].name) != 0)
			continue;
		status = check_options(i, &options);
		return status != 0 ? status : subcommands[i].run(globals, &options, words - 1, argv + 1);
	}
	return command_usage("snapshot", "'%s' is none of its words", argv[0]);
}
