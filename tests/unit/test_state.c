// test_state.c: the state directory: claiming, locking, the record, what a container is. Needs no root: any directory can be a state root.
#include "state/survey.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <fcntl.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
// cmocka wants the ones above first
#include <cmocka.h>

static char top[] = "/tmp/minirun-state.XXXXXX";
static char root_path[64];
static int root = -1;

static int make_root(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	if (mkdtemp(top) == NULL)
		return -1;
	snprintf(root_path, sizeof root_path, "%s/run/deep/minirun", top);
	root = state_open_root(root_path, true, &err);
	return root < 0 ? -1 : 0;
}

static int remove_root(void **state)
{
	(void)state;
	close(root);
	return remove_tree_at(AT_FDCWD, top);
}

static const char *lowers[] = {"/a", "/b \"c\""};
static struct undo undos[] = {{UNDO_BRIDGE, "mr0"}, {UNDO_SNAPSHOT, "/run/minirun/x/snapshot"}, {UNDO_PID_FILE, "/p \"q\"\n"}};
static struct spec_pair annotations[] = {{"a.b/c", "1"}, {"empty", ""}, {"quote", "\"\\\n"}};

static struct state sample(const char *id)
{
	return (struct state){
		.id = id, .bundle = "/b", .rootfs = "/b/r", .owner = "/run/minirun/x", .created = 1700000000123456, .cgroup_mount = "/sys/fs/cgroup", .cgroup_path = "/x",
		.lowers = {lowers, 2}, .undos = undos, .undo_count = 3, .annotations = {annotations, 3},
	};
}

static int claim(const char *id, bool *stale, struct error *err)
{
	*err = ERROR_INIT;
	return state_claim(root, id, stale, err);
}

