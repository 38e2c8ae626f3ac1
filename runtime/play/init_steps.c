// init_steps.c: what the container's first process does for each of its lines, until the program replaces it.
// Nothing here resolves a path of the container twice; the host's /proc, /dev/null and the cgroup are fds from before the mounts.
#include "base/cleanup.h"
#include "base/process.h"
#include "base/refusal.h"
#include "base/safepath.h"
#include "base/sys.h"
#include "cpus/realtime.h"
#include "play/cores.h"
#include "play/hooks.h"
#include "play/listener.h"
#include "play/network_steps.h"
#include "play/notes.h"
#include "play/player.h"
#include "play/start.h"
#include "proc/home.h"
#include "proc/keyring.h"
#include "proc/label.h"
#include "proc/program.h"
#include "proc/reaper.h"
#include "proc/terminal.h"
#include "rootfs/device.h"
#include "rootfs/filesystem.h"
#include "rootfs/mask.h"
#include "rootfs/mount.h"
#include "rootfs/root.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>

// SIGKILL when the parent dies. The kernel forgets it at every change of credentials (prctl(2)), so it is asked for again after the last one.
static int die_with_parent(struct player *player, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return error_errno(err, errno, "cannot tie the container to minirun's life");
	// It may have died before the call.
	return notes_peer_gone(player->socket) ? error_set(err, EPIPE, "minirun ended before the container was ready") : 0;
}

static int hide_set_up(const struct player *player, struct error *err)
{
	if (player->plan->own_pid_namespace || prctl(PR_SET_DUMPABLE, 0) == 0)
		return 0;
	return error_errno(err, errno, "cannot hide the set-up from the processes of its pid namespace");
}

// STEP_HIDE is enough against all but those who may trace on the host; one of them would find minirun's binary in what waits for its start (CVE-2019-5736). A procfs of one's own, since
// the host's has not the namespace's pids.
static int check_first_process(struct error *err)
{
	AUTO_FD context = filesystem_open("proc", err);
	AUTO_FD proc = context >= 0 ? filesystem_mount(context, 0, err) : -1;
	struct process_stat first;

	if (proc < 0)
		return error_prefix(err, "cannot look at the pid namespace that is joined");
	if (process_stat(proc, 1, &first) < 0 || !process_never_executed(&first))
		return 0;
	error_set(err, EBUSY, "cannot join, with CAP_SYS_PTRACE, the pid namespace of a container that waits for its start: minirun's own binary would be in reach");
	return error_hint(err, "start that container first, or leave the capability out");
}

static int do_session(struct player *player, const struct step *step, struct error *err)
{
	prctl(PR_SET_NAME, FIRST_PROCESS_MAKING);
	// Whoever is in the pid namespace already must not get at the host's files by way of ours (CVE-2016-9962): after the last change of capabilities
	// a container with the same ones could. execve makes the program itself traceable again.
	// Without privileges that waits until the parent has written the id maps: the files of what is not dumpable are root's.
	if (!player->plan->rootless && hide_set_up(player, err) < 0)
		return -1;
	if (player->plan->joins_as_tracer && check_first_process(err) < 0)
		return -1;
	if (setsid() < 0)
		return error_errno(err, errno, "cannot make a new session");
	umask(0); // modes in the set-up are meant exactly; STEP_USER sets the program's
	return step->session.foreground ? die_with_parent(player, err) : 0;
}

static int do_become_root(struct player *player, const struct step *step, struct error *err)
{
	if (ids_become_root(err) < 0) {
		// No root among the ids: the program's own user sets up; all capabilities it has there at first, too.
		if (err->code != EINVAL || ids_set_user(&step->user, err) < 0)
			return -1;
		*err = ERROR_INIT;
	}
	return player->plan->rootless ? hide_set_up(player, err) : 0;
}

static int do_keyring(struct player *player, const struct step *step, struct error *err)
{
	// SELinux labels a key when it is made.
	if (step->keyring.label != NULL && label_selinux_keys(player->proc, step->keyring.label, err) < 0)
		return -1;
	if (keyring_join(step->keyring.name, err) < 0)
		return -1;
	return step->keyring.label != NULL ? label_selinux_keys(player->proc, NULL, err) : 0;
}

