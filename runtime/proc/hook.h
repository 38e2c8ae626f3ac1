// hook.h: one OCI hook: a program that is run while a container is made, started or taken away, with the container's state on its stdin.
// Rules: runtime-spec config.md "POSIX-platform Hooks". What the state looks like, and when which hook is due, others know.
#ifndef MINIRUN_PROC_HOOK_H
#define MINIRUN_PROC_HOOK_H

#include "base/error.h"
#include "base/opt.h"
#include "base/strings.h"
#include "proc/capabilities.h"
#include "proc/ids.h"

#include <stddef.h>
#include <sys/types.h>

struct hook {
	const char *path;       // absolute
	struct strings args;    // argv with argv[0], items[count] is NULL; none: the path alone
	struct strings env;     // the whole environment, items[count] is NULL
	struct opt_i64 timeout; // seconds, above 0
};

struct hooks {
	struct hook *items;
	size_t count;
};

// What a hook finds besides its own words.
struct hook_setting {
	const char *input;      // on its stdin
	const char *directory;  // its working directory, "/" if that is gone; NULL: the caller's
	const struct user_ids *user;                // as whom, with which capabilities; both NULL: as the caller
	const struct capability_sets *capabilities; // (capabilities_before_user() has been called)
	dev_t self_device;      // minirun's own binary, which it must not be (program_execute()); 0: it may
	ino_t self_inode;
};

// Runs the hook and waits for its end: in a session of its own, with default signals, an empty signal mask, and no fd but 0 to 2, of which 1 and 2 are the caller's.
// At its timeout it is killed with all of its process group; so it is when SIGINT, SIGTERM, SIGHUP or SIGQUIT arrives while the caller has that blocked, which consumes the signal, and
// when the caller dies. What an ended hook has left running is not touched. stdin is a file: whether and how much of it is read makes no difference.
// 0 if it ended with status 0. Else the error says how it ended, or why it could not be executed, and names neither list nor path.
int hook_run(const struct hook *hook, const struct hook_setting *setting, struct error *err);

#endif
