// tasks.c: see tasks.h.
#include "cpus/tasks.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	WORD_BITS = 8 * sizeof(unsigned long),
	MASK_WORDS = (CPU_NUMBER_MAX + 1) / WORD_BITS,
};

void tasks_append(struct arena *arena, struct task_list *list, pid_t pid)
{
	list->items = arena_grow(arena, list->items, list->count, &list->room, sizeof *list->items);
	list->items[list->count++] = pid;
}

int tasks_read(struct arena *arena, int dir, const char *path, struct task_list *list)
{
	AUTO_DIR *entries = open_directory_at(dir, path);
	struct dirent *entry;

	if (entries == NULL)
		return -1;
	while ((entry = readdir(entries)) != NULL) {
		uint64_t number;

		if (parse_u64(entry->d_name, INT32_MAX, &number))
			tasks_append(arena, list, (pid_t)number);
	}
	return 0;
}

// The raw call takes a mask of any size and tells how many bytes the kernel has.
int task_affinity(struct arena *arena, pid_t tid, struct cpuset *ret_set)
{
	unsigned long mask[MASK_WORDS];
	long bytes = syscall(SYS_sched_getaffinity, tid, sizeof mask, mask);
	struct cpuset set;

	if (bytes < 0)
		return -1;
	set.words = (size_t)bytes / sizeof *mask;
	while (set.words > 0 && mask[set.words - 1] == 0)
		set.words--;
	set.bits = arena_array(arena, set.words, sizeof *set.bits);
	if (set.words > 0)
		memcpy(set.bits, mask, set.words * sizeof *set.bits);
	*ret_set = set;
	return 0;
}