static int do_cgroup_namespace(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	(void)step;
	return unshare(CLONE_NEWCGROUP) < 0 ? error_errno(err, errno, "cannot make a cgroup namespace") : 0;
}

static int do_propagation(struct player *player, const struct step *step, struct error *err)
{
	if (root_set_propagation(step->propagation, err) < 0)
		return -1;
	return (step->propagation & MS_SHARED) != 0 ? root_keep_private(player->plan->rootfs, err) : 0;
}

static int do_mask_source(struct player *player, const struct step *step, struct error *err)
{
	(void)step;
	player->null = mask_open_null(err);
	return player->null < 0 ? -1 : 0;
}

static int do_attach_root(struct player *player, const struct step *step, struct error *err)
{
	return root_attach(player->tree, step->path, err);
}

// What is closed to this user may be open to the root of the user namespace (podman's own directories of such a container are its), which then clones it in do_mount().
static int do_source(struct player *player, const struct step *step, struct error *err)
{
	int tree = mount_tied_source(&step->mount.request, step->mount.propagation, err);

	if (tree < 0 && err->code == EACCES) {
		*err = ERROR_INIT;
		return 0;
	}
	if (tree < 0)
		return error_prefix(err, "cannot bind %s on %s", step->mount.request.source, step->mount.request.destination);
	player->sources[step->mount.source] = tree;
	return 0;
}

static int do_mount(struct player *player, const struct step *step, struct error *err)
{
	int source = step->mount.prepared ? player->sources[step->mount.source] : -1;
	int root = -1;
	struct mount_context context = {
		.root = player->tree, .cgroup_dir = player->cgroup_dir, .cgroup_namespace = plan_has(player->plan, STEP_CGROUP_NAMESPACE), .label = step->mount.label,
		.prepared = source >= 0, .source = source, .ret_root = &root,
	};

	if (mount_perform(&context, &step->mount.request, err) < 0)
		return -1;
	if (root >= 0) {
		close_fd(&player->tree);
		player->tree = root;
	}
	return 0;
}

static int do_notify_mount(struct player *player, const struct step *step, struct error *err)
{
	if (player->plan->rootless && step_clone_notify(player, err) < 0)
		return -1;
	return mount_attach_tree(player->tree, player->notify_tree, step->path, err);
}

static int do_device(struct player *player, const struct step *step, struct error *err)
{
	return device_create(player->tree, &player->dev, &step->device.node, step->device.bind, err);
}

static int do_device_links(struct player *player, const struct step *step, struct error *err)
{
	return device_symlinks(player->tree, player->dev, step->links.ptmx, err);
}

