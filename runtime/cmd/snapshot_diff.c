// snapshot_diff.c: `minirun snapshot diff ID`: what was added (A), changed (C) and deleted (D), a path a line, sorted.
#include "base/cleanup.h"
#include "cmd/snapshot.h"
#include "rootfs/diff.h"

#include <string.h>

struct changes {
	struct arena arena;
	char **lines; // "A /path"
	size_t count, room;
};

static int add_change(void *data, enum change change, const char *path)
{
	struct changes *changes = data;

	changes->lines = arena_grow(&changes->arena, changes->lines, changes->count, &changes->room, sizeof *changes->lines);
	changes->lines[changes->count++] = arena_printf(&changes->arena, "%c %s", (char)change, path);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a + 2, *(char *const *)b + 2);
}

// A name may have a newline in it, which must not look like another line: as \\n, and the backslash itself as \\\\. What a terminal would take for a command is \\ooo.
static void print_line(const char *line)
{
	for (; *line != '\0'; line++) {
		if (*line == '\n')
			fputs("\\n", stdout);
		else if (*line == '\\')
			fputs("\\\\", stdout);
		else if ((unsigned char)*line < ' ' || *line == '\177')
			printf("\\%03o", (unsigned)(unsigned char)*line);
		else
			putchar(*line);
	}
	putchar('\n');
}

static int print_diff(const struct snapshot_found *found, const struct trees *trees, void *data, struct error *err)
{
	struct changes changes = {0};
	int result;

	(void)data;
	result = diff_trees(trees, add_change, &changes, err);
	if (changes.count > 0)
		qsort(changes.lines, changes.count, sizeof *changes.lines, compare_paths);
	for (size_t i = 0; result == 0 && i < changes.count; i++)
		print_line(changes.lines[i]);
	arena_free(&changes.arena);
	return result < 0 ? error_prefix(err, "cannot tell what has changed in the snapshot of \"%s\"", found->id) : 0;
}

static int diff(const struct snapshot_found *found, const struct snapshot_options_values *options, void *data, struct error *err)
{
	(void)options;
	return snapshot_with_trees(found, print_diff, data, err);
}

int snapshot_diff(const struct globals *globals, const struct snapshot_options_values *options, int argc, char **argv)
{
	if (argc != 1)
		return command_usage("snapshot", "diff: %s", argc == 0 ? "no container id is given" : "one container id, not more");
	return snapshot_do(globals, options, argv[0], diff, NULL);
}
