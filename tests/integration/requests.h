// requests.h: what the tests of rootfs/ ask for, in words: mounts as config.json has them, masks; and what mountinfo and statvfs say of the result.
#ifndef MINIRUN_TESTS_REQUESTS_H
#define MINIRUN_TESTS_REQUESTS_H

#include "sandbox.h"

#include "rootfs/mask.h"

#include <linux/magic.h>
#include <sys/statvfs.h>

static struct arena arena;

static inline struct mount_context context(void)
{
	return (struct mount_context){.root = root, .cgroup_dir = -1};
}

// One entry of mounts[], its options separated by blanks, into `m`.
static inline int parse_request(struct mount_request *m, const char *list)
{
	const char *items[16];
	struct strings options = {.items = items};
	char *copy = arena_strdup(&arena, list), *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		items[options.count++] = word;
	err = ERROR_INIT;
	return mount_parse_options(&arena, &options, m, &err);
}

static inline int perform_with(const struct mount_context *where, const char *type, const char *source, const char *destination, const char *list)
{
	struct mount_request m = {.destination = destination, .source = source, .type = type};

	if (parse_request(&m, list) < 0)
		return -1;
	// It may change the working directory; the tests' paths are relative.
	AUTO_FD here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = mount_perform(where, &m, &err);

	return fchdir(here) == 0 ? result : -1;
}

static inline int perform(const char *type, const char *source, const char *destination, const char *list)
{
	struct mount_context where = context();

	return perform_with(&where, type, source, destination, list);
}

static inline int mask_labelled(int from, const char *path, int null, const char *label)
{
	AUTO_FD here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result = mask_path(from, path, null, label, &err);

	return fchdir(here) == 0 ? result : -1;
}

static inline int mask(int from, const char *path, int null)
{
	return mask_labelled(from, path, null, NULL);
}

static inline unsigned long flags_of(const char *path)
{
	struct statvfs fs;

	assert_int_equal(statvfs(path, &fs), 0);
	return fs.f_flag;
}

#define assert_flags(path, set, clear)                              \
	do {                                                        \
		assert_int_equal(flags_of(path) & (set), (set));    \
		assert_int_equal(flags_of(path) & (clear), 0);      \
	} while (0)

static inline int count_mounts(void)
{
	AUTO_FILE *file = fopen("/proc/self/mountinfo", "re");
	int lines = 0, c;

	while ((c = fgetc(file)) != EOF)
		lines += c == '\n';
	return lines;
}

static inline const char *cgroup2_mount(void)
{
	static const char *const places[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};

	for (size_t i = 0; i < 2; i++)
		if (magic_of(places[i]) == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}

static inline int run_requests(const struct CMUnitTest *tests, size_t count, const char *name)
{
	int failed;

	sandbox_enter();
	failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	arena_free(&arena);
	rmdir(sandbox);
	return failed;
}

#endif
