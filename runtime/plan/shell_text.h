// shell_text.h: what a person would type for the steps, each file its kinds; for shell.c. Pure.
// The texts are lines for bash, separated by newlines; inside of a line there is none (shell_quoted). They name what `minirun script` sets at its top: $ID, $ROOTFS (the image), $STATE (a directory for what is made),
// $ROOT (where the container's root is put together), $CGROUP; $PID, the container's first process; and its function `state STATUS`, which prints what a hook reads.
#ifndef MINIRUN_PLAN_SHELL_TEXT_H
#define MINIRUN_PLAN_SHELL_TEXT_H

#include "plan/plan.h"

// What $STATE is: not minirun's own state directory, in which it would take the container for one of its own.
const char *shell_state(struct arena *arena, const struct plan *plan);
// The lines of some commands as one, parted by "; ".
const char *shell_one_line(struct arena *arena, const char *lines);
// `text` as one word that no command takes for an option.
const char *shell_operand(struct arena *arena, const char *text);
// `path` of the host as a word; what lies in the state directory, the cgroup or the image by its variable.
const char *shell_path(struct arena *arena, const struct plan *plan, const char *path);
// `path` of the container as a word, before its root is "/": "$ROOT"/proc.
const char *shell_in_root(struct arena *arena, const char *path);
// ` -o X-mount.idmap=...` of util-linux 2.39 or newer, with a blank before; "" if not `mapped`.
const char *shell_mapped(struct arena *arena, bool mapped, size_t mapping);
// "printf '0 100000 65536\n' > /proc/PID/uid_map", and the gids; before them, where the maps take it, that nobody there can drop a group (user_namespaces(7)).
const char *shell_maps(struct arena *arena, const char *pid, const struct id_maps *maps);

// Root file system, mounts, devices, masks, the change of the root. NULL: another kind.
const char *shell_root(struct arena *arena, const struct plan *plan, const struct step *step);
// Cgroup, CPUs and units.
const char *shell_cgroup(struct arena *arena, const struct plan *plan, const struct step *step);
// A hook on the host, which reads what the command `state` prints: from no file, which a createContainer hook's user namespace might not let it write.
const char *shell_hook(struct arena *arena, const struct hook *hook, const char *state);
// What the process is and may do.
const char *shell_process(struct arena *arena, const struct plan *plan, const struct step *step);

#endif