static void a_root_is_made_private_with_its_parents(void **state)
{
	struct stat info;
	struct error err = ERROR_INIT;
	char path[128];

	(void)state;
	assert_int_equal(fstat(root, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	snprintf(path, sizeof path, "%s/none", top);
	assert_int_equal(state_open_root(path, false, &err), -1);
	assert_int_equal(err.code, ENOENT);
	snprintf(path, sizeof path, "%s/link", top);
	assert_int_equal(symlink(root_path, path), 0);
	assert_int_equal(state_open_root(path, true, &err), -1);
	assert_true(err.code == ELOOP || err.code == ENOTDIR);
}

static struct hook hooks[] = {
	{.path = "/h", .args = {(const char *[]){"h", "a b", NULL}, 2}, .env = {(const char *[]){"K=\"V\"", NULL}, 1}, .timeout = {5, true}},
	{.path = "/i"},
};

static void a_record_reads_back_as_it_was_written(void **state)
{
	struct arena arena = {0};
	struct error err;
	struct state before = sample("back"), after;
	bool stale;
	int dir = claim("back", &stale, &err);

	(void)state;
	assert_true(dir >= 0);
	assert_false(stale);
	before.pid = 77;
	before.pid_start = UINT64_C(1) << 53;
	before.resctrl = "gold";
	before.kept = before.core_cookie = true;
	before.origin = ORIGIN_DETACHED;
	before.poststart = (struct hooks){hooks, 2};
	before.poststop = (struct hooks){hooks, 1};
	assert_int_equal(state_save(dir, &before, &err), 0);
	assert_int_equal(state_load(dir, &arena, &after, &err), 0);
	assert_string_equal(after.id, before.id);
	assert_string_equal(after.bundle, before.bundle);
	assert_string_equal(after.rootfs, before.rootfs);
	assert_string_equal(after.owner, before.owner);
	assert_string_equal(after.cgroup_mount, before.cgroup_mount);
	assert_string_equal(after.cgroup_path, before.cgroup_path);
	assert_int_equal(after.lowers.count, 2);
	assert_string_equal(after.lowers.items[1], before.lowers.items[1]);
	assert_int_equal(after.pid, 77);
	assert_true(after.pid_start == before.pid_start && after.created == before.created && after.kept && after.core_cookie);
	assert_int_equal(after.origin, ORIGIN_DETACHED);
	assert_string_equal(after.resctrl, "gold");
	assert_int_equal(after.undo_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(after.undos[i].kind, undos[i].kind);
		assert_string_equal(after.undos[i].path, undos[i].path);
	}
	assert_int_equal(after.annotations.count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(after.annotations.items[i].key, annotations[i].key);
		assert_string_equal(after.annotations.items[i].value, annotations[i].value);
	}
	assert_int_equal(after.poststart.count, 2);
	assert_int_equal(after.poststop.count, 1);
	assert_string_equal(after.poststart.items[0].path, "/h");
	assert_int_equal(after.poststart.items[0].args.count, 2);
	assert_string_equal(after.poststart.items[0].args.items[1], "a b");
	assert_null(after.poststart.items[0].args.items[2]);
	assert_string_equal(after.poststart.items[0].env.items[0], "K=\"V\"");
	assert_true(after.poststart.items[0].timeout.set && after.poststart.items[0].timeout.value == 5);
	assert_int_equal(after.poststart.items[1].args.count + after.poststart.items[1].env.count, 0);
	assert_false(after.poststart.items[1].timeout.set);
	assert_int_equal(state_remove(root, "back", &err), 0);
	close(dir);
	arena_free(&arena);
}

static void without_a_cgroup_the_record_has_none(void **state)
{
	struct arena arena = {0};
	struct error err;
	struct state before = sample("bare"), after;
	bool stale;
	int dir = claim("bare", &stale, &err);

	(void)state;
	before.cgroup_mount = before.cgroup_path = before.rootfs = NULL;
	before.undo_count = before.annotations.count = 0;
	assert_int_equal(state_save(dir, &before, &err), 0);
	assert_int_equal(state_load(dir, &arena, &after, &err), 0);
	assert_null(after.cgroup_mount);
	assert_null(after.cgroup_path);
	assert_int_equal(after.undo_count, 0);
	assert_int_equal(after.annotations.count, 0);
	assert_int_equal(state_remove(root, "bare", &err), 0);
	close(dir);
	arena_free(&arena);
}

static void damaged_records_are_an_error(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "null", "7", "{}", "{\"id\":1,\"owner\":\"o\",\"bundle\":\"b\"}", "{\"id\":\"x\",\"bundle\":\"b\"}", "{\"id\":\"x\",\"owner\":\"o\"}", "{\"owner\":\"o\",\"bundle\":\"b\"}", "\xff\xfe",
	};
	struct error err;
	bool stale;
	int dir = claim("damaged", &stale, &err);

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct arena arena = {0};
		struct state loaded;

		assert_int_equal(write_file_atomic_at(dir, "state.json", texts[i], strlen(texts[i]), 0600), 0);
		err = ERROR_INIT;
		if (state_load(dir, &arena, &loaded, &err) == 0)
			fail_msg("'%s' is taken", texts[i]);
		assert_non_null(strstr(err.text, "delete --force"));
		arena_free(&arena);
	}
	assert_int_equal(state_remove(root, "damaged", &err), 0);
	close(dir);
}

// Odd but harmless members are passed over: a newer minirun may write more.
static void what_is_unknown_in_a_record_is_passed_over(void **state)
{
	static const char text[] =
		"{\"id\":\"x\",\"owner\":\"o\",\"bundle\":\"b\",\"future\":{},\"undo\":[7,[\"bridge\"],[\"new-kind\",\"p\"],[\"bridge\",\"mr1\"],{}],\"annotations\":7,\"poststop\":[7,{},{\"path\":\"/x\",\"args\":[null,\"a\"],\"env\":3,\"timeout\":-1}],\"poststart\":{},\"pid\":\"no\",\"cgroupPath\":3}";
	struct arena arena = {0};
	struct error err;
	struct state loaded;
	bool stale;
	int dir = claim("odd", &stale, &err);

	(void)state;
	assert_int_equal(write_file_atomic_at(dir, "state.json", text, strlen(text), 0600), 0);
	assert_int_equal(state_load(dir, &arena, &loaded, &err), 0);
	assert_int_equal(loaded.undo_count, 1);
	assert_string_equal(loaded.undos[0].path, "mr1");
	assert_int_equal(loaded.annotations.count, 0);
	assert_int_equal(loaded.poststart.count, 0);
	assert_int_equal(loaded.poststop.count, 1);
	assert_int_equal(loaded.poststop.items[0].args.count, 1);
	assert_false(loaded.poststop.items[0].timeout.set);
	assert_int_equal(loaded.pid, 0);
	assert_null(loaded.cgroup_path);
	assert_int_equal(state_remove(root, "odd", &err), 0);
	close(dir);
	arena_free(&arena);
}

