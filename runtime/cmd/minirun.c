// minirun.c: the program: global options, the table of commands, help, errors.
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/refusal.h"
#include "cmd/command.h"
#include "spec/spec.h"
#include "state/state.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

#if !defined MINIRUN_VERSION || !defined MINIRUN_COMMIT
#error "MINIRUN_VERSION and MINIRUN_COMMIT come from the Makefile"
#endif

static const struct option_entry global_options[] = {
	{"root", 0, OPTION_STRING, offsetof(struct globals, root), "DIR", "where containers' state is kept (" PLAN_USUAL_ROOT "; of a user $XDG_RUNTIME_DIR/minirun); any number of independent ones"},
	{"log", 0, OPTION_STRING, offsetof(struct globals, log), "FILE", "append messages to FILE; errors go to stderr as well"},
	{"log-format", 0, OPTION_STRING, offsetof(struct globals, log_format), "text|json", "form of the messages"},
	{"cgroup-manager", 0, OPTION_STRING, offsetof(struct globals, cgroup_manager), "cgroupfs|systemd|disabled", "who makes the containers' cgroups; disabled: nobody"},
	{"systemd-cgroup", 0, OPTION_FLAG, offsetof(struct globals, systemd_cgroup), NULL, "the same as --cgroup-manager systemd: a transient unit; cgroupsPath is then slice:prefix:name"},
	{"rootless", 0, OPTION_STRING, offsetof(struct globals, rootless), "auto|true|false", "whether to do without privileges (auto: if there are none)"},
	{"criu", 0, OPTION_STRING, offsetof(struct globals, criu), "PATH", "accepted and ignored: there is no checkpoint"},
	{"debug", 0, OPTION_FLAG, offsetof(struct globals, debug), NULL, "more messages"},
	{"version", 'v', OPTION_FLAG, offsetof(struct globals, version), NULL, "print the version"},
	{"help", 'h', OPTION_FLAG, offsetof(struct globals, help), NULL, "print this text, or the command's"},
	{0},
};

const struct option_entry no_options[] = {{0}};

const struct command commands[] = {
	{"run", "[options] BUNDLE", "create a container from a bundle, run it, and remove it", run_options, command_run},
	{"create", "[options] ID", "create a container from a bundle; its program waits for `start`", create_options, command_create},
	{"start", "ID...", "let the program of a created container run", no_options, command_start},
	{"exec", "[options] ID [--] PROGRAM [ARGUMENT...]", "run one more program in a container", exec_options, command_exec},
	{"plan", "[options] BUNDLE", "print the steps that `run` would take; touches nothing, needs no root", plan_options, command_plan},
	{"explain", "[options] BUNDLE|ID", "the same as a lesson: kernel calls, reasons, shell commands, how to look at it; or where the container ID stands in `run --step` (a bundle of that name is ./ID)", explain_options, command_explain},
	{"script", "[options] BUNDLE", "a bash script that builds the same container by hand", script_options, command_script},
	{"spec", "[options]", "write a safe default config.json", spec_options, command_spec},
	{"state", "ID", "print the OCI state of a container", no_options, command_state},
	{"list", "[options]", "print all containers", list_options, command_list},
	{"ps", "[options] ID [PS-OPTIONS]", "print the processes of a container", ps_options, command_ps},
	{"pause", "ID", "freeze all processes of a container", no_options, command_pause},
	{"resume", "ID", "let a paused container go on", no_options, command_resume},
	{"update", "[options] ID", "change the limits of a container in use", update_options, command_update},
	{"events", "[options] ID", "print what a container uses, and when memory runs out", events_options, command_events},
	{"verify", "[options] ID", "prove that a container's threads are on their CPUs, and alone there", verify_options, command_verify},
	{"jitter", "[options] --cpus LIST", "measure for how long CPUs are taken from a busy program, and by what", jitter_options, command_jitter},
	{"pin", "[options] ID", "pin the threads of a container to its CPUs by their names, and print what changed", pin_options, command_pin},
	{"features", "", "print what this minirun can do, as JSON", no_options, command_features},
	{"cores", "[options] [stanza ID | plan]", "print the CPUs of the machine and who owns them", cores_options, command_cores},
	{"snapshot", "[options] ls | rm ID... | prune | diff ID | commit ID DIR | export ID | mount ID DIR", "what containers have written to their root file systems: list, remove, compare, pack", snapshot_options, command_snapshot},
	{"net", "[options] ls [ID...] | graph | add ID LINK... | del ID NAME...", "print the links of containers and who is wired to whom; add and remove links", net_options, command_net},
	{"diff-config", "[options] A B", "print what differs in meaning between two configs: of bundles, files or containers (of what is both: the bundle, unless the container stands in `run --step`; ./A is the bundle)", diff_config_options, command_diff_config},
	{"why", "[options] ID PATH|CAPABILITY|SYSTEM-CALL|cpuN", "say what in a container's config, or which default, forbids or allows it", why_options, command_why},
	{"kill", "[options] ID [SIGNAL]", "send a signal (default TERM) to a container", kill_options, command_kill},
	{"delete", "[options] ID...", "remove what is left of a container", delete_options, command_delete},
	{0},
};