static int use_as_stdio(int slave, uint32_t uid, struct error *err)
{
	// The user opens its own terminal by /proc/self/fd/1.
	if (fchown(slave, uid, (gid_t)-1) < 0)
		return error_errno(err, errno, "cannot give the terminal to user %u", uid);
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return error_errno(err, errno, "cannot make the pty the controlling terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(slave, fd) < 0)
			return error_errno(err, errno, "cannot put the pty on fd %d", fd);
	return 0;
}

// Before the program looks: attend() in the parent passes on later changes only.
static void inherit_size(int slave)
{
	struct winsize size;

	for (int fd = 0; fd < 3; fd++) {
		if (ioctl(fd, TIOCGWINSZ, &size) == 0) {
			ioctl(slave, TIOCSWINSZ, &size);
			return;
		}
	}
}

static int do_terminal(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD master = -1;
	AUTO_FD slave = -1;
	// Without a mount namespace of its own the container has no /dev of its own either: the pty is one of the /dev/pts that is here.
	AUTO_FD here = player->tree < 0 ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (device_open_pty(player->tree < 0 ? here : player->tree, &master, &slave, err) < 0)
		return -1;
	if (player->tree >= 0 && device_bind_console(player->tree, slave, err) < 0)
		return -1;
	inherit_size(slave);
	if (step->terminal.rows != 0 &&
	    terminal_set_size(slave, (unsigned short)step->terminal.rows, (unsigned short)step->terminal.columns, err) < 0)
		return -1;
	if (use_as_stdio(slave, step->terminal.uid, err) < 0)
		return -1;
	player->master = take_fd(&master); // goes to the parent with the next note
	return 0;
}

static int do_working_directory(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD there = root_open(player->tree, step->path, O_PATH);
	AUTO_FD made = -1;

	if (there >= 0 || errno != ENOENT)
		return 0; // what is wrong with it, chdir will tell
	made = root_mkdirs(player->tree, step->path);
	return made < 0 ? error_errno(err, errno, "cannot make the working directory %s in the container", step->path) : 0;
}

// In the container's namespaces. Neither may be minirun itself, which would then be within reach of those inside (CVE-2019-5736).
static int run_hook(const struct player *player, const struct step *step, const struct hook_moment *moment, const char *directory, struct error *err)
{
	const struct hook_setting setting = {
		.directory = directory, .user = step->hook.user, .capabilities = step->hook.capabilities, .self_device = player->self_device, .self_inode = player->self_inode,
	};

	return hooks_run(moment, step->hook.index, &step->hook.hook, setting, err);
}

static int do_create_container_hook(struct player *player, const struct step *step, struct error *err)
{
	const struct hook_moment moment = {.list = "createContainer", .state = &player->state, .status = STATUS_CREATING, .pid = getpid()};
	int result;

	umask(0022); // a hook's files are not to be writable for everybody, as the set-up's mask would have them
	result = run_hook(player, step, &moment, player->plan->bundle, err);
	umask(0);
	return result;
}

static int do_start_container_hook(struct player *player, const struct step *step, struct error *err)
{
	const struct hook_moment moment = {.list = "startContainer", .state = &player->state, .status = STATUS_CREATED, .pid = player->reaped ? getppid() : getpid()};
	int result = run_hook(player, step, &moment, NULL, err);

	if (result < 0 && player->plan->filtered && (err->code == EPERM || err->code == EACCES || err->code == ENOSYS))
		return error_hint(err, "linux.seccomp has to allow what a startContainer hook takes, which runs under the filter as the program does");
	return result;
}

// One write(2) to a file below the host's /proc, reached without leaving it (CVE-2025-52881).
static int write_proc(const struct player *player, const char *path, const char *value)
{
	AUTO_FD fd = sys_openat2(player->proc, path, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);

	return fd < 0 || write(fd, value, strlen(value)) < 0 ? -1 : 0;
}

// Of network settings root of the user namespace that owns the network namespace may change all that their mode lets root (net_ctl_permissions() of net/sysctl_net.c); other
// files of /proc/sys go by their mode alone (test_perm() of fs/proc/proc_sysctl.c).
static int explain_sysctl(const char *path, struct error *err)
{
	static const char otherwise[] = "the kernel may keep this setting for root of the machine's first user namespace, or for reading only";

	if (err->code == ENOENT)
		return error_hint(err, "this kernel has no such setting (/proc/sys/%s)", path);
	if (strncmp(path, "net/", 4) == 0)
		return error_refused(err, REFUSAL_BIT(NET_ADMIN), REFUSAL_NET, otherwise);
	return err->code == EACCES ? error_hint(err, "%s", otherwise) : -1;
}

static int do_sysctl(struct player *player, const struct step *step, struct error *err)
{
	char path[512];

	if ((size_t)snprintf(path, sizeof path, "sys/%s", step->sysctl.path) >= sizeof path)
		return error_set(err, ENAMETOOLONG, "cannot set sysctl %s: the name is too long", step->sysctl.path);
	if (write_proc(player, path, step->sysctl.value) == 0)
		return 0;
	error_errno(err, errno, "cannot set sysctl %s to '%s'", step->sysctl.path, step->sysctl.value);
	return explain_sysctl(step->sysctl.path, err);
}

static int do_hostname(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return sethostname(step->text, strlen(step->text)) < 0 ? error_errno(err, errno, "cannot set the host name to '%s'", step->text) : 0;
}

static int do_domainname(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return setdomainname(step->text, strlen(step->text)) < 0 ? error_errno(err, errno, "cannot set the domain name to '%s'", step->text) : 0;
}

static int do_pivot_root(struct player *player, const struct step *step, struct error *err)
{
	return step->pivot.shared ? root_pivot_from_shared(player->tree, err) : root_pivot(player->tree, err);
}

static int do_chroot(struct player *player, const struct step *step, struct error *err)
{
	AUTO_FD root = open(step->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)player;
	if (root < 0)
		return error_errno(err, errno, "cannot open the root file system %s", step->path);
	return root_chroot(root, err);
}

static int do_move_root(struct player *player, const struct step *step, struct error *err)
{
	(void)step;
	return root_move(player->tree, err);
}

static int do_root_propagation(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return root_set_rootfs_propagation(step->propagation, err);
}

static int do_readonly_path(struct player *player, const struct step *step, struct error *err)
{
	return readonly_path(player->tree, step->path, err);
}

static int do_mask_path(struct player *player, const struct step *step, struct error *err)
{
	return mask_path(player->tree, step->mask.path, player->null, step->mask.label, err);
}

static int do_root_readonly(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	(void)step;
	return root_make_readonly(err);
}

static int do_rlimit(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return ids_set_rlimit(&step->rlimit, err);
}

static int do_personality(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return personality(step->personality) < 0 ? error_errno(err, errno, "cannot set the execution domain (linux.personality)") : 0;
}

static int do_memory_policy(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return memory_policy_set(&step->memory_policy, err);
}

static int do_apparmor(struct player *player, const struct step *step, struct error *err)
{
	return label_apparmor_exec(player->proc, step->text, err);
}

static int do_selinux(struct player *player, const struct step *step, struct error *err)
{
	return label_selinux_exec(player->proc, step->text, err);
}

static int do_affinity(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return (step->affinity.by_cgroup ? cpuset_leave_to_cgroup : cpuset_set_affinity)(&step->affinity.set, step->affinity.first, err);
}

static int do_core_cookie(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return step->cookie != 0 ? realtime_share_cookie(step->cookie, err) : realtime_make_cookie(0, err);
}

// The smallest of `fds` that is not below `from`; UINT_MAX: none.
static unsigned next_of(const int *fds, size_t count, unsigned from)
{
	unsigned next = UINT_MAX;

	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0 && (unsigned)fds[i] >= from && (unsigned)fds[i] < next)
			next = (unsigned)fds[i];
	return next;
}