static void one_id_has_one_owner(void **state)
{
	struct error err;
	bool stale;
	int first = claim("mine", &stale, &err);
	int again;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(claim("mine", &stale, &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_non_null(strstr(err.text, "another minirun is setting it up or removing it"));
	// Given up before it was recorded: the next one may have it, and there is nothing to destroy.
	close(first);
	again = claim("mine", &stale, &err);
	assert_true(again >= 0);
	assert_false(stale);
	assert_int_equal(state_remove(root, "mine", &err), 0);
	close(again);
}

static void an_id_in_use_is_refused_and_a_dead_one_is_stale(void **state)
{
	struct error err;
	struct state record = sample("used");
	bool stale;
	int dir = claim("used", &stale, &err);

	(void)state;
	record.pid = getpid();
	record.pid_start = process_start_time(getpid());
	assert_int_equal(state_save(dir, &record, &err), 0);
	close(dir);
	assert_int_equal(claim("used", &stale, &err), -1);
	assert_int_equal(err.code, EEXIST);
	assert_non_null(strstr(err.text, "delete --force used"));

	dir = openat(root, "used", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	record.pid_start++; // the pid belongs to somebody else now
	assert_int_equal(state_save(dir, &record, &err), 0);
	close(dir);
	dir = claim("used", &stale, &err);
	assert_true(dir >= 0);
	assert_true(stale);

	record.kept = true;
	assert_int_equal(state_save(dir, &record, &err), 0);
	close(dir);
	assert_int_equal(claim("used", &stale, &err), -1);
	assert_non_null(strstr(err.text, "has ended and waits for its removal"));
	assert_int_equal(state_remove(root, "used", &err), 0);
}

static void bad_ids_never_reach_the_file_system(void **state)
{
	static const char *const ids[] = {"", ".", "..", "../x", "a/b", "/etc", "a b", ".seccomp"};
	struct error err;
	bool stale;

	(void)state;
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		assert_int_equal(claim(ids[i], &stale, &err), -1);
		assert_non_null(strstr(err.text, "is no container id"));
		assert_int_equal(state_open(root, ids[i], &err), -1);
		assert_non_null(strstr(err.text, "is no container id"));
		assert_int_equal(state_lock(root, ids[i], &err), -1);
	}
	assert_int_equal(state_open(root, "absent", &err), -1);
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(state_lock(root, "absent", &err), -1);
	assert_int_equal(err.code, ENOENT);
}

static void a_link_in_the_place_of_a_container_is_not_followed(void **state)
{
	struct error err;
	bool stale;

	(void)state;
	assert_int_equal(symlinkat(top, root, "trap"), 0);
	assert_int_equal(claim("trap", &stale, &err), -1);
	assert_int_equal(state_open(root, "trap", &err), -1);
	assert_int_equal(unlinkat(root, "trap", 0), 0);
}

// A child that holds the lock for a while; the other side waits, or is told that it is gone.
static void the_lock_is_waited_for_and_a_removed_container_is_gone(void **state)
{
	struct error err;
	bool stale;
	int dir = claim("locked", &stale, &err);
	int ends[2];
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		struct error mine = ERROR_INIT;

		close(ends[0]);
		close(dir); // the lock is the parent's as long as its fd is open
		_exit(state_lock(root, "locked", &mine) < 0 && mine.code == ENOENT ? 0 : 1);
	}
	close(ends[1]);
	usleep(50000); // the child waits in flock by now; if it does not yet, the outcome is the same
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	assert_int_equal(state_remove(root, "locked", &err), 0);
	close(dir);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(ends[0]);
}

static void a_removed_container_is_not_relocked(void **state)
{
	struct error err;
	bool stale;
	int dir = claim("relock", &stale, &err);

	(void)state;
	state_unlock(dir);
	assert_int_equal(state_relock(dir, NULL, &err), 0);
	state_unlock(dir);
	assert_int_equal(state_remove(root, "relock", &err), 0);
	assert_int_equal(state_relock(dir, NULL, &err), -1);
	assert_int_equal(err.code, ENOENT);
	close(dir);
}

static void the_status_follows_process_and_lock(void **state)
{
	struct error err;
	struct state record = sample("status");
	bool stale;
	int dir = claim("status", &stale, &err);
	int reader = openat(root, "status", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(state_status(reader, &record), STATUS_CREATING);
	record.pid = getpid();
	record.pid_start = process_start_time(getpid());
	assert_int_equal(state_status(reader, &record), STATUS_CREATING); // recorded, but the program is not executed yet
	state_unlock(dir);
	assert_int_equal(state_status(reader, &record), STATUS_RUNNING);
	record.pid_start++;
	assert_int_equal(state_status(reader, &record), STATUS_STOPPED);
	record.pid = 0;
	assert_int_equal(state_status(reader, &record), STATUS_STOPPED);
	// A reader's look leaves the lock free.
	assert_int_equal(flock(dir, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(state_remove(root, "status", &err), 0);
	close(dir);
	close(reader);
}

// Saves the record and surveys it.
static struct survey_line survey_saved(struct arena *arena, int dir, const struct state *record)
{
	struct error err = ERROR_INIT;
	struct survey survey;
	struct survey_line line;

	assert_int_equal(state_save(dir, record, &err), 0);
	assert_int_equal(survey_open(&survey, root, &err), 0);
	assert_int_equal(survey_container(&survey, record->id, arena, &line, &err), 0);
	survey_close(&survey);
	assert_string_equal(line.id, record->id);
	assert_string_equal(line.bundle, record->bundle);
	assert_int_equal(line.pid, record->pid);
	assert_int_equal(line.created, record->created);
	assert_int_equal(line.owner, geteuid());
	return line;
}

// A child that has executed nothing, called `name`, until the returned fd is closed.
static int make_child(const char *name, struct state *record)
{
	int ends[2];
	char byte;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	record->pid = fork();
	if (record->pid == 0) {
		close(ends[1]);
		prctl(PR_SET_NAME, name);
		_exit((int)read(ends[0], &byte, 1));
	}
	close(ends[0]);
	for (struct process_stat process = {.name = ""}; strcmp(process.name, name) != 0;)
		assert_int_equal(process_stat(AT_FDCWD, record->pid, &process), 0);
	record->pid_start = process_start_time(record->pid);
	return ends[1];
}

static void a_survey_tells_what_the_record_and_the_process_are(void **state)
{
	struct arena arena = {0};
	struct error err;
	struct state record = sample("survey");
	bool stale;
	int dir = claim("survey", &stale, &err);
	int child;

	(void)state;
	record.cgroup_mount = "/nonexistent";
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_CREATING);
	// Waits for `start`: it says so itself, whoever has the lock.
	child = make_child(FIRST_PROCESS_READY, &record);
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_CREATED);
	close(child);
	assert_int_equal(waitpid(record.pid, NULL, 0), record.pid);
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_STOPPED);
	// Is being set up.
	child = make_child(FIRST_PROCESS_MAKING, &record);
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_CREATING);
	state_unlock(dir);
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_RUNNING);
	close(child);
	assert_int_equal(waitpid(record.pid, NULL, 0), record.pid);
	// Has executed a program, this one. With escapes in it the record is read as a whole.
	record.pid = getpid();
	record.pid_start = process_start_time(getpid());
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_RUNNING);
	record.bundle = "/a \"bundle\"\n";
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_RUNNING);
	record.cgroup_mount = record.cgroup_path = NULL;
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_RUNNING);
	record.pid_start++;
	assert_int_equal(survey_saved(&arena, dir, &record).status, STATUS_STOPPED);
	assert_int_equal(state_remove(root, "survey", &err), 0);
	close(dir);
	arena_free(&arena);
}

