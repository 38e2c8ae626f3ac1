// command.h: the commands and what they share. One file a command.
#ifndef MINIRUN_CMD_COMMAND_H
#define MINIRUN_CMD_COMMAND_H

#include "base/error.h"
#include "cmd/options.h"
#include "play/play.h"

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,          // commands other than run
	EXIT_USAGE = 2,
	EXIT_MINIRUN_FAILED = 125, // run: minirun itself failed
};

struct globals {
	const char *root;       // state root
	const char *log, *log_format;
	const char *cgroup_manager, *criu;
	bool cgroups_disabled;  // --cgroup-manager disabled
	bool systemd_cgroup;    // --systemd-cgroup, or --cgroup-manager systemd
	bool debug, version, help;
	const char *rootless;   // "auto", "true", "false"
	const struct play_hooks *hooks; // tests; NULL otherwise
	char **argv;            // of the whole program, for seal_self()
};

struct command {
	const char *name;
	const char *arguments; // "[options] BUNDLE"
	const char *summary;
	const struct option_entry *options;
	// argv without program and command name. Returns the exit code.
	int (*run)(const struct globals *globals, int argc, char **argv);
};

// All commands, in the order of --help; ends with a NULL name.
extern const struct command commands[];
extern const struct option_entry run_options[], plan_options[], explain_options[], script_options[], spec_options[], list_options[], ps_options[], create_options[], exec_options[], kill_options[], delete_options[], no_options[];
extern const struct option_entry update_options[], events_options[], cores_options[], pin_options[];
extern const struct option_entry verify_options[], jitter_options[], snapshot_options[], net_options[], why_options[], diff_config_options[];

int command_create(const struct globals *globals, int argc, char **argv);
int command_exec(const struct globals *globals, int argc, char **argv);
int command_start(const struct globals *globals, int argc, char **argv);
int command_run(const struct globals *globals, int argc, char **argv);
int command_plan(const struct globals *globals, int argc, char **argv);
int command_explain(const struct globals *globals, int argc, char **argv);
int command_script(const struct globals *globals, int argc, char **argv);
int command_spec(const struct globals *globals, int argc, char **argv);
int command_state(const struct globals *globals, int argc, char **argv);
int command_list(const struct globals *globals, int argc, char **argv);
int command_ps(const struct globals *globals, int argc, char **argv);
int command_pause(const struct globals *globals, int argc, char **argv);
int command_resume(const struct globals *globals, int argc, char **argv);
int command_update(const struct globals *globals, int argc, char **argv);
int command_events(const struct globals *globals, int argc, char **argv);
int command_pin(const struct globals *globals, int argc, char **argv);
int command_features(const struct globals *globals, int argc, char **argv);
int command_cores(const struct globals *globals, int argc, char **argv);
int command_net(const struct globals *globals, int argc, char **argv);
int command_kill(const struct globals *globals, int argc, char **argv);
int command_verify(const struct globals *globals, int argc, char **argv);
int command_jitter(const struct globals *globals, int argc, char **argv);
int command_diff_config(const struct globals *globals, int argc, char **argv);
int command_why(const struct globals *globals, int argc, char **argv);
int command_snapshot(const struct globals *globals, int argc, char **argv);
int command_delete(const struct globals *globals, int argc, char **argv);

// The service manager's socket ($NOTIFY_SOCKET); NULL: there is none. Empty is as unset.
const char *notify_host(void);

// Whether minirun has this global option, for `features`.
bool global_option_known(const char *name);

// For the `debug` of spec/spec.h: the message into the log.
void command_debug(const char *message);
// Logs the error and returns its exit code, or `code` if it has none.
int command_failed(struct error *err, int code);
// Logs the error; returns `code`: of the commands whose exit code is not the program's.
int command_failed_with(struct error *err, int code);
// "usage: minirun NAME ARGUMENTS" on stderr with what is wrong; returns EXIT_USAGE.
int command_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
// An option of a command with subcommands: whether it was given, and whether this subcommand takes it.
struct option_check {
	const char *name;
	bool given, taken;
};
// 0, or EXIT_USAGE after having said which option was given that the subcommand `word` of the command `name` has not.
int command_check_options(const char *name, const char *word, const struct option_check *checks, size_t count);
// Parses with the command's table; 0, or EXIT_USAGE after having said why.
int command_options(const char *name, const struct option_entry *table, void *values, int argc, char **argv, int *ret_count);

// The same, up to the first word that is no option: what follows it is not ours.
int command_options_before(const char *name, const struct option_entry *table, void *values, int argc, char **argv, int *ret_count);

// The whole program: main() is nothing but this with hooks NULL. `argv` is modified.
int minirun_main(int argc, char **argv, const struct play_hooks *hooks);

#endif
