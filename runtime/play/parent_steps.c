// parent_steps.c: what the parent does for each of its lines: a few lines of glue between the step's data and the leaf that knows how.
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/refusal.h"
#include "cgroup/cgroup.h"
#include "cgroup/device_filter.h"
#include "cgroup/owner.h"
#include "play/cores.h"
#include "play/destroy.h"
#include "play/hooks.h"
#include "play/listener.h"
#include "play/names_steps.h"
#include "play/nat_steps.h"
#include "play/notes.h"
#include "play/peer.h"
#include "play/pid_file.h"
#include "play/player.h"
#include "play/device_steps.h"
#include "play/network_steps.h"
#include "play/resctrl_steps.h"
#include "play/scope.h"
#include "play/start.h"
#include "proc/attend.h"
#include "proc/terminal.h"
#include "proc/unix_socket.h"
#include "rootfs/idmap.h"
#include "proc/notify.h"
#include "rootfs/filesystem.h"
#include "rootfs/mask.h"
#include "rootfs/snapshot.h"
#include "rootfs/root.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <time.h>

static int64_t microseconds_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

// Takes away what a crashed run of the same id left; its directory goes too.
static int destroy_stale(struct player *player, int dir, struct error *err)
{
	struct state stale;

	if (state_load(dir, player->arena, &stale, err) < 0)
		return -1;
	stale.id = player->plan->id; // whatever a damaged record says
	log_info("clearing what an earlier container of this id left");
	return container_destroy(player->state_root, &stale, player->options->ledger, err);
}

static int do_state(struct player *player, const struct step *step, struct error *err)
{
	const struct plan *plan = player->plan;
	AUTO_FD dir = -1;
	bool stale;

	(void)step;
	player->state_root = state_open_root(player->options->root, true, err);
	if (player->state_root < 0)
		return -1;
	do {
		close_fd(&dir);
		dir = state_claim(player->state_root, plan->id, &stale, err);
		if (dir < 0 || (stale && destroy_stale(player, dir, err) < 0))
			return -1;
	} while (stale);
	player->state = (struct state){
		.id = plan->id, .owner = plan->state_directory, .bundle = plan->bundle, .rootfs = plan->rootfs, .created = microseconds_now(), .cgroup_mount = plan->cgroup_mount,
		.cgroup_path = plan->cgroup_path, .lowers = plan->lowers, .uids = plan->uids != NULL ? *plan->uids : (struct id_mappings){0}, .gids = plan->gids != NULL ? *plan->gids : (struct id_mappings){0},
		.listener_path = plan->listener_path, .listener_metadata = plan->listener_metadata, .poststart = plan->poststart, .poststop = plan->poststop, .no_keyring = plan->no_keyring, .core_cookie = plan->core_cookie, .resctrl = plan->resctrl, .undos = plan->undos, .undo_count = plan->undo_count, .annotations = *plan->annotations,
	};
	// From here on the directory is ours to remove, also when the record cannot be written (a full disk).
	player->state_dir = take_fd(&dir);
	if (state_save(player->state_dir, &player->state, err) < 0)
		return -1;
	return plan->config != NULL ? state_keep_config(player->state_dir, plan->config, plan->config_length, err) : 0;
}

static int do_host_fds(struct player *player, const struct step *step, struct error *err)
{
	struct statfs info;

	player->proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (player->proc < 0)
		return error_errno(err, errno, "cannot open the host's /proc");
	if (fstatfs(player->proc, &info) < 0 || info.f_type != PROC_SUPER_MAGIC)
		return error_set(err, ENOTSUP, "the host's /proc is not a procfs; mount -t proc proc /proc");
	if (!step->host_fds.null)
		return 0;
	player->null = mask_open_null(err);
	return player->null < 0 ? -1 : 0;
}

