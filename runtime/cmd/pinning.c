// pinning.c: see pinning.h. Joins what does not know each other: the ledger's claim and pinning (cpus/), the container's cgroup and its leaves (cgroup/), the log.
#include "cmd/pinning.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/threaded.h"
#include "cpus/realtime.h"
#include "plan/cores_shape.h"
#include "play/cores.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>

enum {
	LINES_MAX = 200,                  // that are logged of threads in a pinning's life
	WATCHER_LOG = STDERR_FILENO + 1,  // the watcher's log: errors go to standard error as well, so it must not be that
	WATCHER_WORDS_MAX = 12,
};
#define WATCHER_LOG_PATH "/proc/self/fd/3"

// --- what a pass needs to know about cgroups

static int list_processes(void *context, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err)
{
	struct pinning *pinning = context;

	if (pinning->cgroup >= 0)
		return cgroup_pids(pinning->cgroup, arena, ret_pids, ret_count, err);
	return pin_list_processes(pinning->proc, pinning->init, arena, ret_pids, ret_count, err);
}

// A role without CPUs has no leaf, and its threads are where thread_rule.h says: with main, else with the first worker.
static const char *leaf_name(const struct thread_places *places, enum thread_target target, size_t slot, char name[static NAME_MAX])
{
	bool mains = cpuset_first(&places->mains) >= 0, workers = cpuset_first(&places->workers) >= 0;

	if (target == THREAD_TARGET_HOUSEKEEPING && (cpuset_first(&places->housekeeping) >= 0 || (!mains && !workers)))
		return THREADED_HOUSEKEEPING;
	if (workers && (target == THREAD_TARGET_WORKERS || !mains)) {
		snprintf(name, NAME_MAX, THREADED_WORKER "%zu", target == THREAD_TARGET_WORKERS ? slot : 0);
		return name;
	}
	return mains ? THREADED_MAIN : THREADED_HOUSEKEEPING;
}

// Whether the last component of the thread's cgroup v2 path is `leaf`.
static bool is_in_leaf(int proc, pid_t pid, pid_t tid, const char *leaf)
{
	char path[64];
	size_t length;
	AUTO_FREE char *text = NULL;
	char *line, *end;

	snprintf(path, sizeof path, "%d/task/%d/cgroup", (int)pid, (int)tid);
	text = read_whole_file_at(proc, path, 1 << 20, &length);
	line = text == NULL ? NULL : strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (line == NULL)
		return false;
	line += *line == '\n';
	end = strchr(line, '\n');
	if (end != NULL)
		*end = '\0';
	return strcmp(strrchr(line, '/') != NULL ? strrchr(line, '/') + 1 : "", leaf) == 0;
}

static int hold_thread(void *context, pid_t pid, pid_t tid, enum thread_target target, size_t slot, bool *ret_moved, struct error *err)
{
	struct pinning *pinning = context;
	char buffer[NAME_MAX];
	const char *name = leaf_name(&pinning->places, target, slot, buffer);
	AUTO_FD leaf = -1;

	if (is_in_leaf(pinning->proc, pid, tid, name))
		return 0;
	leaf = threaded_open(pinning->cgroup, name, err);
	if (leaf < 0 || threaded_move(leaf, tid, err) < 0)
		return -1;
	*ret_moved = true;
	return 0;
}

// --- the container

static int find_claim(struct pinning *pinning, const struct state *state, struct error *err)
{
	if (cores_find(&pinning->arena, state, &pinning->claim, err) < 0)
		return -1;
	if (pinning->claim == NULL)
		return error_hint((error_set(err, ENODATA, "it has no CPUs of its own"), err), "start it with --cpus, as in --cpus count=3");
	return ledger_check_claim(pinning->claim, err);
}

static int take_rules(struct pinning *pinning, const char *const *texts, size_t count, struct error *err)
{
	const struct strings *claimed = &pinning->claim->threads;

	if (count == 0) {
		texts = claimed->items;
		count = claimed->count;
	}
	if (thread_rules_parse(&pinning->arena, texts, count, &pinning->rules, err) < 0 || thread_rules_check(&pinning->rules, &pinning->places, err) < 0)
		return -1;
	return pinning->claim->enforce ? thread_rules_enforceable(&pinning->rules, err) : 0;
}

