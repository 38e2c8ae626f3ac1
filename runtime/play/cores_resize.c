// cores_resize.c: see cores_resize.h. In the order in which nothing is lost: cgroup, leaves, affinity, claim, neighbours; each taken back when a later one fails.
#include "play/cores_resize.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/partition.h"
#include "cpus/spread.h"
#include "plan/cores_shape.h"
#include "play/cores.h"
#include "play/probe.h"
#include "play/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { LIST_BYTES_MAX = 64 * 1024, LEAF_TRIES = 5 };

struct values { // of the cgroup's files, or wanted for them; NULL: not written
	const char *cpus, *mems, *exclusive;
};

struct resize {
	struct arena arena;
	const struct state *state;
	const struct core_request *asked;
	struct core_request request;
	struct ledger ledger;
	int proc, root, dir;              // of /proc, the cgroup tree, the container's cgroup (-1: it has none)
	bool cpuset;                      // the cgroup has a cpuset
	bool partition;                   // which is a partition
	struct host host;
	const struct ledger_claim *before;
	struct ledger_claim after;
	struct thread_places from, to;
	struct placement placement;
	struct values former, wanted;
	struct pin_container threads;
	struct spread spread;
};

// --- what there is

static int list_processes(void *context, struct arena *arena, pid_t **ret_pids, size_t *ret_count, struct error *err)
{
	struct resize *resize = context;

	if (resize->dir >= 0)
		return cgroup_pids(resize->dir, arena, ret_pids, ret_count, err);
	return pin_list_processes(resize->proc, resize->state->pid, arena, ret_pids, ret_count, err);
}

static const char *read_list(struct resize *resize, const char *file)
{
	size_t length;
	AUTO_FREE char *text = read_whole_file_at(resize->dir, file, LIST_BYTES_MAX, &length);

	return text != NULL ? arena_strndup(&resize->arena, text, strcspn(text, "\n")) : NULL;
}

static int open_cgroup(struct resize *resize, struct error *err)
{
	if (resize->state->cgroup_mount == NULL)
		return 0;
	resize->root = cgroup_open_root(resize->state->cgroup_mount, err);
	resize->dir = resize->root >= 0 ? cgroup_open(resize->root, resize->state->cgroup_path, resize->state->owner, err) : -1;
	if (resize->dir < 0)
		return -1;
	resize->former = (struct values){.cpus = read_list(resize, "cpuset.cpus"), .mems = read_list(resize, "cpuset.mems"), .exclusive = read_list(resize, "cpuset.cpus.exclusive")};
	resize->cpuset = resize->former.cpus != NULL;
	return 0;
}

static int find_claim(struct resize *resize, struct error *err)
{
	resize->before = ledger_find(resize->host.claims, resize->state->owner);
	if (resize->before == NULL)
		return error_hint((error_set(err, ENODATA, "it has no CPUs of its own"), err), "start it with --cpus, as in --cpus count=3; --cpuset-cpus limits any container");
	return ledger_check_claim(resize->before, err);
}

