// kill.c: `minirun kill ID [SIGNAL]`.
#include "base/cleanup.h"
#include "base/parse.h"
#include "base/refusal.h"
#include "cgroup/cgroup.h"
#include "cmd/command.h"
#include "state/state.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct kill_options_values {
	bool all;
};

const struct option_entry kill_options[] = {
	{"all", 'a', OPTION_FLAG, offsetof(struct kill_options_values, all), NULL, "to every process of the container, not only its first"},
	{0},
};

// containerd's shim and podman look for the words "container not running" (checkKillError() of containerd's pkg/process).
static int not_running(const struct state *state, int signal, struct error *err)
{
	return error_set(err, ESRCH, "cannot send signal %d to container \"%s\": container not running", signal, state->id);
}

static int signal_first(const struct state *state, int signal, struct error *err)
{
	AUTO_FD pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);

	// Between the look at the status and here the pid may have been reused; the pidfd is looked at again.
	if (pidfd < 0 || process_start_time(state->pid) != state->pid_start)
		return not_running(state, signal, err);
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) == 0)
		return 0;
	error_errno(err, errno, "cannot send signal %d to container \"%s\" (pid %d)", signal, state->id, state->pid);
	return error_refused(err, REFUSAL_BIT(KILL), REFUSAL_OWN, "its process is another user's, in a user namespace above");
}

// In a pid namespace of its own the end of the first process is the end of all.
static bool has_own_pid_namespace(const struct state *state)
{
	char path[40];
	struct stat its, ours;

	snprintf(path, sizeof path, "/proc/%d/ns/pid", state->pid);
	return stat(path, &its) == 0 && stat("/proc/self/ns/pid", &ours) == 0 && its.st_ino != ours.st_ino;
}

// To nobody is success: containerd kills all once more when the first process has ended.
static int signal_all(int dir, const struct state *state, int signal, struct error *err)
{
	AUTO_FD root = -1;

	if (state->cgroup_mount != NULL) {
		root = cgroup_open_root(state->cgroup_mount, err);
		return root < 0 ? -1 : cgroup_signal(root, state->cgroup_path, state->owner, signal, err);
	}
	if (state_status(dir, state) == STATUS_STOPPED)
		return 0;
	if (signal == SIGKILL && has_own_pid_namespace(state))
		return signal_first(state, signal, err);
	return error_set(err, ENOTSUP, "cannot signal all processes of container \"%s\": it has no cgroup that lists them", state->id);
}

static int send_signal(const char *root, const char *id, int signal, bool all, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	AUTO_FD dir = state_find(root, id, &arena, &state, err);
	enum container_status status = dir >= 0 && !all ? state_status(dir, &state) : STATUS_STOPPED;
	int result = -1;

	if (dir >= 0 && all)
		result = signal_all(dir, &state, signal, err);
	else if (dir >= 0 && (status == STATUS_STOPPED || status == STATUS_CREATING))
		not_running(&state, signal, err);
	else if (dir >= 0)
		result = signal_first(&state, signal, err);
	arena_free(&arena);
	return result;
}

int command_kill(const struct globals *globals, int argc, char **argv)
{
	struct kill_options_values options = {0};
	struct error err = ERROR_INIT;
	int words;
	int signal = SIGTERM;
	int status = command_options("kill", kill_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	if (words == 0)
		return command_usage("kill", "no container id is given");
	if (words > 2)
		return command_usage("kill", "'%s' is one word too many", argv[2]);
	// 0 only asks whether there is somebody, as with kill(2); runc takes it too.
	if (words == 2)
		signal = strcmp(argv[1], "0") == 0 ? 0 : parse_signal(argv[1]);
	if (signal < 0)
		return command_usage("kill", "'%s' is no signal: give a name (TERM, SIGTERM, RTMIN+3) or a number from 0 to 64", argv[1]);
	return send_signal(globals->root, argv[0], signal, options.all, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