static int do_notify_socket(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD dir = -1;

	(void)step;
	if (mkdirat(player->state_dir, NOTIFY_STATE_DIRECTORY, 0755) < 0)
		return error_errno(err, errno, "cannot make the directory for the notification socket");
	dir = openat(player->state_dir, NOTIFY_STATE_DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	// Exact, whatever the caller's umask: users of the container go through it.
	if (dir < 0 || fchmod(dir, 0755) < 0)
		return error_errno(err, errno, "cannot open the directory for the notification socket");
	// Who only creates does not listen; `start` will.
	player->notify = player->plan->create ? -1 : notify_listen(dir, err);
	if (player->notify < 0 && !player->plan->create)
		return -1;
	return player->plan->rootless ? 0 : step_clone_notify(player, err);
}

int step_clone_notify(struct player *player, struct error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, .propagation = MS_PRIVATE};
	const char *path = arena_printf(player->arena, "%s/" NOTIFY_STATE_DIRECTORY, player->plan->state_directory);

	player->notify_tree = mount_clone_tree(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, &attr);
	return player->notify_tree < 0 ? error_errno(err, errno, "cannot clone the directory of the notification socket, %s", path) : 0;
}

int step_snapshot(struct player *player, const struct step *step, struct error *err)
{
	const struct snapshot *snapshot = &step->snapshot.what;

	player->tree = snapshot_create(snapshot, snapshot->mapped ? player->mappings[step->snapshot.mapping].user : -1, err);
	return player->tree < 0 ? -1 : 0;
}

int step_clone_root(struct player *player, const struct step *step, struct error *err)
{
	player->tree = root_clone_tree(step->root.path, err);
	if (player->tree >= 0 && step->root.mapped && idmap_apply(player->tree, player->mappings[step->root.mapping].user, true, err) < 0)
		return error_prefix(err, "cannot use the root file system %s", step->root.path);
	return player->tree < 0 ? -1 : 0;
}

static int do_mapping(struct player *player, const struct step *step, struct error *err)
{
	struct mapping *mapping = &player->mappings[step->mapping.number];

	if (mapping_create(player->proc, step->mapping.uids, step->mapping.gids, step->mapping.mounts, mapping, err) < 0)
		return -1;
	if (step->mapping.path == NULL)
		return 0;
	// Its maps are those of the namespace that the container joins; only the mount namespace is of the new one.
	close_fd(&mapping->user);
	mapping->user = namespace_open(step->mapping.path, CLONE_NEWUSER, err);
	return mapping->user < 0 ? -1 : 0;
}

static int do_idmap(struct player *player, const struct step *step, struct error *err)
{
	const struct mapping *mapping = &player->mappings[step->mount.mapping];
	const struct idmap idmap = {
		.user_namespace = mapping->user, .mount_namespace = mapping->mount, .root = mapping->root, .propagation = step->mount.propagation};

	player->sources[step->mount.source] = idmap_clone(&idmap, &step->mount.request, err);
	return player->sources[step->mount.source] < 0 ? -1 : 0;
}

static int do_seccomp_compile(struct player *player, const struct step *step, struct error *err)
{
	return seccomp_compile(player->arena, step->seccomp, player->plan->seccomp_cache, &player->filter, err);
}

static int do_cgroup_room(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD root = cgroup_open_root(player->plan->cgroup_mount, err);

	return root < 0 ? -1 : cgroup_make_room(root, step->path, &player->cgroup_room, err);
}

static int do_cgroup_create(struct player *player, const struct step *step, struct error *err)
{
	player->cgroup_root = cgroup_open_root(player->plan->cgroup_mount, err);
	if (player->cgroup_root < 0)
		return -1;
	if (cgroup_create(player->cgroup_root, step->cgroup.path, step->cgroup.controllers, step->cgroup.owner, &player->cgroup_dir, err) < 0)
		return -1;
	close_fd(&player->cgroup_room);
	return 0;
}

static int do_cgroup_write(struct player *player, const struct step *step, struct error *err)
{
	return cgroup_write(player->cgroup_dir, &step->write, err);
}

static int do_cgroup_open(struct player *player, const struct step *step, struct error *err)
{
	player->cgroup_root = cgroup_open_root(player->plan->cgroup_mount, err);
	if (player->cgroup_root < 0)
		return -1;
	player->cgroup_dir = cgroup_open_leaf(player->cgroup_root, step->cgroup.path, player->plan->target->pid, err);
	return player->cgroup_dir < 0 ? -1 : 0;
}

