// cores.c: see cores.h.
#include "play/cores.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/partition.h"
#include "cgroup/threaded.h"
#include "cpus/lcores.h"
#include "cpus/neighbours.h"
#include "cpus/realtime.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { VPP_FILE_BYTES_MAX = 1024 * 1024 };

static int release_partition(const char *cgroup_mount, const char *cgroup, struct error *err)
{
	AUTO_FD root = -1;

	if (cgroup == NULL || cgroup_mount == NULL)
		return 0;
	root = cgroup_open_root(cgroup_mount, err);
	return root < 0 ? -1 : partition_release(root, cgroup, err);
}

// A claim without a living process: what it had isolated is given back first, so that a crash in between leaves the claim for the next one to clear.
static int clear_claim(struct ledger *ledger, const char *cgroup_mount, const struct ledger_claim *claim, struct error *err)
{
	return release_partition(cgroup_mount, claim->cgroup, err) < 0 ? -1 : ledger_remove(ledger, claim->owner, err);
}

// One line for all: a machine with many managed interrupts has many of them.
static void tell_stuck(struct arena *arena, const struct neighbours_report *report)
{
	const char *names = "";

	for (size_t i = 0; i < report->stuck_count; i++) {
		names = arena_printf(arena, "%s%s%s", names, i > 0 ? ", " : "", report->stuck[i].name);
		log_debug("%s stays on an owned CPU: %s", report->stuck[i].name, report->stuck[i].why);
	}
	if (report->stuck_count > 0)
		log_warning("%zu kinds of the kernel's own work cannot be kept off owned CPUs (%s): %s", report->stuck_count, report->stuck[0].why, names);
}

int cores_steer(struct arena *arena, struct ledger *ledger, int proc, bool steers, bool tell, struct error *err)
{
	AUTO_FD sys = -1;
	struct neighbours_report report;
	struct ledger_claims claims;
	struct cpuset away;

	// The record is there as long as anything is kept off anybody's CPUs, also of an owner that has died.
	if (!steers && faccessat(ledger->dir, NEIGHBOURS_RECORD, F_OK, 0) < 0)
		return 0;
	sys = open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sys < 0)
		return error_errno(err, errno, "cannot open /sys");
	if (ledger_read(arena, ledger, proc, &claims, err) < 0)
		return -1;
	away = ledger_steered(arena, &claims);
	if (neighbours_apply(arena, proc, sys, ledger->dir, &away, &report, err) < 0)
		return -1;
	if (tell)
		tell_stuck(arena, &report);
	return 0;
}

int cores_clear_dead(struct arena *arena, struct ledger *ledger, const char *cgroup_mount, const struct ledger_claims *claims, struct error *err)
{
	for (size_t i = 0; i < claims->count; i++) {
		if (!claims->items[i].stale)
			continue;
		log_info("the owner of CPUs %s, container \"%s\", is gone: they are free again", cpuset_format(arena, &claims->items[i].cpus), claims->items[i].id);
		if (clear_claim(ledger, cgroup_mount, &claims->items[i], err) < 0)
			return -1;
	}
	return 0;
}

int cores_claim(struct player *player, const struct step *step, struct error *err)
{
	struct ledger_claim *claim = player->plan->claim;
	struct ledger *ledger = player->options->ledger;
	struct ledger_claims claims;

	(void)step;
	// Open already since the CPUs were chosen, unless this is a second try.
	if (ledger->lock < 0 && ledger_open(LEDGER_DIRECTORY, true, ledger, err) < 0)
		return -1;
	if (ledger_read(player->arena, ledger, player->proc, &claims, err) < 0)
		return -1;
	if (!claim->shared && ledger_refuse(&claims, &claim->cpus, claim->owner, err) < 0)
		return -1;
	if (cores_clear_dead(player->arena, ledger, player->plan->cgroup_mount, &claims, err) < 0)
		return -1;
	claim->pid = getpid();
	claim->pid_start = process_start_time(claim->pid);
	return ledger_put(ledger, player->proc, claim, err);
}

int cores_partition(struct player *player, const struct step *step, struct error *err)
{
	struct partition partition;

	if (partition_make(player->cgroup_root, step->partition.path, &step->partition.request, &partition, err) < 0)
		return -1;
	if (step->partition.demanded && partition.level < ISOLATION_PARTITION)
		return error_hint((error_set(err, EBUSY, "cannot isolate CPUs %s in a partition: %s", step->partition.request.exclusive, partition.reason), err),
				  "without partition=isolated the container gets the best that is possible");
	if (*partition.reason != '\0')
		log_warning("CPUs %s are isolated by %s only: %s", step->partition.request.exclusive, isolation_name(partition.level), partition.reason);
	// What the machine was booted with is more than a partition gives.
	if (player->plan->claim->level == NULL || strcmp(player->plan->claim->level, isolation_name(ISOLATION_ISOLCPUS)) != 0)
		player->plan->claim->level = isolation_name(partition.level);
	return 0;
}