static int open_cgroup(struct pinning *pinning, const struct state *state, struct error *err)
{
	AUTO_FD root = -1;

	if (state->cgroup_mount == NULL)
		return 0;
	root = cgroup_open_root(state->cgroup_mount, err);
	if (root < 0)
		return -1;
	pinning->cgroup = cgroup_open(root, state->cgroup_path, state->owner, err);
	return pinning->cgroup < 0 ? -1 : 0;
}

int pinning_open(struct pinning *pinning, const struct state *state, const char *const *texts, size_t count, struct error *err)
{
	pinning->id = arena_strdup(&pinning->arena, state->id);
	pinning->init = state->pid;
	pinning->state = state;
	pinning->own_rules = count == 0;
	pinning->version = ledger_version(LEDGER_DIRECTORY, state->owner); // before it is read: a later one is seen
	pinning->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pinning->proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (find_claim(pinning, state, err) < 0)
		return -1;
	pinning->places = cores_places(&pinning->arena, pinning->claim);
	if (take_rules(pinning, texts, count, err) < 0 || open_cgroup(pinning, state, err) < 0)
		return -1;
	pinning->container = (struct pin_container){.list = list_processes, .hold = pinning->claim->enforce && pinning->cgroup >= 0 ? hold_thread : NULL, .context = pinning};
	pinning->pin = (struct pin){.proc = pinning->proc, .container = &pinning->container, .rules = &pinning->rules, .places = &pinning->places};
	return 0;
}

void pinning_close(struct pinning *pinning)
{
	pin_free(&pinning->pin);
	close_fd(&pinning->latency);
	close_fd(&pinning->cgroup);
	close_fd(&pinning->proc);
	arena_free(&pinning->pass);
	arena_free(&pinning->arena);
}

// --- passes

// A program whose threads come and go can have them told again and again: it must not fill whatever the log lies on.
static bool may_tell(struct pinning *pinning)
{
	if (pinning->lines > LINES_MAX)
		return false;
	if (pinning->lines++ < LINES_MAX)
		return true;
	log_warning("no more is told of threads that are not where they belong: `minirun pin %s` does", pinning->id);
	return false;
}

static void tell(struct pinning *pinning, const struct pin_report *report)
{
	if (pinning->told == report->fingerprint)
		return;
	pinning->told = report->fingerprint;
	for (size_t i = 0; i < report->problem_count && may_tell(pinning); i++)
		log_error("thread %d (%s): %s", (int)report->problems[i].tid, report->problems[i].name, report->problems[i].text);
	if (report->crowded > 0 && may_tell(pinning))
		log_warning("%zu worker threads share a CPU with another one: there are only %zu CPUs for them", report->crowded, cpuset_count(&pinning->places.workers));
}

int pinning_pass(struct pinning *pinning, struct pin_report *ret_report, struct error *err)
{
	arena_free(&pinning->pass);
	if (pin_apply(&pinning->pin, &pinning->pass, ret_report, err) < 0)
		return error_prefix(err, "cannot pin the threads of container \"%s\"", pinning->id);
	tell(pinning, ret_report);
	return 0;
}

// The container runs without it, too.
static void hold_latency(struct pinning *pinning)
{
	AUTO_FD dev = open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct error err = ERROR_INIT;

	pinning->latency = realtime_hold_latency(dev, (uint32_t)pinning->claim->latency, &err);
	if (pinning->latency < 0)
		log_warning("%s", err.text);
}

static int begin_watching(struct pinning *pinning, struct error *err)
{
	if (pin_keep_off(&pinning->claim->cpus, err) < 0)
		return -1;
	if (pinning->claim->holds_latency)
		hold_latency(pinning);
	pinning->watching = true;
	return 0;
}