static void a_survey_leaves_out_what_has_no_record(void **state)
{
	static const char *const damaged[] = {"", "{", "{\"id\":\"x", "{\"id\":\"x\",\"undo\":[]}", "[]", "{\"id\":1,\"bundle\":2,\"undo\":[]}", "{\"id\":\"x\" \"bundle\":\"y\",\"undo\":[]}"};
	struct arena arena = {0};
	struct error err;
	struct survey survey;
	struct survey_line line;
	bool stale;
	int dir = claim("damaged", &stale, &err);

	(void)state;
	assert_int_equal(survey_open(&survey, root, &err), 0);
	assert_int_equal(survey_container(&survey, "nosuch", &arena, &line, &err), -1);
	assert_int_equal(survey_container(&survey, "damaged", &arena, &line, &err), -1);
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		assert_int_equal(write_file_atomic_at(dir, "state.json", damaged[i], strlen(damaged[i]), 0600), 0);
		assert_int_equal(survey_container(&survey, "damaged", &arena, &line, &err), -1);
	}
	survey_close(&survey);
	assert_int_equal(state_remove(root, "damaged", &err), 0);
	close(dir);
	arena_free(&arena);
}

static void a_start_time_is_a_living_processs(void **state)
{
	pid_t child = fork();
	uint64_t start;

	(void)state;
	if (child == 0) {
		pause();
		_exit(0);
	}
	start = process_start_time(child);
	assert_true(start > 0 && start == process_start_time(child));
	assert_true(start >= process_start_time(getpid()));
	kill(child, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT), 0);
	assert_int_equal(process_start_time(child), 0); // a zombie
	waitpid(child, NULL, 0);
	assert_int_equal(process_start_time(child), 0);
	assert_int_equal(process_start_time(0), 0);
	assert_int_equal(process_start_time(-1), 0);
}

