// test_snapshots.c: snapshots whose maker is killed at each of its system calls, of each kind: there is none then, or one that says by itself whether it is whole, and `prune`
// removes it; and `snapshot commit` and `snapshot export` killed likewise: the target is not there, or whole, and what is half done bears another name and is taken away by the next one.
#include "apart.h"
#include "rootfs/snapshot.h"

enum { CALLS_MAX = 5000, UNMARKED_SECONDS = 120 };

struct kind {
	enum snapshot_kind kind;
	const char *name, *make, *size;
	bool subvolume;
};

static struct host_state *clean;
static const struct kind *kind; // of this group

// "cd SCRATCH && ..."
__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
	char text[1024];
	int used = snprintf(text, sizeof text, "cd %s && { ", scratch);
	va_list args;

	va_start(args, format);
	used += vsnprintf(text + used, sizeof text - (size_t)used, format, args);
	va_end(args);
	snprintf(text + used, sizeof text - (size_t)used, "; }");
	run_shell(text);
}

static bool exists(const char *name)
{
	return access(in_scratch("%s", name), F_OK) == 0;
}

// ---- made ----

static struct snapshot described(void)
{
	static char store[128], directory[160], image[128];

	snprintf(store, sizeof store, "%s", in_scratch("disk/.minirun"));
	snprintf(directory, sizeof directory, "%s/box@0", store);
	snprintf(image, sizeof image, "%s", in_scratch("disk/image"));
	return (struct snapshot){.kind = kind->kind, .image = image, .store = store, .directory = directory, .owner = "/run/gone/box"};
}

static struct child start_making(const struct snapshot *snapshot)
{
	struct child child = {.pid = fork()};
	struct error err = ERROR_INIT;

	if (child.pid == 0) {
		reset_signals();
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
			_exit(97);
		_exit(snapshot_create(snapshot, -1, &err) < 0);
	}
	assert_true(child.pid > 0);
	snprintf(child.output, sizeof child.output, "/dev/null");
	return child;
}

// A whole one has all that the image has.
static void expect_whole_or_not(const struct snapshot *snapshot, const char *when)
{
	struct snapshot_look look;
	struct error err = ERROR_INIT;

	if (snapshot_look(snapshot->directory, &look, &err) < 0) {
		assert_int_equal(err.code, ENOENT);
		return;
	}
	if (look.kind != SNAPSHOT_NONE && (strcmp(look.owner, snapshot->owner) != 0 || strcmp(look.image, snapshot->image) != 0))
		fail_msg("%s: there is something without its marks", when);
	if (look.whole && kind->kind != SNAPSHOT_OVERLAY)
		shell("diff -r disk/image disk/.minirun/box@0/root");
}

// An empty store is what is left when it was killed before it had made anything in it.
static void expect_pruned(const char *when)
{
	struct child child;

	if (exists("disk/.minirun/box@0"))
		shell("touch -d '%d seconds ago' disk/.minirun/box@0", UNMARKED_SECONDS); // one without marks is somebody's who has just begun
	// Nor is there a store when that was the first thing that it had not made yet.
	if (exists("disk/.minirun")) {
		child = START(NULL, "snapshot", "prune", "--store", in_scratch("disk/.minirun"));
		child_expect(&child, 0, when);
	}
	if (exists("disk/.minirun"))
		shell("rmdir disk/.minirun");
	expect_host(clean, when);
}

static void maker_is_killed(void **state)
{
	const struct snapshot snapshot = described();
	bool killed = true;

	(void)state;
	for (size_t count = 1; killed; count++) {
		struct child child = start_making(&snapshot);
		char when[128];
		int status;

		snprintf(when, sizeof when, "%s, killed at the system call %zu of its making", kind->name, count);
		killed = kill_at_call(&child, count, &status);
		if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
			fail_msg("%s: status %#x", when, (unsigned)status);
		no_process_left(when);
		expect_whole_or_not(&snapshot, when);
		expect_pruned(when);
		assert_true(count < CALLS_MAX && (killed || count > 10));
	}
}

// ---- copied ----

// What a container has left; the reference is made by a copy that nobody disturbs.
static void keep_box(void)
{
	struct child child = START(NULL, "run", "--keep", "--id", "box", "--snapshot", kind->name, in_scratch("writes"));

	child_expect(&child, 0, "run --keep");
	no_process_left("run --keep");
}

static void copy_box(const char *verb, const char *target)
{
	struct child child = strcmp(verb, "commit") == 0 ? START(NULL, "snapshot", "commit", "box", target) : START(NULL, "snapshot", "export", "box", "-o", target);

	child_expect(&child, 0, verb);
}

static struct child start_copying(const char *verb, const char *target)
{
	struct fault fault = {.traced = true};