// Before the ledger: without CPUs of its own there is nothing that only root could do.
static int open_all(struct resize *resize, struct error *err)
{
	const struct ledger_claim *claim;

	if (cores_find(&resize->arena, resize->state, &claim, err) < 0)
		return -1;
	resize->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (resize->proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	if (open_cgroup(resize, err) < 0 || host_probe(&resize->arena, PROBE_LIMITS, ROOTLESS_AUTO, &resize->host, err) < 0)
		return -1;
	if (ledger_open(LEDGER_DIRECTORY, claim != NULL, &resize->ledger, err) < 0)
		return -1;
	return host_probe_cores(&resize->arena, resize->asked, &resize->ledger, &resize->host, err) < 0 ? -1 : find_claim(resize, err);
}

// --- what is wanted

static bool is_level(const struct ledger_claim *claim, enum isolation level)
{
	return claim->level != NULL && strcmp(claim->level, isolation_name(level)) == 0;
}

// What is not about which CPUs stays as it was decided at the start.
static int keep_terms(struct resize *resize, struct error *err)
{
	const struct ledger_claim *claim = resize->before;
	const struct core_request *asked = resize->asked;
	const char *class = resize->state->resctrl;
	const char *word = asked->resctrl != NULL && (class == NULL || strcmp(asked->resctrl, class) != 0)     ? "resctrl"
			   : asked->shared && !claim->shared                                                     ? "shared=yes"
			   : asked->enforce && !claim->enforce                                                 ? "enforce=yes"
			   : asked->partition == PARTITION_ISOLATED && !resize->partition                      ? "partition=isolated"
			   : asked->partition == PARTITION_NONE && resize->partition                           ? "partition=none"
			   : asked->irqs == IRQS_STEER && !claim->steer                                        ? "irqs=steer"
			   : asked->irqs == IRQS_KEEP && claim->steer                                          ? "irqs=keep"
			   : asked->has_latency && (!claim->holds_latency || asked->latency != claim->latency) ? "latency"
														: NULL;

	if (word != NULL)
		return error_hint((error_set(err, EINVAL, "--cpus: %s is decided when the container starts, and this one was started otherwise", word), err),
				  "leave the word out, or start another container");
	resize->request = *asked;
	resize->request.shared = claim->shared;
	resize->request.enforce = claim->enforce;
	return 0;
}

static int check_rules(struct resize *resize, struct error *err)
{
	const struct strings *texts = &resize->before->threads;
	struct thread_rules rules;

	if (texts->count == 0)
		return 0;
	if (thread_rules_parse(&resize->arena, texts->items, texts->count, &rules, err) < 0 || thread_rules_check(&rules, &resize->to, err) < 0)
		return error_prefix(err, "--thread, from its start");
	return 0;
}

static void want_files(struct resize *resize)
{
	struct cpuset cpus = cores_cgroup_cpus(&resize->arena, &resize->placement, resize->partition);
	struct cpuset exclusive = cores_exclusive_cpus(&resize->arena, &resize->placement, resize->partition);

	resize->wanted.cpus = cpuset_format(&resize->arena, &cpus);
	resize->wanted.exclusive = cpuset_format(&resize->arena, &exclusive);
	if (resize->host.topology->node_count > 1 && cpuset_first(&resize->placement.mems) >= 0)
		resize->wanted.mems = cpuset_format(&resize->arena, &resize->placement.mems);
	else
		resize->former.mems = NULL;
}

static int choose(struct resize *resize, struct error *err)
{
	struct placement_input input = {.topology = resize->host.topology, .request = &resize->request, .node = resize->host.cores_node, .mine = resize->before->cpus};

	resize->partition = is_level(resize->before, ISOLATION_PARTITION);
	input.all_owned = resize->partition;
	if (keep_terms(resize, err) < 0)
		return -1;
	if (cores_owners(&resize->arena, resize->host.claims, resize->state->owner, &input, err) < 0 ||
	    placement_choose(&resize->arena, &input, &resize->placement, err) < 0)
		return error_prefix(err, "--cpus");
	resize->after = *resize->before;
	cores_fill_claim(&resize->after, &resize->placement);
	resize->from = cores_places(&resize->arena, resize->before);
	resize->to = cores_places(&resize->arena, &resize->after);
	want_files(resize);
	return check_rules(resize, err);
}

// --- the cgroup

// Without a partition the list is a limit as any other; of a partition these are only its memory nodes.
static int write_limits(struct resize *resize, const struct values *values, struct error *err)
{
	const struct cgroup_limits files = {.cpu = {.cpus = resize->before->cgroup == NULL ? values->cpus : NULL, .mems = values->mems}};
	const struct cgroup_limits all = {.cpu = {.cpus = values->cpus, .mems = values->mems}};
	struct cgroup_plan plan;

	if (limits_plan(&resize->arena, &files, &plan, err) < 0 || cgroup_update(resize->dir, &resize->arena, &plan, err) < 0)
		return -1;
	return limits_plan(&resize->arena, &all, &plan, err) < 0 ? -1 : scope_update(&resize->arena, resize->state, &plan, err);
}

static int write_partition(struct resize *resize, const struct values *values, enum isolation *ret_level, struct error *err)
{
	const struct partition_request request = {.cpus = values->cpus, .exclusive = values->exclusive != NULL ? values->exclusive : "", .isolated = resize->partition};
	struct partition partition;

	if (resize->before->cgroup == NULL)
		return 0;
	if (partition_resize(resize->root, resize->before->cgroup, &request, &partition, err) < 0)
		return -1;
	*ret_level = partition.level;
	return 0;
}

static void write_back(struct resize *resize, struct error *err)
{
	enum isolation level;
	struct error trouble = ERROR_INIT;

	if (!resize->cpuset)
		return;
	if (write_partition(resize, &resize->former, &level, &trouble) < 0 || write_limits(resize, &resize->former, &trouble) < 0)
		error_hint(err, "and its cgroup could not be given the CPUs %s again: %s", resize->former.cpus, trouble.text);
}

static int change_cgroup(struct resize *resize, struct error *err)
{
	bool isolated = cpuset_first_outside(&resize->placement.data, &resize->host.topology->isolated) < 0;
	enum isolation level = ISOLATION_AFFINITY_ONLY;

	if (resize->cpuset) {
		if (write_partition(resize, &resize->wanted, &level, err) < 0)
			return -1;
		if (write_limits(resize, &resize->wanted, err) < 0) {
			write_back(resize, err);
			return -1;
		}
	}
	resize->after.level = isolation_name(isolated ? ISOLATION_ISOLCPUS : level);
	return 0;
}

// --- leaves and threads

static int make_leaves(struct resize *resize, const struct thread_places *places, struct error *err)
{
	size_t count;
	struct threaded_leaf *leaves;

	if (!resize->before->enforce || resize->dir < 0)
		return 0;
	leaves = cores_leaf_list(&resize->arena, places, &count);
	return threaded_make(resize->dir, leaves, count, err);
}

// To housekeeping, from where their names' rules take them.
static int empty_leaf(struct resize *resize, const char *name, struct error *err)
{
	AUTO_FD leaf = threaded_open(resize->dir, name, &(struct error){0});
	AUTO_FD home = threaded_open(resize->dir, THREADED_HOUSEKEEPING, err);
	size_t length;
	AUTO_FREE char *text = leaf >= 0 ? read_whole_file_at(leaf, "cgroup.threads", 1 << 20, &length) : NULL;
	char *rest = text;

	if (home < 0)
		return -1;
	for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"))
		if (*line != '\0' && threaded_move(home, (pid_t)strtol(line, NULL, 10), err) < 0 && err->code != ESRCH)
			return -1;
	return 0;
}

static bool has_leaf(const struct threaded_leaf *leaves, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(leaves[i].name, name) == 0)
			return true;
	return false;
}