// Closes all files but what the rest of the steps needs and what the program is to get, those that the caller leaked as well. O_CLOEXEC is not enough: until execve has looked up the program, a
// cwd or args[0] of /proc/self/fd/N/../.. leads through an open directory of the host to any file of the host (CVE-2024-21626).
static int close_files(const struct player *player, struct error *err)
{
	const struct play_hooks *hooks = player->options->hooks;
	const int kept[] = {player->socket, player->start, player->master, hooks != NULL ? hooks->keep[0] : -1, hooks != NULL ? hooks->keep[1] : -1};
	unsigned first = STDERR_FILENO + 1 + player->plan->kept_fds, next;

	do {
		next = next_of(kept, sizeof kept / sizeof *kept, first);
		if (next > first && close_range(first, next == UINT_MAX ? next : next - 1, 0) < 0)
			return error_errno(err, errno, "cannot close the host's files before the program is looked up");
		first = next + 1;
	} while (next != UINT_MAX);
	return 0;
}

static int change_directory(const char *path, struct error *err)
{
	char cwd[4096];

	if (chdir(path) < 0)
		return error_errno(err, errno, "cannot change to the working directory %s (process.cwd)", path);
	// A directory outside of the root (an inherited fd below /proc/self/fd) has no name in it: glibc turns the kernel's "(unreachable)" into ENOENT.
	if (getcwd(cwd, sizeof cwd) == NULL)
		return error_set(err, EACCES, "the working directory %s (process.cwd) lies outside of the container's root", path);
	return 0;
}

static int do_chdir(struct player *player, const struct step *step, struct error *err)
{
	int result = close_files(player, err);

	if (result == 0)
		result = change_directory(step->path, err);
	// root may be locked out where the user is not (NFS with root_squash, FUSE): try again as the user.
	if (result < 0 && err->code == EACCES) {
		player->chdir_again = step->path;
		return 0;
	}
	return result;
}

static int do_bounding_set(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return capabilities_before_user(&step->capabilities, err);
}