// The CPUs have become others. What was put where is forgotten: it was in other places.
static int renew(struct pinning *pinning, struct error *err)
{
	uint64_t version = ledger_version(LEDGER_DIRECTORY, pinning->state->owner);

	if (version == pinning->version || version == 0) // 0: the container is being deleted
		return 0;
	pinning->version = version;
	if (find_claim(pinning, pinning->state, err) < 0)
		return -1;
	pinning->places = cores_places(&pinning->arena, pinning->claim);
	if (pinning->own_rules ? take_rules(pinning, NULL, 0, err) < 0 : thread_rules_check(&pinning->rules, &pinning->places, err) < 0)
		return -1;
	pin_free(&pinning->pin);
	return pin_keep_off(&pinning->claim->cpus, err);
}

int pinning_watch(struct pinning *pinning, struct pin_report *ret_report, struct error *err)
{
	int64_t begin, end;

	if ((pinning->watching ? renew(pinning, err) : begin_watching(pinning, err)) < 0)
		return -1;
	begin = clock_us();
	if (pinning_pass(pinning, ret_report, err) < 0)
		return -1;
	end = clock_us();
	return pin_watch_next(&pinning->watch, ret_report, end, end - begin);
}

int pinning_timer(void *context)
{
	struct pinning *pinning = context;
	struct error err = ERROR_INIT;
	struct pin_report report;
	int next = pinning_watch(pinning, &report, &err);

	if (next < 0) {
		// The cgroup of a container that has just ended may be gone.
		if (err.code != ENOENT && err.code != ENODEV)
			log_warning("%s; its threads stay as they are", err.text);
		return -1;
	}
	for (size_t i = 0; i < report.change_count; i++)
		log_debug("thread %d (%s) runs on CPU %s now (%s)", (int)report.changes[i].tid, report.changes[i].name, cpuset_format(&pinning->pass, &report.changes[i].to), report.changes[i].rule);
	return next;
}

// --- the process that stays with a detached container

// Where messages go that nobody waits for: the log that the caller was given, or a file of its own beside the state. -1: nowhere.
static int open_log(const struct globals *globals, const struct state *state, struct arena *arena)
{
	int log = globals->log != NULL && *globals->log != '\0' ? open(globals->log, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;

	return log >= 0 ? log : open(arena_printf(arena, "%s/" STATE_PIN_LOG, state->owner), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

// /: no mount is kept busy. All signals as at the beginning of a program: the caller may have blocked them.
static int spawn_silent(const char *const words[static WATCHER_WORDS_MAX], int log, pid_t *ret_pid)
{
	char *copies[WATCHER_WORDS_MAX];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int code;

	memcpy(copies, words, sizeof copies); // execve(2) changes none of them
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, STDIN_FILENO, STDERR_FILENO);
	if (log >= 0)
		posix_spawn_file_actions_adddup2(&actions, log, WATCHER_LOG);
	posix_spawn_file_actions_addclosefrom_np(&actions, log >= 0 ? WATCHER_LOG + 1 : WATCHER_LOG);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	code = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attributes, copies, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

int pinning_start_watcher(const struct globals *globals, const struct state *state, struct error *err)
{
	struct arena arena = {0};
	char *root = arena_strdup(&arena, state->owner);
	const char *words[WATCHER_WORDS_MAX] = {"minirun", "--root", root};
	AUTO_FD log = open_log(globals, state, &arena);
	size_t count = 3;
	pid_t pid;
	int code;

	*strrchr(root, '/') = '\0'; // the state directory is ROOT/ID
	if (log >= 0) {
		words[count++] = "--log";
		words[count++] = WATCHER_LOG_PATH;
	}
	if (globals->log_format != NULL) {
		words[count++] = "--log-format";
		words[count++] = globals->log_format;
	}
	if (globals->debug)
		words[count++] = "--debug";
	words[count++] = "pin";
	words[count++] = "--watch";
	words[count++] = state->id;
	code = spawn_silent(words, log, &pid);
	arena_free(&arena);
	return code == 0 ? 0 : error_errno(err, code, "cannot start the process that pins the threads of container \"%s\"", state->id);
}
