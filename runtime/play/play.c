// play.c: walking the score; see play.h.
#include "play/play.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "netns/netlink.h"
#include "play/destroy.h"
#include "play/device_steps.h"
#include "play/notes.h"
#include "play/pid_file.h"
#include "play/player.h"
#include "play/resctrl_steps.h"
#include "play/rights.h"
#include "plan/describe.h"
#include "proc/attend.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct step_time *trace_memory(size_t count)
{
	void *memory = mmap(NULL, count * sizeof(struct step_time), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

// Nanoseconds since the player began.
static uint64_t elapsed(const struct player *player)
{
	return (uint64_t)(clock_ns() - player->began);
}

static int other_is_gone(struct player *player, enum actor actor, struct error *err)
{
	const struct play_hooks *hooks = player->options->hooks;
	siginfo_t info = {0};

	if (actor == ACTOR_INIT)
		return error_set(err, EPIPE, "minirun ended before the container was ready");
	// The pid stays a zombie (WNOWAIT): reaping is for the one place that does it.
	if (waitid(P_PIDFD, (id_t)player->pidfd, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_KILLED) {
		player->killed_at_birth = info.si_status == SIGKILL && player->heard < 0 && (hooks == NULL || !hooks->met);
		return error_set(err, ECHILD, "the container's first process was killed by SIG%s before the program could start%s", sigabbrev_np(info.si_status),
				 info.si_status == SIGKILL ? "; is the memory limit large enough for the set-up?" : "");
	}
	return error_set(err, ECHILD, "the container's first process ended before the program could start");
}

int player_wait(struct player *player, enum actor actor, int index, struct error *err)
{
	while (player->heard < index) {
		switch (note_receive(player->socket, &player->heard, &player->master, err)) {
		case NOTE_DONE:
			break;
		case NOTE_EOF:
			return other_is_gone(player, actor, err);
		case NOTE_FAILED:
			return -1;
		}
	}
	return 0;
}

static struct play_site site_of(const struct player *player)
{
	return (struct play_site){
		.plan = player->plan, .pid = player->pid, .pidfd = player->pidfd, .cgroup_dir = player->cgroup_dir, .state_dir = player->state_dir,
	};
}

// For who has the two actors take their steps one at a time.
static int take_turn(const struct player *player, size_t index, struct error *err)
{
	const struct play_hooks *hooks = player->options->hooks;
	struct play_site site;

	if (hooks == NULL || hooks->turn == NULL)
		return 0;
	site = site_of(player);
	return hooks->turn(hooks->data, &site, index, err);
}

static int perform(struct player *player, enum actor actor, size_t index, struct error *err)
{
	const struct step *step = &player->plan->steps[index];
	const struct play_hooks *hooks = player->options->hooks;
	struct step_time *times = player->options->times;
	step_function *function = actor == ACTOR_PARENT ? parent_steps[step->kind] : init_steps[step->kind];

	player->reached = (int)index;
	if (times != NULL)
		times[index].begin = elapsed(player);
	if ((hooks != NULL && hooks->before(hooks->data, player->plan, index, err) < 0) || function(player, step, err) < 0) {
		// What the step has heard of the other side names that side's own step, and is the first failure already.
		if (err->step < 0) {
			err->step = (int)index;
			rights_explain(step->kind, err);
		}
		return -1;
	}
	if (times != NULL)
		times[index].end = elapsed(player);
	if (hooks != NULL && hooks->after != NULL) {
		const struct play_site site = site_of(player);

		hooks->after(hooks->data, &site, index);
	}
	return 0;
}

int player_open_route(struct player *player, struct error *err)
{
	if (player->route < 0)
		player->route = nl_open(err);
	return player->route < 0 ? -1 : 0;
}

const struct net_link *player_link(const struct player *player, const struct net_link *link)
{
	return player->links != NULL ? &player->links[link - player->plan->links] : link;
}

int player_walk(struct player *player, enum actor actor, size_t first, size_t end, struct error *err)
{
	const struct plan *plan = player->plan;

	for (size_t i = first; i < end; i++) {
		const struct step *step = &plan->steps[i];

		if (step->actor != actor)
			continue;
		if (actor == ACTOR_PARENT && take_turn(player, i, err) < 0) {
			if (err->step < 0)
				err->step = (int)i;
			return -1;
		}
		if (step->needs >= 0 && player_wait(player, actor, step->needs, err) < 0)
			return -1;
		if (perform(player, actor, i, err) < 0)
			return -1;
		if (actor == ACTOR_PARENT)
			log_debug("step %zu (%s) done", i, step_name(step->kind));
		if (step->notify && note_done(player->socket, (int)i, actor == ACTOR_INIT ? player->master : -1, err) < 0)
			return -1;
		if (actor == ACTOR_INIT && player->master >= 0 && step->notify)
			close_fd(&player->master);
	}
	return 0;
}

_Noreturn void player_init(struct player *player, size_t first)
{
	struct error err = ERROR_INIT;

	// EXEC does not return on success; every other way out of the walk is a failure.
	player_walk(player, ACTOR_INIT, first, player->plan->count, &err);
	note_error(player->socket, &err);
	_exit(err.exit_code != 0 ? err.exit_code : 125);
}

static int index_of(const struct plan *plan, enum step_kind kind)
{
	int i = 0;

	while (plan->steps[i].kind != kind)
		i++;
	return i;
}

// When both sides fail, the first failure is the cause: an init that has ended takes its network namespace along, and what the parent then meets is only
// that it is gone. What init has said is in the socket by then, but its death is not: the kernel ends namespaces before it closes the last files (do_exit()).
static void prefer_first_failure(struct player *player, struct error *err)
{
	struct pollfd notes = {.fd = player->socket, .events = POLLIN};
	bool vanished = err->code == ESRCH || err->code == ENODEV || err->code == ENOENT;

	while (player->pid > 0 && poll(&notes, 1, vanished ? 1000 : 0) > 0) {
		struct error first = ERROR_INIT;

		switch (note_receive(player->socket, &player->heard, &player->master, &first)) {
		case NOTE_DONE:
			continue;
		case NOTE_EOF:
			other_is_gone(player, ACTOR_PARENT, &first);
			break;
		case NOTE_FAILED:
			break;
		}
		*err = first;
		return;
	}
}

// The process exists and the parent has done all its lines: EOF now means that execve has closed init's end.
static int wait_for_exec(struct player *player, struct error *err)
{
	int last = (int)player->plan->exec;

	if (take_turn(player, player->plan->exec + 1, err) < 0) {
		if (err->step < 0)
			prefer_first_failure(player, err);
		return -1;
	}
	if (player->plan->create)
		return player_wait(player, ACTOR_PARENT, index_of(player->plan, STEP_AWAIT_START), err);

	// EXEC is announced right before execve, so that an early death cannot pass for a success.
	if (player_wait(player, ACTOR_PARENT, last, err) < 0)
		return -1;
	switch (note_receive(player->socket, &player->heard, &player->master, err)) {
	case NOTE_EOF:
		if (player->options->times != NULL)
			player->options->times[last].end = elapsed(player);
		return 0;
	case NOTE_DONE:
		return error_set(err, EPROTO, "the container's first process went on after its last step");
	case NOTE_FAILED:
		break;
	}
	return -1;
}

static void close_all(struct player *player)
{
	int *const fds[] = {
		&player->state_root, &player->state_dir, &player->proc, &player->null, &player->tree, &player->cgroup_root, &player->cgroup_dir, &player->cgroup_room, &player->program,
		&player->route, &player->bridge_lock, &player->socket, &player->init_socket, &player->notify, &player->notify_tree, &player->start, &player->pidfd, &player->master, &player->dev,
	};

	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		close_fd(fds[i]);
	if (player->links != NULL)
		munmap(player->links, player->plan->link_count * sizeof *player->links);
	netns_close(&player->netns);
	netns_close(&player->host_netns);
	for (size_t i = 0; i < player->plan->mapping_count; i++)
		mapping_close(&player->mappings[i]);
	for (size_t i = 0; i < player->plan->source_count; i++)
		close_fd(&player->sources[i]);
	manager_close(&player->manager);
}

// Ends and reaps init, so that no mount of it is in the way of what follows.
static void end_init(struct player *player)
{
	siginfo_t info;

	if (player->pid <= 0)
		return;
	close_fd(&player->socket);
	kill(player->pid, SIGKILL);
	while (waitid(P_PID, (id_t)player->pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	player->pid = 0;
}

// Whether the environment was complete, so that hooks could have run: then poststop's turn comes at the end of this failure, too.
static bool hooks_could_run(const struct player *player, const struct error *cause)
{
	int from = (int)player->plan->hooks_from;

	return cause->step >= from || player->reached >= from || player->heard >= from;
}

// The program runs. In the runtime's eyes the container is running, so its lock is free for what the hooks may ask minirun.
static int poststart(struct player *player, struct error *err)
{
	const struct plan *plan = player->plan;
	struct error gone = ERROR_INIT;

	if (player->state_dir >= 0) // not of `exec`
		state_unlock(player->state_dir);
	if (player_walk(player, ACTOR_PARENT, plan->exec + 1, plan->count, err) == 0)
		return 0;
	if (state_relock(player->state_dir, NULL, &gone) < 0)
		close_fd(&player->state_dir); // a hook has deleted it: nothing is left to undo
	return -1;
}

// Of `exec`, which has no record: who reads the file would take a pid for the program's that is free for others by now.
static void take_back_pid_file(const struct plan *plan, pid_t pid)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < plan->exec && pid > 0; i++)
		if (plan->steps[i].kind == STEP_PID_FILE && pid_file_remove(plan->steps[i].path, plan->id, pid, &err) < 0)
			log_warning("while undoing: %s", err.text);
}

// The parent undoes in reverse what its done steps have made. Trouble in doing so is logged: the error that counts is the first one.
static void roll_back(struct player *player, const struct error *cause)
{
	struct error err = ERROR_INIT;
	pid_t pid = player->pid;

	end_init(player);
	network_move_back(player);
	if (!hooks_could_run(player, cause))
		player->state.poststop.count = 0;
	if (player->class_made != NULL && resctrl_take_away(player->class_made, &err) < 0)
		log_warning("while undoing: %s", err.text);
	close_fd(&player->tree); // the snapshot's mount goes with it
	bridge_unlock(STATE_BRIDGE_LOCK, &player->bridge_lock);
	manager_close(&player->manager); // its placeholder process, too
	if (player->plan->target != NULL)
		take_back_pid_file(player->plan, pid);
	if (player->state_dir < 0)
		return;
	if (container_destroy(player->state_root, &player->state, player->options->ledger, &err) < 0)
		log_warning("while undoing: %s", err.text);
}

static const char *actor_label(const struct player *player, const struct error *err)
{
	return err->step < 0 ? "" : step_name(player->plan->steps[err->step].kind);
}

static void identify_self(struct player *player)
{
	struct stat self;

	if (stat("/proc/self/exe", &self) == 0) {
		player->self_device = self.st_dev;
		player->self_inode = self.st_ino;
	}
}

// Addresses are chosen by the parent beside init, which then configures the links.
static int share_links(struct player *player, struct error *err)
{
	const struct plan *plan = player->plan;
	void *memory = mmap(NULL, plan->link_count * sizeof *player->links, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return error_errno(err, errno, "cannot share memory with the container's first process");
	player->links = memory;
	memcpy(player->links, plan->links, plan->link_count * sizeof *player->links);
	return 0;
}

// One performance of the whole plan. `*join_late`, and set if it is worth to try again that way.
static int perform_plan(struct arena *arena, const struct plan *plan, const struct play_options *options, bool *join_late, struct playing *ret_playing,
			struct error *err)
{
	struct player player = {
		.join_late = *join_late, .arena = arena, .plan = plan, .options = options, .began = clock_ns(), .state_root = -1, .state_dir = -1, .proc = -1, .null = -1, .tree = -1,
		.cgroup_root = -1, .cgroup_dir = -1, .cgroup_room = -1, .program = -1, .route = -1, .bridge_lock = -1, .manager = MANAGER_CLOSED, .socket = -1, .init_socket = -1, .notify = -1, .notify_tree = -1, .start = -1, .pidfd = -1,
		.host_netns = NETNS_INIT, .netns = NETNS_INIT, .master = -1, .dev = -1, .reached = -1, .heard = -1,
	};
	int result;

	player.ifindexes = arena_array(arena, plan->link_count, sizeof *player.ifindexes);
	if (plan->assigns && share_links(&player, err) < 0)
		return -1;
	player.mappings = arena_array(arena, plan->mapping_count, sizeof *player.mappings);
	player.moved = arena_array(arena, plan->net_device_count, sizeof *player.moved);
	player.sources = arena_array(arena, plan->source_count, sizeof *player.sources);
	for (size_t i = 0; i < plan->mapping_count; i++)
		player.mappings[i] = MAPPING_INIT;
	for (size_t i = 0; i < plan->source_count; i++)
		player.sources[i] = -1;
	identify_self(&player);
	if (attend_block_signals(&player.mask, err) < 0)
		return -1;
	result = player_walk(&player, ACTOR_PARENT, 0, plan->exec, err);
	if (result == 0)
		result = wait_for_exec(&player, err) < 0 ? -1 : poststart(&player, err);
	else if (err->step >= 0 && plan->steps[err->step].actor == ACTOR_PARENT)
		prefer_first_failure(&player, err);
	if (result < 0) {
		if (err->exit_code == 0)
			err->exit_code = 125;
		log_debug("step %d (%s) failed", err->step, actor_label(&player, err));
		roll_back(&player, err);
		sigprocmask(SIG_SETMASK, &player.mask, NULL);
		*join_late = player.killed_at_birth && plan->cgroup_path != NULL;
	} else {
		*ret_playing = (struct playing){
			.pid = player.pid, .pidfd = take_fd(&player.pidfd), .notify = take_fd(&player.notify), .master = take_fd(&player.master),
			.state_dir = take_fd(&player.state_dir), .state_root = take_fd(&player.state_root), .state = player.state, .mask = player.mask,
		};
	}
	close_all(&player);
	return result;
}

int play(struct arena *arena, const struct plan *plan, const struct play_options *options, struct playing *ret_playing, struct error *err)
{
	bool join_late = false;
	int result = perform_plan(arena, plan, options, &join_late, ret_playing, err);

	if (result == 0 || !join_late)
		return result;
	// Kernels with b69bb476dee9 ("cgroup: fix race between fork and cgroup.kill", 6.14 and stable series) compare the kill count of the new cgroup with that of
	// the caller's: when the caller's was once emptied by cgroup.kill, as a service manager does, what is born into another cgroup dies at once.
	log_debug("the first process was killed at birth: trying again with one that joins its cgroup itself");
	*err = ERROR_INIT;
	return perform_plan(arena, plan, options, &join_late, ret_playing, err);
}

void playing_close(struct playing *playing)
{
	close_fd(&playing->pidfd);
	close_fd(&playing->master);
	close_fd(&playing->notify);
	close_fd(&playing->state_dir);
	close_fd(&playing->state_root);
}

int play_end(const struct plan *plan, struct playing *playing, struct error *err)
{
	struct state state = playing->state;
	struct error unreadable = ERROR_INIT;
	struct arena arena = {0};
	bool changed;
	int result;

	if (state_relock(playing->state_dir, &changed, err) < 0)
		return err->code == ENOENT ? 0 : -1;
	if (changed && state_load(playing->state_dir, &arena, &state, &unreadable) < 0)
		log_warning("what others have added to the container may stay: %s", unreadable.text);
	if (plan->keep) {
		result = devices_return(&state, err);
		if (state_save(playing->state_dir, &state, result < 0 ? &unreadable : err) < 0)
			result = -1;
		state_unlock(playing->state_dir);
	} else {
		result = container_destroy(playing->state_root, &state, NULL, err);
	}
	arena_free(&arena);
	return result;
}
