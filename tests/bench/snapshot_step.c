// snapshot_step.c: what `run` does for a snapshot and nothing else: makes it with the function that its step calls, writes a file to it, unmounts and removes it, timed separately.
//
//   snapshot_step [-n TIMES] NAME KIND IMAGE DIRECTORY
//
// KIND is overlay, overlay-tmpfs (upper=tmpfs), btrfs or reflink. DIRECTORY is made in one that is there: for btrfs and reflink on the file system of IMAGE. Prints for each of the TIMES a
// line "NAME CREATE DELETE" in nanoseconds. The file is written, and not timed, because an untouched overlay is removed faster than one that a container has used.
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "rootfs/snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int write_file(int mount)
{
	AUTO_FD fd = openat(mount, "written", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return fd >= 0 && write(fd, "x", 1) == 1 ? 0 : -1;
}

static int once(const char *name, const struct snapshot *snapshot, struct error *err)
{
	int64_t begin = clock_ns(), made, removing;
	int mount = snapshot_create(snapshot, -1, err);

	made = clock_ns();
	if (mount < 0)
		return -1;
	if (write_file(mount) < 0)
		return error_set(err, EIO, "cannot write to the snapshot");
	removing = clock_ns();
	close(mount);
	if ((snapshot->store != NULL ? snapshot_remove_stored : snapshot_remove)(snapshot->directory, err) < 0)
		return -1;
	printf("%s %" PRId64 " %" PRId64 "\n", name, made - begin, clock_ns() - removing);
	return 0;
}

static bool parse_kind(const char *word, struct snapshot *snapshot)
{
	snapshot->tmpfs = strcmp(word, "overlay-tmpfs") == 0;
	snapshot->kind = snapshot->tmpfs ? SNAPSHOT_OVERLAY : snapshot_kind_from_name(word);
	return snapshot->kind != SNAPSHOT_KIND_MAX && snapshot->kind != SNAPSHOT_NONE;
}

int main(int argc, char **argv)
{
	struct snapshot snapshot = {.owner = "/"};
	struct error err = ERROR_INIT;
	char store[PATH_MAX];
	long times = 1;

	if (argc == 7 && strcmp(argv[1], "-n") == 0) {
		times = strtol(argv[2], NULL, 10);
		argv += 2;
		argc -= 2;
	}
	if (argc != 5 || !parse_kind(argv[2], &snapshot) || strrchr(argv[4], '/') == NULL) {
		fprintf(stderr, "usage: snapshot_step [-n TIMES] NAME overlay|overlay-tmpfs|btrfs|reflink IMAGE DIRECTORY\n");
		return 2;
	}
	snapshot.image = argv[3];
	snapshot.directory = argv[4];
	if (snapshot.kind != SNAPSHOT_OVERLAY) {
		snprintf(store, sizeof store, "%.*s", (int)(strrchr(argv[4], '/') - argv[4]), argv[4]);
		snapshot.store = store;
	}
	for (; times > 0; times--)
		if (once(argv[1], &snapshot, &err) < 0) {
			fprintf(stderr, "snapshot_step: %s\n", err.text);
			return 1;
		}
	return 0;
}