int cores_leaves(struct player *player, const struct step *step, struct error *err)
{
	return threaded_make(player->cgroup_dir, step->leaves.items, step->leaves.count, err);
}

// Of the program's scheduling, which it may hand on to its threads.
static void warn_of_throttling(struct player *player)
{
	for (size_t i = 0; i < player->plan->count; i++) {
		const struct step *step = &player->plan->steps[i];
		const char *warning = step->kind == STEP_SCHEDULER ? realtime_warning(player->arena, player->proc, step->scheduling.policy, &player->plan->claim->cpus) : NULL;

		if (warning != NULL)
			log_warning("%s", warning);
	}
}

int cores_settle(struct player *player, const struct step *step, struct error *err)
{
	const struct ledger_claim *claim = player->plan->claim;
	struct ledger *ledger = player->options->ledger;

	(void)step;
	if (ledger_put(ledger, player->proc, claim, err) < 0)
		return -1;
	if (cores_steer(player->arena, ledger, player->proc, claim->steer, claim->steer, err) < 0)
		return -1;
	ledger_close(ledger);
	warn_of_throttling(player);
	return 0;
}

int cores_enter_leaf(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD leaf = threaded_open(player->cgroup_dir, step->text, err);

	return leaf < 0 ? -1 : threaded_join(leaf, player->pid, err);
}

// The file is the container's: only what is a file is read, and what cannot be is for the program to complain about.
int cores_check_file(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD fd = open(step->lcores.file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	AUTO_FREE char *text = NULL;
	struct stat info;
	size_t length;

	if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
		return 0;
	text = read_whole_fd(fd, VPP_FILE_BYTES_MAX, &length);
	if (text == NULL)
		return 0;
	return lcores_check_vpp(player->arena, text, &step->lcores.cpus, err) < 0 ? error_prefix(err, "%s", step->lcores.file) : 0;
}

int cores_record(struct player *player, struct error *err)
{
	struct ledger_claim *claim = player->plan->claim;
	struct ledger *ledger = player->options->ledger;
	int result;

	if (claim == NULL)
		return 0;
	claim->pid = player->state.pid;
	claim->pid_start = player->state.pid_start;
	if (ledger_open(LEDGER_DIRECTORY, true, ledger, err) < 0)
		return -1;
	result = ledger_put(ledger, player->proc, claim, err);
	ledger_close(ledger);
	return result;
}

static int give_back(struct arena *arena, const struct state *state, struct ledger *ledger, bool partition_only, struct error *err)
{
	AUTO_FD proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct ledger_claim *claim;
	struct ledger_claims claims;

	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (ledger_read(arena, ledger, proc, &claims, err) < 0)
		return -1;
	claim = ledger_find(&claims, state->owner);
	// Of a damaged claim the cgroup is not known, but the container's is.
	if (claim != NULL && release_partition(state->cgroup_mount, claim->damaged != NULL ? state->cgroup_path : claim->cgroup, err) < 0)
		return -1;
	if (partition_only)
		return 0;
	if (claim != NULL && ledger_remove(ledger, claim->owner, err) < 0)
		return -1;
	return cores_steer(arena, ledger, proc, false, false, err);
}

static int with_ledger(const struct state *state, const char *directory, struct ledger *held, bool partition_only, struct error *err)
{
	struct arena arena = {0};
	struct ledger own = LEDGER_INIT;
	bool open = held != NULL && held->lock >= 0;
	int result = open ? 0 : ledger_open(directory, true, &own, err);

	if (result == 0)
		result = give_back(&arena, state, open ? held : &own, partition_only, err);
	ledger_close(&own);
	arena_free(&arena);
	return result;
}

int cores_release(const struct state *state, const char *directory, struct ledger *held, struct error *err)
{
	return with_ledger(state, directory, held, true, err);
}

int cores_give_back(const struct state *state, const char *directory, struct ledger *held, struct error *err)
{
	return with_ledger(state, directory, held, false, err);
}

int cores_find(struct arena *arena, const struct state *state, const struct ledger_claim **ret_claim, struct error *err)
{
	AUTO_FD proc = -1;
	struct ledger ledger = LEDGER_INIT;
	struct ledger_claims claims = {0};
	bool has = false;
	int result = 0;

	for (size_t i = 0; i < state->undo_count; i++)
		has = has || state->undos[i].kind == UNDO_CORES;
	*ret_claim = NULL;
	if (!has)
		return 0;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (ledger_open(LEDGER_DIRECTORY, false, &ledger, err) < 0 || ledger_read(arena, &ledger, proc, &claims, err) < 0)
		result = -1;
	else
		*ret_claim = ledger_find(&claims, state->owner);
	ledger_close(&ledger);
	return result;
}
