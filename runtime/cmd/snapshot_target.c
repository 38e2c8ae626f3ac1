// snapshot_target.c: where a copy of a snapshot must not go: into what it is a copy of. It would copy itself as long as a path can be, and write to the layers below a mounted overlay.
#include "base/cleanup.h"
#include "cmd/snapshot.h"
#include "rootfs/snapshot.h"

#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

// A directory that the copy is made of, and what it is to the container.
struct source {
	const char *what, *path;
	struct stat st;
};

enum { SOURCES_MAX = 5 + SNAPSHOT_LOWERS_MAX };

struct sources {
	struct arena arena;
	struct source items[SOURCES_MAX];
	size_t count;
};

// What is not there, or not for the caller to see, holds no target of the caller's.
static void add(struct sources *sources, const char *what, const char *path)
{
	struct source *source = &sources->items[sources->count];

	*source = (struct source){.what = what, .path = path};
	if (path != NULL && stat(path, &source->st) == 0)
		sources->count++;
}

static void find_sources(const struct snapshot_found *found, struct sources *sources)
{
	AUTO_FD directory = open(found->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char lower[PATH_MAX];

	add(sources, "the image of the container", found->image);
	for (size_t i = 0; directory >= 0 && i < SNAPSHOT_LOWERS_MAX && snapshot_lower(directory, i, lower); i++)
		add(sources, "a layer over the image of the container", arena_strdup(&sources->arena, lower));
	add(sources, "the snapshot itself", found->directory);
	// These two may be mounted elsewhere as well.
	add(sources, "the snapshot itself", arena_printf(&sources->arena, "%s/upper", found->directory));
	add(sources, "the snapshot itself", arena_printf(&sources->arena, "%s/root", found->directory));
	if (found->recorded && found->status != STATUS_STOPPED)
		add(sources, "the container", arena_printf(&sources->arena, "/proc/%d/root", found->state.pid));
}

static const struct source *match(const struct sources *sources, const struct stat *st)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->items[i].st.st_dev == st->st_dev && sources->items[i].st.st_ino == st->st_ino)
			return &sources->items[i];
	return NULL;
}

static uint64_t mount_of(int dir)
{
	struct statx status;

	return statx(dir, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) == 0 && (status.stx_mask & STATX_MNT_ID) != 0 ? status.stx_mnt_id : 0;
}

// The source that `dir` (borrowed) is in, or is. Up to the root of its mount: what is mounted in a source is no part of it.
static const struct source *source_above(const struct sources *sources, int dir)
{
	AUTO_FD at = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	const uint64_t mount = mount_of(dir);
	const struct source *source = NULL;
	struct stat st, former = {0};

	while (at >= 0 && source == NULL && mount_of(at) == mount && fstat(at, &st) == 0) {
		AUTO_FD below = take_fd(&at);

		if (st.st_dev == former.st_dev && st.st_ino == former.st_ino)
			break; // "/"
		former = st;
		source = match(sources, &st);
		at = openat(below, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	return source;
}

int snapshot_check_target(const struct snapshot_found *found, const char *verb, const char *target, struct error *err)
{
	struct sources sources = {0};
	AUTO_FD parent = -1;
	const struct source *source;
	int result = 0;

	// What cannot be opened is for who makes the target to say.
	parent = open(dirname(arena_strdup(&sources.arena, target)), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent >= 0) {
		find_sources(found, &sources);
		source = source_above(&sources, parent);
		if (source != NULL) {
			error_set(err, EINVAL, "cannot %s the snapshot of \"%s\" to %s: that lies in %s, %s, and would be a part of its own copy", verb, found->id, target, source->path, source->what);
			result = error_hint(err, "name a place outside of it");
		}
	}
	arena_free(&sources.arena);
	return result;
}