static int do_user(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	return ids_set_user(&step->user, err);
}

static int do_capabilities(struct player *player, const struct step *step, struct error *err)
{
	if (capabilities_after_user(&step->capabilities, err) < 0)
		return -1;
	// The reaper's child dies with it, which the change of credentials has made the kernel forget.
	return player->plan->detach && !player->reaped ? 0 : die_with_parent(player, err);
}

static int do_no_new_privs(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	(void)step;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? error_errno(err, errno, "cannot set no_new_privs") : 0;
}

// Tells the parent that only the filter, hooks under it, and execve are left, so that a death before this point cannot pass for a program that ran.
static int announce(struct player *player, struct error *err)
{
	int last = (int)player->plan->exec;

	if (player->announced)
		return 0;
	player->announced = true;
	if (note_done(player->socket, last, player->master, err) < 0)
		return -1;
	close_fd(&player->master);
	// Where a filter notifies, do_seccomp() has still to hear that its listener is with the agent.
	player->watching = player->reaped && player->plan->listener_path == NULL;
	if (player->watching)
		notes_watch_end(player->socket);
	return 0;
}

static int do_find_program(struct player *player, const struct step *step, struct error *err)
{
	char path[PATH_MAX];

	if (player->chdir_again != NULL && change_directory(player->chdir_again, err) < 0)
		return -1;
	return program_find(&step->program, player->self_device, player->self_inode, path, err);
}

static int do_hide(struct player *player, const struct step *step, struct error *err)
{
	(void)player;
	(void)step;
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? error_errno(err, errno, "cannot hide minirun's binary from the container's processes") : 0;
}

static int do_await_start(struct player *player, const struct step *step, struct error *err)
{
	prctl(PR_SET_NAME, FIRST_PROCESS_READY);
	if (note_done(player->socket, (int)(step - player->plan->steps), player->master, err) < 0)
		return -1;
	close_fd(&player->master);
	close_fd(&player->socket);
	player->socket = start_accept(player->start, err);
	close_fd(&player->start);
	return player->socket < 0 ? -1 : 0;
}

// The process's rights are to be the program's: what is still to come of them, it takes on itself.
static int become_reaper(struct player *player, const struct step *step, const struct reaper *reaper, struct error *err)
{
	const struct step *end = player->plan->steps + player->plan->exec;

	for (; step < end; step++) {
		bool credentials = step->kind == STEP_USER || step->kind == STEP_CAPABILITIES || step->kind == STEP_NO_NEW_PRIVS;

		if (credentials && init_steps[step->kind](player, step, err) < 0)
			return -1;
	}
	return reaper_execute(reaper, end->program.env, err);
}

static int do_reaper(struct player *player, const struct step *step, struct error *err)
{
	struct reaper reaper = {.ready = -1};
	pid_t pid = reaper_fork(player->plan->terminal, !player->plan->own_pid_namespace, &reaper, err);

	if (pid > 0) {
		int result = become_reaper(player, step, &reaper, err);

		close_fd(&reaper.ready);
		return result;
	}
	player->reaped = true;
	return pid;
}

static int do_seccomp(struct player *player, const struct step *step, struct error *err)
{
	if (announce(player, err) < 0)
		return -1;
	// Under the filter nothing is told any more but errors; `heard` saves the next step its wait.
	if (seccomp_notifies(step->seccomp))
		return listener_install(player->socket, &player->filter, &player->heard, err);
	return seccomp_install(&player->filter, err);
}

static uid_t uid_of(const struct plan *plan)
{
	size_t i = 0;

	while (plan->steps[i].kind != STEP_USER)
		i++;
	return plan->steps[i].user.uid;
}

