// fuzz_machine.c: libFuzzer over the document of `cores --topology`: whatever a file says, it is refused with a text or drawn, and what is printed of it reads back as the same.
#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/cores.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

static int load(struct arena *arena, const void *data, size_t size, struct cores_view *ret_view, struct error *err)
{
	AUTO_FD file = memfd_create("machine", MFD_CLOEXEC);
	char path[32];

	require(file >= 0 && write_all(file, data, size) == 0, "a file in memory");
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	return cores_load(arena, path, ret_view, err);
}

// What `print` writes to stdout, which nobody else reads here; malloc'd.
static char *printed(struct arena *arena, void (*print)(struct arena *, const struct cores_view *), const struct cores_view *view)
{
	AUTO_FD file = memfd_create("printed", MFD_CLOEXEC);
	char *text;
	off_t length;

	fflush(stdout);
	require(file >= 0 && dup2(file, STDOUT_FILENO) >= 0, "stdout in memory");
	print(arena, view);
	fflush(stdout);
	length = lseek(file, 0, SEEK_END);
	text = calloc(1, (size_t)length + 1);
	require(text != NULL && pread(file, text, (size_t)length, 0) == length, "what was printed");
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct cores_view view, again;

	if (load(&arena, data, size, &view, &err) < 0) {
		require(err.code != 0 && err.text[0] != '\0', "a refusal has a code and a text");
	} else {
		AUTO_FREE char *map = printed(&arena, cores_print_map, &view);
		AUTO_FREE char *table = printed(&arena, cores_print_table, &view);
		AUTO_FREE char *json = printed(&arena, cores_print_json, &view);
		AUTO_FREE char *json_again = NULL;

		require(*map != '\0' && *table != '\0', "something to see");
		require(load(&arena, json, strlen(json), &again, &err) == 0, "what is printed can be read");
		json_again = printed(&arena, cores_print_json, &again);
		require(strcmp(json, json_again) == 0, "what is read back is the same machine");
	}
	arena_free(&arena);
	return 0;
}
