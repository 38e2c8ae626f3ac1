// exec.c: `minirun exec ID COMMAND...`: one more process in a container.
#include "base/cleanup.h"
#include "base/log.h"
#include "base/parse.h"
#include "cmd/bundle.h"
#include "cmd/exec_process.h"
#include "play/cores.h"
#include "play/probe.h"
#include "play/seal.h"
#include "proc/attend.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct exec_options_values {
	struct exec_flags process;
	const char *pid_file, *console_socket, *pidfd_socket, *cgroup, *preserve_fds;
	bool detach, ignore_paused;
};

#define VALUE(name) offsetof(struct exec_options_values, name)

const struct option_entry exec_options[] = {
	{"process", 'p', OPTION_STRING, VALUE(process.process), "FILE", "the process as JSON, in the form of config.json's `process`"},
	{"cwd", 0, OPTION_STRING, VALUE(process.cwd), "DIR", "working directory"},
	{"env", 'e', OPTION_LIST, VALUE(process.env), "NAME=VALUE", "a variable more; repeatable"},
	{"user", 'u', OPTION_STRING, VALUE(process.user), "UID[:GID]", "user and group"},
	{"additional-gids", 'g', OPTION_LIST, VALUE(process.groups), "GID", "a supplementary group more; repeatable"},
	{"cap", 'c', OPTION_LIST, VALUE(process.capabilities), "CAP_NAME", "a capability more; repeatable"},
	{"no-new-privs", 0, OPTION_FLAG, VALUE(process.no_new_privileges), NULL, "set-uid programs give no privileges"},
	{"apparmor", 0, OPTION_STRING, VALUE(process.apparmor), "PROFILE", "AppArmor profile"},
	{"process-label", 0, OPTION_STRING, VALUE(process.label), "LABEL", "SELinux label"},
	{"tty", 't', OPTION_FLAG, VALUE(process.tty), NULL, "a terminal of the container's own"},
	{"console-socket", 0, OPTION_STRING, VALUE(console_socket), "PATH", "send the terminal's master to this AF_UNIX socket"},
	{"detach", 'd', OPTION_FLAG, VALUE(detach), NULL, "return once the program runs"},
	{"pid-file", 0, OPTION_STRING, VALUE(pid_file), "FILE", "write the program's pid there"},
	{"pidfd-socket", 0, OPTION_STRING, VALUE(pidfd_socket), "PATH", "send the process, as a pidfd, to this AF_UNIX socket"},
	{"preserve-fds", 0, OPTION_STRING, VALUE(preserve_fds), "N", "the program gets the caller's files 3 to 2+N too (0)"},
	{"ignore-paused", 0, OPTION_FLAG, VALUE(ignore_paused), NULL, "also in a paused container: the program runs when it is resumed"},
	{"cgroup", 0, OPTION_STRING, VALUE(cgroup), "PATH", "in this cgroup below the container's"},
	{0},
};

struct execution {
	struct arena arena;
	struct spec spec;
	struct state state;
	struct host host;
	struct plan_target target;
	struct own own;
	struct plan plan;
};

// --net host, none or container:ID may have made the network another than what the config says: the process tells.
static void set_network(struct execution *e)
{
	char path[64];
	struct stat own, its;

	snprintf(path, sizeof path, "/proc/%d/ns/net", e->state.pid);
	if (stat("/proc/self/ns/net", &own) < 0 || stat(path, &its) < 0)
		return; // it has ended, or may not be looked at: the join will say so
	if (own.st_ino != its.st_ino)
		own_set_network(&e->spec, NULL);
	else
		own_share_network(&e->spec);
}

static int find_container(struct execution *e, const char *root, const char *id, bool ignore_paused, struct error *err)
{
	AUTO_FD dir = state_find(root, id, &e->arena, &e->state, err);

	if (dir < 0)
		return -1;
	switch (state_status(dir, &e->state)) {
	case STATUS_STOPPED:
		return error_set(err, ESRCH, "cannot exec in a stopped container (\"%s\")", id);
	case STATUS_CREATING:
		return error_set(err, EBUSY, "cannot exec in container \"%s\": it is still being made", id);
	case STATUS_PAUSED:
		if (!ignore_paused)
			return error_set(err, EBUSY, "cannot exec in a paused container (\"%s\"); `minirun resume %s` it, or use --ignore-paused", id, id);
		break;
	case STATUS_CREATED:
	case STATUS_RUNNING:
	case STATUS_MAX:
		break;
	}
	if (state_load_config(dir, &e->state, &e->spec, err) < 0)
		return -1;
	set_network(e);
	return 0;
}

// What owns CPUs is not to be disturbed on them: control threads have theirs.
static int set_places(struct execution *e, struct error *err)
{
	const struct ledger_claim *claim;

	if (cores_find(&e->arena, &e->state, &claim, err) < 0)
		return -1;
	if (claim == NULL)
		return 0;
	e->target.places = true;
	e->target.enforce = claim->enforce;
	e->target.housekeeping = claim->housekeeping;
	return 0;
}

// The first process hides minirun's binary from those who may not trace (STEP_HIDE). Asked of the process itself: also a `start` that has died on its way leaves it waiting.
static int check_hidden(const struct execution *e, struct error *err)
{
	struct process_stat first;

	if (!state_process(AT_FDCWD, &e->state, &first) || !process_never_executed(&first))
		return 0;
	error_set(err, EBUSY, "cannot exec with CAP_SYS_PTRACE, which container \"%s\" itself does not have, before its start: minirun's own binary would be in reach", e->state.id);
	return error_hint(err, "`minirun start %s` first, or leave the capability out", e->state.id);
}