// A leaf in whose place there is none any more. Who watches the threads may have put one back that it does not know yet to be gone.
static void remove_leaf(struct resize *resize, const char *name)
{
	struct error err = ERROR_INIT;

	for (unsigned i = 0; i < LEAF_TRIES; i++) {
		err = ERROR_INIT;
		if (empty_leaf(resize, name, &err) == 0 && threaded_remove(resize->dir, name, &err) == 0)
			return;
	}
	log_warning("the leaf %s of its cgroup stays until the container ends: %s", name, err.text);
}

static void remove_leaves(struct resize *resize)
{
	size_t old_count, new_count;
	struct threaded_leaf *old, *new;

	if (!resize->before->enforce || resize->dir < 0)
		return;
	old = cores_leaf_list(&resize->arena, &resize->from, &old_count);
	new = cores_leaf_list(&resize->arena, &resize->to, &new_count);
	for (size_t i = 0; i < old_count; i++)
		if (!has_leaf(new, new_count, old[i].name))
			remove_leaf(resize, old[i].name);
}

// Held threads go with their leaves.
static int move_threads(struct resize *resize, struct error *err)
{
	struct thread_places from = resize->from;

	if (make_leaves(resize, &resize->to, err) < 0)
		return -1;
	from.cpus = cpuset_intersection(&resize->arena, &from.cpus, &resize->host.topology->online); // no more is in an affinity
	return resize->before->enforce ? 0 : spread_change(&resize->spread, &resize->arena, &from, &resize->to, err);
}

