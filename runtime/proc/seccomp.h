// seccomp.h: linux.seccomp: rules to a BPF program by libseccomp, kept on disk, loaded.
// Rules: runtime-spec config-linux.md "Seccomp"; seccomp(2). libseccomp takes 2 to 15 ms for a usual profile, so compiled filters are cached with
// their canonical input beside them and compared byte by byte: the cache need not be trusted to be collision-free.
#ifndef MINIRUN_PROC_SECCOMP_H
#define MINIRUN_PROC_SECCOMP_H

#include "base/arena.h"
#include "base/error.h"
#include "base/opt.h"
#include "base/strings.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct seccomp_argument {
	uint32_t index; // 0..5
	uint64_t value;
	uint64_t value_two; // mask's second operand
	const char *op;     // "SCMP_CMP_EQ", ...
};

struct seccomp_rule {
	struct strings names;
	const char *action; // "SCMP_ACT_ALLOW", ...
	struct opt_u64 errno_ret;
	struct seccomp_argument *args;
	size_t arg_count;
};

struct seccomp_profile {
	const char *default_action;
	struct opt_u64 default_errno_ret;
	struct strings architectures; // "SCMP_ARCH_X86_64", ...
	struct strings flags;         // "SECCOMP_FILTER_FLAG_LOG", ...
	const char *listener_path, *listener_metadata;
	struct seccomp_rule *rules;
	size_t rule_count;
};

struct seccomp_filter {
	struct sock_filter *insns; // in the arena given to seccomp_compile()
	size_t count;
	unsigned flags;            // SECCOMP_FILTER_FLAG_* for seccomp(2); NEW_LISTENER is among them if an action is SCMP_ACT_NOTIFY
	bool from_cache;
};

// Checks words and ranges without libseccomp: actions, operators, architectures, flags, errnoRet only with an action that has one (the spec: must fail),
// arg index, and that notifications and their listener come together. The error names the field ("linux.seccomp.syscalls[3].action"). Pure.
int seccomp_check(const struct seccomp_profile *profile, struct error *err);

// The filter for the profile, from the cache in the directory `cache_dir` (made 0700 if absent, its parent must exist; NULL: no cache) or compiled (binary-tree optimised)
// and stored there: atomically, owned by the caller, mode 0600. A damaged, foreign-owned or different entry is rebuilt; a cache that cannot be written is no error.
// Syscall names that libseccomp or the architecture does not know are skipped, as runc and crun do, and so are rules whose action is the default action. Architectures are
// added to the native one, which is always in the filter; on all others every call is answered by killing the thread.
int seccomp_compile(struct arena *arena, const struct seccomp_profile *profile, const char *cache_dir, struct seccomp_filter *ret_filter, struct error *err);

// The words that seccomp_check() takes, for `features` and tests: the one number `index` of a kind; NULL behind the last.
enum seccomp_vocabulary { SECCOMP_ACTIONS, SECCOMP_OPERATORS, SECCOMP_ARCHITECTURES, SECCOMP_FLAGS };
const char *seccomp_word(enum seccomp_vocabulary kind, size_t index);
// Whether the word works here: an architecture that this libseccomp puts into a filter with the native one, a flag that the running kernel takes (asked of it). Others always do.
bool seccomp_word_works(enum seccomp_vocabulary kind, size_t index);
// Whether libseccomp knows a system call of that name, on any architecture.
bool seccomp_call_known(const char *name);
// Of libseccomp, "2.5.4".
void seccomp_library_version(char *text, size_t size);

// seccomp(SECCOMP_SET_MODE_FILTER). Needs no_new_privs or CAP_SYS_ADMIN. Returns the listener's fd (owned by the caller) with
// SECCOMP_FILTER_FLAG_NEW_LISTENER, else 0; -1 with the error.
int seccomp_install(const struct seccomp_filter *filter, struct error *err);

// Whether the filter of a checked profile has a listener: some action is SCMP_ACT_NOTIFY. Pure.
bool seccomp_notifies(const struct seccomp_profile *profile);

// How the listener gets to its agent. Before seccomp_install() the process asks for the number that the listener's fd is going to have, and tells it to another process together with the pidfd
// of itself, which is the caller's and has to stay open; no fd may be made or closed in between. -1 with the error.
int seccomp_listener_number(int *ret_pidfd, struct error *err);

// In the other process: waits until the filter is in force and copies the listener out of the process. Owned by the caller; -1 with the error (ESRCH: the process has ended).
int seccomp_take_listener(int pidfd, int number, struct error *err);

// The process that a pidfd is of, as this one's /proc numbers it; -1: it has ended.
pid_t pid_of_pidfd(int pidfd);

#endif