	return strcmp(verb, "commit") == 0 ? START(&fault, "snapshot", "commit", "box", target) : START(&fault, "snapshot", "export", "box", "-o", target);
}

static void remove_target(void)
{
	if (kind->subvolume)
		shell("btrfs subvolume delete disk/copies/target >/dev/null 2>&1 || rm -r disk/copies/target");
	else
		shell("rm -r disk/copies/target");
}

// Nothing else is there; and what is half done is no hindrance for the next one, which takes it away.
static void expect_copied_or_not(const char *verb, const char *partial, const char *compare)
{
	bool half_done = exists(partial);

	if (exists("disk/copies/target")) {
		shell("%s disk/reference-%s disk/copies/target", compare, verb);
		remove_target();
	}
	if (half_done) {
		copy_box(verb, in_scratch("disk/copies/target"));
		shell("test ! -e %s && %s disk/reference-%s disk/copies/target", partial, compare, verb);
		remove_target();
	}
	if (rmdir(in_scratch("disk/copies")) < 0 || mkdir(in_scratch("disk/copies"), 0755) < 0)
		fail_msg("%s: disk/copies: %s", verb, strerror(errno));
}

// `partial`: what is half done.
static void copier_is_killed(const char *verb, const char *partial, const char *compare)
{
	char target[128];
	bool killed = true;

	snprintf(target, sizeof target, "%s", in_scratch("disk/copies/target"));
	for (size_t count = 1; killed; count++) {
		struct child child = start_copying(verb, target);
		char when[128];
		int status;

		snprintf(when, sizeof when, "%s, %s killed at its system call %zu", kind->name, verb, count);
		killed = kill_at_call(&child, count, &status);
		if (!killed && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
			fail_msg("%s: status %#x: %s", when, (unsigned)status, child_output(&child));
		no_process_left(when);
		expect_copied_or_not(verb, partial, compare);
		assert_true(count < CALLS_MAX && (killed || count > 50));
	}
}

static void commit_is_killed(void **state)
{
	(void)state;
	keep_box();
	copy_box("commit", in_scratch("disk/reference-commit"));
	copier_is_killed("commit", "disk/copies/.target.partial", "diff -r");
}

static void export_is_killed(void **state)
{
	struct child child;

	(void)state;
	copy_box("export", in_scratch("disk/reference-export"));
	copier_is_killed("export", "disk/copies/target.partial", "cmp");
	shell("mv disk/reference-commit disk/copies/target && rm disk/reference-export");
	remove_target();
	child = START(NULL, "delete", "box");
	child_expect(&child, 0, "delete");
	expect_host(clean, kind->name);
}

// ---- main ----

static int run_kind(const struct group *group)
{
	static struct CMUnitTest tests[] = {
		{"its making is killed at each system call", maker_is_killed, NULL, NULL, NULL}, {"so is commit", commit_is_killed, NULL, NULL, NULL}, {"so is export", export_is_killed, NULL, NULL, NULL},
	};
	static char names[3][64];
	const char *image = strdup(in_scratch("disk/image"));

	kind = group->data;
	for (size_t i = 0; i < 3; i++) {
		snprintf(names[i], sizeof names[i], "%s: %s", kind->name, tests[i].name);
		tests[i].name = names[i];
	}
	make_disk("disk", kind->make, kind->size);
	if (kind->subvolume)
		shell("btrfs subvolume create disk/image >/dev/null");
	make_image(image);
	shell("mkdir disk/copies disk/image/more && echo content >disk/image/more/file && ln disk/image/more/file disk/image/more/again");
	make_bundle("writes", image, "echo it ran; echo new >/more/new; rm /more/again; busybox mkdir -p /a/b; echo x >/a/b/c", NULL);
	warm_up("writes");
	host_frozen[0] = image;
	host_directories[0] = strdup(in_scratch("state"));
	host_directories[1] = strdup(in_scratch("disk"));
	host_directories[2] = "/run";
	clean = host_look();
	return _cmocka_run_group_tests(kind->name, tests, sizeof tests / sizeof *tests, NULL, NULL);
}

int main(void)
{
	static struct kind kinds[] = {
		{SNAPSHOT_OVERLAY, "overlay", "mkfs.ext4", "64M", false},
		{SNAPSHOT_BTRFS, "btrfs", "mkfs.btrfs", "128M", true},
		{SNAPSHOT_REFLINK, "reflink", "mkfs.xfs", "320M", false},
	};
	struct group groups[] = {
		{"overlay-killed", run_kind, &kinds[0], 0, -1}, {"btrfs-killed", run_kind, &kinds[1], 0, -1}, {"reflink-killed", run_kind, &kinds[2], 0, -1},
	};

	return run_groups(groups, sizeof groups / sizeof *groups);
}
