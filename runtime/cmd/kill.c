// kill.c: `minirun kill ID [SIGNAL]`.
#include "base/cleanup.h"
#include "base/parse.h"
#include "cgroup/cgroup.h"
#include "cmd/command.h"
#include "state/state.h"

#include <signal.h>
#include <sys/syscall.h>

struct kill_options_values {
	bool all;
};

const struct option_entry kill_options[] = {
	{"all", 'a', OPTION_FLAG, offsetof(struct kill_options_values, all), NULL, "to every process of the container, not only its first"},
	{0},
};

static int signal_all(const struct state *state, int signal, struct error *err)
{
	AUTO_FD root = -1;

	if (state->cgroup_mount == NULL)
		return error_set(err, ENOTSUP, "cannot signal all processes of container \"%s\": it has no cgroup that lists them", state->id);
	root = cgroup_open_root(state->cgroup_mount, err);
	return root < 0 ? -1 : cgroup_signal(root, state->cgroup_path, state->owner, signal, err);
}

static int signal_first(const struct state *state, int signal, struct error *err)
{
	AUTO_FD pidfd = (int)syscall(SYS_pidfd_open, state->pid, 0);

	// Between the look at the status and here the pid may have been reused; the pidfd is looked at again.
	if (pidfd < 0 || process_start_time(state->pid) != state->pid_start)
		return error_set(err, ESRCH, "container \"%s\" is not running", state->id);
	if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0)
		return error_errno(err, errno, "cannot send signal %d to container \"%s\" (pid %d)", signal, state->id, state->pid);
	return 0;
}

static int send_signal(const char *root, const char *id, int signal, bool all, struct error *err)
{
	struct arena arena = {0};
	struct state state;
	AUTO_FD dir = state_find(root, id, &arena, &state, err);
	int result = -1;

	if (dir >= 0 && all)
		result = signal_all(&state, signal, err);
	else if (dir >= 0 && state_status(dir, &state) != STATUS_RUNNING)
		error_set(err, ESRCH, "container \"%s\" is not running", id);
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
	if (words == 2)
		signal = parse_signal(argv[1]);
	if (signal < 0)
		return command_usage("kill", "'%s' is no signal: give a name (TERM, SIGTERM, RTMIN+3) or a number from 1 to 64", argv[1]);
	return send_signal(globals->root, argv[0], signal, options.all, &err) < 0 ? command_failed(&err, EXIT_FAILED) : EXIT_OK;
}