// What only init knows: HOME from the container's /etc/passwd when the config has none or an empty one, as runc does; LISTEN_PID, which is checked by who takes the sockets.
static char *const *own_environment(struct player *player, char *const *env)
{
	bool has_home = false;
	char home[4096];
	size_t count = 0;
	char **larger;

	for (; env[count] != NULL; count++)
		has_home |= strncmp(env[count], "HOME=", 5) == 0 && env[count][5] != '\0';
	if (has_home && !player->plan->listens)
		return env;
	larger = arena_array(player->arena, count + 3, sizeof *larger);
	count = 0;
	for (; *env != NULL; env++)
		if (has_home || strcmp(*env, "HOME=") != 0)
			larger[count++] = *env;
	if (!has_home)
		larger[count++] = arena_printf(player->arena, "HOME=%s", home_directory(uid_of(player->plan), home, sizeof home));
	if (player->plan->listens)
		larger[count++] = arena_printf(player->arena, "LISTEN_PID=%d", getpid());
	return larger;
}

static int do_exec(struct player *player, const struct step *step, struct error *err)
{
	struct program program = step->program;

	if (player->chdir_again != NULL && change_directory(player->chdir_again, err) < 0)
		return -1;
	program.env = own_environment(player, program.env);
	if (announce(player, err) < 0)
		return -1;
	// The end of minirun ends the reaper at once, and the reaper's end this process, but not at the same moment.
	if (player->watching && !player->plan->detach && notes_ended(player->socket))
		return error_set(err, EPIPE, "minirun ended before the container was ready");
	return program_execute(&program, player->self_device, player->self_inode, err);
}

step_function *const init_steps[STEP_KIND_MAX] = {
	[STEP_SESSION] = do_session,
	[STEP_SOURCE] = do_source,
	[STEP_BECOME_ROOT] = do_become_root,
	[STEP_KEYRING] = do_keyring,
	[STEP_CGROUP_NAMESPACE] = do_cgroup_namespace,
	[STEP_PROPAGATION] = do_propagation,
	[STEP_MASK_SOURCE] = do_mask_source,
	[STEP_SNAPSHOT] = step_snapshot,
	[STEP_CLONE_ROOT] = step_clone_root,
	[STEP_ATTACH_ROOT] = do_attach_root,
	[STEP_MOUNT] = do_mount,
	[STEP_NOTIFY_MOUNT] = do_notify_mount,
	[STEP_DEVICE] = do_device,
	[STEP_DEVICE_LINKS] = do_device_links,
	[STEP_CREATE_CONTAINER_HOOK] = do_create_container_hook,
	[STEP_TERMINAL] = do_terminal,
	[STEP_WORKING_DIRECTORY] = do_working_directory,
	[STEP_LOOPBACK] = network_loopback,
	[STEP_OWN_LINK] = network_own_link,
	[STEP_VRF] = network_vrf,
	[STEP_LINK] = network_link,
	[STEP_SYSCTL] = do_sysctl,
	[STEP_HOSTNAME] = do_hostname,
	[STEP_DOMAINNAME] = do_domainname,
	[STEP_PIVOT_ROOT] = do_pivot_root,
	[STEP_CHROOT] = do_chroot,
	[STEP_MOVE_ROOT] = do_move_root,
	[STEP_ROOT_PROPAGATION] = do_root_propagation,
	[STEP_READONLY_PATH] = do_readonly_path,
	[STEP_MASK_PATH] = do_mask_path,
	[STEP_ROOT_READONLY] = do_root_readonly,
	[STEP_RLIMIT] = do_rlimit,
	[STEP_PERSONALITY] = do_personality,
	[STEP_AFFINITY] = do_affinity,
	[STEP_CORE_COOKIE] = do_core_cookie,
	[STEP_CHECK_LCORES] = cores_check_file,
	[STEP_MEMORY_POLICY] = do_memory_policy,
	[STEP_APPARMOR] = do_apparmor,
	[STEP_SELINUX] = do_selinux,
	[STEP_CHDIR] = do_chdir,
	[STEP_BOUNDING_SET] = do_bounding_set,
	[STEP_USER] = do_user,
	[STEP_CAPABILITIES] = do_capabilities,
	[STEP_NO_NEW_PRIVS] = do_no_new_privs,
	[STEP_FIND_PROGRAM] = do_find_program,
	[STEP_HIDE] = do_hide,
	[STEP_AWAIT_START] = do_await_start,
	[STEP_REAPER] = do_reaper,
	[STEP_START_CONTAINER_HOOK] = do_start_container_hook,
	[STEP_SECCOMP] = do_seccomp,
	[STEP_EXEC] = do_exec,
};
