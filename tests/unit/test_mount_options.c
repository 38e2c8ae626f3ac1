// Option words -> flags: every word of the spec, words that undo each other, and what is refused.
#include "rootfs/mount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>

#include <cmocka.h>

#define RO MOUNT_ATTR_RDONLY
#define NOSUID MOUNT_ATTR_NOSUID
#define NODEV MOUNT_ATTR_NODEV
#define NOEXEC MOUNT_ATTR_NOEXEC
#define NODIRATIME MOUNT_ATTR_NODIRATIME
#define NOSYMFOLLOW MOUNT_ATTR_NOSYMFOLLOW
#define ATIME MOUNT_ATTR__ATIME
#define NOATIME MOUNT_ATTR_NOATIME
#define STRICT MOUNT_ATTR_STRICTATIME

static int parse(struct arena *arena, const char *list, struct mount_request *m, struct error *err)
{
	const char *items[16];
	struct strings options = {.items = items};
	char *copy = arena_strdup(arena, list), *save = NULL;

	for (char *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		items[options.count++] = word;
	return mount_parse_options(arena, &options, m, err);
}

struct row {
	const char *options;
	struct mount_request want;
};

static const struct row rows[] = {
	// one word each: the mount's own flags
	{"", {0}},
	{"defaults", {0}},
	{"ro", {.attr_set = RO, .sb_set = MS_RDONLY}},
	{"rw", {.attr_clear = RO, .sb_clear = MS_RDONLY}},
	{"nosuid", {.attr_set = NOSUID}},
	{"suid", {.attr_clear = NOSUID}},
	{"nodev", {.attr_set = NODEV}},
	{"dev", {.attr_clear = NODEV}},
	{"noexec", {.attr_set = NOEXEC}},
	{"exec", {.attr_clear = NOEXEC}},
	{"nodiratime", {.attr_set = NODIRATIME}},
	{"diratime", {.attr_clear = NODIRATIME}},
	{"nosymfollow", {.attr_set = NOSYMFOLLOW}},
	{"symfollow", {.attr_clear = NOSYMFOLLOW}},
	// access time: one field, always cleared whole
	{"noatime", {.attr_set = NOATIME, .attr_clear = ATIME}},
	{"atime", {.attr_clear = ATIME}},
	{"relatime", {.attr_clear = ATIME}},
	{"norelatime", {0}},
	{"strictatime", {.attr_set = STRICT, .attr_clear = ATIME}},
	{"nostrictatime", {0}},
	// recursive
	{"rro", {.rec_attr_set = RO}},
	{"rrw", {.rec_attr_clear = RO}},
	{"rnosuid", {.rec_attr_set = NOSUID}},
	{"rsuid", {.rec_attr_clear = NOSUID}},
	{"rnodev", {.rec_attr_set = NODEV}},
	{"rdev", {.rec_attr_clear = NODEV}},
	{"rnoexec", {.rec_attr_set = NOEXEC}},
	{"rexec", {.rec_attr_clear = NOEXEC}},
	{"rnodiratime", {.rec_attr_set = NODIRATIME}},
	{"rdiratime", {.rec_attr_clear = NODIRATIME}},
	{"rnosymfollow", {.rec_attr_set = NOSYMFOLLOW}},
	{"rsymfollow", {.rec_attr_clear = NOSYMFOLLOW}},
	{"rnoatime", {.rec_attr_set = NOATIME, .rec_attr_clear = ATIME}},
	{"ratime", {.rec_attr_clear = ATIME}},
	{"rrelatime", {.rec_attr_clear = ATIME}},
	{"rnorelatime", {0}},
	{"rstrictatime", {.rec_attr_set = STRICT, .rec_attr_clear = ATIME}},
	{"rnostrictatime", {0}},
	// superblock
	{"sync", {.sb_set = MS_SYNCHRONOUS}},
	{"async", {.sb_clear = MS_SYNCHRONOUS}},
	{"dirsync", {.sb_set = MS_DIRSYNC}},
	{"lazytime", {.sb_set = MS_LAZYTIME}},
	{"nolazytime", {.sb_clear = MS_LAZYTIME}},
	{"silent", {.sb_set = MS_SILENT}},
	{"loud", {.sb_clear = MS_SILENT}},
	{"iversion", {.sb_set = MS_I_VERSION}},
	{"noiversion", {.sb_clear = MS_I_VERSION}},
	{"nomand", {.sb_clear = MS_MANDLOCK}},
	// propagation
	{"shared", {.propagation = MS_SHARED}},
	{"slave", {.propagation = MS_SLAVE}},
	{"private", {.propagation = MS_PRIVATE}},
	{"unbindable", {.propagation = MS_UNBINDABLE}},
	{"rshared", {.propagation = MS_SHARED | MS_REC}},
	{"rslave", {.propagation = MS_SLAVE | MS_REC}},
	{"rprivate", {.propagation = MS_PRIVATE | MS_REC}},
	{"runbindable", {.propagation = MS_UNBINDABLE | MS_REC}},
	// kinds of mount
	{"bind", {.bind = true}},
	{"rbind", {.bind = true, .recursive = true}},
	{"remount", {.remount = true}},
	{"tmpcopyup", {.tmpcopyup = true}},
	{"bind idmap", {.bind = true, .idmap = true}},
	{"rbind ridmap", {.bind = true, .recursive = true, .idmap = true, .idmap_recursive = true}},
	// what comes later wins
	{"ro rw", {.attr_clear = RO, .sb_clear = MS_RDONLY}},
	{"rw ro", {.attr_set = RO, .sb_set = MS_RDONLY}},
	{"nosuid suid nosuid", {.attr_set = NOSUID}},
	{"ro defaults", {.attr_set = RO, .sb_set = MS_RDONLY}},
	{"noatime relatime", {.attr_clear = ATIME}},
	{"relatime noatime", {.attr_set = NOATIME, .attr_clear = ATIME}},
	{"noatime strictatime", {.attr_set = STRICT, .attr_clear = ATIME}},
	{"noatime atime", {.attr_clear = ATIME}},
	{"noatime norelatime", {.attr_set = NOATIME, .attr_clear = ATIME}},
	{"strictatime nostrictatime", {.attr_clear = ATIME}},
	{"noatime nostrictatime", {.attr_set = NOATIME, .attr_clear = ATIME}},
	{"noatime nodiratime", {.attr_set = NOATIME | NODIRATIME, .attr_clear = ATIME}},
	{"rnoatime rrelatime", {.rec_attr_clear = ATIME}},
	{"mand nomand", {.sb_clear = MS_MANDLOCK}},
	{"sync async", {.sb_clear = MS_SYNCHRONOUS}},
	{"rshared private", {.propagation = MS_PRIVATE}},
	{"rbind bind", {.bind = true, .recursive = true}},
	{"bind idmap ridmap idmap", {.bind = true, .idmap = true}},
	// a recursive word speaks for the top mount too; a plain one after it is an exception for the top mount
	{"ro rrw", {.rec_attr_clear = RO, .sb_set = MS_RDONLY}},
	{"rw rro", {.rec_attr_set = RO, .sb_clear = MS_RDONLY}},
	{"rro rw", {.rec_attr_set = RO, .attr_clear = RO, .sb_clear = MS_RDONLY}},
	{"nosuid rro", {.attr_set = NOSUID, .rec_attr_set = RO}},
	{"strictatime rnoatime", {.rec_attr_set = NOATIME, .rec_attr_clear = ATIME}},
	{"rnoatime strictatime", {.attr_set = STRICT, .attr_clear = ATIME, .rec_attr_set = NOATIME, .rec_attr_clear = ATIME}},
	// the file system's own, in order
	{"mode=755 nosuid size=65536k", {.attr_set = NOSUID, .data = "mode=755,size=65536k"}},
	{"newinstance ptmxmode=0666 mode=0620 gid=5", {.data = "newinstance,ptmxmode=0666,mode=0620,gid=5"}},
	{"RO", {.data = "RO"}},
	{"ro=1", {.data = "ro=1"}},
	// as engines write them
	{"rbind rprivate nosuid noexec nodev ro", {.bind = true, .recursive = true, .propagation = MS_PRIVATE | MS_REC,
	                                           .attr_set = NOSUID | NOEXEC | NODEV | RO, .sb_set = MS_RDONLY}},
	{"bind remount ro", {.bind = true, .remount = true, .attr_set = RO, .sb_set = MS_RDONLY}},
	{"nosuid noexec nodev relatime ro", {.attr_set = NOSUID | NOEXEC | NODEV | RO, .attr_clear = ATIME, .sb_set = MS_RDONLY}},
};

#define CHECK(field)                                                                                                                       \
	if (m.field != want->field)                                                                                                        \
	fail_msg("\"%s\": " #field " is %#llx and not %#llx", rows[i].options, (unsigned long long)m.field, (unsigned long long)want->field)

static void test_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct mount_request *want = &rows[i].want;
		struct arena arena = {0};
		struct mount_request m = {.destination = "/d", .source = "s", .type = "t", .attr_set = ~0ull, .bind = true, .data = "old"};
		struct error err = ERROR_INIT;

		assert_int_equal(parse(&arena, rows[i].options, &m, &err), 0);
		assert_string_equal(m.destination, "/d");
		assert_string_equal(m.source, "s");
		assert_string_equal(m.type, "t");
		CHECK(attr_set);
		CHECK(attr_clear);
		CHECK(rec_attr_set);
		CHECK(rec_attr_clear);
		CHECK(sb_set);
		CHECK(sb_clear);
		CHECK(propagation);
		CHECK(bind);
		CHECK(recursive);
		CHECK(remount);
		CHECK(tmpcopyup);
		CHECK(idmap);
		CHECK(idmap_recursive);
		assert_string_equal(m.data, want->data != NULL ? want->data : "");
		arena_free(&arena);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *options, *text;
	} refusals[] = {
		{"mand", "mandatory locking"},
		{"bind roo", "\"roo\""},
		{"rbind size=1m mode=755", "\"size=1m,mode=755\""},
		{"bind sync", "sync"},
		{"rbind lazytime", "lazytime"},
		{"dirsync bind", "dirsync"},
		{"remount bind size=1m", "\"size=1m\""},
		{"remount idmap", "idmap"},
		{"idmap", "the mount option idmap is for bind mounts; mount the file system on the host, and bind it with idmap"},
		{"ridmap size=1m", "the mount option ridmap is for bind mounts"},
		{"bind tmpcopyup", "tmpcopyup"},
		{"remount tmpcopyup", "tmpcopyup"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		struct arena arena = {0};
		struct mount_request m = {0};
		struct error err = ERROR_INIT;

		assert_int_equal(parse(&arena, refusals[i].options, &m, &err), -1);
		assert_int_not_equal(err.code, 0);
		assert_non_null(strstr(err.text, refusals[i].text));
		arena_free(&arena);
	}
}

static const char *last_word(const char *options)
{
	const char *blank = strrchr(options, ' ');

	return blank != NULL ? blank + 1 : options;
}

// Every name is in order (the table is searched by bisection), is known as an option, and is in the table above, alone or as the last of some words.
static void test_names(void **state)
{
	const char *const *names = mount_option_names();
	size_t count = 0;

	(void)state;
	for (; names[count] != NULL; count++) {
		struct arena arena = {0};
		struct mount_request m = {0};
		struct error err = ERROR_INIT;
		const char *tested = NULL;

		if (count > 0)
			assert_true(strcmp(names[count - 1], names[count]) < 0);
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
			if (strcmp(last_word(rows[i].options), names[count]) == 0)
				tested = rows[i].options;
		if (tested == NULL)
			assert_string_equal(names[count], "mand");
		else
			assert_int_equal(parse(&arena, tested, &m, &err), 0);
		if (m.data != NULL)
			assert_string_equal(m.data, "");
		arena_free(&arena);
	}
	// runtime-spec 1.3: 37 words that must, 22 that should, 3 that may be supported
	assert_int_equal(count, 62);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