static const char *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, key, &value));
	return json_object_get_string(value);
}

static void the_document_is_ocis(void **state)
{
	struct arena arena = {0};
	struct state record = sample("doc");
	struct json_object *document;

	(void)state;
	record.pid = 42;
	document = json_tokener_parse(state_document(&arena, &record, STATUS_RUNNING));
	assert_string_equal(member(document, "ociVersion"), SPEC_VERSION);
	assert_string_equal(member(document, "id"), "doc");
	assert_string_equal(member(document, "pid"), "42");
	assert_string_equal(member(document, "status"), "running");
	assert_string_equal(member(document, "bundle"), "/b");
	assert_string_equal(member(document, "rootfs"), "/b/r");
	assert_string_equal(member(document, "created"), "2023-11-14T22:13:20.123456Z");
	assert_string_equal(member(json_object_object_get(document, "annotations"), "quote"), "\"\\\n");
	json_object_put(document);
	document = json_tokener_parse(state_document(&arena, &record, STATUS_STOPPED));
	assert_string_equal(member(document, "pid"), "0");
	json_object_put(document);
	document = json_tokener_parse(state_hook_document(&arena, &record, STATUS_CREATED, 1));
	assert_int_equal(json_object_object_length(document), 6); // what the specification has, and no more
	assert_string_equal(member(document, "ociVersion"), SPEC_VERSION);
	assert_string_equal(member(document, "id"), "doc");
	assert_string_equal(member(document, "status"), "created");
	assert_string_equal(member(document, "pid"), "1");
	assert_string_equal(member(document, "bundle"), "/b");
	assert_string_equal(member(json_object_object_get(document, "annotations"), "quote"), "\"\\\n");
	json_object_put(document);
	document = json_tokener_parse(state_listener_document(&arena, &record, STATUS_CREATED, 42, 43, "m"));
	assert_int_equal(json_object_object_length(document), 5);
	assert_string_equal(member(document, "fds"), "[ \"seccompFd\" ]");
	assert_string_equal(member(document, "pid"), "43");
	assert_string_equal(member(document, "metadata"), "m");
	assert_string_equal(member(json_object_object_get(document, "state"), "pid"), "42");
	assert_string_equal(member(json_object_object_get(document, "state"), "status"), "created");
	json_object_put(document);
	document = json_tokener_parse(state_hook_document(&arena, &record, STATUS_STOPPED, 0));
	assert_null(json_object_object_get(document, "pid"));
	json_object_put(document);
	arena_free(&arena);
}

