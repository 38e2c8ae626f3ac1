// run.c: `minirun run`: builds the container, attends its program, takes everything away again.
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/bundle.h"
#include "cmd/cores_watch.h"
#include "cmd/narrate.h"
#include "cmd/step.h"
#include "cmd/trace.h"
#include "proc/attend.h"
#include "proc/notify.h"

#include <signal.h>
#include <string.h>

struct run_options {
	struct bundle_options common;
	bool trace, step, explain;
	const char *format;
};

const struct option_entry run_options[] = {
	BUNDLE_OPTIONS(struct run_options),
	{"trace", 0, OPTION_FLAG, offsetof(struct run_options, trace), NULL, "print the time of each step to stderr"},
	{"explain", 0, OPTION_FLAG, offsetof(struct run_options, explain), NULL, "tell each step on stderr as it is taken, with its time and what the host sees of it"},
	{"step", 0, OPTION_FLAG, offsetof(struct run_options, step), NULL, "stop before each step of the plan, and ask on the terminal"},
	{"format", 0, OPTION_STRING, offsetof(struct run_options, format), "text|json", "form of --trace"},
	{0},
};

// After the program has begun: attend it, then undo. Returns the exit code.
static int attend_and_end(struct bundle *bundle, struct playing *playing, struct narrator *narrator, struct error *err)
{
	struct attend attendance = {.pid = playing->pid, .pidfd = playing->pidfd, .master = playing->master, .notify = playing->notify, .notify_host = playing->notify >= 0 ? notify_host() : NULL, .mask = &playing->mask};
	struct cores_watch watch = CORES_WATCH_INIT;
	int64_t ended;
	int status;

	if (bundle->plan.claim != NULL) {
		cores_watch_open(&watch, &bundle->plan, &playing->state);
		attendance.timer = cores_watch_timer;
		attendance.timer_context = &watch;
	}
	if (attend(&attendance, &status, err) == 0) {
		playing->state.pid_start = 0; // reaped: the pid is free for others from now on
	} else {
		log_error("%s", err->text);
		status = EXIT_MINIRUN_FAILED;
	}
	cores_watch_close(&watch);
	narrator_tell_end(narrator, status);
	ended = clock_ns();
	if (play_end(&bundle->plan, playing, err) < 0)
		log_error("the program has ended, but not all could be removed: %s; `minirun delete --force %s` tries again", err->text, bundle->id);
	else
		narrator_tell_undone(narrator, &bundle->plan, ended);
	return status;
}

// A service manager takes the end of minirun for readiness otherwise. What it cannot be told is no reason to end the container.
static void wait_until_ready(struct playing *playing)
{
	struct error err = ERROR_INIT;

	sigprocmask(SIG_SETMASK, &playing->mask, NULL);
	if (notify_wait_ready(playing->notify, playing->pidfd, notify_host(), playing->pid, &err) < 0)
		log_warning("%s", err.text);
}

// An overlay was chosen without a look, and failed: whether another kind of snapshot fits, the look tells. Nothing is left of the first attempt.
static int play_or_look(struct bundle *bundle, const struct globals *globals, const struct run_options *options, struct play_options *play_options, struct playing *playing, struct error *err)
{
	struct error first;

	if (play(&bundle->arena, &bundle->plan, play_options, playing, err) == 0)
		return 0;
	if (!bundle->plan.snapshot_guessed || err->step < 0 || bundle->plan.steps[err->step].kind != STEP_SNAPSHOT)
		return -1;
	first = *err;
	bundle->looks = true;
	*err = ERROR_INIT;
	if (bundle_plan(bundle, globals, &options->common, err) == 0 && bundle->host.ground.refusals[SNAPSHOT_OVERLAY] != NULL)
		return play(&bundle->arena, &bundle->plan, play_options, playing, err);
	*err = first;
	return -1;
}

