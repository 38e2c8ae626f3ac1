// default.h: what `minirun spec` writes: a safe config.json. runc's default with the default seccomp profile, no_new_privs and a private cgroup namespace.
#ifndef MINIRUN_SPEC_DEFAULT_H
#define MINIRUN_SPEC_DEFAULT_H

#include "base/error.h"

// The JSON text (pretty, ends with a newline), malloc'd; the caller frees. NULL on out of memory.
char *spec_default_json(void);

#endif