static void the_list_is_sorted_and_holds_containers_only(void **state)
{
	static const char *const ids[] = {"c", "a", "b"};
	struct arena arena = {0};
	struct error err = ERROR_INIT;
	struct strings list;
	bool stale;

	(void)state;
	assert_int_equal(state_list(root, &arena, &list, &err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(mkdirat(root, ".seccomp", 0700), 0);
	for (size_t i = 0; i < 3; i++)
		close(claim(ids[i], &stale, &err));
	for (int i = 0; i < 100; i++)
		close(claim(arena_printf(&arena, "n%02d", i), &stale, &err));
	assert_int_equal(state_list(root, &arena, &list, &err), 0);
	assert_int_equal(list.count, 103);
	assert_string_equal(list.items[0], "a");
	assert_string_equal(list.items[1], "b");
	assert_string_equal(list.items[2], "c");
	assert_string_equal(list.items[3], "n00");
	assert_string_equal(list.items[102], "n99");
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(state_remove(root, list.items[i], &err), 0);
	assert_int_equal(state_list(root, &arena, &list, &err), 0);
	assert_int_equal(list.count, 0);
	arena_free(&arena);
}

static void removing_takes_all_that_is_there(void **state)
{
	struct error err;
	bool stale;
	int dir = claim("full", &stale, &err);

	(void)state;
	assert_int_equal(mkdirat(dir, "snapshot", 0700), 0);
	assert_int_equal(write_file_atomic_at(dir, "snapshot/file", "x", 1, 0600), 0);
	assert_int_equal(state_remove(root, "full", &err), 0);
	assert_int_equal(state_remove(root, "full", &err), 0); // absent is success
	assert_int_equal(state_open(root, "full", &err), -1);
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_is_made_private_with_its_parents),
		cmocka_unit_test(a_record_reads_back_as_it_was_written),
		cmocka_unit_test(without_a_cgroup_the_record_has_none),
		cmocka_unit_test(damaged_records_are_an_error),
		cmocka_unit_test(what_is_unknown_in_a_record_is_passed_over),
		cmocka_unit_test(one_id_has_one_owner),
		cmocka_unit_test(an_id_in_use_is_refused_and_a_dead_one_is_stale),
		cmocka_unit_test(bad_ids_never_reach_the_file_system),
		cmocka_unit_test(a_link_in_the_place_of_a_container_is_not_followed),
		cmocka_unit_test(the_lock_is_waited_for_and_a_removed_container_is_gone),
		cmocka_unit_test(a_removed_container_is_not_relocked),
		cmocka_unit_test(the_status_follows_process_and_lock),
		cmocka_unit_test(a_survey_tells_what_the_record_and_the_process_are),
		cmocka_unit_test(a_survey_leaves_out_what_has_no_record),
		cmocka_unit_test(a_start_time_is_a_living_processs),
		cmocka_unit_test(the_document_is_ocis),
		cmocka_unit_test(the_list_is_sorted_and_holds_containers_only),
		cmocka_unit_test(removing_takes_all_that_is_there),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
