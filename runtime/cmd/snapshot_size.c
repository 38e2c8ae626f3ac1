// snapshot_size.c: the room that a snapshot takes, for ls and prune.
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/progress_bar.h"
#include "cmd/snapshot.h"
#include "play/as_root.h"
#include "rootfs/usage.h"

#include <fcntl.h>

static int measure(const char *directory, uint64_t *ret_bytes, struct error *err)
{
	AUTO_FD dir = open(directory, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct usage usage;

	if (dir < 0 || usage_of_tree(dir, &usage) < 0)
		return error_errno(err, errno, "cannot measure the snapshot %s", directory);
	*ret_bytes = usage.bytes;
	return 0;
}

// In a process of its own, which has no other way to tell it than a pipe.
struct measuring {
	const char *directory;
	int pipe;
};

static int measure_and_tell(void *data, struct error *err)
{
	const struct measuring *measuring = data;
	uint64_t bytes;

	if (measure(measuring->directory, &bytes, err) < 0)
		return -1;
	return write(measuring->pipe, &bytes, sizeof bytes) == sizeof bytes ? 0 : error_errno(err, errno, "cannot tell the size");
}

static int measure_as_root(const struct snapshot_found *found, uint64_t *ret_bytes, struct error *err)
{
	struct measuring measuring = {.directory = found->directory};
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_errno(err, errno, "cannot make a pipe");
	measuring.pipe = ends[1];
	result = as_root(&found->state, 0, measure_and_tell, &measuring, err);
	close(ends[1]);
	if (result == 0 && read(ends[0], ret_bytes, sizeof *ret_bytes) != sizeof *ret_bytes)
		result = error_set(err, EIO, "cannot measure the snapshot %s", found->directory);
	close(ends[0]);
	return result;
}

bool snapshot_size(const struct snapshot_found *found, uint64_t *ret_bytes)
{
	struct error err = ERROR_INIT;

	if ((as_root_needed(&found->state) ? measure_as_root(found, ret_bytes, &err) : measure(found->directory, ret_bytes, &err)) == 0)
		return true;
	log_debug("%s: %s", found->id, err.text);
	return false;
}

const char *snapshot_size_text(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	uint64_t whole = bytes, rest = 0;
	size_t unit = 0;

	while (whole >= 1024) {
		rest = whole % 1024;
		whole /= 1024;
		unit++;
	}
	return unit == 0 ? arena_printf(arena, "%ju B", (uintmax_t)whole) : arena_printf(arena, "%ju.%ju %s", (uintmax_t)whole, (uintmax_t)(rest * 10 / 1024), units[unit]);
}

uint64_t snapshot_content(const struct trees *trees)
{
	struct usage usage;

	return progress_bar_seen() && usage_of_tree(trees->now, &usage) == 0 ? usage.content : 0;
}