static int do_initial_affinity(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return cpuset_set_affinity(&step->affinity.set, step->affinity.first, err) < 0 ? error_prefix(err, "process.execCPUAffinity.initial") : 0;
}

static int do_start_socket(struct player *player, const struct step *step, struct error *err)
{
	(void)step;
	player->start = start_listen(player->state_dir, err);
	return player->start < 0 ? -1 : 0;
}

static int open_joins(struct player *player, const struct step *step, struct namespace_join *joins, struct error *err)
{
	(void)player;
	for (size_t i = 0; i < step->spawn.join_count; i++) {
		joins[i].type = step->spawn.joins[i].type;
		joins[i].fd = namespace_open(step->spawn.joins[i].path, joins[i].type, err);
		if (joins[i].fd < 0) {
			while (i > 0)
				close(joins[--i].fd);
			return -1;
		}
	}
	return 0;
}

// The file to join the container's cgroup by, opened here: the kernel asks for the rights of who opened it, not of who writes.
static int open_late_join(const struct player *player, struct error *err)
{
	int procs = openat(player->cgroup_dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	return procs >= 0 ? procs : error_errno(err, errno, "cannot open cgroup.procs of the container's cgroup");
}

// The pid may have been reused since the state was read: a look at the start time again, now that the pidfd holds it.
static int open_target(const struct player *player, const struct plan_target *target, struct error *err)
{
	AUTO_FD pidfd = (int)syscall(SYS_pidfd_open, target->pid, 0);

	if (pidfd < 0 || process_start_time(target->pid) != target->pid_start)
		return error_set(err, ESRCH, "container \"%s\" is not running", player->plan->id);
	return take_fd(&pidfd);
}

static int do_spawn(struct player *player, const struct step *step, struct error *err)
{
	struct namespace_join *joins = arena_array(player->arena, step->spawn.join_count, sizeof *joins);
	struct spawn request = {
		.flags = step->spawn.flags, .cgroup_dir = step->spawn.cgroup ? player->cgroup_dir : -1, .joins = joins, .join_count = step->spawn.join_count,
		.monotonic = step->spawn.monotonic, .boottime = step->spawn.boottime,
	};
	AUTO_FD late = -1;
	AUTO_FD target = -1;
	sigset_t none;
	int ends[2];
	pid_t pid;

	if (player->join_late) {
		request.cgroup_dir = -1;
		late = open_late_join(player, err);
		if (late < 0)
			return -1;
	}
	if (step->spawn.target != NULL) {
		target = open_target(player, step->spawn.target, err);
		if (target < 0)
			return -1;
		request.process = target;
		request.process_types = step->spawn.target_types;
	}
	if (open_joins(player, step, joins, err) < 0)
		return -1;
	if (notes_pair(ends, err) < 0)
		return -1;
	player->socket = ends[0];
	player->init_socket = ends[1];
	pid = spawn(&request, &player->pidfd, err);
	if (pid == 0) {
		close_fd(&player->socket);
		player->socket = take_fd(&player->init_socket);
		// Not the caller's mask: a program born with SIGTERM blocked could hardly be stopped.
		sigemptyset(&none);
		attend_reset_child(&none);
		if (late >= 0 && write(late, "0", 1) < 0) {
			error_errno(err, errno, "cannot join the container's cgroup");
			note_error(player->socket, err);
			_exit(EXIT_FAILURE);
		}
		player_init(player, (size_t)(step - player->plan->steps) + 1);
	}
	for (size_t i = 0; i < request.join_count; i++)
		close(joins[i].fd);
	// With init's end closed here, its death is an EOF.
	close_fd(&player->init_socket);
	close_fd(&player->start);
	if (pid < 0)
		return -1;
	player->pid = pid;
	return 0;
}

static int do_id_maps(struct player *player, const struct step *step, struct error *err)
{
	return ids_write_maps(player->proc, player->pid, &step->maps, err);
}

static int do_cgroup_owner(struct player *player, const struct step *step, struct error *err)
{
	uint32_t uid = (uint32_t)step->owner.host_uid.value;

	if (!step->owner.host_uid.set && ids_host_uid_of(player->proc, player->pid, step->owner.uid, &uid) < 0)
		return errno == EINVAL ? 0 : error_errno(err, errno, "cannot read the container's id mappings"); // not mapped: changing to that user will tell
	return cgroup_set_owner(player->cgroup_dir, uid, err);
}

static int do_oom_score(struct player *player, const struct step *step, struct error *err)
{
	char path[40];
	char text[24];

	// Before there is a process it is minirun itself, for the process to inherit.
	snprintf(path, sizeof path, "%d/oom_score_adj", player->pid > 0 ? player->pid : getpid());
	snprintf(text, sizeof text, "%" PRId64, step->score);
	if (write_file_at(player->proc, path, text) == 0)
		return 0;
	error_errno(err, errno, "cannot set oom_score_adj to %s", text);
	return error_refused(err, REFUSAL_BIT(SYS_RESOURCE), REFUSAL_FIRST, NULL);
}

static int do_device_filter_load(struct player *player, const struct step *step, struct error *err)
{
	player->program = device_filter_load(&step->filter, err);
	return player->program < 0 ? -1 : 0;
}

static int do_device_filter_attach(struct player *player, const struct step *step, struct error *err)
{
	(void)step;
	return device_filter_attach(player->program, player->cgroup_dir, err);
}

static int do_scheduler(struct player *player, const struct step *step, struct error *err)
{
	return scheduler_set(player->pid, &step->scheduling, err);
}

static int do_io_priority(struct player *player, const struct step *step, struct error *err)
{
	return io_priority_set(player->pid, &step->io_priority, err);
}

static int do_pid_file(struct player *player, const struct step *step, struct error *err)
{
	return pid_file_write(step->path, player->plan->id, player->pid, err);
}

static int do_record(struct player *player, const struct step *step, struct error *err)
{
	const struct plan *plan = player->plan;

	(void)step;
	player->state.pid = player->pid;
	player->state.pid_start = process_start_time(player->pid);
	player->state.kept = plan->create || plan->keep; // until `delete`; what else `run` has left behind, the next `run` of its id clears away
	player->state.origin = plan->create ? ORIGIN_CREATE : plan->detach ? ORIGIN_DETACHED : ORIGIN_RUN;
	return state_save(player->state_dir, &player->state, err) < 0 ? -1 : cores_record(player, err);
}

static int do_seccomp_listener(struct player *player, const struct step *step, struct error *err)
{
	const struct plan *plan = player->plan;
	const struct state state = {.id = plan->id, .bundle = plan->bundle, .annotations = *plan->annotations};
	const struct plan_target *target = plan->target;
	AUTO_FD pidfd = -1;
	int number = -1;

	// Init announces its last steps, then tells where the listener is going to be.
	if (player_wait(player, ACTOR_PARENT, (int)plan->exec, err) < 0)
		return -1;
	switch (note_receive(player->socket, &number, &pidfd, err)) {
	case NOTE_DONE:
		break;
	case NOTE_EOF:
		return error_set(err, ECHILD, "the container's process ended before its seccomp filter was in force");
	case NOTE_FAILED:
		return -1;
	}
	return listener_hand_on(pidfd, number, &state, target != NULL ? STATUS_RUNNING : STATUS_CREATING, target != NULL ? target->pid : player->pid, step->seccomp->listener_path,
				step->seccomp->listener_metadata, err);
}

static int run_hook(const struct player *player, const struct step *step, const char *list, enum container_status status, struct error *err)
{
	const struct hook_moment moment = {.list = list, .state = &player->state, .status = status, .pid = player->pid};

	return hooks_run(&moment, step->hook.index, &step->hook.hook, (struct hook_setting){.directory = player->plan->bundle}, err);
}

static int do_prestart_hook(struct player *player, const struct step *step, struct error *err)
{
	return run_hook(player, step, "prestart", STATUS_CREATING, err);
}

static int do_create_runtime_hook(struct player *player, const struct step *step, struct error *err)
{
	return run_hook(player, step, "createRuntime", STATUS_CREATING, err);
}

static int do_poststart_hook(struct player *player, const struct step *step, struct error *err)
{
	return run_hook(player, step, "poststart", STATUS_RUNNING, err);
}

enum { RECEIVER_SECONDS = 10 }; // for who listens on a socket and takes nothing; a container that waits longer looks hung to its engine

static int do_console(struct player *player, const struct step *step, struct error *err)
{
	if (terminal_send_master(step->path, player->master, RECEIVER_SECONDS, err) < 0)
		return -1;
	close_fd(&player->master);
	return 0;
}

static int do_pidfd_socket(struct player *player, const struct step *step, struct error *err)
{
	return unix_socket_send(step->path, "pidfd socket", "pidfd", strlen("pidfd"), player->pidfd, RECEIVER_SECONDS, err);
}

step_function *const parent_steps[STEP_KIND_MAX] = {
	[STEP_STATE] = do_state,
	[STEP_CLAIM_CORES] = cores_claim,
	[STEP_HOST_FDS] = do_host_fds,
	[STEP_NOTIFY_SOCKET] = do_notify_socket,
	[STEP_SNAPSHOT] = step_snapshot,
	[STEP_CLONE_ROOT] = step_clone_root,
	[STEP_MAPPING] = do_mapping,
	[STEP_IDMAP] = do_idmap,
	[STEP_SECCOMP_COMPILE] = do_seccomp_compile,
	[STEP_CGROUP_CREATE] = do_cgroup_create,
	[STEP_UNIT_START] = scope_start,
	[STEP_UNIT_LEAVE] = scope_leave,
	[STEP_UNIT_SET] = scope_set,
	[STEP_CGROUP_ROOM] = do_cgroup_room,
	[STEP_CGROUP_WRITE] = do_cgroup_write,
	[STEP_PARTITION] = cores_partition,
	[STEP_THREAD_LEAVES] = cores_leaves,
	[STEP_SETTLE_CORES] = cores_settle,
	[STEP_ENTER_LEAF] = cores_enter_leaf,
	[STEP_CGROUP_OPEN] = do_cgroup_open,
	[STEP_INITIAL_AFFINITY] = do_initial_affinity,
	[STEP_START_SOCKET] = do_start_socket,
	[STEP_SPAWN] = do_spawn,
	[STEP_ID_MAPS] = do_id_maps,
	[STEP_OOM_SCORE] = do_oom_score,
	[STEP_RESCTRL] = resctrl_make,
	[STEP_RESCTRL_JOIN] = resctrl_enter,
	[STEP_CGROUP_OWNER] = do_cgroup_owner,
	[STEP_DEVICE_FILTER_LOAD] = do_device_filter_load,
	[STEP_BRIDGE] = network_bridge,
	[STEP_ADDRESS] = network_address,
	[STEP_NAMES] = names_write,
	[STEP_NAT] = nat_make_table,
	[STEP_VETH] = network_veth,
	[STEP_SUBLINK] = network_sublink,
	[STEP_PEER] = peer_meet,
	[STEP_STEER_LINK] = cores_steer_link,
	[STEP_LINK_READY] = network_link_ready,
	[STEP_NET_DEVICE] = network_device,
	[STEP_DEVICE_FILTER_ATTACH] = do_device_filter_attach,
	[STEP_PID_FILE] = do_pid_file,
	[STEP_RECORD] = do_record,
	[STEP_PIDFD_SOCKET] = do_pidfd_socket,
	[STEP_CONSOLE] = do_console,
	[STEP_SCHEDULER] = do_scheduler,
	[STEP_IO_PRIORITY] = do_io_priority,
	[STEP_SECCOMP_LISTENER] = do_seccomp_listener,
	[STEP_PRESTART_HOOK] = do_prestart_hook,
	[STEP_CREATE_RUNTIME_HOOK] = do_create_runtime_hook,
	[STEP_POSTSTART_HOOK] = do_poststart_hook,
};