// What shares a physical core with the container's threads may be this container's process only if it has their cookie.
static int set_cookie(struct execution *e, struct error *err)
{
	AUTO_FD proc = -1;

	if (!e->state.core_cookie)
		return 0;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return error_errno(err, errno, "cannot open /proc");
	e->target.cookie = process_inner_pid(proc, e->state.pid);
	return e->target.cookie != 0 ? 0 : error_set(err, ESRCH, "cannot exec in container \"%s\": its first process has ended", e->state.id);
}

static int set_target(struct execution *e, const char *sub_cgroup, struct error *err)
{
	e->target = (struct plan_target){
		.pid = e->state.pid, .pid_start = e->state.pid_start, .cgroup_mount = e->state.cgroup_mount, .cgroup_path = e->state.cgroup_path,
	};
	if (set_places(e, err) < 0 || set_cookie(e, err) < 0)
		return -1;
	if (sub_cgroup == NULL)
		return 0;
	// "/" is the container's own, as with runc.
	sub_cgroup += strspn(sub_cgroup, "/");
	if (e->state.cgroup_path == NULL)
		return error_set(err, EINVAL, "--cgroup %s: container \"%s\" has no cgroup", sub_cgroup, e->state.id);
	if (*sub_cgroup == '\0')
		return 0;
	// runc's form for cgroup v1, CONTROLLER:PATH, has no meaning here.
	if (!valid_cgroup_path(sub_cgroup))
		return error_set(err, EINVAL, "--cgroup is a path below the container's cgroup, not '%s'", sub_cgroup);
	e->target.cgroup_path = arena_printf(&e->arena, "%s/%s", e->state.cgroup_path, sub_cgroup);
	e->target.enforce = false; // the caller knows better
	return 0;
}

static int make_plan(struct execution *e, const struct globals *globals, const struct exec_options_values *options, struct error *err)
{
	bool terminal = e->spec.process.terminal.value;
	struct plan_request request = {
		.spec = &e->spec, .own = &e->own, .id = e->state.id, .root = path_absolute(&e->arena, globals->root), .pid_file = path_absolute(&e->arena, options->pid_file),
		.console_socket = path_absolute(&e->arena, options->console_socket), .pidfd_socket = path_absolute(&e->arena, options->pidfd_socket), .detach = options->detach, .target = &e->target,
		.no_new_keyring = e->state.no_keyring,
	};

	if (options->detach && terminal && options->console_socket == NULL)
		return error_set(err, EINVAL, "cannot detach: the process has a terminal, and nobody would hold it; give --console-socket");
	if (options->console_socket != NULL && !terminal)
		return error_set(err, EINVAL, "--console-socket is given, but the process has no terminal; give --tty, or leave the option out");
	if (request_files(&request, options->preserve_fds, err) < 0 || host_probe(&e->arena, spec_has_labels(&e->spec) ? PROBE_LABELS : 0, rootless_wanted(globals), &e->host, err) < 0)
		return -1;
	if (e->state.resctrl != NULL) {
		e->spec.linux_.intel_rdt.present = true;
		e->spec.linux_.intel_rdt.clos_id = e->state.resctrl;
	}
	if (e->spec.linux_.intel_rdt.present)
		host_probe_resctrl(&e->arena, &e->host);
	return plan_build(&e->arena, &request, &e->host, &e->plan, err);
}

static int exec_and_attend(struct execution *e, const struct globals *globals, const struct exec_options_values *options, struct error *err)
{
	struct play_options play_options = {.hooks = globals->hooks, .root = globals->root};
	struct playing playing = PLAYING_INIT;
	struct attend attendance;
	int status = EXIT_OK;

	for (size_t i = 0; i < e->plan.warnings.count; i++)
		log_warning("%s", e->plan.warnings.items[i]);
	if (play(&e->arena, &e->plan, &play_options, &playing, err) < 0)
		return -1;
	if (!options->detach) {
		attendance = (struct attend){.pid = playing.pid, .pidfd = playing.pidfd, .master = playing.master, .mask = &playing.mask};
		if (attend(&attendance, &status, err) < 0)
			status = -1;
	}
	playing_close(&playing);
	return status;
}

static int execute(struct execution *e, const struct globals *globals, const struct exec_options_values *options, int argc, char **argv, struct error *err)
{
	bool traces;
	int first;

	if (argc == 0) {
		err->exit_code = EXIT_USAGE;
		return error_set(err, EINVAL, "no container id is given");
	}
	log_set_subject(argv[0]);
	// Those in the container can look at whoever joins their pid namespace (CVE-2019-5736).
	if (seal_self(globals->argv, err) < 0 || find_container(e, globals->root, argv[0], options->ignore_paused, err) < 0)
		return -1;
	traces = plan_traces_host(&e->spec);
	first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
	if (exec_process(&e->spec, &options->process, argc - first, argv + first, err) < 0 || set_target(e, options->cgroup, err) < 0)
		return -1;
	if (!traces && plan_traces_host(&e->spec) && check_hidden(e, err) < 0)
		return -1;
	if (make_plan(e, globals, options, err) < 0)
		return -1;
	return exec_and_attend(e, globals, options, err);
}

int command_exec(const struct globals *globals, int argc, char **argv)
{
	struct exec_options_values options = {0};
	struct execution e = {0};
	struct error err = ERROR_INIT;
	int words;
	// What follows the id is the program's.
	int status = command_options_before("exec", exec_options, &options, argc, argv, &words);

	if (status != 0)
		return status;
	status = execute(&e, globals, &options, words, argv, &err);
	if (status < 0)
		status = err.exit_code == EXIT_USAGE ? command_usage("exec", "%s", err.text) : command_failed(&err, EXIT_MINIRUN_FAILED);
	spec_free(&e.spec);
	arena_free(&e.arena);
	return status;
}