// An id of minirun's own making may be taken: the next free one of NAME, NAME-2, NAME-3, ...
static int play_with_free_id(struct bundle *bundle, const struct globals *globals, const struct run_options *options, struct play_options *play_options,
			     struct playing *playing, struct error *err)
{
	const char *name = bundle->id;

	for (int n = 2; play_or_look(bundle, globals, options, play_options, playing, err) < 0; n++) {
		if (bundle->id_given || err->code != EEXIST || err->step < 0 || bundle->plan.steps[err->step].kind != STEP_STATE || n > 9999)
			return -1;
		*err = ERROR_INIT;
		bundle->id = arena_printf(&bundle->arena, "%s-%d", name, n);
		log_set_subject(bundle->id);
		if (bundle_plan(bundle, globals, &options->common, err) < 0)
			return -1;
	}
	return 0;
}

// Who looks on while the steps are taken: nobody, or one of them.
struct onlookers {
	struct stepper stepper;
	struct narrator narrator;
};

static int let_look_on(struct onlookers *onlookers, const struct run_options *options, struct arena *arena, struct play_options *play_options, struct error *err)
{
	if (options->step) {
		if (stepper_open(&onlookers->stepper, arena, err) < 0)
			return -1;
		play_options->hooks = &onlookers->stepper.turns.hooks;
	} else if (options->explain) {
		narrator_begin(&onlookers->narrator, arena);
		play_options->hooks = &onlookers->narrator.turns.hooks;
	}
	return 0;
}

static int run(struct bundle *bundle, const struct globals *globals, const struct run_options *options, struct onlookers *onlookers, int argc, char **argv, struct error *err)
{
	struct play_options play_options = {.hooks = globals->hooks, .root = globals->root, .ledger = &bundle->ledger};
	struct playing playing = PLAYING_INIT;
	int status = EXIT_OK;

	if (bundle_prepare(bundle, globals, &options->common, argc, argv, err) < 0)
		return -1;
	if (let_look_on(onlookers, options, &bundle->arena, &play_options, err) < 0)
		return -1;
	if (options->trace)
		play_options.times = trace_memory(bundle->plan.count);
	if (play_with_free_id(bundle, globals, options, &play_options, &playing, err) < 0)
		return -1;
	stepper_close(&onlookers->stepper);
	narrator_tell_running(&onlookers->narrator, &bundle->plan, playing.pid);
	if (options->common.detach)
		cores_watch_leave(globals, bundle->plan.claim, &playing.state);
	if (options->common.detach && playing.notify >= 0)
		wait_until_ready(&playing);
	if (!options->common.detach)
		status = attend_and_end(bundle, &playing, &onlookers->narrator, err);
	playing_close(&playing);
	if (options->trace)
		trace_print(&bundle->arena, &bundle->plan, play_options.times, options->format != NULL && strcmp(options->format, "json") == 0);
	return status;
}

int command_run(const struct globals *globals, int argc, char **argv)
{
	struct run_options options = {0};
	struct bundle bundle = {.ledger = LEDGER_INIT};
	struct onlookers onlookers = {STEPPER_INIT, NARRATOR_INIT};
	struct error err = ERROR_INIT;
	int words;
	int status = command_options("run", run_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (options.format != NULL && strcmp(options.format, "text") != 0 && strcmp(options.format, "json") != 0)
		return command_usage("run", "--format is 'text' or 'json', not '%s'", options.format);
	if (options.explain && options.step)
		return command_usage("run", "--explain and --step are given, and each tells the steps; choose one");
	status = run(&bundle, globals, &options, &onlookers, words, argv, &err);
	stepper_close(&onlookers.stepper);
	narrator_end(&onlookers.narrator);
	if (status < 0)
		status = err.exit_code == EXIT_USAGE ? command_usage("run", "%s", err.text) : command_failed(&err, EXIT_MINIRUN_FAILED);
	bundle_free(&bundle);
	return status;
}
