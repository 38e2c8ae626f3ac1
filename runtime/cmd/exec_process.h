// exec_process.h: what `minirun exec` runs: the container's own process as the pattern, or a process.json, with the command line's changes.
#ifndef MINIRUN_CMD_EXEC_PROCESS_H
#define MINIRUN_CMD_EXEC_PROCESS_H

#include "cmd/options.h"
#include "spec/spec.h"

struct exec_flags {
	const char *process, *cwd, *user, *apparmor, *label;
	struct option_list env, groups, capabilities;
	bool tty, no_new_privileges;
};

// Makes spec->process (as loaded from the container's kept config) the one to run. With flags->process the file has the last word on what it names; of
// what it leaves out, capabilities, rlimits, labels, scheduler and oomScoreAdj are the container's, as runc has it. `words`: the command and its arguments.
// Data goes to the spec's arena. -1 with exit_code EXIT_USAGE for wrong words.
int exec_process(struct spec *spec, const struct exec_flags *flags, int count, char **words, struct error *err);

#endif
