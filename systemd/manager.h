// manager.h: units of the running systemd: made, changed and stopped over D-Bus.
// minirun is a static binary; sd-bus is in a shared library. So a helper program (systemd/helper, minirun-systemd) speaks with the bus. It is started only
// by manager_open(), and asked over a SEQPACKET socket, a datagram a question: words that end in NUL bytes.
#ifndef MINIRUN_SYSTEMD_MANAGER_H
#define MINIRUN_SYSTEMD_MANAGER_H

#include "base/error.h"
#include "systemd/property.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum { MANAGER_MESSAGE_MAX = 64 * 1024 };

struct manager {
	int socket; // -1: not open
	pid_t pid;  // of the helper
};

#define MANAGER_CLOSED ((struct manager){.socket = -1})

// Starts the helper, connected to the manager of the machine or (`user`) of the calling user. Errors say that the helper is not installed, that systemd does not run
// here, or why its bus cannot be reached, with the way out.
int manager_open(bool user, struct manager *ret_manager, struct error *err);
// Ends the helper, and with it the placeholder process of a scope; reaps it. Closed already: nothing.
void manager_close(struct manager *manager);

// Makes and starts the transient `unit`, and waits until that is done. `with_process`: puts a placeholder process into it, without which a scope cannot be. Its cgroup's
// path, beginning with '/', is copied to `ret_cgroup`. EEXIST: a unit of this name is there and active (a failed one is forgotten and made anew).
int manager_start(struct manager *manager, const char *unit, const struct unit_properties *properties, bool with_process, char ret_cgroup[PATH_MAX], struct error *err);
// Ends the placeholder: another process is in the scope by now.
int manager_leave(struct manager *manager, struct error *err);
// Changes properties of a running unit, until it ends.
int manager_set(struct manager *manager, const char *unit, const struct unit_properties *properties, struct error *err);
// Stops the unit, waits until that is done, and forgets it. A unit that is not there, or does not have `owner` (unit_owner()) in its Documentation, is success: it is not ours.
int manager_stop(struct manager *manager, const char *unit, const char *owner, struct error *err);

#endif