static void move_back(struct resize *resize, struct error *err)
{
	struct error trouble = ERROR_INIT;

	if (make_leaves(resize, &resize->from, &trouble) < 0)
		error_hint(err, "and its threads could not be held as before: %s", trouble.text);
	spread_restore(&resize->spread);
}

// --- all of it

static int settle(struct resize *resize, struct error *err)
{
	struct error trouble = ERROR_INIT;

	if (ledger_put(&resize->ledger, resize->proc, &resize->after, err) < 0)
		return -1;
	if (cores_steer(&resize->arena, &resize->ledger, resize->proc, resize->after.steer, resize->after.steer, err) == 0)
		return 0;
	if (ledger_put(&resize->ledger, resize->proc, resize->before, &trouble) < 0 || cores_steer(&resize->arena, &resize->ledger, resize->proc, resize->before->steer, false, &trouble) < 0)
		error_hint(err, "and the ledger could not be set back: %s", trouble.text);
	return -1;
}

static int carry_out(struct resize *resize, struct error *err)
{
	if (cores_clear_dead(&resize->arena, &resize->ledger, resize->state->cgroup_mount, resize->host.claims, err) < 0)
		return -1;
	if (spread_read(&resize->spread, &resize->arena, err) < 0 || change_cgroup(resize, err) < 0)
		return -1;
	if (move_threads(resize, err) == 0 && settle(resize, err) == 0)
		return 0;
	// First the cgroup: threads cannot have CPUs that it has not.
	write_back(resize, err);
	move_back(resize, err);
	return -1;
}

static void move_packets(struct resize *resize)
{
	const struct topology *topology = resize->host.topology;
	struct cpuset host_before = cores_host_packets(&resize->arena, &topology->housekeeping, resize->host.claims, resize->before);
	struct cpuset host_after = cores_host_packets(&resize->arena, &topology->housekeeping, resize->host.claims, &resize->after);
	struct cpuset from = cores_own_packets(&resize->arena, &topology->isolated, &host_before, resize->before);
	struct cpuset to = cores_own_packets(&resize->arena, &topology->isolated, &host_after, &resize->after);

	if (resize->after.steer)
		cores_resteer_links(&resize->arena, resize->proc, resize->state->pid, &from, &to);
}

static void tell(const struct resize *resize)
{
	for (size_t i = 0; i < resize->placement.reasons.count; i++)
		log_debug("%s", resize->placement.reasons.items[i]);
	if (is_level(resize->before, ISOLATION_ISOLCPUS) && !is_level(&resize->after, ISOLATION_ISOLCPUS))
		log_warning("not all of the new CPUs were isolated when the machine was booted: the level of isolation is %s now", resize->after.level);
	if (!resize->cpuset && resize->host.topology->node_count > 1 && resize->before->node != resize->after.node)
		log_warning("the program's memory stays on the node that it began on: without a cpuset nobody but the program itself can move it");
}

int cores_resize(const struct state *state, const struct core_request *request, struct error *err)
{
	struct resize resize = {.state = state, .asked = request, .ledger = LEDGER_INIT, .proc = -1, .root = -1, .dir = -1};
	int result = open_all(&resize, err);

	resize.threads = (struct pin_container){.list = list_processes, .context = &resize};
	resize.spread = (struct spread){.proc = resize.proc, .container = &resize.threads};
	if (result == 0)
		result = choose(&resize, err) < 0 ? -1 : carry_out(&resize, err);
	if (result == 0) {
		tell(&resize);
		move_packets(&resize);
		remove_leaves(&resize);
	}
	ledger_close(&resize.ledger);
	close_fd(&resize.dir);
	close_fd(&resize.root);
	close_fd(&resize.proc);
	arena_free(&resize.arena);
	return result;
}
