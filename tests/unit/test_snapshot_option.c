// test_snapshot_option.c: the word of --snapshot, what is made of it, and the choice of `auto`.
#include "rootfs/snapshot_option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#define OWNER "/run/minirun/box"

static struct arena arena;

static int end_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct snapshot_option option_of(const char *text)
{
	struct snapshot_option option = {0};
	struct error err = ERROR_INIT;

	if (snapshot_option_parse(&arena, text, &option, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return option;
}

static struct snapshot made_of(const char *text, enum snapshot_kind kind, bool keep)
{
	const struct snapshot_option option = option_of(text);
	struct error err = ERROR_INIT;
	struct snapshot snapshot;

	if (snapshot_of(&arena, &option, kind, "/b/rootfs", OWNER, keep, &snapshot, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return snapshot;
}

static void words(void **state)
{
	struct snapshot_option option = option_of("auto");

	(void)state;
	assert_true(option.automatic);
	assert_int_equal(option.size, 0);
	assert_false(option.is_volatile.set || option.idmap.set);
	option = option_of("overlay,size=64k,upper=disk,lower=/a,lower=/b=c,volatile,store=/s,idmap=no");
	assert_false(option.automatic);
	assert_int_equal(option.kind, SNAPSHOT_OVERLAY);
	assert_int_equal(option.size, 65536);
	assert_int_equal(option.upper, UPPER_DISK);
	assert_int_equal(option.lowers.count, 2);
	assert_string_equal(option.lowers.items[1], "/b=c");
	assert_true(option.is_volatile.set && option.is_volatile.value);
	assert_string_equal(option.store, "/s");
	assert_true(option.idmap.set && !option.idmap.value);
	assert_false(option_of("overlay,volatile=no").is_volatile.value);
	assert_int_equal(option_of("btrfs,size=1.5G").size, 3ULL << 29);
	assert_int_equal(option_of("reflink").kind, SNAPSHOT_REFLINK);
	assert_int_equal(option_of("none,idmap").kind, SNAPSHOT_NONE);
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{"", "unknown kind of snapshot \"\""},
		{"zfs", "unknown kind of snapshot \"zfs\"; known are auto, overlay, btrfs, reflink and none"},
		{"overlay,", "there is an empty word"},
		{"overlay,,size=1m", "there is an empty word"},
		{"overlay,sizes=1m", "'sizes' is not a known key; the form is auto|overlay|btrfs"},
		{"overlay,size", "'size' has no value"},
		{"overlay,size=", "'size' has no value"},
		{"overlay,size=1", "from 64k on"},
		{"overlay,size=-1m", "from 64k on"},
		{"overlay,size=lots", "size 'lots' is not a number of bytes"},
		{"overlay,size=1m,size=2m", "'size' is given twice"},
		{"overlay,upper=ram", "upper 'ram' is neither tmpfs nor disk"},
		{"overlay,lower=a", "lower 'a' is not an absolute path"},
		{"overlay,lower=/a,lower=/a", "lower '/a' is given twice"},
		{"overlay,lower=/1,lower=/2,lower=/3,lower=/4,lower=/5,lower=/6,lower=/7,lower=/8,lower=/9,lower=/10,lower=/11,lower=/12", "more than 11 layers"},
		{"overlay,volatile=maybe", "volatile 'maybe' is neither yes nor no"},
		{"overlay,store=s", "store 's' is not an absolute path"},
		{"overlay,idmap=1", "idmap '1' is neither yes nor no"},
		{"btrfs,upper=disk", "'upper' is nothing for btrfs; it is for overlay"},
		{"reflink,lower=/a", "'lower' is nothing for reflink; it is for overlay"},
		{"none,size=1m", "'size' is nothing for none; it is for overlay, btrfs, reflink"},
		{"overlay,upper=tmpfs,store=/s", "upper=tmpfs lies in memory"},
		{"overlay,upper=tmpfs,volatile=no", "volatile=no keeps"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct snapshot_option option = {.kind = SNAPSHOT_KIND_MAX};
		struct error err = ERROR_INIT;

		if (snapshot_option_parse(&arena, rows[i].text, &option, &err) == 0 || err.code != EINVAL || strstr(err.text, rows[i].error) == NULL)
			fail_msg("%s: '%s'", rows[i].text, err.text);
		assert_int_equal(option.kind, SNAPSHOT_KIND_MAX); // written only on success
	}
}

static void places(void **state)
{
	struct snapshot s = made_of("overlay", SNAPSHOT_OVERLAY, false);

	(void)state;
	assert_string_equal(s.directory, OWNER "/snapshot");
	assert_null(s.store);
	assert_false(s.tmpfs || s.synced);
	assert_true(made_of("overlay", SNAPSHOT_OVERLAY, true).synced);
	assert_false(made_of("overlay,volatile", SNAPSHOT_OVERLAY, true).synced);
	assert_true(made_of("overlay,volatile=no", SNAPSHOT_OVERLAY, false).synced);
	// A limit without a place is a tmpfs; a tmpfs lies in the state, too.
	s = made_of("overlay,size=1m", SNAPSHOT_OVERLAY, false);
	assert_true(s.tmpfs);
	assert_string_equal(s.directory, OWNER "/snapshot");
	assert_true(made_of("auto,upper=tmpfs", SNAPSHOT_OVERLAY, false).tmpfs);
	s = made_of("overlay,upper=disk,size=1m", SNAPSHOT_OVERLAY, false);
	assert_false(s.tmpfs);
	assert_string_equal(s.store, "/var/lib/minirun/snapshots");
	assert_memory_equal(s.directory, "/var/lib/minirun/snapshots/box@", 31);
	assert_memory_equal(made_of("overlay,store=/s,size=1m", SNAPSHOT_OVERLAY, false).directory, "/s/box@", 7);
	assert_string_equal(made_of("btrfs", SNAPSHOT_BTRFS, false).store, "/b/.minirun");
	assert_string_equal(made_of("reflink,store=/s", SNAPSHOT_REFLINK, false).store, "/s");
	assert_null(made_of("none", SNAPSHOT_NONE, true).store);
}

static void same_id_elsewhere(void **state)
{
	const struct snapshot_option option = option_of("btrfs");
	struct error err = ERROR_INIT;
	struct snapshot a, b;

	(void)state;
	assert_int_equal(snapshot_of(&arena, &option, SNAPSHOT_BTRFS, "/b/rootfs//", "/run/minirun/box", false, &a, &err), 0);
	assert_string_equal(a.store, "/b/.minirun");
	assert_int_equal(snapshot_of(&arena, &option, SNAPSHOT_BTRFS, "/b/rootfs", "/run/other/box", false, &b, &err), 0);
	assert_string_not_equal(a.directory, b.directory);
}

static void impossible_places(void **state)
{
	const struct snapshot_option tmpfs = option_of("overlay,size=1m"), inside = option_of("reflink,store=/b/rootfs/var"), beside = option_of("reflink,store=/b/rootfs2");
	struct error err = ERROR_INIT;
	struct snapshot s;

	(void)state;
	assert_int_equal(snapshot_of(&arena, &tmpfs, SNAPSHOT_OVERLAY, "/b/rootfs", OWNER, true, &s, &err), -1);
	assert_non_null(strstr(err.text, "--keep is given"));
	err = ERROR_INIT;
	assert_int_equal(snapshot_of(&arena, &inside, SNAPSHOT_REFLINK, "/b/rootfs/", OWNER, false, &s, &err), -1);
	assert_non_null(strstr(err.text, "lies in the image"));
	assert_int_equal(snapshot_of(&arena, &beside, SNAPSHOT_REFLINK, "/b/rootfs", OWNER, false, &s, &err), 0);
}

static void choice(void **state)
{
	static const char *const no = "because";
	static const struct {
		const char *text;
		struct snapshot_ground ground;
		enum snapshot_kind kind; // SNAPSHOT_KIND_MAX: an error
		const char *why;         // or the error
	} rows[] = {
		{"auto", {0}, SNAPSHOT_OVERLAY, "auto: the image is not a btrfs subvolume"},
		{"auto", {true, false, {NULL, NULL, no, no}}, SNAPSHOT_OVERLAY, "auto: the image is not a btrfs subvolume"},
		{"auto", {true, true, {0}}, SNAPSHOT_BTRFS, "auto: the image is a subvolume of btrfs"},
		{"auto", {true, true, {NULL, NULL, no, NULL}}, SNAPSHOT_OVERLAY, "auto: btrfs does not fit: because"},
		{"auto", {true, false, {NULL, no, no, NULL}}, SNAPSHOT_REFLINK, "auto: an overlay does not fit: because"},
		{"auto", {true, false, {NULL, no, no, no}}, SNAPSHOT_KIND_MAX, "overlay: because; btrfs: because; reflink: because; use --root DIR"},
		{"auto,lower=/a", {true, true, {0}}, SNAPSHOT_OVERLAY, "auto: only an overlay has lower="},
		{"auto,upper=tmpfs", {true, true, {0}}, SNAPSHOT_OVERLAY, "auto: only an overlay has upper="},
		{"auto,volatile", {true, true, {0}}, SNAPSHOT_OVERLAY, "auto: only an overlay has volatile"},
		{"auto,lower=/a", {true, false, {NULL, no, no, NULL}}, SNAPSHOT_KIND_MAX, "which lower= needs: because"},
		{"btrfs", {true, true, {NULL, no, NULL, no}}, SNAPSHOT_BTRFS, NULL},
		{"btrfs", {true, false, {NULL, NULL, no, NULL}}, SNAPSHOT_KIND_MAX, "cannot make the btrfs snapshot of /b/rootfs: because"},
		{"none", {true, false, {NULL, no, no, no}}, SNAPSHOT_NONE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct snapshot_option option = option_of(rows[i].text);
		enum snapshot_kind kind = SNAPSHOT_KIND_MAX;
		struct error err = ERROR_INIT;
		const char *why = NULL;
		int result = snapshot_choose(&arena, &option, "/b/rootfs", &rows[i].ground, &kind, &why, &err);

		if (result < 0 && (rows[i].kind != SNAPSHOT_KIND_MAX || strstr(err.text, rows[i].why) == NULL))
			fail_msg("row %zu (%s): '%s'", i, rows[i].text, err.text);
		if (result < 0)
			continue;
		assert_int_equal(kind, rows[i].kind);
		if (rows[i].why == NULL)
			assert_null(why);
		else
			assert_string_equal(why, rows[i].why);
	}
}

static void names(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < SNAPSHOT_KIND_MAX; kind++) {
		assert_int_equal(snapshot_kind_from_name(snapshot_kind_name((enum snapshot_kind)kind)), kind);
		assert_true((snapshot_backend((enum snapshot_kind)kind) == NULL) == (kind == SNAPSHOT_NONE));
	}
	assert_int_equal(snapshot_kind_from_name("auto"), SNAPSHOT_KIND_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(words, end_arena),         cmocka_unit_test_teardown(mistakes, end_arena),
		cmocka_unit_test_teardown(places, end_arena),        cmocka_unit_test_teardown(same_id_elsewhere, end_arena),
		cmocka_unit_test_teardown(impossible_places, end_arena), cmocka_unit_test_teardown(choice, end_arena),
		cmocka_unit_test_teardown(names, end_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