const char *notify_host(void)
{
	const char *host = getenv("NOTIFY_SOCKET");

	return host != NULL && *host != '\0' ? host : NULL;
}

int command_failed(struct error *err, int code)
{
	error_add_reason(err);
	log_error("%s", err->text);
	return err->exit_code != 0 ? err->exit_code : code;
}

void command_debug(const char *message)
{
	log_debug("%s", message);
}

int command_failed_with(struct error *err, int code)
{
	error_add_reason(err);
	log_error("%s", err->text);
	return code;
}

static const struct command *find_command(const char *name)
{
	for (const struct command *command = commands; command->name != NULL; command++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}

int command_usage(const char *name, const char *format, ...)
{
	const struct command *command = find_command(name);
	char text[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	log_error("%s: %s; usage: minirun %s %s", name, text, name, command != NULL ? command->arguments : "");
	return EXIT_USAGE;
}

int command_check_options(const char *name, const char *word, const struct option_check *checks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (checks[i].given && !checks[i].taken)
			return command_usage(name, "%s has no option --%s", word, checks[i].name);
	return 0;
}

int command_options(const char *name, const struct option_entry *table, void *values, int argc, char **argv, int *ret_count)
{
	struct error err = ERROR_INIT;

	return options_parse(table, values, argc, argv, false, ret_count, &err) < 0 ? command_usage(name, "%s", err.text) : 0;
}

int command_options_before(const char *name, const struct option_entry *table, void *values, int argc, char **argv, int *ret_count)
{
	struct error err = ERROR_INIT;

	return options_parse(table, values, argc, argv, true, ret_count, &err) < 0 ? command_usage(name, "%s", err.text) : 0;
}

static void print_command_help(const struct command *command)
{
	printf("usage: minirun [global options] %s %s\n\n%s\n", command->name, command->arguments, command->summary);
	if (command->options->name != NULL) {
		printf("\nOptions:\n");
		options_print(command->options);
	}
}

static void print_help(void)
{
	printf("usage: minirun [global options] COMMAND [options] ...\n\n"
	       "A low-level container runtime: OCI bundles, copy-on-write snapshots, cgroup v2 limits,\n"
	       "wired links, pinned cores, and a plan that explains itself.\n\nCommands:\n");
	for (const struct command *command = commands; command->name != NULL; command++)
		printf("  %-11s %s\n", command->name, command->summary);
	printf("\nGlobal options:\n");
	options_print(global_options);
	printf("\n`minirun COMMAND --help` and `minirun help COMMAND` print the options of a command.\n"
	       "Exit codes: of `run` the program's own (128+n for signal n), 125 minirun failed, 126 the program\n"
	       "cannot be executed, 127 it was not found; of other commands 0, 1 failed, 2 wrong usage.\n");
}

// `help [COMMAND]`, as runc has it.
static int help(int count, char **words)
{
	const struct command *command = count > 0 ? find_command(words[0]) : NULL;

	if (count > 0 && command == NULL) {
		log_error("unknown command '%s'; see minirun --help", words[0]);
		return EXIT_USAGE;
	}
	if (command != NULL)
		print_command_help(command);
	else
		print_help();
	return EXIT_OK;
}

// In `exec ID ls --help` the option is the program's.
static bool wants_help(const struct command *command, int argc, char **argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0 && (argv[i][0] == '-' || (command->run != command_exec && command->run != command_ps)); i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

// An fd 0, 1 or 2 that the caller closed would be taken by the next file opened.
static int reserve_stdio(void)
{
	struct pollfd stdio[3] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
	int fd;

	// No events are asked for: only an fd that is not open is reported.
	if (poll(stdio, 3, 0) >= 0 && ((stdio[0].revents | stdio[1].revents | stdio[2].revents) & POLLNVAL) == 0)
		return 0;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

bool global_option_known(const char *name)
{
	for (const struct option_entry *entry = global_options; entry->name != NULL; entry++)
		if (strcmp(entry->name, name) == 0)
			return true;
	return false;
}

static int open_log(const struct globals *globals, struct error *err)
{
	bool json = globals->log_format != NULL && strcmp(globals->log_format, "json") == 0;
	enum log_form form = json ? LOG_FORM_JSON : LOG_FORM_PLAIN;
	int fd = STDERR_FILENO;

	if (globals->log_format != NULL && !json && strcmp(globals->log_format, "text") != 0)
		return error_set(err, EINVAL, "--log-format is 'text' or 'json', not '%s'", globals->log_format);
	if (globals->log != NULL && *globals->log != '\0') {
		fd = open(globals->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
		if (fd < 0)
			return error_errno(err, errno, "cannot open the log file %s", globals->log);
		if (!json)
			form = LOG_FORM_LOGRUS;
	}
	log_open(fd, form, globals->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
	return 0;
}

static int check_cgroup_manager(struct globals *globals, struct error *err)
{
	const char *name = globals->cgroup_manager;

	if (name == NULL)
		return 0;
	globals->cgroups_disabled = strcmp(name, "disabled") == 0;
	if (strcmp(name, "systemd") != 0 && strcmp(name, "cgroupfs") != 0 && !globals->cgroups_disabled)
		return error_set(err, EINVAL, "--cgroup-manager is 'cgroupfs', 'systemd' or 'disabled', not '%s'", name);
	if (globals->systemd_cgroup && strcmp(name, "systemd") != 0)
		return error_set(err, EINVAL, "--systemd-cgroup and --cgroup-manager %s contradict each other", name);
	globals->systemd_cgroup |= strcmp(name, "systemd") == 0;
	return 0;
}

static int check_rootless(const struct globals *globals, struct error *err)
{
	const char *word = globals->rootless;

	if (word == NULL || strcmp(word, "auto") == 0 || strcmp(word, "true") == 0 || strcmp(word, "false") == 0)
		return 0;
	return error_set(err, EINVAL, "--rootless is 'auto', 'true' or 'false', not '%s'", word);
}

// Exactly three lines, in this order: go-runc takes the words behind "version ", and behind ": " of the second line the commit and of the third the spec.
static void print_version(void)
{
	printf("minirun version %s\ncommit: %s\nspec: %s\n", MINIRUN_VERSION, MINIRUN_COMMIT, SPEC_VERSION);
}

// What the options before the command ask for, or the command. `*ret_ran` is the command if it was run, otherwise as before.
static int perform(const struct globals *globals, int count, char **words, const struct command **ret_ran)
{
	const struct command *command;

	if (globals->version) {
		print_version();
		return EXIT_OK;
	}
	if (count == 0 || globals->help) {
		print_help();
		return count == 0 && !globals->help ? EXIT_USAGE : EXIT_OK;
	}
	if (strcmp(words[0], "help") == 0)
		return help(count - 1, words + 1);
	command = find_command(words[0]);
	if (command == NULL) {
		log_error("unknown command '%s'; see minirun --help", words[0]);
		return EXIT_USAGE;
	}
	if (wants_help(command, count - 1, words + 1)) {
		print_command_help(command);
		return EXIT_OK;
	}
	*ret_ran = command;
	return command->run(globals, count - 1, words + 1);
}

// A full disk is found out by stdio's last write, a full quota or a lost server by close(2) only: of a copy, since fd 1 stays open until the end.
static int end_output(int status)
{
	struct error err = ERROR_INIT;
	int result = flush_stdout(&err);
	int copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (copy >= 0 && close(copy) < 0 && result == 0)
		result = error_errno(&err, errno, "cannot write to standard output");
	if (result == 0)
		return status;
	log_error("%s", err.text);
	return status != EXIT_OK ? status : EXIT_FAILED;
}

int minirun_main(int argc, char **argv, const struct play_hooks *hooks)
{
	struct globals globals = {.hooks = hooks};
	char root[PATH_MAX];
	struct error err = ERROR_INIT;
	const struct command *ran = NULL;
	AUTO_FREE char **words = NULL; // parsing puts them in another order; the original is for seal_self()
	int count, status;

	if (reserve_stdio() < 0)
		return EXIT_MINIRUN_FAILED;
	globals.argv = argv;
	if (argc < 1)
		return EXIT_USAGE;
	words = malloc((size_t)argc * sizeof *words);
	if (words == NULL)
		return EXIT_MINIRUN_FAILED;
	memcpy(words, argv + 1, (size_t)argc * sizeof *words);
	if (options_parse(global_options, &globals, argc - 1, words, true, &count, &err) < 0 || open_log(&globals, &err) < 0 ||
	    check_cgroup_manager(&globals, &err) < 0 || check_rootless(&globals, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_USAGE;
	}
	if (globals.root == NULL)
		globals.root = state_usual_root(root);
	status = perform(&globals, count, words, &ran);
	// Of these the exit code is the program's, and so is standard output: minirun writes nothing on it.
	return ran != NULL && (ran->run == command_run || ran->run == command_exec) ? status : end_output(status);
}
