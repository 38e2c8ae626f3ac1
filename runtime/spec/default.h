// default.h: what `minirun spec` writes: a safe config.json. runc's default with the default seccomp profile, no_new_privs and a private cgroup namespace.
#ifndef MINIRUN_SPEC_DEFAULT_H
#define MINIRUN_SPEC_DEFAULT_H

#include "base/error.h"

#include <stdint.h>

// Of the user that a rootless config is for: root in the container is that user, and nobody else is there.
struct spec_owner {
	uint32_t uid, gid;
};

// The JSON text (pretty, ends with a newline), malloc'd; the caller frees. NULL on out of memory. `rootless` not NULL: a config that its user can run: a user namespace,
// the host's network and /sys (a sysfs takes a network namespace of one's own), no limits; what runc's `spec --rootless` changes.
char *spec_default_json(const struct spec_owner *rootless);

#endif
